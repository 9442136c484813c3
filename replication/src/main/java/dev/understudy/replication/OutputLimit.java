// SPDX-License-Identifier: Apache-2.0
package dev.understudy.replication;

/**
 * client-output-buffer-limit of the class replica: how much may be kept for one peer.
 *
 * @param hardBytes reached: drop; 0 for no limit. The backlog's size is its floor, for that much is kept anyhow
 * @param softBytes reached for longer than {@code softNanos}: drop; 0 for no limit
 */
public record OutputLimit(long hardBytes, long softBytes, long softNanos) {
    /** "Not over the soft limit" in place of a time. */
    public static final long NOT_OVER = Long.MIN_VALUE;

    /** The default, {@code 256mb 64mb 60}. */
    public static final OutputLimit DEFAULT = new OutputLimit(256L << 20, 64L << 20, 60_000_000_000L);

    /**
     * @param exceeded whether the peer has to go
     * @param softSinceNanos since when it is over the soft limit, {@link #NOT_OVER} if it is not; to be given to the next check
     */
    public record Check(boolean exceeded, long softSinceNanos) {}

    /** As the setting shows it, but for the name of the class. */
    public String text() {
        return hardBytes + " " + softBytes + " " + softNanos / 1_000_000_000L;
    }

    /** Judges {@code usageBytes} (checkClientOutputBufferLimits of Redis). */
    public Check check(long usageBytes, long backlogBytesMax, long softSinceNanos, long nowNanos) {
        boolean hard = hardBytes > 0 && usageBytes >= Math.max(hardBytes, backlogBytesMax);
        boolean overSoft = softBytes > 0 && usageBytes >= softBytes;
        if (!overSoft) {
            return new Check(hard, NOT_OVER);
        }
        if (softSinceNanos == NOT_OVER) {
            return new Check(hard, nowNanos);
        }
        return new Check(hard || nowNanos - softSinceNanos > softNanos, softSinceNanos);
    }
}
