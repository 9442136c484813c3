// SPDX-License-Identifier: Apache-2.0
package dev.understudy.replication;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The part of a {@link StreamLog} that is in the {@link SpillStore}: the stretch in front of the blocks in memory, for cursors that are
 * far behind.
 *
 * <pre>
 *   first            limit = first byte in memory      end
 *   |  stored        | being written |  blocks ...     |
 *      ^ slow cursor      stays in memory until it is stored
 * </pre>
 *
 * <p>One batch is written at a time. After a failed write nothing more is written until the store is empty and memory suffices again.
 */
final class StreamSpill {
    /** Bytes of one write, about: enough to be worth a turn, few enough that reads get theirs soon. */
    private static final long BATCH_BYTES_MAX = 4L << 20;

    private final SpillStore store;
    private final BlockChain chain;
    private final List<StreamBlock> batch = new ArrayList<>();
    private boolean writing;
    private boolean abandoned;
    private boolean full;
    private @Nullable String failure;
    private long first;
    private long limit;

    StreamSpill(SpillStore store, BlockChain chain) {
        this.store = store;
        this.chain = chain;
    }

    SpillStore store() {
        return store;
    }

    boolean isEmpty() {
        return first == limit;
    }

    /** Whether the stored stretch has the byte. */
    boolean holds(long offset) {
        return offset >= first && offset < limit;
    }

    /** Offset of the byte after the stored stretch. */
    long limit() {
        return limit;
    }

    boolean isWriting() {
        return writing;
    }

    /** Whether blocks can be given to {@link #write}. */
    boolean isReady() {
        return !writing && failure == null;
    }

    /** How the store fares. */
    SpillState state() {
        String reason = failure;
        return reason != null ? new SpillState.Failed(reason) : full ? new SpillState.Full() : new SpillState.Fine();
    }

    /** Memory suffices without the store: what was wrong with it is forgotten, once it is empty. */
    void rest() {
        full = false;
        if (first == limit && !writing) {
            failure = null;
        }
    }

    // --- writing
    // -----------------------------------------------------------------------------------------------------------

    /** Adds a block to the next write; false when it is not to have more. */
    boolean add(StreamBlock block, long bytesWanted) {
        long bytes = batch.isEmpty() ? 0 : batch.getLast().limit() - batch.getFirst().first;
        if (bytes >= Math.min(bytesWanted, BATCH_BYTES_MAX)) {
            return false;
        }
        batch.add(block);
        return true;
    }

    /** Writes the blocks added, unless they would take more than the space allowed; then the store is full. */
    void write(long storeBytesMax, Consumer<@Nullable String> done) {
        if (batch.isEmpty()) {
            return;
        }
        long begin = batch.getFirst().first;
        full = store.bytes() + batch.getLast().limit() - begin > storeBytesMax;
        if (full) {
            batch.clear();
            return;
        }
        List<SpillStore.Piece> pieces = new ArrayList<>(batch.size());
        for (StreamBlock block : batch) {
            chain.beginSpill(block);
            pieces.add(new SpillStore.Piece(block.bytes, block.used));
        }
        if (first == limit) {
            first = begin;
            limit = begin;
        }
        if (begin != limit) {
            throw new IllegalStateException("spilling from " + begin + " with a store that ends at " + limit);
        }
        writing = true;
        store.append(begin, pieces, done);
    }

    /** The end of the write: returns the blocks that are stored now and can leave memory; none if that failed or nobody wants them. */
    List<StreamBlock> written(@Nullable String reason) {
        writing = false;
        List<StreamBlock> blocks = List.copyOf(batch);
        batch.clear();
        long end = blocks.getLast().limit();
        for (StreamBlock block : blocks) {
            chain.endSpill(block);
        }
        boolean useless = abandoned;
        abandoned = false;
        if (useless) {
            store.release(end);
            return List.of();
        }
        if (reason != null) {
            failure = reason;
            return List.of();
        }
        limit = end;
        return blocks;
    }

    // --- giving up
    // ---------------------------------------------------------------------------------------------------------

    /** Bytes before {@code offset} are not needed any more. */
    void release(long offset) {
        if (offset > first) {
            first = Math.min(offset, limit);
            store.release(first);
        }
    }

    /** The stream's blocks have been dropped, those in the write as well. */
    void abandon() {
        release(limit);
        abandoned = writing;
    }

    /** The end of the log, with that of the store: nothing is written any more, and no outcome comes. */
    void close() {
        if (writing) {
            writing = false;
            batch.forEach(chain::endSpill);
            batch.clear();
        }
    }
}
