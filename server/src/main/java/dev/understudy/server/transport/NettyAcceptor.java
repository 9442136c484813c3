// SPDX-License-Identifier: Apache-2.0
package dev.understudy.server.transport;

import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOption;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Puts accepted channels on the loop and asks for their handlers. On the loop. */
final class NettyAcceptor extends ChannelInboundHandlerAdapter {
    private static final Logger LOG = LoggerFactory.getLogger("understudy");
    private static final long PAUSE_SECONDS = 1;

    private final NettyTransport transport;
    private final NettyLoop loop;
    private final Function<Connection, @Nullable ConnectionHandler> accept;

    NettyAcceptor(NettyTransport transport, NettyLoop loop, Function<Connection, @Nullable ConnectionHandler> accept) {
        this.transport = transport;
        this.loop = loop;
        this.accept = accept;
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
        loop.begin();
        Channel channel = (Channel) message;
        NettyConnection connection = transport.connection(channel);
        channel.config().setOption(ChannelOption.TCP_NODELAY, true);
        transport.register(channel).addListener(done -> {
            if (!done.isSuccess()) {
                channel.close();
                return;
            }
            ConnectionHandler handler = null;
            try {
                handler = accept.apply(connection);
            } catch (Throwable thrown) {
                loop.fault(thrown);
            }
            if (handler == null) {
                connection.close();
            } else {
                connection.start(handler);
            }
        });
    }

    /** Accepting failed, for want of descriptors as a rule: waits a second instead of trying in circles. */
    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable thrown) {
        loop.begin();
        LOG.warn("Accepting client connection: {}", SystemText.of(thrown));
        var config = context.channel().config();
        if (config.isAutoRead()) {
            config.setAutoRead(false);
            context.channel().eventLoop().schedule(() -> config.setAutoRead(true), PAUSE_SECONDS, TimeUnit.SECONDS);
        }
    }
}
