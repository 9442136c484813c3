// SPDX-License-Identifier: Apache-2.0
package dev.understudy.app;

import dev.understudy.server.Instance;
import dev.understudy.server.Server;
import dev.understudy.server.ServerLog;
import dev.understudy.server.Shutdown;
import dev.understudy.server.settings.ChoiceSetting;
import org.jspecify.annotations.Nullable;

/**
 * SIGTERM and SIGINT: an orderly shutdown as shutdown-on-sigterm and shutdown-on-sigint want it, which may fail or be aborted, and then the
 * server lives on. A second SIGINT ends the process at once. SIGHUP is ignored, as a server without terminal has to.
 */
final class ShutdownSignals {
    private final Instance instance;
    private final ServerLog log;

    ShutdownSignals(Instance instance, ServerLog log) {
        this.instance = instance;
        this.log = log;
    }

    void install() {
        Server server = instance.server();
        var settings = server.settings();
        boolean possible = Signals.handle("TERM", () -> {
            server.shutdown().signal();
            received("SIGTERM", settings.shutdownOnSigterm);
        });
        if (!possible) {
            log.warning("This JVM has no signals: SIGTERM and SIGINT end the server without saving.");
            return;
        }
        Signals.handle("INT", () -> {
            if (!server.shutdown().signal()) {
                log.warning("You insist... exiting now.");
                server.persistence().saver().removeTemporaries();
                Runtime.getRuntime().halt(1);
            }
            received("SIGINT", settings.shutdownOnSigint);
        });
        Signals.handle("HUP", () -> {});
    }

    private void received(String name, ChoiceSetting how) {
        instance.onLoop(() -> {
            Server server = instance.server();
            log.warning(
                    server.persistence().isLoading()
                            ? "Received shutdown signal during loading, scheduling shutdown."
                            : "Received " + name + " scheduling shutdown...");
            server.shutdown().schedule(options(how));
        });
    }

    private static Shutdown.Options options(ChoiceSetting how) {
        @Nullable Boolean save = how.has("save") ? Boolean.TRUE : how.has("nosave") ? Boolean.FALSE : null;
        return new Shutdown.Options(save, how.has("now"), how.has("force"));
    }
}
