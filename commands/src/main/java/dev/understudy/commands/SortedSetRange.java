// SPDX-License-Identifier: Apache-2.0
package dev.understudy.commands;

import dev.understudy.store.SortedSetValue;
import dev.understudy.wire.Bytes;
import dev.understudy.wire.Numbers;

/** A range of a sorted set as commands name it, which becomes a range of ranks when it meets a set. Valid during its command. */
sealed interface SortedSetRange {
    CommandFailure NOT_SCORES = CommandFailure.err("min or max is not a float");
    CommandFailure NOT_MEMBERS = CommandFailure.err("min or max not valid string range item");

    /** Rank of the first member. */
    long first(SortedSetValue set);

    /** Rank behind the last member; the range is empty if it is not above {@link #first}. */
    long end(SortedSetValue set);

    default long length(SortedSetValue set) {
        return Math.max(0, end(set) - first(set));
    }

    /** From rank to rank, both included, negative ones counting from the end; counted downwards if {@code reverse}. */
    record Ranks(long start, long stop, boolean reverse) implements SortedSetRange {
        @Override
        public long first(SortedSetValue set) {
            return reverse ? set.size() - upperEnd(set) : lower(set);
        }

        @Override
        public long end(SortedSetValue set) {
            return reverse ? set.size() - lower(set) : upperEnd(set);
        }

        private long lower(SortedSetValue set) {
            return clamp(start < 0 ? start + set.size() : start, set.size());
        }

        private long upperEnd(SortedSetValue set) {
            long last = stop < 0 ? stop + set.size() : stop;
            return clamp(Math.min(last, set.size() - 1) + 1, set.size());
        }

        /** Cut to 0 up to {@code size}, so that no difference of two such ranks overflows. */
        private static long clamp(long rank, long size) {
            return Math.max(0, Math.min(rank, size));
        }
    }

    /** From score to score. */
    record Scores(double min, boolean minExcluded, double max, boolean maxExcluded) implements SortedSetRange {
        /** Reads {@code 1.5}, {@code (1.5}, {@code -inf} ... @throws CommandFailure if the words are no such bounds */
        static Scores parse(Bytes min, Bytes max) {
            return new Scores(bound(min), isExcluded(min), bound(max), isExcluded(max));
        }

        private static boolean isExcluded(Bytes word) {
            return !word.isEmpty() && word.at(0) == '(';
        }

        private static boolean isBlank(byte b) {
            return b == ' ' || b >= '\t' && b <= '\r';
        }

        private static double bound(Bytes word) {
            int skipped = isExcluded(word) ? 1 : 0;
            while (skipped < word.length && isBlank(word.at(skipped))) {
                skipped++;
            }
            // As a text of C ends.
            int length = 0;
            while (skipped + length < word.length && word.at(skipped + length) != 0) {
                length++;
            }
            Bytes text = new Bytes(word.array, word.offset + skipped, length);
            if (text.isEmpty()) {
                // What strtod makes of nothing.
                return 0;
            }
            double value = Numbers.parseDouble(text);
            return Double.isNaN(value) ? beyondRange(text) : value;
        }

        /** What strtod makes of a number that is too large or too small for a double: infinity or zero. */
        private static double beyondRange(Bytes text) {
            for (int i = 0; i < text.length; i++) {
                if ("0123456789+-.eE".indexOf(text.at(i)) < 0) {
                    throw NOT_SCORES;
                }
            }
            try {
                return Double.parseDouble(text.toString());
            } catch (NumberFormatException notANumber) {
                throw NOT_SCORES;
            }
        }

        @Override
        public long first(SortedSetValue set) {
            return set.countBelow(min, minExcluded);
        }

        @Override
        public long end(SortedSetValue set) {
            return set.countBelow(max, !maxExcluded);
        }
    }

    /** From member to member; meaningful if all scores are the same. */
    record Members(Bytes min, Bytes max) implements SortedSetRange {
        /** Takes {@code [a}, {@code (a}, {@code -} and {@code +}. @throws CommandFailure if the words are no such bounds */
        static Members parse(Bytes min, Bytes max) {
            check(min);
            check(max);
            return new Members(min, max);
        }

        private static void check(Bytes word) {
            byte kind = word.isEmpty() ? 0 : word.at(0);
            boolean infinite = (kind == '-' || kind == '+') && word.length == 1;
            if (!infinite && kind != '(' && kind != '[') {
                throw NOT_MEMBERS;
            }
        }

        @Override
        public long first(SortedSetValue set) {
            return below(set, min, true);
        }

        @Override
        public long end(SortedSetValue set) {
            return below(set, max, false);
        }

        private static long below(SortedSetValue set, Bytes word, boolean skipsExcluded) {
            byte kind = word.at(0);
            if (kind == '-') {
                return 0;
            }
            if (kind == '+') {
                return set.size();
            }
            Bytes member = new Bytes(word.array, word.offset + 1, word.length - 1);
            return set.countBelowMember(member, (kind == '(') == skipsExcluded);
        }
    }
}
