// SPDX-License-Identifier: Apache-2.0
package dev.understudy.simulation;

import dev.understudy.server.transport.Workers;
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

    /** @param workNanosMax how long work takes at most, and waits for its turn */
    SimWorkers(Scheduler scheduler, SplittableRandom random, SimLoop loop, long workNanosMax, Sabotage sabotage) {
        this.scheduler = scheduler;
        this.random = random;
        this.loop = loop;
        this.workNanosMax = workNanosMax;
        this.sabotage = sabotage;
    }

    @Override
    public <T> void run(
            Callable<? extends @Nullable T> work,
            BiConsumer<? super @Nullable T, ? super @Nullable Throwable> thenOnLoop) {
        if (closed) {
            return; // So is the loop: the process has ended, and nobody is there to hear of it.
        }
        if (waiting == WAITING_MAX || sabotage.refusesWork()) {
            loop.execute(() -> thenOnLoop.accept(null, new Refused("no worker is free")));
            return;
        }
        waiting++;
        lastBeginNanos = Math.max(lastBeginNanos, scheduler.nowNanos() + random.nextLong(workNanosMax));
        scheduler.after(lastBeginNanos - scheduler.nowNanos(), "work", () -> perform(work, thenOnLoop));
    }

    private <T> void perform(
            Callable<? extends @Nullable T> work,
            BiConsumer<? super @Nullable T, ? super @Nullable Throwable> thenOnLoop) {
        waiting--;
        if (closed) {
            return;
        }
        T result = null;
        Throwable thrown = null;
        try {
            sabotage.onWorker(true);
            sabotage.reach(Sabotage.Place.WORK, Sabotage.Outcome.NAMED, "a worker's job");
            result = work.call();
        } catch (SimDisk.Crash end) {
            throw end;
        } catch (Throwable failure) {
            thrown = failure;
        } finally {
            sabotage.onWorker(false);
        }
        T made = result;
        Throwable failure = thrown;
        scheduler.after(
                random.nextLong(workNanosMax), "worked", () -> loop.execute(() -> tell(thenOnLoop, made, failure)));
    }

    private <T> void tell(
            BiConsumer<? super @Nullable T, ? super @Nullable Throwable> thenOnLoop,
            @Nullable T made,
            @Nullable Throwable failure) {
        sabotage.reach(Sabotage.Place.CALLBACK, Sabotage.Outcome.FATAL, "a worker's callback");
        thenOnLoop.accept(made, failure);
    }

    @Override
    public void close() {
        closed = true;
    }
}
