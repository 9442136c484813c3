// SPDX-License-Identifier: Apache-2.0
package dev.understudy.replication;

import dev.understudy.wire.Invariant;

/**
 * The part of the stream that a backlog can repeat.
 *
 * @param active whether there is a backlog
 * @param first offset of the first byte available; {@code end + 1} when the backlog is empty
 * @param end offset of the last byte produced (master_repl_offset)
 */
public record Window(boolean active, long first, long end) {
    public Window {
        if (active) {
            Invariant.ordered(first, end + 1, "first offset of the backlog, offset behind its end");
        }
    }

    public static Window none(long end) {
        return new Window(false, 0, end);
    }

    /** Number of bytes available, repl_backlog_histlen. */
    public long length() {
        return active ? end - first + 1 : 0;
    }

    /** Whether the stream can be sent from {@code offset} on; the byte after the last one is legal and yields nothing. */
    public boolean reaches(long offset) {
        return active && offset >= first && offset <= end + 1;
    }
}
