// SPDX-License-Identifier: Apache-2.0
package dev.understudy.server;

import dev.understudy.server.transport.LoopTasks;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.IntConsumer;
import org.jspecify.annotations.Nullable;

/**
 * The end of a server. In good order: waits for lagging replicas, saves if save points say so, flushes what replicas still get, closes. Whatever
 * the end is, from the moment in which it {@link #isOver} nothing is executed, answered or written any more: files, replicas and clients
 * agree on what there was. Owned by the command loop.
 */
public final class Shutdown {
    private static final long FLUSH_NANOS = 50_000_000L;
    private static final long CLOSE_SECONDS = 30;
    /** Exit status of a server that has ended because of a fault or an error. */
    public static final int FAILED = 1;

    private static final String ERROR = "ERR Errors trying to SHUTDOWN. Check logs.";

    /**
     * What SHUTDOWN was asked.
     *
     * @param save true: save in any case; false: do not; null: as the save points say
     * @param now without waiting for replicas
     * @param force even if saving fails
     */
    public record Options(@Nullable Boolean save, boolean now, boolean force) {
        public static final Options DEFAULT = new Options(null, false, false);
    }

    private static final Options WHILE_LOADING = new Options(false, true, false);

    private final Server server;
    private @Nullable Options waiting;
    private long deadlineNanos;
    private boolean over;
    /** What a signal asked for, until the cron begins with it. */
    private @Nullable Options scheduled;

    private volatile boolean signalled;
    private IntConsumer exit = _ -> {};
    /** Clients that wait for the end of their connection, or for the error if the shutdown fails. */
    private final List<Client> callers = new ArrayList<>();

    Shutdown(Server server) {
        this.server = server;
    }

    /** What ends the process when all is done; gets the exit status. Embedders leave it. */
    public void onExit(IntConsumer action) {
        exit = action;
    }

    /**
     * A signal asks for the end; told in any thread, and followed by {@link #schedule}.
     *
     * @return false if another one did before, and that shutdown has neither failed nor been aborted
     */
    public boolean signal() {
        boolean first = !signalled;
        signalled = true;
        return first;
    }

    /**
     * The cron is to begin with the shutdown that a signal asked for; until then SHUTDOWN ABORT takes it back. Without a cron, while the
     * data are being loaded, it begins at once.
     */
    public void schedule(Options options) {
        // Unless SHUTDOWN ABORT was faster than the way from the signal to the loop.
        if (waiting == null && !over && signalled) {
            scheduled = options;
            if (!server.cron().isRunning()) {
                beginScheduled();
            }
        }
    }

    private void beginScheduled() {
        Options options = scheduled;
        scheduled = null;
        if (options != null) {
            request(server.persistence().isLoading() ? WHILE_LOADING : options, null);
        }
    }

    /** Whether nobody is served any more and nothing written: the last snapshot is made, or there must not be one. */
    public boolean isOver() {
        return over;
    }

    /** Whether the server waits for its replicas before it ends. */
    public boolean isWaiting() {
        return waiting != null;
    }

    public long remainingMillis() {
        return Math.max(0, (deadlineNanos - server.nowNanos()) / 1_000_000L);
    }

    /**
     * Begins to shut down, or joins a shutdown under way; the server ends, perhaps after waiting for replicas. Nothing is replied to {@code by}, which
     * is blocked, unless that fails later.
     *
     * @param by who asked, null for a signal
     * @return an error reply if the server cannot end
     */
    public @Nullable String request(Options options, @Nullable Client by) {
        String error = over || waiting != null ? null : begin(options);
        if (error == null && by != null) {
            callers.add(by);
            by.block(() -> callers.remove(by));
        }
        return error;
    }

    private @Nullable String begin(Options options) {
        server.log().notice("User requested shutdown...");
        server.events().tell(new ServerEvent.Stopping());
        long timeout = server.settings().shutdownTimeout.value();
        if (options.now() || timeout == 0 || !isAnyReplicaBehind()) {
            return finish(options);
        }
        waiting = options;
        deadlineNanos = server.nowNanos() + timeout * 1_000_000_000L;
        if (!server.pauses().writesArePaused()) {
            server.replication().askForAcksNow();
        }
        server.pauses().pause(Pauses.Purpose.SHUTDOWN, Pauses.Kind.WRITE, server.nowNanos() + Long.MAX_VALUE / 2);
        server.log().notice("Waiting for replicas before shutting down.");
        return null;
    }

    /** SHUTDOWN ABORT. */
    public @Nullable String abort() {
        if (waiting == null && scheduled == null && !signalled) {
            return "ERR No shutdown in progress.";
        }
        live();
        server.log().notice("Shutdown manually aborted.");
        return null;
    }

    /** The server lives on. */
    private void live() {
        scheduled = null;
        waiting = null;
        signalled = false;
        server.pauses().resume(Pauses.Purpose.SHUTDOWN);
        for (Client by : List.copyOf(callers)) {
            by.reply().error(ERROR);
            by.unblock();
        }
        callers.clear();
    }

    private boolean isAnyReplicaBehind() {
        long end = server.replication().log().end();
        for (ReplicaPeer peer : server.replication().peers()) {
            if (peer.session().ackedOffset() != end) {
                return true;
            }
        }
        return false;
    }

    void tick() {
        Options options = waiting;
        if (options == null) {
            beginScheduled();
        } else if (!isAnyReplicaBehind() || server.nowNanos() - deadlineNanos >= 0) {
            finish(options);
        }
    }

    private @Nullable String finish(Options options) {
        reportReplicas();
        // What is being loaded is not ours yet, and must not replace the dump.
        boolean mayNot = server.persistence().isLoading() || Boolean.FALSE.equals(options.save());
        boolean wanted = Boolean.TRUE.equals(options.save())
                || !server.settings().savePoints().isEmpty();
        if (server.persistence().saver().isRunning()) {
            server.log().warning("There is a child saving an .rdb. Killing it!");
            server.persistence().saver().cancel(false);
        }
        if (!server.appendOnly().mayEnd(options.force())) {
            server.events().tell(new ServerEvent.StatusChanged("Writing initial AOF, can't exit."));
            return failed();
        }
        server.appendOnly().finish();
        if (server.appendOnly().isDead()) {
            return null;
        }
        if (wanted && !mayNot && !save(options.force()) && !options.force()) {
            return failed();
        }
        end();
        return null;
    }

    private String failed() {
        server.log().warning("Errors trying to shut down the server. Check the logs for more information.");
        live();
        return ERROR;
    }

    private boolean save(boolean force) {
        server.log().notice("Saving the final RDB snapshot before exiting.");
        server.events().tell(new ServerEvent.StatusChanged("Saving the final RDB snapshot"));
        boolean saved = server.persistence().saver().saveNow();
        if (!saved) {
            server.log().warning("Error trying to save the DB" + (force ? ". Exit anyway." : ", can't exit."));
            if (!force) {
                server.events().tell(new ServerEvent.StatusChanged("Error trying to save the DB, can't exit."));
            }
        }
        return saved;
    }

    /** Ends at once and saves nothing, because the data set is not what it has to be. */
    void panic(String reason) {
        server.log().warning("Guru Meditation: " + reason);
        die();
    }

    /** Ends at once with an error: nobody may hear of what could not be kept. */
    public void die() {
        over = true;
        server.loop().halt();
        exit.accept(FAILED);
    }

    /** A fault has stopped the loop: nothing of the server is touched any more. */
    void fail() {
        over = true;
        exit.accept(FAILED);
    }

    /**
     * Ends at once and saves nothing, but forces to disk what the append only file was given. Waits for the loop, unless it is this thread or
     * {@link LoopTasks#isOver over}.
     */
    void closeOnLoop() {
        if (server.loop().inLoop()) {
            closeNow();
            return;
        }
        if (server.loop().isOver()) {
            return;
        }
        CountDownLatch done = new CountDownLatch(1);
        server.loop().execute(() -> {
            try {
                closeNow();
            } finally {
                done.countDown();
            }
        });
        try {
            for (int i = 0; !done.await(1, TimeUnit.SECONDS) && !server.loop().isOver(); i++) {
                if (i == CLOSE_SECONDS) {
                    throw new IllegalStateException("the loop has not answered within " + CLOSE_SECONDS + " s");
                }
            }
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    private void closeNow() {
        serveNobody();
        server.replication().replicas().dropAll();
        server.appendOnly().finish();
    }

    /** When a fault has ended the loop, on the thread that closes: what still runs on workers is of no use, and must not write any more. */
    void giveUpWork() {
        server.persistence().close();
        server.appendOnly().giveUpRewrites();
        server.replication().master().discardReception();
        server.replication().replicas().abandonTransfers();
    }

    /** Nobody is served or answered from now on, and nothing written. The process, or the embedder, ends soon. */
    void serveNobody() {
        if (stop()) {
            server.clients().snapshot().forEach(Client::close);
            server.persistence().saver().removeTemporaries();
        }
    }

    /** Stops all by which anything could still change or be written; returns false if that has been done before. */
    private boolean stop() {
        boolean first = !over;
        over = true;
        waiting = null;
        if (first) {
            server.cron().stop();
            server.front().close();
            server.persistence().close();
            server.appendOnly().giveUpRewrites();
            server.replication().end();
            server.migrations().end();
        }
        return first;
    }

    private void reportReplicas() {
        int total = 0;
        int inSync = 0;
        long end = server.replication().log().end();
        long now = server.nowNanos();
        for (ReplicaPeer peer : server.replication().peers()) {
            total++;
            if (peer.session().ackedOffset() == end) {
                inSync++;
                continue;
            }
            server.log()
                    .notice("Lagging replica " + peer.session().name() + " reported offset "
                            + (end - peer.session().ackedOffset()) + " behind master, lag="
                            + peer.session().lagSeconds(now) + ", state="
                            + peer.session().state().infoWord() + ".");
        }
        if (total > 0) {
            server.log().notice(inSync + " of " + total + " replicas are in sync when shutting down.");
        }
    }

    /** Gives what was answered, and what replicas get, a moment to leave, then ends. */
    private void end() {
        StallHistogram stalls = server.stalls();
        server.log()
                .notice("Event loop: " + stalls.iterations() + " iterations, p99 " + stalls.percentileMicros(0.99)
                        + " us, p99.9 " + stalls.percentileMicros(0.999) + " us, longest " + stalls.longestMicros()
                        + " us; " + stalls.text());
        stop();
        server.replication().flushForShutdown();
        server.clients().snapshot().forEach(Client::leave);
        server.loop().schedule(FLUSH_NANOS, () -> {
            server.persistence().saver().removeTemporaries();
            server.log().warning("Redis is now ready to exit, bye bye...");
            exit.accept(0);
        });
    }
}
