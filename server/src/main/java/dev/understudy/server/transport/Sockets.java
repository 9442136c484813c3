// SPDX-License-Identifier: Apache-2.0
package dev.understudy.server.transport;

import io.netty.channel.Channel;
import io.netty.channel.ChannelOption;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.ServerChannel;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioDomainSocketChannel;
import io.netty.channel.socket.nio.NioServerDomainSocketChannel;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.channel.socket.nio.NioSocketChannel;
import java.net.SocketAddress;
import java.net.UnixDomainSocketAddress;

/** Netty's channel classes of one {@link IoKind}; each native kind in a class of its own, loaded only when it is used. */
interface Sockets {
    String name();

    IoHandlerFactory handlers();

    ServerChannel tcpServer();

    Channel tcp();

    ServerChannel unixServer();

    Channel unix();

    SocketAddress unixAddress(String path);

    /** The path of a Unix socket's address, empty if it has none. */
    String path(SocketAddress address);

    int descriptor(Channel channel);

    /** Sets when keep-alive probes begin, their interval and number, seconds. */
    void keepAliveTimes(Channel channel, int idle, int interval, int probes);

    /** Whether reads are done in the call that asks for them, so that all may share one buffer. */
    boolean readsAtOnce();

    /** The sockets of {@code kind}; an IllegalStateException with the reason where they are not to be had. */
    static Sockets of(IoKind kind) {
        return switch (kind) {
            case NIO -> new Nio();
            case EPOLL -> NativeSockets.epoll();
            case IO_URING -> NativeSockets.ioUring();
            case AUTO -> NativeSockets.hasEpoll() ? NativeSockets.epoll() : new Nio();
        };
    }

    /** The JDK's. */
    final class Nio implements Sockets {
        @Override
        public String name() {
            return "nio";
        }

        @Override
        public IoHandlerFactory handlers() {
            return NioIoHandler.newFactory();
        }

        @Override
        public ServerChannel tcpServer() {
            return new NioServerSocketChannel();
        }

        @Override
        public Channel tcp() {
            return new NioSocketChannel();
        }

        @Override
        public ServerChannel unixServer() {
            return new NioServerDomainSocketChannel();
        }

        @Override
        public Channel unix() {
            return new NioDomainSocketChannel();
        }

        @Override
        public SocketAddress unixAddress(String path) {
            return UnixDomainSocketAddress.of(path);
        }

        @Override
        public String path(SocketAddress address) {
            return address instanceof UnixDomainSocketAddress unix
                    ? unix.getPath().toString()
                    : "";
        }

        @Override
        public int descriptor(Channel channel) {
            return -1;
        }

        @Override
        public void keepAliveTimes(Channel channel, int idle, int interval, int probes) {
            for (ChannelOption<?> option : channel.config().getOptions().keySet()) {
                int value = switch (option.name()) {
                    case "TCP_KEEPIDLE" -> idle;
                    case "TCP_KEEPINTERVAL" -> interval;
                    case "TCP_KEEPCOUNT" -> probes;
                    default -> 0;
                };
                if (value > 0) {
                    setNumber(channel, option, value);
                }
            }
        }

        @SuppressWarnings(
                "unchecked") // The three options hold an Integer; their constants are in a module we do not ask for.
        private static void setNumber(Channel channel, ChannelOption<?> option, int value) {
            channel.config().setOption((ChannelOption<Integer>) option, value);
        }

        @Override
        public boolean readsAtOnce() {
            return true;
        }
    }
}
