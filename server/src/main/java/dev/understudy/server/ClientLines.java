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
                + " name=" + client.name()
                + " age=" + (nowNanos - client.createdNanos()) / 1_000_000_000L
                + " idle=" + (nowNanos - client.lastInteractionNanos()) / 1_000_000_000L
                + " flags=" + flags(client)
                + " db=" + client.database()
                + " sub=0 psub=0 ssub=0"
                + " multi=" + (transaction == null ? -1 : transaction.size())
                + " qbuf=" + client.decoder().waitingBytes()
                + " qbuf-free=" + client.decoder().writable()
                + " argv-mem=0"
                + " multi-mem=" + (transaction == null ? 0 : transaction.bytes())
                + " rbs=16384 rbp=0"
                + " obl=" + client.reply().pendingBytes()
                + " oll=" + (client.connection().pendingBytes() > 0 ? 1 : 0)
                + " omem=" + client.connection().pendingBytes()
                + " tot-mem=" + memory(client)
                + " events=" + (client.connection().pendingBytes() > 0 ? "rw" : "r")
                + " cmd=" + (current == null ? "NULL" : current.name())
                + " user=" + "default"
                + " redir=-1"
                + " resp=" + (client.reply().resp3() ? 3 : 2)
                + " lib-name=" + client.libraryName()
                + " lib-ver=" + client.libraryVersion();
    }

    /** Bytes that the client's buffers take. */
    static long memory(Client client) {
        ReplicaPeer replica = client.replica();
        return client.decoder().heldBytes()
                + client.outputBytes()
                + (replica == null ? 0 : replica.lagBytes())
                + 1024;
    }

    private static String flags(Client client) {
        StringBuilder flags = new StringBuilder();
        append(flags, client.isMonitor(), 'O');
        append(flags, client.isReplica() && !client.isMonitor(), 'S');
        append(flags, client.isSubscriber(), 'P');
        append(flags, client.transaction() != null, 'x');
        append(flags, client.isBlocked(), 'b');
        append(flags, client.watchBroken(), 'd');
        append(flags, client.isClosing(), 'c');
        append(flags, client.connection().isUnixSocket(), 'U');
        append(flags, client.noEvict(), 'e');
        append(flags, client.noTouch(), 'T');
        return flags.isEmpty() ? "N" : flags.toString();
    }

    private static void append(StringBuilder flags, boolean on, char letter) {
        if (on) {
            flags.append(letter);
        }
    }
}
