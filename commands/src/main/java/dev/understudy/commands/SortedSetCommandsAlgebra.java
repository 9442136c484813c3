// SPDX-License-Identifier: Apache-2.0
package dev.understudy.commands;

import dev.understudy.store.SetValue;
import dev.understudy.store.SortedSetValue;
import dev.understudy.store.Value;
import dev.understudy.wire.Bytes;
import dev.understudy.wire.Numbers;
import java.util.Arrays;
import java.util.Comparator;
import org.jspecify.annotations.Nullable;

/**
 * ZUNION, ZINTER, ZDIFF with their STORE forms, and ZINTERCARD. Inputs are sorted sets and sets, whose members count as having score 1. Results grow
 * in {@link dev.understudy.store.DataSet#results}.
 */
final class SortedSetCommandsAlgebra {
    private static final CommandFailure WEIGHT = CommandFailure.err("weight value is not a float");
    private static final CommandFailure LIMIT = CommandFailure.err("LIMIT can't be negative");
    private static final String UNION =
            "O(N*log(M)), N being the number of members of all sets and M that of the result";
    private static final String INTERSECTION =
            "O(N*K+M*log(M)), N being the size of the smallest set, K the number of sets and M the size of the result";
    private static final String DIFFERENCE =
            "O(N*K+M*log(M)), N being the size of the first set, K the number of sets and M the size of the result";

    private SortedSetCommandsAlgebra() {}

    private enum Operation {
        UNION,
        INTERSECTION,
        DIFFERENCE
    }

    private enum Aggregate {
        SUM,
        MIN,
        MAX;

        double of(double a, double b) {
            return switch (this) {
                case SUM -> orZero(a + b);
                case MIN -> b < a ? b : a;
                case MAX -> b > a ? b : a;
            };
        }
    }

    /** The sum of two opposite infinities, and infinity times zero, count as zero. */
    private static double orZero(double score) {
        return Double.isNaN(score) ? 0 : score;
    }

    static void register(CommandTable table) {
        reading(table, "zunion", Operation.UNION).docs("Returns the members of any of the sets.", UNION);
        reading(table, "zinter", Operation.INTERSECTION).docs("Returns the members of all of the sets.", INTERSECTION);
        reading(table, "zdiff", Operation.DIFFERENCE)
                .docs("Returns the members of the first set that none of the others has.", DIFFERENCE);
        storing(table, "zunionstore", Operation.UNION)
                .since("2.0.0")
                .docs("Stores the members of any of the sets.", UNION);
        storing(table, "zinterstore", Operation.INTERSECTION)
                .since("2.0.0")
                .docs("Stores the members of all of the sets.", INTERSECTION);
        storing(table, "zdiffstore", Operation.DIFFERENCE)
                .since("6.2.0")
                .docs("Stores the members of the first set that none of the others has.", DIFFERENCE);
        SortedSetCommands.addWithoutKeys(table, "zintercard", SortedSetCommandsAlgebra::zintercard, -3, "readonly")
                .keyNumber(1, "RO ACCESS")
                .since("7.0.0")
                .docs("Counts the members of all of the sets, up to a limit.", INTERSECTION);
    }

    private static Command reading(CommandTable table, String name, Operation operation) {
        return SortedSetCommands.addWithoutKeys(table, name, call -> read(call, operation), -3, "readonly")
                .keyNumber(1, "RO ACCESS")
                .since("6.2.0");
    }

    private static Command storing(CommandTable table, String name, Operation operation) {
        return SortedSetCommands.addWithoutKeys(table, name, call -> store(call, operation, name), -4, "write denyoom")
                .keys(1, 1, 1, "OW UPDATE")
                .keyNumber(2, "RO ACCESS");
    }

    // ---- inputs

    /** What {@link Source#forEach} calls. */
    private interface Visitor {
        /** Returns false to stop. */
        boolean visit(Bytes member, double score);
    }

    /** One input: a sorted set, a set or nothing. */
    private static final class Source {
        private final @Nullable Value value;
        private double weight = 1;

        Source(@Nullable Value value) {
            if (value != null && !(value instanceof SortedSetValue) && !(value instanceof SetValue)) {
                throw CommandFailure.WRONG_TYPE;
            }
            this.value = value;
        }

        long size() {
            return value == null ? 0 : value.size();
        }

        /** Whether both are the same key: one entry has one window. */
        @SuppressWarnings("ReferenceEquality")
        boolean isSame(Source other) {
            return value == other.value;
        }

        boolean forEach(Visitor visitor) {
            return switch (value) {
                case SortedSetValue set -> set.forEach(visitor::visit);
                case SetValue set -> set.forEach(member -> visitor.visit(member, 1));
                case null, default -> true;
            };
        }

        /** The member's score, NaN if it is not there. */
        double score(Bytes member) {
            return switch (value) {
                case SortedSetValue set -> set.score(member);
                case SetValue set -> set.contains(member) ? 1 : Double.NaN;
                case null, default -> Double.NaN;
            };
        }
    }

    /** A call's inputs and options. */
    private static final class Query {
        private final Source[] sources;
        private Aggregate aggregate = Aggregate.SUM;
        private boolean withScores;
        private long limit;

        /** Reads {@code numkeys key...} from word {@code at} on. */
        Query(Call call, int at) {
            long keys = call.number(at);
            if (keys < 1) {
                throw CommandFailure.err(
                        "at least 1 input key is needed for '" + call.command().name() + "' command");
            }
            if (keys > call.count() - at - 1) {
                throw CommandFailure.SYNTAX;
            }
            sources = new Source[(int) keys];
            for (int i = 0; i < sources.length; i++) {
                sources[i] = new Source(call.read(at + 1 + i));
            }
        }

        Query options(Call call, int at, boolean weighted, boolean stored) {
            int i = at + 1 + sources.length;
            while (i < call.count()) {
                Bytes option = call.word(i);
                int left = call.count() - i;
                if (weighted && left > sources.length && option.is("weights")) {
                    i = weights(call, i + 1);
                } else if (weighted && left >= 2 && option.is("aggregate")) {
                    aggregate = aggregate(call.word(i + 1));
                    i += 2;
                } else if (!stored && option.is("withscores")) {
                    withScores = true;
                    i++;
                } else {
                    throw CommandFailure.SYNTAX;
                }
            }
            return this;
        }

        private int weights(Call call, int at) {
            for (int i = 0; i < sources.length; i++) {
                double weight = Numbers.parseDouble(call.word(at + i));
                if (Double.isNaN(weight)) {
                    throw WEIGHT;
                }
                sources[i].weight = weight;
            }
            return at + sources.length;
        }

        private static Aggregate aggregate(Bytes word) {
            for (Aggregate each : Aggregate.values()) {
                if (word.is(each.name())) {
                    return each;
                }
            }
            throw CommandFailure.SYNTAX;
        }

        Query limit(Call call, int at) {
            for (int i = at + 1 + sources.length; i < call.count(); i += 2) {
                if (i + 1 == call.count() || !call.word(i).is("limit")) {
                    throw CommandFailure.SYNTAX;
                }
                limit = call.number(i + 1, 0, Long.MAX_VALUE, LIMIT);
            }
            return this;
        }
    }

    // ---- operations

    /** Visits the members that all sources have, with their combined scores. */
    private static void intersect(Query query, Visitor visitor) {
        Source[] sources = query.sources;
        Arrays.sort(sources, Comparator.comparingLong(Source::size));
        sources[0].forEach((member, first) -> {
            double score = orZero(sources[0].weight * first);
            for (int i = 1; i < sources.length; i++) {
                // The set being walked may not be asked meanwhile.
                double other = sources[i].isSame(sources[0]) ? first : sources[i].score(member);
                if (Double.isNaN(other)) {
                    return true;
                }
                score = query.aggregate.of(score, sources[i].weight * other);
            }
            return visitor.visit(member, score);
        });
    }

    private static void unite(Query query, SortedSetValue result) {
        Source[] sources = query.sources;
        Arrays.sort(sources, Comparator.comparingLong(Source::size));
        for (Source source : sources) {
            source.forEach((member, plain) -> {
                double score = orZero(source.weight * plain);
                double present = result.score(member);
                double combined = Double.isNaN(present) ? score : query.aggregate.of(present, score);
                if (combined == 0 && present == 0) {
                    // The zeros are equal, so setting one would leave the other.
                    result.remove(member);
                }
                result.set(member, combined);
                return true;
            });
        }
    }

    private static void subtract(Query query, SortedSetValue result) {
        Source[] sources = query.sources;
        for (int i = 1; i < sources.length; i++) {
            if (sources[i].isSame(sources[0])) {
                return;
            }
        }
        sources[0].forEach((member, score) -> {
            for (int i = 1; i < sources.length; i++) {
                if (!Double.isNaN(sources[i].score(member))) {
                    return true;
                }
            }
            result.set(member, score);
            return true;
        });
    }

    private static SortedSetValue result(Call call, Query query, Operation operation) {
        SortedSetValue result = SortedSetResults.make(call);
        // As Redis: the result becomes compact only when it is stored, so until then there is a negative zero too.
        result.expect(Long.MAX_VALUE);
        switch (operation) {
            case UNION -> unite(query, result);
            case INTERSECTION ->
                intersect(query, (member, score) -> {
                    result.set(member, score);
                    return true;
                });
            case DIFFERENCE -> subtract(query, result);
        }
        return result;
    }

    private static void read(Call call, Operation operation) {
        Query query = new Query(call, 1).options(call, 1, operation != Operation.DIFFERENCE, false);
        SortedSetValue result = result(call, query, operation);
        SortedSetResults.range(call, result, 0, result.size(), false, query.withScores);
        SortedSetResults.drop(call);
    }

    private static void store(Call call, Operation operation, String event) {
        Query query = new Query(call, 2).options(call, 2, operation != Operation.DIFFERENCE, true);
        SortedSetValue result = result(call, query, operation);
        result.built();
        SortedSetResults.store(call, call.word(1), result, event, 1);
    }

    private static void zintercard(Call call) {
        Query query = new Query(call, 1).limit(call, 1);
        long[] count = {0};
        intersect(query, (member, score) -> ++count[0] != query.limit);
        call.integer(count[0]);
    }
}
