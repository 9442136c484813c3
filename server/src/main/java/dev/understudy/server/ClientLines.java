// SPDX-License-Identifier: Apache-2.0
package dev.understudy.server;

import dev.understudy.commands.Command;
import dev.understudy.commands.Session;

/** Clients as CLIENT LIST, CLIENT INFO and log messages print them (catClientInfoString). */
final class ClientLines {
    private ClientLines() {}

    static String describe(Client client, long nowNanos) {
        Session.Transaction transaction = client.transaction();
        Command current = client.current();
        return "id=" + client.id()
                + " addr=" + client.connection().peerAddress()
                + " laddr=" + client.connection().localAddress()
                + " fd=" + client.connection().descriptor()
                + " name=" + client.introduction().name()
                + " age=" + (nowNanos - client.createdNanos()) / 1_000_000_000L
                + " idle=" + (nowNanos - client.lastInteractionNanos()) / 1_000_000_000L
                + " flags=" + flags(client)
                + " db=" + client.database()
                + " sub=" + count(client, PubSub.Kind.CHANNEL)
                + " psub=" + count(client, PubSub.Kind.PATTERN)
                + " ssub=" + count(client, PubSub.Kind.SHARD)
                + " multi=" + (transaction == null ? -1 : transaction.size())
                + " qbuf=" + client.queryBytes()
                + " qbuf-free=" + client.decoder().writable()
                + " argv-mem=0"
                + " multi-mem=" + (transaction == null ? 0 : transaction.bytes())
                + " rbs=16384 rbp=0"
                + " obl=" + Math.min(client.outputBytes(), OutputWatch.BLOCK_BYTES)
                + " oll=" + OutputWatch.counted(client.outputBytes()) / OutputWatch.BLOCK_BYTES
                + " omem=" + OutputWatch.counted(client.outputBytes())
                + " tot-mem=" + memory(client)
                + " events=" + (client.connection().pendingBytes() > 0 ? "rw" : "r")
                + " cmd=" + (current == null ? "NULL" : current.name())
                + " user=" + "default"
                + " redir=-1"
                + " resp=" + (client.reply().resp3() ? 3 : 2)
                + " lib-name=" + client.introduction().libraryName()
                + " lib-ver=" + client.introduction().libraryVersion();
    }

    private static int count(Client client, PubSub.Kind kind) {
        return client.isSubscriber() ? client.subscriptions().count(kind) : 0;
    }

    /** The link to our master, which is no {@link Client} but shows as one. */
    static String describe(MasterLink link, long connectedNanos, long nowNanos) {
        Session session = link.stream().session();
        Command current = session.current();
        return "id=" + link.clientId()
                + " addr=" + link.peerAddress()
                + " laddr=" + link.localAddress()
                + " fd=" + link.connection().descriptor()
                + " name="
                + " age=" + (nowNanos - connectedNanos) / 1_000_000_000L
                + " idle=" + link.link().silentSeconds(nowNanos)
                + " flags=" + (session.transaction() == null ? "M" : "Mx")
                + " db=" + session.database()
                + " sub=0 psub=0 ssub=0"
                + " multi="
                + (session.transaction() == null ? -1 : session.transaction().size())
                + " qbuf=0 qbuf-free=0 argv-mem=0 multi-mem=0 rbs=1024 rbp=0 obl=0 oll=0 omem=0 tot-mem=1024 events=r"
                + " cmd=" + (current == null ? "NULL" : current.name())
                + " user=(superuser) redir=-1 resp=2 lib-name= lib-ver=";
    }

    /** Bytes that the client's buffers take. */
    static long memory(Client client) {
        ReplicaPeer replica = client.replica();
        return client.decoder().heldBytes() + client.outputBytes() + (replica == null ? 0 : replica.lagBytes()) + 1024;
    }

    private static String flags(Client client) {
        StringBuilder flags = new StringBuilder();
        append(flags, client.isReplica(), 'S');
        append(flags, client.isSubscriber(), 'P');
        append(flags, client.transaction() != null, 'x');
        append(flags, client.isBlocked(), 'b');
        append(flags, client.watchBroken(), 'd');
        append(flags, client.isClosing(), 'c');
        append(flags, client.connection().isUnixSocket(), 'U');
        append(flags, client.introduction().noEvict(), 'e');
        append(flags, client.noTouch(), 'T');
        return flags.isEmpty() ? "N" : flags.toString();
    }

    private static void append(StringBuilder flags, boolean on, char letter) {
        if (on) {
            flags.append(letter);
        }
    }
}
