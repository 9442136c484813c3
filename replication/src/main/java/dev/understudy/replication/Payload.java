// SPDX-License-Identifier: Apache-2.0
package dev.understudy.replication;

import java.util.Optional;

/** How the end of the payload of a full sync is known. */
public sealed interface Payload {
    /** {@code $<bytes>}: the RDB is a file of that size. */
    record Sized(long bytes) implements Payload {
        public Sized {
            assert bytes >= 0 : bytes;
        }
    }

    /** {@code $EOF:<mark>}: the RDB is being made while it is sent, and these 40 characters follow it. */
    record Marked(String mark) implements Payload {
        /** Number of characters of a mark. */
        public static final int MARK_LENGTH = 40;

        public Marked {
            assert mark.length() == MARK_LENGTH : mark;
        }
    }

    /** What INFO shows as total: 0 when it is not known in advance. */
    default long totalBytes() {
        return this instanceof Sized(long bytes) ? bytes : 0;
    }

    /** Reads the announcement line, without its line end; nothing if it is none. */
    static Optional<Payload> parse(String line) {
        if (line.startsWith("$EOF:") && line.length() >= 5 + Marked.MARK_LENGTH) {
            return Optional.of(new Marked(line.substring(5, 5 + Marked.MARK_LENGTH)));
        }
        if (!line.startsWith("$")) {
            return Optional.empty();
        }
        long bytes = Words.parseLong(line.substring(1)).orElse(-1L);
        return bytes < 0 ? Optional.empty() : Optional.of(new Sized(bytes));
    }
}
