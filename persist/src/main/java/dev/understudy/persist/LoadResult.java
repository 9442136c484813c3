// SPDX-License-Identifier: Apache-2.0
package dev.understudy.persist;

/**
 * How reading an RDB file ended. Except for {@link Loaded}, what has been built so far is not to be used. Offsets are
 * bytes read when the trouble was found; contexts are for people: database, key and type being read, empty outside of
 * keys.
 */
public sealed interface LoadResult {
    /**
     * All was read.
     *
     * @param unread bytes that were taken from the source but lie behind the file's end: the beginning of the AOF tail
     *     or of the stream's end mark
     */
    record Loaded(RdbReport report, byte[] unread) implements LoadResult {}

    /** The bytes contradict the format or themselves. */
    record Corrupt(long offset, String reason, String context) implements LoadResult {}

    /** The source ended or failed before the file did. */
    record ShortRead(long offset, String reason, String context) implements LoadResult {}

    /** The file may be right, but holds what this server cannot load. */
    record Unsupported(long offset, String reason, String context) implements LoadResult {}

    /** {@link LoadListener#progress} gave up. */
    record Cancelled(long offset) implements LoadResult {}
}
