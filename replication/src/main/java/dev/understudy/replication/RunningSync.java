// SPDX-License-Identifier: Apache-2.0
package dev.understudy.replication;

import dev.understudy.replication.SyncRecord.Direction;
import dev.understudy.replication.SyncRecord.Mode;
import dev.understudy.replication.SyncRecord.Outcome;

/** A resynchronisation under way, as it is noted down; made and ended by {@link SyncHistory}. Confined to one thread. */
public final class RunningSync {
    /** What is being done. */
    public enum Phase {
        WAIT,
        SNAPSHOT,
        TRANSFER,
        LOAD
    }

    private static final long NANOS_PER_MILLI = 1_000_000L;

    private final Direction direction;
    private final Mode mode;
    private final String peer;
    private final long beganWallMillis;
    private final String asked;
    private final String available;
    private final SyncReason reason;
    private final long[] nanos = new long[Phase.values().length];
    private Phase phase = Phase.WAIT;
    private long phaseSinceNanos;
    private Position granted = Position.NOWHERE;
    private long payloadBytes;
    private long streamBytes;
    private String trouble = "";
    private String version = "";

    RunningSync(
            Direction direction,
            Mode mode,
            String peer,
            String asked,
            String available,
            SyncReason reason,
            long wallMillis,
            long nowNanos) {
        this.direction = direction;
        this.mode = mode;
        this.peer = peer;
        this.asked = asked;
        this.available = available;
        this.reason = reason;
        this.beganWallMillis = wallMillis;
        this.phaseSinceNanos = nowNanos;
    }

    public Mode mode() {
        return mode;
    }

    public Phase phase() {
        return phase;
    }

    /** What was done until now is over. */
    public void enter(Phase next, long nowNanos) {
        nanos[phase.ordinal()] += nowNanos - phaseSinceNanos;
        phase = next;
        phaseSinceNanos = nowNanos;
    }

    /** Where the stream begins. */
    public void granted(Position base) {
        granted = base;
    }

    public Position granted() {
        return granted;
    }

    /** The version of the replica, or how old it is, as far as known. */
    public void version(String text) {
        version = text;
    }

    /** So many bytes of payload have gone over the wire. */
    public void payloadBytes(long bytes) {
        payloadBytes = bytes;
    }

    /** So many bytes of stream had been kept for the replica. */
    public void streamBytes(long bytes) {
        streamBytes = bytes;
    }

    /** Why it is about to fail; what is said first counts. */
    public void trouble(String why) {
        if (trouble.isEmpty()) {
            trouble = why;
        }
    }

    /** What {@link #trouble} was told, else {@code otherwise}. */
    String troubleOr(String otherwise) {
        return trouble.isEmpty() ? otherwise : trouble;
    }

    SyncRecord toRecord(long number, Outcome outcome, String detail, long nowNanos) {
        enter(phase, nowNanos);
        return new SyncRecord(
                number,
                direction,
                mode,
                peer,
                version,
                beganWallMillis,
                asked,
                available,
                reason,
                granted,
                outcome,
                detail,
                payloadBytes,
                streamBytes,
                new SyncRecord.Durations(
                        millis(Phase.WAIT), millis(Phase.SNAPSHOT), millis(Phase.TRANSFER), millis(Phase.LOAD)));
    }

    private long millis(Phase which) {
        return nanos[which.ordinal()] / NANOS_PER_MILLI;
    }
}
