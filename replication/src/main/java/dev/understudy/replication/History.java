// SPDX-License-Identifier: Apache-2.0
package dev.understudy.replication;

import dev.understudy.wire.Invariant;

/**
 * Which stream of changes our data set follows: its id, and the id it had before with the first byte that is <em>not</em> shared with it.
 *
 * <p>The offset that we reached is not part of it: it moves with every command and lives in {@link StreamLog#end()}, so that commands
 * allocate nothing. Redis: replid, replid2, second_replid_offset.
 *
 * @param id the present history
 * @param previousId the history it continues, {@link ReplicationId#NONE} if none
 * @param previousIdValidTo the last {@code PSYNC} offset that is granted under the previous id (which is the first byte after the part
 *     shared), -1 if there is none
 */
public record History(ReplicationId id, ReplicationId previousId, long previousIdValidTo) {
    public History {
        Invariant.holds(previousIdValidTo >= -1, "the second replication ID is valid up to an offset, or to none");
        Invariant.holds(previousIdValidTo >= 0 || previousId.isNone(), "a second replication ID has an offset");
    }

    /** A history without a past: at process start. */
    public static History begin(ReplicationId id) {
        return new History(id, ReplicationId.NONE, -1);
    }

    /** Promotion (shiftReplicationId): what was produced up to {@code offset} stays known under the old id. */
    public History fork(ReplicationId newId, long offset) {
        return new History(newId, id, offset + 1);
    }

    /**
     * Our master continues us under another id ({@code +CONTINUE newid}): the same shift as {@link #fork}, and nothing when the id is the
     * one we have.
     */
    public History follow(ReplicationId newId, long offset) {
        return newId.equals(id) ? this : fork(newId, offset);
    }

    /** A full sync replaced the data: the master's id, and no past. */
    public History adopt(ReplicationId masterId) {
        return begin(masterId);
    }

    /**
     * A new id without a past, for whoever must not be continued: the backlog was freed by its TTL (writes made afterwards are in nobody's
     * history), a first replica came to a master without backlog, {@code DEBUG CHANGE-REPL-ID}.
     */
    public History renew(ReplicationId newId) {
        return begin(newId);
    }

    /** A master that loaded its RDB: the history of the file becomes the previous one of the random id of this process. */
    public History restartAsMaster(Position saved) {
        return new History(id, saved.id(), saved.next());
    }

    /** A replica that loaded its RDB goes on in the history of the file. */
    public History restartAsReplica(Position saved) {
        return begin(saved.id());
    }
}
