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
    private long lastBeginNanos;
    private int waiting;
    private boolean closed;

    /** @param workNanosMax how long work takes at most, and waits for its turn */
    SimWorkers(Scheduler scheduler, SplittableRandom random, SimLoop loop, long workNanosMax) {
        this.scheduler = scheduler;
        this.random = random;
        this.loop = loop;
        this.workNanosMax = workNanosMax;
    }

    @Override
    public <T> boolean run(
            Callable<? extends @Nullable T> work,
            BiConsumer<? super @Nullable T, ? super @Nullable Throwable> thenOnLoop) {
        if (closed || waiting == WAITING_MAX) {
            return false;
        }
        waiting++;
        lastBeginNanos = Math.max(lastBeginNanos, scheduler.nowNanos() + random.nextLong(workNanosMax));
        scheduler.after(lastBeginNanos - scheduler.nowNanos(), "work", () -> perform(work, thenOnLoop));
        return true;
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
            result = work.call();
        } catch (SimDisk.Crash end) {
            throw end;
        } catch (Throwable failure) {
            thrown = failure;
        }
        T made = result;
        Throwable failure = thrown;
        scheduler.after(
                random.nextLong(workNanosMax), "worked", () -> loop.execute(() -> thenOnLoop.accept(made, failure)));
    }

    @Override
    public void close() {
        closed = true;
    }
}
