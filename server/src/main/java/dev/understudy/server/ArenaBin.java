// SPDX-License-Identifier: Apache-2.0
package dev.understudy.server;

import java.lang.foreign.Arena;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executor;
import java.util.function.Consumer;

/**
 * Closes arenas off the loop: a shared one can only be closed when every thread of the JVM has taken notice, which a thread that waits for a processor does late
 * (on two busy cores 5 ms in the mean, 250 ms at worst). Any thread.
 */
final class ArenaBin implements Consumer<Arena>, AutoCloseable {
    private final Executor elsewhere;
    private final ConcurrentLinkedQueue<Arena> waiting = new ConcurrentLinkedQueue<>();

    /** @param elsewhere may drop what it is given: {@link #close} makes good for that */
    ArenaBin(Executor elsewhere) {
        this.elsewhere = elsewhere;
    }

    @Override
    public void accept(Arena arena) {
        waiting.add(arena);
        elsewhere.execute(this::empty);
    }

    private void empty() {
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
