// SPDX-License-Identifier: Apache-2.0
package dev.understudy.commands;

import java.util.HashSet;
import java.util.Set;
import java.util.function.LongSupplier;
import java.util.random.RandomGenerator;

/** What SRANDMEMBER, HRANDFIELD and the like share: reading the count, and choosing distinct elements. */
final class RandomPicks {
    /** With more than a third of the elements wanted, a walk over all of them is cheaper than picking; as in Redis. */
    private static final int WALK_FACTOR = 3;

    private static final CommandFailure COUNT_RANGE = CommandFailure.err(
            "value is out of range, value must between " + -Long.MAX_VALUE + " and " + Long.MAX_VALUE);

    private RandomPicks() {}

    /** A count of any sign but the least long; negative means: with repetitions. */
    static long count(Call call, int index) {
        long count = call.number(index);
        if (count == Long.MIN_VALUE) {
            throw COUNT_RANGE;
        }
        return count;
    }

    /**
     * The header number of a reply of {@code count * perPick} elements. @throws CommandFailure if no reply can be that
     * long
     */
    static int replyCount(long count, int perPick) {
        if (count > Integer.MAX_VALUE / perPick) {
            throw CommandFailure.OUT_OF_RANGE;
        }
        return (int) count * perPick;
    }

    static boolean walks(long count, long size) {
        return count > size / WALK_FACTOR;
    }

    /** Decides for one element after the other whether it belongs to a uniformly chosen sample. */
    static final class Sample {
        private final RandomGenerator random;
        private long left;
        private long wanted;

        Sample(RandomGenerator random, long size, long wanted) {
            this.random = random;
            this.left = size;
            this.wanted = wanted;
        }

        /** Whether the next element of the walk is one of the sample. */
        boolean takes() {
            boolean taken = random.nextLong(left--) < wanted;
            if (taken) {
                wanted--;
            }
            return taken;
        }

        boolean isComplete() {
            return wanted == 0;
        }
    }

    /**
     * Calls {@code pick}, which moves to a random element and returns its identity, until {@code count} new ones have
     * been {@code taken}.
     */
    static void distinct(long count, LongSupplier pick, Runnable taken) {
        Set<Long> seen = HashSet.newHashSet((int) Math.min(count, 1 << 20));
        while (seen.size() < count) {
            if (seen.add(pick.getAsLong())) {
                taken.run();
            }
        }
    }
}
