// SPDX-License-Identifier: Apache-2.0
package dev.understudy.server.transport;

import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelOption;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** An attempt to connect: resolve, then address after address until one answers. On the loop, but for resolving. */
final class NettyDial implements Transport.Dial {
    /** Look-ups under way at a time in the whole process; one that hangs in the system cannot be stopped. */
    private static final int LOOKUPS_MAX = 16;

    private static final int ADDRESSES_MAX = 8;
    private static final AtomicInteger lookups = new AtomicInteger();

    private final NettyTransport transport;
    private final NettyLoop loop;
    private final Sockets sockets;
    private final Transport.DialTarget target;
    private final Transport.DialHandler handler;

    private List<? extends SocketAddress> addresses = List.of();
    private int tried;
    private @Nullable Channel channel;
    private boolean done;

    NettyDial(
            NettyTransport transport,
            NettyLoop loop,
            Sockets sockets,
            Transport.DialTarget target,
            Transport.DialHandler handler) {
        this.transport = transport;
        this.loop = loop;
        this.sockets = sockets;
        this.target = target;
        this.handler = handler;
    }

    @Override
    public void cancel() {
        done = true;
        Channel pending = channel;
        if (pending != null) {
            channel = null;
            pending.close();
        }
    }

    /** Asks the system's resolver on a thread of its own, which lives as long as that takes. */
    void resolve(String threadName) {
        if (lookups.incrementAndGet() > LOOKUPS_MAX) {
            lookups.decrementAndGet();
            loop.execute(() -> failed("Temporary failure in name resolution"));
            return;
        }
        Thread resolver = new Thread(
                () -> {
                    try {
                        List<SocketAddress> found = new ArrayList<>();
                        for (InetAddress address : InetAddress.getAllByName(target.host())) {
                            if (found.size() < ADDRESSES_MAX) {
                                found.add(new InetSocketAddress(address, target.port()));
                            }
                        }
                        loop.execute(() -> tryFirst(found));
                    } catch (UnknownHostException unknown) {
                        loop.execute(() -> failed(SystemText.of(unknown)));
                    } finally {
                        lookups.decrementAndGet();
                    }
                },
                threadName);
        resolver.setDaemon(true);
        resolver.start();
    }

    /** Goes on with what needs no look-up, in a task of its own: no outcome may come from inside the owner's call. */
    void resolved(List<? extends SocketAddress> found) {
        loop.execute(() -> tryFirst(found));
    }

    private void tryFirst(List<? extends SocketAddress> found) {
        addresses = found;
        tryNext();
    }

    private void tryNext() {
        if (done) {
            return;
        }
        SocketAddress address = addresses.get(tried++);
        boolean tcp = address instanceof InetSocketAddress;
        Channel fresh = tcp ? sockets.tcp() : sockets.unix();
        channel = fresh;
        long timeoutMillis = TimeUnit.NANOSECONDS.toMillis(target.timeoutNanos());
        fresh.config().setConnectTimeoutMillis(Math.clamp(timeoutMillis, 1, Integer.MAX_VALUE));
        NettyConnection connection = transport.connection(fresh);
        ChannelFuture step = transport.register(fresh);
        if (!step.isSuccess()) {
            ended(step, connection);
            return;
        }
        if (tcp) {
            fresh.config().setOption(ChannelOption.TCP_NODELAY, true);
            bindSource(fresh);
        }
        fresh.connect(address).addListener((ChannelFutureListener) future -> ended(future, connection));
    }

    /** Best effort, as anetTcpNonBlockBestEffortBindConnect. */
    private void bindSource(Channel fresh) {
        String source = target.source();
        InetAddress local = source == null ? null : Addresses.literal(source);
        if (local != null) {
            fresh.config().setOption(ChannelOption.SO_REUSEADDR, true);
            fresh.bind(new InetSocketAddress(local, 0));
        }
    }

    private void ended(ChannelFuture future, NettyConnection connection) {
        loop.begin();
        Throwable failure = future.cause();
        if (done) {
            connection.channel().close();
            return;
        }
        if (failure == null) {
            done = true;
            channel = null;
            try {
                connection.start(handler.onConnected(connection));
            } catch (Throwable thrown) {
                loop.fault(thrown);
                connection.close();
            }
            return;
        }
        connection.channel().close();
        if (tried < addresses.size()) {
            tryNext();
        } else {
            failed(SystemText.of(failure));
        }
    }

    private void failed(String reason) {
        if (!done) {
            done = true;
            channel = null;
            try {
                handler.onFailed(reason);
            } catch (Throwable thrown) {
                loop.fault(thrown);
            }
        }
    }
}
