// SPDX-License-Identifier: Apache-2.0
package dev.understudy.server.transport;

import dev.understudy.wire.ByteSink;
import java.lang.foreign.MemorySegment;

/**
 * A byte stream to a peer, over TCP or a Unix domain socket. Used on the loop only.
 *
 * <p>What is written goes out at the end of the iteration, after the {@link LoopTasks#beforeSleep} hooks, in one system call if the
 * socket takes it. The order of bytes is kept; nothing is dropped but by closing.
 */
public interface Connection extends ByteSink {
    /** Queues the bytes, without limit: whoever writes watches {@link #pendingBytes}. Ignored once the connection is closed. */
    @Override
    void write(byte[] array, int offset, int length);

    /** As the other one. The bytes have been copied when it returns: the memory may be freed then. */
    void write(MemorySegment source, long offset, int length);

    /**
     * Bytes queued and not yet taken by the system, counted with the overhead of their queue and let go in blocks; 0 exactly when there
     * are none.
     */
    long pendingBytes();

    /** False from {@link #HIGH_WATER_BYTES} pending bytes on until they have sunk below {@link #LOW_WATER_BYTES}. */
    boolean isWritable();

    /** Closes at once, and drops what is pending. {@link ConnectionHandler#onClosed} follows later. Harmless when repeated. */
    void close();

    /**
     * Stops reading, and closes when all that is pending has gone out, or when the peer has taken nothing of it for a minute. Further writes are
     * ignored.
     */
    void closeAfterFlush();

    /** False from the first call that closes, or the loss of the connection, on. */
    boolean isOpen();

    /** Stops reading, so that the peer feels back-pressure; on again by {@link #resumeReading}. */
    void pauseReading();

    void resumeReading();

    /** {@code 127.0.0.1:6379}, {@code [::1]:6379}, or {@code path:0} of a Unix socket, as CLIENT LIST prints it. */
    String peerAddress();

    String localAddress();

    /** The peer's numeric address without port; empty for a Unix socket. */
    String peerHost();

    /** Our numeric address of this connection without port; empty for a Unix socket. */
    String localHost();

    boolean isUnixSocket();

    /** Whether the peer is this machine: a loopback address or a Unix socket (for protected-mode). */
    boolean isLocal();

    /** The file descriptor, -1 where the transport has none or does not tell. */
    int descriptor();

    /** TCP_NODELAY; on by default. Means nothing for Unix sockets. */
    void noDelay(boolean on);

    /** SO_KEEPALIVE with this interval as anetKeepAlive sets it, seconds; 0 turns it off. Means nothing for Unix sockets. */
    void keepAlive(int seconds);

    int HIGH_WATER_BYTES = 1024 * 1024;
    int LOW_WATER_BYTES = 256 * 1024;
}
