// SPDX-License-Identifier: Apache-2.0
package dev.understudy.commands;

import dev.understudy.store.Db;
import dev.understudy.store.Value;
import dev.understudy.wire.Bytes;
import java.util.LinkedHashSet;

/**
 * The keys to which clients of a writable replica gave an expiry. Its master knows nothing of them and so will never send their deletions: the
 * replica deletes them itself when their time has come (expireSlaveKeys). Confined to the command loop.
 */
public final class LocalExpiries {
    /** Keys remembered at most; further ones are hidden when they have expired, but stay. */
    private static final int MAX = 1_000_000;

    private record Place(int database, Bytes key) {}

    private final LinkedHashSet<Place> places = new LinkedHashSet<>();

    /** Number of keys remembered: slave_expires_tracked_keys of INFO. */
    public int size() {
        return places.size();
    }

    void remember(Db db, Bytes key) {
        if (places.size() < MAX) {
            places.add(new Place(db.index(), key.copy()));
        }
    }

    void clear() {
        places.clear();
    }

    /**
     * Looks at up to {@code count} keys, each an execution unit: expired ones are deleted, those that have no expiry any more are forgotten, the
     * others come up again when all the rest have.
     */
    public void sweep(Engine engine, int count) {
        for (int left = Math.min(count, places.size()); left > 0; left--) {
            Place place = places.removeFirst();
            engine.unit(() -> look(engine, place));
        }
    }

    private void look(Engine engine, Place place) {
        Db db = engine.data().db(place.database());
        Value value = db.open(place.key());
        if (value != null && Watches.isExpired(value, engine.nowMillis())) {
            engine.expire(db, place.key());
        } else if (value != null && value.expireAt() >= 0) {
            places.addLast(place);
        }
    }
}
