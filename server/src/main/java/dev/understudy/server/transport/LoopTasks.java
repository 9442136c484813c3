// SPDX-License-Identifier: Apache-2.0
package dev.understudy.server.transport;

import java.util.concurrent.Executor;
import java.util.function.Consumer;
import java.util.function.LongConsumer;

/**
 * The loop: one thread that runs what it is given.
 *
 * <p>One iteration: ready sockets (or, in the simulation, the events due) to their handlers, then timers and given tasks, then the
 * hooks of {@link #beforeSleep}, then what was written to connections goes out; then it waits.
 */
public interface LoopTasks extends Executor {
    /**
     * Runs {@code task} on the loop, later, in the order given. From any thread; what is given on the loop waits for the next iteration, so that
     * work done in steps lets sockets have their turn in between. Dropped when the loop has ended.
     */
    @Override
    void execute(Runnable task);

    boolean inLoop();

    /** The loop's monotonic clock, nanoseconds; meaningful as differences only. */
    long nowNanos();

    /** Runs {@code task} once, {@code delayNanos} from now, 0 and up. On the loop. */
    Timer schedule(long delayNanos, Runnable task);

    /** Runs {@code task} every {@code periodNanos}, 1 and up, first after one period; missed runs are not made up. On the loop. */
    Timer scheduleEvery(long periodNanos, Runnable task);

    /**
     * Runs {@code hook} at the end of every iteration that did anything: here the replies are flushed and the replicas fed, once per iteration. Hooks run in
     * the order given; they may write and give tasks, which the next iteration runs without waiting. From any thread.
     */
    void beforeSleep(Runnable hook);

    /** Tells {@code observer} how long each iteration kept the loop busy, nanoseconds, for the histogram of stalls. From any thread. */
    void observeIterations(LongConsumer observer);

    /**
     * Gives {@code handler} every exception that reaches the loop from a handler, task, timer or hook, on the loop. When it returns the loop goes on, unless
     * it was {@link #halt halted}. From any thread.
     */
    void onFault(Consumer<Throwable> handler);

    /**
     * Stops everything at once, on the loop: no handler, task, timer or hook runs any more, and what connections were to send at the end of this iteration
     * is dropped. Whoever owns the transport closes it from elsewhere.
     */
    void halt();

    /** Whether it runs nothing any more, because it was halted or has ended. From any thread. */
    boolean isOver();

    /** A task that waits for its time. */
    interface Timer {
        /** Takes it back, on the loop; harmless when it has run. */
        void cancel();
    }
}
