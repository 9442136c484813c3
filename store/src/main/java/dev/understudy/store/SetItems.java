// SPDX-License-Identifier: Apache-2.0
package dev.understudy.store;

import dev.understudy.store.encoding.Intset;
import dev.understudy.store.encoding.Listpack;
import dev.understudy.store.memory.Dict;
import dev.understudy.store.memory.Memory;
import dev.understudy.wire.Bytes;
import dev.understudy.wire.Numbers;

/** Makes the item blocks of large sets; {@link SetValue} shows their layout. */
final class SetItems {
    private SetItems() {}

    /** A new item block of a member. */
    static long make(Memory memory, Bytes member) {
        long item = memory.allocate(Dict.itemBytes(false, member.length));
        memory.putLong(item, 0, member.length);
        memory.write(item, 8, member.array, member.offset, member.length);
        return item;
    }

    /** A copy of an item block. */
    static long copy(Memory memory, long item) {
        long bytes = Dict.itemBytes(false, Dict.keyLength(memory, item));
        long copy = memory.allocate(bytes);
        memory.copy(item, 0, copy, 0, bytes);
        return copy;
    }

    /** Adds all members of an intset to a dictionary that has none of them. */
    static void insertAll(Memory memory, Dict dict, Intset set) {
        Bytes text = new Bytes();
        byte[] digits = new byte[Numbers.LONG_TEXT_MAX];
        for (int i = 0; i < set.size(); i++) {
            text.set(digits, 0, Numbers.write(set.at(i), digits, 0));
            dict.insert(make(memory, text), Dict.hash(text));
        }
    }

    /** Adds all members of a listpack to a dictionary that has none of them. */
    static void insertAll(Memory memory, Dict dict, Listpack pack) {
        Bytes text = new Bytes();
        byte[] digits = new byte[Numbers.LONG_TEXT_MAX];
        for (int position = pack.first(); position != Listpack.NONE; position = pack.next(position)) {
            pack.get(position, text, digits);
            dict.insert(make(memory, text), Dict.hash(text));
        }
    }
}
