// SPDX-License-Identifier: Apache-2.0
package dev.understudy.replication;

import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * A stretch of the stream in memory; {@code bytes[0, used)} are the bytes from {@code first} on. Only the last one of a log grows.
 *
 * <p>Its memory is freed by hand ({@link BlockPool}) with the end of the last of those who use it: the chain, the cursors that stand in it,
 * and a write to the spill.
 */
final class StreamBlock {
    MemorySegment bytes = MemorySegment.NULL;
    /** Bytes that {@link #bytes} has room for. */
    int capacity;

    long first;
    int used;
    /** Whether it is in the chain of the log. */
    boolean chained;
    /** Cursors that stand in this block. */
    int cursors;
    /** Whether it is being written to the spill. */
    boolean spilling;
    /** Whether its memory comes from a {@link BlockPool}. */
    boolean pooled;

    @Nullable
    StreamBlock next;

    /** A block without bytes, for a cursor that stands nowhere. */
    static StreamBlock empty(long first) {
        StreamBlock block = new StreamBlock();
        block.first = first;
        return block;
    }

    /** A full block with the bytes of an array, which the collector frees. */
    static StreamBlock of(long first, byte[] array) {
        StreamBlock block = empty(first);
        block.bytes = MemorySegment.ofArray(array);
        block.capacity = array.length;
        block.used = array.length;
        return block;
    }

    /** Offset of the byte after the last one. */
    long limit() {
        return first + used;
    }

    boolean isInUse() {
        return chained || cursors > 0 || spilling;
    }
}
