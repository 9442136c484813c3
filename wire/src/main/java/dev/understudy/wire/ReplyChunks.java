// SPDX-License-Identifier: Apache-2.0
package dev.understudy.wire;

import dev.understudy.wire.MemoryBudget.Share;
import org.jspecify.annotations.Nullable;

/**
 * The arrays that reply writers fill, shared by all connections of a loop: a writer is empty between two iterations, so an idle
 * connection holds none. Keeps a bounded number of them; those that are out count against the budget. Confined to one thread.
 */
public final class ReplyChunks {
    /** PROTO_REPLY_CHUNK_BYTES: size of an array. */
    public static final int CHUNK_BYTES = 16 * 1024;

    private final byte[][] free;
    private final MemoryBudget budget;
    private int count;
    private byte @Nullable [] scrap;

    /** Keeps up to {@code keptMax} arrays, 0 and up, and gives as many as are asked for. */
    public ReplyChunks(int keptMax) {
        this(keptMax, MemoryBudget.unlimited());
    }

    /** Keeps up to {@code keptMax} arrays, 0 and up. */
    public ReplyChunks(int keptMax, MemoryBudget budget) {
        free = new byte[keptMax][];
        this.budget = budget;
    }

    /** An array, to be given back; null if the budget has none left. */
    byte @Nullable [] take() {
        if (!budget.take(Share.REPLIES, CHUNK_BYTES)) {
            return null;
        }
        return count == 0 ? new byte[CHUNK_BYTES] : free[--count];
    }

    /** Takes a chunk back; what is none is left to the garbage collector. */
    void give(byte[] chunk) {
        if (chunk.length != CHUNK_BYTES) {
            return;
        }
        budget.give(Share.REPLIES, CHUNK_BYTES);
        if (count < free.length) {
            free[count++] = chunk;
        }
    }

    /** Where writers put what nobody will read; longer than a chunk, so that it is never taken for one. */
    byte[] scrap() {
        byte[] known = scrap;
        if (known == null) {
            known = new byte[CHUNK_BYTES + 1];
            scrap = known;
        }
        return known;
    }
}
