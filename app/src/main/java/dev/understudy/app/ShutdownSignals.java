// SPDX-License-Identifier: Apache-2.0
package dev.understudy.app;

import dev.understudy.server.Instance;
import dev.understudy.server.Server;
import dev.understudy.server.ServerLog;
import dev.understudy.server.Shutdown;
import dev.understudy.server.settings.ChoiceSetting;
import dev.understudy.server.transport.LoopTasks;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * SIGTERM and SIGINT: an orderly shutdown as shutdown-on-sigterm and shutdown-on-sigint want it, which may fail, and then the server lives
 * on. A second SIGINT ends the process at once. SIGHUP is ignored, as a server without terminal has to.
 */
final class ShutdownSignals {
    private static final long WATCH_NANOS = 100_000_000L;

    private final Instance instance;
    private final ServerLog log;
    /** From the signal until the shutdown has failed. */
    private final AtomicBoolean scheduled = new AtomicBoolean();

    ShutdownSignals(Instance instance, ServerLog log) {
        this.instance = instance;
        this.log = log;
    }

    void install() {
        var settings = instance.server().settings();
        boolean possible = Signals.handle("TERM", () -> received("SIGTERM", settings.shutdownOnSigterm));
        if (!possible) {
            log.warning("This JVM has no signals: SIGTERM and SIGINT end the server without saving.");
            return;
        }
        Signals.handle("INT", () -> {
            if (scheduled.get()) {
                log.warning("You insist... exiting now.");
                Runtime.getRuntime().halt(1);
            }
            received("SIGINT", settings.shutdownOnSigint);
        });
        Signals.handle("HUP", () -> {});
    }

    private void received(String name, ChoiceSetting how) {
        scheduled.set(true);
        Server server = instance.server();
        instance.onLoop(() -> {
            boolean loading = server.persistence().isLoading();
            log.warning(
                    loading
                            ? "Received shutdown signal during loading, scheduling shutdown."
                            : "Received " + name + " scheduling shutdown...");
            if (server.shutdown().isWaiting()) {
                return;
            }
            Shutdown.Options options = loading ? new Shutdown.Options(false, true, false) : options(how);
            if (server.shutdown().request(options, null) != null) {
                scheduled.set(false);
            } else if (server.shutdown().isWaiting()) {
                watch(server);
            }
        });
    }

    /** The wait for replicas may end with a failure, or by SHUTDOWN ABORT. */
    private void watch(Server server) {
        LoopTasks loop = server.ports().transport().loop();
        loop.schedule(WATCH_NANOS, () -> {
            if (server.shutdown().isWaiting()) {
                watch(server);
            } else {
                scheduled.set(false);
            }
        });
    }

    private static Shutdown.Options options(ChoiceSetting how) {
        @Nullable Boolean save = how.has("save") ? Boolean.TRUE : how.has("nosave") ? Boolean.FALSE : null;
        return new Shutdown.Options(save, how.has("now"), how.has("force"));
    }
}
