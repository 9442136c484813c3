// SPDX-License-Identifier: Apache-2.0
package dev.understudy.replication;

import java.util.Optional;

/**
 * Spares one replica from client-output-buffer-limit: while the limit stands at its default and the stream kept for the replica can spill,
 * a replica that advances is not dropped for being behind. Otherwise the limit acts as in Redis, and the reason names the setting to
 * change.
 *
 * <p>A replica advances when its connection took bytes, when it acknowledged more or says with a newline that it is loading, and counts as
 * advancing while there is nothing for it to take. Times are nanoseconds of any origin that never go back.
 */
public final class SpillGrace {
    /** How long what waits for the store may take more memory than the hard limit. */
    static final long CATCH_UP_NANOS = 5_000_000_000L;

    /** How much more: a command of proto-max-bulk-len comes at once. */
    static final long CATCH_UP_BYTES_MAX = 512L << 20;

    private static final long NEVER = Long.MIN_VALUE;

    private long advancedAtNanos;
    private long takenBytes;
    private long ackedOffset;
    private long crowdedSinceNanos = NEVER;

    /** For a replica that has just come. */
    public SpillGrace(long nowNanos) {
        advancedAtNanos = nowNanos;
    }

    /**
     * What can spill, and where.
     *
     * @param limit client-output-buffer-limit of the class replica
     * @param on repl-stream-spill
     */
    public record Terms(OutputLimit limit, boolean on) {
        /** Whether the stream spills: an explicit limit acts exactly as in Redis. */
        public boolean spills() {
            return on && limit.equals(OutputLimit.DEFAULT);
        }
    }

    /**
     * Notes how far the replica is; to be called when bytes were sent, and once a second.
     *
     * @param unsentBytes of the connection
     * @param sentBytes written to the connection since it is a replica's
     */
    public void advanced(long unsentBytes, long sentBytes, long ackedUpTo, long nowNanos) {
        long taken = sentBytes - unsentBytes;
        if (unsentBytes == 0 || taken > takenBytes || ackedUpTo > ackedOffset) {
            advancedAtNanos = nowNanos;
        }
        takenBytes = Math.max(takenBytes, taken);
        ackedOffset = Math.max(ackedOffset, ackedUpTo);
    }

    /** The replica has said that it is busy with what it got. */
    public void alive(long nowNanos) {
        advancedAtNanos = nowNanos;
    }

    /** Notes the memory that the stream takes beyond the backlog; to be called as {@link #advanced}. */
    public void crowded(long memoryBytes, OutputLimit limit, long nowNanos) {
        if (limit.hardBytes() == 0 || memoryBytes < limit.hardBytes()) {
            crowdedSinceNanos = NEVER;
        } else if (memoryBytes >= limit.hardBytes() + CATCH_UP_BYTES_MAX) {
            crowdedSinceNanos = nowNanos - CATCH_UP_NANOS - 1;
        } else if (crowdedSinceNanos == NEVER) {
            crowdedSinceNanos = nowNanos;
        }
    }

    /**
     * Whether a replica over the limit is dropped, and the reason then, for {@link Messages#streamLimitReached}.
     *
     * @param last whether no other replica is further behind: it is the one that gives up room in a full store
     * @param silenceNanosMax repl-timeout
     */
    public Optional<String> refusal(Terms terms, SpillState state, boolean last, long silenceNanosMax, long nowNanos) {
        if (!terms.limit().equals(OutputLimit.DEFAULT)) {
            return Optional.of(
                    "client-output-buffer-limit replica is " + terms.limit().text()
                            + ": raise it, or set it to its default, with which the stream spills to a file");
        }
        if (!terms.on()) {
            return Optional.of("repl-stream-spill is off: set it to yes, or raise client-output-buffer-limit replica");
        }
        if (nowNanos - advancedAtNanos > silenceNanosMax) {
            return Optional.of("it has taken nothing for " + silenceNanosMax / 1_000_000_000L
                    + " seconds: raise repl-timeout, or client-output-buffer-limit replica");
        }
        if (state instanceof SpillState.Failed(String reason)) {
            return Optional.of("it cannot spill to a file (" + reason
                    + "): make room in dir, or raise client-output-buffer-limit replica");
        }
        if (state instanceof SpillState.Full && last) {
            return Optional.of("the file it spills to is full: raise repl-stream-spill-size");
        }
        if (crowdedSinceNanos != NEVER && nowNanos - crowdedSinceNanos > CATCH_UP_NANOS) {
            return Optional.of("the stream grows faster than it spills to the file in dir: raise"
                    + " client-output-buffer-limit replica");
        }
        return Optional.empty();
    }
}
