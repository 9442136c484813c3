// SPDX-License-Identifier: Apache-2.0
package dev.understudy.server.transport;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
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
    /** Running work that is told to end does so soon; only what hangs in the system is interrupted. */
    private static final int PATIENCE_SECONDS = 10;

    private static final int CLOSE_SECONDS = 20;
    /** So much work that waits at length. */
    private static final int APART_MAX = 128;

    private final LoopTasks loop;
    private final ThreadPoolExecutor pool;
    private final ThreadPoolExecutor apart;
    private final Set<Thread> threads = ConcurrentHashMap.newKeySet();
    /** Jobs of whose end somebody has not been told. */
    private final Set<Job<?>> untold = ConcurrentHashMap.newKeySet();

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
    private ThreadFactory threads(String name) {
        AtomicInteger count = new AtomicInteger();
        return task -> {
            Thread thread = new Thread(task, name + "-" + count.incrementAndGet());
            thread.setDaemon(true);
            thread.setPriority(Thread.MIN_PRIORITY);
            threads.removeIf(old -> old.getState() == Thread.State.TERMINATED);
            threads.add(thread);
            return thread;
        };
    }

    @Override
    public <T> void run(
            Callable<? extends @Nullable T> work,
            BiConsumer<? super @Nullable T, ? super @Nullable Throwable> thenOnLoop) {
        execute(pool, new Job<T>(work, thenOnLoop));
    }

    @Override
    public <T> void runWaiting(
            Callable<? extends @Nullable T> work,
            BiConsumer<? super @Nullable T, ? super @Nullable Throwable> thenOnLoop) {
        execute(apart, new Job<T>(work, thenOnLoop));
    }

    private void execute(ThreadPoolExecutor threads, Job<?> job) {
        untold.add(job);
        try {
            threads.execute(job);
        } catch (RejectedExecutionException refused) {
            job.refuse();
        }
    }

    /** Work, and who is told of its end. */
    private final class Job<T> implements Runnable {
        private final Callable<? extends @Nullable T> work;
        private final BiConsumer<? super @Nullable T, ? super @Nullable Throwable> thenOnLoop;
        private @Nullable T result;
        private @Nullable Throwable failure;

        Job(
                Callable<? extends @Nullable T> work,
                BiConsumer<? super @Nullable T, ? super @Nullable Throwable> thenOnLoop) {
            this.work = work;
            this.thenOnLoop = thenOnLoop;
        }

        @Override
        public void run() {
            T done;
            try {
                done = work.call();
            } catch (Throwable thrown) {
                tell(null, thrown);
                return;
            }
            tell(done, null);
        }

        void refuse() {
            tell(null, new Refused(pool.isShutdown() ? "the server is ending" : "no worker is free"));
        }

        private void tell(@Nullable T newResult, @Nullable Throwable newFailure) {
            result = newResult;
            failure = newFailure;
            loop.execute(this::tellNow);
        }

        /** On the loop, or, if that is over, on the thread that closes. */
        private void tellNow() {
            if (untold.remove(this)) {
                thenOnLoop.accept(result, failure);
            }
        }
    }

    @Override
    public void close() {
        List<Runnable> waiting = new ArrayList<>();
        pool.getQueue().drainTo(waiting);
        pool.shutdown();
        apart.shutdown();
        refuse(waiting);
        try {
            if (!haveEnded(PATIENCE_SECONDS)) {
                refuse(pool.shutdownNow());
                apart.shutdownNow();
                if (!haveEnded(CLOSE_SECONDS)) {
                    throw new IllegalStateException(
                            "a worker has not ended within " + (PATIENCE_SECONDS + CLOSE_SECONDS) + " s");
                }
            }
            for (Thread thread : threads) {
                // It outlives the pool's end by a moment.
                thread.join(Duration.ofSeconds(CLOSE_SECONDS));
            }
            awaitTold();
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    private static void refuse(List<Runnable> jobs) {
        for (Runnable job : jobs) {
            ((Job<?>) job).refuse();
        }
    }

    private boolean haveEnded(long seconds) throws InterruptedException {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(seconds);
        return pool.awaitTermination(seconds, TimeUnit.SECONDS)
                && apart.awaitTermination(deadline - System.nanoTime(), TimeUnit.NANOSECONDS);
    }

    /** Who hears of an end may give more work, which is refused, of which it hears in turn. */
    private void awaitTold() throws InterruptedException {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(CLOSE_SECONDS);
        while (!untold.isEmpty() && !loop.isOver()) {
            CountDownLatch turn = new CountDownLatch(1);
            loop.execute(turn::countDown);
            if (!turn.await(deadline - System.nanoTime(), TimeUnit.NANOSECONDS)) {
                throw new IllegalStateException("the loop has not taken the workers' results within " + CLOSE_SECONDS
                        + " s: " + untold.size() + " are left");
            }
        }
        // A fault has halted the loop: what it would have released is released all the same.
        RuntimeException first = null;
        while (!untold.isEmpty()) {
            for (Job<?> job : List.copyOf(untold)) {
                try {
                    job.tellNow();
                } catch (RuntimeException failure) {
                    first = first == null ? failure : first;
                }
            }
        }
        if (first != null) {
            throw first;
        }
    }
}
