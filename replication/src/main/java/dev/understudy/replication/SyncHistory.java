// SPDX-License-Identifier: Apache-2.0
package dev.understudy.replication;

import dev.understudy.replication.SyncRecord.Direction;
import dev.understudy.replication.SyncRecord.Mode;
import dev.understudy.replication.SyncRecord.Outcome;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.List;

/**
 * The resynchronisations of this server with its master and its replicas: those that run, and the last ones that ended. Bounded by a capacity and
 * by the number of links. Confined to one thread; times are given.
 */
public final class SyncHistory {
    private final LinkedHashSet<RunningSync> running = new LinkedHashSet<>();
    private final ArrayDeque<SyncRecord> ended = new ArrayDeque<>();
    private final long[][][] counts =
            new long[Direction.values().length][Mode.values().length][Outcome.values().length];
    private int capacity;
    private long numbers;

    /** @param capacity how many that ended are kept, 0 for none */
    public SyncHistory(int capacity) {
        this.capacity = capacity;
    }

    /** Changes how many are kept; the oldest go first. */
    public void capacity(int most) {
        capacity = most;
        trim();
    }

    private void trim() {
        while (ended.size() > capacity) {
            ended.removeLast();
        }
    }

    /** Notes the beginning of one; the parameters are those of {@link SyncRecord}. */
    public RunningSync begin(
            Direction direction,
            Mode mode,
            String peer,
            String asked,
            String available,
            SyncReason reason,
            long wallMillis,
            long nowNanos) {
        RunningSync sync = new RunningSync(direction, mode, peer, asked, available, reason, wallMillis, nowNanos);
        running.add(sync);
        return sync;
    }

    /** It worked. */
    public SyncRecord succeeded(RunningSync sync, long nowNanos) {
        return end(sync, Outcome.OK, "", nowNanos);
    }

    /** It did not; {@code why} unless {@link RunningSync#trouble} knew it before. */
    public SyncRecord failed(RunningSync sync, String why, long nowNanos) {
        return end(sync, Outcome.FAILED, sync.troubleOr(why), nowNanos);
    }

    private SyncRecord end(RunningSync sync, Outcome outcome, String detail, long nowNanos) {
        if (!running.remove(sync)) {
            throw new IllegalStateException("ended twice: " + detail);
        }
        SyncRecord record = sync.toRecord(++numbers, outcome, detail, nowNanos);
        counts[record.direction().ordinal()][record.mode().ordinal()][outcome.ordinal()]++;
        ended.addFirst(record);
        trim();
        return record;
    }

    /** At most {@code count} records, the newest first; those that run come before those that ended. */
    public List<SyncRecord> latest(long count, long nowNanos) {
        List<SyncRecord> records = new ArrayList<>();
        for (RunningSync sync : running.reversed()) {
            records.add(sync.toRecord(0, Outcome.RUNNING, "", nowNanos));
        }
        records.addAll(ended);
        return records.size() <= count ? records : List.copyOf(records.subList(0, (int) count));
    }

    /** How many have ended so, since the start or the last {@link #reset}, whether or not they are still kept. */
    public long count(Direction direction, Mode mode, Outcome outcome) {
        return counts[direction.ordinal()][mode.ordinal()][outcome.ordinal()];
    }

    /** How many are under way. */
    public int runningCount() {
        return running.size();
    }

    /** How many of those that ended are kept. */
    public int size() {
        return ended.size();
    }

    /** Forgets what has ended; the numbers go on. */
    public void reset() {
        ended.clear();
        for (long[][] byMode : counts) {
            for (long[] byOutcome : byMode) {
                java.util.Arrays.fill(byOutcome, 0);
            }
        }
    }

    /** Those that ended, the newest first. */
    Iterator<SyncRecord> ended() {
        return ended.iterator();
    }
}
