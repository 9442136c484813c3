// SPDX-License-Identifier: Apache-2.0
package dev.understudy.replication;

import java.util.Locale;

/**
 * What became of one resynchronisation, or of a stream that could not be applied.
 *
 * @param number counts them from 1 on, in the order of their ends; 0 while it runs
 * @param direction whether we got the data or gave them
 * @param mode full, partial, or the stream alone
 * @param peer address of the master, or name of the replica
 * @param version of the replica, or how old it is, as far as known; empty otherwise
 * @param beganWallMillis Unix time at which it was asked for
 * @param asked {@code id:offset} that the replica asked for, {@code ?:-1} for everything
 * @param available {@code id:first-last} of what the master could have sent of its history; empty on the replica's side
 * @param reason why it was full or partial
 * @param granted where the stream begins, {@link Position#NOWHERE} if it is not known (yet); for a stream, up to where it was applied
 * @param outcome how it ended
 * @param detail why it failed, else empty
 * @param payloadBytes of the RDB, as far as they had come, or as was known of the size of one that is sent; 0 for a partial one
 * @param streamBytes sent to the replica out of what had been kept: the partial sync itself, or what came meanwhile; 0 on its side
 * @param durations where the time went
 */
public record SyncRecord(
        long number,
        Direction direction,
        Mode mode,
        String peer,
        String version,
        long beganWallMillis,
        String asked,
        String available,
        SyncReason reason,
        Position granted,
        Outcome outcome,
        String detail,
        long payloadBytes,
        long streamBytes,
        Durations durations) {
    /** Whose data they are. */
    public enum Direction {
        /** From our master to us. */
        UP,
        /** From us to a replica. */
        DOWN
    }

    /** What is transferred. */
    public enum Mode {
        FULL,
        PARTIAL,
        /** Nothing: it is the end of a link that was up, whose stream we could not apply. */
        STREAM
    }

    /** How it ended. */
    public enum Outcome {
        RUNNING,
        OK,
        FAILED
    }

    /**
     * Where the time went.
     *
     * @param waitMillis until the snapshot began, or the payload was announced
     * @param snapshotMillis to write the file; 0 when it is sent while it is made, and on the replica's side
     * @param transferMillis to send or receive it
     * @param loadMillis to verify and load it; on the master's side until the replica's first ACK
     */
    public record Durations(long waitMillis, long snapshotMillis, long transferMillis, long loadMillis) {
        public long totalMillis() {
            return waitMillis + snapshotMillis + transferMillis + loadMillis;
        }
    }

    /** A word of these enums as it is printed. */
    public static String word(Enum<?> value) {
        return value.name().toLowerCase(Locale.ROOT);
    }

    /** The line for the log, in one glance what INFO and the command show in fields. */
    public LogLine line() {
        String text = "Sync " + number + ": " + word(mode) + (direction == Direction.UP ? " from " : " to ") + peer
                + (outcome == Outcome.FAILED ? " failed (" + detail + ")" : " " + word(outcome)) + ". Asked for "
                + asked
                + " (" + reason.word() + "), payload " + payloadBytes + " bytes, stream " + streamBytes
                + " bytes; waited " + durations.waitMillis + " ms, snapshot " + durations.snapshotMillis
                + " ms, transfer " + durations.transferMillis + " ms, load " + durations.loadMillis + " ms";
        return outcome == Outcome.FAILED ? LogLine.warning(text) : LogLine.notice(text);
    }
}
