// SPDX-License-Identifier: Apache-2.0
package dev.understudy.server.transport;

import java.util.concurrent.Callable;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/** Does work that takes long, off the loop, over data that nobody changes meanwhile: encoding, files, name resolution. */
public interface Workers extends AutoCloseable {
    /**
     * Runs {@code work} on a worker and then {@code thenOnLoop} on the loop, with its result, or with null and what it threw. Work is begun
     * in the order given. From any thread. Returns false, and does neither, when too much is waiting or the workers have ended.
     */
    <T> boolean run(
            Callable<? extends @Nullable T> work,
            BiConsumer<? super @Nullable T, ? super @Nullable Throwable> thenOnLoop);

    /**
     * As {@link #run}, for work that may wait for the loop, or for a peer, at length: it has a thread to itself and keeps no other work waiting.
     * Refused when very much of the kind runs.
     */
    default <T> boolean runWaiting(
            Callable<? extends @Nullable T> work,
            BiConsumer<? super @Nullable T, ? super @Nullable Throwable> thenOnLoop) {
        return run(work, thenOnLoop);
    }

    /** Ends the workers: waiting work is dropped, running work is interrupted and waited for. */
    @Override
    void close();
}
