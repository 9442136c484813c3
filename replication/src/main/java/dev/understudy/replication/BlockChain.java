// SPDX-License-Identifier: Apache-2.0
package dev.understudy.replication;

import org.jspecify.annotations.Nullable;

/** The blocks of a {@link StreamLog} in memory, oldest first, without gaps. */
final class BlockChain {
    private final BlockPool pool = new BlockPool();
    private @Nullable StreamBlock head;
    private @Nullable StreamBlock tail;
    private long capacityBytes;
    private long blockCount;

    @Nullable
    StreamBlock head() {
        return head;
    }

    @Nullable
    StreamBlock tail() {
        return tail;
    }

    /** Capacity of new blocks. */
    int blockBytes() {
        return pool.blockBytes();
    }

    void blockBytes(int bytes) {
        pool.resize(bytes);
    }

    /** Capacity of all blocks, without their overhead. */
    long capacityBytes() {
        return capacityBytes;
    }

    /** Memory of all blocks, without those kept for reuse. */
    long memoryBytes() {
        return capacityBytes + blockCount * StreamLog.BLOCK_OVERHEAD_BYTES;
    }

    long pooledBytes() {
        return pool.bytes();
    }

    /** Adds an empty block for the bytes from {@code first} on. */
    StreamBlock grow(long first) {
        StreamBlock block = pool.take();
        assert block.cursors == 0 : block.cursors;
        block.first = first;
        capacityBytes += block.bytes.length;
        blockCount++;
        StreamBlock last = tail;
        if (last == null) {
            head = block;
        } else {
            assert last.limit() == first : last.limit() + " before " + first;
            last.next = block;
        }
        tail = block;
        return block;
    }

    /** Takes out the oldest block, which is {@code block}; it is used again unless a cursor stands in it. */
    void dropHead(StreamBlock block) {
        if (block != head) {
            throw new IllegalStateException("the block at " + block.first + " is not the oldest");
        }
        head = block.next;
        if (head == null) {
            tail = null;
        }
        block.next = null;
        capacityBytes -= block.bytes.length;
        blockCount--;
        if (block.cursors == 0) {
            pool.give(block);
        }
    }

    /** Forgets all blocks. */
    void clear() {
        head = null;
        tail = null;
        capacityBytes = 0;
        blockCount = 0;
    }

    /** Moves all offsets by {@code base}. */
    void shift(long base) {
        for (StreamBlock block = head; block != null; block = block.next) {
            block.first += base;
        }
    }

    /** The block that holds the byte. Walks from the head: some thousand blocks at most, once per replica that reconnects. */
    StreamBlock find(long offset) {
        StreamBlock block = head;
        while (block != null && block.limit() <= offset) {
            block = block.next;
        }
        if (block == null || block.first > offset) {
            throw new IllegalStateException("no block holds " + offset);
        }
        return block;
    }

    /** Copies the newest bytes, at most {@code countMax}. {@code limit}: the offset after the last byte. */
    byte[] newest(int countMax, long limit) {
        StreamBlock first = head;
        int count = first == null ? 0 : (int) Math.min(countMax, limit - first.first);
        byte[] result = new byte[count];
        long from = limit - count;
        for (StreamBlock block = first; block != null; block = block.next) {
            int skip = (int) Math.max(0, from - block.first);
            if (skip < block.used) {
                long target = block.first + skip - from;
                System.arraycopy(block.bytes, skip, result, (int) target, block.used - skip);
            }
        }
        return result;
    }
}
