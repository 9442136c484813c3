// SPDX-License-Identifier: Apache-2.0
package dev.understudy.app;

import dev.understudy.wire.CommandEncoder;
import dev.understudy.wire.RespReader;
import dev.understudy.wire.Value;
import java.io.EOFException;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;

/** A small blocking client of a server on this machine, for the demo and the warm-up. Confined to one thread. */
public final class RespClient implements AutoCloseable {
    private static final int TIMEOUT_MILLIS = 10_000;
    private static final int READ_BYTES = 16 * 1024;

    private final Socket socket;
    private final OutputStream out;
    private final CommandEncoder encoder = new CommandEncoder();
    private final RespReader reader = new RespReader();
    private final byte[] received = new byte[READ_BYTES];

    /** Connects to {@code port} of the loopback address. */
    public RespClient(int port) throws IOException {
        socket = new Socket();
        try {
            socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), TIMEOUT_MILLIS);
            socket.setTcpNoDelay(true);
            socket.setSoTimeout(TIMEOUT_MILLIS);
            out = socket.getOutputStream();
        } catch (IOException failure) {
            socket.close();
            throw failure;
        }
    }

    /** Adds a command to those that {@link #flush} sends. */
    public void add(String... words) {
        encoder.command(words);
    }

    /** Sends what was added. */
    public void flush() throws IOException {
        out.write(encoder.array(), 0, encoder.length());
        encoder.clear();
    }

    /** The next reply; an IOException when none comes within 10 seconds. */
    public Value read() throws IOException {
        Value value = reader.next();
        while (value == null) {
            int count = socket.getInputStream().read(received);
            if (count < 0) {
                throw new EOFException("the server closed the connection");
            }
            reader.feed(received, 0, count);
            value = reader.next();
            if (value == null && reader.broken() != null) {
                throw new IOException(reader.broken());
            }
        }
        return value;
    }

    /** One command and its reply. */
    public Value call(String... words) throws IOException {
        add(words);
        flush();
        return read();
    }

    @Override
    public void close() {
        try {
            socket.close();
        } catch (IOException gone) {
            assert socket.isClosed();
        }
    }
}
