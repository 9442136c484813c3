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
    /** One key watched by one session; {@code expired}: it was already expired when WATCH came, so its deletion is no change. */
    record Watched(Session session, int database, Bytes key, boolean expired) {}

    private final Map<Bytes, List<Watched>> byKey = new HashMap<>();

    void watch(Session session, int database, Bytes key, boolean expired) {
        for (Watched watched : session.watched()) {
            if (watched.database() == database && watched.key().equals(key)) {
                return;
            }
        }
        Watched watched = new Watched(session, database, key.copy(), expired);
        session.watched().add(watched);
        byKey.computeIfAbsent(watched.key(), _ -> new ArrayList<>()).add(watched);
    }

    void unwatchAll(Session session) {
        for (Watched watched : session.watched()) {
            List<Watched> watchers = byKey.get(watched.key());
            if (watchers != null && watchers.remove(watched) && watchers.isEmpty()) {
                byKey.remove(watched.key());
            }
        }
        session.watched().clear();
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
            if (watched.database() == db.index() && !(watched.expired() && !db.contains(key))) {
                watched.session().watchBroken(true);
            }
        }
    }

    /** All keys of a database (-1: of all) are about to go, or to be replaced by those of {@code replacement}. */
    void flushed(int database, DataSet now, @Nullable Db replacement, long nowMillis) {
        for (List<Watched> watchers : byKey.values()) {
            for (Watched watched : watchers) {
                boolean concerned = database < 0 || watched.database() == database;
                if (concerned && changes(watched, now, replacement, nowMillis)) {
                    watched.session().watchBroken(true);
                }
            }
        }
    }

    /** A key that had expired when it was watched is not changed by going, nor by becoming another expired one. */
    private static boolean changes(Watched watched, DataSet now, @Nullable Db replacement, long nowMillis) {
        Value next = replacement == null ? null : replacement.open(watched.key());
        if (watched.expired()) {
            return next != null && !isExpired(next, nowMillis);
        }
        return next != null || now.db(watched.database()).contains(watched.key());
    }

    static boolean isExpired(Value value, long nowMillis) {
        return value.expireAt() >= 0 && value.expireAt() < nowMillis;
    }

    /** Whether one of the keys that the session watches has expired meanwhile. */
    static boolean anyExpired(Session session, DataSet data, long nowMillis) {
        for (Watched watched : session.watched()) {
            if (!watched.expired()) {
                Value value = data.db(watched.database()).open(watched.key());
                if (value != null && isExpired(value, nowMillis)) {
                    return true;
                }
            }
        }
        return false;
    }
}
