// SPDX-License-Identifier: Apache-2.0
package dev.understudy.store.encoding;

import dev.understudy.store.memory.Memory;
import java.util.Arrays;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * An editor of intsets, Redis's sorted array of integers (intset.c), reused as {@link Listpack} is. Confined to one
 * thread.
 *
 * <pre>
 * | width: 4 LE; 2, 4 or 8 | members: 4 LE | members, ascending, each of width bytes LE ... |
 * </pre>
 *
 * The width grows with the widest member ever added and never shrinks.
 */
public final class Intset {
    /** Bytes of an intset without members. */
    public static final int HEADER_BYTES = 8;

    private byte[] bytes = new byte[256];
    private int width;
    private int size;

    public Intset() {
        empty();
    }

    /** Makes this an empty intset; returns this. */
    public Intset empty() {
        width = 2;
        size = 0;
        return this;
    }

    /** Copies in a valid intset of {@code length} bytes; returns this. */
    public Intset load(Memory memory, long handle, long offset, int length) {
        room(length);
        memory.read(handle, offset, bytes, 0, length);
        return loaded(length);
    }

    /** Copies in a valid intset of {@code length} bytes; returns this. */
    public Intset load(byte[] source, int offset, int length) {
        room(length);
        System.arraycopy(source, offset, bytes, 0, length);
        return loaded(length);
    }

    private Intset loaded(int length) {
        width = (int) ListpackFormat.INT.get(bytes, 0);
        size = (int) ListpackFormat.INT.get(bytes, 4);
        assert totalBytes() == length : totalBytes() + " of " + length;
        return this;
    }

    /** Bytes of the whole intset. */
    public int totalBytes() {
        return HEADER_BYTES + size * width;
    }

    /** Bytes that it will have once {@code value} is added. */
    public long totalBytesWith(long value) {
        return HEADER_BYTES + (size + 1L) * Math.max(width, widthOf(value));
    }

    /** Number of members. */
    public int size() {
        return size;
    }

    public void store(Memory memory, long handle, long offset) {
        memory.write(handle, offset, array(), 0, totalBytes());
    }

    public byte[] toArray() {
        return Arrays.copyOf(array(), totalBytes());
    }

    /**
     * The instance's own array, the intset being its first {@link #totalBytes} bytes; valid until the next edit or
     * load.
     */
    public byte[] array() {
        ListpackFormat.INT.set(bytes, 0, width);
        ListpackFormat.INT.set(bytes, 4, size);
        return bytes;
    }

    /** Member number {@code index}, in ascending order. */
    public long at(int index) {
        assert index >= 0 && index < size : index + " of " + size;
        return at(bytes, 0, width, index);
    }

    /** A uniformly chosen member of a set that is not empty. */
    public long random(RandomGenerator random) {
        return at(random.nextInt(size));
    }

    public boolean contains(long value) {
        return indexOf(value) >= 0;
    }

    /** Index of the member, or -(where it would stand) - 1. */
    public int indexOf(long value) {
        int low = 0;
        int high = size - 1;
        // Many sets grow at their ends, as in intsetSearch.
        if (size > 0 && value > at(high)) {
            return -size - 1;
        }
        while (low <= high) {
            int middle = (low + high) >>> 1;
            long there = at(bytes, 0, width, middle);
            if (there < value) {
                low = middle + 1;
            } else if (there > value) {
                high = middle - 1;
            } else {
                return middle;
            }
        }
        return -low - 1;
    }

    /** Whether the value was not there before. */
    public boolean add(long value) {
        int needed = widthOf(value);
        if (needed > width) {
            widen(needed);
        }
        int index = indexOf(value);
        if (index >= 0) {
            return false;
        }
        int at = -index - 1;
        room(Math.addExact(totalBytes(), width));
        int from = HEADER_BYTES + at * width;
        System.arraycopy(bytes, from, bytes, from + width, (size - at) * width);
        size++;
        put(width, at, value);
        return true;
    }

    /** Whether the value was there. */
    public boolean remove(long value) {
        int index = indexOf(value);
        if (index < 0) {
            return false;
        }
        int from = HEADER_BYTES + index * width;
        System.arraycopy(bytes, from + width, bytes, from, (size - index - 1) * width);
        size--;
        return true;
    }

    /**
     * Why these bytes are no intset, null if they are one. Never throws, reads nothing outside of the range; {@code
     * deep} looks at the order too. An empty one is refused, as intsetValidateIntegrity does.
     */
    public static @Nullable String validate(byte[] a, int offset, int length, boolean deep) {
        if (offset < 0 || length < HEADER_BYTES || length > a.length - offset) {
            return "intset too short";
        }
        int width = (int) ListpackFormat.INT.get(a, offset);
        if (width != 2 && width != 4 && width != 8) {
            return "intset of invalid width";
        }
        long count = (int) ListpackFormat.INT.get(a, offset + 4) & 0xFFFF_FFFFL;
        if (HEADER_BYTES + count * width != length) {
            return "intset member count differs from its size";
        }
        if (count == 0) {
            return "empty intset";
        }
        for (int i = 1; deep && i < count; i++) {
            if (at(a, offset, width, i - 1) >= at(a, offset, width, i)) {
                return "intset not in ascending order";
            }
        }
        return null;
    }

    private static int widthOf(long value) {
        if (value == (short) value) {
            return 2;
        }
        return value == (int) value ? 4 : 8;
    }

    private static long at(byte[] a, int offset, int width, int index) {
        int at = offset + HEADER_BYTES + index * width;
        return switch (width) {
            case 2 -> (short) ListpackFormat.SHORT.get(a, at);
            case 4 -> (int) ListpackFormat.INT.get(a, at);
            default -> (long) ListpackFormat.LONG.get(a, at);
        };
    }

    private void put(int memberWidth, int index, long value) {
        int at = HEADER_BYTES + index * memberWidth;
        switch (memberWidth) {
            case 2 -> ListpackFormat.SHORT.set(bytes, at, (short) value);
            case 4 -> ListpackFormat.INT.set(bytes, at, (int) value);
            default -> ListpackFormat.LONG.set(bytes, at, value);
        }
    }

    private void widen(int newWidth) {
        room(Math.addExact(HEADER_BYTES, Math.multiplyExact(size, newWidth)));
        for (int i = size - 1; i >= 0; i--) {
            put(newWidth, i, at(bytes, 0, width, i));
        }
        width = newWidth;
    }

    private void room(int needed) {
        if (bytes.length < needed) {
            long grown = Math.max(needed, bytes.length * 2L);
            bytes = Arrays.copyOf(bytes, (int) Math.min(grown, Integer.MAX_VALUE - 8));
        }
    }
}
