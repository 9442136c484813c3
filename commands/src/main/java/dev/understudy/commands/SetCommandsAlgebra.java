// SPDX-License-Identifier: Apache-2.0
package dev.understudy.commands;

import dev.understudy.store.Db;
import dev.understudy.store.SetValue;
import dev.understudy.store.Slice;
import dev.understudy.wire.Bytes;
import dev.understudy.wire.Numbers;
import dev.understudy.wire.Reply;
import java.util.Arrays;
import java.util.Comparator;
import org.jspecify.annotations.Nullable;

/**
 * SINTER, SUNION, SDIFF with their STORE forms, and SINTERCARD. Results grow in {@link
 * dev.understudy.store.DataSet#results}.
 */
final class SetCommandsAlgebra {
    private static final CommandFailure NUMKEYS = CommandFailure.err("numkeys should be greater than 0");
    private static final CommandFailure TOO_MANY_KEYS =
            CommandFailure.err("Number of keys can't be greater than number of args");
    private static final CommandFailure LIMIT = CommandFailure.err("LIMIT can't be negative");
    private static final Bytes RESULT = Bytes.of("result");
    private static final String INTERSECTION = "O(N*M), N being the size of the smallest set and M the number of sets";
    private static final String TOTAL = "O(N), N being the number of members of all sets";

    private SetCommandsAlgebra() {}

    static void register(CommandTable table) {
        reading(table, "sinter", call -> sinter(call))
                .docs("Returns the members that all of the sets have.", INTERSECTION);
        reading(table, "sunion", call -> reply(call, union(call, 1)))
                .docs("Returns the members that any of the sets has.", TOTAL);
        reading(table, "sdiff", call -> reply(call, difference(call, 1)))
                .docs("Returns the members of the first set that none of the others has.", TOTAL);
        storing(table, "sinterstore", SetCommandsAlgebra::sinterstore, "RW UPDATE")
                .docs("Stores the members that all of the sets have.", INTERSECTION);
        storing(table, "sunionstore", call -> store(call, union(call, 2), "sunionstore"), "OW UPDATE")
                .docs("Stores the members that any of the sets has.", TOTAL);
        storing(table, "sdiffstore", call -> store(call, difference(call, 2), "sdiffstore"), "OW UPDATE")
                .docs("Stores the members of the first set that none of the others has.", TOTAL);
        SetCommands.add(table, "sintercard", SetCommandsAlgebra::sintercard, -3, "readonly")
                .keyNumber(1, "RO ACCESS")
                .since("7.0.0")
                .docs("Counts the members that all of the sets have, up to a limit.", INTERSECTION);
    }

    private static Command reading(CommandTable table, String name, Handler handler) {
        return SetCommands.add(table, name, handler, -2, "readonly")
                .keys(1, -1, 1, "RO ACCESS")
                .tip("nondeterministic_output_order");
    }

    private static Command storing(CommandTable table, String name, Handler handler, String targetFlags) {
        return SetCommands.add(table, name, handler, -3, "write denyoom")
                .keys(1, 1, 1, targetFlags)
                .keys(2, -1, 1, "RO ACCESS");
    }

    /** The sets of the keys from word {@code first} to {@code end}, null where there is no key. */
    private static @Nullable SetValue[] sets(Call call, int first, int end) {
        @Nullable SetValue[] sets = new SetValue[end - first];
        for (int i = first; i < end; i++) {
            sets[i - first] = call.readSet(i);
        }
        return sets;
    }

    // ---- intersection

    /**
     * The sets to intersect, the smallest first and equal ones once; empty if one is missing, so that the intersection
     * is empty.
     */
    private static SetValue[] intersected(Call call, int first, int end) {
        @Nullable SetValue[] sets = sets(call, first, end);
        SetValue[] present = new SetValue[sets.length];
        for (int i = 0; i < sets.length; i++) {
            SetValue set = sets[i];
            if (set == null) {
                return new SetValue[0];
            }
            present[i] = set;
        }
        Arrays.sort(present, Comparator.comparingLong(SetValue::size));
        return present;
    }

    /** What {@link #intersect} calls for each member. */
    private interface Found {
        boolean found(Slice member);
    }

    private static void intersect(SetValue[] sets, Found found) {
        if (sets.length == 0) {
            return;
        }
        Bytes text = new Bytes();
        sets[0].forEachSlice(member -> {
            if (sets.length > 1) {
                member.read(text);
            }
            for (int i = 1; i < sets.length; i++) {
                if (sets[i] != sets[0] && !sets[i].contains(text)) {
                    return true;
                }
            }
            return found.found(member);
        });
    }

    private static void sinter(Call call) {
        SetValue[] sets = intersected(call, 1, call.count());
        Reply reply = call.reply();
        if (sets.length == 0) {
            reply.set(0);
            return;
        }
        long mark = reply.deferred();
        int[] count = {0};
        intersect(sets, member -> {
            member.reply(reply);
            count[0]++;
            return true;
        });
        reply.finishSet(mark, count[0]);
    }

    private static void sintercard(Call call) {
        long keys = call.number(1, 1, Long.MAX_VALUE, NUMKEYS);
        if (keys > call.count() - 2) {
            throw TOO_MANY_KEYS;
        }
        int end = 2 + (int) keys;
        long limit = 0;
        for (int i = end; i < call.count(); i += 2) {
            if (i + 1 == call.count() || !call.word(i).is("limit")) {
                throw CommandFailure.SYNTAX;
            }
            limit = call.number(i + 1, 0, Long.MAX_VALUE, LIMIT);
        }
        SetValue[] sets = intersected(call, 2, end);
        long enough = limit;
        long[] count = {0};
        intersect(sets, member -> ++count[0] != enough);
        call.integer(count[0]);
    }

    private static void sinterstore(Call call) {
        SetValue[] sets = intersected(call, 2, call.count());
        SetValue result = newResult(call);
        if (sets.length > 0 && sets[0].size() > 0) {
            if (!sets[0].isIntset()) {
                result.beginListpack();
            }
            boolean[] integers = {true};
            Bytes text = new Bytes();
            intersect(sets, member -> {
                member.read(text);
                integers[0] = integers[0] && Numbers.isLong(text);
                result.add(text);
                return true;
            });
            if (integers[0] && result.size() > 0) {
                result.toIntset();
            }
        }
        store(call, result, "sinterstore");
    }

    // ---- union, difference

    private static SetValue union(Call call, int first) {
        @Nullable SetValue[] sets = sets(call, first, call.count());
        SetValue result = newResult(call);
        for (SetValue set : sets) {
            if (set != null) {
                set.forEach(member -> {
                    result.add(member);
                    return true;
                });
            }
        }
        return result;
    }

    private static SetValue difference(Call call, int first) {
        @Nullable SetValue[] sets = sets(call, first, call.count());
        SetValue result = newResult(call);
        SetValue minuend = sets[0];
        if (minuend == null) {
            return result;
        }
        long total = 0;
        long present = 0;
        for (int i = 0; i < sets.length; i++) {
            SetValue set = sets[i];
            if (i > 0 && set == minuend) {
                return result;
            }
            if (set != null) {
                total += set.size();
                present++;
            }
        }
        // Either look up each member in all other sets, or take all others' members out of a copy: what is less work,
        // as Redis.
        if (minuend.size() * present / 2 <= total) {
            subtractByLookup(sets, minuend, result);
        } else {
            subtractByRemoval(sets, result);
        }
        return result;
    }

    private static void subtractByLookup(@Nullable SetValue[] sets, SetValue minuend, SetValue result) {
        Arrays.sort(sets, 1, sets.length, Comparator.comparingLong(set -> set == null ? 0 : -set.size()));
        minuend.forEach(member -> {
            for (int i = 1; i < sets.length; i++) {
                SetValue set = sets[i];
                if (set != null && set.contains(member)) {
                    return true;
                }
            }
            result.add(member);
            return true;
        });
    }

    private static void subtractByRemoval(@Nullable SetValue[] sets, SetValue result) {
        for (int i = 0; i < sets.length && (i == 0 || result.size() > 0); i++) {
            SetValue set = sets[i];
            if (set == null) {
                continue;
            }
            boolean adding = i == 0;
            set.forEach(member -> {
                if (adding) {
                    result.add(member);
                } else {
                    result.remove(member);
                }
                return true;
            });
        }
    }

    // ---- results

    private static SetValue newResult(Call call) {
        Db results = call.data().results();
        // What a command has left that ran out of memory.
        results.delete(RESULT, false);
        return results.createSet(RESULT);
    }

    private static void reply(Call call, SetValue result) {
        Reply reply = call.reply();
        reply.set((int) result.size());
        result.forEachSlice(member -> {
            member.reply(reply);
            return true;
        });
        call.data().results().clear(call.execution().lazyServerDel());
    }

    /** Puts the result, if it has members, in the place of whatever the key of word 1 holds. */
    private static void store(Call call, SetValue result, String event) {
        Bytes key = call.word(1);
        Db results = call.data().results();
        long size = result.size();
        boolean existed = call.write(1) != null;
        if (existed) {
            call.execution().delete(call.db(), key, call.execution().lazyServerDel());
        }
        if (size > 0) {
            results.move(result, call.db(), key);
            if (!existed) {
                call.event(key, NotifyClass.NEW, "new");
            }
            call.changed(1);
            call.touched(key, NotifyClass.SET, event);
        } else if (existed) {
            call.changed(1);
            call.touched(key, NotifyClass.GENERIC, "del");
        }
        results.clear(false);
        call.integer(size);
    }
}
