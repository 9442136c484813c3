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

    /** Ends the workers: waiting work is dropped, running work is interrupted and waited for. */
    @Override
    void close();
}
