// SPDX-License-Identifier: Apache-2.0
package dev.understudy.server.commands;

import dev.understudy.server.transport.Workers;
import java.util.ArrayDeque;
import java.util.concurrent.Callable;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Workers whose work the loop does, at once or when the test says so, or which refuse it. */
final class FakeWorkers implements Workers {
    private final Consumer<Runnable> loop;
    private final ArrayDeque<Work<?>> held = new ArrayDeque<>();
    private boolean holding;
    /** Work that is done all the same. */
    private int passing;
    /** Work that is taken before the next is refused. */
    private int taken;

    private int refusals;
    private boolean closed;

    FakeWorkers(Consumer<Runnable> loop) {
        this.loop = loop;
    }

    /** Has {@code count} pieces of work refused, as by workers that have too much to do, but the {@code after} next ones taken. */
    void refuse(int after, int count) {
        taken = after;
        refusals = count;
    }

    /** Refusals that nobody has met yet. */
    int refusalsLeft() {
        return refusals;
    }

    /** Keeps them from working until {@link #release}, after the first {@code count} pieces of work. */
    void hold(int count) {
        holding = true;
        passing = count;
    }

    void release() {
        holding = false;
        held.forEach(loop);
        held.clear();
    }

    /** Lets them finish what they keep; the loop learns of it at {@link #release}. */
    void finishHeld() {
        held.forEach(Work::perform);
    }

    @Override
    public <T> void run(
            Callable<? extends @Nullable T> work,
            BiConsumer<? super @Nullable T, ? super @Nullable Throwable> thenOnLoop) {
        Work<T> given = new Work<>(work, thenOnLoop);
        if (refusals > 0 && taken-- <= 0) {
            refusals--;
            given.refuse("no worker is free");
        }
        if (holding && passing-- <= 0 && !closed && !given.done) {
            held.add(given);
        } else {
            loop.accept(given);
        }
    }

    @Override
    public void close() {
        closed = true;
        release();
    }

    /** Something for a worker, and what the loop makes of it. */
    private final class Work<T> implements Runnable {
        private final Callable<? extends @Nullable T> work;
        private final BiConsumer<? super @Nullable T, ? super @Nullable Throwable> thenOnLoop;
        private boolean done;
        private @Nullable T result;
        private @Nullable Throwable failure;

        Work(
                Callable<? extends @Nullable T> work,
                BiConsumer<? super @Nullable T, ? super @Nullable Throwable> thenOnLoop) {
            this.work = work;
            this.thenOnLoop = thenOnLoop;
        }

        void refuse(String reason) {
            done = true;
            failure = new Refused(reason);
        }

        void perform() {
            if (done) {
                return;
            }
            if (closed) {
                refuse("the server is ending");
                return;
            }
            done = true;
            try {
                result = work.call();
            } catch (Exception thrown) {
                failure = thrown;
            }
        }

        @Override
        public void run() {
            perform();
            thenOnLoop.accept(result, failure);
        }
    }
}
