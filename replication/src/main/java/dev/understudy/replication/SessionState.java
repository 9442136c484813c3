// SPDX-License-Identifier: Apache-2.0
package dev.understudy.replication;

/** Where the link to one of our replicas stands; the transition table is drawn in the package documentation. */
public sealed interface SessionState {
    /** A connection that may become a replica: REPLCONF is collected, no data were asked for. */
    record Handshaking() implements SessionState {}

    /** A full sync is needed and no snapshot serves it yet; WAIT_BGSAVE_START. Nothing is kept for this peer. */
    record AwaitingSnapshot() implements SessionState {}

    /**
     * A snapshot of the position is being made; the stream after it is kept. WAIT_BGSAVE_END.
     *
     * @param toSocket whether the snapshot goes to the peer while it is made, instead of to a file first
     */
    record SnapshotRunning(Position base, boolean toSocket) implements SessionState {}

    /** The file is being sent; SEND_BULK. */
    record SendingSnapshot(Position base, long fileBytes) implements SessionState {}

    /**
     * The peer has the data and follows the stream.
     *
     * @param flowing false after a transfer by socket until the first ACK: the end of such a payload is told by a mark only, and a peer
     *     may read beyond it
     */
    record Online(boolean flowing) implements SessionState {}

    /** A peer that wanted the snapshot only has it, and should be gone soon. */
    record Transmitted() implements SessionState {}

    /** The link is gone. */
    record Closed() implements SessionState {}

    /** Whether the transition exists; losing the link is possible from everywhere. */
    default boolean canBecome(SessionState next) {
        if (next instanceof Closed) {
            return true;
        }
        return switch (this) {
            case Handshaking _ -> next instanceof AwaitingSnapshot || next instanceof Online;
            case AwaitingSnapshot _ -> next instanceof SnapshotRunning;
            case SnapshotRunning(Position _, boolean toSocket) ->
                toSocket ? next instanceof Online || next instanceof Transmitted : next instanceof SendingSnapshot;
            case SendingSnapshot _ -> next instanceof Online || next instanceof Transmitted;
            case Online(boolean flowing) -> !flowing && next instanceof Online(boolean opened) && opened;
            case Transmitted _, Closed _ -> false;
        };
    }

    /** The word of the slaveN line of INFO; empty where there is no line. */
    default String infoWord() {
        return switch (this) {
            case AwaitingSnapshot _, SnapshotRunning _ -> "wait_bgsave";
            case SendingSnapshot _ -> "send_bulk";
            case Online _ -> "online";
            case Handshaking _, Transmitted _, Closed _ -> "";
        };
    }

    /** Whether the connection counts as a replica: it asked for data and is not gone. */
    default boolean isReplica() {
        return !(this instanceof Handshaking || this instanceof Closed);
    }
}
