// SPDX-License-Identifier: Apache-2.0
package dev.understudy.server.transport;

import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.Callable;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/** A small pool of daemon threads that start when first needed and end after a while of idleness. */
public final class PoolWorkers implements Workers {
    private static final int WAITING_MAX = 4096;
    private static final int IDLE_SECONDS = 30;
    private static final int CLOSE_SECONDS = 30;

    private final LoopTasks loop;
    private final ThreadPoolExecutor pool;

    /** Up to {@code threads} of them, 1 and up, with {@code name} and a number as their names. */
    public PoolWorkers(LoopTasks loop, int threads, String name) {
        this.loop = loop;
        AtomicInteger count = new AtomicInteger();
        pool = new ThreadPoolExecutor(
                threads, threads, IDLE_SECONDS, TimeUnit.SECONDS, new ArrayBlockingQueue<>(WAITING_MAX), task -> {
                    Thread thread = new Thread(task, name + "-" + count.incrementAndGet());
                    thread.setDaemon(true);
                    return thread;
                });
        pool.allowCoreThreadTimeOut(true);
    }

    @Override
    public <T> boolean run(
            Callable<? extends @Nullable T> work,
            BiConsumer<? super @Nullable T, ? super @Nullable Throwable> thenOnLoop) {
        try {
            pool.execute(() -> {
                T result;
                try {
                    result = work.call();
                } catch (Throwable thrown) {
                    loop.execute(() -> thenOnLoop.accept(null, thrown));
                    return;
                }
                loop.execute(() -> thenOnLoop.accept(result, null));
            });
            return true;
        } catch (RejectedExecutionException tooMuch) {
            return false;
        }
    }

    @Override
    public void close() {
        pool.shutdownNow();
        try {
            if (!pool.awaitTermination(CLOSE_SECONDS, TimeUnit.SECONDS)) {
                throw new IllegalStateException("a worker has not ended within " + CLOSE_SECONDS + " s");
            }
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
