// SPDX-License-Identifier: Apache-2.0
package dev.understudy.server.transport;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Connections whose peer ends its side, with a handler that answers at the end of the iteration, as the server's clients do. */
@Timeout(30)
class HalfClosedConnectionTest {
    private static final int CONNECTIONS = 50;

    private @Nullable NettyTransport transport;
    private final BlockingQueue<Throwable> bugs = new LinkedBlockingQueue<>();

    @AfterEach
    void closeAndLookForBugs() {
        if (transport != null) {
            transport.close();
        }
        assertThat(bugs).isEmpty();
    }

    private NettyTransport open(IoKind kind) {
        NettyTransport opened = NettyTransport.open(kind, "test-loop");
        opened.loop().onFault(bugs::add);
        transport = opened;
        return opened;
    }

    private static int listen(NettyTransport transport, LateEcho.Factory accept) {
        return switch (transport.listen(new Transport.TcpAddress("127.0.0.1", 0, 511), accept::of)) {
            case Transport.Listening listening -> listening.port();
            case Transport.NotListening(String reason) -> throw new AssertionError(reason);
        };
    }

    /** Says {@code times} as often what it hears, when all of an iteration's input has been read, and ends when the peer has. */
    private static final class LateEcho implements ConnectionHandler {
        private interface Factory {
            ConnectionHandler of(Connection connection);
        }

        private final Connection connection;
        private final int times;
        private byte[] heard = {};
        private boolean ended;
        final CompletableFuture<Cause> closed = new CompletableFuture<>();

        LateEcho(NettyTransport transport, Connection connection, int times) {
            this.connection = connection;
            this.times = times;
            transport.loop().beforeSleep(this::answer);
        }

        private void answer() {
            byte[] answer = heard;
            heard = new byte[0];
            for (int i = 0; i < times; i++) {
                connection.write(answer, 0, answer.length);
            }
            if (ended) {
                connection.closeAfterFlush();
            }
        }

        @Override
        public void onData(Inbound source) {
            heard = new byte[source.available()];
            source.read(heard, 0, heard.length);
        }

        @Override
        public void onEnd(Connection same) {
            ended = true;
        }

        @Override
        public void onClosed(Cause cause, String detail) {
            closed.complete(cause);
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"EPOLL", "NIO"})
    void whatIsAnsweredAtTheEndOfTheIterationStillGoesOut(IoKind kind) throws Exception {
        NettyTransport t = open(kind);
        BlockingQueue<LateEcho> accepted = new LinkedBlockingQueue<>();
        int port = listen(t, connection -> {
            LateEcho echo = new LateEcho(t, connection, 1);
            accepted.add(echo);
            return echo;
        });
        for (int i = 0; i < CONNECTIONS; i++) {
            try (Socket client = new Socket(InetAddress.getLoopbackAddress(), port)) {
                client.getOutputStream().write("PING".getBytes(StandardCharsets.US_ASCII));
                client.shutdownOutput();
                assertThat(new String(client.getInputStream().readAllBytes(), StandardCharsets.US_ASCII))
                        .isEqualTo("PING");
                assertThat(accepted.take().closed.get()).isEqualTo(ConnectionHandler.Cause.PEER);
            }
        }
    }

    /** In steps, so that the socket is full and has room again many times over after the end of the peer's side. */
    @ParameterizedTest
    @EnumSource(names = {"EPOLL", "NIO"})
    void aSlowReaderGetsAllOfIt(IoKind kind) throws Exception {
        NettyTransport t = open(kind);
        int times = 200_000;
        int port = listen(t, connection -> new LateEcho(t, connection, times));
        try (Socket client = new Socket(InetAddress.getLoopbackAddress(), port)) {
            client.getOutputStream().write("0123456789".repeat(10).getBytes(StandardCharsets.US_ASCII));
            client.shutdownOutput();
            long read = 0;
            byte[] part = new byte[50_000];
            for (int count; (count = client.getInputStream().read(part)) >= 0; read += count) {
                TimeUnit.MICROSECONDS.sleep(100);
            }
            assertThat(read).isEqualTo(100L * times);
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"EPOLL", "NIO"})
    void aPeerThatTakesNothingIsNotWaitedForLong(IoKind kind) throws Exception {
        NettyTransport t = open(kind);
        ((NettyLoop) t.loop()).lingerNanos = 200_000_000;
        BlockingQueue<LateEcho> accepted = new LinkedBlockingQueue<>();
        int port = listen(t, connection -> {
            LateEcho echo = new LateEcho(t, connection, 500_000);
            accepted.add(echo);
            return echo;
        });
        try (Socket client = new Socket(InetAddress.getLoopbackAddress(), port)) {
            client.getOutputStream().write("0123456789".repeat(10).getBytes(StandardCharsets.US_ASCII));
            client.shutdownOutput();
            assertThat(accepted.take().closed.get(20, TimeUnit.SECONDS)).isNotNull();
            assertThat(take(client)).as("bytes that were on their way").isLessThan(50_000_000L);
        }
    }

    private static long take(Socket client) {
        long read = 0;
        try {
            byte[] part = new byte[50_000];
            for (int count; (count = client.getInputStream().read(part)) >= 0; ) {
                read += count;
            }
        } catch (IOException reset) {
            // Also an end.
        }
        return read;
    }

    /** A handler that has nothing to do at the end leaves it to the transport. */
    @ParameterizedTest
    @EnumSource(names = {"EPOLL", "NIO"})
    void byDefaultTheConnectionEndsBehindWhatWasWritten(IoKind kind) throws Exception {
        NettyTransport t = open(kind);
        int port = listen(t, connection -> new ConnectionHandler() {
            @Override
            public void onData(Inbound source) {
                byte[] bytes = new byte[source.available()];
                source.read(bytes, 0, bytes.length);
                connection.write(bytes, 0, bytes.length);
            }

            @Override
            public void onClosed(Cause cause, String detail) {
                // The client sees it.
            }
        });
        try (Socket client = new Socket(InetAddress.getLoopbackAddress(), port)) {
            client.getOutputStream().write("PING".getBytes(StandardCharsets.US_ASCII));
            client.shutdownOutput();
            assertThat(new String(client.getInputStream().readAllBytes(), StandardCharsets.US_ASCII))
                    .isEqualTo("PING");
        }
    }
}
