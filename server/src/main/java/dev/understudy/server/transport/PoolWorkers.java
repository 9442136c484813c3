// SPDX-License-Identifier: Apache-2.0
package dev.understudy.server.transport;

import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.Callable;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * A small pool of daemon threads that start when first needed and end after a while of idleness. Where the JVM maps priorities (the launcher has it
 * do so), they give way to the loop: work off the loop must not keep clients waiting for a processor.
 */
public final class PoolWorkers implements Workers {
    private static final int WAITING_MAX = 4096;
    private static final int IDLE_SECONDS = 30;
    private static final int CLOSE_SECONDS = 30;
    /** So much work that waits at length. */
    private static final int APART_MAX = 128;

    private final LoopTasks loop;
    private final ThreadPoolExecutor pool;
    private final ThreadPoolExecutor apart;

    /** Up to {@code threads} of them, 1 and up, with {@code name} and a number as their names. */
    public PoolWorkers(LoopTasks loop, int threads, String name) {
        this.loop = loop;
        pool = new ThreadPoolExecutor(
                threads, threads, IDLE_SECONDS, TimeUnit.SECONDS, new ArrayBlockingQueue<>(WAITING_MAX), threads(name));
        pool.allowCoreThreadTimeOut(true);
        apart = new ThreadPoolExecutor(
                0, APART_MAX, IDLE_SECONDS, TimeUnit.SECONDS, new SynchronousQueue<>(), threads(name + "-apart"));
    }

    @SuppressWarnings("ThreadPriorityCheck") // For speed only; nothing is right or wrong by it.
    private static ThreadFactory threads(String name) {
        AtomicInteger count = new AtomicInteger();
        return task -> {
            Thread thread = new Thread(task, name + "-" + count.incrementAndGet());
            thread.setDaemon(true);
            thread.setPriority(Thread.MIN_PRIORITY);
            return thread;
        };
    }

    @Override
    public <T> boolean run(
            Callable<? extends @Nullable T> work,
            BiConsumer<? super @Nullable T, ? super @Nullable Throwable> thenOnLoop) {
        return execute(pool, work, thenOnLoop);
    }

    @Override
    public <T> boolean runWaiting(
            Callable<? extends @Nullable T> work,
            BiConsumer<? super @Nullable T, ? super @Nullable Throwable> thenOnLoop) {
        return execute(apart, work, thenOnLoop);
    }

    private <T> boolean execute(
            ThreadPoolExecutor threads,
            Callable<? extends @Nullable T> work,
            BiConsumer<? super @Nullable T, ? super @Nullable Throwable> thenOnLoop) {
        try {
            threads.execute(() -> {
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
        apart.shutdownNow();
        try {
            if (!pool.awaitTermination(CLOSE_SECONDS, TimeUnit.SECONDS)
                    || !apart.awaitTermination(CLOSE_SECONDS, TimeUnit.SECONDS)) {
                throw new IllegalStateException("a worker has not ended within " + CLOSE_SECONDS + " s");
            }
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
