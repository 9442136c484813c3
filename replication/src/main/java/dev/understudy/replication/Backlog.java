// SPDX-License-Identifier: Apache-2.0
package dev.understudy.replication;

/** Which part of a {@link StreamLog} is promised to replicas that come back: the newest bytes, as many as repl-backlog-size says or more. */
final class Backlog {
    private boolean active;
    private long first;
    private long bytesMax;

    boolean isActive() {
        return active;
    }

    /** Offset of its first byte, 0 while there is none. */
    long first() {
        return first;
    }

    /** What is promised, bytes. */
    long bytesMax() {
        return bytesMax;
    }

    void bytesMax(long bytes) {
        bytesMax = bytes;
    }

    /** Begins after the byte {@code end}; nothing if it has begun. */
    void begin(long end) {
        if (!active) {
            active = true;
            first = end + 1;
        }
    }

    void end() {
        active = false;
        first = 0;
    }

    void shift(long base) {
        first += active ? base : 0;
    }

    long length(long end) {
        return active ? end - first + 1 : 0;
    }

    Window window(long end) {
        return active ? new Window(true, first, end) : Window.none(end);
    }

    boolean holds(long offset, long end) {
        return active && offset >= first && offset <= end;
    }

    /** Bytes before {@code offset} are gone. */
    void advance(long offset) {
        first = active ? Math.max(first, offset) : first;
    }

    /**
     * Whether the block that ends before {@code limit} has bytes of it, and it would be shorter than promised without them. Redis keeps a
     * block unless more than the setting is left without it.
     */
    boolean needs(long limit, long end) {
        return active && limit > first && end - limit + 1 <= bytesMax;
    }
}
