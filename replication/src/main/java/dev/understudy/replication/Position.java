// SPDX-License-Identifier: Apache-2.0
package dev.understudy.replication;

/**
 * A place in a history: {@code offset} is the number of the last byte that belongs to it, the first byte of a history being number 1.
 *
 * <p>PSYNC asks for the byte <em>after</em> the last one applied, which is {@link #next()}.
 */
public record Position(ReplicationId id, long offset) {
    /** What a master that does not speak PSYNC leaves us with: no id, offset -1 (master_initial_offset of Redis). */
    public static final Position NOWHERE = new Position(ReplicationId.NONE, -1);

    public boolean isNowhere() {
        return offset == -1;
    }

    /** Number of the first byte that is still missing. */
    public long next() {
        return offset + 1;
    }

    public Position at(long newOffset) {
        return new Position(id, newOffset);
    }

    @Override
    public String toString() {
        return id + ":" + offset;
    }
}
