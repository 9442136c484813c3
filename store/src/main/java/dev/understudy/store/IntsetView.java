// SPDX-License-Identifier: Apache-2.0
package dev.understudy.store;

import dev.understudy.store.encoding.Intset;
import dev.understudy.store.memory.Memory;

/** Reads an intset where it lies in native memory, as {@link Intset} lays it out. Confined to one thread. */
final class IntsetView {
    private final Memory memory;
    private long handle;
    private long members;
    private int width;
    private int size;

    IntsetView(Memory memory) {
        this.memory = memory;
    }

    /** Binds to the valid intset at {@code offset} of the block; returns this. */
    IntsetView bind(long block, long offset) {
        handle = block;
        members = offset + Intset.HEADER_BYTES;
        width = memory.getInt(block, offset);
        size = memory.getInt(block, offset + 4);
        return this;
    }

    int size() {
        return size;
    }

    /** Member number {@code index}, in ascending order. */
    long at(int index) {
        assert index >= 0 && index < size : index + " of " + size;
        long at = members + (long) index * width;
        return switch (width) {
            case 2 -> memory.getShort(handle, at);
            case 4 -> memory.getInt(handle, at);
            default -> memory.getLong(handle, at);
        };
    }

    boolean contains(long value) {
        int low = 0;
        int high = size - 1;
        while (low <= high) {
            int middle = (low + high) >>> 1;
            long there = at(middle);
            if (there == value) {
                return true;
            }
            if (there < value) {
                low = middle + 1;
            } else {
                high = middle - 1;
            }
        }
        return false;
    }
}
