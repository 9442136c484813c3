// SPDX-License-Identifier: Apache-2.0
package dev.understudy.replication;

import dev.understudy.wire.Invariant;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.jspecify.annotations.Nullable;

/** The blocks of a {@link StreamLog} in memory, oldest first, without gaps. */
final class BlockChain {
    private final BlockPool pool;
    private @Nullable StreamBlock head;
    private @Nullable StreamBlock tail;
    private long capacityBytes;
    private long blockCount;

    BlockChain(StreamMemory memory) {
        pool = new BlockPool(memory);
    }

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

    /** Memory of all blocks, with their overhead. */
    long memoryBytes() {
        return capacityBytes + blockCount * StreamLog.BLOCK_OVERHEAD_BYTES;
    }

    /** Adds an empty block for the bytes from {@code first} on. */
    StreamBlock grow(long first) {
        StreamBlock block = pool.take();
        assert block.cursors == 0 && !block.spilling : block.cursors;
        block.first = first;
        capacityBytes += block.capacity;
        blockCount++;
        StreamBlock last = tail;
        if (last == null) {
            head = block;
        } else {
            Invariant.equal(last.limit(), first, "end of a block of the stream log, begin of the next");
            last.next = block;
        }
        tail = block;
        return block;
    }

    /** Takes out the oldest block, which is {@code block}; its memory is freed unless a cursor stands in it. */
    void dropHead(StreamBlock block) {
        if (block != head) {
            throw new IllegalStateException("the block at " + block.first + " is not the oldest");
        }
        head = block.next;
        if (head == null) {
            tail = null;
        }
        block.next = null;
        block.chained = false;
        capacityBytes -= block.capacity;
        blockCount--;
        pool.released(block);
    }

    /** A cursor comes to stand in the block. */
    void enter(StreamBlock block) {
        block.cursors++;
    }

    /** A cursor leaves the block. */
    void leave(StreamBlock block) {
        assert block.cursors > 0 : block.first;
        block.cursors--;
        pool.released(block);
    }

    /** A cursor goes on from one block to another. */
    void move(StreamBlock from, StreamBlock to) {
        enter(to);
        leave(from);
    }

    /** A write of the block to the spill begins. */
    void beginSpill(StreamBlock block) {
        block.spilling = true;
    }

    /** The write of the block has ended. */
    void endSpill(StreamBlock block) {
        block.spilling = false;
        pool.released(block);
    }

    /** Takes out all blocks; memory of those that are being written is freed when that has ended. */
    void clear() {
        StreamBlock block = head;
        head = null;
        tail = null;
        while (block != null) {
            StreamBlock following = block.next;
            block.next = null;
            block.chained = false;
            pool.released(block);
            block = following;
        }
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
                MemorySegment.copy(block.bytes, ValueLayout.JAVA_BYTE, skip, result, (int) target, block.used - skip);
            }
        }
        return result;
    }
}
