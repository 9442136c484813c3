// SPDX-License-Identifier: Apache-2.0
package dev.understudy.replication;

import org.jspecify.annotations.Nullable;

/** A few blocks of one size that wait to be used again, so that a steady stream allocates nothing. */
final class BlockPool {
    /** Trimming frees about as many as appending takes, so few suffice. */
    static final int BLOCKS_MAX = 8;

    private @Nullable StreamBlock first;
    private int count;
    private int blockBytes;

    /** Capacity of the blocks that are made and kept from now on. */
    void resize(int newBlockBytes) {
        if (newBlockBytes != blockBytes) {
            blockBytes = newBlockBytes;
            first = null;
            count = 0;
        }
    }

    int blockBytes() {
        return blockBytes;
    }

    long bytes() {
        return (long) count * blockBytes;
    }

    /** An empty block. */
    StreamBlock take() {
        StreamBlock block = first;
        if (block == null) {
            return new StreamBlock(blockBytes);
        }
        first = block.next;
        count--;
        block.next = null;
        block.used = 0;
        return block;
    }

    /** Takes back a block that nobody refers to any more. */
    void give(StreamBlock block) {
        assert block.cursors == 0 && !block.spilling;
        block.next = null;
        if (block.bytes.length == blockBytes && count < BLOCKS_MAX) {
            block.next = first;
            first = block;
            count++;
        }
    }
}
