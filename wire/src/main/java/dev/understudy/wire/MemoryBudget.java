// SPDX-License-Identifier: Apache-2.0
package dev.understudy.wire;

/**
 * How much heap may go to what comes and goes with clients, in shares that do not take from each other: so none of them can starve another one.
 * Whoever is about to use memory asks first; what is refused has an outcome with a name, which docs/limits.md tells. Owned by the command loop.
 */
public final class MemoryBudget {
    /** What the heap is used for. */
    public enum Share {
        /** Connections as such, whatever they do. */
        CONNECTIONS(3),
        /** What clients have sent and is not done with: query buffers, transactions, the words of clients that wait. */
        REQUESTS(6),
        /** Replies until they have been handed to their connections. */
        REPLIES(3),
        /** What commands need while they are executed, and their effects until these have been written. */
        WORK(4);

        private static final int PARTS = 16;
        private final int parts;

        Share(int parts) {
            this.parts = parts;
        }
    }

    private final long[] maxima = new long[Share.values().length];
    private final long[] used = new long[maxima.length];
    private final long[] peaks = new long[maxima.length];
    private final long[] refusals = new long[maxima.length];

    /** @param heapBytes what all shares have together, 0 and up */
    public MemoryBudget(long heapBytes) {
        for (Share share : Share.values()) {
            maxima[share.ordinal()] = heapBytes / Share.PARTS * share.parts;
        }
    }

    /** One that refuses nothing. */
    public static MemoryBudget unlimited() {
        return new MemoryBudget(Long.MAX_VALUE);
    }

    /** Takes {@code bytes}, 0 and up, until {@link #give}; returns false, and counts the refusal, if the share has not so much left. */
    public boolean take(Share share, long bytes) {
        int i = share.ordinal();
        if (!allows(share, bytes)) {
            return false;
        }
        used[i] += bytes;
        peaks[i] = Math.max(peaks[i], used[i]);
        return true;
    }

    /** Whether {@code bytes} more would be granted now, for what is given back before anybody else asks; counts a refusal. */
    public boolean allows(Share share, long bytes) {
        int i = share.ordinal();
        boolean fits = bytes <= maxima[i] - used[i];
        refusals[i] += fits ? 0 : 1;
        return fits;
    }

    /** Gives back what was taken. */
    public void give(Share share, long bytes) {
        used[share.ordinal()] -= bytes;
        assert used[share.ordinal()] >= 0 : share + " " + used[share.ordinal()];
    }

    /** Bytes that a share has left. */
    public long left(Share share) {
        return maxima[share.ordinal()] - used[share.ordinal()];
    }

    /** Bytes that a share may use at most. */
    public long max(Share share) {
        return maxima[share.ordinal()];
    }

    /** Bytes in use at the moment. */
    public long used(Share share) {
        return used[share.ordinal()];
    }

    /** The most that was in use at a time, bytes. */
    public long peak(Share share) {
        return peaks[share.ordinal()];
    }

    /** How often something was refused. */
    public long refusals(Share share) {
        return refusals[share.ordinal()];
    }
}
