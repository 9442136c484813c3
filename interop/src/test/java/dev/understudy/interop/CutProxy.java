// SPDX-License-Identifier: Apache-2.0
package dev.understudy.interop;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;

/**
 * A TCP proxy in front of a server, which does to its connections what bad networks do: cuts them at will or after so many bytes, holds
 * the bytes back or slows them down, refuses new ones, flips a bit. Counted are the bytes that come from the server. From any thread.
 */
final class CutProxy implements AutoCloseable {
    private static final int BUFFER_BYTES = 16 << 10;

    private final ServerSocket listener;
    private final int upstreamPort;
    private final Set<Socket> sockets = ConcurrentHashMap.newKeySet();
    private final AtomicLong connections = new AtomicLong();
    private volatile boolean refusing;
    private volatile boolean refusingAfterNext;
    private volatile boolean stalled;
    private volatile long cutAfterBytes = Long.MAX_VALUE;
    private volatile long flipAtByte = -1;
    private volatile long bytesPerSecondMax = Long.MAX_VALUE;
    private volatile boolean closed;

    CutProxy(int upstreamPort) {
        this.upstreamPort = upstreamPort;
        try {
            listener = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
        Thread.ofVirtual().name("proxy-accept").start(this::accept);
    }

    int port() {
        return listener.getLocalPort();
    }

    /** So many connections were accepted and not refused. */
    long connections() {
        return connections.get();
    }

    /** Cuts all present connections. */
    void cut() {
        sockets.forEach(CutProxy::closeQuietly);
    }

    /** While {@code on}, new connections are closed at once. */
    void refuse(boolean on) {
        refusing = on;
    }

    /** Lets one more connection in, then refuses until {@link #refuse} is called. */
    void refuseAfterNext() {
        refusingAfterNext = true;
    }

    /** While {@code on}, no byte gets through in either direction; nothing is lost. */
    void stall(boolean on) {
        synchronized (this) {
            stalled = on;
            notifyAll();
        }
    }

    /** Each direction of each connection carries no more than this from now on. */
    void slow(long newBytesPerSecondMax) {
        bytesPerSecondMax = newBytesPerSecondMax;
    }

    /** The next connection is cut when the server has sent so many bytes; those after it are not. */
    void cutNextAfter(long bytes) {
        cutAfterBytes = bytes;
    }

    /** In the next connection the lowest bit of the server's byte at {@code index} is flipped; not in those after it. */
    void flipNextAt(long index) {
        flipAtByte = index;
    }

    @Override
    public void close() {
        closed = true;
        stall(false);
        closeQuietly(listener);
        cut();
    }

    private void accept() {
        while (!closed) {
            try {
                Socket client = listener.accept();
                if (refusing || closed) {
                    closeQuietly(client);
                } else {
                    connect(client);
                }
            } catch (IOException failure) {
                if (!closed) {
                    throw new UncheckedIOException(failure);
                }
            }
        }
    }

    private void connect(Socket client) {
        connections.incrementAndGet();
        if (refusingAfterNext) {
            refusing = true;
        }
        refusingAfterNext = false;
        long cutAfter = cutAfterBytes;
        long flipAt = flipAtByte;
        cutAfterBytes = Long.MAX_VALUE;
        flipAtByte = -1;
        Thread.ofVirtual().name("proxy-connect").start(() -> {
            Socket server = new Socket();
            sockets.add(client);
            sockets.add(server);
            try {
                server.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), upstreamPort), 5_000);
            } catch (IOException unreachable) {
                drop(client, server);
                return;
            }
            Thread.ofVirtual().name("proxy-up").start(() -> pump(client, server, Long.MAX_VALUE, -1));
            pump(server, client, cutAfter, flipAt);
        });
    }

    private void pump(Socket from, Socket to, long cutAfter, long flipAt) {
        byte[] buffer = new byte[BUFFER_BYTES];
        long passed = 0;
        // A read or write that fails is the end of the connection, whoever caused it.
        try (InputStream in = from.getInputStream();
                OutputStream out = to.getOutputStream()) {
            for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
                awaitFlow();
                LockSupport.parkNanos((long) (n * 1e9 / bytesPerSecondMax));
                if (flipAt >= passed && flipAt < passed + n) {
                    buffer[(int) (flipAt - passed)] ^= 1;
                }
                int allowed = (int) Math.min(n, cutAfter - passed);
                out.write(buffer, 0, allowed);
                passed += allowed;
                if (passed == cutAfter) {
                    break;
                }
            }
        } catch (IOException _) {
            drop(from, to);
        }
        drop(from, to);
    }

    private synchronized void awaitFlow() {
        while (stalled) {
            try {
                wait();
            } catch (InterruptedException interrupted) {
                Thread.currentThread().interrupt();
                return;
            }
        }
    }

    private void drop(Socket one, Socket other) {
        closeQuietly(one);
        closeQuietly(other);
        sockets.remove(one);
        sockets.remove(other);
    }

    private static void closeQuietly(AutoCloseable socket) {
        try {
            socket.close();
        } catch (Exception failure) {
            throw new IllegalStateException("a socket that cannot be closed", failure);
        }
    }
}
