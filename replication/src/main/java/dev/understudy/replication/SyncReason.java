// SPDX-License-Identifier: Apache-2.0
package dev.understudy.replication;

import java.util.Locale;

/** Why a resynchronisation was a full or a partial one, or why the stream could not be applied any further. */
public enum SyncReason {
    /** Partial: the replica's id is the master's, and the backlog reaches back far enough. */
    SAME_ID,
    /** Partial: the replica follows the history that the master continues since its promotion. */
    PREVIOUS_ID,
    /** Full: the replica asked for everything, having nothing. */
    REQUESTED,
    /** Full: the replica's id is neither the master's nor its previous one. */
    ID_MISMATCH,
    /** Full: the master's previous id, but the replica went on under it beyond the point where the master left it. */
    BEYOND_PREVIOUS_ID,
    /** Full: the right history, but the bytes are no longer in the backlog, or there is none. */
    OUT_OF_BACKLOG,
    /** Full: the replica has more of this history than the master. */
    AHEAD_OF_MASTER,
    /** Full: the replica, or the master, knows nothing but SYNC. */
    SYNC_ONLY,
    /** Full, as the replica sees it: it asked for a partial one, and the master's log says why that was refused. */
    MASTER_REFUSED,
    /** Stream: a command, a subcommand or an option that we do not know. */
    UNKNOWN_COMMAND,
    /** Stream: a database that we do not have. */
    DATABASE_OUT_OF_RANGE,
    /** Stream: a command that fails on our data, and did not on the master's. */
    DIVERGED,
    /** Stream: a fault of ours, or want of memory, in the execution of a command. */
    FAULT,
    /** Stream: not one of commands. */
    CORRUPT_STREAM;

    /** The reason of a link that was up and had to be closed. */
    public static SyncReason of(Setbacks.Kind kind) {
        return switch (kind) {
            case UNKNOWN_COMMAND -> UNKNOWN_COMMAND;
            case DATABASE -> DATABASE_OUT_OF_RANGE;
            case DIVERGED -> DIVERGED;
            case FAULT -> FAULT;
            case CORRUPT_STREAM -> CORRUPT_STREAM;
            case PAYLOAD, STORAGE, EMPTY_MASTER -> throw new IllegalArgumentException("not of the stream: " + kind);
        };
    }

    /** The reason of a refusal. */
    public static SyncReason of(SyncVerdict.Refusal refusal) {
        return switch (refusal) {
            case SyncVerdict.Refusal.Requested _ -> REQUESTED;
            case SyncVerdict.Refusal.IdMismatch _ -> ID_MISMATCH;
            case SyncVerdict.Refusal.BeyondPrevious _ -> BEYOND_PREVIOUS_ID;
            case SyncVerdict.Refusal.OutOfWindow(long _, boolean ahead) -> ahead ? AHEAD_OF_MASTER : OUT_OF_BACKLOG;
        };
    }

    /** The reason of a grant to somebody who asked under {@code askedId}. */
    public static SyncReason granted(History history, String askedId) {
        return history.id().matches(askedId) ? SAME_ID : PREVIOUS_ID;
    }

    /** In lower case with dashes. */
    public String word() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
}
