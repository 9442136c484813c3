// SPDX-License-Identifier: Apache-2.0
package dev.understudy.server;

import java.util.ArrayList;
import java.util.List;

/** Tells the listeners of a server what happens. Owned by the command loop; {@link #add} before the server starts. */
final class Events {
    private final ServerLog log;
    private final List<ServerListener> listeners = new ArrayList<>();

    Events(ServerLog log) {
        this.log = log;
    }

    void add(ServerListener listener) {
        listeners.add(listener);
    }

    /** Tells all listeners, in the order in which they were added, whatever one of them does. */
    void tell(ServerEvent event) {
        for (ServerListener listener : listeners) {
            try {
                listener.on(event);
            } catch (RuntimeException | Error bug) {
                log.warning("A listener failed at " + event + ": " + BugReport.of(bug));
            }
        }
    }
}
