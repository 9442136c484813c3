// SPDX-License-Identifier: Apache-2.0
package dev.understudy.server.transport;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOption;
import io.netty.channel.ChannelOutboundBuffer;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import java.lang.foreign.MemorySegment;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import org.jspecify.annotations.Nullable;

/**
 * A connection over a Netty channel, whose only handler it is. What is written gathers in one native buffer, {@link #tail}, which
 * the end of the iteration hands to the channel. While the channel has not got rid of what it was given, the tail goes on
 * gathering, so that a peer that stalls does not pile up buffers with a few bytes each.
 */
final class NettyConnection extends ChannelInboundHandlerAdapter implements Connection, Inbound {
    private static final WriteBufferWaterMark MARKS = new WriteBufferWaterMark(LOW_WATER_BYTES, HIGH_WATER_BYTES);

    private final NettyLoop loop;
    private final Sockets sockets;
    private final Channel channel;
    private @Nullable ConnectionHandler handler;

    private WriteBuffers.@Nullable Returning tail;
    private @Nullable ByteBuf source;
    private boolean dirty;
    /** The channel has bytes that the socket would not take; {@link #drained} comes when they are gone. */
    private boolean congested;

    private boolean open = true;
    private boolean closing;
    private boolean writable = true;
    private boolean ended;
    private @Nullable Throwable failure;
    private boolean writeFailed;

    NettyConnection(NettyLoop loop, Sockets sockets, Channel channel, @Nullable SharedReads reads) {
        this.loop = loop;
        this.sockets = sockets;
        this.channel = channel;
        var config = channel.config();
        config.setAllocator(WriteBuffers.UNPOOLED);
        config.setWriteBufferWaterMark(MARKS);
        config.setOption(ChannelOption.ALLOW_HALF_CLOSURE, true);
        if (reads != null) {
            config.setRecvByteBufAllocator(reads);
        }
        config.setAutoRead(false);
    }

    /** Gives the connection its handler, and begins to read. */
    void start(ConnectionHandler newHandler) {
        handler = newHandler;
        if (open) {
            channel.config().setAutoRead(true);
        }
    }

    Channel channel() {
        return channel;
    }

    // --- outwards
    // ----------------------------------------------------------------------------------------------------------

    @Override
    public void write(byte[] array, int offset, int length) {
        assert loop.inLoop();
        if (!open || length == 0) {
            return;
        }
        try {
            int from = offset;
            int end = offset + length;
            while (from < end) {
                WriteBuffers.Returning target = tail(end - from);
                int part = Math.min(end - from, target.writableBytes());
                target.writeBytes(array, from, part);
                from += part;
                if (!target.isWritable()) {
                    pushTail();
                }
            }
            touch();
        } catch (Throwable refused) {
            writeFailed(refused);
        }
    }

    @Override
    public void write(MemorySegment memory, long offset, int length) {
        assert loop.inLoop();
        if (!open || length == 0) {
            return;
        }
        try {
            int done = 0;
            while (done < length) {
                WriteBuffers.Returning target = tail(length - done);
                int part = Math.min(length - done, target.writableBytes());
                target.append(memory, offset + done, part);
                done += part;
                if (!target.isWritable()) {
                    pushTail();
                }
            }
            touch();
        } catch (Throwable refused) {
            writeFailed(refused);
        }
    }

    /**
     * There was no memory for what was to be written. Part of it may stand in the buffers, and the rest can never follow it: so nothing goes out any
     * more, and whoever wrote learns of a connection that has failed, whatever he does next.
     */
    void writeFailed(Throwable refused) {
        if (open || closing) {
            failure = refused;
            writeFailed = true;
            close();
        }
    }

    /** The buffer that gathers; if there is none, a new one for as many bytes. */
    private WriteBuffers.Returning tail(int bytes) {
        WriteBuffers.Returning gathering = tail;
        if (gathering == null) {
            gathering = loop.writeBuffers.take(bytes);
            tail = gathering;
        }
        return gathering;
    }

    private void touch() {
        if (!dirty) {
            dirty = true;
            loop.touch(this);
        }
    }

    /** Hands on what was gathered; at the end of an iteration. */
    void flush() {
        dirty = false;
        if (!channel.isActive()) {
            dropTail();
            return;
        }
        if (congested) {
            return;
        }
        pushTail();
        channel.flush();
        ChannelOutboundBuffer pending = channel.unsafe().outboundBuffer();
        if (pending != null && !pending.isEmpty()) {
            congested = true;
            // An empty write behind the pending ones: done when they are.
            channel.writeAndFlush(Unpooled.EMPTY_BUFFER).addListener((ChannelFutureListener) this::drained);
        }
        tellWritable();
    }

    private void drained(ChannelFuture done) {
        congested = false;
        if (done.isSuccess() && (tail != null || pendingBytes() > 0) && !dirty) {
            dirty = true;
            loop.touch(this);
        }
    }

    private void pushTail() {
        ByteBuf full = tail;
        if (full != null) {
            tail = null;
            channel.write(full, channel.voidPromise());
        }
    }

    private void dropTail() {
        ByteBuf dropped = tail;
        if (dropped != null) {
            tail = null;
            dropped.release();
        }
    }

    @Override
    public long pendingBytes() {
        ChannelOutboundBuffer pending = channel.unsafe().outboundBuffer();
        long bytes = pending == null ? 0 : pending.totalPendingWriteBytes();
        ByteBuf gathered = tail;
        return gathered == null ? bytes : bytes + gathered.readableBytes();
    }

    @Override
    public boolean isWritable() {
        return open && channel.isWritable();
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext context) {
        loop.begin();
        if (!channel.isWritable()) {
            writable = false;
        } else if (congested) {
            tellWritable();
        }
    }

    /** Tells the handler that there is room again; from the flush or from the socket, never from inside a write. */
    private void tellWritable() {
        if (!writable && channel.isWritable()) {
            writable = true;
            if (open && handler != null && !loop.isHalted()) {
                try {
                    handler.onWritable();
                } catch (Throwable thrown) {
                    loop.fault(thrown);
                }
            }
        }
    }

    // --- inwards
    // -----------------------------------------------------------------------------------------------------------

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
        ByteBuf bytes = (ByteBuf) message;
        try {
            if (open && handler != null && !loop.isHalted()) {
                loop.begin();
                source = bytes;
                handler.onData(this);
                assert !open || !bytes.isReadable() : bytes.readableBytes() + " bytes were left behind";
            }
        } catch (Throwable thrown) {
            loop.fault(thrown);
        } finally {
            source = null;
            bytes.release();
        }
    }

    @Override
    public int available() {
        return source == null ? 0 : source.readableBytes();
    }

    @Override
    public int read(byte[] target, int offset, int length) {
        ByteBuf bytes = source;
        if (bytes == null) {
            return 0;
        }
        int count = Math.min(length, bytes.readableBytes());
        bytes.readBytes(target, offset, count);
        return count;
    }

    @Override
    public void pauseReading() {
        channel.config().setAutoRead(false);
    }

    @Override
    public void resumeReading() {
        if (open && handler != null) {
            channel.config().setAutoRead(true);
        }
    }

    // --- the end
    // -----------------------------------------------------------------------------------------------------------

    @Override
    public void close() {
        assert loop.inLoop();
        if (open || closing) {
            open = false;
            closing = false;
            dropTail();
            loop.begin();
            channel.close();
        }
    }

    @Override
    public void closeAfterFlush() {
        assert loop.inLoop();
        if (open) {
            open = false;
            closing = true;
            pauseReading();
            loop.begin();
            pushTail();
            channel.writeAndFlush(Unpooled.EMPTY_BUFFER).addListener(ChannelFutureListener.CLOSE);
            linger();
        }
    }

    /** Waits for a peer that still takes something of what is left, and not for another. */
    private void linger() {
        long left = pendingBytes();
        if (!channel.isActive() || left == 0) {
            return;
        }
        loop.schedule(loop.lingerNanos, () -> {
            if (pendingBytes() < left) {
                linger();
            } else {
                channel.close();
            }
        });
    }

    @Override
    public boolean isOpen() {
        return open;
    }

    /** The peer has no more to say; epoll may tell so in the very event that brings its last words, before they are answered. */
    @Override
    public void userEventTriggered(ChannelHandlerContext context, Object event) {
        if (!(event instanceof ChannelInputShutdownEvent) || ended || !open || loop.isHalted()) {
            return;
        }
        loop.begin();
        ended = true;
        if (handler == null) {
            closeAfterFlush();
            return;
        }
        try {
            handler.onEnd(this);
        } catch (Throwable thrown) {
            loop.fault(thrown);
        }
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable thrown) {
        if (failure == null) {
            failure = thrown;
        }
        loop.begin();
        channel.close();
    }

    @Override
    public void channelInactive(ChannelHandlerContext context) {
        loop.begin();
        boolean ours = !writeFailed && !ended && (closing || !open);
        open = false;
        closing = false;
        dropTail();
        ConnectionHandler told = handler;
        handler = null;
        if (told == null || loop.isHalted()) {
            return;
        }
        try {
            if (ours) {
                told.onClosed(ConnectionHandler.Cause.LOCAL, "");
            } else if (failure != null) {
                told.onClosed(ConnectionHandler.Cause.FAILURE, SystemText.of(failure));
            } else {
                told.onClosed(ConnectionHandler.Cause.PEER, "");
            }
        } catch (Throwable thrown) {
            loop.fault(thrown);
        }
    }

    // --- addresses and options
    // ---------------------------------------------------------------------------------------------

    @Override
    public String peerAddress() {
        return text(channel.remoteAddress());
    }

    @Override
    public String localAddress() {
        return text(channel.localAddress());
    }

    @Override
    public String peerHost() {
        return host(channel.remoteAddress());
    }

    @Override
    public String localHost() {
        return host(channel.localAddress());
    }

    @Override
    public boolean isUnixSocket() {
        return !(channel.localAddress() instanceof InetSocketAddress);
    }

    @Override
    public boolean isLocal() {
        return !(channel.remoteAddress() instanceof InetSocketAddress tcp)
                || tcp.getAddress().isLoopbackAddress();
    }

    @Override
    public int descriptor() {
        return sockets.descriptor(channel);
    }

    @Override
    public void noDelay(boolean on) {
        if (channel.isOpen() && !isUnixSocket()) {
            channel.config().setOption(ChannelOption.TCP_NODELAY, on);
        }
    }

    @Override
    public void keepAlive(int seconds) {
        if (channel.isOpen() && !isUnixSocket()) {
            channel.config().setOption(ChannelOption.SO_KEEPALIVE, seconds > 0);
            if (seconds > 0) {
                sockets.keepAliveTimes(channel, seconds, Math.max(1, seconds / 3), 3);
            }
        }
    }

    /** Redis prints a Unix socket's path with port 0; only one end of it has a path. */
    private String text(@Nullable SocketAddress address) {
        if (address instanceof InetSocketAddress tcp) {
            String host = host(address);
            return (host.indexOf(':') >= 0 ? "[" + host + "]" : host) + ":" + tcp.getPort();
        }
        return unixPath() + ":0";
    }

    private String unixPath() {
        SocketAddress local = channel.localAddress();
        SocketAddress remote = channel.remoteAddress();
        String path = local == null ? "" : sockets.path(local);
        return path.isEmpty() && remote != null ? sockets.path(remote) : path;
    }

    private static String host(@Nullable SocketAddress address) {
        if (!(address instanceof InetSocketAddress tcp)) {
            return "";
        }
        return Addresses.canonical(tcp.getAddress().getHostAddress());
    }
}
