// SPDX-License-Identifier: Apache-2.0
package dev.understudy.server;

import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * Clients that are blocked with the request that they sent, until it can be executed; in the order in which they came. A client leaves in
 * constant time, however many there are. Confined to the command loop.
 */
final class PostponedClients {
    private final boolean standsStill;
    private final Set<Client> waiting = new LinkedHashSet<>();

    /** @param standsStill whether Redis's loop stands still meanwhile, so that it would not hear either that a peer has ended its side */
    PostponedClients(boolean standsStill) {
        this.standsStill = standsStill;
    }

    boolean isEmpty() {
        return waiting.isEmpty();
    }

    /** Keeps the present request of a client for {@link #release}. */
    void add(Client client) {
        client.postpone(standsStill, () -> waiting.remove(client));
        waiting.add(client);
    }

    /** Executes all requests, which may be postponed once more. */
    void release() {
        List<Client> released = List.copyOf(waiting);
        waiting.clear();
        released.forEach(Client::unblockPostponed);
    }
}
