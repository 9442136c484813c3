// SPDX-License-Identifier: Apache-2.0
package dev.understudy.replication;

import org.jspecify.annotations.Nullable;

/** A stretch of the stream in memory; {@code bytes[0, used)} are the bytes from {@code first} on. Only the last one of a log grows. */
final class StreamBlock {
    final byte[] bytes;
    long first;
    int used;
    /** Cursors that stand in this block. */
    int cursors;
    /** Whether it is being written to the spill: it neither moves nor is reused meanwhile. */
    boolean spilling;

    @Nullable
    StreamBlock next;

    StreamBlock(int capacity) {
        bytes = new byte[capacity];
    }

    /** Offset of the byte after the last one. */
    long limit() {
        return first + used;
    }
}
