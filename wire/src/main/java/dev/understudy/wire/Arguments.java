// SPDX-License-Identifier: Apache-2.0
package dev.understudy.wire;

import java.util.Arrays;

/**
 * The arguments of the request that a {@link RequestDecoder} is reading: windows into its buffer, reused from request to request.
 * Confined to one thread.
 */
final class Arguments {
    private static final int FIRST = 8;
    private static final int KEPT_MAX = 1024;

    private Bytes[] array = fresh();
    private int count;

    private static Bytes[] fresh() {
        Bytes[] fresh = new Bytes[FIRST];
        Arrays.setAll(fresh, _ -> new Bytes());
        return fresh;
    }

    /** Number of arguments. */
    int count() {
        return count;
    }

    /** The arguments at the front of an array that is valid until the next {@link #add} or {@link #clear}. */
    Bytes[] array() {
        return array;
    }

    /** Bytes of all arguments. */
    long bytes() {
        long bytes = 0;
        for (int i = 0; i < count; i++) {
            bytes += array[i].length;
        }
        return bytes;
    }

    void add(byte[] text, int offset, int length) {
        if (count == array.length) {
            array = Arrays.copyOf(array, (int) Math.min(count * 2L, RequestDecoder.ARRAY_BYTES_MAX));
            for (int i = count; i < array.length; i++) {
                array[i] = new Bytes();
            }
        }
        array[count++].set(text, offset, length);
    }

    /** Forgets all arguments, and the room for them if it is large. */
    void clear() {
        count = 0;
        if (array.length > KEPT_MAX) {
            array = fresh();
        }
    }

    /** Follows the buffer into {@code target}, where everything lies {@code distance} bytes nearer to the front. */
    void move(byte[] target, int distance) {
        for (int i = 0; i < count; i++) {
            array[i].set(target, array[i].offset - distance, array[i].length);
        }
    }
}
