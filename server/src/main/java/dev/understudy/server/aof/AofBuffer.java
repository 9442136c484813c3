// SPDX-License-Identifier: Apache-2.0
package dev.understudy.server.aof;

import java.util.Arrays;

/**
 * Bytes that are still to be written to the append only file, in one array that is used again and again; it grows only when writing is
 * put off or fails. Owned by the command loop.
 */
final class AofBuffer {
    /** So much is kept for the next iteration. */
    private static final int KEPT_BYTES = 256 * 1024;

    private static final int FIRST_BYTES = 16 * 1024;

    private byte[] array = new byte[FIRST_BYTES];
    private int length;

    /** Holds the bytes from 0 to {@link #length}; another one after the next {@link #append} or {@link #room}. */
    byte[] array() {
        return array;
    }

    int length() {
        return length;
    }

    /** Bytes that the array takes. */
    int capacity() {
        return array.length;
    }

    boolean isEmpty() {
        return length == 0;
    }

    void append(byte[] source, int offset, int count) {
        room(count);
        System.arraycopy(source, offset, array, length, count);
        length += count;
    }

    /** Makes room for {@code count} bytes more; they are put into the array from {@link #length} on, and then {@link #appended}. */
    byte[] room(int count) {
        if (array.length - length < count) {
            int needed = Math.addExact(length, count);
            array = Arrays.copyOf(array, (int) Math.max(needed, Math.min(Integer.MAX_VALUE - 8L, array.length * 2L)));
        }
        return array;
    }

    /** The bytes up to {@code newLength} were put into the array. */
    void appended(int newLength) {
        assert newLength >= length && newLength <= array.length : newLength;
        length = newLength;
    }

    /** Drops the first {@code count} bytes. */
    void drop(int count) {
        assert count >= 0 && count <= length : count;
        System.arraycopy(array, count, array, 0, length - count);
        length -= count;
    }

    void clear() {
        length = 0;
        if (array.length > KEPT_BYTES) {
            array = new byte[FIRST_BYTES];
        }
    }
}
