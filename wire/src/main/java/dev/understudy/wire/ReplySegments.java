// SPDX-License-Identifier: Apache-2.0
package dev.understudy.wire;

import java.util.Arrays;

/** The pieces of chunks that a {@link RespWriter} has filled, in order. Confined to one thread. */
final class ReplySegments {
    private static final int FIRST = 4;
    private static final int KEPT_MAX = 64;
    private static final byte[] NOTHING = {};

    private byte[][] arrays = new byte[FIRST][];
    private int[] froms = new int[FIRST];
    private int[] tos = new int[FIRST];
    private int count;
    private long bytes;

    int count() {
        return count;
    }

    long bytes() {
        return bytes;
    }

    /** Adds {@code array[from, to)}, even if it is empty: its header may come yet. */
    void add(byte[] array, int from, int to) {
        if (count == tos.length) {
            int more = count * 2;
            arrays = Arrays.copyOf(arrays, more);
            froms = Arrays.copyOf(froms, more);
            tos = Arrays.copyOf(tos, more);
        }
        arrays[count] = array;
        froms[count] = from;
        tos[count] = to;
        count++;
        bytes += to - from;
    }

    byte[] array(int segment) {
        return arrays[segment];
    }

    /** Makes room for {@code more} bytes in front of a segment; returns where they begin. */
    int extend(int segment, int more) {
        bytes += more;
        froms[segment] -= more;
        return froms[segment];
    }

    /** Takes the last segment out and returns where it begins in its array, which it does not give back. */
    int removeLast() {
        count--;
        arrays[count] = NOTHING;
        bytes -= tos[count] - froms[count];
        return froms[count];
    }

    void drainTo(ByteSink sink) {
        for (int i = 0; i < count; i++) {
            if (tos[i] > froms[i]) {
                sink.write(arrays[i], froms[i], tos[i] - froms[i]);
            }
        }
    }

    /** Gives all chunks back, {@code current} too, of which the last segments may be parts. */
    @SuppressWarnings("ReferenceEquality") // Whether two segments lie in the same chunk.
    void clear(byte[] current, ReplyChunks chunks) {
        byte[] last = NOTHING;
        for (int i = 0; i < count; i++) {
            if (arrays[i] != last) {
                chunks.give(last);
                last = arrays[i];
            }
            arrays[i] = NOTHING;
        }
        if (current != last) {
            chunks.give(last);
        }
        chunks.give(current);
        count = 0;
        bytes = 0;
        if (tos.length > KEPT_MAX) {
            arrays = new byte[FIRST][];
            froms = new int[FIRST];
            tos = new int[FIRST];
        }
    }
}
