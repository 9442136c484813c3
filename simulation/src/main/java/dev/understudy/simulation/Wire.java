// SPDX-License-Identifier: Apache-2.0
package dev.understudy.simulation;

import dev.understudy.server.transport.ConnectionHandler;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/** One direction of a virtual connection: pieces of bytes under way, in order, until the wire is cut or goes dead. */
final class Wire {
    private static final String RESET = "Connection reset by peer";
    private static final long WINDOW_BYTES_MIN = 16 * 1024;
    private static final int WINDOW_BYTES_SPREAD = 240 * 1024;

    private final SimConnection sender;
    private final SimNetwork.Link link;
    private final SimNetwork network;
    private final SplittableRandom random;
    private final long windowBytes;
    private final ArrayDeque<Piece> flight = new ArrayDeque<>();
    private long usedBytes;
    private long lastArrivalNanos;
    private long stalledUntilNanos;
    private long bytesPerSecond;
    private boolean moving;
    private boolean finished;
    /** Nothing gets through any more, and nobody says so. */
    private boolean dead;

    /** @param bytes null for the end of the stream */
    private record Piece(long arrivalNanos, byte @Nullable [] bytes, ConnectionHandler.@Nullable Cause end) {}

    Wire(SimConnection sender, SimNetwork.Link link) {
        this.sender = sender;
        this.link = link;
        this.network = link.network();
        this.random = network.random;
        this.windowBytes = WINDOW_BYTES_MIN + random.nextInt(WINDOW_BYTES_SPREAD);
    }

    /** Bytes that the system takes now. */
    long roomBytes() {
        return windowBytes - usedBytes;
    }

    /** Where to cut what is sent: mostly large pieces, sometimes tiny ones. */
    int cut(int bytes) {
        int most = Math.min(bytes, 16 * 1024);
        return switch (random.nextInt(8)) {
            case 0 -> 1 + random.nextInt(Math.min(most, 7));
            case 1 -> 1 + random.nextInt(most);
            default -> most;
        };
    }

    void send(byte[] bytes) {
        usedBytes += bytes.length;
        if (dead || finished) {
            network.lostBytes(sender, bytes.length);
            return;
        }
        int passing = network.passing(sender, bytes);
        if (passing < bytes.length) {
            push(Arrays.copyOf(bytes, passing), null, link.latencyNanos());
            network.snap(sender);
            return;
        }
        long transferNanos = bytesPerSecond == 0 ? 0 : bytes.length * Scheduler.SECONDS / bytesPerSecond;
        push(network.tamper(sender, bytes), null, link.latencyNanos() + transferNanos);
    }

    /** The sender closes in good order. */
    void finish() {
        if (!finished && !dead) {
            finished = true;
            push(null, ConnectionHandler.Cause.PEER, link.latencyNanos());
        }
    }

    /** The stream ends at once, at any byte of what is under way. */
    void reset() {
        if (finished && flight.isEmpty()) {
            return;
        }
        keepPrefix();
        if (!dead) {
            finished = true;
            push(null, ConnectionHandler.Cause.FAILURE, link.latencyNanos());
        }
    }

    /** Ends the stream after what is under way; {@code silent}: and nobody hears of it. */
    void snap(boolean silent) {
        if (silent) {
            dead = true;
        } else if (!finished && !dead) {
            finished = true;
            push(null, ConnectionHandler.Cause.FAILURE, link.latencyNanos());
        }
    }

    /** As {@link #reset}, but the other side never hears of it. */
    void die() {
        keepPrefix();
        dead = true;
    }

    boolean isDead() {
        return dead;
    }

    boolean isFinished() {
        return finished;
    }

    /** Drops what is under way from some byte on. */
    private void keepPrefix() {
        int kept = random.nextInt(flight.size() + 1);
        while (flight.size() > kept + 1) {
            flight.removeLast();
        }
        if (flight.size() > kept) {
            Piece last = flight.removeLast();
            byte[] bytes = last.bytes();
            if (bytes != null) {
                flight.add(
                        new Piece(last.arrivalNanos(), Arrays.copyOf(bytes, random.nextInt(bytes.length + 1)), null));
            }
        }
        flight.removeIf(piece -> piece.bytes() == null);
    }

    /** Holds all back for so long. */
    void stall(long nanos) {
        stalledUntilNanos = network.scheduler.nowNanos() + nanos;
    }

    /** Makes the wire slow; 0: as fast as can be. */
    void limit(long newBytesPerSecond) {
        bytesPerSecond = newBytesPerSecond;
    }

    private void push(byte @Nullable [] bytes, ConnectionHandler.@Nullable Cause end, long delayNanos) {
        lastArrivalNanos = bytesPerSecond == 0
                ? Math.max(lastArrivalNanos, network.scheduler.nowNanos() + delayNanos)
                : Math.max(lastArrivalNanos, network.scheduler.nowNanos()) + delayNanos;
        flight.add(new Piece(lastArrivalNanos, bytes, end));
        move();
    }

    private void move() {
        Piece first = flight.peek();
        if (!moving && first != null) {
            moving = true;
            long delay = Math.max(0, first.arrivalNanos() - network.scheduler.nowNanos());
            network.scheduler.after(delay, "network", this::arrive);
        }
    }

    private void arrive() {
        moving = false;
        if (flight.isEmpty()) {
            return;
        }
        long now = network.scheduler.nowNanos();
        long heldNanos = Math.max(stalledUntilNanos, link.blockedUntilNanos()) - now;
        if (heldNanos > 0) {
            moving = true;
            network.scheduler.after(heldNanos, "network", this::arrive);
            return;
        }
        SimConnection receiver = sender.peer();
        boolean alive = !receiver.owner.loop.hasEnded();
        while (!flight.isEmpty() && flight.element().arrivalNanos() <= now) {
            Piece piece = flight.remove();
            byte[] bytes = piece.bytes();
            if (!alive) {
                continue;
            }
            if (bytes != null) {
                network.deliveredBytes(bytes);
                receiver.arrived(bytes);
            } else {
                receiver.ended(
                        java.util.Objects.requireNonNull(piece.end()),
                        piece.end() == ConnectionHandler.Cause.FAILURE ? RESET : "");
            }
        }
        move();
    }

    /** The receiver has read so many bytes. */
    void consumed(long bytes) {
        boolean waiting = usedBytes >= windowBytes || sender.pendingBytes() > 0;
        if (!waiting) {
            usedBytes = Math.max(0, usedBytes - bytes);
            return;
        }
        network.scheduler.after(link.latencyNanos(), "window", () -> {
            usedBytes = Math.max(0, usedBytes - bytes);
            sender.room();
        });
    }
}
