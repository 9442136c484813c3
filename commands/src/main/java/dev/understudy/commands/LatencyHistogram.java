// SPDX-License-Identifier: Apache-2.0
package dev.understudy.commands;

/**
 * Durations of one command, for INFO latencystats: 64 buckets for each power of two of nanoseconds, so that a percentile is at most some
 * two per cent too high. Takes no memory before the first duration. Owned by the command loop.
 */
public final class LatencyHistogram {
    private static final int SUB_BITS = 6;
    private static final int SUBS = 1 << SUB_BITS;
    /** Longest duration told apart: 2 to the 36th nanoseconds, about 69 seconds. */
    private static final int OCTAVES = 31;

    private static final int BUCKETS = OCTAVES * SUBS;
    private static final long[] NOTHING = {};

    private long[] counts = NOTHING;
    private long count;

    /** Counts one duration, 0 nanoseconds and up. */
    public void record(long nanos) {
        record(nanos, 1);
    }

    /** Counts a duration {@code times} times, 0 and up. */
    void record(long nanos, long times) {
        if (counts.length == 0) {
            counts = new long[BUCKETS];
        }
        counts[bucket(nanos)] += times;
        count += times;
    }

    /** Number of durations counted. */
    public long count() {
        return count;
    }

    public void reset() {
        counts = NOTHING;
        count = 0;
    }

    /** The duration that {@code percent} (0 to 100) of those counted do not exceed: the upper end of its bucket; 0 without any. */
    public long percentileNanos(double percent) {
        long wanted = Math.max(1, (long) Math.ceil(count * percent / 100));
        long seen = 0;
        for (int i = 0; i < counts.length; i++) {
            seen += counts[i];
            if (seen >= wanted) {
                return upperEnd(i);
            }
        }
        return 0;
    }

    /** Below 64 one bucket for each value; then the upper seven bits choose: | leading one | six bits | rest |. */
    private static int bucket(long nanos) {
        assert nanos >= 0 : nanos;
        int shift = Math.max(0, 63 - Long.numberOfLeadingZeros(nanos | 1) - SUB_BITS);
        int octave = nanos < SUBS ? 0 : shift + 1;
        return octave >= OCTAVES ? BUCKETS - 1 : octave * SUBS + (int) (nanos >>> shift & SUBS - 1);
    }

    private static long upperEnd(int bucket) {
        int octave = bucket / SUBS;
        long sub = bucket % SUBS;
        return octave == 0 ? sub : (SUBS + sub + 1 << octave - 1) - 1;
    }
}
