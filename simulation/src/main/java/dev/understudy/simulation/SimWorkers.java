// SPDX-License-Identifier: Apache-2.0
package dev.understudy.simulation;

import dev.understudy.server.transport.Workers;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * The workers of one process: work is done at one moment some time after it was given, and its result comes some time later. Between these
 * moments the loop goes on, and the process may end.
 */
final class SimWorkers implements Workers {
    private static final int WAITING_MAX = 1_000;

    private final Scheduler scheduler;
    private final SplittableRandom random;
    private final SimLoop loop;
    private final long workNanosMax;
    private final Sabotage sabotage;
    private long lastBeginNanos;
    private int waiting;
    private boolean closed;
    private final Set<Job<?>> unfinished = new LinkedHashSet<>();

    /** @param workNanosMax how long work takes at most, and waits for its turn */
    SimWorkers(Scheduler scheduler, SplittableRandom random, SimLoop loop, long workNanosMax, Sabotage sabotage) {
        this.scheduler = scheduler;
        this.random = random;
        this.loop = loop;
        this.workNanosMax = workNanosMax;
        this.sabotage = sabotage;
    }

    /** Work that was given, until the loop has been told of its end. */
    private static final class Job<T> {
        final Callable<? extends @Nullable T> work;
        final BiConsumer<? super @Nullable T, ? super @Nullable Throwable> thenOnLoop;
        boolean performed;

        @Nullable
        T made;

        @Nullable
        Throwable failure;

        Job(
                Callable<? extends @Nullable T> work,
                BiConsumer<? super @Nullable T, ? super @Nullable Throwable> thenOnLoop) {
            this.work = work;
            this.thenOnLoop = thenOnLoop;
        }

        void refuse() {
            failure = new Refused("no worker is free");
        }

        void tell() {
            thenOnLoop.accept(made, failure);
        }
    }

    @Override
    public <T> void run(
            Callable<? extends @Nullable T> work,
            BiConsumer<? super @Nullable T, ? super @Nullable Throwable> thenOnLoop) {
        Job<T> job = new Job<>(work, thenOnLoop);
        if (closed || waiting == WAITING_MAX || sabotage.refusesWork()) {
            job.refuse();
            loop.execute(job::tell);
            return;
        }
        unfinished.add(job);
        waiting++;
        lastBeginNanos = Math.max(lastBeginNanos, scheduler.nowNanos() + random.nextLong(workNanosMax));
        scheduler.after(lastBeginNanos - scheduler.nowNanos(), "work", () -> perform(job));
    }

    private <T> void perform(Job<T> job) {
        waiting--;
        if (closed) {
            return;
        }
        try {
            sabotage.onWorker(true);
            sabotage.reach(Sabotage.Place.WORK, Sabotage.Outcome.NAMED, "a worker's job");
            job.made = job.work.call();
        } catch (SimDisk.Crash end) {
            throw end;
        } catch (Throwable failure) {
            job.failure = failure;
        } finally {
            sabotage.onWorker(false);
        }
        job.performed = true;
        scheduler.after(random.nextLong(workNanosMax), "worked", () -> loop.execute(() -> tell(job)));
    }

    private void tell(Job<?> job) {
        if (unfinished.remove(job)) {
            sabotage.reach(Sabotage.Place.CALLBACK, Sabotage.Outcome.FATAL, "a worker's callback");
            job.tell();
        }
    }

    /** What has not begun is refused, and the loop is told of all that was given, before this returns; unless it has ended. */
    @Override
    public void close() {
        closed = true;
        for (Job<?> job : List.copyOf(unfinished)) {
            if (!job.performed) {
                job.refuse();
            }
            loop.execute(() -> tell(job));
        }
        loop.drain();
        unfinished.clear();
    }
}
