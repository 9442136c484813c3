// SPDX-License-Identifier: Apache-2.0
package dev.understudy.server;

import dev.understudy.persist.RdbSource;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/** Takes a payload from the loop to a parser on another thread: bounded, the loop never waits. */
final class PayloadPipe implements RdbSource {
    /** Bytes in the pipe at which the socket is paused. */
    static final long BYTES_MAX = 8L << 20;

    private final long bytesMax;
    private final Runnable roomAgain;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final ArrayDeque<byte[]> chunks = new ArrayDeque<>();
    private int taken;
    private long bytes;
    private boolean full;
    private boolean ended;
    private boolean cancelled;

    /** @param roomAgain called by the reading thread when a full pipe is half empty */
    PayloadPipe(long bytesMax, Runnable roomAgain) {
        this.bytesMax = bytesMax;
        this.roomAgain = roomAgain;
    }

    /** Puts bytes in; returns false when the pipe is full now (the bytes are in nevertheless). */
    boolean offer(byte[] array, int offset, int length) {
        byte[] chunk = java.util.Arrays.copyOfRange(array, offset, offset + length);
        lock.lock();
        try {
            chunks.add(chunk);
            bytes += length;
            full |= bytes >= bytesMax;
            changed.signal();
            return !full;
        } finally {
            lock.unlock();
        }
    }

    /** No more bytes come. */
    void end() {
        lock.lock();
        try {
            ended = true;
            changed.signal();
        } finally {
            lock.unlock();
        }
    }

    /** The reader is to give up. */
    void cancel() {
        lock.lock();
        try {
            cancelled = true;
            chunks.clear();
            changed.signal();
        } finally {
            lock.unlock();
        }
    }

    @Override
    public int read(byte[] target, int offset, int length) throws IOException {
        boolean room = false;
        int count;
        lock.lock();
        try {
            byte[] chunk = await();
            if (chunk == null) {
                return -1;
            }
            count = Math.min(length, chunk.length - taken);
            System.arraycopy(chunk, taken, target, offset, count);
            taken += count;
            bytes -= count;
            if (taken == chunk.length) {
                chunks.poll();
                taken = 0;
            }
            if (full && bytes < bytesMax / 2) {
                full = false;
                room = true;
            }
        } finally {
            lock.unlock();
        }
        if (room) {
            roomAgain.run();
        }
        return count;
    }

    private byte @Nullable [] await() throws IOException {
        try {
            while (chunks.isEmpty() && !ended && !cancelled) {
                changed.await();
            }
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", interrupted);
        }
        if (cancelled) {
            throw new IOException("connection lost");
        }
        return chunks.peek();
    }

    @Override
    public long bytesLeft() {
        return -1;
    }
}
