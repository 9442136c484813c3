// SPDX-License-Identifier: Apache-2.0
package dev.understudy.simulation;

import dev.understudy.server.transport.Connection;
import dev.understudy.server.transport.ConnectionHandler;
import dev.understudy.server.transport.Inbound;
import dev.understudy.server.transport.Transport;
import dev.understudy.wire.RespReader;
import dev.understudy.wire.Value;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** A client of one node, on a host of its own or beside the server. It dials when it has something to say and no connection. */
final class SimClient implements ConnectionHandler, Transport.DialHandler {
    private static final long TIMEOUT_NANOS = 2 * Scheduler.SECONDS;
    private static final long PATIENCE_NANOS = 20 * Scheduler.SECONDS;

    private final Scheduler scheduler;
    private final String name;
    private final String targetHost;
    private final SimTransport transport;
    private final byte[] buffer = new byte[16 * 1024];
    private RespReader reader = new RespReader();
    private @Nullable Connection connection;
    private boolean dialling;
    private int waiting;
    private long heardNanos;
    private long replies;
    private long errors;
    private Consumer<Value> listener = _ -> {};
    private Runnable lost = () -> {};

    SimClient(Simulation simulation, String name, String host, String targetHost) {
        this.scheduler = simulation.scheduler;
        this.name = name;
        this.targetHost = targetHost;
        SimLoop loop = new SimLoop(scheduler, scheduler.random(), () -> {});
        this.transport = new SimTransport(simulation.network, host, loop);
    }

    /** Has {@code newListener} see every reply. */
    void listener(Consumer<Value> newListener) {
        listener = newListener;
    }

    /** Has {@code newLost} told when the connection has been lost, and with it the replies to come. */
    void onLost(Runnable newLost) {
        lost = newLost;
    }

    /** Closes the connection. */
    void hangUp() {
        Connection open = connection;
        connection = null;
        waiting = 0;
        if (open != null) {
            open.close();
        }
    }

    /** Closes a connection that has not answered for long. */
    void giveUpIfSilent() {
        Connection silent = connection;
        if (silent != null && waiting > 0 && scheduler.nowNanos() - heardNanos > PATIENCE_NANOS) {
            silent.close();
            connection = null;
            waiting = 0;
        }
    }

    /** Whether there is a connection; dials if not. */
    boolean isConnected() {
        if (connection == null && !dialling) {
            dialling = true;
            transport.dial(new Transport.DialTarget(targetHost, SimNode.PORT, null, TIMEOUT_NANOS), this);
        }
        return connection != null;
    }

    /** Sends so many requests, if there is a connection. */
    void send(byte[] bytes, int length, int requests) {
        Connection open = connection;
        if (open != null) {
            heardNanos = waiting == 0 ? scheduler.nowNanos() : heardNanos;
            waiting += requests;
            open.write(bytes, 0, length);
        }
    }

    /** Requests without reply so far. */
    int waiting() {
        return waiting;
    }

    long replies() {
        return replies;
    }

    long errors() {
        return errors;
    }

    @Override
    public ConnectionHandler onConnected(Connection made) {
        dialling = false;
        connection = made;
        reader = new RespReader();
        waiting = 0;
        return this;
    }

    @Override
    public void onFailed(String reason) {
        dialling = false;
    }

    @Override
    public void onData(Inbound source) {
        heardNanos = scheduler.nowNanos();
        while (source.available() > 0) {
            int count = source.read(buffer, 0, buffer.length);
            reader.feed(buffer, 0, count);
        }
        Value value;
        while ((value = reader.next()) != null) {
            waiting--;
            replies++;
            listener.accept(value);
            if (value instanceof Value.Failure(String message)) {
                errors++;
                check(message);
            }
        }
        if (reader.broken() != null) {
            throw new Divergence(name + " got what is no reply: " + reader.broken());
        }
    }

    private void check(String message) {
        scheduler.note(name, "got " + message);
        if (message.startsWith("ERR unknown command") || message.contains("Bug")) {
            throw new Divergence(name + " got the error " + message);
        }
    }

    @Override
    public void onClosed(Cause cause, String detail) {
        if (cause != Cause.LOCAL) {
            connection = null;
            waiting = 0;
            lost.run();
        }
    }
}
