// SPDX-License-Identifier: Apache-2.0
package dev.understudy.server.aof;

/**
 * Keeps rewrites that fail again and again apart, since each leaves a small file behind: after three failures in a row the next waits a minute, then two, four, up
 * to an hour (aofRewriteLimited). Owned by the command loop.
 */
final class AofRewriteLimit {
    private static final int FAILURES = 3;
    private static final int MINUTES_MAX = 60;
    private static final long MINUTE_NANOS = 60_000_000_000L;

    /** What becomes of a rewrite that is due. */
    enum Verdict {
        GO,
        WAIT,
        /** As {@link #WAIT}, from now on for {@link #minutes}. */
        BEGIN_TO_WAIT
    }

    private int minutes;
    private boolean waiting;
    private long untilNanos;

    Verdict judge(long consecutiveFailures, long nowNanos) {
        if (consecutiveFailures < FAILURES) {
            minutes = 0;
            waiting = false;
            return Verdict.GO;
        }
        if (waiting) {
            if (nowNanos - untilNanos < 0) {
                return Verdict.WAIT;
            }
            waiting = false;
            return Verdict.GO;
        }
        minutes = minutes == 0 ? 1 : Math.min(minutes * 2, MINUTES_MAX);
        waiting = true;
        untilNanos = nowNanos + minutes * MINUTE_NANOS;
        return Verdict.BEGIN_TO_WAIT;
    }

    /** How long the present delay is. */
    int minutes() {
        return minutes;
    }
}
