// SPDX-License-Identifier: Apache-2.0
package dev.understudy.commands;

import java.util.random.RandomGenerator;

/**
 * The 24-bit access clock of a key under an LFU policy: 16 bits of minutes, in which it was last decayed, and a counter of 8 bits that grows
 * with the logarithm of the accesses and falls with the time without any.
 */
final class AccessFrequency {
    /** What a new key's counter begins with, so that it is not the first to be evicted. */
    static final int INITIAL = 5;

    static final int MAX = 255;

    private AccessFrequency() {}

    /** The clock of a key that had {@code counter} at this time. */
    static int clock(long nowMillis, int counter) {
        return (int) (nowMillis / 60_000 & 0xFFFF) << 8 | counter;
    }

    /** The counter as it stands now: less one for each {@code decayMinutes} (0: never) since it was last decayed. */
    static int counter(int clock, long nowMillis, int decayMinutes) {
        long minutes = nowMillis / 60_000 - (clock >>> 8) & 0xFFFF;
        long periods = decayMinutes == 0 ? 0 : minutes / decayMinutes;
        return (int) Math.max((clock & 0xFF) - periods, 0);
    }

    /** A counter after one more access: the higher it is and the larger {@code logFactor}, the less probably it grows. */
    static int accessed(int counter, int logFactor, RandomGenerator random) {
        int above = Math.max(counter - INITIAL, 0);
        boolean grows = counter < MAX && random.nextDouble() * ((double) above * logFactor + 1) < 1;
        return grows ? counter + 1 : counter;
    }
}
