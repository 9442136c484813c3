// SPDX-License-Identifier: Apache-2.0
package dev.understudy.simulation;

import dev.understudy.server.transport.Connection;
import dev.understudy.server.transport.ConnectionHandler;
import dev.understudy.server.transport.Inbound;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayDeque;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * One end of a virtual TCP connection.
 *
 * <pre>
 *   write -> out (pending) -> flight (Wire) -> peer's received -> peer's onData
 *                             |<-- at most the window, or the sender has to wait -->|
 * </pre>
 */
final class SimConnection implements Connection, Inbound {
    private static final int READ_BYTES_MAX = 64 * 1024;

    final SimTransport owner;
    final Wire outgoing;
    private final String localAddress;
    private final String peerAddress;
    private @Nullable SimConnection peer;
    private @Nullable ConnectionHandler handler;

    private byte[] out = new byte[256];
    private int outFrom;
    private int outTo;
    private boolean dirty;
    private boolean writable = true;

    private final ArrayDeque<byte[]> received = new ArrayDeque<>();
    private int firstTaken;
    private long receivedBytes;
    private int readable;
    private boolean readQueued;
    private boolean paused;
    private @Nullable End end;

    private boolean open = true;
    private boolean closing;
    private boolean told;

    /** How the peer's stream of bytes ended. */
    private record End(ConnectionHandler.Cause cause, String detail) {}

    SimConnection(SimTransport owner, SimNetwork.Link link, String localAddress, String peerAddress) {
        this.owner = owner;
        this.outgoing = new Wire(this, link);
        this.localAddress = localAddress;
        this.peerAddress = peerAddress;
    }

    void connect(SimConnection other) {
        peer = other;
    }

    SimConnection peer() {
        SimConnection other = peer;
        if (other == null) {
            throw new IllegalStateException("not connected");
        }
        return other;
    }

    /** Gives the connection its handler; what has come already is read then. */
    void start(ConnectionHandler newHandler) {
        handler = newHandler;
        queueRead();
    }

    // ---- outwards

    @Override
    public void write(byte[] array, int offset, int length) {
        if (open && length > 0 && !writeFails()) {
            makeRoom(length);
            System.arraycopy(array, offset, out, outTo, length);
            written(length);
        }
    }

    @Override
    public void write(MemorySegment source, long offset, int length) {
        if (open && length > 0 && !writeFails()) {
            makeRoom(length);
            MemorySegment.copy(source, ValueLayout.JAVA_BYTE, offset, out, outTo, length);
            written(length);
        }
    }

    /** Whether this write fails: the connection ends then, as a real one does, nothing of what waits goes out, and the owner hears of it later. */
    private boolean writeFails() {
        Throwable refused =
                owner.sabotage().strike(Sabotage.Place.WRITE, Sabotage.Outcome.NAMED, "a write to " + peerAddress);
        if (refused == null) {
            return false;
        }
        shut();
        if (receivedBytes > 0) {
            outgoing.reset();
        } else {
            outgoing.finish();
        }
        tellLater(new End(ConnectionHandler.Cause.FAILURE, String.valueOf(refused.getMessage())));
        return true;
    }

    private void makeRoom(int length) {
        if (outTo + length > out.length) {
            byte[] roomier = outTo - outFrom + length > out.length ? new byte[2 * (outTo - outFrom + length)] : out;
            System.arraycopy(out, outFrom, roomier, 0, outTo - outFrom);
            out = roomier;
            outTo -= outFrom;
            outFrom = 0;
        }
    }

    private void written(int length) {
        outTo += length;
        writable &= pendingBytes() < HIGH_WATER_BYTES;
        touch();
    }

    private void touch() {
        if (!dirty) {
            dirty = true;
            owner.loop.touch(this);
        }
    }

    /** At the end of an iteration: the network takes what it has room for. */
    void flush() {
        dirty = false;
        if (!open && !closing) {
            return;
        }
        while (outTo > outFrom && outgoing.roomBytes() > 0) {
            boolean isShort = owner.isShort();
            int most = isShort ? (outTo - outFrom + 2) / 3 : outTo - outFrom;
            int count = outgoing.cut((int) Math.min(most, outgoing.roomBytes()));
            outgoing.send(Arrays.copyOfRange(out, outFrom, outFrom + count));
            outFrom += count;
            if (isShort) {
                owner.loop.ready(this::touch);
                return;
            }
        }
        if (outFrom == outTo && closing) {
            closing = false;
            outgoing.finish();
            tellLater(new End(ConnectionHandler.Cause.LOCAL, ""));
            return;
        }
        if (!writable && pendingBytes() < LOW_WATER_BYTES) {
            writable = true;
            ConnectionHandler told = handler;
            if (open && told != null) {
                owner.loop.guarded(told::onWritable);
            }
        }
    }

    /** The network has room again. */
    void room() {
        if (open || closing) {
            owner.loop.ready(this::touch);
        }
    }

    @Override
    public long pendingBytes() {
        return (long) outTo - outFrom;
    }

    @Override
    public boolean isWritable() {
        return open && writable;
    }

    // ---- inwards

    /** Bytes have arrived at this machine. */
    void arrived(byte[] piece) {
        if (end == null) {
            received.add(piece);
            receivedBytes += piece.length;
            queueRead();
        }
    }

    /** No more will arrive. */
    void ended(ConnectionHandler.Cause cause, String detail) {
        if (end == null) {
            end = new End(cause, detail);
            queueRead();
        }
    }

    private void queueRead() {
        boolean something = end != null || receivedBytes > 0 && !paused;
        if (!readQueued && something && handler != null && open) {
            readQueued = true;
            owner.loop.ready(this::read);
        }
    }

    private void read() {
        readQueued = false;
        ConnectionHandler reader = handler;
        if (reader == null || !open) {
            return;
        }
        if (receivedBytes > 0 && !paused) {
            readable = (int) Math.min(READ_BYTES_MAX, receivedBytes);
            int count = readable;
            owner.loop.guarded(() -> reader.onData(this));
            if (open && readable > 0 && !owner.loop.hasEnded()) {
                throw new Divergence(localAddress + ": " + readable + " bytes were left behind");
            }
            readable = 0;
            peer().outgoing.consumed(count);
            queueRead();
        } else if (end != null && (receivedBytes == 0 || end.cause() == ConnectionHandler.Cause.FAILURE)) {
            End now = end;
            // What this iteration answers still goes out.
            flush();
            shut();
            outgoing.finish();
            tell(now);
        }
    }

    @Override
    public int available() {
        return readable;
    }

    @Override
    public int read(byte[] target, int offset, int length) {
        int count = Math.min(length, readable);
        int done = 0;
        while (done < count) {
            byte[] piece = received.element();
            int part = Math.min(count - done, piece.length - firstTaken);
            System.arraycopy(piece, firstTaken, target, offset + done, part);
            done += part;
            firstTaken += part;
            if (firstTaken == piece.length) {
                received.remove();
                firstTaken = 0;
            }
        }
        readable -= count;
        receivedBytes -= count;
        return count;
    }

    @Override
    public void pauseReading() {
        paused = true;
    }

    @Override
    public void resumeReading() {
        paused = false;
        queueRead();
    }

    // ---- the end

    private void shut() {
        open = false;
        closing = false;
        outFrom = 0;
        outTo = 0;
    }

    @Override
    public void close() {
        if (open || closing) {
            boolean unread = receivedBytes > 0;
            shut();
            if (unread) {
                // The system answers unread data with a reset, which overtakes what is on the way.
                outgoing.reset();
            } else {
                outgoing.finish();
            }
            tellLater(new End(ConnectionHandler.Cause.LOCAL, ""));
        }
    }

    @Override
    public void closeAfterFlush() {
        if (open) {
            open = false;
            closing = true;
            touch();
        }
    }

    private void tellLater(End how) {
        owner.loop.ready(() -> tell(how));
    }

    private void tell(End how) {
        if (!told) {
            told = true;
            ConnectionHandler last = handler;
            handler = null;
            received.clear();
            owner.forget(this);
            if (last != null) {
                owner.loop.guarded(() -> last.onClosed(how.cause(), how.detail()));
            }
        }
    }

    /** The process is gone: its system closes for it. */
    void abandon() {
        shut();
        told = true;
        handler = null;
    }

    @Override
    public boolean isOpen() {
        return open;
    }

    // ---- addresses and options

    @Override
    public String peerAddress() {
        return peerAddress;
    }

    @Override
    public String localAddress() {
        return localAddress;
    }

    @Override
    public String peerHost() {
        return host(peerAddress);
    }

    @Override
    public String localHost() {
        return host(localAddress);
    }

    private static String host(String address) {
        return address.substring(0, address.indexOf(':'));
    }

    @Override
    public boolean isUnixSocket() {
        return false;
    }

    @Override
    public boolean isLocal() {
        return peerHost().equals(localHost());
    }

    @Override
    public int descriptor() {
        return -1;
    }

    @Override
    public void noDelay(boolean on) {
        // Means nothing here.
    }

    @Override
    public void keepAlive(int seconds) {
        // Half-open connections are meant to stay so.
    }
}
