// SPDX-License-Identifier: Apache-2.0
package dev.understudy.replication;

import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The port to where a {@link StreamLog} puts what slow replicas keep and memory is too dear for. Called on the log's thread; what it does
 * takes long, so it is done elsewhere, and the outcome told on the log's thread later, never from inside the call: null, or the reason of
 * the failure in words for a log line.
 *
 * <p>Stored is one stretch of the stream without gaps: bytes are added at its end, and given up from its beginning.
 */
public interface SpillStore {
    /** For logs that keep everything in memory. */
    SpillStore NONE = new SpillStore() {
        @Override
        public void append(long first, List<Piece> pieces, Consumer<@Nullable String> done) {
            throw new IllegalStateException("nothing can be stored");
        }

        @Override
        public void read(long first, byte[] target, int count, Consumer<@Nullable String> done) {
            throw new IllegalStateException("nothing is stored");
        }

        @Override
        public void release(long offset) {
            assert offset >= 0;
        }

        @Override
        public long bytes() {
            return 0;
        }
    };

    /**
     * Bytes to store.
     *
     * @param segment holds them at its beginning; not changed until the outcome is told, and not to be read after that
     */
    record Piece(MemorySegment segment, int length) {}

    /**
     * Adds the pieces; the first byte has offset {@code first} and follows what is stored, unless that is nothing. One call at a time. After
     * a failure nothing of it is stored.
     */
    void append(long first, List<Piece> pieces, Consumer<@Nullable String> done);

    /** Reads {@code count} bytes from offset {@code first} on into the beginning of {@code target}; all of them are stored. */
    void read(long first, byte[] target, int count, Consumer<@Nullable String> done);

    /** Bytes before {@code offset} are not asked for any more; those that are being read now may be gone. */
    void release(long offset);

    /** Space taken at the moment, with what is being added and what is given up and not yet removed. */
    long bytes();
}
