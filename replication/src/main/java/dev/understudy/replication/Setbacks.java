// SPDX-License-Identifier: Apache-2.0
package dev.understudy.replication;

/**
 * Attempts in a row to follow the master that failed for a reason that will come again: each may ask the master for a whole snapshot, so that
 * trying without end costs both sides dearly. The first is repeated as soon as Redis does, each further one after twice the time, up to a minute.
 *
 * <pre>
 *   counted     a payload that cannot be read or loaded, that cannot be stored, an empty master that is refused;
 *               a stream of which a command cannot be applied here, or that is none of commands
 *   not counted losses of the connection, refusals in the handshake: these keep Redis's timing
 *   forgotten   with the first success, full or partial, but those of the stream not before it has flowed for a minute: they come back
 *               right after the success; by REPLICAOF; when the master comes with another replication id
 * </pre>
 *
 * @param count so many, 0 for none
 * @param master the replication id that the master had then; {@link ReplicationId#NONE} of a master that told none
 * @param kind of the last one; meaningless when there is none
 * @param why of the last one, in one printable line
 */
public record Setbacks(int count, ReplicationId master, Kind kind, String why) {
    /** Why an attempt failed. */
    public enum Kind {
        /** Truncated, corrupt, of a version or with a type that we cannot read. */
        PAYLOAD("payload", 0),
        /** Our disk does not take it. */
        STORAGE("storage", 1),
        /** The master has nothing, under an id that we do not know, and we have something ({@link OwnData}). */
        EMPTY_MASTER("empty-master", 1),
        /** The stream has a command, a subcommand or an option that we do not know. */
        UNKNOWN_COMMAND("unknown-command", 1),
        /** The stream names a database that we do not have. */
        DATABASE("database-out-of-range", 1),
        /** A command of the stream fails on our data and cannot have failed on the master's: they differ. */
        DIVERGED("diverged", 1),
        /** A fault of ours, or want of memory, kept a command of the stream from being executed. */
        FAULT("fault", 1),
        /** The stream is not one of commands. */
        CORRUPT_STREAM("corrupt-stream", 0);

        private final String word;
        private final long firstSeconds;

        Kind(String word, long firstSeconds) {
            this.word = word;
            this.firstSeconds = firstSeconds;
        }

        /** Whether a link that was up ended by it, rather than a full sync. */
        public boolean isOfStream() {
            return switch (this) {
                case PAYLOAD, STORAGE, EMPTY_MASTER -> false;
                case UNKNOWN_COMMAND, DATABASE, DIVERGED, FAULT, CORRUPT_STREAM -> true;
            };
        }

        /** The word in INFO. */
        public String word() {
            return word;
        }
    }

    /** Longest time between two attempts. */
    public static final long SECONDS_MAX = 60;

    public static final Setbacks NONE = new Setbacks(0, ReplicationId.NONE, Kind.PAYLOAD, "");

    public Setbacks {
        assert count >= 0 : count;
    }

    public boolean isNone() {
        return count == 0;
    }

    /** One more, from a master with this id. */
    Setbacks another(Kind another, ReplicationId id, String reason) {
        return new Setbacks(count > 0 && id.equals(master) ? count + 1 : 1, id, another, reason);
    }

    /** What is left of them when data and stream are there again. */
    Setbacks afterSync() {
        return kind.isOfStream() ? this : NONE;
    }

    /** How long to wait before the next attempt: 0 or 1 (as the kind says), then 1, 2, 4 and so on, up to {@link #SECONDS_MAX}. */
    long delaySeconds() {
        if (count == 0) {
            return 0;
        }
        long doublings = count - 2 + kind.firstSeconds;
        return doublings < 0 ? 0 : Math.min(SECONDS_MAX, 1L << Math.min(doublings, 32));
    }
}
