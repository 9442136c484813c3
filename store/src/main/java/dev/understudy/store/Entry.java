// SPDX-License-Identifier: Apache-2.0
package dev.understudy.store;

import dev.understudy.store.memory.Dict;
import dev.understudy.store.memory.Memory;
import dev.understudy.wire.Bytes;

/**
 * The layout of an entry block: one key of a database with its value, or with the reference to it.
 *
 * <pre>
 * word : bits 0-30 key length | bit 31 has expiry | bits 32-35 type | bits 36-39 encoding | bits 40-63 access clock
 * [8 bytes expiry, ms since the epoch]
 * key
 * value: INT                8 bytes little endian
 *        EMBSTR, RAW        4 bytes length, bytes
 *        LISTPACK, INTSET   4 bytes length, bytes in Redis's format
 *        HASHTABLE, QUICKLIST, STREAM   8 bytes {@link dev.understudy.store.memory.Ref reference} of the root block
 *        SKIPLIST           8 bytes reference of the dictionary, 8 bytes reference of the tree
 * </pre>
 *
 * The access clock is the only part that changes while views are open (a reading view may see either value): 24 bits, LRU seconds or
 * LFU minutes and counter as in Redis.
 */
public final class Entry {
    private Entry() {}

    public static long word(int keyLength, boolean expires, ValueType type, Encoding encoding, int accessClock) {
        return (keyLength & 0x7FFF_FFFFL)
                | (expires ? 0x8000_0000L : 0L)
                | (long) type.ordinal() << 32
                | (long) encoding.ordinal() << 36
                | (long) (accessClock & 0xFF_FFFF) << 40;
    }

    /** The word of an entry that is to have another value; key and access clock stay. */
    static long word(Memory memory, long entry, ValueType type, Encoding encoding, boolean expires) {
        return word(Dict.keyLength(memory, entry), expires, type, encoding, accessClock(memory, entry));
    }

    /**
     * Makes a block for the key of {@code entry} with another value, whose first {@code keptBytes} are taken over, and the expiry if it
     * {@code expires}. When there is no memory nothing has changed.
     */
    static long remake(
            Memory memory,
            long entry,
            ValueType type,
            Encoding encoding,
            long valueBytes,
            long keptBytes,
            boolean expires) {
        int keyLength = Dict.keyLength(memory, entry);
        long block = memory.allocate(Dict.itemBytes(expires, keyLength) + valueBytes);
        memory.putLong(block, 0, word(memory, entry, type, encoding, expires));
        if (expires) {
            memory.putLong(block, 8, expireAt(memory, entry));
        }
        memory.copy(entry, Dict.keyOffset(memory, entry), block, Dict.keyOffset(memory, block), keyLength);
        memory.copy(entry, valueOffset(memory, entry), block, valueOffset(memory, block), keptBytes);
        return block;
    }

    public static ValueType type(Memory memory, long entry) {
        return ValueType.of((int) (memory.getLong(entry, 0) >>> 32) & 0xF);
    }

    public static Encoding encoding(Memory memory, long entry) {
        return Encoding.of((int) (memory.getLong(entry, 0) >>> 36) & 0xF);
    }

    public static int accessClock(Memory memory, long entry) {
        return (int) (memory.getLong(entry, 0) >>> 40);
    }

    /** Milliseconds since the epoch at which the key expires, -1 for never. */
    public static long expireAt(Memory memory, long entry) {
        return (int) memory.getLong(entry, 0) < 0 ? memory.getLong(entry, 8) : -1;
    }

    /** Offset of the value in the block. */
    public static long valueOffset(Memory memory, long entry) {
        return Dict.keyOffset(memory, entry) + (long) Dict.keyLength(memory, entry);
    }

    /** A copy of the key's bytes. */
    public static byte[] key(Memory memory, long entry) {
        byte[] key = new byte[Dict.keyLength(memory, entry)];
        memory.read(entry, Dict.keyOffset(memory, entry), key, 0, key.length);
        return key;
    }

    /** Whether the entry's key is {@code key}. */
    public static boolean hasKey(Memory memory, long entry, Bytes key) {
        return Dict.keyLength(memory, entry) == key.length
                && memory.equal(entry, Dict.keyOffset(memory, entry), key.array, key.offset, key.length);
    }
}
