// SPDX-License-Identifier: Apache-2.0
package dev.understudy.server.aof;

import java.util.Arrays;

/**
 * Bytes that are still to be written to the append only file, in one array that is used again and again and remembers what the load needs:
 * it is as large as the fullest iteration of the last seconds, so that a steady load allocates nothing. Owned by the command loop.
 */
final class AofBuffer {
    /** Ticks of the cron, ten a second, after which an array that was not needed shrinks. */
    static final int TICKS_KEPT = 100;

    private static final int FIRST_BYTES = 16 * 1024;
    /** An array shrinks when not even this part of it was needed: what varies by less is no reason to allocate. */
    private static final int NEEDED_PART = 4;

    private byte[] array = new byte[FIRST_BYTES];
    private int length;
    /** Most bytes that waited at a time since {@link #ticks} was 0. */
    private int peak;

    private int ticks;

    /** Holds the bytes from 0 to {@link #length}; another one after the next {@link #append} or {@link #tick}. */
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
        peak = Math.max(peak, length);
    }

    private void room(int count) {
        if (array.length - length < count) {
            int needed = Math.addExact(length, count);
            array = Arrays.copyOf(array, (int) Math.max(needed, Math.min(Integer.MAX_VALUE - 8L, array.length * 2L)));
        }
    }

    /** Drops the first {@code count} bytes. */
    void drop(int count) {
        assert count >= 0 && count <= length : count;
        System.arraycopy(array, count, array, 0, length - count);
        length -= count;
    }

    void clear() {
        length = 0;
    }

    /** Ten times a second: gives back what the load has not needed for a while. */
    void tick() {
        if (++ticks < TICKS_KEPT) {
            return;
        }
        ticks = 0;
        if (array.length > FIRST_BYTES && peak < array.length / NEEDED_PART) {
            array = Arrays.copyOf(array, Math.max(FIRST_BYTES, 2 * peak));
        }
        peak = length;
    }
}
