// SPDX-License-Identifier: Apache-2.0
package dev.understudy.interop.fuzz;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import dev.understudy.wire.CommandEncoder;
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.util.ArrayList;
import java.util.List;

/** A connection that sends commands and gives replies as they come. Confined to one thread. */
final class Link implements AutoCloseable {
    private static final int SILENCE_MILLIS_MAX = 10_000;
    private static final int READ_BYTES = 64 * 1024;

    private final Socket socket = new Socket();
    private final InputStream in;
    private final CommandEncoder encoder = new CommandEncoder();

    Link(int port) {
        try {
            socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), SILENCE_MILLIS_MAX);
            socket.setTcpNoDelay(true);
            socket.setSoTimeout(SILENCE_MILLIS_MAX);
            in = new BufferedInputStream(socket.getInputStream(), READ_BYTES);
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }

    /** Adds a command to what {@link #flush} sends. */
    void add(byte[]... words) {
        encoder.begin(words.length);
        for (byte[] word : words) {
            encoder.argument(word);
        }
    }

    void flush() {
        try {
            socket.getOutputStream().write(encoder.array(), 0, encoder.length());
        } catch (IOException gone) {
            // Reading tells how the connection ended.
        } finally {
            encoder.clear();
        }
    }

    /** Sends bytes as they are. */
    void raw(byte[] bytes) {
        try {
            socket.getOutputStream().write(bytes);
        } catch (IOException gone) {
            // Reading tells how the connection ended.
        }
    }

    Reply call(byte[]... words) {
        add(words);
        flush();
        return read();
    }

    Reply call(String... words) {
        byte[][] bytes = new byte[words.length][];
        for (int i = 0; i < words.length; i++) {
            bytes[i] = Words.bytes(words[i]);
        }
        return call(bytes);
    }

    /** The next reply, {@link Reply#CLOSED} at the end of the connection. @throws IllegalStateException when none comes */
    Reply read() {
        try {
            return reply();
        } catch (EOFException | SocketException ended) {
            return Reply.CLOSED;
        } catch (SocketTimeoutException silent) {
            throw new IllegalStateException("no reply within " + SILENCE_MILLIS_MAX + " ms", silent);
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }

    /** Whether a reply begins to arrive within that time; so does the end of the connection. */
    boolean answersWithin(int millis) {
        try {
            in.mark(1);
            socket.setSoTimeout(millis);
            int first = in.read();
            if (first >= 0) {
                in.reset();
            }
            return true;
        } catch (SocketTimeoutException silent) {
            return false;
        } catch (IOException ended) {
            return true;
        } finally {
            patient();
        }
    }

    private void patient() {
        try {
            socket.setSoTimeout(SILENCE_MILLIS_MAX);
        } catch (SocketException gone) {
            // Reading tells how the connection ended.
        }
    }

    private Reply reply() throws IOException {
        int type = in.read();
        if (type < 0) {
            throw new EOFException();
        }
        byte[] line = line();
        return switch ((char) type) {
            case '$', '=', '!' -> blob((char) type, line);
            case '*', '~', '>' -> aggregate((char) type, line, 1);
            case '%' -> aggregate('%', line, 2);
            case '+', '-', ':', ',', '#', '(', '_' -> new Reply((char) type, line, List.of());
            default -> throw new IllegalStateException("no reply: " + (char) type + new String(line, ISO_8859_1));
        };
    }

    private Reply blob(char type, byte[] line) throws IOException {
        int length = length(line);
        if (length < 0) {
            return new Reply('_', line, List.of());
        }
        byte[] text = in.readNBytes(length);
        if (text.length < length || in.readNBytes(2).length < 2) {
            throw new EOFException();
        }
        return new Reply(type, text, List.of());
    }

    private Reply aggregate(char type, byte[] line, int factor) throws IOException {
        int length = length(line);
        if (length < 0) {
            return new Reply(type, line, List.of());
        }
        List<Reply> parts = new ArrayList<>();
        for (int i = 0; i < length * factor; i++) {
            parts.add(reply());
        }
        return new Reply(type, new byte[0], parts);
    }

    private static int length(byte[] line) {
        return Integer.parseInt(new String(line, ISO_8859_1));
    }

    private byte[] line() throws IOException {
        ByteArrayOutputStream line = new ByteArrayOutputStream();
        for (int b = in.read(); b != '\r'; b = in.read()) {
            if (b < 0) {
                throw new EOFException();
            }
            line.write(b);
        }
        if (in.read() != '\n') {
            throw new IllegalStateException("CR without LF after " + line);
        }
        return line.toByteArray();
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
