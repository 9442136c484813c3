// SPDX-License-Identifier: Apache-2.0
package dev.understudy.server.transport;

import io.netty.channel.IoHandle;
import io.netty.channel.IoHandler;
import io.netty.channel.IoHandlerContext;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.IoRegistration;
import io.netty.channel.SingleThreadIoEventLoop;
import io.netty.util.concurrent.FastThreadLocalThread;
import io.netty.util.concurrent.ScheduledFuture;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Netty's event loop as {@link LoopTasks}. The end of an iteration needs no task of its own: Netty's loop is "wait and handle sockets,
 * run tasks, again", so the front of the I/O handler's {@code run} is the place that Redis calls beforeSleep.
 */
final class NettyLoop implements LoopTasks {
    private static final Runnable NOTHING = () -> {};

    final SingleThreadIoEventLoop executor;
    final WriteBuffers writeBuffers = new WriteBuffers();
    /** A connection that ends waits so long for its peer to take something of what is left. */
    long lingerNanos = 60_000_000_000L;

    private final CopyOnWriteArrayList<Runnable> hooks = new CopyOnWriteArrayList<>();
    private volatile LongConsumer observer = _ -> {};
    private volatile Consumer<Throwable> faults = bug -> {
        Thread thread = Thread.currentThread();
        thread.getUncaughtExceptionHandler().uncaughtException(thread, bug);
    };
    private final Runnable atEnd;
    private volatile @Nullable Thread loopThread;

    private List<NettyConnection> dirty = new ArrayList<>();
    private List<NettyConnection> flushing = new ArrayList<>();
    /** Given on the loop: Netty would run them in the same iteration, for up to a second, before it looks at the sockets again. */
    private List<Runnable> given = new ArrayList<>();

    private List<Runnable> running = new ArrayList<>();
    private final Runnable runGiven = this::runGiven;
    /** When the first thing of this iteration was begun; meaningful if {@link #busy}. */
    private long busySinceNanos;

    private boolean busy;
    /** Nothing runs any more. */
    private volatile boolean halted;

    NettyLoop(String threadName, IoHandlerFactory handlers, Runnable atEnd) {
        this.atEnd = atEnd;
        executor = new SingleThreadIoEventLoop(
                null,
                task -> {
                    Thread thread = new FastThreadLocalThread(null, task, threadName);
                    thread.setDaemon(true);
                    loopThread = thread;
                    return thread;
                },
                thread -> new Hooked(handlers.newHandler(thread)));
    }

    @Override
    public void execute(Runnable task) {
        if (inLoop() && !executor.isShuttingDown()) {
            begin();
            given.add(task);
            return;
        }
        try {
            executor.execute(() -> guarded(task));
        } catch (RejectedExecutionException ended) {
            // As promised: a task given to a loop that has ended is dropped.
        }
    }

    @Override
    public boolean inLoop() {
        return executor.inEventLoop();
    }

    @Override
    public long nowNanos() {
        return System.nanoTime();
    }

    @Override
    public Timer schedule(long delayNanos, Runnable task) {
        ScheduledFuture<?> future = executor.schedule(() -> guarded(task), delayNanos, TimeUnit.NANOSECONDS);
        return () -> future.cancel(false);
    }

    @Override
    public Timer scheduleEvery(long periodNanos, Runnable task) {
        ScheduledFuture<?> future =
                executor.scheduleWithFixedDelay(() -> guarded(task), periodNanos, periodNanos, TimeUnit.NANOSECONDS);
        return () -> future.cancel(false);
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
        halted = true;
    }

    @Override
    public boolean isOver() {
        return halted || executor.isTerminated();
    }

    boolean isHalted() {
        return halted;
    }

    /**
     * Waits for the end of the loop and then of its thread, which outlives Netty's own promise by a moment; false if that takes too long. Not on
     * the loop.
     */
    boolean awaitEnd(long seconds) throws InterruptedException {
        if (!executor.awaitTermination(seconds, TimeUnit.SECONDS)) {
            return false;
        }
        Thread thread = loopThread;
        return thread == null || thread.join(Duration.ofSeconds(seconds));
    }

    void fault(Throwable thrown) {
        faults.accept(thrown);
    }

    /** Notes that this iteration has something to do. */
    void begin() {
        if (!busy) {
            busy = true;
            busySinceNanos = System.nanoTime();
        }
    }

    /** Has {@code connection} flushed at the end of the iteration. */
    void touch(NettyConnection connection) {
        begin();
        dirty.add(connection);
    }

    private void guarded(Runnable task) {
        if (halted) {
            return;
        }
        begin();
        try {
            task.run();
        } catch (Throwable thrown) {
            fault(thrown);
        }
    }

    private void endIteration() {
        if (!busy) {
            return;
        }
        for (Runnable hook : hooks) {
            guarded(hook);
        }
        if (halted) {
            given.clear();
            dirty.clear();
            return;
        }
        flush();
        busy = false;
        observer.accept(System.nanoTime() - busySinceNanos);
        if (!given.isEmpty()) {
            executor.execute(runGiven);
        }
        if (!dirty.isEmpty()) {
            // Someone wrote more when a socket drained: next time, so that one fast reader cannot hold the loop.
            begin();
            executor.execute(NOTHING);
        }
    }

    private void runGiven() {
        List<Runnable> now = given;
        given = running;
        running = now;
        for (Runnable task : now) {
            guarded(task);
        }
        now.clear();
    }

    private void flush() {
        List<NettyConnection> now = dirty;
        dirty = flushing;
        flushing = now;
        for (NettyConnection connection : now) {
            try {
                connection.flush();
            } catch (Throwable failed) {
                connection.writeFailed(failed);
            }
        }
        now.clear();
    }

    /** The I/O handler with the end of the previous iteration in front. */
    private final class Hooked implements IoHandler {
        private final IoHandler handler;

        Hooked(IoHandler handler) {
            this.handler = handler;
        }

        @Override
        public void initialize() {
            handler.initialize();
        }

        @Override
        public int run(IoHandlerContext context) {
            endIteration();
            return handler.run(context);
        }

        @Override
        public void prepareToDestroy() {
            handler.prepareToDestroy();
        }

        @Override
        public void destroy() {
            handler.destroy();
            writeBuffers.close();
            atEnd.run();
        }

        @Override
        public IoRegistration register(IoHandle handle) throws Exception {
            return handler.register(handle);
        }

        @Override
        public void wakeup() {
            handler.wakeup();
        }

        @Override
        public boolean isCompatible(Class<? extends IoHandle> type) {
            return handler.isCompatible(type);
        }
    }
}
