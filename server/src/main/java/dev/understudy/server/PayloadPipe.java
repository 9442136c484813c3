// SPDX-License-Identifier: Apache-2.0
package dev.understudy.server;

import dev.understudy.persist.RdbSource;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Takes a payload from the loop to a parser on another thread: bounded, the loop never waits. Its chunks are used again and again, for what lives as long
 * as they do would grow the heap by a good part of the payload.
 */
final class PayloadPipe implements RdbSource {
    /** Bytes in the pipe at which the socket is paused. */
    static final long BYTES_MAX = 4L << 20;

    private static final int CHUNK_BYTES = 64 << 10;
    private static final int CHUNKS_KEPT = (int) (BYTES_MAX / CHUNK_BYTES);

    private final long bytesMax;
    private final Runnable roomAgain;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final ArrayDeque<byte[]> chunks = new ArrayDeque<>();
    private final ArrayDeque<byte[]> spare = new ArrayDeque<>();
    /** Bytes taken from the first chunk. */
    private int taken;
    /** Bytes put into the last chunk. */
    private int filled = CHUNK_BYTES;

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
        lock.lock();
        try {
            if (cancelled) {
                return true; // Nobody will read it.
            }
            for (int done = 0; done < length; ) {
                int count = Math.min(length - done, CHUNK_BYTES - filled);
                if (count == 0) {
                    byte[] kept = spare.poll();
                    chunks.add(kept != null ? kept : new byte[CHUNK_BYTES]);
                    filled = 0;
                    continue;
                }
                System.arraycopy(array, offset + done, chunks.getLast(), filled, count);
                filled += count;
                done += count;
            }
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
            spare.clear();
            filled = CHUNK_BYTES;
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
            if (!await()) {
                return -1;
            }
            int there = chunks.size() == 1 ? filled : CHUNK_BYTES;
            count = Math.min(length, there - taken);
            System.arraycopy(chunks.getFirst(), taken, target, offset, count);
            taken += count;
            bytes -= count;
            if (taken == CHUNK_BYTES) {
                recycle(chunks.remove());
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

    private void recycle(byte[] chunk) {
        taken = 0;
        if (spare.size() < CHUNKS_KEPT) {
            spare.add(chunk);
        }
    }

    /** Returns false at the end of the payload. */
    private boolean await() throws IOException {
        try {
            while (bytes == 0 && !ended && !cancelled) {
                changed.await();
            }
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", interrupted);
        }
        if (cancelled) {
            throw new IOException("connection lost");
        }
        return bytes > 0;
    }

    @Override
    public long bytesLeft() {
        return -1;
    }
}
