// SPDX-License-Identifier: Apache-2.0
package dev.understudy.server;

import java.lang.foreign.Arena;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BiConsumer;
import java.util.function.Consumer;

/**
 * Closes arenas off the loop: a shared one can only be closed when every thread of the JVM has taken notice, which a thread that waits for a processor does late
 * (on two busy cores 5 ms in the mean, 250 ms at worst). Any thread.
 */
final class ArenaBin implements Consumer<Arena>, AutoCloseable {
    private final BiConsumer<Runnable, Runnable> elsewhere;
    private final ConcurrentLinkedQueue<Arena> waiting = new ConcurrentLinkedQueue<>();
    /** Whether somebody is on the way to empty it: a data set of many gigabytes has thousands of arenas, but they are one piece of work. */
    private final AtomicBoolean called = new AtomicBoolean();

    /** @param elsewhere runs the first on another thread, or else the second anywhere: then the next arena asks it again, or {@link #close} helps */
    ArenaBin(BiConsumer<Runnable, Runnable> elsewhere) {
        this.elsewhere = elsewhere;
    }

    @Override
    public void accept(Arena arena) {
        waiting.add(arena);
        if (called.compareAndSet(false, true)) {
            elsewhere.accept(this::empty, () -> called.set(false));
        }
    }

    private void empty() {
        called.set(false);
        for (Arena arena = waiting.poll(); arena != null; arena = waiting.poll()) {
            arena.close();
        }
    }

    /** Closes what is left, when nobody adds any more. */
    @Override
    public void close() {
        empty();
    }
}
