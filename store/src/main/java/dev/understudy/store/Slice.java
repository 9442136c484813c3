// SPDX-License-Identifier: Apache-2.0
package dev.understudy.store;

import dev.understudy.store.encoding.ListpackView;
import dev.understudy.store.memory.Memory;
import dev.understudy.wire.Bytes;
import dev.understudy.wire.Numbers;
import dev.understudy.wire.Reply;

/**
 * An element of a collection where it lies: a run of bytes in native memory, or a packed integer that stands for its
 * decimal text. A value window moves its own slices from element to element; one is valid until the next call of that
 * window. Confined to the window's thread.
 */
public final class Slice {
    /** A copy buffer beyond this many bytes is not kept for smaller elements. */
    private static final int KEPT_BYTES = 1 << 16;

    private final Memory memory;
    private long handle;
    private long offset;
    private int length;
    private boolean packed;
    private long number;
    private byte[] copy = new byte[64];

    Slice(Memory memory) {
        this.memory = memory;
    }

    Slice set(long block, long blockOffset, int bytes) {
        handle = block;
        offset = blockOffset;
        length = bytes;
        packed = false;
        return this;
    }

    Slice set(long value) {
        number = value;
        packed = true;
        return this;
    }

    /** Moves to the element of a listpack in block {@code block}, which the view is bound to. */
    Slice set(long block, ListpackView view, int position) {
        return view.isLong(position)
                ? set(view.longAt(position))
                : set(block, view.textOffset(position), view.length(position));
    }

    /** Whether the element is stored as an integer; a text that looks like one may be stored as bytes all the same. */
    public boolean isLong() {
        return packed;
    }

    /** The stored integer; only if {@link #isLong()}. */
    public long asLong() {
        assert packed;
        return number;
    }

    /** Bytes of the text. */
    public int length() {
        return packed ? Numbers.length(number) : length;
    }

    /**
     * Copies the text to the heap and moves {@code into} over the copy, which the next call overwrites; returns {@code
     * into}.
     */
    public Bytes read(Bytes into) {
        int bytes = length();
        if (copy.length < bytes || copy.length > Math.max(KEPT_BYTES, bytes)) {
            copy = new byte[Math.max(bytes, 64)];
        }
        read(copy, 0);
        return into.set(copy, 0, bytes);
    }

    /** Copies the text, {@link #length} bytes, to {@code target}. */
    public void read(byte[] target, int targetOffset) {
        if (packed) {
            Numbers.write(number, target, targetOffset);
        } else {
            memory.read(handle, offset, target, targetOffset, length);
        }
    }

    public byte[] toArray() {
        byte[] text = new byte[length()];
        read(text, 0);
        return text;
    }

    /** Writes the text as a bulk reply, without copying it to the heap. */
    public void reply(Reply reply) {
        if (packed) {
            reply.bulkLong(number);
        } else {
            reply.bulk(memory.segment(handle), memory.base(handle) + offset, length);
        }
    }

    /**
     * What tells this element from all others of the same large (hashtable) collection as long as that does not change:
     * the place of its block.
     */
    public long identity() {
        assert !packed;
        return handle;
    }
}
