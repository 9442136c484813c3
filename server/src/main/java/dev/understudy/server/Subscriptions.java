// SPDX-License-Identifier: Apache-2.0
package dev.understudy.server;

import dev.understudy.wire.Bytes;
import dev.understudy.wire.ReplyChunks;
import dev.understudy.wire.RespWriter;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What one client listens to, and how messages get into its output: whatever CLIENT REPLY says, and never inside a reply. Those that a client causes to
 * itself wait until its command, or its whole transaction, has been answered; confirmations of (un)subscribing are the answer and stand where they arise
 * (CLIENT_PUSHING and pending_push_messages of networking.c). Owned by the command loop.
 */
final class Subscriptions {
    /** The first words of messages, ready. */
    private static final byte[][] MESSAGES = Arrays.stream(PubSub.Kind.values())
            .map(kind -> kind.message.getBytes(StandardCharsets.US_ASCII))
            .toArray(byte[][]::new);

    /** What a subscription takes beside its name, here and in the server's maps. */
    private static final int NAME_BYTES = 300;

    private final Client client;
    private final Set<Bytes> channels = new LinkedHashSet<>();
    private final Set<Bytes> patterns = new LinkedHashSet<>();
    private final Set<Bytes> shards = new LinkedHashSet<>();
    private long nameBytes;
    /** Messages that wait for the end of the command under way. */
    private final RespWriter held;

    Subscriptions(Client client, ReplyChunks chunks) {
        this.client = client;
        this.held = new RespWriter(chunks, client.output());
    }

    private Set<Bytes> of(PubSub.Kind kind) {
        return switch (kind) {
            case CHANNEL -> channels;
            case PATTERN -> patterns;
            case SHARD -> shards;
        };
    }

    boolean isAny() {
        return !channels.isEmpty() || !patterns.isEmpty() || !shards.isEmpty();
    }

    int count(PubSub.Kind kind) {
        return of(kind).size();
    }

    boolean has(PubSub.Kind kind, Bytes name) {
        return of(kind).contains(name);
    }

    /** A copy, in the order in which they came. */
    List<Bytes> names(PubSub.Kind kind) {
        return List.copyOf(of(kind));
    }

    /** Keeps {@code name} itself. */
    void add(PubSub.Kind kind, Bytes name) {
        if (of(kind).add(name)) {
            nameBytes += NAME_BYTES + name.length;
        }
    }

    boolean remove(PubSub.Kind kind, Bytes name) {
        boolean there = of(kind).remove(name);
        nameBytes -= there ? NAME_BYTES + name.length : 0;
        return there;
    }

    /** Confirms (un)subscribing with the number of subscriptions left: of channels and patterns together, or of shard channels. */
    void confirm(PubSub.Kind kind, String word, @Nullable Bytes name) {
        RespWriter out = client.reply();
        boolean before = out.suppressed();
        out.suppressed(false);
        out.push(3);
        out.bulk(word);
        if (name == null) {
            out.nil();
        } else {
            out.bulk(name);
        }
        out.integer(kind == PubSub.Kind.SHARD ? shards.size() : channels.size() + patterns.size());
        out.suppressed(before);
    }

    /** Delivers a message; {@code pattern} is what made it come here, null if that was the channel itself. */
    void push(PubSub.Kind kind, @Nullable Bytes pattern, Bytes channel, Bytes message) {
        if (!client.isOpen()) {
            return;
        }
        if (client.isReplica()) {
            // It subscribed before PSYNC: in the middle of the stream a message would be nonsense.
            client.refuseReply();
            return;
        }
        RespWriter out = client.isExecuting() ? held : client.reply();
        boolean before = out.suppressed();
        out.suppressed(false);
        out.protocol(client.reply().resp3() ? 3 : 2);
        out.push(pattern == null ? 3 : 4);
        out.bulk(MESSAGES[kind.ordinal()]);
        if (pattern != null) {
            out.bulk(pattern);
        }
        out.bulk(channel);
        out.bulk(message);
        out.suppressed(before);
        client.queueFlush();
        // Here and not only when the replies go out, for a publisher's pipeline may be long.
        client.output().checkLimit();
    }

    /** The client's command has been answered: what came meanwhile follows. */
    void release() {
        if (held.pendingBytes() > 0) {
            RespWriter out = client.reply();
            boolean before = out.suppressed();
            out.suppressed(false);
            held.drainTo(out::raw);
            out.suppressed(before);
        }
    }

    /** Bytes of heap that the subscriptions take, about. */
    long nameBytes() {
        return nameBytes;
    }

    long heldBytes() {
        return held.pendingBytes();
    }

    /** Gives the buffers back. */
    void clear() {
        held.clear();
    }
}
