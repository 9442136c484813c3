// SPDX-License-Identifier: Apache-2.0
package dev.understudy.replication;

import org.jspecify.annotations.Nullable;

/** Reads a slow cursor's part of the stream back from the {@link SpillStore}: one piece is in use, one is read ahead. */
final class SpillReader {
    static final int PIECE_BYTES = 256 * 1024;

    /** Memory that a cursor takes at most while it reads what was spilled. */
    static final long BYTES_MAX = 2L * PIECE_BYTES;

    private final SpillStore store;
    private @Nullable StreamBlock ready;
    private boolean reading;
    private boolean closed;
    private @Nullable String failure;

    SpillReader(SpillStore store) {
        this.store = store;
    }

    /** Why a piece could not be read; null if none failed. */
    @Nullable
    String failure() {
        return failure;
    }

    /** The piece that begins at {@code position}, null until it has been read. {@code limit}: where the stored part ends, exclusive. */
    @Nullable
    StreamBlock take(long position, long limit) {
        StreamBlock taken = ready;
        if (taken == null) {
            request(position, limit);
            return null;
        }
        if (taken.first != position) {
            throw new IllegalStateException("read ahead from " + taken.first + " for a cursor at " + position);
        }
        ready = null;
        request(taken.limit(), limit);
        return taken;
    }

    private void request(long from, long limit) {
        if (reading || failure != null || from >= limit) {
            return;
        }
        reading = true;
        // On the heap: a few pieces per slow cursor, and files read into arrays.
        byte[] target = new byte[(int) Math.min(PIECE_BYTES, limit - from)];
        store.read(from, target, target.length, reason -> read(from, target, reason));
    }

    private void read(long from, byte[] target, @Nullable String reason) {
        reading = false;
        if (closed) {
            return;
        }
        failure = reason;
        if (reason == null) {
            ready = StreamBlock.of(from, target);
        }
    }

    /** What is being read is of no use any more. */
    void close() {
        closed = true;
        ready = null;
    }
}
