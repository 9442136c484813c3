// SPDX-License-Identifier: Apache-2.0
package dev.understudy.simulation;

import dev.understudy.server.transport.Connection;
import dev.understudy.server.transport.ConnectionHandler;
import dev.understudy.server.transport.LoopTasks;
import dev.understudy.server.transport.Transport;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** The transport of one process on one host of the virtual network. */
final class SimTransport implements Transport {
    final String host;
    final SimLoop loop;
    private final SimNetwork network;
    private final Set<SimConnection> connections = new LinkedHashSet<>();
    private final List<Port> listening = new ArrayList<>();
    private Sabotage sabotage = Sabotage.none();
    private int shortWrites;

    SimTransport(SimNetwork network, String host, SimLoop loop) {
        this.network = network;
        this.host = host;
        this.loop = loop;
    }

    /** Has writes fail by {@code newSabotage}. */
    void sabotage(Sabotage newSabotage) {
        sabotage = newSabotage;
    }

    Sabotage sabotage() {
        return sabotage;
    }

    /** The system takes a few bytes only of each of the next so many flushes. */
    void shortWrites(int count) {
        shortWrites = count;
    }

    /** Whether a flush is to be a short one. */
    boolean isShort() {
        return shortWrites > 0 && shortWrites-- > 0;
    }

    /** A listening socket. */
    record Port(String address, SimTransport transport, Function<Connection, @Nullable ConnectionHandler> accept) {}

    @Override
    public LoopTasks loop() {
        return loop;
    }

    @Override
    public ListenResult listen(TcpAddress address, Function<Connection, @Nullable ConnectionHandler> accept) {
        if (address.host().startsWith("::") || address.host().startsWith("-::")) {
            return new NotListening("Address family not supported by protocol");
        }
        Port made = new Port(host + ":" + address.port(), this, accept);
        String refused = network.listen(made);
        if (refused != null) {
            return new NotListening(refused);
        }
        listening.add(made);
        return new Listening(() -> network.unlisten(made), address.port());
    }

    @Override
    public ListenResult listenUnix(
            String path, int permissions, Function<Connection, @Nullable ConnectionHandler> accept) {
        return new NotListening("Address family not supported by protocol");
    }

    @Override
    public Dial dial(DialTarget target, DialHandler handler) {
        Dialling dialling = new Dialling(target, handler);
        dialling.begin();
        return dialling;
    }

    /** An attempt to connect: there and back over the network. */
    private final class Dialling implements Dial {
        private final DialTarget target;
        private final DialHandler handler;
        private boolean over;

        Dialling(DialTarget target, DialHandler handler) {
            this.target = target;
            this.handler = handler;
        }

        void begin() {
            if (network.isUnreachable(host, target.host())) {
                fail(target.timeoutNanos(), SimNetwork.TIMED_OUT);
            } else {
                network.scheduler.after(network.link(host, target.host()).latencyNanos(), "dial", this::reach);
            }
        }

        private void fail(long delayNanos, String reason) {
            network.scheduler.after(
                    delayNanos,
                    "dialled",
                    () -> loop.ready(() -> {
                        if (!over) {
                            over = true;
                            handler.onFailed(reason);
                        }
                    }));
        }

        private void reach() {
            long backNanos = network.link(target.host(), host).latencyNanos();
            Port listener = network.listener(SimNetwork.address(target));
            if (listener == null || !SimNetwork.accepts(listener)) {
                fail(backNanos, SimNetwork.REFUSED);
                return;
            }
            SimConnection mine = network.connect(SimTransport.this, listener.transport(), target.port());
            SimConnection theirs = mine.peer();
            listener.transport().loop.ready(() -> {
                ConnectionHandler accepted = listener.accept().apply(theirs);
                if (accepted == null) {
                    theirs.close();
                } else {
                    theirs.start(accepted);
                }
            });
            network.scheduler.after(backNanos, "dialled", () -> loop.ready(() -> connected(mine)));
        }

        private void connected(SimConnection mine) {
            if (over) {
                mine.close();
            } else {
                over = true;
                mine.start(handler.onConnected(mine));
            }
        }

        @Override
        public void cancel() {
            over = true;
        }
    }

    @Override
    public String name() {
        return "simulated";
    }

    void keep(SimConnection connection) {
        connections.add(connection);
    }

    void forget(SimConnection connection) {
        connections.remove(connection);
    }

    List<SimConnection> connections() {
        return new ArrayList<>(connections);
    }

    /** Ends loop and listeners, as the end of the process does; connections are the network's to end. */
    @Override
    public void close() {
        listening.forEach(network::unlisten);
        listening.clear();
        loop.end();
    }
}
