// SPDX-License-Identifier: Apache-2.0
package dev.understudy.simulation;

import dev.understudy.server.transport.LoopTasks;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.Consumer;
import java.util.function.LongConsumer;

/**
 * The loop of one process. What becomes ready wakes it a moment later, so that several things often share an iteration, as they do under
 * load. A loop that has ended runs nothing any more, whatever is still on its way.
 */
final class SimLoop implements LoopTasks {
    private static final long WAKE_NANOS_MAX = 120 * Scheduler.MICROS;

    private final Scheduler scheduler;
    private final SplittableRandom random;
    private final Runnable afterIteration;
    private final ArrayDeque<Runnable> ready = new ArrayDeque<>();
    private final ArrayDeque<Runnable> tasks = new ArrayDeque<>();
    private final List<Runnable> hooks = new ArrayList<>();
    private List<SimConnection> dirty = new ArrayList<>();
    private List<SimConnection> flushing = new ArrayList<>();
    private LongConsumer observer = _ -> {};
    private Consumer<Throwable> faults;
    private boolean awake;
    private boolean inside;
    private boolean ended;
    private long frozenUntilNanos;

    /** @param afterIteration the invariants are checked there */
    SimLoop(Scheduler scheduler, SplittableRandom random, Runnable afterIteration) {
        this.scheduler = scheduler;
        this.random = random;
        this.afterIteration = afterIteration;
        this.faults = bug -> {
            throw new IllegalStateException(bug);
        };
    }

    /** Has {@code action} run in the next iteration, as a socket that became ready. */
    void ready(Runnable action) {
        if (!ended) {
            ready.add(action);
            wake();
        }
    }

    /** Has the connection flushed at the end of the iteration. */
    void touch(SimConnection connection) {
        if (!ended) {
            dirty.add(connection);
            wake();
        }
    }

    /** The process does not get the processor for so long. */
    void freeze(long nanos) {
        frozenUntilNanos = scheduler.nowNanos() + nanos;
    }

    /** The process is gone. */
    void end() {
        ended = true;
        ready.clear();
        tasks.clear();
        hooks.clear();
        dirty.clear();
    }

    /** Does something from outside as if it were the loop's, between two iterations. */
    void within(Runnable action) {
        boolean before = inside;
        inside = true;
        try {
            action.run();
        } finally {
            inside = before;
        }
    }

    /** Runs all tasks that were given, and those that they give. */
    void drain() {
        within(() -> {
            while (!tasks.isEmpty()) {
                run(tasks);
            }
        });
    }

    boolean hasEnded() {
        return ended;
    }

    @Override
    public boolean isOver() {
        return ended;
    }

    private void wake() {
        if (!awake && !inside) {
            awake = true;
            scheduler.after(random.nextLong(WAKE_NANOS_MAX), "loop", this::iterate);
        }
    }

    private void iterate() {
        awake = false;
        if (ended) {
            return;
        }
        long frozenNanos = frozenUntilNanos - scheduler.nowNanos();
        if (frozenNanos > 0) {
            awake = true;
            scheduler.after(frozenNanos, "loop", this::iterate);
            return;
        }
        inside = true;
        run(ready);
        run(tasks);
        for (int i = 0; i < hooks.size() && !ended; i++) {
            guarded(hooks.get(i));
        }
        flush();
        observer.accept(0);
        inside = false;
        if (!ended) {
            afterIteration.run();
        }
        if (!ready.isEmpty() || !tasks.isEmpty() || !dirty.isEmpty()) {
            wake();
        }
    }

    /** Runs what is there now; what comes meanwhile waits for the next iteration. */
    private void run(ArrayDeque<Runnable> actions) {
        for (int count = actions.size(); count > 0 && !ended; count--) {
            guarded(actions.remove());
        }
    }

    private void flush() {
        List<SimConnection> now = dirty;
        dirty = flushing;
        flushing = now;
        for (int i = 0; i < now.size() && !ended; i++) {
            now.get(i).flush();
        }
        now.clear();
    }

    void guarded(Runnable action) {
        try {
            action.run();
        } catch (Throwable thrown) {
            // Ends of the simulation's own are none of the server's business, wherever it has caught them.
            for (Throwable cause = thrown; cause != null; cause = cause.getCause()) {
                switch (cause) {
                    case Divergence found -> throw found;
                    case SimDisk.Crash end -> throw end;
                    default -> {}
                }
            }
            faults.accept(thrown);
        }
    }

    void fault(Throwable thrown) {
        faults.accept(thrown);
    }

    // ---- LoopTasks

    @Override
    public void execute(Runnable task) {
        if (!ended) {
            tasks.add(task);
            wake();
        }
    }

    @Override
    public boolean inLoop() {
        return inside;
    }

    @Override
    public long nowNanos() {
        return scheduler.nowNanos();
    }

    @Override
    public Timer schedule(long delayNanos, Runnable task) {
        Scheduler.Event event = scheduler.after(delayNanos, "timer", () -> ready(task));
        return event::cancel;
    }

    @Override
    public Timer scheduleEvery(long periodNanos, Runnable task) {
        return new Periodic(periodNanos, task);
    }

    private final class Periodic implements Timer {
        private final long periodNanos;
        private final Runnable task;
        private boolean cancelled;

        Periodic(long periodNanos, Runnable task) {
            this.periodNanos = periodNanos;
            this.task = task;
            again();
        }

        private void again() {
            if (!cancelled && !ended) {
                scheduler.after(periodNanos, "timer", () -> ready(this::run));
            }
        }

        private void run() {
            if (!cancelled) {
                again();
                task.run();
            }
        }

        @Override
        public void cancel() {
            cancelled = true;
        }
    }

    @Override
    public void beforeSleep(Runnable hook) {
        hooks.add(hook);
    }

    @Override
    public void observeIterations(LongConsumer newObserver) {
        observer = newObserver;
    }

    @Override
    public void onFault(Consumer<Throwable> handler) {
        faults = handler;
    }

    @Override
    public void halt() {
        end();
    }
}
