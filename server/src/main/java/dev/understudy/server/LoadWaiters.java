// SPDX-License-Identifier: Apache-2.0
package dev.understudy.server;

import dev.understudy.commands.Session;
import dev.understudy.server.transport.LoopTasks;
import org.jspecify.annotations.Nullable;

/**
 * Clients whose commands came while a load had just begun. Redis's loop stands still until the first loading-process-events-interval-bytes are
 * loaded, so that nobody is told -LOADING because of a small data set, as a full resync often brings it. Here loads run beside the loop: what would
 * get -LOADING is postponed until the load is over, for as long as those bytes take at most. Confined to the command loop.
 */
final class LoadWaiters {
    /** What 2 MB take, with room for a busy machine. */
    private static final long NANOS_MAX = 50_000_000;

    private final Server server;
    private final PostponedClients waiting = new PostponedClients(true);
    private LoopTasks.@Nullable Timer timer;

    LoadWaiters(Server server) {
        this.server = server;
    }

    /** A load begins. */
    void begin() {
        end();
        timer = server.loop().schedule(NANOS_MAX, this::end);
    }

    /** The load is over, or has taken too long to be waited for. */
    void end() {
        if (timer == null) {
            return;
        }
        timer.cancel();
        timer = null;
        if (!waiting.isEmpty()) {
            // Not here: this may be within a change of the data or the role, which commands must not meet halfway.
            server.loop().execute(waiting::release);
        }
    }

    /** Postpones the present command of a client, if a load has just begun; returns whether it did. */
    boolean postpone(Session session) {
        if (timer == null || !(session instanceof Client client)) {
            return false;
        }
        waiting.add(client);
        return true;
    }
}
