// SPDX-License-Identifier: Apache-2.0
package dev.understudy.wire;

/**
 * The arrays that reply writers fill, shared by all connections of a loop: a writer is empty between two iterations, so an idle
 * connection holds none. Keeps a bounded number of them. Confined to one thread.
 */
public final class ReplyChunks {
    /** PROTO_REPLY_CHUNK_BYTES: size of an array. */
    public static final int CHUNK_BYTES = 16 * 1024;

    private final byte[][] free;
    private int count;

    /** Keeps up to {@code keptMax} arrays, 1 and up. */
    public ReplyChunks(int keptMax) {
        free = new byte[keptMax][];
    }

    byte[] take() {
        return count == 0 ? new byte[CHUNK_BYTES] : free[--count];
    }

    void give(byte[] chunk) {
        if (chunk.length == CHUNK_BYTES && count < free.length) {
            free[count++] = chunk;
        }
    }
}
