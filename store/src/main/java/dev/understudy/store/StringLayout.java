// SPDX-License-Identifier: Apache-2.0
package dev.understudy.store;

import dev.understudy.store.memory.Memory;
import dev.understudy.wire.Bytes;
import dev.understudy.wire.Numbers;

/** How a text that is set as a whole lies in its entry; see {@link Entry}. */
final class StringLayout {
    /** Longest string that Redis calls embstr. */
    static final int EMBSTR_MAX = 44;

    private StringLayout() {}

    static Encoding encoding(Bytes text) {
        return Numbers.isLong(text) ? Encoding.INT : text.length <= EMBSTR_MAX ? Encoding.EMBSTR : Encoding.RAW;
    }

    /** Bytes of the value in the entry. */
    static long bytes(Encoding encoding, Bytes text) {
        return encoding == Encoding.INT ? 8 : 4L + text.length;
    }

    static void write(Memory memory, long entry, Encoding encoding, Bytes text) {
        long at = Entry.valueOffset(memory, entry);
        if (encoding == Encoding.INT) {
            memory.putLong(entry, at, Numbers.parseLong(text));
        } else {
            memory.putInt(entry, at, text.length);
            memory.write(entry, at + 4, text.array, text.offset, text.length);
        }
    }
}
