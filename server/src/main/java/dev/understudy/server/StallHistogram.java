// SPDX-License-Identifier: Apache-2.0
package dev.understudy.server;

/**
 * How long the loop's iterations took: a histogram over powers of two of microseconds, in INFO and in the log at shutdown. Recording costs
 * a few nanoseconds and allocates nothing. Owned by the command loop.
 */
public final class StallHistogram {
    /** Upper bounds in microseconds: 64, 128, ... about 67 seconds, and above. */
    static final int BUCKETS = 22;

    private static final int FIRST_SHIFT = 6;
    private final long[] counts = new long[BUCKETS];
    private long iterations;
    private long totalNanos;
    private long longestNanos;
    private long cronNanos;
    private long commandsBefore;
    private long mostCommands;

    /** Notes an iteration that took {@code nanos}; {@code commands}: how many have been executed since the statistics were reset. */
    void record(long nanos, long commands) {
        mostCommands = Math.max(mostCommands, commands - commandsBefore);
        commandsBefore = commands;
        long micros = nanos / 1000;
        int bucket = 64 - Long.numberOfLeadingZeros(micros >>> FIRST_SHIFT);
        counts[Math.min(bucket, BUCKETS - 1)]++;
        iterations++;
        totalNanos += nanos;
        longestNanos = Math.max(longestNanos, nanos);
    }

    public long iterations() {
        return iterations;
    }

    public long totalMicros() {
        return totalNanos / 1000;
    }

    public long longestMicros() {
        return longestNanos / 1000;
    }

    void recordCron(long nanos) {
        cronNanos += nanos;
    }

    /** Time spent in the cron. */
    public long cronMicros() {
        return cronNanos / 1000;
    }

    /** The most commands that one iteration executed. */
    public long mostCommands() {
        return mostCommands;
    }

    /** The bound in microseconds under which {@code fraction} of the iterations stayed. */
    public long percentileMicros(double fraction) {
        long wanted = (long) Math.ceil(iterations * fraction);
        long seen = 0;
        for (int i = 0; i < BUCKETS; i++) {
            seen += counts[i];
            if (seen >= wanted && seen > 0) {
                return Math.min(1L << FIRST_SHIFT + i, Math.max(1, longestMicros()));
            }
        }
        return longestMicros();
    }

    /** {@code <64us=123,<128us=4,...}: the buckets that are not empty. */
    public String text() {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < BUCKETS; i++) {
            if (counts[i] > 0) {
                text.append(text.isEmpty() ? "" : ",")
                        .append('<')
                        .append(1L << FIRST_SHIFT + i)
                        .append("us=")
                        .append(counts[i]);
            }
        }
        return text.toString();
    }

    void reset() {
        java.util.Arrays.fill(counts, 0);
        iterations = 0;
        totalNanos = 0;
        longestNanos = 0;
        cronNanos = 0;
        commandsBefore = 0;
        mostCommands = 0;
    }
}
