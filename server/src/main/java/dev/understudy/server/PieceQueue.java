// SPDX-License-Identifier: Apache-2.0
package dev.understudy.server;

import java.util.ArrayDeque;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Hands the pieces of a pass from the worker that encodes to the loop, and bounds what the worker is ahead: it waits while more bytes are out than
 * allowed. The arrays of pieces given back are used again.
 */
final class PieceQueue {
    private final int pieceBytes;
    private final long bytesMax;
    private final Runnable ready;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final ArrayDeque<TransferPiece> waiting = new ArrayDeque<>();
    private final ArrayDeque<byte[]> spare = new ArrayDeque<>();
    private long outBytes;
    private long waitedNanos;
    /** When the present waiting began; meaningful if {@link #waits}. */
    private long waitsSinceNanos;

    private boolean waits;
    private boolean told;
    private volatile boolean closed;

    /**
     * @param pieceBytes length of all arrays
     * @param bytesMax out at most, beside the piece that exceeds it
     * @param ready called on the worker when the loop has to {@link #drain} again
     */
    PieceQueue(int pieceBytes, long bytesMax, Runnable ready) {
        this.pieceBytes = pieceBytes;
        this.bytesMax = bytesMax;
        this.ready = ready;
    }

    // ---- by the worker

    /** An array for the next piece. */
    byte[] array() {
        lock.lock();
        try {
            byte @Nullable [] kept = spare.poll();
            return kept == null ? new byte[pieceBytes] : kept;
        } finally {
            lock.unlock();
        }
    }

    /** Hands over a piece, then waits for room; false when nobody wants more. */
    boolean put(TransferPiece piece) {
        lock.lock();
        try {
            waiting.add(piece);
            outBytes += piece.length();
            if (!told) {
                told = true;
                ready.run();
            }
            if (outBytes > bytesMax) {
                awaitRoom();
            }
            return !closed;
        } finally {
            lock.unlock();
        }
    }

    private void awaitRoom() {
        waitsSinceNanos = System.nanoTime();
        waits = true;
        try {
            while (outBytes > bytesMax && !closed) {
                changed.await();
            }
        } catch (InterruptedException serverEnds) {
            Thread.currentThread().interrupt();
            closed = true;
        }
        waits = false;
        waitedNanos += System.nanoTime() - waitsSinceNanos;
    }

    boolean isClosed() {
        return closed;
    }

    // ---- by the loop

    /** Takes what has come. */
    void drain(Consumer<TransferPiece> into) {
        lock.lock();
        try {
            told = false;
            TransferPiece piece;
            while ((piece = waiting.poll()) != null) {
                into.accept(piece);
            }
        } finally {
            lock.unlock();
        }
    }

    /** Gives a piece back. */
    void release(TransferPiece piece) {
        lock.lock();
        try {
            outBytes -= piece.length();
            if (spare.size() * (long) pieceBytes < bytesMax) {
                spare.add(piece.bytes());
            }
            changed.signal();
        } finally {
            lock.unlock();
        }
    }

    /** Nobody wants more: the worker stops at its next key or piece. */
    void close() {
        lock.lock();
        try {
            closed = true;
            waiting.clear();
            spare.clear();
            changed.signal();
        } finally {
            lock.unlock();
        }
    }

    /** How long the worker has been waiting for room so far. */
    long waitedNanos() {
        lock.lock();
        try {
            return waitedNanos + (waits ? System.nanoTime() - waitsSinceNanos : 0);
        } finally {
            lock.unlock();
        }
    }
}
