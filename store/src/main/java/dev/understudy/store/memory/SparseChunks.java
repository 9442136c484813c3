// SPDX-License-Identifier: Apache-2.0
package dev.understudy.store.memory;

import java.util.Arrays;
import java.util.function.IntConsumer;

/** Chooses the chunks of {@link Blocks} whose blocks are worth moving: the sparsest, as long as the others have room for them. */
final class SparseChunks {
    private static final int INDEX_BITS = 28;
    /** How full those that stay may become: a block finds room in pages of its own size only, so not all of it can be used. */
    private static final double FILL = 0.9;
    /** A chunk that is so full is not worth the moving. */
    private static final long DENSE_BYTES = Memory.Chunk.BYTES * 7 / 8;

    /** Live bytes and index of each chunk in one number. */
    private final long[] chunks;

    private int count;
    private long liveBytes;

    SparseChunks(int most) {
        chunks = new long[most];
    }

    void add(int chunk, long live) {
        chunks[count++] = live << INDEX_BITS | chunk;
        liveBytes += live;
    }

    void choose(IntConsumer chosen) {
        Arrays.sort(chunks, 0, count);
        int staying = (int) Math.ceil(liveBytes / (FILL * Memory.Chunk.BYTES));
        for (int i = 0; i < count - staying && chunks[i] >>> INDEX_BITS < DENSE_BYTES; i++) {
            chosen.accept((int) chunks[i] & (1 << INDEX_BITS) - 1);
        }
    }
}
