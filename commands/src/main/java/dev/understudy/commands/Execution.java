// SPDX-License-Identifier: Apache-2.0
package dev.understudy.commands;

import dev.understudy.store.DataSet;
import dev.understudy.store.Db;
import dev.understudy.store.Value;
import dev.understudy.wire.Bytes;
import org.jspecify.annotations.Nullable;

/**
 * What surrounds a call: the data set, the frozen clock, the rules for expired keys and the listeners. Implemented by
 * the engine.
 */
public interface Execution {
    DataSet data();

    long nowMillis();

    /** The access clock of a new key, 24 bits: seconds, or under an LFU policy minutes and a counter. */
    int accessClock();

    /** Opens a key for reading and counts a hit or a miss; {@code touching} refreshes its access clock. */
    @Nullable
    Value openForRead(Db db, Bytes key, boolean touching);

    @Nullable
    Value openForWrite(Db db, Bytes key);

    /**
     * Deletes a key that exists, without propagation or events; large values are freed piecewise. Returns whether it
     * was there.
     */
    boolean delete(Db db, Bytes key, boolean lazy);

    /**
     * Whether the key has expired, so that it is not there for the present client; deleted as by {@link #openForRead},
     * with its effect. Counts
     * nothing.
     */
    boolean expireIfNeeded(Db db, Bytes key);

    /** A client gave this key an expiry, or moved one that has it here: a writable replica will have to delete it itself. */
    void expiring(Db db, Bytes key);

    /** Deletes all keys of a database. Watchers are told, memory is freed piecewise if {@code lazy}. */
    void flush(Db db, boolean lazy);

    /** Exchanges two databases, which may be the same. Watchers are told. */
    void swap(int first, int second);

    /** Whether access clocks are LFU minutes and counters, as the maxmemory-policy chooses, rather than LRU seconds. */
    default boolean tracksFrequency() {
        return conditions().tracksFrequency();
    }

    /** Minutes after which an unused key's LFU counter falls by one, 0 for never (lfu-decay-time). */
    default int frequencyDecayMinutes() {
        return conditions().frequencyDecayMinutes();
    }

    /**
     * Deletes all keys of all databases; functions stay. Watchers are told, memory is freed piecewise if {@code lazy}; the changes are counted.
     */
    void flushAll(boolean lazy);

    void touched(Db db, Bytes key);

    /** Has clients that wait for this key look at it again, without anything of it being changed for WATCH. */
    void signal(Db db, Bytes key);

    /** Has the client of the present command wait; returns false where that is impossible. */
    boolean block(Session session, Blocking waiting);

    void notify(NotifyClass notifyClass, String event, Db db, Bytes key);

    Effects effects();

    /** The state of the server, as far as commands depend on it. */
    Conditions conditions();

    /** Whether the command runs inside EXEC. */
    boolean isNested();

    /**
     * Whether deletions by expiry, eviction, the server itself and the user are made lazily, which chooses UNLINK or
     * DEL in the stream.
     */
    default boolean lazyExpire() {
        return conditions().lazyExpire();
    }

    default boolean lazyServerDel() {
        return conditions().lazyServerDel();
    }

    default boolean lazyUserDel() {
        return conditions().lazyUserDel();
    }

    default boolean lazyUserFlush() {
        return conditions().lazyUserFlush();
    }

    /** Whether RESTORE takes payloads with a wrong checksum. */
    default boolean skipsChecksums() {
        return conditions().skipsChecksums();
    }

    /** Whether RESTORE refuses payloads that repeat an element in a compact value. */
    boolean sanitizesPayloads();

    /** RESTORE has refused a payload for this reason, while the client is told that its format is bad; or has mended something in it. */
    void payloadSaid(String line, boolean mended);

    /** Whether this server is a replica or loading, so that a past expiry time does not delete a key at once. */
    default boolean keepsExpired() {
        return conditions().isReplica() || conditions().isLoading();
    }

    /** Whether the command being executed came from our master. */
    boolean fromMaster();
}
