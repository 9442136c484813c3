// SPDX-License-Identifier: Apache-2.0
package dev.understudy.store.encoding;

import dev.understudy.store.memory.Memory;
import dev.understudy.wire.Bytes;
import dev.understudy.wire.Numbers;

/**
 * Reads a listpack where it lies in native memory, without copying it. Positions are byte offsets from the listpack's
 * beginning, as those of {@link Listpack}, and so is the meaning of every method that has the same name there. Confined
 * to one thread; several views may read the same block, each over its own {@link Memory#reader()}.
 */
public final class ListpackView {
    private final Memory memory;
    private long handle;
    private long base;
    private int total;

    public ListpackView(Memory memory) {
        this.memory = memory;
    }

    /** Binds to the valid listpack at {@code offset} of the block; returns this. */
    public ListpackView bind(long blockHandle, long offset) {
        handle = blockHandle;
        base = offset;
        total = memory.getInt(blockHandle, offset);
        return this;
    }

    public int totalBytes() {
        return total;
    }

    public boolean isEmpty() {
        return total == ListpackFormat.EMPTY_TOTAL;
    }

    /** Number of elements; walks if there are 65535 or more. */
    public int count() {
        int declared = memory.getByte(handle, base + 4) & 0xFF | (memory.getByte(handle, base + 5) & 0xFF) << 8;
        if (declared != ListpackFormat.COUNT_UNKNOWN) {
            return declared;
        }
        int count = 0;
        for (int at = ListpackFormat.HEADER; at < total - 1; at += wholeBytes(at)) {
            count++;
        }
        return count;
    }

    public int first() {
        return isEmpty() ? Listpack.NONE : ListpackFormat.HEADER;
    }

    public int last() {
        return isEmpty() ? Listpack.NONE : before(total - 1);
    }

    public int next(int position) {
        int next = position + wholeBytes(position);
        return next == total - 1 ? Listpack.NONE : next;
    }

    public int previous(int position) {
        return position == ListpackFormat.HEADER ? Listpack.NONE : before(position);
    }

    private int before(int position) {
        int size = 0;
        int shift = 0;
        int at = position - 1;
        byte b;
        do {
            b = memory.getByte(handle, base + at--);
            size |= (b & 127) << shift;
            shift += 7;
        } while (b < 0 && shift < 35);
        assert size > 0 && size < position : "backlen at " + position;
        return position - size - ListpackFormat.backlenBytes(size);
    }

    public int at(int index) {
        int position = index < 0 ? last() : first();
        for (int left = index < 0 ? -1 - index : index; left > 0 && position != Listpack.NONE; left--) {
            position = index < 0 ? previous(position) : next(position);
        }
        return position;
    }

    public boolean isLong(int position) {
        return ListpackFormat.isInteger(memory.getByte(handle, base + position));
    }

    public long longAt(int position) {
        byte first = memory.getByte(handle, base + position);
        if (first >= 0) {
            return first;
        }
        long data = base + position + 1;
        return switch (first & 0xFF) {
            case 0xF1 -> memory.getShort(handle, data);
            // The fourth byte is the backlen.
            case 0xF2 -> memory.getInt(handle, data) << 8 >> 8;
            case 0xF3 -> memory.getInt(handle, data);
            case 0xF4 -> memory.getLong(handle, data);
            default -> ((first & 0x1F) << 8 | memory.getByte(handle, data) & 0xFF) << 19 >> 19;
        };
    }

    /**
     * Copies the element's text to {@code scratch} (at least {@value Numbers#LONG_TEXT_MAX} bytes) and moves {@code
     * into} over it; text that does not fit there gets an array of its own.
     */
    public Bytes get(int position, Bytes into, byte[] scratch) {
        if (isLong(position)) {
            return into.set(scratch, 0, Numbers.write(longAt(position), scratch, 0));
        }
        int length = stringLength(position);
        byte[] target = length <= scratch.length ? scratch : new byte[length];
        memory.read(handle, textOffset(position), target, 0, length);
        return into.set(target, 0, length);
    }

    /** Copies the element's text to {@code target}, where there must be room; returns its length. */
    public int read(int position, byte[] target, int targetOffset) {
        if (isLong(position)) {
            return Numbers.write(longAt(position), target, targetOffset) - targetOffset;
        }
        int length = stringLength(position);
        memory.read(handle, textOffset(position), target, targetOffset, length);
        return length;
    }

    public int length(int position) {
        return isLong(position) ? Numbers.length(longAt(position)) : stringLength(position);
    }

    /**
     * Where in the block (not: in the listpack) the text of an element stands for which {@link #isLong} does not hold.
     */
    public long textOffset(int position) {
        return base + position + headerBytes(memory.getByte(handle, base + position) & 0xFF);
    }

    private static int headerBytes(int first) {
        if (first < 0xC0) {
            return 1;
        }
        return first == ListpackFormat.STRING_32 ? 5 : 2;
    }

    private int stringLength(int position) {
        return stringLength(position, memory.getByte(handle, base + position) & 0xFF);
    }

    private int stringLength(int position, int first) {
        if (first < 0xC0) {
            return first & 0x3F;
        }
        return first == ListpackFormat.STRING_32
                ? memory.getInt(handle, base + position + 1)
                : (first & 0x0F) << 8 | memory.getByte(handle, base + position + 1) & 0xFF;
    }

    /** Bytes of the element with its backlen. */
    public int wholeBytes(int position) {
        int first = memory.getByte(handle, base + position) & 0xFF;
        int integer = ListpackFormat.integerBytesByFirst(first);
        int size = integer > 0 ? integer : headerBytes(first) + stringLength(position, first);
        return size + ListpackFormat.backlenBytes(size);
    }

    public boolean equal(int position, Bytes text) {
        if (isLong(position)) {
            return Numbers.isLong(text) && longAt(position) == Numbers.parseLong(text);
        }
        return stringEqual(position, text);
    }

    private boolean stringEqual(int position, Bytes text) {
        return stringLength(position) == text.length
                && memory.equal(handle, textOffset(position), text.array, text.offset, text.length);
    }

    /** See {@link Listpack#find}. */
    public int find(Bytes text, int from, int skip) {
        if (from == Listpack.NONE) {
            return Listpack.NONE;
        }
        boolean integer = Numbers.isLong(text);
        long value = integer ? Numbers.parseLong(text) : 0;
        int end = total - 1;
        int pass = 0;
        for (int position = from; position < end; position += wholeBytes(position)) {
            if (pass == 0) {
                boolean found = isLong(position) ? integer && longAt(position) == value : stringEqual(position, text);
                if (found) {
                    return position;
                }
                pass = skip + 1;
            }
            pass--;
        }
        return Listpack.NONE;
    }
}
