// SPDX-License-Identifier: Apache-2.0
package dev.understudy.server;

import java.util.function.IntConsumer;
import org.jspecify.annotations.Nullable;

/**
 * The orderly end of a server: waits for lagging replicas, saves if save points say so, flushes what replicas still get, closes. Owned by
 * the command loop.
 */
public final class Shutdown {
    private static final long FLUSH_NANOS = 50_000_000L;

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

    private final Server server;
    private @Nullable Options waiting;
    private long deadlineNanos;
    private boolean ending;
    private IntConsumer exit = _ -> {};
    private @Nullable Client caller;

    Shutdown(Server server) {
        this.server = server;
    }

    /** What ends the process when all is done; gets the exit status. Embedders leave it. */
    public void onExit(IntConsumer action) {
        exit = action;
    }

    /** Whether the server waits for its replicas before it ends. */
    public boolean isWaiting() {
        return waiting != null;
    }

    public long remainingMillis() {
        return Math.max(0, (deadlineNanos - server.nowNanos()) / 1_000_000L);
    }

    /**
     * Begins to shut down; on success nothing is replied and the server ends, perhaps after waiting for replicas.
     *
     * @param by who gets the error if it fails later, null for a signal
     * @return an error reply if it cannot
     */
    public @Nullable String request(Options options, @Nullable Client by) {
        if (ending || waiting != null) {
            return waiting != null ? "ERR A shutdown is already in progress" : null;
        }
        server.log().warning("User requested shutdown...");
        caller = by;
        long timeout = server.settings().shutdownTimeout.value();
        if (!options.now() && timeout > 0 && isAnyReplicaBehind()) {
            server.log().notice("Waiting for replicas before shutting down.");
            waiting = options;
            deadlineNanos = server.nowNanos() + timeout * 1_000_000_000L;
            server.pauses().pause(Pauses.Purpose.SHUTDOWN, Pauses.Kind.WRITE, Long.MAX_VALUE);
            server.replication().askForAcksNow();
            return null;
        }
        return finish(options);
    }

    /** SHUTDOWN ABORT. */
    public @Nullable String abort() {
        if (waiting == null) {
            return "ERR No shutdown in progress.";
        }
        waiting = null;
        server.pauses().resume(Pauses.Purpose.SHUTDOWN);
        server.log().notice("Shutdown manually aborted.");
        tellCaller();
        return null;
    }

    private void tellCaller() {
        Client by = caller;
        caller = null;
        if (by != null && by.isOpen() && by.isBlocked()) {
            by.reply().error("ERR Errors trying to SHUTDOWN. Check logs.");
            by.unblock();
        }
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
            return;
        }
        if (!isAnyReplicaBehind() || server.nowNanos() - deadlineNanos >= 0) {
            waiting = null;
            String error = finish(options);
            if (error != null) {
                server.pauses().resume(Pauses.Purpose.SHUTDOWN);
                tellCaller();
            }
        }
    }

    private @Nullable String finish(Options options) {
        reportReplicas();
        boolean saves = options.save() != null
                ? options.save()
                : !server.settings().savePoints().isEmpty();
        if (saves) {
            server.log().notice("Saving the final RDB snapshot before exiting.");
            if (!server.persistence().saver().saveNow() && !options.force()) {
                server.log().warning("Error trying to save the DB, can't exit.");
                server.log().warning("Errors trying to shut down the server. Check the logs for more information.");
                return "ERR Errors trying to SHUTDOWN. Check logs.";
            }
        }
        end();
        return null;
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

    /** Gives what is written to the connections a moment to leave, then ends. */
    private void end() {
        ending = true;
        StallHistogram stalls = server.stalls();
        server.log()
                .notice("Event loop: " + stalls.iterations() + " iterations, p99 " + stalls.percentileMicros(0.99)
                        + " us, p99.9 " + stalls.percentileMicros(0.999) + " us, longest " + stalls.longestMicros()
                        + " us; " + stalls.text());
        server.persistence().saver().cancel(false);
        server.cron().stop();
        server.front().close();
        server.replication().flushForShutdown();
        server.loop().schedule(FLUSH_NANOS, () -> {
            server.log().warning("Redis is now ready to exit, bye bye...");
            exit.accept(0);
        });
    }
}
