// SPDX-License-Identifier: Apache-2.0
package dev.understudy.commands;

import dev.understudy.store.SetValue;
import dev.understudy.wire.Bytes;
import dev.understudy.wire.Reply;

/**
 * The commands on one set or two, as t_set.c of Redis 7.2; random choice is in {@link SetCommandsRandom}, intersection,
 * union and difference are in {@link SetCommandsAlgebra}.
 */
public final class SetCommands {
    private SetCommands() {}

    public static void register(CommandTable table) {
        add(table, "sadd", SetCommands::sadd, -3, "write denyoom fast")
                .keys(1, 1, 1, "RW INSERT")
                .docs("Adds members to a set, which is made if missing.", "O(N), N being the number of members given");
        add(table, "srem", SetCommands::srem, -3, "write fast")
                .keys(1, 1, 1, "RW DELETE")
                .docs(
                        "Removes members of a set, and the key with the last one.",
                        "O(N), N being the number of members given");
        add(table, "smove", SetCommands::smove, 4, "write fast")
                .keys(1, 1, 1, "RW ACCESS DELETE")
                .keys(2, 2, 1, "RW INSERT")
                .docs("Moves a member from one set to another.", "O(1)");
        add(table, "sismember", SetCommands::sismember, 3, "readonly fast")
                .keys(1, 1, 1, "RO")
                .docs("Tells whether something is a member of a set.", "O(1)");
        add(table, "smismember", SetCommands::smismember, -3, "readonly fast")
                .keys(1, 1, 1, "RO ACCESS")
                .since("6.2.0")
                .docs(
                        "Tells of several things whether they are members of a set.",
                        "O(N), N being the number of members given");
        add(table, "scard", SetCommands::scard, 2, "readonly fast")
                .keys(1, 1, 1, "RO")
                .docs("Returns the number of members of a set.", "O(1)");
        add(table, "smembers", SetCommands::smembers, 2, "readonly")
                .keys(1, 1, 1, "RO ACCESS")
                .tip("nondeterministic_output_order")
                .docs("Returns all members of a set.", "O(N), N being the number of members of the set");
        add(table, "sscan", SetCommands::sscan, -3, "readonly")
                .keys(1, 1, 1, "RO ACCESS")
                .since("2.8.0")
                .tip("nondeterministic_output")
                .docs(
                        "Walks over the members of a set in steps.",
                        "O(1) for every call, O(N) for the whole walk, N being the number of members of the set");
        SetCommandsRandom.register(table);
        SetCommandsAlgebra.register(table);
    }

    static Command add(CommandTable table, String name, Handler handler, int arity, String flags) {
        return table.add(name, handler)
                .arity(arity)
                .flags(flags)
                .acl("set")
                .since("1.0.0")
                .group("set");
    }

    private static SetValue create(Call call, Bytes key, Bytes first, long count) {
        SetValue set = call.db().createSet(key);
        set.begin(first, count);
        call.event(key, NotifyClass.NEW, "new");
        return set;
    }

    private static void sadd(Call call) {
        SetValue set = call.writeSet(1);
        long given = call.count() - 2L;
        if (set == null) {
            set = create(call, call.word(1), call.word(2), given);
        } else {
            set.expect(given);
        }
        long added = 0;
        for (int i = 2; i < call.count(); i++) {
            added += set.add(call.word(i)) ? 1 : 0;
        }
        if (added > 0) {
            call.changed(added);
            call.touched(call.word(1), NotifyClass.SET, "sadd");
        }
        call.integer(added);
    }

    private static void srem(Call call) {
        SetValue set = call.writeSet(1);
        if (set == null) {
            call.integer(0);
            return;
        }
        long deleted = 0;
        boolean emptied = false;
        for (int i = 2; i < call.count() && !emptied; i++) {
            if (set.remove(call.word(i))) {
                deleted++;
                emptied = set.size() == 0;
            }
        }
        if (emptied) {
            call.execution().delete(call.db(), call.word(1), false);
        }
        if (deleted > 0) {
            call.changed(deleted);
            call.touched(call.word(1), NotifyClass.SET, "srem");
        }
        if (emptied) {
            call.event(call.word(1), NotifyClass.GENERIC, "del");
        }
        call.integer(deleted);
    }

    private static void smove(Call call) {
        var source = call.write(1);
        var target = call.write(2);
        if (source == null) {
            call.integer(0);
            return;
        }
        if (!(source instanceof SetValue from) || target != null && !(target instanceof SetValue)) {
            throw CommandFailure.WRONG_TYPE;
        }
        Bytes member = call.word(3);
        if (call.word(1).equals(call.word(2))) {
            call.integer(from.contains(member) ? 1 : 0);
            return;
        }
        if (!from.remove(member)) {
            call.integer(0);
            return;
        }
        call.changed(1);
        call.touched(call.word(1), NotifyClass.SET, "srem");
        if (from.size() == 0) {
            call.execution().delete(call.db(), call.word(1), false);
            call.event(call.word(1), NotifyClass.GENERIC, "del");
        }
        SetValue to = target instanceof SetValue existing ? existing : create(call, call.word(2), member, 1);
        if (to.add(member)) {
            call.changed(1);
            call.touched(call.word(2), NotifyClass.SET, "sadd");
        }
        call.integer(1);
    }

    private static void sismember(Call call) {
        SetValue set = call.readSet(1);
        call.integer(set != null && set.contains(call.word(2)) ? 1 : 0);
    }

    private static void smismember(Call call) {
        SetValue set = call.readSet(1);
        call.reply().array(call.count() - 2);
        for (int i = 2; i < call.count(); i++) {
            call.integer(set != null && set.contains(call.word(i)) ? 1 : 0);
        }
    }

    private static void scard(Call call) {
        SetValue set = call.readSet(1);
        call.integer(set == null ? 0 : set.size());
    }

    private static void smembers(Call call) {
        SetValue set = call.readSet(1);
        Reply reply = call.reply();
        reply.set(set == null ? 0 : (int) set.size());
        if (set != null) {
            set.forEachSlice(member -> {
                member.reply(reply);
                return true;
            });
        }
    }

    private static void sscan(Call call) {
        long cursor = ScanOptions.cursor(call, 2);
        SetValue set = call.readSet(1);
        if (set == null) {
            ScanOptions.replyEmpty(call);
            return;
        }
        ScanOptions options = ScanOptions.parse(call, 3, false);
        long end = options.walk(
                cursor,
                (from, progress) -> set.scan(from, member -> {
                    progress.met++;
                    return true;
                }));
        ScanOptions.replyCursor(call, end);
        // The cursor comes first in the reply, so the same steps are made again for the members.
        Reply reply = call.reply();
        long mark = reply.deferred();
        int[] written = {0};
        Bytes text = new Bytes();
        long at = cursor;
        do {
            at = set.scan(at, member -> {
                if (options.matchesAll() || options.matches(member.read(text))) {
                    member.reply(reply);
                    written[0]++;
                }
                return true;
            });
        } while (at != end);
        reply.finishArray(mark, written[0]);
    }
}
