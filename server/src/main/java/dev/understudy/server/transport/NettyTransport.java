// SPDX-License-Identifier: Apache-2.0
package dev.understudy.server.transport;

import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelOption;
import io.netty.channel.ServerChannel;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.UnknownHostException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Sockets by Netty: one thread, which is the command loop. */
public final class NettyTransport implements Transport {
    private static final int UNIX_BACKLOG = 511;
    private static final long CLOSE_SECONDS = 30;
    private static final int CLOSE_CHECKS_MAX = 500;
    private static final long CLOSE_CHECK_MILLIS = 2;

    private final Sockets sockets;
    private final NettyLoop loop;
    private final @Nullable SharedReads reads;
    private final String threadName;
    private final AtomicBoolean closed = new AtomicBoolean();

    /** Everything that has a descriptor; on the loop. */
    private final Set<Channel> channels = new HashSet<>();

    private NettyTransport(Sockets sockets, String threadName) {
        this.sockets = sockets;
        this.threadName = threadName;
        SharedReads shared = sockets.readsAtOnce() ? new SharedReads() : null;
        reads = shared;
        loop = new NettyLoop(threadName, sockets.handlers(), () -> {
            if (shared != null) {
                shared.close();
            }
        });
    }

    /** Starts a transport; an IllegalStateException with the reason when {@code kind} is not to be had on this machine. */
    public static NettyTransport open(IoKind kind, String threadName) {
        return new NettyTransport(Sockets.of(kind), threadName);
    }

    @Override
    public LoopTasks loop() {
        return loop;
    }

    @Override
    public String name() {
        return sockets.name();
    }

    @Override
    public long outputBytes() {
        return loop.writeBuffers.bytes();
    }

    @Override
    public long outputBytesMax() {
        return loop.writeBuffers.bytesMax();
    }

    @Override
    public Descriptors descriptors() {
        return Descriptors.now();
    }

    // --- listening
    // ---------------------------------------------------------------------------------------------------------

    @Override
    public ListenResult listen(TcpAddress address, Function<Connection, @Nullable ConnectionHandler> accept) {
        InetAddress host;
        try {
            host = Addresses.toBind(address.host());
        } catch (UnknownHostException unknown) {
            return new NotListening("Name or service not known");
        }
        return onLoop(() -> {
            ServerChannel server = sockets.tcpServer();
            server.config().setOption(ChannelOption.SO_REUSEADDR, true);
            server.config().setOption(ChannelOption.SO_BACKLOG, address.backlog());
            return bind(server, new InetSocketAddress(host, address.port()), accept, null);
        });
    }

    @Override
    public ListenResult listenUnix(
            String path, int permissions, Function<Connection, @Nullable ConnectionHandler> accept) {
        return onLoop(() -> {
            Path file = Path.of(path);
            try {
                Files.deleteIfExists(file);
            } catch (IOException stays) {
                // Binding says why, in the system's words.
            }
            ServerChannel server = sockets.unixServer();
            server.config().setOption(ChannelOption.SO_BACKLOG, UNIX_BACKLOG);
            ListenResult result = bind(server, sockets.unixAddress(path), accept, file);
            if (result instanceof Listening && permissions >= 0) {
                try {
                    Files.setPosixFilePermissions(file, permissionsOf(permissions));
                } catch (IOException | UnsupportedOperationException failed) {
                    closeServer(server, file);
                    return new NotListening(SystemText.of(failed));
                }
            }
            return result;
        });
    }

    private ListenResult bind(
            ServerChannel server,
            SocketAddress address,
            Function<Connection, @Nullable ConnectionHandler> accept,
            @Nullable Path file) {
        server.config().setAllocator(WriteBuffers.UNPOOLED);
        server.pipeline().addLast(new NettyAcceptor(this, loop, accept));
        ChannelFuture done = register(server);
        if (done.isSuccess()) {
            done = server.bind(address);
        }
        assert done.isDone() : "on the loop, registering and binding are done at once";
        Throwable failure = done.cause();
        if (failure != null) {
            server.close();
            return new NotListening(SystemText.of(failure));
        }
        int port = server.localAddress() instanceof InetSocketAddress tcp ? tcp.getPort() : 0;
        return new Listening(() -> stopListening(server, file), port);
    }

    private void stopListening(ServerChannel server, @Nullable Path file) {
        if (!server.isOpen()) {
            return;
        }
        try {
            onLoop(() -> closeServer(server, file));
            if (!loop.inLoop()) {
                // The JDK's sockets are let go by the selector, one iteration later.
                onLoop(() -> true);
            }
        } catch (RejectedExecutionException ended) {
            // The transport has been closed meanwhile, and the listener with it.
        }
    }

    private boolean closeServer(ServerChannel server, @Nullable Path file) {
        if (!server.isOpen()) {
            return false;
        }
        server.close();
        if (file != null) {
            try {
                Files.deleteIfExists(file);
            } catch (IOException gone) {
                return false;
            }
        }
        return true;
    }

    private static Set<PosixFilePermission> permissionsOf(int mode) {
        Set<PosixFilePermission> set = EnumSet.noneOf(PosixFilePermission.class);
        // The constants stand in the order of the bits, the owner's read first.
        PosixFilePermission[] all = PosixFilePermission.values();
        for (int bit = 0; bit < all.length; bit++) {
            if ((mode >> (all.length - 1 - bit) & 1) != 0) {
                set.add(all[bit]);
            }
        }
        return set;
    }

    /** Makes a connection of a channel that has just been accepted or made. */
    NettyConnection connection(Channel channel) {
        NettyConnection connection = new NettyConnection(loop, sockets, channel, reads);
        channel.pipeline().addLast(connection);
        return connection;
    }

    /** Puts a channel on the loop, and in the books until it closes. */
    ChannelFuture register(Channel channel) {
        channels.add(channel);
        channel.closeFuture().addListener(_ -> channels.remove(channel));
        return loop.executor.register(channel);
    }

    // --- dialling
    // ----------------------------------------------------------------------------------------------------------

    @Override
    public Dial dial(DialTarget target, DialHandler handler) {
        assert loop.inLoop();
        if (closed.get()) {
            // From a handler that heard of the end: what it opened now, nobody would close.
            return () -> {};
        }
        NettyDial dial = new NettyDial(this, loop, sockets, target, handler);
        if (target.port() == 0 && target.host().startsWith("/")) {
            dial.resolved(List.of(sockets.unixAddress(target.host())));
            return dial;
        }
        InetAddress literal = Addresses.literal(target.host());
        if (literal != null) {
            dial.resolved(List.of(new InetSocketAddress(literal, target.port())));
        } else {
            dial.resolve(threadName + "-resolver");
        }
        return dial;
    }

    // --- the end
    // -----------------------------------------------------------------------------------------------------------

    @Override
    public void close() {
        if (closed.compareAndSet(false, true)) {
            // Not by LoopTasks.execute: a halted loop has to end as well.
            loop.executor.execute(() -> {
                closeChannels();
                // In a task of its own, so that the handlers hear of the end first.
                loop.executor.execute(() -> endLoop(CLOSE_CHECKS_MAX));
            });
        }
        if (!loop.inLoop()) {
            try {
                if (!loop.awaitEnd(CLOSE_SECONDS)) {
                    throw new IllegalStateException("the loop has not ended within " + CLOSE_SECONDS + " s");
                }
            } catch (InterruptedException interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private void closeChannels() {
        for (Channel channel : List.copyOf(channels)) {
            NettyConnection connection = channel.pipeline().get(NettyConnection.class);
            if (connection != null) {
                connection.close();
            }
            channel.close();
        }
    }

    /** Ends the loop once all channels are closed: io_uring needs it for that. */
    private void endLoop(int checksLeft) {
        if (channels.isEmpty() || checksLeft == 0) {
            loop.executor.shutdownGracefully(0, CLOSE_SECONDS, TimeUnit.SECONDS);
        } else {
            loop.executor.schedule(() -> endLoop(checksLeft - 1), CLOSE_CHECK_MILLIS, TimeUnit.MILLISECONDS);
        }
    }

    /** Runs {@code action} on the loop, and waits for it if this is another thread; RejectedExecutionException after the end. */
    private <T> T onLoop(Supplier<T> action) {
        if (loop.inLoop()) {
            return action.get();
        }
        CompletableFuture<T> result = new CompletableFuture<>();
        // Not by LoopTasks.execute, which drops what comes too late: then nobody would answer.
        loop.executor.execute(() -> {
            loop.begin();
            try {
                result.complete(action.get());
            } catch (Throwable thrown) {
                result.completeExceptionally(thrown);
            }
        });
        return result.join();
    }
}
