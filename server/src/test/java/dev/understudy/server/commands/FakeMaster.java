// SPDX-License-Identifier: Apache-2.0
package dev.understudy.server.commands;

import static org.assertj.core.api.Assertions.assertThat;

import dev.understudy.server.transport.Connection;
import dev.understudy.server.transport.ConnectionHandler;
import dev.understudy.server.transport.Inbound;
import java.io.ByteArrayOutputStream;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;

/** The master that the server under test has dialled, played by the test in bytes: one connection. */
final class FakeMaster implements Connection {
    private final FakeMachine machine;
    private final ByteArrayOutputStream received = new ByteArrayOutputStream();
    private final ConnectionHandler handler;
    private boolean open = true;

    /** Takes the connection that the server waits for. */
    FakeMaster(FakeMachine machine) {
        this.machine = machine;
        assertThat(machine.dials).as("connections dialled").hasSize(1);
        handler = machine.dials.remove().onConnected(this);
        machine.settle();
    }

    /** Goes through the handshake up to PSYNC; returns what was sent then, with line ends as {@code |}. */
    String shakeHands() {
        assertThat(taken()).contains("PING");
        say("+PONG\r\n");
        int questions = taken().split("\\*\\d+\\|").length - 1;
        say("+OK\r\n".repeat(questions));
        return taken();
    }

    /** Announces a full sync and sends the payload, as a file of known length. */
    void sendFile(String id, long offset, byte[] payload) {
        shakeHands();
        say("+FULLRESYNC " + id + " " + offset + "\r\n");
        say("$" + payload.length + "\r\n");
        send(payload);
    }

    /** Announces a full sync and sends the payload, with a mark after it. */
    void sendMarked(String id, long offset, byte[] payload) {
        shakeHands();
        say("+FULLRESYNC " + id + " " + offset + "\r\n");
        String mark = "5".repeat(40);
        say("$EOF:" + mark + "\r\n");
        send(payload);
        say(mark);
    }

    void say(String text) {
        send(text.getBytes(StandardCharsets.ISO_8859_1));
    }

    void send(byte[] bytes) {
        if (!open) {
            return;
        }
        handler.onData(new Inbound() {
            private int at;

            @Override
            public int available() {
                return bytes.length - at;
            }

            @Override
            public int read(byte[] target, int offset, int length) {
                int count = Math.min(length, available());
                System.arraycopy(bytes, at, target, offset, count);
                at += count;
                return count;
            }
        });
        machine.settle();
    }

    /** The link breaks. */
    void cut() {
        open = false;
        handler.onClosed(ConnectionHandler.Cause.PEER, "connection lost");
        machine.settle();
    }

    /** What has come since. */
    String taken() {
        String text = received.toString(StandardCharsets.ISO_8859_1).replace("\r\n", "|");
        received.reset();
        return text;
    }

    @Override
    public void write(byte[] array, int offset, int length) {
        if (open) {
            received.write(array, offset, length);
        }
    }

    @Override
    public void write(MemorySegment source, long offset, int length) {
        write(source.asSlice(offset, length).toArray(ValueLayout.JAVA_BYTE), 0, length);
    }

    @Override
    public void close() {
        if (open) {
            open = false;
            machine.execute(() -> handler.onClosed(ConnectionHandler.Cause.LOCAL, ""));
        }
    }

    @Override
    public void closeAfterFlush() {
        close();
    }

    @Override
    public boolean isOpen() {
        return open;
    }

    @Override
    public long pendingBytes() {
        return 0;
    }

    @Override
    public boolean isWritable() {
        return true;
    }

    @Override
    public void pauseReading() {}

    @Override
    public void resumeReading() {}

    @Override
    public String peerAddress() {
        return "10.9.9.9:7000";
    }

    @Override
    public String localAddress() {
        return "10.0.0.2:50000";
    }

    @Override
    public String peerHost() {
        return "10.9.9.9";
    }

    @Override
    public String localHost() {
        return "10.0.0.2";
    }

    @Override
    public boolean isUnixSocket() {
        return false;
    }

    @Override
    public boolean isLocal() {
        return false;
    }

    @Override
    public int descriptor() {
        return 8;
    }

    @Override
    public void noDelay(boolean on) {}

    @Override
    public void keepAlive(int seconds) {}
}
