// SPDX-License-Identifier: Apache-2.0
package dev.understudy.server;

import dev.understudy.server.transport.Connection;
import dev.understudy.server.transport.ConnectionHandler;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** All connected clients, replicas' links included, by id. Owned by the command loop. */
public final class Clients {
    private static final String TOO_MANY = "-ERR max number of clients reached\r\n";
    private static final String NO_MEMORY =
            "-ERR max number of clients reached: the heap has no room for more connections\r\n";
    private static final String PROTECTED =
            "-DENIED Redis is running in protected mode because protected mode is enabled and no password is set for the"
                    + " default user. In this mode connections are only accepted from the loopback interface. If you want to"
                    + " connect from external computers to Redis you may adopt one of the following solutions: 1) Just disable"
                    + " protected mode sending the command 'CONFIG SET protected-mode no' from the loopback interface by"
                    + " connecting to Redis from the same host the server is running, however MAKE SURE Redis is not publicly"
                    + " accessible from internet if you do so. Use CONFIG REWRITE to make this change permanent. 2)"
                    + " Alternatively you can just disable the protected mode by editing the Redis configuration file, and"
                    + " setting the protected mode option to 'no', and then restarting the server. 3) If you started the"
                    + " server manually just for testing, restart it with the '--protected-mode no' option. 4) Set up an"
                    + " authentication password for the default user. NOTE: You only need to do one of the above things in"
                    + " order for the server to start accepting connections from the outside.\r\n";

    private final Server server;
    private final Map<Long, Client> byId = new LinkedHashMap<>();
    private long nextId = 1;
    private long peakInput;
    private long peakOutput;

    Clients(Server server) {
        this.server = server;
    }

    /** Makes the client of a new connection, or turns it away. */
    @Nullable
    ConnectionHandler accept(Connection connection) {
        if (server.shutdown().isOver()) {
            return null;
        }
        if (byId.size() >= server.settings().maxclients.value()) {
            return refuse(connection, TOO_MANY);
        }
        if (server.settings().protectedMode.on() && !server.needsPassword() && !connection.isLocal()) {
            return refuse(connection, PROTECTED);
        }
        if (!server.memory().connects()) {
            return refuse(connection, NO_MEMORY);
        }
        server.traffic().connectionsReceived++;
        Client client = new Client(server, connection, nextId++, server.nowNanos());
        connection.keepAlive((int) server.settings().tcpKeepalive.value());
        byId.put(client.id(), client);
        return client;
    }

    private @Nullable ConnectionHandler refuse(Connection connection, String error) {
        server.traffic().connectionsRejected++;
        byte[] text = error.getBytes(java.nio.charset.StandardCharsets.US_ASCII);
        connection.write(text, 0, text.length);
        connection.closeAfterFlush();
        return new Refused();
    }

    /** The handler of a connection that is only being told why it was refused. */
    private static final class Refused implements ConnectionHandler {
        @Override
        public void onData(dev.understudy.server.transport.Inbound source) {
            // What it sends does not matter any more.
        }

        @Override
        public void onClosed(Cause cause, String detail) {
            // Nobody waits for it.
        }
    }

    void remove(Client client) {
        byId.remove(client.id());
    }

    public @Nullable Client find(long id) {
        return byId.get(id);
    }

    /** All, in the order in which they connected. */
    public Collection<Client> all() {
        return byId.values();
    }

    /** A copy that may be walked while clients are closed. */
    public List<Client> snapshot() {
        return new ArrayList<>(byId.values());
    }

    /** Clients apart from replicas' links, as INFO counts connected_clients. */
    public int connected() {
        int count = 0;
        for (Client client : byId.values()) {
            count += client.isReplica() ? 0 : 1;
        }
        return count;
    }

    /** Bytes that the buffers of clients apart from replicas' links take. */
    public long memoryBytes() {
        long bytes = 0;
        for (Client client : byId.values()) {
            bytes += client.isReplica() ? 0 : ClientLines.memory(client);
        }
        return bytes;
    }

    public int blocked() {
        int count = 0;
        for (Client client : byId.values()) {
            count += client.isBlocked() ? 1 : 0;
        }
        return count;
    }

    /** The id that the link to our master, which is no connection of ours to count, goes by. */
    long takeId() {
        return nextId++;
    }

    /** Largest query buffer and output of the last samples, bytes, as INFO clients shows them. */
    public long peakInput() {
        return peakInput;
    }

    public long peakOutput() {
        return peakOutput;
    }

    /** Once a second: idle clients, output limits, buffers to shrink. */
    void tick() {
        long now = server.nowNanos();
        long timeoutSeconds = server.settings().timeout.value();
        peakInput = 0;
        peakOutput = 0;
        for (Client client : snapshot()) {
            peakInput = Math.max(peakInput, client.decoder().waitingBytes());
            peakOutput = Math.max(peakOutput, client.outputBytes());
            client.decoder().shrink();
            client.output().checkLimit();
            boolean mayIdle = client.isReplica() || client.isBlocked() || client.isSubscriber();
            if (timeoutSeconds > 0
                    && !mayIdle
                    && now - client.lastInteractionNanos() > timeoutSeconds * 1_000_000_000L) {
                server.log().verbose("Closing idle client");
                client.close();
            }
        }
    }
}
