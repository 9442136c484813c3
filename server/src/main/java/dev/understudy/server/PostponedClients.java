// SPDX-License-Identifier: Apache-2.0
package dev.understudy.server;

import java.util.ArrayList;
import java.util.List;

/** Clients that are blocked with the request that they sent, until it can be executed; in the order in which they came. Confined to the command loop. */
final class PostponedClients {
    private final List<Client> waiting = new ArrayList<>();

    boolean isEmpty() {
        return waiting.isEmpty();
    }

    /** Keeps the present request of a client for {@link #release}. */
    void add(Client client) {
        client.postpone(() -> waiting.remove(client));
        waiting.add(client);
    }

    /** Executes all requests, which may be postponed once more. */
    void release() {
        List<Client> released = new ArrayList<>(waiting);
        waiting.clear();
        released.forEach(Client::unblockPostponed);
    }
}
