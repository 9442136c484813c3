// SPDX-License-Identifier: Apache-2.0
package dev.understudy.server.transport;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.net.InetAddress;
import java.net.Socket;
import java.util.SplittableRandom;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What is written from native memory, as the stream is. */
@Timeout(30)
class NativeWriteTest {
    private @Nullable NettyTransport transport;
    private final BlockingQueue<Throwable> bugs = new LinkedBlockingQueue<>();

    @AfterEach
    void closeAndLookForBugs() {
        if (transport != null) {
            transport.close();
        }
        assertThat(bugs).isEmpty();
    }

    @ParameterizedTest
    @EnumSource(names = {"EPOLL", "NIO"})
    void nativeMemoryMayBeFreedAsSoonAsItIsWritten(IoKind kind) throws Exception {
        transport = NettyTransport.open(kind, "test-loop");
        NettyTransport t = transport;
        t.loop().onFault(bugs::add);
        CompletableFuture<Connection> accepted = new CompletableFuture<>();
        var listening = (Transport.Listening) t.listen(new Transport.TcpAddress("127.0.0.1", 0, 511), connection -> {
            accepted.complete(connection);
            return new Echo(connection);
        });
        byte[] data = new byte[1_000_003];
        new SplittableRandom(1).nextBytes(data);
        try (Socket client = new Socket(InetAddress.getLoopbackAddress(), listening.port())) {
            Connection connection = accepted.get();
            t.loop().execute(() -> {
                int[] lengths = {1, 0, 16 * 1024, 299_999};
                for (int from = 0, i = 0; from < data.length; i++) {
                    int length = Math.min(lengths[i % lengths.length], data.length - from);
                    try (Arena arena = Arena.ofConfined()) {
                        MemorySegment memory = arena.allocate(length + 10);
                        MemorySegment.copy(data, from, memory, ValueLayout.JAVA_BYTE, 5, length);
                        connection.write(memory, 5, length);
                        memory.fill((byte) 0xDD);
                    }
                    from += length;
                }
                connection.closeAfterFlush();
                connection.write(MemorySegment.ofArray(data), 0, 9);
            });
            assertThat(client.getInputStream().readAllBytes()).isEqualTo(data);
        }
    }
}
