// SPDX-License-Identifier: Apache-2.0
package dev.understudy.commands;

import dev.understudy.store.SetValue;
import dev.understudy.wire.Bytes;
import dev.understudy.wire.Reply;
import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;

/** SPOP and SRANDMEMBER. */
final class SetCommandsRandom {
    /** Members per SREM into which SPOP with a count is rewritten for the stream. */
    private static final int BATCH = 1024;

    private static final CommandFailure NOT_POSITIVE = CommandFailure.err("value is out of range, must be positive");

    private SetCommandsRandom() {}

    static void register(CommandTable table) {
        SetCommands.add(table, "spop", SetCommandsRandom::spop, -2, "write fast")
                .keys(1, 1, 1, "RW ACCESS DELETE")
                .tip("nondeterministic_output")
                .docs(
                        "Removes randomly chosen members of a set and returns them.",
                        "O(N), N being the number of members returned");
        SetCommands.add(table, "srandmember", SetCommandsRandom::srandmember, -2, "readonly")
                .keys(1, 1, 1, "RO ACCESS")
                .tip("nondeterministic_output")
                .docs("Returns randomly chosen members of a set.", "O(N), N being the number of members returned");
    }

    // ---- SPOP

    private static void spop(Call call) {
        if (call.count() > 3) {
            throw CommandFailure.SYNTAX;
        }
        if (call.count() == 3) {
            spopCount(call);
            return;
        }
        SetValue set = call.writeSet(1);
        if (set == null) {
            call.reply().nil();
            return;
        }
        Bytes member = set.random(call.data().random()).read(new Bytes());
        call.reply().bulk(member);
        call.effect(3).arg("SREM").arg(call.word(1)).arg(member);
        set.remove(member);
        call.changed(1);
        call.touched(call.word(1), NotifyClass.SET, "spop");
        if (set.size() == 0) {
            call.execution().delete(call.db(), call.word(1), false);
            call.event(call.word(1), NotifyClass.GENERIC, "del");
        }
    }

    private static void spopCount(Call call) {
        long count = call.number(2, 0, Long.MAX_VALUE, NOT_POSITIVE);
        SetValue set = call.writeSet(1);
        if (set == null || count == 0) {
            call.reply().set(0);
            return;
        }
        long size = set.size();
        call.changed(Math.min(count, size));
        if (count >= size) {
            spopAll(call, set);
            return;
        }
        Reply reply = call.reply();
        reply.set((int) count);
        Bytes text = new Bytes();
        long[] popped = {0};
        set.pop(count, call.data().random(), member -> {
            if (popped[0] % BATCH == 0) {
                call.effect(2 + (int) Math.min(BATCH, count - popped[0]))
                        .arg("SREM")
                        .arg(call.word(1));
            }
            popped[0]++;
            call.execution().effects().arg(member.read(text));
            member.reply(reply);
            return true;
        });
        call.touched(call.word(1), NotifyClass.SET, "spop");
    }

    private static void spopAll(Call call, SetValue set) {
        Reply reply = call.reply();
        reply.set((int) set.size());
        set.forEachSlice(member -> {
            member.reply(reply);
            return true;
        });
        boolean lazy = call.execution().lazyServerDel();
        call.execution().delete(call.db(), call.word(1), lazy);
        call.touched(call.word(1), NotifyClass.SET, "spop");
        call.event(call.word(1), NotifyClass.GENERIC, "del");
        call.effect(2).arg(lazy ? "UNLINK" : "DEL").arg(call.word(1));
    }

    // ---- SRANDMEMBER

    private static void srandmember(Call call) {
        if (call.count() > 3) {
            throw CommandFailure.SYNTAX;
        }
        if (call.count() == 2) {
            SetValue set = call.readSet(1);
            if (set == null) {
                call.reply().nil();
            } else {
                set.random(call.data().random()).reply(call.reply());
            }
            return;
        }
        long count = RandomPicks.count(call, 2);
        SetValue set = call.readSet(1);
        if (set == null || count == 0) {
            call.reply().array(0);
        } else if (count < 0) {
            call.reply().array(RandomPicks.replyCount(-count, 1));
            repeated(set, -count, call.data().random(), call.reply());
        } else {
            call.reply().array((int) Math.min(count, set.size()));
            distinct(set, count, call.data().random(), call.reply());
        }
    }

    private static void repeated(SetValue set, long count, RandomGenerator random, Reply reply) {
        if (!set.isCompact()) {
            for (long i = 0; i < count; i++) {
                set.random(random).reply(reply);
            }
            return;
        }
        // Finding a member of a listpack takes a walk: one for all.
        List<byte[]> members = new ArrayList<>();
        set.forEachSlice(member -> members.add(member.toArray()));
        for (long i = 0; i < count; i++) {
            reply.bulk(members.get(random.nextInt(members.size())));
        }
    }

    private static void distinct(SetValue set, long count, RandomGenerator random, Reply reply) {
        long size = set.size();
        if (set.isCompact() || RandomPicks.walks(count, size)) {
            RandomPicks.Sample sample = new RandomPicks.Sample(random, size, Math.min(count, size));
            set.forEachSlice(member -> {
                if (sample.takes()) {
                    member.reply(reply);
                }
                return !sample.isComplete();
            });
            return;
        }
        RandomPicks.distinct(
                count, () -> set.random(random).identity(), () -> set.last().reply(reply));
    }
}
