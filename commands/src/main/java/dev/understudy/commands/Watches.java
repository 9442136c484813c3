// SPDX-License-Identifier: Apache-2.0
package dev.understudy.commands;

import dev.understudy.store.DataSet;
import dev.understudy.store.Db;
import dev.understudy.store.Value;
import dev.understudy.wire.Bytes;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Who watches which keys (WATCH): a change of a key breaks the transactions of its watchers. */
final class Watches {
    /** What a watched key takes beside its bytes, with its place in list and map. */
    private static final int WATCH_BYTES = 200;

    /** One key watched by one session. */
    static final class Watched {
        final Session session;
        final int database;
        final Bytes key;
        /** The key that is there had expired before it was watched or came with SWAPDB, so its deletion is no change. */
        boolean expired;

        Watched(Session session, int database, Bytes key, boolean expired) {
            this.session = session;
            this.database = database;
            this.key = key;
            this.expired = expired;
        }
    }

    private final Map<Bytes, List<Watched>> byKey = new HashMap<>();

    void watch(Session session, int database, Bytes key, boolean expired) {
        for (Watched watched : session.watched()) {
            if (watched.database == database && watched.key.equals(key)) {
                return;
            }
        }
        Watched watched = new Watched(session, database, key.copy(), expired);
        session.watched().add(watched);
        session.watchedBytes(session.watchedBytes() + WATCH_BYTES + watched.key.length);
        byKey.computeIfAbsent(watched.key, _ -> new ArrayList<>()).add(watched);
    }

    void unwatchAll(Session session) {
        for (Watched watched : session.watched()) {
            List<Watched> watchers = byKey.get(watched.key);
            if (watchers != null && watchers.remove(watched) && watchers.isEmpty()) {
                byKey.remove(watched.key);
            }
        }
        session.watched().clear();
        session.watchedBytes(0);
        session.watchBroken(false);
    }

    void touched(Db db, Bytes key) {
        if (byKey.isEmpty()) {
            return;
        }
        List<Watched> watchers = byKey.get(key);
        if (watchers == null) {
            return;
        }
        for (Watched watched : watchers) {
            if (watched.database == db.index() && !(watched.expired && !db.contains(key))) {
                watched.session.watchBroken(true);
            }
        }
    }

    /** All keys of a database (-1: of all) are about to go, or to be replaced by those of {@code replacement}. */
    void flushed(int database, DataSet now, @Nullable Db replacement, long nowMillis) {
        for (List<Watched> watchers : byKey.values()) {
            for (Watched watched : watchers) {
                boolean concerned = database < 0 || watched.database == database;
                if (concerned && changes(watched, now, replacement, nowMillis)) {
                    watched.session.watchBroken(true);
                }
            }
        }
    }

    /** A key that had expired, or was not there, is not changed by going nor by becoming one that has expired. */
    private static boolean changes(Watched watched, DataSet now, @Nullable Db replacement, long nowMillis) {
        Value next = replacement == null ? null : replacement.open(watched.key);
        boolean there = now.db(watched.database).contains(watched.key);
        boolean nextExpired = next != null && isExpired(next, nowMillis);
        if (next == null ? watched.expired : nextExpired && (watched.expired || !there)) {
            watched.expired = nextExpired;
            return false;
        }
        return there || next != null;
    }

    static boolean isExpired(Value value, long nowMillis) {
        return value.expireAt() >= 0 && value.expireAt() < nowMillis;
    }

    /** Whether one of the keys that the session watches has expired meanwhile. */
    static boolean anyExpired(Session session, DataSet data, long nowMillis) {
        for (Watched watched : session.watched()) {
            if (!watched.expired) {
                Value value = data.db(watched.database).open(watched.key);
                if (value != null && isExpired(value, nowMillis)) {
                    return true;
                }
            }
        }
        return false;
    }
}
