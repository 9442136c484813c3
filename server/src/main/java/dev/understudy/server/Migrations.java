// SPDX-License-Identifier: Apache-2.0
package dev.understudy.server;

import dev.understudy.server.transport.Connection;
import dev.understudy.server.transport.ConnectionHandler;
import dev.understudy.server.transport.Transport;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** The connections that MIGRATE keeps: up to 64, each for ten seconds after its last use. Owned by the command loop. */
public final class Migrations {
    private static final int LINKS_MAX = 64;
    private static final long KEPT_NANOS = 10_000_000_000L;

    private final Server server;
    /** By host and port as they were written; the least recently made first. */
    private final Map<String, MigrationLink> links = new LinkedHashMap<>();

    private boolean over;

    Migrations(Server server) {
        this.server = server;
    }

    /** Connections that are kept now, for INFO. */
    public int cachedLinks() {
        links.values().removeIf(link -> !link.isOpen());
        return links.size();
    }

    /** A link to the server: a kept one at once, or a new one later; null if it does not answer within {@code timeoutNanos}. */
    void link(String host, int port, long timeoutNanos, Consumer<@Nullable MigrationLink> then) {
        String name = host + ":" + port;
        MigrationLink kept = links.get(name);
        if (kept != null && kept.isOpen()) {
            then.accept(kept);
            return;
        }
        links.remove(name);
        server.ports()
                .transport()
                .dial(new Transport.DialTarget(host, port, null, timeoutNanos), new Transport.DialHandler() {
                    @Override
                    public ConnectionHandler onConnected(Connection made) {
                        MigrationLink link = new MigrationLink(made, server.nowNanos());
                        if (over) {
                            link.close();
                            return link;
                        }
                        keep(name, link);
                        // The connection is ours only when its handler is known.
                        server.loop().execute(() -> then.accept(link));
                        return link;
                    }

                    @Override
                    public void onFailed(String reason) {
                        then.accept(null);
                    }
                });
    }

    private void keep(String name, MigrationLink link) {
        if (cachedLinks() >= LINKS_MAX) {
            for (Map.Entry<String, MigrationLink> old : links.entrySet()) {
                if (!old.getValue().isBusy()) {
                    drop(old.getKey(), old.getValue());
                    break;
                }
            }
        }
        links.put(name, link);
    }

    /** Closes a link that has failed. */
    void drop(String host, int port, MigrationLink link) {
        drop(host + ":" + port, link);
    }

    private void drop(String name, MigrationLink link) {
        links.remove(name, link);
        link.close();
    }

    /** The server ends: whatever is under way is given up without a word, and its keys stay. */
    void end() {
        over = true;
        links.values().forEach(MigrationLink::close);
        links.clear();
    }

    /** Once a second: closes what was not used for long (migrateCloseTimedoutSockets). */
    void tick() {
        long now = server.nowNanos();
        links.values().removeIf(link -> {
            boolean old = !link.isBusy() && now - link.lastUseNanos() > KEPT_NANOS;
            if (old) {
                link.close();
            }
            return old || !link.isOpen();
        });
    }
}
