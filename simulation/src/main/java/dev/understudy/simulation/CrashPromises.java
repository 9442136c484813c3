// SPDX-License-Identifier: Apache-2.0
package dev.understudy.simulation;

import java.util.ArrayDeque;

/**
 * How many of the first writes a server has to have again after its next end, by its settings: told from what it has acknowledged, when, and
 * from what it has logged about saves and rewrites.
 */
final class CrashPromises {
    /** Redis syncs once a second, and puts that off up to two seconds while a sync is under way. */
    private static final long EVERYSEC_NANOS = 2 * Scheduler.SECONDS;

    private final long slackNanos;
    private final ArrayDeque<Seen> unwritten = new ArrayDeque<>();
    private final ArrayDeque<Seen> unsynced = new ArrayDeque<>();
    private boolean aof;
    private String policy;
    private long policyNanos;
    /** Writes that a kill does not take away. */
    private int written;
    /** Writes that a power failure does not take away. */
    private int durable;
    /** Writes in the dump. */
    private int saved;

    private int saving = -1;
    private int rewriting = -1;
    private long faultNanos = -1;
    private long healedNanos;

    private record Seen(long nanos, int count) {}

    /**
     * @param aof whether the next start loads the append-only file
     * @param policy appendfsync
     * @param slackNanos how long a worker may take for a sync
     */
    CrashPromises(boolean aof, String policy, long slackNanos) {
        this.aof = aof;
        this.policy = policy;
        this.slackNanos = slackNanos;
    }

    boolean isAof() {
        return aof;
    }

    /** As reports call it. */
    String policy() {
        return aof ? policy : "rdb";
    }

    /** The server has told its client that it has executed {@code count} writes. */
    void acknowledged(int count, long nowNanos) {
        unwritten.add(new Seen(nowNanos, count));
        unsynced.add(unwritten.getLast());
        boolean always = policy.equals("always");
        // What cannot be written for the moment stays in memory, unless it has to be durable at once.
        if (always || isHealthy(nowNanos) && !policy.equals("everysec")) {
            written = count;
        }
        durable = always ? count : durable;
        age(nowNanos);
    }

    private boolean isHealthy(long nowNanos) {
        return faultNanos < 0 || healedNanos > 0 && nowNanos - healedNanos > 2 * EVERYSEC_NANOS + slackNanos;
    }

    /** What was acknowledged some time ago is safer by now. */
    private void age(long nowNanos) {
        long healthyUntil = isHealthy(nowNanos) ? nowNanos : faultNanos;
        // As long as a sync is under way, writes are put off.
        long writtenBefore = healthyUntil - Math.min(EVERYSEC_NANOS, slackNanos);
        while (!unwritten.isEmpty() && unwritten.getFirst().nanos() <= writtenBefore) {
            written = Math.max(written, unwritten.remove().count());
        }
        boolean syncs = !policy.equals("no") && nowNanos - policyNanos >= EVERYSEC_NANOS + slackNanos;
        long durableBefore = healthyUntil - EVERYSEC_NANOS - slackNanos;
        while (syncs && !unsynced.isEmpty() && unsynced.getFirst().nanos() <= durableBefore) {
            durable = Math.max(durable, unsynced.remove().count());
        }
    }

    /** All that was acknowledged is durable, as the server says. */
    void confirmed(int count) {
        durable = Math.max(durable, count);
    }

    /** CONFIG SET appendfsync was acknowledged. */
    void policy(String newPolicy, long nowNanos) {
        policy = newPolicy;
        policyNanos = nowNanos;
    }

    /** Writes that a kill does not take away. */
    int written() {
        return written;
    }

    /** The append-only file is given up, or was not loaded. */
    void withoutAof() {
        aof = false;
        rewriting = -1;
    }

    /** The disk begins to fail. */
    void fails(long nowNanos) {
        faultNanos = nowNanos;
        healedNanos = 0;
    }

    void heals(long nowNanos) {
        healedNanos = nowNanos;
    }

    /**
     * A line of the log.
     *
     * @param count acknowledged writes
     * @param wanted whether the server is told to keep an append-only file; a rewrite without one makes a base, and no more
     * @return whether the append-only file has all data from now on
     */
    boolean heard(String line, int count, boolean wanted) {
        if (line.startsWith("Background saving started")) {
            saving = count;
        } else if (line.equals("DB saved on disk")) {
            saved = saving >= 0 ? saving : count;
            saving = -1;
        } else if (line.startsWith("Background saving")) {
            saving = -1;
        } else if (line.startsWith("Background append only file rewriting started")) {
            rewriting = count;
        } else if (line.startsWith("Background AOF rewrite terminated with error")
                || line.startsWith("Background AOF rewrite terminated by")) {
            rewriting = -1;
        } else if (line.equals("Background AOF rewrite finished successfully") && rewriting >= 0 && wanted) {
            durable = aof ? Math.max(durable, rewriting) : rewriting;
            // What came after the base's view is in the new incr file, or still on its way there.
            written = Math.max(written, rewriting);
            aof = true;
            rewriting = -1;
            return true;
        }
        return false;
    }

    /** So many writes have to be there again. */
    int floor(boolean power, long nowNanos) {
        age(nowNanos);
        return !aof ? saved : power ? durable : Math.max(written, durable);
    }

    /** The server has begun with so many writes; {@code fromPast}: which no write since has been added to. */
    void begun(int count, boolean otherTimeline, long nowNanos) {
        saved = otherTimeline || saved > count ? 0 : saved;
        if (!aof) {
            saved = count;
        }
        written = count;
        durable = otherTimeline ? count : Math.min(durable, count);
        saving = -1;
        rewriting = -1;
        faultNanos = -1;
        healedNanos = 0;
        unwritten.clear();
        unsynced.clear();
        // What a killed process had left to the system may still be lost, until it is synced again.
        unsynced.add(new Seen(nowNanos, count));
    }
}
