// SPDX-License-Identifier: Apache-2.0
package dev.understudy.server;

import dev.understudy.commands.Engine;
import dev.understudy.store.Db;
import dev.understudy.wire.Bytes;
import java.util.ArrayList;
import java.util.List;

/**
 * Deletes keys that have expired without anyone asking for them (activeExpireCycle): walks the expiring keys of each database step by step, goes
 * on while many of those seen were expired, and gives up the loop after a slice. Replicas wait for the master's deletions, but see to the keys that
 * their own clients wrote.
 */
public final class ActiveExpiry {
    private static final long SLICE_NANOS = 2_000_000L;
    /** Slices between two ticks of the cron at most: a quarter of the time, as Redis. */
    private static final int SLICES_MAX = 12;
    /** Steps of a database per round. */
    private static final int STEPS = 8;
    /** Of the keys seen, per cent that may be expired and stay until the next tick. */
    private static final int STALE_PERCENT = 10;

    /** Keys of its own clients that a writable replica looks at per tick. */
    private static final int LOCAL_KEYS = 256;

    private final Server server;
    private boolean enabled = true;
    private long[] cursors = new long[16];
    private int slices;
    private boolean scheduled;
    private long seen;
    private long expired;
    private long ttlSum;
    private final List<byte[]> found = new ArrayList<>();

    ActiveExpiry(Server server) {
        this.server = server;
    }

    /** DEBUG SET-ACTIVE-EXPIRE. */
    public void enable(boolean on) {
        enabled = on;
    }

    void tick() {
        slices = 0;
        if (server.replication().isReplica()) {
            localKeys();
        } else {
            slice();
        }
    }

    private void localKeys() {
        if (enabled && !server.persistence().isLoading() && !server.pauses().writesArePaused()) {
            server.engine().localExpiries().sweep(server.engine(), LOCAL_KEYS);
        }
    }

    private void slice() {
        scheduled = false;
        if (!enabled
                || server.replication().isReplica()
                || server.persistence().isLoading()
                || server.pauses().writesArePaused()) {
            return;
        }
        long begin = server.nowNanos();
        Engine engine = server.engine();
        int databases = engine.data().databases();
        if (cursors.length < databases) {
            cursors = new long[databases];
        }
        boolean more = false;
        for (int i = 0; i < databases; i++) {
            Db db = engine.data().db(i);
            while (db.expires() > 0) {
                if (server.nowNanos() - begin > SLICE_NANOS) {
                    more = true;
                    break;
                }
                if (!round(db)) {
                    break;
                }
            }
        }
        if (more && !scheduled && ++slices < SLICES_MAX) {
            scheduled = true;
            server.loop().execute(this::slice);
        }
    }

    /** Some steps over one database; returns whether so many were expired that another round pays. */
    private boolean round(Db db) {
        Engine engine = server.engine();
        long now = server.ports().clock().wallMillis();
        seen = 0;
        expired = 0;
        ttlSum = 0;
        long cursor = cursors[db.index()];
        for (int step = 0; step < STEPS; step++) {
            cursor = db.scanExpiring(cursor, (value, key) -> {
                seen++;
                if (value.expireAt() < now) {
                    found.add(key.toArray());
                } else {
                    ttlSum += value.expireAt() - now;
                }
                return true;
            });
            expired += found.size();
            for (byte[] key : found) {
                engine.unit(() -> engine.expire(db, Bytes.of(key)));
            }
            found.clear();
            if (cursor == 0) {
                break;
            }
        }
        cursors[db.index()] = cursor;
        if (seen > expired) {
            db.averageTtlMillis(ttlSum / (seen - expired));
        }
        return cursor != 0 && expired * 100 > seen * STALE_PERCENT;
    }
}
