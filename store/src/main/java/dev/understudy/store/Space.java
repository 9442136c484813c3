// SPDX-License-Identifier: Apache-2.0
package dev.understudy.store;

import dev.understudy.store.encoding.Listpack;
import dev.understudy.store.memory.Dict;
import dev.understudy.store.memory.Memory;
import dev.understudy.store.memory.Reaper;
import dev.understudy.store.memory.Versions;
import dev.understudy.wire.Bytes;
import java.util.random.RandomGenerator;

/**
 * What all databases and values of one data set work with: memory, open views, operators and scratch space. Confined to the thread that
 * owns the data set; a view's reader has one of its own over {@link Memory#reader()}.
 */
public final class Space {
    static final Bytes EMPTY_LISTPACK = Bytes.of(new byte[] {7, 0, 0, 0, 0, 0, (byte) 0xFF});
    static final Bytes EMPTY_INTSET = Bytes.of(new byte[] {2, 0, 0, 0, 0, 0, 0, 0});

    public final Memory memory;
    public final Versions versions;
    public final Limits limits;
    public final RandomGenerator random;
    /** Operator for the keyspaces. */
    final Dict keys;
    /** Operator for expiry indexes, which no view sees. */
    final Dict expiries;
    /** Operator for the dictionaries of hashes, sets and sorted sets. */
    public final Dict fields;
    /** Frees large values piecewise. */
    public final Reaper reaper;
    /** Scratch for editing compact values; valid until the next use by anyone. */
    public final Listpack scratch = new Listpack();
    /** The 24-bit access clock that new and read entries get: LRU seconds, or LFU minutes and counter. */
    int accessClock;

    final Windows windows;
    /** What entries belong to while a keyspace is being freed. */
    final Db cleared;
    /** See {@link DataSet#results}. */
    final Db results;

    /** Whether this is the space of a view's reader. */
    final boolean reading;

    private final Bytes visitedKey = new Bytes();
    private byte[] visitedKeyBytes = new byte[64];

    Space(Memory memory, Limits limits, RandomGenerator random) {
        this.reading = false;
        this.memory = memory;
        this.versions = new Versions(memory);
        this.limits = limits;
        this.random = random;
        this.keys = new Dict(memory, versions);
        this.expiries = new Dict(memory, new Versions(memory));
        this.fields = new Dict(memory, versions);
        this.reaper = new Reaper();
        this.windows = new Windows(this);
        this.cleared = new Db(this, -1);
        this.results = new Db(this, -1);
    }

    /** For a view's reader. */
    Space(Memory reader, Limits limits) {
        this.reading = true;
        this.memory = reader;
        this.versions = new Versions(reader);
        this.limits = limits;
        this.random = RandomGenerator.of("SplittableRandom");
        this.keys = Dict.reader(reader);
        this.expiries = Dict.reader(reader);
        this.fields = Dict.reader(reader);
        this.reaper = new Reaper();
        this.windows = new Windows(this);
        this.cleared = new Db(this, -1);
        this.results = new Db(this, -1);
    }

    /** The key of an entry in a window that the next call moves. */
    Bytes readKey(long entry) {
        int length = Dict.keyLength(memory, entry);
        if (visitedKeyBytes.length < length || visitedKeyBytes.length > Math.max(1 << 16, length)) {
            visitedKeyBytes = new byte[Math.max(64, length)];
        }
        memory.read(entry, Dict.keyOffset(memory, entry), visitedKeyBytes, 0, length);
        return visitedKey.set(visitedKeyBytes, 0, length);
    }
}
