// SPDX-License-Identifier: Apache-2.0
package dev.understudy.simulation;

import dev.understudy.store.Clock;

/** One machine's clocks: the monotonic one goes with virtual time, the other may jump. */
final class SimClock implements Clock {
    /** Some day in 2026. */
    private static final long EPOCH_MILLIS = 1_780_000_000_000L;

    private final Scheduler scheduler;
    private long jumpMillis;

    SimClock(Scheduler scheduler) {
        this.scheduler = scheduler;
    }

    /** Moves the wall clock by {@code millis}, forward or back. */
    void jump(long millis) {
        jumpMillis += millis;
    }

    /** Sets the wall clock right again. */
    void settle() {
        jumpMillis = 0;
    }

    @Override
    public long wallMillis() {
        return EPOCH_MILLIS + jumpMillis + scheduler.nowNanos() / Scheduler.MILLIS;
    }

    @Override
    public long nanos() {
        return scheduler.nowNanos();
    }
}
