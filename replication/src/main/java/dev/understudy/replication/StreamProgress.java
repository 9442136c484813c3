// SPDX-License-Identifier: Apache-2.0
package dev.understudy.replication;

import dev.understudy.wire.Invariant;

/**
 * How far the stream of our master was read and how far it was applied. Only whole units count as applied: a command, or a transaction
 * with its EXEC; so a link lost in the middle asks for the unit again, from its first byte.
 *
 * <p>The owner keeps the bytes between {@link #appliedOffset()} and {@link #readOffset()}: what {@link #applied} returns is the number of
 * bytes at their beginning that go, exactly as received, to the own log and so to the replicas behind us. Empty lines between commands are
 * part of the next unit. Nothing here allocates.
 */
public final class StreamProgress {
    private final ReplicationId id;
    private long readOffset;
    private long appliedOffset;
    private int db;
    private boolean inTransaction;
    private boolean paused;

    /** Begins after {@code base}; a master without offsets ({@link Position#NOWHERE}) counts from 0 for ourselves. */
    public StreamProgress(Position base, int db) {
        id = base.id();
        readOffset = Math.max(base.offset(), 0);
        appliedOffset = readOffset;
        this.db = db;
    }

    /** {@code count} bytes came from the socket. */
    public void read(int count) {
        Invariant.notNegative(count, "bytes read from the master");
        readOffset += count;
    }

    /** The MULTI command was executed: nothing counts as applied until the transaction ends. */
    public void beginTransaction() {
        inTransaction = true;
    }

    /** EXEC or DISCARD was executed; call {@link #applied} afterwards. */
    public void endTransaction() {
        inTransaction = false;
    }

    /** The stream holds a command that waits (CLIENT PAUSE), so nothing counts as applied. */
    public void pause(boolean waiting) {
        paused = waiting;
    }

    public void select(int newDb) {
        Invariant.notNegative(newDb, "database of the master's stream");
        db = newDb;
    }

    /**
     * A command was executed or queued.
     *
     * @param unparsed bytes read that no command has used yet
     * @return how many bytes may be passed on, 0 inside a transaction
     */
    public long applied(long unparsed) {
        Invariant.notNegative(unparsed, "bytes of the master's stream not parsed yet");
        Invariant.ordered(unparsed, readOffset - appliedOffset, "bytes of the master's stream not parsed, not applied");
        if (inTransaction || paused) {
            return 0;
        }
        long count = readOffset - unparsed - appliedOffset;
        appliedOffset += count;
        return count;
    }

    /** Offset of the last byte read, slave_read_repl_offset. */
    public long readOffset() {
        return readOffset;
    }

    /** Offset of the last byte applied, slave_repl_offset, and what an ACK says. */
    public long appliedOffset() {
        return appliedOffset;
    }

    /** Bytes read and not yet applied. */
    public long pendingBytes() {
        return readOffset - appliedOffset;
    }

    public int db() {
        return db;
    }

    public boolean isInTransaction() {
        return inTransaction;
    }

    /**
     * What can be asked for when the link is lost now. Redis forgets the master when one of its commands waits; we know that it was not
     * applied, so it is asked for again.
     */
    Upstream resumable() {
        return id.isNone() ? Upstream.NOTHING : new Upstream(new Position(id, appliedOffset), db);
    }
}
