// SPDX-License-Identifier: Apache-2.0
package dev.understudy.server;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/** A client that asks inline and reads lines. */
final class LineClient implements AutoCloseable {
    private final Socket socket;
    private final BufferedReader in;

    LineClient(int port) throws IOException {
        socket = new Socket(InetAddress.getLoopbackAddress(), port);
        in = new BufferedReader(new InputStreamReader(socket.getInputStream(), StandardCharsets.ISO_8859_1));
    }

    void send(String command) throws IOException {
        socket.getOutputStream().write((command + "\r\n").getBytes(StandardCharsets.ISO_8859_1));
    }

    /** The next line, null at the end of the connection. */
    @Nullable
    String line() throws IOException {
        return in.readLine();
    }

    @Nullable
    String ask(String command) throws IOException {
        send(command);
        return line();
    }

    /** The value of a string that is a number, 0 if there is none. */
    long number(String key) throws IOException {
        String length = ask("GET " + key);
        if (length == null || !length.startsWith("$")) {
            throw new IOException("not a string: " + length);
        }
        return length.equals("$-1") ? 0 : Long.parseLong(String.valueOf(line()));
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
