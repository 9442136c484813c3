// SPDX-License-Identifier: Apache-2.0
package dev.understudy.replication;

import dev.understudy.wire.Invariant;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/** Gives blocks their memory and takes it back. Keeps a few of the objects, so that a steady stream allocates nothing on the heap. */
final class BlockPool {
    /** Trimming frees about as many as appending takes, so few suffice. */
    private static final int SPARE_MAX = 8;

    private final StreamMemory memory;
    private @Nullable StreamBlock spare;
    private int spareCount;
    private int blockBytes;

    BlockPool(StreamMemory memory) {
        this.memory = memory;
    }

    /** Capacity of the blocks that are made from now on. */
    void resize(int newBlockBytes) {
        blockBytes = newBlockBytes;
    }

    int blockBytes() {
        return blockBytes;
    }

    /** An empty block in the chain. */
    StreamBlock take() {
        MemorySegment bytes = memory.take(blockBytes);
        StreamBlock block = spare;
        if (block == null) {
            block = new StreamBlock();
            block.pooled = true;
        } else {
            spare = block.next;
            spareCount--;
            block.next = null;
        }
        block.bytes = bytes;
        block.capacity = blockBytes;
        block.used = 0;
        block.chained = true;
        return block;
    }

    /** To be called whenever one of those who use a block has let go of it: frees its memory if that was the last one. */
    void released(StreamBlock block) {
        if (block.isInUse() || !block.pooled) {
            return;
        }
        Invariant.holds(block.next == null, "a block given back is not in the chain");
        Invariant.equal(block.cursors, 0, "cursors in a block given back, expected");
        memory.give(block.bytes);
        // Whoever comes too late finds nothing, instead of another block's bytes.
        block.bytes = MemorySegment.NULL;
        if (spareCount < SPARE_MAX) {
            block.next = spare;
            spare = block;
            spareCount++;
        }
    }
}
