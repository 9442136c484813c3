// SPDX-License-Identifier: Apache-2.0
package dev.understudy.server;

import dev.understudy.wire.Bytes;
import dev.understudy.wire.Glob;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Who listens to which channel, pattern and shard channel, and the delivery of messages to them (pubsub.c). A message is delivered once, to those who
 * listen when it is published, and kept for nobody; it reaches other servers only as the command that published it, through the replication stream.
 * Owned by the command loop.
 */
public final class PubSub {
    /** What can be subscribed to, with the first words of the messages about it. */
    public enum Kind {
        CHANNEL("subscribe", "unsubscribe", "message"),
        /** A glob pattern of channels. */
        PATTERN("psubscribe", "punsubscribe", "pmessage"),
        /** A channel of a namespace of its own, of which a cluster keeps the messages on one shard. */
        SHARD("ssubscribe", "sunsubscribe", "smessage");

        final String subscribed;
        final String unsubscribed;
        final String message;

        Kind(String subscribed, String unsubscribed, String message) {
            this.subscribed = subscribed;
            this.unsubscribed = unsubscribed;
            this.message = message;
        }
    }

    private final Map<Bytes, Set<Client>> channels = new HashMap<>();
    /** In the order in which they came into being, for that is the order of delivery. */
    private final Map<Bytes, Set<Client>> patterns = new LinkedHashMap<>();

    private final Map<Bytes, Set<Client>> shards = new HashMap<>();
    private int clients;

    private Map<Bytes, Set<Client>> listeners(Kind kind) {
        return switch (kind) {
            case CHANNEL -> channels;
            case PATTERN -> patterns;
            case SHARD -> shards;
        };
    }

    // ---- subscribing

    /** Adds a subscription, if it is new, and confirms it to the client. */
    public void subscribe(Client client, Kind kind, Bytes name) {
        Subscriptions mine = client.subscriptions();
        if (!mine.has(kind, name)) {
            Bytes own = name.copy();
            clients += mine.isAny() ? 0 : 1;
            mine.add(kind, own);
            listeners(kind).computeIfAbsent(own, _ -> new LinkedHashSet<>()).add(client);
        }
        mine.confirm(kind, kind.subscribed, name);
    }

    /** Ends a subscription, if there is such a one, and confirms that to the client in any case. */
    public void unsubscribe(Client client, Kind kind, Bytes name) {
        Subscriptions mine = client.subscriptions();
        if (mine.remove(kind, name)) {
            forget(client, kind, name);
            clients -= mine.isAny() ? 0 : 1;
        }
        mine.confirm(kind, kind.unsubscribed, name);
    }

    /** Ends all subscriptions of a kind, and confirms each; a client without any is told so. */
    public void unsubscribeAll(Client client, Kind kind) {
        Subscriptions mine = client.subscriptions();
        List<Bytes> names = mine.names(kind);
        for (Bytes name : names) {
            unsubscribe(client, kind, name);
        }
        if (names.isEmpty()) {
            mine.confirm(kind, kind.unsubscribed, null);
        }
    }

    /** Ends all subscriptions of a client that is gone or has been reset, without a word to it. */
    public void leave(Client client) {
        if (!client.isSubscriber()) {
            return;
        }
        Subscriptions mine = client.subscriptions();
        for (Kind kind : Kind.values()) {
            for (Bytes name : mine.names(kind)) {
                mine.remove(kind, name);
                forget(client, kind, name);
            }
        }
        clients--;
    }

    private void forget(Client client, Kind kind, Bytes name) {
        listeners(kind).computeIfPresent(name, (_, present) -> {
            present.remove(client);
            return present.isEmpty() ? null : present;
        });
    }

    // ---- publishing

    /** Whether nobody listens to any channel or pattern, so that messages need not even be made. */
    boolean isIdle() {
        return channels.isEmpty() && patterns.isEmpty();
    }

    /**
     * Delivers a message to those who listen to the channel, then to those who listen to patterns that fit it; who does both gets it as often. Allocates
     * nothing if nobody listens.
     *
     * @return the number of deliveries
     */
    public int publish(Bytes channel, Bytes message) {
        int deliveries = deliver(Kind.CHANNEL, channel, message);
        if (patterns.isEmpty()) {
            return deliveries;
        }
        for (Map.Entry<Bytes, Set<Client>> pattern : patterns.entrySet()) {
            if (Glob.matches(pattern.getKey(), channel)) {
                for (Client client : pattern.getValue()) {
                    client.subscriptions().push(Kind.PATTERN, pattern.getKey(), channel, message);
                    deliveries++;
                }
            }
        }
        return deliveries;
    }

    /** As {@link #publish}, for a shard channel, to which no patterns apply. */
    public int publishToShard(Bytes channel, Bytes message) {
        return deliver(Kind.SHARD, channel, message);
    }

    private int deliver(Kind kind, Bytes channel, Bytes message) {
        Set<Client> present = listeners(kind).get(channel);
        if (present == null) {
            return 0;
        }
        for (Client client : present) {
            client.subscriptions().push(kind, null, channel, message);
        }
        return present.size();
    }

    // ---- figures

    /** Names of a kind that somebody has subscribed to; a view. */
    public Collection<Bytes> names(Kind kind) {
        return Collections.unmodifiableSet(listeners(kind).keySet());
    }

    /** Number of clients that have subscribed to this very name. */
    public int listenersOf(Kind kind, Bytes name) {
        Set<Client> present = listeners(kind).get(name);
        return present == null ? 0 : present.size();
    }

    /** Number of clients with any subscription. */
    public int clients() {
        return clients;
    }
}
