// SPDX-License-Identifier: Apache-2.0
package dev.understudy.commands;

import dev.understudy.store.SortedSetValue;
import dev.understudy.wire.Bytes;
import org.jspecify.annotations.Nullable;

/** ZRANGE with its older forms and ZRANGESTORE, ZCOUNT and ZLEXCOUNT, and the ZREMRANGEBY commands. */
final class SortedSetCommandsRanges {
    private static final String LOG_PLUS = "O(log(N)+M), N being the number of members and M that in the range";
    private static final String LOG = "O(log(N)), N being the number of members";
    private static final CommandFailure LIMIT_BY_RANK =
            CommandFailure.err("syntax error, LIMIT is only supported in combination with either BYSCORE or BYLEX");
    private static final CommandFailure SCORES_BY_LEX =
            CommandFailure.err("syntax error, WITHSCORES not supported in combination with BYLEX");

    private SortedSetCommandsRanges() {}

    private enum By {
        RANK,
        SCORE,
        LEX
    }

    static void register(CommandTable table) {
        reading(table, "zrange", null, null).docs("Returns a range of members, by place, score or name.", LOG_PLUS);
        reading(table, "zrevrange", By.RANK, true)
                .docs("Returns members by place, from the highest score on.", LOG_PLUS);
        reading(table, "zrangebyscore", By.SCORE, false)
                .since("1.0.5")
                .docs("Returns the members whose scores are in a range.", LOG_PLUS);
        reading(table, "zrevrangebyscore", By.SCORE, true)
                .since("2.2.0")
                .docs("Returns the members whose scores are in a range, the highest first.", LOG_PLUS);
        reading(table, "zrangebylex", By.LEX, false)
                .since("2.8.9")
                .docs("Returns the members between two others in the order of their bytes.", LOG_PLUS);
        reading(table, "zrevrangebylex", By.LEX, true)
                .since("2.8.9")
                .docs("Returns the members between two others in the reverse order of their bytes.", LOG_PLUS);
        SortedSetCommands.addWithoutKeys(table, "zrangestore", call -> zrangestore(call), -5, "write denyoom")
                .keys(1, 1, 1, "OW UPDATE")
                .keys(2, 2, 1, "RO ACCESS")
                .since("6.2.0")
                .docs("Stores a range of members under another key.", LOG_PLUS);
        SortedSetCommands.add(table, "zcount", call -> count(call, By.SCORE), 4, "readonly fast", "RO ACCESS")
                .since("2.0.0")
                .docs("Counts the members whose scores are in a range.", LOG);
        SortedSetCommands.add(table, "zlexcount", call -> count(call, By.LEX), 4, "readonly fast", "RO ACCESS")
                .since("2.8.9")
                .docs("Counts the members between two others in the order of their bytes.", LOG);
        removing(table, "zremrangebyscore", By.SCORE)
                .docs("Removes the members whose scores are in a range.", LOG_PLUS);
        removing(table, "zremrangebyrank", By.RANK).since("2.0.0").docs("Removes members by place.", LOG_PLUS);
        removing(table, "zremrangebylex", By.LEX)
                .since("2.8.9")
                .docs("Removes the members between two others in the order of their bytes.", LOG_PLUS);
    }

    private static Command reading(CommandTable table, String name, @Nullable By by, @Nullable Boolean reverse) {
        return SortedSetCommands.add(table, name, call -> zrange(call, by, reverse), -4, "readonly", "RO ACCESS");
    }

    private static Command removing(CommandTable table, String name, By by) {
        return SortedSetCommands.add(table, name, call -> remove(call, by, name), 4, "write", "RW DELETE");
    }

    private static SortedSetRange range(Call call, By by, int min, int max, boolean reverse) {
        return switch (by) {
            case RANK -> new SortedSetRange.Ranks(call.number(min), call.number(max), reverse);
            case SCORE -> SortedSetRange.Scores.parse(call.word(min), call.word(max));
            case LEX -> SortedSetRange.Members.parse(call.word(min), call.word(max));
        };
    }

    /** What a ZRANGE or ZRANGESTORE asks for. {@code limit} is negative for all. */
    private record Query(SortedSetRange range, boolean reverse, boolean withScores, long offset, long limit) {
        /** The number of members asked for. */
        long count(SortedSetValue set) {
            long length = range.length(set);
            if (offset < 0 || offset >= length) {
                return 0;
            }
            return limit < 0 ? length - offset : Math.min(limit, length - offset);
        }

        /** The rank with which the reply begins. */
        long first(SortedSetValue set) {
            return reverse ? range.end(set) - 1 - offset : range.first(set) + offset;
        }
    }

    /** Reads {@code min max [options]} from word {@code at} on; {@code by} and {@code reverse} are null if options say them. */
    private static Query parse(Call call, int at, @Nullable By by, @Nullable Boolean reverse, boolean store) {
        By kind = by;
        Boolean direction = reverse;
        boolean withScores = false;
        long offset = 0;
        long limit = -1;
        for (int i = at + 2; i < call.count(); i++) {
            Bytes option = call.word(i);
            if (!store && option.is("withscores")) {
                withScores = true;
            } else if (option.is("limit") && i + 2 < call.count()) {
                offset = call.number(i + 1);
                limit = call.number(i + 2);
                i += 2;
            } else if (direction == null && option.is("rev")) {
                direction = true;
            } else if (kind == null && option.is("bylex")) {
                kind = By.LEX;
            } else if (kind == null && option.is("byscore")) {
                kind = By.SCORE;
            } else {
                throw CommandFailure.SYNTAX;
            }
        }
        By chosen = kind == null ? By.RANK : kind;
        boolean down = direction != null && direction;
        if (limit != -1 && chosen == By.RANK) {
            throw LIMIT_BY_RANK;
        }
        if (withScores && chosen == By.LEX) {
            throw SCORES_BY_LEX;
        }
        boolean swapped = down && chosen != By.RANK;
        SortedSetRange range = range(call, chosen, swapped ? at + 1 : at, swapped ? at : at + 1, down);
        return new Query(range, down, withScores, chosen == By.RANK ? 0 : offset, limit);
    }

    private static void zrange(Call call, @Nullable By by, @Nullable Boolean reverse) {
        Query query = parse(call, 2, by, reverse, false);
        SortedSetValue set = call.readSortedSet(1);
        long count = set == null ? 0 : query.count(set);
        if (set == null || count == 0) {
            call.reply().array(0);
            return;
        }
        SortedSetResults.range(call, set, query.first(set), count, query.reverse(), query.withScores());
    }

    private static void zrangestore(Call call) {
        Query query = parse(call, 3, null, null, true);
        SortedSetValue set = call.readSortedSet(2);
        SortedSetValue result = SortedSetResults.make(call);
        long count = set == null ? 0 : query.count(set);
        if (set != null && count > 0) {
            result.expect(count);
            Bytes text = new Bytes();
            set.forEachInRange(query.first(set), count, query.reverse(), (member, score) -> {
                result.set(member.read(text), score);
                return true;
            });
        }
        SortedSetResults.store(call, call.word(1), result, "zrangestore", 1);
    }

    private static void count(Call call, By by) {
        SortedSetRange range = range(call, by, 2, 3, false);
        SortedSetValue set = call.readSortedSet(1);
        call.integer(set == null ? 0 : range.length(set));
    }

    private static void remove(Call call, By by, String event) {
        SortedSetRange range = range(call, by, 2, 3, false);
        SortedSetValue set = call.writeSortedSet(1);
        if (set == null) {
            call.integer(0);
            return;
        }
        long count = range.length(set);
        if (count > 0) {
            set.removeRange(range.first(set), count);
            SortedSetResults.removed(call, call.word(1), set, count, event);
        }
        call.integer(count);
    }
}
