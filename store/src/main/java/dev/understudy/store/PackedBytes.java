// SPDX-License-Identifier: Apache-2.0
package dev.understudy.store;

import dev.understudy.store.encoding.Listpack;
import dev.understudy.store.memory.Memory;
import dev.understudy.wire.Bytes;

/**
 * Edits of a listpack where it lies in native memory: one element's bytes are put in, bytes of elements are taken out, the rest moves by as much.
 * What a push at the tail costs does not depend on the listpack's size. Confined to one thread.
 */
final class PackedBytes {
    /** Bytes before the first element. */
    static final int HEADER = 6;

    private static final int COUNT_UNKNOWN = 65535;
    private static final int KEPT_TEXT_BYTES = 1 << 16;

    private final Memory memory;
    private final Listpack kept = new Listpack();
    /** Holds the element last encoded. */
    private Listpack encoder = kept;

    PackedBytes(Memory memory) {
        this.memory = memory;
    }

    /** Encodes the element that the next {@link #splice} puts in; returns its bytes. */
    int encode(Bytes text) {
        encoder = text.length > KEPT_TEXT_BYTES ? new Listpack() : kept;
        encoder.empty().append(text);
        return encoder.totalBytes() - Listpack.EMPTY_BYTES;
    }

    /** As {@link #encode(Bytes)}: no element is put in. */
    int encodeNothing() {
        kept.empty();
        encoder = kept;
        return 0;
    }

    /**
     * Writes the listpack of {@code total} bytes at {@code fromBase} of block {@code from} to {@code toBase} of block {@code to}, with the element
     * last encoded in the place of the {@code removed} bytes at {@code position}. The blocks may be the same one, where there has to be room.
     *
     * @param elements how many elements there are then
     * @return the new number of bytes
     */
    int splice(long from, long fromBase, long to, long toBase, int total, int position, int removed, long elements) {
        int inserted = encoder.totalBytes() - Listpack.EMPTY_BYTES;
        int behind = position + removed;
        if (from != to) {
            memory.copy(from, fromBase, to, toBase, position);
        }
        memory.copy(from, fromBase + behind, to, toBase + position + inserted, total - behind);
        memory.write(to, toBase + position, encoder.array(), HEADER, inserted);
        int newTotal = total - removed + inserted;
        memory.putInt(to, toBase, newTotal);
        memory.putShort(to, toBase + 4, (short) Math.min(elements, COUNT_UNKNOWN));
        return newTotal;
    }
}
