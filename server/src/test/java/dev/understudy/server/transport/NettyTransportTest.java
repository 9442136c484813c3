// SPDX-License-Identifier: Apache-2.0
package dev.understudy.server.transport;

import static org.assertj.core.api.Assertions.assertThat;

import dev.understudy.server.transport.ConnectionHandler.Cause;
import dev.understudy.server.transport.Transport.DialTarget;
import dev.understudy.server.transport.Transport.Listening;
import dev.understudy.server.transport.Transport.NotListening;
import dev.understudy.server.transport.Transport.TcpAddress;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

@Timeout(30)
class NettyTransportTest {
    private static final long SECOND = 1_000_000_000L;

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

    private static int portOf(Transport.ListenResult result) {
        assertThat(result).isInstanceOf(Listening.class);
        return ((Listening) result).port();
    }

    private static TcpAddress local(int port) {
        return new TcpAddress("127.0.0.1", port, 511);
    }

    @ParameterizedTest
    @EnumSource(names = {"EPOLL", "NIO"})
    void tcpConnectionsAreEchoedAndKnowTheirAddresses(IoKind kind) throws Exception {
        NettyTransport t = open(kind);
        BlockingQueue<Echo> accepted = new LinkedBlockingQueue<>();
        int port = portOf(t.listen(local(0), connection -> {
            Echo echo = new Echo(connection);
            accepted.add(echo);
            connection.keepAlive(300);
            connection.noDelay(true);
            return echo;
        }));
        assertThat(port).isPositive();
        Echo echo;
        try (Socket client = new Socket(InetAddress.getLoopbackAddress(), port)) {
            byte[] data = new byte[3_000_000];
            new java.util.SplittableRandom(1).nextBytes(data);
            Thread sender = Thread.ofVirtual().start(() -> send(client, data));
            assertThat(client.getInputStream().readNBytes(data.length)).isEqualTo(data);
            sender.join();
            echo = accepted.take();
            assertThat(echo.connection.peerAddress()).isEqualTo("127.0.0.1:" + client.getLocalPort());
            assertThat(echo.connection.localAddress()).isEqualTo("127.0.0.1:" + port);
            assertThat(echo.connection.isLocal()).isTrue();
            assertThat(echo.connection.isUnixSocket()).isFalse();
        }
        assertThat(echo.closed.get()).isEqualTo("PEER");
        assertThat(echo.connection.isOpen()).isFalse();
    }

    private static void send(Socket socket, byte[] data) {
        try {
            socket.getOutputStream().write(data);
        } catch (IOException closed) {
            throw new java.io.UncheckedIOException(closed);
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"EPOLL", "NIO"})
    void unixSocketsAreEchoedAndTheirFileComesAndGoes(IoKind kind, @TempDir Path folder) throws Exception {
        NettyTransport t = open(kind);
        Path path = folder.resolve("s.sock");
        Files.writeString(path, "stale");
        BlockingQueue<Echo> accepted = new LinkedBlockingQueue<>();
        var result = t.listenUnix(path.toString(), 0700, connection -> {
            Echo echo = new Echo(connection);
            accepted.add(echo);
            return echo;
        });
        assertThat(result).isInstanceOf(Listening.class);
        assertThat(Files.getPosixFilePermissions(path)).hasToString("[OWNER_READ, OWNER_WRITE, OWNER_EXECUTE]");
        Echo echo;
        try (SocketChannel client = SocketChannel.open(StandardProtocolFamily.UNIX)) {
            client.connect(UnixDomainSocketAddress.of(path));
            client.write(ByteBuffer.wrap("hello".getBytes(StandardCharsets.US_ASCII)));
            ByteBuffer answer = ByteBuffer.allocate(5);
            while (answer.hasRemaining() && client.read(answer) >= 0) {}
            assertThat(new String(answer.array(), StandardCharsets.US_ASCII)).isEqualTo("hello");
            echo = accepted.take();
            assertThat(echo.connection.peerAddress()).isEqualTo(path + ":0");
            assertThat(echo.connection.isUnixSocket()).isTrue();
        }
        assertThat(echo.closed.get()).isEqualTo("PEER");
        ((Listening) result).listener().close();
        assertThat(path).doesNotExist();
    }

    @ParameterizedTest
    @EnumSource(names = {"EPOLL", "NIO"})
    void aClientThatSendsAndShutsDownStillGetsItsReply(IoKind kind) throws Exception {
        NettyTransport t = open(kind);
        int port = portOf(t.listen(local(0), Echo::new));
        for (int i = 0; i < 50; i++) {
            try (Socket client = new Socket(InetAddress.getLoopbackAddress(), port)) {
                client.getOutputStream().write("PING".getBytes(StandardCharsets.US_ASCII));
                client.shutdownOutput();
                assertThat(new String(client.getInputStream().readAllBytes(), StandardCharsets.US_ASCII))
                        .isEqualTo("PING");
            }
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"EPOLL", "NIO"})
    void aSlowReaderShowsInPendingBytesAndIsFedOnDemand(IoKind kind) throws Exception {
        NettyTransport t = open(kind);
        long total = 40_000_000;
        AtomicLong pendingMax = new AtomicLong();
        AtomicLong written = new AtomicLong();
        CountDownLatch full = new CountDownLatch(1);
        CompletableFuture<Long> drained = new CompletableFuture<>();
        byte[] block = new byte[50_000];
        int port = portOf(t.listen(local(0), connection -> new ConnectionHandler() {
            @Override
            public void onData(Inbound source) {
                source.read(new byte[source.available()], 0, source.available());
                feed();
            }

            void feed() {
                while (written.get() < total && connection.isWritable()) {
                    connection.write(block, 0, block.length);
                    written.addAndGet(block.length);
                }
                pendingMax.accumulateAndGet(connection.pendingBytes(), Math::max);
                if (written.get() < total) {
                    full.countDown();
                } else {
                    check();
                }
            }

            void check() {
                if (connection.pendingBytes() == 0) {
                    drained.complete(written.get());
                } else {
                    t.loop().schedule(1_000_000, this::check);
                }
            }

            @Override
            public void onWritable() {
                feed();
            }

            @Override
            public void onClosed(Cause cause, String detail) {}
        }));
        try (Socket client = new Socket(InetAddress.getLoopbackAddress(), port)) {
            client.getOutputStream().write(1);
            full.await();
            assertThat(client.getInputStream().readNBytes((int) total)).hasSize((int) total);
            assertThat(drained.get()).isEqualTo(total);
        }
        assertThat(pendingMax.get()).isBetween((long) Connection.HIGH_WATER_BYTES, 3L * Connection.HIGH_WATER_BYTES);
    }

    @ParameterizedTest
    @EnumSource(names = {"EPOLL", "NIO"})
    void unlimitedWritesToAStalledPeerArePackedAndArriveInOrder(IoKind kind) throws Exception {
        NettyTransport t = open(kind);
        CompletableFuture<Connection> accepted = new CompletableFuture<>();
        int port = portOf(t.listen(local(0), connection -> {
            accepted.complete(connection);
            return new Echo(connection);
        }));
        int count = 300_000;
        try (Socket client = new Socket(InetAddress.getLoopbackAddress(), port)) {
            Connection connection = accepted.get();
            CountDownLatch done = new CountDownLatch(1);
            AtomicInteger next = new AtomicInteger();
            Runnable[] step = new Runnable[1];
            step[0] = () -> {
                for (int i = 0; i < 1000; i++) {
                    byte[] line =
                            String.format("%019d\n", next.getAndIncrement()).getBytes(StandardCharsets.US_ASCII);
                    connection.write(line, 0, line.length);
                }
                if (next.get() < count) {
                    t.loop().execute(step[0]);
                } else {
                    connection.closeAfterFlush();
                    connection.write(new byte[9], 0, 9);
                    done.countDown();
                }
            };
            t.loop().execute(step[0]);
            done.await();
            byte[] all = client.getInputStream().readAllBytes();
            assertThat(all).hasSize(20 * count);
            for (int i = 0; i < count; i += 997) {
                assertThat(new String(all, 20 * i, 19, StandardCharsets.US_ASCII))
                        .isEqualTo(String.format("%019d", i));
            }
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"EPOLL", "NIO"})
    void closingTellsTheHandlerOnceAndNotFromInside(IoKind kind) throws Exception {
        NettyTransport t = open(kind);
        CompletableFuture<Echo> accepted = new CompletableFuture<>();
        int port = portOf(t.listen(local(0), connection -> {
            Echo echo = new Echo(connection);
            accepted.complete(echo);
            return echo;
        }));
        try (Socket client = new Socket(InetAddress.getLoopbackAddress(), port)) {
            Echo echo = accepted.get();
            CompletableFuture<Boolean> inside = new CompletableFuture<>();
            t.loop().execute(() -> {
                echo.connection.close();
                echo.connection.close();
                inside.complete(echo.closed.isDone());
            });
            assertThat(inside.get()).isFalse();
            assertThat(echo.closed.get()).isEqualTo("LOCAL");
            assertThat(client.getInputStream().read()).isEqualTo(-1);
        }
        try (Socket client = new Socket(InetAddress.getLoopbackAddress(), port)) {
            client.setSoLinger(true, 0);
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"EPOLL", "NIO"})
    void pausedReadingLeavesBytesWithThePeer(IoKind kind) throws Exception {
        NettyTransport t = open(kind);
        CompletableFuture<Echo> accepted = new CompletableFuture<>();
        int port = portOf(t.listen(local(0), connection -> {
            Echo echo = new Echo(connection);
            echo.answer = false;
            accepted.complete(echo);
            return echo;
        }));
        try (Socket client = new Socket(InetAddress.getLoopbackAddress(), port)) {
            Echo echo = accepted.get();
            CompletableFuture<Void> paused = new CompletableFuture<>();
            t.loop().execute(() -> {
                echo.connection.pauseReading();
                paused.complete(null);
            });
            paused.get();
            client.getOutputStream().write(new byte[100]);
            CompletableFuture<Integer> seen = new CompletableFuture<>();
            t.loop().execute(() -> t.loop().schedule(50_000_000, () -> seen.complete(echo.received.get())));
            assertThat(seen.get()).isZero();
            t.loop().execute(echo.connection::resumeReading);
            client.shutdownOutput();
            echo.closed.get();
            assertThat(echo.received).hasValue(100);
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"EPOLL", "NIO"})
    void diallingConnectsOrSaysWhyNot(IoKind kind) throws Exception {
        NettyTransport t = open(kind);
        int port = portOf(t.listen(local(0), Echo::new));
        assertThat(dial(t, new DialTarget("127.0.0.1", port, null, 5 * SECOND))).isEqualTo("hello");
        assertThat(dial(t, new DialTarget("localhost", port, "127.0.0.1", 5 * SECOND)))
                .isEqualTo("hello");
        CompletableFuture<String> dialledFrom = new CompletableFuture<>();
        int curious = portOf(t.listen(local(0), connection -> {
            dialledFrom.complete(connection.peerHost());
            return new Echo(connection);
        }));
        assertThat(dial(t, new DialTarget("127.0.0.1", curious, "127.0.0.2", 5 * SECOND)))
                .isEqualTo("hello");
        assertThat(dialledFrom.get()).isEqualTo("127.0.0.2");
        Listening gone = (Listening) t.listen(local(0), Echo::new);
        gone.listener().close();
        gone.listener().close();
        assertThat(dial(t, new DialTarget("127.0.0.1", gone.port(), null, 5 * SECOND)))
                .isIn("failed: Connection refused", "failed: Connection reset by peer");
        assertThat(dial(t, new DialTarget("no-such-host.invalid", 1, null, 5 * SECOND)))
                .startsWith("failed: ");
        assertThat(dial(t, new DialTarget("/no/such/socket", 0, null, SECOND)))
                .isEqualTo("failed: No such file or directory");
    }

    private static String dial(Transport t, DialTarget target) throws Exception {
        CompletableFuture<String> outcome = new CompletableFuture<>();
        t.loop()
                .execute(() -> t.dial(target, new Transport.DialHandler() {
                    @Override
                    public ConnectionHandler onConnected(Connection connection) {
                        connection.write("hello".getBytes(StandardCharsets.US_ASCII), 0, 5);
                        return new ConnectionHandler() {
                            @Override
                            public void onData(Inbound source) {
                                byte[] bytes = new byte[source.available()];
                                source.read(bytes, 0, bytes.length);
                                outcome.complete(new String(bytes, StandardCharsets.US_ASCII));
                                connection.close();
                            }

                            @Override
                            public void onClosed(Cause cause, String detail) {
                                outcome.complete("closed: " + cause + detail);
                            }
                        };
                    }

                    @Override
                    public void onFailed(String reason) {
                        outcome.complete("failed: " + reason);
                    }
                }));
        return outcome.get();
    }

    @ParameterizedTest
    @EnumSource(names = {"EPOLL", "NIO"})
    void anAddressInUseIsReportedAsTheSystemDoes(IoKind kind) {
        NettyTransport t = open(kind);
        int port = portOf(t.listen(local(0), Echo::new));
        assertThat(t.listen(local(port), Echo::new)).isEqualTo(new NotListening("Address already in use"));
        assertThat(t.listen(new TcpAddress("192.0.2.1", 0, 511), Echo::new))
                .isEqualTo(new NotListening("Cannot assign requested address"));
        assertThat(t.listenUnix("/no/such/folder/s", -1, Echo::new)).isInstanceOf(NotListening.class);
    }

    @ParameterizedTest
    @EnumSource(names = {"EPOLL", "NIO"})
    void tasksTimersAndHooksRunOnTheLoopAndBugsDoNotEndIt(IoKind kind) throws Exception {
        NettyTransport t = NettyTransport.open(kind, "test-loop");
        transport = t;
        BlockingQueue<String> log = new LinkedBlockingQueue<>();
        LoopTasks loop = t.loop();
        AtomicInteger iterations = new AtomicInteger();
        loop.onFault(bug -> log.add("bug " + bug.getMessage()));
        loop.observeIterations(nanos -> iterations.incrementAndGet());
        AtomicReference<String> hooked = new AtomicReference<>("");
        loop.beforeSleep(() -> {
            String text = hooked.getAndSet("");
            if (!text.isEmpty()) {
                log.add("hook after " + text);
            }
        });
        loop.execute(() -> {
            assertThat(loop.inLoop()).isTrue();
            hooked.set("task");
            log.add("task");
        });
        assertThat(log.take()).isEqualTo("task");
        assertThat(log.take()).isEqualTo("hook after task");
        loop.execute(() -> {
            throw new IllegalStateException("on purpose");
        });
        assertThat(log.take()).isEqualTo("bug on purpose");
        loop.execute(() -> {
            loop.schedule(5_000_000, () -> log.add("later"));
            loop.schedule(1_000_000, () -> log.add("never")).cancel();
            LoopTasks.Timer[] timer = new LoopTasks.Timer[1];
            AtomicInteger runs = new AtomicInteger();
            timer[0] = loop.scheduleEvery(10_000_000, () -> {
                log.add("tick");
                if (runs.incrementAndGet() == 3) {
                    timer[0].cancel();
                }
            });
        });
        assertThat(log.take()).isEqualTo("later");
        assertThat(log.take()).isEqualTo("tick");
        assertThat(log.take()).isEqualTo("tick");
        assertThat(log.take()).isEqualTo("tick");
        assertThat(iterations.get()).isPositive();
        assertThat(log.poll(50, TimeUnit.MILLISECONDS)).isNull();
    }

    @ParameterizedTest
    @EnumSource(names = {"EPOLL", "NIO"})
    void aHundredTransportsLeaveNeitherThreadsNorDescriptorsNorNativeMemory(IoKind kind) throws Exception {
        long[] before = null;
        for (int i = 0; i < 105; i++) {
            if (i == 5) {
                before = resources();
            }
            NettyTransport t = NettyTransport.open(kind, "cycle-loop");
            t.loop().onFault(bugs::add);
            CompletableFuture<Echo> accepted = new CompletableFuture<>();
            Listening listening = (Listening) t.listen(local(0), connection -> {
                Echo echo = new Echo(connection);
                accepted.complete(echo);
                return echo;
            });
            try (Socket client = new Socket()) {
                client.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), listening.port()));
                client.getOutputStream().write(new byte[100]);
                assertThat(client.getInputStream().readNBytes(100)).hasSize(100);
                t.close();
                assertThat(accepted.get().closed.getNow("not told")).isEqualTo("LOCAL");
            }
            listening.listener().close();
            t.loop().execute(() -> bugs.add(new AssertionError("ran after the end")));
        }
        assertThat(resources()[0]).as("threads").isLessThanOrEqualTo(before[0]);
        assertThat(resources()[1]).as("descriptors").isLessThanOrEqualTo(before[1] + 2);
        assertThat(resources()[2]).as("native bytes").isLessThanOrEqualTo(before[2] + 64 * 1024);
    }

    private static long[] resources() throws IOException {
        long threads = Thread.getAllStackTraces().keySet().stream()
                .filter(thread -> thread.getName().startsWith("cycle-loop"))
                .count();
        long descriptors;
        try (var list = Files.list(Path.of("/proc/self/fd"))) {
            descriptors = list.count();
        }
        long nativeBytes = io.netty.util.internal.PlatformDependent.usedDirectMemory();
        for (var pool : java.lang.management.ManagementFactory.getPlatformMXBeans(
                java.lang.management.BufferPoolMXBean.class)) {
            if (pool.getName().equals("direct")) {
                nativeBytes += pool.getMemoryUsed();
            }
        }
        return new long[] {threads, descriptors, nativeBytes};
    }
}
