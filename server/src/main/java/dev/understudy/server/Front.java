// SPDX-License-Identifier: Apache-2.0
package dev.understudy.server;

import dev.understudy.server.aof.AofStart;
import dev.understudy.server.transport.Transport;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Brings the server to its clients: listens, loads, says when it is ready. Runs on the loop. */
public final class Front {
    private static final String EVERY_IPV4 = "*";
    private static final String EVERY_IPV6 = "::*";

    private final Server server;
    private final DescriptorLimit descriptors;
    private final List<Transport.Listener> tcp = new ArrayList<>();
    private Transport.@Nullable Listener unix;
    private int port;

    Front(Server server) {
        this.server = server;
        this.descriptors = new DescriptorLimit(server);
    }

    /** The TCP port that we listen on, 0 if none. */
    public int port() {
        return port;
    }

    void start(Consumer<StartOutcome> outcome) {
        String failure = descriptors.adjust();
        if (failure == null) {
            failure = listen();
        }
        if (failure != null) {
            server.log().warning(failure);
            refuse(failure, outcome);
            return;
        }
        // Whoever reads this may connect.
        server.log().notice("Server initialized");
        server.replication().updateRole();
        server.persistence().saver().removeLeftovers();
        new AofStart(server).load(error -> {
            if (error != null) {
                refuse(error, outcome);
                return;
            }
            server.replication().start();
            server.cron().start();
            if (port != 0) {
                server.log().notice("Ready to accept connections tcp");
            }
            if (unix != null) {
                server.log().notice("Ready to accept connections unix");
            }
            outcome.accept(new StartOutcome.Ready(port));
        });
    }

    /** Until whoever started us ends us, those who have connected meanwhile must not find a server without data. */
    private void refuse(String reason, Consumer<StartOutcome> outcome) {
        server.shutdown().serveNobody();
        outcome.accept(new StartOutcome.Failed(reason));
    }

    private @Nullable String listen() {
        int wanted = (int) server.settings().port.value();
        if (wanted != 0) {
            String failure = listenTcp(wanted, bindAddresses());
            if (failure != null) {
                return failure;
            }
        }
        String path = server.settings().unixsocket.value();
        if (path.isEmpty()) {
            return null;
        }
        if (!path.startsWith("/")) {
            // Redis has changed into dir by the time it binds.
            path = server.settings().dir.value() + "/" + path;
        }
        int permissions = (int) server.settings().unixsocketperm.value();
        return switch (server.ports()
                .transport()
                .listenUnix(path, permissions == 0 ? -1 : permissions, server.clients()::accept)) {
            case Transport.Listening listening -> {
                unix = listening.listener();
                yield null;
            }
            case Transport.NotListening(String reason) -> "Failed opening Unix socket: bind: " + reason;
        };
    }

    private List<String> bindAddresses() {
        return server.settings().bindAddresses();
    }

    /** Listens on a port at all addresses; one with a leading dash may fail. Nothing stays open after a failure. */
    private @Nullable String listenTcp(int wanted, List<String> addresses) {
        List<Transport.Listener> opened = new ArrayList<>();
        for (String address : addresses) {
            boolean optional = address.startsWith("-");
            String bare = optional ? address.substring(1) : address;
            String host = bare.equals("*") ? EVERY_IPV4 : bare.equals("::*") ? EVERY_IPV6 : bare;
            int backlog = (int) server.settings().tcpBacklog.value();
            switch (server.ports()
                    .transport()
                    .listen(new Transport.TcpAddress(host, wanted, backlog), server.clients()::accept)) {
                case Transport.Listening listening -> opened.add(listening.listener());
                case Transport.NotListening(String reason) -> {
                    if (!optional) {
                        server.log()
                                .warning("Warning: Could not create server TCP listening socket " + bare + ":" + wanted
                                        + ": bind: " + reason);
                        opened.forEach(Transport.Listener::close);
                        return "Failed listening on port " + wanted + " (tcp), aborting.";
                    }
                }
            }
        }
        tcp.addAll(opened);
        port = wanted;
        return null;
    }

    /** CONFIG SET bind: as {@link #relisten}, with the error text of that setting. */
    @Nullable
    String rebind() {
        return relisten() == null ? null : "Failed to bind to specified addresses.";
    }

    /** CONFIG SET port: opens the new listeners before the old ones close; returns the error text if that is impossible. */
    public @Nullable String relisten() {
        List<Transport.Listener> old = new ArrayList<>(tcp);
        tcp.clear();
        int wanted = (int) server.settings().port.value();
        int before = port;
        if (wanted == 0) {
            old.forEach(Transport.Listener::close);
            port = 0;
            return null;
        }
        if (wanted == before) {
            old.forEach(Transport.Listener::close);
            old.clear();
        }
        String failure = listenTcp(wanted, bindAddresses());
        if (failure != null) {
            tcp.addAll(old);
            return "Unable to listen on this port. Check server logs.";
        }
        old.forEach(Transport.Listener::close);
        return null;
    }

    /** Stops listening; connections stay. */
    void close() {
        tcp.forEach(Transport.Listener::close);
        tcp.clear();
        Transport.Listener listener = unix;
        if (listener != null) {
            listener.close();
            unix = null;
        }
    }
}
