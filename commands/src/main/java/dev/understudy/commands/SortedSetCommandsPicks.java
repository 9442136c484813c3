// SPDX-License-Identifier: Apache-2.0
package dev.understudy.commands;

import dev.understudy.store.SortedSetValue;
import dev.understudy.store.ValueType;
import dev.understudy.wire.Bytes;
import dev.understudy.wire.Numbers;
import dev.understudy.wire.Reply;
import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;

/** ZPOPMIN, ZPOPMAX and ZMPOP with their blocking counterparts, ZRANDMEMBER and ZSCAN. */
final class SortedSetCommandsPicks {
    private static final CommandFailure NOT_POSITIVE = CommandFailure.err("value is out of range, must be positive");
    private static final CommandFailure NUMKEYS = CommandFailure.err("numkeys should be greater than 0");
    private static final CommandFailure COUNT = CommandFailure.err("count should be greater than 0");
    private static final String POPPING =
            "O(log(N)*M), N being the number of members and M that of the members returned";

    private SortedSetCommandsPicks() {}

    static void register(CommandTable table) {
        SortedSetCommands.add(table, "zpopmin", call -> zpop(call, false), -2, "write fast", "RW ACCESS DELETE")
                .since("5.0.0")
                .docs("Takes out the members with the lowest scores.", POPPING);
        SortedSetCommands.add(table, "zpopmax", call -> zpop(call, true), -2, "write fast", "RW ACCESS DELETE")
                .since("5.0.0")
                .docs("Takes out the members with the highest scores.", POPPING);
        SortedSetCommands.addWithoutKeys(table, "zmpop", SortedSetCommandsPicks::zmpop, -4, "write")
                .keyNumber(1, "RW ACCESS DELETE")
                .since("7.0.0")
                .docs("Takes out members of the first of several sets that is not empty.", POPPING);
        registerBlocking(table);
        SortedSetCommands.add(table, "zrandmember", SortedSetCommandsPicks::zrandmember, -2, "readonly", "RO ACCESS")
                .since("6.2.0")
                .tip("nondeterministic_output")
                .docs("Returns randomly chosen members.", "O(N), N being the number of members returned");
        SortedSetCommands.add(table, "zscan", SortedSetCommandsPicks::zscan, -3, "readonly", "RO ACCESS")
                .since("2.8.0")
                .tip("nondeterministic_output")
                .docs(
                        "Walks over the members of a sorted set in steps.",
                        "O(1) for every call, O(N) for the whole walk, N being the number of members");
    }

    private static void registerBlocking(CommandTable table) {
        SortedSetCommands.addWithoutKeys(table, "bzpopmin", call -> bzpop(call, false), -3, "write fast blocking")
                .keys(1, -2, 1, "RW ACCESS DELETE")
                .since("5.0.0")
                .docs("Takes out the member with the lowest score of the first set that is there, or waits.", POPPING);
        SortedSetCommands.addWithoutKeys(table, "bzpopmax", call -> bzpop(call, true), -3, "write fast blocking")
                .keys(1, -2, 1, "RW ACCESS DELETE")
                .since("5.0.0")
                .docs("Takes out the member with the highest score of the first set that is there, or waits.", POPPING);
        SortedSetCommands.addWithoutKeys(table, "bzmpop", SortedSetCommandsPicks::bzmpop, -5, "write blocking")
                .keyNumber(2, "RW ACCESS DELETE")
                .since("7.0.0")
                .docs("Takes out members of the first set that is there, or waits for one.", POPPING);
    }

    // ---- popping

    private static void zpop(Call call, boolean max) {
        if (call.count() > 3) {
            throw CommandFailure.SYNTAX;
        }
        boolean counted = call.count() == 3;
        long count = counted ? call.number(2, 0, Long.MAX_VALUE, NOT_POSITIVE) : 1;
        SortedSetValue set = call.writeSortedSet(1);
        if (set == null || count == 0) {
            call.reply().array(0);
            return;
        }
        long popped = Math.min(count, set.size());
        boolean nested = counted && call.reply().resp3();
        call.reply().array(Math.toIntExact(nested ? popped : 2 * popped));
        pop(call, call.word(1), set, popped, max, nested);
    }

    private static void pop(Call call, Bytes key, SortedSetValue set, long count, boolean max, boolean nested) {
        Reply reply = call.reply();
        long size = set.size();
        set.forEachInRange(max ? size - 1 : 0, count, max, (member, score) -> {
            if (nested) {
                reply.array(2);
            }
            member.reply(reply);
            reply.real(score);
            return true;
        });
        set.removeRange(max ? size - count : 0, count);
        SortedSetResults.removed(call, key, set, count, max ? "zpopmax" : "zpopmin");
    }

    /** What ZMPOP and BZMPOP ask for. */
    record Pop(int firstKey, int keys, boolean max, long count) {
        /** @param numkeysAt index of the number of keys */
        static Pop parse(Call call, int numkeysAt) {
            long keys = call.number(numkeysAt, 1, Long.MAX_VALUE, NUMKEYS);
            int firstKey = numkeysAt + 1;
            if (keys >= call.count() - firstKey) {
                throw CommandFailure.SYNTAX;
            }
            int end = firstKey + (int) keys;
            boolean max = call.word(end).is("max");
            if (!max && !call.word(end).is("min")) {
                throw CommandFailure.SYNTAX;
            }
            long count = -1;
            for (int i = end + 1; i < call.count(); i += 2) {
                if (count >= 0 || i + 1 == call.count() || !call.word(i).is("count")) {
                    throw CommandFailure.SYNTAX;
                }
                count = call.number(i + 1, 1, Long.MAX_VALUE, COUNT);
            }
            return new Pop(firstKey, (int) keys, max, Math.max(count, 1));
        }
    }

    private static void zmpop(Call call) {
        if (!popFirst(call, Pop.parse(call, 1))) {
            call.reply().nilArray();
        }
    }

    private static boolean popFirst(Call call, Pop asked) {
        for (int i = 0; i < asked.keys(); i++) {
            SortedSetValue set = call.writeSortedSet(asked.firstKey() + i);
            if (set == null) {
                continue;
            }
            Bytes key = call.word(asked.firstKey() + i);
            long popped = Math.min(asked.count(), set.size());
            call.reply().array(2);
            call.reply().bulk(key);
            call.reply().array(Math.toIntExact(popped));
            pop(call, key, set, popped, asked.max(), true);
            call.effect(3).arg(asked.max() ? "ZPOPMAX" : "ZPOPMIN").arg(key).arg(popped);
            return true;
        }
        return false;
    }

    // ---- popping, or waiting for something to pop (blockingGenericZpopCommand)

    private static void bzpop(Call call, boolean max) {
        int end = call.count() - 1;
        long timeoutMillis = BlockingTimeouts.seconds(call, end);
        for (int i = 1; i < end; i++) {
            SortedSetValue set = call.writeSortedSet(i);
            if (set != null) {
                Bytes key = call.word(i);
                call.reply().array(3);
                call.reply().bulk(key);
                pop(call, key, set, 1, max, false);
                call.effect(2).arg(max ? "ZPOPMAX" : "ZPOPMIN").arg(key);
                return;
            }
        }
        block(call, 1, end - 1, timeoutMillis);
    }

    private static void bzmpop(Call call) {
        Pop asked = Pop.parse(call, 2);
        long timeoutMillis = BlockingTimeouts.seconds(call, 1);
        if (!popFirst(call, asked)) {
            block(call, asked.firstKey(), asked.keys(), timeoutMillis);
        }
    }

    /** Waits for a sorted set under one of the keys; where that is not allowed the time is over at once. */
    private static void block(Call call, int firstKey, int keys, long timeoutMillis) {
        if (!call.block(new Blocking(ValueType.SORTED_SET, call.copyWords(), firstKey, keys, timeoutMillis, false))) {
            call.reply().nilArray();
        }
    }

    // ---- random choice

    private static void zrandmember(Call call) {
        if (call.count() == 2) {
            SortedSetValue set = call.readSortedSet(1);
            if (set == null) {
                call.reply().nil();
            } else {
                set.random(call.data().random());
                set.member().reply(call.reply());
            }
            return;
        }
        long count = RandomPicks.count(call, 2);
        boolean withScores = call.count() == 4 && call.word(3).is("withscores");
        if (call.count() > 3 && !withScores) {
            throw CommandFailure.SYNTAX;
        }
        if (withScores && Math.abs(count) > Long.MAX_VALUE / 2) {
            throw CommandFailure.OUT_OF_RANGE;
        }
        SortedSetValue set = call.readSortedSet(1);
        if (set == null || count == 0) {
            call.reply().array(0);
        } else if (count < 0) {
            repeated(call, set, -count, withScores);
        } else {
            distinct(call, set, Math.min(count, set.size()), withScores);
        }
    }

    private static void header(Call call, long count, boolean withScores) {
        call.reply()
                .array(RandomPicks.replyCount(count, withScores && !call.reply().resp3() ? 2 : 1));
    }

    private static void repeated(Call call, SortedSetValue set, long count, boolean withScores) {
        header(call, count, withScores);
        RandomGenerator random = call.data().random();
        if (!set.isCompact()) {
            for (long i = 0; i < count; i++) {
                set.random(random);
                SortedSetResults.member(call.reply(), set.member(), set.score(), withScores);
            }
            return;
        }
        // Finding an element of a listpack takes a walk: one for all.
        List<byte[]> members = new ArrayList<>();
        double[] scores = new double[(int) set.size()];
        set.forEachSlice((member, score) -> {
            scores[members.size()] = score;
            members.add(member.toArray());
            return true;
        });
        for (long i = 0; i < count; i++) {
            int chosen = random.nextInt(scores.length);
            if (withScores && call.reply().resp3()) {
                call.reply().array(2);
            }
            call.reply().bulk(members.get(chosen));
            if (withScores) {
                call.reply().real(scores[chosen]);
            }
        }
    }

    private static void distinct(Call call, SortedSetValue set, long count, boolean withScores) {
        header(call, count, withScores);
        RandomGenerator random = call.data().random();
        Reply reply = call.reply();
        if (set.isCompact() || RandomPicks.walks(count, set.size())) {
            var sample = new RandomPicks.Sample(random, set.size(), count);
            set.forEachSlice((member, score) -> {
                if (sample.takes()) {
                    SortedSetResults.member(reply, member, score, withScores);
                }
                return !sample.isComplete();
            });
            return;
        }
        RandomPicks.distinct(
                count,
                () -> {
                    set.random(random);
                    return set.member().identity();
                },
                () -> SortedSetResults.member(reply, set.member(), set.score(), withScores));
    }

    // ---- scanning

    private static void zscan(Call call) {
        long cursor = ScanOptions.cursor(call, 2);
        SortedSetValue set = call.readSortedSet(1);
        if (set == null) {
            ScanOptions.replyEmpty(call);
            return;
        }
        ScanOptions options = ScanOptions.parse(call, 3, false);
        long end = options.walk(
                cursor,
                (from, progress) -> set.scan(from, (member, score) -> {
                    progress.met++;
                    return true;
                }));
        ScanOptions.replyCursor(call, end);
        // The cursor comes first in the reply, so the same steps are made again for the members.
        Reply reply = call.reply();
        long mark = reply.deferred();
        int[] written = {0};
        boolean compact = set.isCompact();
        Bytes text = new Bytes();
        long at = cursor;
        do {
            at = set.scan(at, (member, score) -> {
                if (options.matchesAll() || options.matches(member.read(text))) {
                    member.reply(reply);
                    // Scores of skip lists go through long double in scanCallback, those of listpacks are there as
                    // text.
                    reply.bulk(compact ? Numbers.format(score) : Numbers.format17(score));
                    written[0] += 2;
                }
                return true;
            });
        } while (at != end);
        reply.finishArray(mark, written[0]);
    }
}
