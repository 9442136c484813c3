// SPDX-License-Identifier: Apache-2.0
package dev.understudy.server.transport;

import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Listens and dials, and runs the loop on which everything else happens. Names are resolved off the loop.
 *
 * <p>{@link #close} ends all: listeners, connections, the thread, and gives back descriptors and native memory.
 */
public interface Transport extends AutoCloseable {
    /** The loop of this transport. */
    LoopTasks loop();

    /**
     * Listens for TCP connections. From any thread; other threads than the loop's wait for the result. {@code accept} makes the handler
     * of each new connection, on the loop, or returns null to have it closed.
     */
    ListenResult listen(TcpAddress address, Function<Connection, @Nullable ConnectionHandler> accept);

    /**
     * Listens on a Unix domain socket at {@code path}; a socket that is there already is replaced, as Redis does, and the file removed
     * when the listener closes. {@code permissions} as in chmod(2), -1 for the process's defaults.
     */
    ListenResult listenUnix(String path, int permissions, Function<Connection, @Nullable ConnectionHandler> accept);

    /** Connects, trying the addresses of {@code host} one by one; the outcome comes on the loop, never from inside this call. */
    Dial dial(DialTarget target, DialHandler handler);

    /** Native bytes that hold what was written to all connections and has not gone out; on the loop. */
    default long outputBytes() {
        return 0;
    }

    /** What {@link #outputBytes} may come to, bytes: beyond that writing fails, which closes the connection. */
    default long outputBytesMax() {
        return Long.MAX_VALUE;
    }

    /** What is behind, in words: {@code epoll}, {@code nio}, {@code io_uring}. */
    String name();

    /** The process's descriptors, as they are now. From any thread. */
    default Descriptors descriptors() {
        return Descriptors.UNKNOWN;
    }

    /** Closes everything and waits until the thread has ended, unless it is the loop's own: then it ends soon after. */
    @Override
    void close();

    /** An address to bind: {@code host} numeric, a name, {@code *} (every IPv4 address) or {@code ::*} (every IPv6 address). */
    record TcpAddress(String host, int port, int backlog) {}

    /**
     * Whom to dial. {@code host} is an address, a name, or a path when {@code port} is 0 and it begins with a slash; {@code source} is the
     * local address to use where possible, as Redis's bind-source-addr; {@code timeoutNanos} holds for each address.
     */
    record DialTarget(String host, int port, @Nullable String source, long timeoutNanos) {}

    /** Learns how dialling ended: exactly one of the calls, on the loop, and none after {@link Dial#cancel}. */
    interface DialHandler {
        /** The connection is up; returns its handler. */
        ConnectionHandler onConnected(Connection connection);

        /** It failed: {@code Connection refused}, {@code Connection timed out}, {@code Name or service not known} ... */
        void onFailed(String reason);
    }

    /** An attempt to connect. */
    interface Dial {
        /** Gives up, on the loop; harmless when it has ended. */
        void cancel();
    }

    /** How listening went. */
    sealed interface ListenResult {}

    /** It works; {@code port} is the real one where 0 was asked for, 0 for Unix sockets. */
    record Listening(Listener listener, int port) implements ListenResult {}

    /** It does not: the system's words, such as {@code Address already in use}. */
    record NotListening(String reason) implements ListenResult {}

    /** A listening socket. */
    interface Listener {
        /** Stops listening; accepted connections stay. From any thread; others than the loop's wait. Harmless when repeated. */
        void close();
    }
}
