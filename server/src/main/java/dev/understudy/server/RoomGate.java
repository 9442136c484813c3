// SPDX-License-Identifier: Apache-2.0
package dev.understudy.server;

import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/** Bounds what a worker is ahead of the loop: it enters bytes, and waits above the limit until the loop has let enough leave. */
final class RoomGate {
    private final long bytesMax;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private long inside;
    private boolean closed;

    RoomGate(long bytesMax) {
        this.bytesMax = bytesMax;
    }

    /** Adds bytes and waits for room; false when the gate has been closed. By the worker. */
    boolean enter(long bytes) {
        lock.lock();
        try {
            inside += bytes;
            while (inside > bytesMax && !closed) {
                changed.awaitUninterruptibly();
            }
            return !closed;
        } finally {
            lock.unlock();
        }
    }

    /** By the loop. */
    void leave(long bytes) {
        if (bytes == 0) {
            return;
        }
        lock.lock();
        try {
            inside -= bytes;
            changed.signal();
        } finally {
            lock.unlock();
        }
    }

    void close() {
        lock.lock();
        try {
            closed = true;
            changed.signal();
        } finally {
            lock.unlock();
        }
    }

    boolean isClosed() {
        lock.lock();
        try {
            return closed;
        } finally {
            lock.unlock();
        }
    }
}
