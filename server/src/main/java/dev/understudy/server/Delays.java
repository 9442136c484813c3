// SPDX-License-Identifier: Apache-2.0
package dev.understudy.server;

import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.locks.LockSupport;

/** The delays per key that tests slow loading and saving down with (key-load-delay, rdb-key-save-delay). */
final class Delays {
    private Delays() {}

    /**
     * Waits on a worker.
     *
     * @param micros per key; negative: one microsecond for so many keys; 0: none
     * @param real false where workers have no time of their own (the simulation)
     */
    static void perKey(long micros, boolean real) {
        if (micros == 0 || !real) {
            return;
        }
        if (micros > 0) {
            LockSupport.parkNanos(micros * 1000);
        } else if (ThreadLocalRandom.current().nextLong(-micros) == 0) {
            LockSupport.parkNanos(1000);
        }
    }
}
