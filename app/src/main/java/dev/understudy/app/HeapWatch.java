// SPDX-License-Identifier: Apache-2.0
package dev.understudy.app;

import java.lang.management.ManagementFactory;
import java.lang.management.MemoryPoolMXBean;

/**
 * Keeps the heap small though it may grow: the serial collector looks at its old generation only when that is full, and so a few large
 * arguments and replies would leave the process as large as the heap may ever get. Here it is collected, and given back to the system, when it may hold some
 * tens of megabytes of garbage; a steady load makes none. Such a collection takes ten to twenty milliseconds, since next to nothing lives. Other
 * collectors are left alone, as is the JVM of an embedder.
 */
final class HeapWatch implements Runnable {
    private static final String OLD_GENERATION = "Tenured Gen";
    private static final long GARBAGE_BYTES_MAX = 32L << 20;
    private static final long PERIOD_MILLIS = 2_000;

    private final MemoryPoolMXBean old;

    private HeapWatch(MemoryPoolMXBean old) {
        this.old = old;
    }

    /** Watches on a thread of its own, which ends with the process; the start of a server is not to wait for what it needs. */
    static void begin() {
        Thread thread = new Thread(
                () -> {
                    pause();
                    ManagementFactory.getMemoryPoolMXBeans().stream()
                            .filter(pool -> pool.getName().equals(OLD_GENERATION))
                            .findFirst()
                            .ifPresent(pool -> new HeapWatch(pool).run());
                },
                "heap-watch");
        thread.setDaemon(true);
        thread.start();
    }

    private static boolean pause() {
        try {
            Thread.sleep(PERIOD_MILLIS);
            return true;
        } catch (InterruptedException ended) {
            return false;
        }
    }

    @Override
    public void run() {
        while (pause()) {
            // As far as is known: 0 before the first collection.
            long live = old.getCollectionUsage().getUsed();
            if (isWorthWhile(old.getUsage().getUsed(), live)) {
                System.gc();
            }
        }
    }

    /** Whether so much of {@code used} bytes may be garbage, {@code live} of them being left by the last collection. */
    static boolean isWorthWhile(long used, long live) {
        return used - live > Math.max(GARBAGE_BYTES_MAX, live / 2);
    }
}
