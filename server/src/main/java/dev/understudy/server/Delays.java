// SPDX-License-Identifier: Apache-2.0
package dev.understudy.server;

import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;

/** The delays per key or command that tests slow loading and saving down with (key-load-delay, rdb-key-save-delay). */
public final class Delays {
    private static final long SLICE_NANOS = 10_000_000L;

    private Delays() {}

    /**
     * Waits on a worker; a change of the delay counts at once.
     *
     * @param micros per key or command; negative: one microsecond for so many of them; 0: none
     * @param real false where workers have no time of their own (the simulation)
     * @param cancelled ends the waiting early
     */
    public static void perKey(LongSupplier micros, boolean real, BooleanSupplier cancelled) {
        long delay = micros.getAsLong();
        if (delay == 0 || !real) {
            return;
        }
        if (delay < 0) {
            if (ThreadLocalRandom.current().nextLong(-delay) == 0) {
                LockSupport.parkNanos(1000);
            }
            return;
        }
        long begin = System.nanoTime();
        long left;
        while ((left = micros.getAsLong() * 1000 - (System.nanoTime() - begin)) > 0 && !cancelled.getAsBoolean()) {
            LockSupport.parkNanos(Math.min(left, SLICE_NANOS));
        }
    }
}
