// SPDX-License-Identifier: Apache-2.0
package dev.understudy.wire;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The arguments of the request that a {@link RequestDecoder} is reading: windows into its buffer, reused from request to request.
 * Confined to one thread.
 */
final class Arguments {
    private static final int FIRST = 8;
    private static final int KEPT_MAX = 1024;
    /** What a window takes of the heap, with its place in the array. */
    private static final int WINDOW_BYTES = 32;

    private final @Nullable RequestMemory memory;
    private Bytes[] array = fresh();
    private int count;

    /** @param memory where the windows of requests with thousands of arguments are counted */
    Arguments(@Nullable RequestMemory memory) {
        this.memory = memory;
    }

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

    /** Adds an argument; false if there is no memory for so many. */
    boolean add(byte[] text, int offset, int length) {
        if (count == array.length && !grow()) {
            return false;
        }
        array[count++].set(text, offset, length);
        return true;
    }

    private boolean grow() {
        int more = (int) Math.min(count * 2L, RequestDecoder.ARRAY_BYTES_MAX);
        if (memory != null && more > KEPT_MAX && !memory.take((long) WINDOW_BYTES * (more - countedWindows()))) {
            return false;
        }
        array = Arrays.copyOf(array, more);
        for (int i = count; i < more; i++) {
            array[i] = new Bytes();
        }
        return true;
    }

    private int countedWindows() {
        return array.length > KEPT_MAX ? array.length : 0;
    }

    /** Forgets all arguments, and the room for them if it is large. */
    void clear() {
        count = 0;
        if (array.length > KEPT_MAX) {
            if (memory != null) {
                memory.give((long) WINDOW_BYTES * array.length);
            }
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
