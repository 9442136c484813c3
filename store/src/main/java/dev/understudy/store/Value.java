// SPDX-License-Identifier: Apache-2.0
package dev.understudy.store;

import dev.understudy.store.memory.Memory;
import dev.understudy.store.memory.Ref;
import dev.understudy.wire.Bytes;

/**
 * An open key: the typed window through which commands, loaders and savers see one entry of a database.
 *
 * <p>Windows are reused: one is valid during the command (or loader step) that opened it, until the key is deleted or replaced by
 * other means. Opening the same key twice gives the same window, so that no second one can go stale. A subclass changes the value only after {@link #own()},
 * which makes the entry's block safe to change in place while views are open. Confined to the thread that owns the data set (or to
 * the thread that reads a view).
 */
public abstract class Value {
    /** Memory, dictionaries, trees and scratch space shared by all windows of a data set. */
    protected final Space space;
    /** The block; changes when the entry is copied or grows. 0 while the window is closed. */
    protected long entry;
    /** {@link dev.understudy.store.memory.Dict#hash} of the key. */
    protected long hash;

    private Db db;

    protected Value(Space space, Db none) {
        this.space = space;
        this.db = none;
    }

    /** As {@link #releasePayload}, but a large value may be left to the {@link dev.understudy.store.memory.Reaper}. */
    protected void releasePayloadLater(boolean owned) {
        releasePayload(owned);
    }

    final void open(Db newDb, long newEntry, long newHash) {
        db = newDb;
        entry = newEntry;
        hash = newHash;
        opened();
    }

    /** Called when the window has been moved to another entry: forget what was cached of the last one. */
    protected void opened() {}

    public abstract ValueType type();

    /** Number of elements; bytes of a string. */
    public abstract long size();

    /** Bytes of native memory of the value apart from the entry block, as MEMORY USAGE counts them (all elements, exactly or by sampling). */
    public abstract long payloadBytes(int samples);

    /**
     * Releases what the entry block refers to (nodes, items), not the block itself. Only for an entry that leaves the database.
     *
     * @param owned whether the entry's references may be followed as owned ({@link dev.understudy.store.memory.Versions#owned})
     */
    protected abstract void releasePayload(boolean owned);

    /** Makes a deep copy of the value under another key, which must not exist, without expiry. */
    public abstract void copyTo(Db target, Bytes key);

    public final Encoding encoding() {
        return Entry.encoding(space.memory, entry);
    }

    /** Milliseconds since the epoch, -1 for never. */
    public final long expireAt() {
        return Entry.expireAt(space.memory, entry);
    }

    public final Db db() {
        return db;
    }

    /** The 24-bit access clock; see {@link Db#access}. */
    public final int accessClock() {
        return Entry.accessClock(space.memory, entry) & 0xFF_FFFF;
    }

    public final byte[] keyCopy() {
        return Entry.key(space.memory, entry);
    }

    /** Whole native memory of key and value in bytes. */
    public final long usageBytes(int samples) {
        return space.memory.capacity(entry) + payloadBytes(samples);
    }

    protected final Memory memory() {
        return space.memory;
    }

    protected final long valueOffset() {
        return Entry.valueOffset(space.memory, entry);
    }

    /**
     * Makes the entry block safe to change in place: copies it if a view may still see it.
     *
     * @return always true; references read from the entry afterwards may be bound as held by an owned block
     */
    protected final boolean own() {
        if (space.versions.shared()) {
            entry = db.own(entry, hash, this);
        }
        return true;
    }

    /** Number of reference words at the start of the value, which a copy of the entry must mark as not fresh. */
    protected int references() {
        return switch (encoding()) {
            case HASHTABLE, QUICKLIST, STREAM -> 1;
            case SKIPLIST -> 2;
            case INT, EMBSTR, RAW, LISTPACK, INTSET -> 0;
        };
    }

    /** The first reference word of the value. */
    protected final long reference(int index) {
        return space.memory.getLong(entry, valueOffset() + 8L * index);
    }

    /** Stores a reference word; only after {@link #own()}. */
    protected final void reference(int index, long ref) {
        space.memory.putLong(entry, valueOffset() + 8L * index, ref);
    }

    /**
     * Puts another block in the place of the entry's, with the same key and expiry, another encoding and {@code valueBytes} bytes of
     * uninitialised value; used when a value grows, shrinks or is converted. The old block is released, what it refers to is not.
     * Stays in place when the present block may be changed, fits and would not waste more than half.
     */
    protected final void reshape(Encoding encoding, long valueBytes) {
        entry = db.reshape(entry, hash, encoding, valueBytes, 0);
    }

    /** As {@link #reshape}, keeping the first {@code keptBytes} bytes of the value. */
    protected final void reshapeKeeping(Encoding encoding, long valueBytes, long keptBytes) {
        entry = db.reshape(entry, hash, encoding, valueBytes, keptBytes);
    }

    /** Stores compact bytes (listpack, intset, text) as the whole value: length and bytes. */
    protected final void storeCompact(Encoding encoding, byte[] source, int offset, int length) {
        reshape(encoding, 4L + length);
        long at = valueOffset();
        space.memory.putInt(entry, at, length);
        space.memory.write(entry, at + 4, source, offset, length);
    }

    /** Length of compact bytes. */
    public final int compactLength() {
        return space.memory.getInt(entry, valueOffset());
    }

    /** Offset in the entry block of the first compact byte. */
    protected final long compactOffset() {
        return valueOffset() + 4;
    }

    /** Copies the compact bytes as they are (Redis's listpack, intset, or the text of a string). */
    public final void readCompact(byte[] target, int offset) {
        space.memory.read(entry, compactOffset(), target, offset, compactLength());
    }

    static boolean isReference(long ref) {
        return Ref.handle(ref) != 0;
    }
}
