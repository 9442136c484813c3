// SPDX-License-Identifier: Apache-2.0
package dev.understudy.store;

import dev.understudy.store.memory.Dict;
import dev.understudy.store.memory.Memory;
import dev.understudy.store.memory.Reaper;
import dev.understudy.store.memory.Ref;
import dev.understudy.wire.Bytes;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * One database of a data set: keys, values, expiry. An expired key is there until someone deletes it: what expiry means to whom is the
 * caller's policy. Confined to the thread that owns the data set; the read-only ones of a {@link View} to the thread that reads it.
 *
 * <p>The keyspace is a {@link Dict} of {@link Entry} blocks, seen by views. Keys with an expiry stand in a second dictionary of the same
 * blocks, which no view sees.
 */
public final class Db {
    /** Blocks of up to this many bytes are not moved to save space. */
    private static final long SMALL_BLOCK = 64;

    final Space space;
    private int index;
    /** Reference of the keyspace's root, 0 while the database is empty; {@link Compaction} may move it, and that of the expiries. */
    long root;
    /** Epoch of the views at which the root was last made ours alone. */
    private long rootEpoch;

    long expiriesRoot;
    /** For read-only databases: the number of expiring keys when the view was taken. */
    private final long expiresThen;

    private long averageTtlMillis;

    Db(Space space, int index) {
        this(space, index, 0, 0);
    }

    /** A read-only database over the root of another one. */
    Db(Space reader, int index, long root, long expires) {
        this.space = reader;
        this.index = index;
        this.root = Ref.stale(root);
        this.expiresThen = expires;
    }

    public int index() {
        return index;
    }

    void index(int newIndex) {
        index = newIndex;
    }

    long root() {
        return root;
    }

    private Memory memory() {
        return space.memory;
    }

    private boolean rootOwned() {
        return rootEpoch == space.versions.epoch();
    }

    private Dict keys() {
        if (root == 0) {
            root = space.keys.create();
            rootEpoch = space.versions.epoch();
        }
        return space.keys.bind(root, rootOwned());
    }

    /** To be called after each change of the keyspace dictionary, whose root is ours alone by then. */
    private void keepRoot() {
        root = space.keys.root();
        rootEpoch = space.versions.epoch();
    }

    private Dict expiries() {
        if (expiriesRoot == 0) {
            expiriesRoot = space.expiries.create();
        }
        return space.expiries.bind(expiriesRoot, true);
    }

    private void keepExpiries() {
        expiriesRoot = space.expiries.root();
    }

    // ---- sizes

    public long size() {
        return root == 0 ? 0 : keys().size();
    }

    /** Number of keys with an expiry. */
    public long expires() {
        return expiriesRoot == 0 ? expiresThen : expiries().size();
    }

    /** Estimate of the mean time to live of keys with an expiry, in ms, as the expire cycle last saw it. */
    public long averageTtlMillis() {
        return averageTtlMillis;
    }

    public void averageTtlMillis(long millis) {
        averageTtlMillis = millis;
    }

    // ---- lookup

    private long find(Bytes key, long hash) {
        return root == 0 ? 0 : keys().find(key, hash);
    }

    public boolean contains(Bytes key) {
        return find(key, Dict.hash(key)) != 0;
    }

    /** Opens the key's value, null if there is none. */
    public @Nullable Value open(Bytes key) {
        long hash = Dict.hash(key);
        long entry = find(key, hash);
        return entry == 0 ? null : space.windows.open(this, entry, hash);
    }

    /** Sets the access clock of an open key to the present one ({@link Space#accessClock}). */
    public void access(Value value) {
        accessClock(value, space.accessClock);
    }

    /** Sets the 24-bit access clock of an open key; views may see the change. */
    public void accessClock(Value value, int clock) {
        long word = memory().getLong(value.entry, 0);
        memory().putBeside(value.entry, 0, word & 0xFF_FFFF_FFFFL | (long) (clock & 0xFF_FFFF) << 40);
    }

    // ---- making and replacing entries

    private long newEntry(Bytes key, ValueType type, Encoding encoding, long valueBytes) {
        long entry = memory().allocate(Dict.itemBytes(false, key.length) + valueBytes);
        memory().putLong(entry, 0, Entry.word(key.length, false, type, encoding, space.accessClock));
        memory().write(entry, 8, key.array, key.offset, key.length);
        return entry;
    }

    /** Makes a new key with an uninitialised value of {@code valueBytes} bytes; the key must not exist. */
    Value create(Bytes key, ValueType type, Encoding encoding, long valueBytes) {
        long hash = Dict.hash(key);
        long entry = newEntry(key, type, encoding, valueBytes);
        insert(entry, hash);
        return space.windows.open(this, entry, hash);
    }

    private void insert(long entry, long hash) {
        keys().insert(entry, hash);
        keepRoot();
    }

    private Value createCompact(Bytes key, ValueType type, Encoding encoding, Bytes empty) {
        Value value = create(key, type, encoding, 4L + empty.length);
        long at = value.valueOffset();
        memory().putInt(value.entry, at, empty.length);
        memory().write(value.entry, at + 4, empty.array, empty.offset, empty.length);
        return value;
    }

    /** Makes a new, empty (compact) collection under a key that must not exist; the caller has to fill it or delete it. */
    public HashValue createHash(Bytes key) {
        return (HashValue) createCompact(key, ValueType.HASH, Encoding.LISTPACK, Space.EMPTY_LISTPACK);
    }

    /** As {@link #createHash}; a set begins as an intset. */
    public SetValue createSet(Bytes key) {
        return (SetValue) createCompact(key, ValueType.SET, Encoding.INTSET, Space.EMPTY_INTSET);
    }

    public ListValue createList(Bytes key) {
        return (ListValue) createCompact(key, ValueType.LIST, Encoding.LISTPACK, Space.EMPTY_LISTPACK);
    }

    public SortedSetValue createSortedSet(Bytes key) {
        return (SortedSetValue) createCompact(key, ValueType.SORTED_SET, Encoding.LISTPACK, Space.EMPTY_LISTPACK);
    }

    public StreamValue createStream(Bytes key) {
        StreamValue value = (StreamValue) create(key, ValueType.STREAM, Encoding.STREAM, 8);
        value.reference(0, 0);
        value.opened();
        return value;
    }

    /** Makes a key with compact bytes that are known to be valid and within the limits (listpack, intset); the key must not exist. */
    public void createCompact(Bytes key, ValueType type, Encoding encoding, byte[] bytes, int offset, int length) {
        createCompact(key, type, encoding, new Bytes(bytes, offset, length));
    }

    /** Makes or overwrites a string, whatever was there (integers packed); removes the expiry unless {@code keepExpiry}. */
    public void setString(Bytes key, Bytes value, boolean keepExpiry) {
        Encoding encoding = StringLayout.encoding(value);
        long bytes = StringLayout.bytes(encoding, value);
        StringLayout.write(memory(), place(key, Dict.hash(key), encoding, bytes, keepExpiry), encoding, value);
    }

    /** Overwrites an open key of any type with a string, as {@link #setString(Bytes, Bytes, boolean)}; may close its window. */
    public void setString(Value old, Bytes value, boolean keepExpiry) {
        Encoding encoding = StringLayout.encoding(value);
        long block = overwrite(old.entry, old.hash, encoding, StringLayout.bytes(encoding, value), keepExpiry);
        StringLayout.write(memory(), block, encoding, value);
    }

    /** As {@link #setString(Bytes, Bytes, boolean)}, a raw string of {@code length} zero bytes, 0 and up, without expiry. */
    public StringValue putZeros(Bytes key, long length) {
        StringValue string = putString(key, Encoding.RAW, 4 + length);
        memory().putInt(string.entry, string.valueOffset(), (int) length);
        memory().fill(string.entry, string.valueOffset() + 4, length, (byte) 0);
        return string;
    }

    /** Makes or overwrites a string without expiry whose value, {@code valueBytes} bytes, is the caller's to write. */
    StringValue putString(Bytes key, Encoding encoding, long valueBytes) {
        long hash = Dict.hash(key);
        return (StringValue) space.windows.open(this, place(key, hash, encoding, valueBytes, false), hash);
    }

    /** Makes or overwrites a string; its value is the caller's to write. */
    private long place(Bytes key, long hash, Encoding encoding, long valueBytes, boolean keepExpiry) {
        long entry = find(key, hash);
        if (entry != 0) {
            return overwrite(entry, hash, encoding, valueBytes, keepExpiry);
        }
        long made = newEntry(key, ValueType.STRING, encoding, valueBytes);
        insert(made, hash);
        return made;
    }

    /** When there is no memory for it nothing has changed. */
    private long overwrite(long entry, long hash, Encoding encoding, long valueBytes, boolean keepExpiry) {
        boolean expires = keepExpiry && Entry.expireAt(memory(), entry) >= 0;
        if (Entry.type(memory(), entry) == ValueType.STRING) {
            return rebuild(entry, hash, ValueType.STRING, encoding, valueBytes, 0, expires);
        }
        Value old = space.windows.open(this, entry, hash);
        boolean owned = touch(entry, hash);
        // Before anything is given up, for there may be no memory.
        long block = Entry.remake(memory(), entry, ValueType.STRING, encoding, valueBytes, 0, expires);
        old.releasePayload(owned);
        space.windows.close(entry);
        swapBlock(entry, block, hash, Entry.expireAt(memory(), entry) >= 0, expires);
        return block;
    }

    private boolean touch(long entry, long hash) {
        if (!space.versions.shared()) {
            return true;
        }
        boolean owned = keys().touch(entry, hash);
        keepRoot();
        return owned;
    }

    /** See {@link Value#own}. */
    long own(long entry, long hash, Value value) {
        if (touch(entry, hash)) {
            return entry;
        }
        long copy = memory().allocate(memory().capacity(entry));
        memory().copy(entry, 0, copy, 0, memory().capacity(entry));
        long at = Entry.valueOffset(memory(), copy);
        for (int i = 0; i < value.references(); i++) {
            memory().putLong(copy, at + 8L * i, Ref.stale(memory().getLong(copy, at + 8L * i)));
        }
        boolean expires = Entry.expireAt(memory(), entry) >= 0;
        swapBlock(entry, copy, hash, expires, expires);
        return copy;
    }

    /** See {@link Value#reshape}. */
    long reshape(long entry, long hash, Encoding encoding, long valueBytes, long keptBytes) {
        boolean expires = Entry.expireAt(memory(), entry) >= 0;
        return rebuild(entry, hash, Entry.type(memory(), entry), encoding, valueBytes, keptBytes, expires);
    }

    /**
     * Gives the entry another encoding, value size and presence of an expiry, in place when its block is ours and fits; the first
     * {@code keptBytes} of the value stay.
     */
    private long rebuild(
            long entry,
            long hash,
            ValueType type,
            Encoding encoding,
            long valueBytes,
            long keptBytes,
            boolean expires) {
        boolean expired = Entry.expireAt(memory(), entry) >= 0;
        long bytes = Dict.itemBytes(expires, Dict.keyLength(memory(), entry)) + valueBytes;
        long capacity = memory().capacity(entry);
        boolean fits = bytes <= capacity && (capacity <= SMALL_BLOCK || bytes >= capacity / 2);
        boolean owned = touch(entry, hash);
        if (owned && fits && expires == expired) {
            memory().putLong(entry, 0, Entry.word(memory(), entry, type, encoding, expires));
            return entry;
        }
        long block = Entry.remake(memory(), entry, type, encoding, valueBytes, keptBytes, expires);
        swapBlock(entry, block, hash, expired, expires);
        return block;
    }

    /** Enters {@code block} in the place of {@code entry}, whose block is released, in keyspace and expiry index. */
    private void swapBlock(long entry, long block, long hash, boolean expired, boolean expires) {
        if (expired && expires) {
            expiries().replace(entry, block, hash, false);
            keepExpiries();
        } else if (expired) {
            expiries().remove(entry, hash, false);
            keepExpiries();
        } else if (expires) {
            expiries().insert(block, hash);
            keepExpiries();
        }
        keys().replace(entry, block, hash, true);
        keepRoot();
        space.windows.moved(entry, block);
    }

    // ---- expiry

    /** Sets the expiry of an open key in ms since the epoch, or removes it with -1; the window stays open. */
    public void expire(Value value, long expireAt) {
        boolean expires = expireAt >= 0;
        boolean expired = value.expireAt() >= 0;
        if (!expires && !expired) {
            return;
        }
        value.own();
        long entry = value.entry;
        if (expires == expired) {
            memory().putLong(entry, 8, expireAt);
            return;
        }
        long bytes = valueBytes(value);
        long block = Entry.remake(memory(), entry, value.type(), value.encoding(), bytes, bytes, expires);
        if (expires) {
            memory().putLong(block, 8, expireAt);
        }
        swapBlock(entry, block, value.hash, expired, expires);
        value.entry = block;
    }

    /** Bytes of the value in the entry block. */
    private long valueBytes(Value value) {
        return switch (value.encoding()) {
            case INT -> 8;
            case EMBSTR, RAW, LISTPACK, INTSET -> 4L + value.compactLength();
            case HASHTABLE, QUICKLIST, STREAM, SKIPLIST -> 8L * value.references();
        };
    }

    /** One step over the keys that have an expiry; as {@link #scan}. */
    public long scanExpiring(long cursor, KeyVisitor visitor) {
        return expiriesRoot == 0 ? 0 : expiries().scan(cursor, visiting(visitor));
    }

    // ---- deleting and moving

    /** Deletes the key and frees its value, large ones piecewise if {@code lazy}; false if it is not there. */
    public boolean delete(Bytes key, boolean lazy) {
        long hash = Dict.hash(key);
        long entry = find(key, hash);
        if (entry == 0) {
            return false;
        }
        Value value = space.windows.open(this, entry, hash);
        boolean owned = touch(entry, hash);
        if (lazy) {
            value.releasePayloadLater(owned);
        } else {
            value.releasePayload(owned);
        }
        takeOut(entry, hash);
        return true;
    }

    private void takeOut(long entry, long hash) {
        space.windows.close(entry);
        if (Entry.expireAt(memory(), entry) >= 0) {
            expiries().remove(entry, hash, false);
            keepExpiries();
        }
        keys().remove(entry, hash, true);
        keepRoot();
    }

    /** Moves the value (with its expiry) under another key of any database; the target must not exist. Closes the window. */
    public void move(Value value, Db target, Bytes key) {
        long entry = value.entry;
        long hash = value.hash;
        boolean owned = touch(entry, hash);
        long expireAt = value.expireAt();
        long valueBytes = valueBytes(value);
        long block = memory().allocate(Dict.itemBytes(expireAt >= 0, key.length) + valueBytes);
        int clock = Entry.accessClock(memory(), entry);
        memory().putLong(block, 0, Entry.word(key.length, expireAt >= 0, value.type(), value.encoding(), clock));
        if (expireAt >= 0) {
            memory().putLong(block, 8, expireAt);
        }
        memory().write(block, Dict.keyOffset(memory(), block), key.array, key.offset, key.length);
        long at = Entry.valueOffset(memory(), block);
        memory().copy(entry, Entry.valueOffset(memory(), entry), block, at, valueBytes);
        for (int i = 0; i < value.references() && !owned; i++) {
            memory().putLong(block, at + 8L * i, Ref.stale(memory().getLong(block, at + 8L * i)));
        }
        takeOut(entry, hash);
        long newHash = Dict.hash(key);
        target.insert(block, newHash);
        if (expireAt >= 0) {
            target.expiries().insert(block, newHash);
            target.keepExpiries();
        }
    }

    /** Deletes all keys; their memory is freed now, or piecewise if {@code lazy}. */
    public void clear(boolean lazy) {
        if (root == 0) {
            return;
        }
        space.windows.closeAll();
        Reaper.Victim victim = keys().victim((entry, owned) -> {
            space.windows.visit(space.cleared, entry, 0).releasePayloadLater(owned);
            space.versions.release(entry, owned);
        });
        if (expiriesRoot != 0) {
            space.expiries.bind(expiriesRoot, true).destroy(false);
            expiriesRoot = 0;
        }
        root = 0;
        averageTtlMillis = 0;
        if (lazy) {
            space.reaper.add(victim);
            return;
        }
        while (!victim.isDone()) {
            victim.reap(Long.MAX_VALUE);
        }
    }

    // ---- walking

    /** A copy of a random key, null if the database is empty. */
    public byte @Nullable [] randomKey(RandomGenerator random) {
        long entry = root == 0 ? 0 : keys().random(random);
        return entry == 0 ? null : Entry.key(memory(), entry);
    }

    /** What scans call for each entry. */
    public interface KeyVisitor {
        /** Takes a window and a key that are valid during this call; returns false to stop (forEach only). */
        boolean visit(Value value, Bytes key);
    }

    private Dict.Visitor visiting(KeyVisitor visitor) {
        return (entry, owned) -> {
            Bytes key = space.readKey(entry);
            return visitor.visit(space.windows.visit(this, entry, space.reading ? 0 : Dict.hash(key)), key);
        };
    }

    /** One step of SCAN; see {@link Dict#scan}. The visitor may not change the database. */
    public long scan(long cursor, KeyVisitor visitor) {
        return root == 0 ? 0 : keys().scan(cursor, visiting(visitor));
    }

    /** Visits all keys; the visitor may not change the database. Returns false if it stopped. */
    public boolean forEach(KeyVisitor visitor) {
        return root == 0 || keys().forEach(visiting(visitor));
    }
}
