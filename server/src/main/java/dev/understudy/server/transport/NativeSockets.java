// SPDX-License-Identifier: Apache-2.0
package dev.understudy.server.transport;

import io.netty.channel.Channel;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.ServerChannel;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollChannelOption;
import io.netty.channel.epoll.EpollDomainSocketChannel;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerDomainSocketChannel;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.unix.DomainSocketAddress;
import io.netty.channel.unix.UnixChannel;
import io.netty.channel.uring.IoUring;
import io.netty.channel.uring.IoUringChannelOption;
import io.netty.channel.uring.IoUringDomainSocketChannel;
import io.netty.channel.uring.IoUringIoHandler;
import io.netty.channel.uring.IoUringServerDomainSocketChannel;
import io.netty.channel.uring.IoUringServerSocketChannel;
import io.netty.channel.uring.IoUringSocketChannel;
import java.net.SocketAddress;

/** The sockets of Netty's native libraries for Linux. */
abstract sealed class NativeSockets implements Sockets {
    static boolean hasEpoll() {
        try {
            return Epoll.isAvailable();
        } catch (LinkageError absent) {
            // Netty's epoll classes are not on the class path.
            return false;
        }
    }

    static Sockets epoll() {
        if (!hasEpoll()) {
            throw new IllegalStateException("epoll is not available here: " + reason(Epoll.unavailabilityCause()));
        }
        return new OfEpoll();
    }

    static Sockets ioUring() {
        if (!IoUring.isAvailable()) {
            throw new IllegalStateException("io_uring is not available here: " + reason(IoUring.unavailabilityCause()));
        }
        return new OfIoUring();
    }

    private static String reason(Throwable cause) {
        return SystemText.of(cause);
    }

    @Override
    public SocketAddress unixAddress(String path) {
        return new DomainSocketAddress(path);
    }

    @Override
    public String path(SocketAddress address) {
        return address instanceof DomainSocketAddress unix ? unix.path() : "";
    }

    @Override
    public int descriptor(Channel channel) {
        return channel instanceof UnixChannel unix ? unix.fd().intValue() : -1;
    }

    private static final class OfEpoll extends NativeSockets {
        @Override
        public String name() {
            return "epoll";
        }

        @Override
        public IoHandlerFactory handlers() {
            IoHandlerFactory netty = EpollIoHandler.newFactory();
            return thread -> new EpollHandler(netty.newHandler(thread));
        }

        @Override
        public ServerChannel tcpServer() {
            return new EpollServerSocketChannel();
        }

        @Override
        public Channel tcp() {
            return new EpollSocketChannel();
        }

        @Override
        public ServerChannel unixServer() {
            return new EpollServerDomainSocketChannel();
        }

        @Override
        public Channel unix() {
            return new EpollDomainSocketChannel();
        }

        @Override
        public void keepAliveTimes(Channel channel, int idle, int interval, int probes) {
            channel.config().setOption(EpollChannelOption.TCP_KEEPIDLE, idle);
            channel.config().setOption(EpollChannelOption.TCP_KEEPINTVL, interval);
            channel.config().setOption(EpollChannelOption.TCP_KEEPCNT, probes);
        }

        @Override
        public boolean readsAtOnce() {
            return true;
        }
    }

    private static final class OfIoUring extends NativeSockets {
        @Override
        public String name() {
            return "io_uring";
        }

        @Override
        public IoHandlerFactory handlers() {
            return IoUringIoHandler.newFactory();
        }

        @Override
        public ServerChannel tcpServer() {
            return new IoUringServerSocketChannel();
        }

        @Override
        public Channel tcp() {
            return new IoUringSocketChannel();
        }

        @Override
        public ServerChannel unixServer() {
            return new IoUringServerDomainSocketChannel();
        }

        @Override
        public Channel unix() {
            return new IoUringDomainSocketChannel();
        }

        @Override
        public void keepAliveTimes(Channel channel, int idle, int interval, int probes) {
            channel.config().setOption(IoUringChannelOption.TCP_KEEPIDLE, idle);
            channel.config().setOption(IoUringChannelOption.TCP_KEEPINTVL, interval);
            channel.config().setOption(IoUringChannelOption.TCP_KEEPCNT, probes);
        }

        @Override
        public boolean readsAtOnce() {
            return false;
        }
    }
}
