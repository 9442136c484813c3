// SPDX-License-Identifier: Apache-2.0
package dev.understudy.server;

import dev.understudy.server.transport.Connection;
import dev.understudy.server.transport.ConnectionHandler;
import dev.understudy.server.transport.Inbound;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** The connection to a server that keys are moved to, kept for the next ones. Owned by the command loop. */
final class MigrationLink implements ConnectionHandler {
    /** What a reply may be long: no server says more than a line of error text. */
    private static final int LINE_BYTES_MAX = 64 * 1024;

    /** Whoever waits for replies. */
    interface Listener {
        /** One reply, its type first and without its line end. */
        void replied(String line);

        /** There will be no more. */
        void lost();
    }

    private final Connection connection;
    private @Nullable Listener listener;
    private byte[] line = new byte[256];
    private int lineBytes;
    /** The database selected at the other side, -1 if that is not known. */
    private int database = -1;

    private long lastUseNanos;

    MigrationLink(Connection connection, long nowNanos) {
        this.connection = connection;
        this.lastUseNanos = nowNanos;
    }

    boolean isOpen() {
        return connection.isOpen();
    }

    /** Whether somebody waits for replies. */
    boolean isBusy() {
        return listener != null;
    }

    int database() {
        return database;
    }

    void selected(int newDatabase) {
        database = newDatabase;
    }

    /** When it was begun to be used last. */
    long lastUseNanos() {
        return lastUseNanos;
    }

    /** Begins to be used: {@code newListener} gets the replies. */
    void use(Listener newListener, long nowNanos) {
        listener = newListener;
        lastUseNanos = nowNanos;
    }

    /** Sends requests; they go out at the end of the iteration. */
    void send(byte[] requests, int bytes) {
        connection.write(requests, 0, bytes);
    }

    /** Nobody waits any more. */
    void leave() {
        listener = null;
    }

    /** Bytes that the system has not taken yet. */
    long pendingBytes() {
        return connection.pendingBytes();
    }

    void close() {
        listener = null;
        connection.close();
    }

    @Override
    public void onData(Inbound source) {
        byte[] part = new byte[Math.min(source.available(), LINE_BYTES_MAX)];
        while (source.available() > 0 && connection.isOpen()) {
            int count = source.read(part, 0, part.length);
            for (int i = 0; i < count && connection.isOpen(); i++) {
                take(part[i]);
            }
        }
    }

    private void take(byte next) {
        if (next != '\n') {
            if (lineBytes == LINE_BYTES_MAX) {
                lose();
                connection.close();
                return;
            }
            if (lineBytes == line.length) {
                line = Arrays.copyOf(line, lineBytes * 2);
            }
            line[lineBytes++] = next;
            return;
        }
        int length = lineBytes > 0 && line[lineBytes - 1] == '\r' ? lineBytes - 1 : lineBytes;
        String text = new String(line, 0, length, StandardCharsets.ISO_8859_1);
        lineBytes = 0;
        Listener waiting = listener;
        if (waiting == null) {
            // What nobody has asked for: whoever used this link next would take it for the answer.
            connection.close();
        } else {
            waiting.replied(text);
        }
    }

    private void lose() {
        Listener waiting = listener;
        listener = null;
        if (waiting != null) {
            waiting.lost();
        }
    }

    @Override
    public void onClosed(Cause cause, String detail) {
        lose();
    }
}
