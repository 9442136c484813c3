// SPDX-License-Identifier: Apache-2.0
package dev.understudy.server;

import dev.understudy.store.Compaction;
import dev.understudy.store.DataSet;

/**
 * Has the data set give back memory that deleted data have left over ({@link Compaction}): some hundred microseconds of work at a time, a fifth
 * of the loop's time at most, always on. In INFO it is what Redis tells of activedefrag. Owned by the command loop.
 */
public final class Compactor {
    /** Work of one slice, about 100 ns each. */
    private static final long SLICE_WORK = 4_000;
    /** Between two slices: four times as long as one takes. */
    private static final long PAUSE_NANOS = 2_000_000L;
    /** Share of the loop's time, %, as active_defrag_running shows it. */
    private static final int SHARE = 20;

    private static final long RETRY_NANOS = 1_000_000_000L;
    /** After a pass that has gained little: what is left is the loss of the size classes, or views come too often. */
    private static final long RETRY_NANOS_MAX = 256 * RETRY_NANOS;

    private final Server server;
    private boolean running;
    private long startedNanos;
    private long endedNanos;
    private long retryNanos;
    /** Bytes taken from the system when the pass began, and how much less it should be afterwards. */
    private long reservedBefore;

    private long hopedFor;
    private final Counts total = new Counts();
    /** What the present pass has done when the counts were last taken. */
    private final Counts seen = new Counts();

    /** What Redis counts: blocks moved and left, keys moved and left, time spent. */
    private static final class Counts {
        long hits;
        long misses;
        long keyHits;
        long keyMisses;
        long nanos;
    }

    Compactor(Server server) {
        this.server = server;
    }

    /** Ten times a second. */
    void tick() {
        long now = server.nowNanos();
        Compaction compaction = server.engine().data().compaction();
        if (running || !compaction.isDue() || now - endedNanos < retryNanos) {
            return;
        }
        reservedBefore = server.engine().data().memory().reservedBytes();
        hopedFor = compaction.begin() * (4L << 20) / 2;
        endedNanos = now;
        if (!compaction.isRunning()) {
            retryNanos = later();
            return;
        }
        running = true;
        startedNanos = now;
        seen.hits = compaction.moved();
        seen.misses = compaction.left();
        seen.keyHits = compaction.keysMoved();
        seen.keyMisses = compaction.keysLeft();
        slice(server.engine().data());
    }

    private long later() {
        return Math.clamp(2 * retryNanos, RETRY_NANOS, RETRY_NANOS_MAX);
    }

    /** Works on the data set with which the pass began; another one takes its place on FLUSHALL or a full sync. */
    private void slice(DataSet data) {
        long before = server.nowNanos();
        boolean more = data == server.engine().data() && data.compaction().step(SLICE_WORK);
        total.nanos += server.nowNanos() - before;
        count(data.compaction());
        if (more) {
            server.loop().schedule(PAUSE_NANOS, () -> slice(data));
        } else {
            ended(data);
        }
    }

    private void count(Compaction compaction) {
        total.hits += compaction.moved() - seen.hits;
        total.misses += compaction.left() - seen.misses;
        total.keyHits += compaction.keysMoved() - seen.keyHits;
        total.keyMisses += compaction.keysLeft() - seen.keyMisses;
        seen.hits = compaction.moved();
        seen.misses = compaction.left();
        seen.keyHits = compaction.keysMoved();
        seen.keyMisses = compaction.keysLeft();
    }

    private void ended(DataSet data) {
        running = false;
        endedNanos = server.nowNanos();
        long gained = reservedBefore - data.memory().reservedBytes();
        boolean replaced = data != server.engine().data();
        retryNanos = replaced || gained >= hopedFor || data.hasViews() ? RETRY_NANOS : later();
        server.log()
                .verbose("Compaction: " + gained / (1 << 20) + " MB given back in "
                        + (endedNanos - startedNanos) / 1_000_000L + " ms"
                        + (data.hasViews() ? ", ended by a snapshot" : ""));
    }

    // ---- INFO

    /** active_defrag_running: % of the loop's time, 0 while nothing is moved. */
    public int runningShare() {
        return running ? SHARE : 0;
    }

    public long hits() {
        return total.hits;
    }

    public long misses() {
        return total.misses;
    }

    public long keyHits() {
        return total.keyHits;
    }

    public long keyMisses() {
        return total.keyMisses;
    }

    /** total_active_defrag_time: milliseconds of the loop's time. */
    public long totalMillis() {
        return total.nanos / 1_000_000L;
    }

    /** current_active_defrag_time: milliseconds since the present pass began. */
    public long currentMillis() {
        return running ? (server.nowNanos() - startedNanos) / 1_000_000L : 0;
    }

    /** CONFIG RESETSTAT. */
    void resetStatistics() {
        total.hits = 0;
        total.misses = 0;
        total.keyHits = 0;
        total.keyMisses = 0;
        total.nanos = 0;
    }
}
