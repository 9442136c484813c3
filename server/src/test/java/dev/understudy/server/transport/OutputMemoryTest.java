// SPDX-License-Identifier: Apache-2.0
package dev.understudy.server.transport;

import static org.assertj.core.api.Assertions.assertThat;

import dev.understudy.server.transport.ConnectionHandler.Cause;
import dev.understudy.server.transport.Transport.Listening;
import dev.understudy.server.transport.Transport.TcpAddress;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** When there is no memory for what is written, that connection ends, as a failed one, and no other notices. */
@Timeout(30)
class OutputMemoryTest {
    private static final int LIMIT = 256 * 1024;

    /** A server's end of a connection. */
    private static final class Ours implements ConnectionHandler {
        final Connection connection;
        final CompletableFuture<Cause> closed = new CompletableFuture<>();
        final CompletableFuture<String> detail = new CompletableFuture<>();

        Ours(Connection connection) {
            this.connection = connection;
        }

        @Override
        public void onData(Inbound source) {
            byte[] sink = new byte[source.available()];
            source.read(sink, 0, sink.length);
        }

        @Override
        public void onClosed(Cause cause, String why) {
            closed.complete(cause);
            detail.complete(why);
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"EPOLL", "NIO"})
    void aWriteWithoutMemoryClosesItsConnectionAndSparesTheOthers(IoKind kind) throws Exception {
        BlockingQueue<Throwable> bugs = new LinkedBlockingQueue<>();
        BlockingQueue<Ours> accepted = new LinkedBlockingQueue<>();
        try (NettyTransport transport = NettyTransport.open(kind, "test-loop")) {
            transport.loop().onFault(bugs::add);
            var listening = (Listening) transport.listen(new TcpAddress("127.0.0.1", 0, 511), connection -> {
                Ours ours = new Ours(connection);
                accepted.add(ours);
                return ours;
            });
            try (Socket greedyPeer = new Socket(InetAddress.getLoopbackAddress(), listening.port());
                    Socket modestPeer = new Socket(InetAddress.getLoopbackAddress(), listening.port())) {
                Ours greedy = accepted.take();
                Ours modest = accepted.take();
                if (((java.net.InetSocketAddress) greedyPeer.getLocalSocketAddress()).getPort()
                        != port(greedy.connection)) {
                    Ours swapped = greedy;
                    greedy = modest;
                    modest = swapped;
                }
                Ours first = greedy;
                Ours second = modest;
                AtomicBoolean openAfterwards = new AtomicBoolean(true);
                transport.loop().execute(() -> {
                    ((NettyLoop) transport.loop()).writeBuffers.bytesMax(LIMIT);
                    byte[] tooMuch = new byte[2 * LIMIT];
                    first.connection.write(tooMuch, 0, tooMuch.length);
                    openAfterwards.set(first.connection.isOpen());
                    first.connection.write(tooMuch, 0, 10);
                    second.connection.write("fine".getBytes(java.nio.charset.StandardCharsets.US_ASCII), 0, 4);
                });
                assertThat(first.closed.get(5, TimeUnit.SECONDS)).isEqualTo(Cause.FAILURE);
                assertThat(first.detail.get()).startsWith("no buffer for output");
                assertThat(openAfterwards).isFalse();
                assertThat(modestPeer.getInputStream().readNBytes(4)).containsExactly('f', 'i', 'n', 'e');
                // A part of what failed never goes out.
                assertThat(readAll(greedyPeer.getInputStream())).isZero();
                CompletableFuture<Long> left = new CompletableFuture<>();
                transport.loop().execute(() -> left.complete(transport.outputBytes()));
                assertThat(left.get(5, TimeUnit.SECONDS)).isZero();
            }
        }
        assertThat(bugs).isEmpty();
    }

    private static int port(Connection connection) {
        String address = connection.peerAddress();
        return Integer.parseInt(address.substring(address.lastIndexOf(':') + 1));
    }

    private static int readAll(InputStream in) {
        try {
            return in.readAllBytes().length;
        } catch (java.io.IOException reset) {
            return 0;
        }
    }

    @Test
    void buffersAreCountedWhileTheyAreOut() {
        WriteBuffers buffers = new WriteBuffers();
        WriteBuffers.Returning small = buffers.take(10);
        WriteBuffers.Returning large = buffers.take(100_000);
        assertThat(buffers.bytes()).isEqualTo(WriteBuffers.SMALL_BYTES + WriteBuffers.LARGE_BYTES);
        small.release();
        assertThat(buffers.bytes()).isEqualTo(WriteBuffers.LARGE_BYTES);
        buffers.close();
        large.release();
        assertThat(buffers.bytes()).isZero();
    }
}
