// SPDX-License-Identifier: Apache-2.0
package dev.understudy.app;

import dev.understudy.server.ServerEvent;
import dev.understudy.server.ServerListener;
import dev.understudy.server.ServerLog;
import io.netty.channel.unix.Socket;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Tells the supervisor how the server is, as sd_notify(3) does: datagrams to the Unix socket that NOTIFY_SOCKET names. The JDK has no such
 * datagrams, Netty's native sockets do. From any thread.
 */
final class Systemd implements ServerListener {
    private final byte @Nullable [] address;
    private final ServerLog log;

    private Systemd(byte @Nullable [] address, ServerLog log) {
        this.address = address;
        this.log = log;
    }

    /**
     * The supervisor that {@code supervised} asks for: {@code no}, {@code systemd}, {@code auto} or {@code upstart}, of which the last is
     * not supported.
     */
    static Systemd of(String supervised, Map<String, String> environment, ServerLog log) {
        String socket = environment.get("NOTIFY_SOCKET");
        boolean wanted = supervised.equals("systemd") || supervised.equals("auto") && socket != null;
        if (supervised.equals("upstart")) {
            log.warning("supervised upstart is not supported, going on unsupervised.");
        }
        if (!wanted) {
            return new Systemd(null, log);
        }
        if (socket == null) {
            log.warning("systemd supervision requested, but NOTIFY_SOCKET not found!");
            return new Systemd(null, log);
        }
        byte[] address = socket.getBytes(StandardCharsets.UTF_8);
        if (address.length > 0 && address[0] == '@') {
            address[0] = 0; // An abstract name.
        }
        log.notice("supervised by systemd. Please make sure you set appropriate values for TimeoutStartSec and"
                + " TimeoutStopSec in your service unit.");
        return new Systemd(address, log);
    }

    /** Whether there is a supervisor: such a server stays in the foreground. */
    boolean isSupervising() {
        return address != null;
    }

    /** Before the data are loaded. */
    void loading() {
        tell("STATUS=Redis is loading...\n");
    }

    /** The server serves; as a replica it may still have old data, or none. */
    void ready(boolean replica) {
        tell(
                replica
                        ? "STATUS=Ready to accept connections in read-only mode. Waiting for MASTER <-> REPLICA sync\n"
                        : "STATUS=Ready to accept connections\n");
        tell("READY=1\n");
    }

    @Override
    public void on(ServerEvent event) {
        switch (event) {
            case ServerEvent.StatusChanged(String text) -> tell("STATUS=" + text + "\n");
            case ServerEvent.Stopping _ -> tell("STOPPING=1\n");
            default -> {}
        }
    }

    private void tell(String message) {
        byte[] to = address;
        if (to == null) {
            return;
        }
        try {
            Socket socket = Socket.newSocketDomainDgram();
            try {
                byte[] bytes = message.getBytes(StandardCharsets.UTF_8);
                ByteBuffer buffer = ByteBuffer.allocateDirect(bytes.length).put(bytes);
                socket.sendToDomainSocket(buffer, 0, bytes.length, to);
            } finally {
                socket.close();
            }
        } catch (IOException failure) {
            log.warning("Cannot notify systemd: " + failure.getMessage());
        } catch (LinkageError noNativeSockets) {
            log.warning("Cannot notify systemd without the native library of epoll.");
        }
    }
}
