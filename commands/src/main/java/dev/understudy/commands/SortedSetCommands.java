// SPDX-License-Identifier: Apache-2.0
package dev.understudy.commands;

import dev.understudy.store.SortedSetValue;
import dev.understudy.wire.Bytes;

/**
 * The commands on single members of sorted sets, as t_zset.c of Redis 7.2. Ranges are in {@link SortedSetCommandsRanges}, popping, random choice and
 * scanning in {@link SortedSetCommandsPicks}, union, intersection and difference in {@link SortedSetCommandsAlgebra}.
 */
public final class SortedSetCommands {
    private static final String LOG = "O(log(N)), N being the number of members of the set";
    private static final CommandFailure NX_XX =
            CommandFailure.err("XX and NX options at the same time are not compatible");
    private static final CommandFailure GT_LT_NX =
            CommandFailure.err("GT, LT, and/or NX options at the same time are not compatible");
    private static final CommandFailure ONE_INCREMENT =
            CommandFailure.err("INCR option supports a single increment-element pair");
    private static final CommandFailure NOT_A_NUMBER = CommandFailure.err("resulting score is not a number (NaN)");

    private SortedSetCommands() {}

    public static void register(CommandTable table) {
        add(table, "zadd", SortedSetCommands::zadd, -4, "write denyoom fast", "RW UPDATE")
                .docs("Adds members to a sorted set or changes their scores.", "O(log(N)) for each member");
        add(table, "zincrby", SortedSetCommands::zincrby, 4, "write denyoom fast", "RW ACCESS UPDATE")
                .docs("Adds a number to the score of a member.", LOG);
        add(table, "zrem", SortedSetCommands::zrem, -3, "write fast", "RW DELETE")
                .docs("Removes members, and the key with the last one.", "O(log(N)) for each member");
        add(table, "zcard", SortedSetCommands::zcard, 2, "readonly fast", "RO")
                .docs("Returns the number of members.", "O(1)");
        add(table, "zscore", SortedSetCommands::zscore, 3, "readonly fast", "RO ACCESS")
                .docs("Returns the score of a member.", "O(1)");
        add(table, "zmscore", SortedSetCommands::zmscore, -3, "readonly fast", "RO ACCESS")
                .since("6.2.0")
                .docs("Returns the scores of members.", "O(N), N being the number of members given");
        add(table, "zrank", call -> zrank(call, false), -3, "readonly fast", "RO ACCESS")
                .since("2.0.0")
                .docs("Returns the place of a member, counted from the lowest score.", LOG);
        add(table, "zrevrank", call -> zrank(call, true), -3, "readonly fast", "RO ACCESS")
                .since("2.0.0")
                .docs("Returns the place of a member, counted from the highest score.", LOG);
        SortedSetCommandsRanges.register(table);
        SortedSetCommandsPicks.register(table);
        SortedSetCommandsAlgebra.register(table);
    }

    static Command add(CommandTable table, String name, Handler handler, int arity, String flags, String keyFlags) {
        return addWithoutKeys(table, name, handler, arity, flags).keys(1, 1, 1, keyFlags);
    }

    static Command addWithoutKeys(CommandTable table, String name, Handler handler, int arity, String flags) {
        return table.add(name, handler)
                .arity(arity)
                .flags(flags)
                .acl("sortedset")
                .since("1.2.0")
                .group("sorted-set");
    }

    /** Makes the set, for members the first of which is {@code member}. */
    private static SortedSetValue create(Call call, Bytes key, Bytes member, long count) {
        SortedSetValue set = call.db().createSortedSet(key);
        set.expect(count, member.length);
        call.event(key, NotifyClass.NEW, "new");
        return set;
    }

    /** The options of ZADD. */
    static final class AddOptions {
        boolean nx;
        boolean xx;
        boolean gt;
        boolean lt;
        boolean ch;
        boolean incr;

        /** Takes options from word {@code first} on; returns the index of the first word that is none. */
        int parse(Call call, int first) {
            int i = first;
            while (i < call.count() && take(call.word(i))) {
                i++;
            }
            return i;
        }

        private boolean take(Bytes word) {
            if (word.is("nx")) {
                nx = true;
            } else if (word.is("xx")) {
                xx = true;
            } else if (word.is("ch")) {
                ch = true;
            } else if (word.is("incr")) {
                incr = true;
            } else if (word.is("gt")) {
                gt = true;
            } else if (word.is("lt")) {
                lt = true;
            } else {
                return false;
            }
            return true;
        }

        void check(int elements) {
            if (nx && xx) {
                throw NX_XX;
            }
            if ((gt || lt) && nx || gt && lt) {
                throw GT_LT_NX;
            }
            if (incr && elements > 1) {
                throw ONE_INCREMENT;
            }
        }
    }

    private static void zadd(Call call) {
        AddOptions options = new AddOptions();
        int first = options.parse(call, 2);
        int words = call.count() - first;
        if (words == 0 || words % 2 != 0) {
            throw CommandFailure.SYNTAX;
        }
        options.check(words / 2);
        double[] scores = new double[words / 2];
        for (int i = 0; i < scores.length; i++) {
            scores[i] = call.real(first + 2 * i);
        }
        add(call, options, scores, first + 1, 2);
    }

    private static void zincrby(Call call) {
        AddOptions options = new AddOptions();
        options.incr = true;
        add(call, options, new double[] {call.real(2)}, 3, 2);
    }

    /**
     * Adds the members at word {@code first} and every {@code step}th after it with these scores, and replies.
     *
     * @throws CommandFailure if the key is no sorted set, or an increment would give no number
     */
    static void add(Call call, AddOptions options, double[] scores, int first, int step) {
        Bytes key = call.word(1);
        SortedSetValue set = call.writeSortedSet(1);
        if (set == null) {
            if (options.xx) {
                replyAdded(call, options, 0, 0, Double.NaN);
                return;
            }
            set = create(call, key, call.word(first), scores.length);
        } else {
            set.expect(scores.length);
        }
        long added = 0;
        long updated = 0;
        double last = Double.NaN;
        for (int i = 0; i < scores.length; i++) {
            Bytes member = call.word(first + step * i);
            double present = set.score(member);
            last = wanted(options, present, scores[i]);
            if (Double.isNaN(last)) {
                continue;
            }
            if (Double.isNaN(present)) {
                added++;
            } else if (last != present) {
                updated++;
            } else {
                continue;
            }
            set.set(member, last);
        }
        call.changed(added + updated);
        replyAdded(call, options, added, updated, last);
        if (added + updated > 0) {
            call.touched(key, NotifyClass.SORTED_SET, options.incr ? "zincr" : "zadd");
        }
    }

    /** The score that a member gets; NaN if the options forbid a change. {@code present}: NaN for a new member. */
    private static double wanted(AddOptions options, double present, double given) {
        boolean exists = !Double.isNaN(present);
        if (exists ? options.nx : options.xx) {
            return Double.NaN;
        }
        if (!exists) {
            return given;
        }
        double score = options.incr ? present + given : given;
        if (Double.isNaN(score)) {
            throw NOT_A_NUMBER;
        }
        boolean refused = options.lt && score >= present || options.gt && score <= present;
        return refused ? Double.NaN : score;
    }

    private static void replyAdded(Call call, AddOptions options, long added, long updated, double last) {
        if (!options.incr) {
            call.integer(options.ch ? added + updated : added);
        } else if (Double.isNaN(last)) {
            call.reply().nil();
        } else {
            call.reply().real(last);
        }
    }

    private static void zrem(Call call) {
        SortedSetValue set = call.writeSortedSet(1);
        if (set == null) {
            call.integer(0);
            return;
        }
        long deleted = 0;
        for (int i = 2; i < call.count() && set.size() > 0; i++) {
            deleted += set.remove(call.word(i)) ? 1 : 0;
        }
        SortedSetResults.removed(call, call.word(1), set, deleted, "zrem");
        call.integer(deleted);
    }

    private static void zcard(Call call) {
        SortedSetValue set = call.readSortedSet(1);
        call.integer(set == null ? 0 : set.size());
    }

    private static void replyScore(Call call, double score) {
        if (Double.isNaN(score)) {
            call.reply().nil();
        } else {
            call.reply().real(score);
        }
    }

    private static void zscore(Call call) {
        SortedSetValue set = call.readSortedSet(1);
        replyScore(call, set == null ? Double.NaN : set.score(call.word(2)));
    }

    private static void zmscore(Call call) {
        SortedSetValue set = call.readSortedSet(1);
        call.reply().array(call.count() - 2);
        for (int i = 2; i < call.count(); i++) {
            replyScore(call, set == null ? Double.NaN : set.score(call.word(i)));
        }
    }

    private static void zrank(Call call, boolean reverse) {
        if (call.count() > 4) {
            throw CommandFailure.err(
                    "wrong number of arguments for '" + call.command().name() + "' command");
        }
        boolean withScore = call.count() == 4;
        if (withScore && !call.word(3).is("withscore")) {
            throw CommandFailure.SYNTAX;
        }
        SortedSetValue set = call.readSortedSet(1);
        long rank = set == null ? -1 : set.rank(call.word(2));
        if (set == null || rank < 0) {
            if (withScore) {
                call.reply().nilArray();
            } else {
                call.reply().nil();
            }
            return;
        }
        if (withScore) {
            call.reply().array(2);
        }
        double score = set.score();
        call.integer(reverse ? set.size() - 1 - rank : rank);
        if (withScore) {
            call.reply().real(score);
        }
    }
}
