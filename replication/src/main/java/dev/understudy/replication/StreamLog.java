// SPDX-License-Identifier: Apache-2.0
package dev.understudy.replication;

import dev.understudy.wire.Invariant;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The stream of changes: a chain of byte blocks with absolute offsets. The backlog is a window over it, every replica a {@link Cursor}.
 *
 * <pre>
 *   offset    101        16485        32869        end
 *             |  block   |   block    |   block ...|
 *             ^ first byte of the backlog   ^ cursor of a replica
 * </pre>
 *
 * <p>The first byte of a history has offset 1 and {@link #end()} is the offset of the last one (master_repl_offset). Bytes written never
 * change while the backlog or a cursor can reach them. Trimming works on whole blocks at the head and stops at the block of the slowest
 * cursor, so a slow replica keeps <em>more</em> history available than the setting says; who limits that is
 * {@link ReplicaSession}'s output limit. The bytes lie in {@link StreamMemory}, where the garbage collector never sees them; a block's are
 * freed when it is trimmed, no cursor stands in it, and no write of it to the spill runs.
 *
 * <p>With a {@link SpillStore}, what slow cursors keep beyond {@link SpillBounds} leaves memory ({@link #spill}); the cursors read it back.
 *
 * <p>Without backlog and cursors nothing is stored and {@link #append} must not be called: {@link #skip} says what happens to the offset.
 * Confined to one thread.
 */
public final class StreamLog implements AutoCloseable {
    /** Smallest backlog; smaller settings are raised silently, as CONFIG_REPL_BACKLOG_MIN_SIZE. */
    public static final long BACKLOG_BYTES_MIN = 16 * 1024;

    /** Redis's default of repl-backlog-size. */
    public static final long BACKLOG_BYTES_DEFAULT = 1024 * 1024;

    /** Size of a block of a small backlog; large ones use blocks of 1/64 of the backlog up to the maximum. */
    static final int BLOCK_BYTES_MIN = 16 * 1024;

    static final int BLOCK_BYTES_MAX = 256 * 1024;

    /** Bookkeeping per block that INFO and output limits count beside the bytes. */
    public static final int BLOCK_OVERHEAD_BYTES = 64;

    /** Blocks trimmed at most per block appended: resizing a huge backlog must not stop the loop. */
    static final int TRIM_PER_APPEND_MAX = 64;

    private final StreamMemory memory;
    private final BlockChain chain;
    private final List<Cursor> cursors = new ArrayList<>();
    private final StreamSpill spill;
    private long end;
    private final Backlog backlog = new Backlog();
    /** Cursors in front of the blocks in memory. */
    private int spilledCursors;

    private boolean closed;

    /**
     * An empty log that ends at {@code end} (0 or more), without backlog.
     *
     * @param store for what slow cursors keep
     * @param memory the log's own
     */
    public StreamLog(long end, long backlogBytesMax, SpillStore store, StreamMemory memory) {
        Invariant.notNegative(end, "end of the stream log");
        this.end = end;
        this.memory = memory;
        this.chain = new BlockChain(memory);
        this.spill = new StreamSpill(store, chain);
        resize(backlogBytesMax);
    }

    /** Offset of the last byte produced or applied, master_repl_offset. */
    public long end() {
        return end;
    }

    /** Whether bytes appended are kept: there is a backlog or a replica. */
    public boolean isWanted() {
        return backlog.isActive() || !cursors.isEmpty();
    }

    /**
     * Adds bytes to the stream; they are copied.
     *
     * @throws IllegalStateException if nobody wants them: the caller forgot {@link #isWanted}, and offsets would lie
     */
    public void append(byte[] source, int offset, int length) {
        if (!isWanted()) {
            throw new IllegalStateException("append without backlog or replica at " + end);
        }
        int from = offset;
        int rest = length;
        while (rest > 0) {
            StreamBlock block = chain.tail();
            if (block == null || block.used == block.capacity) {
                block = grow();
            }
            int part = Math.min(rest, block.capacity - block.used);
            MemorySegment.copy(source, from, block.bytes, ValueLayout.JAVA_BYTE, block.used, part);
            block.used += part;
            end += part;
            from += part;
            rest -= part;
        }
    }

    /**
     * Moves the offset without storing anything, while nobody wants the stream. A master of 7.2 counts every propagated command as one byte
     * then, so that WAITAOF can tell writes apart; it does so only while the AOF is on.
     */
    public void skip(long count) {
        if (isWanted()) {
            throw new IllegalStateException("bytes skipped that somebody wants, at " + end);
        }
        Invariant.notNegative(count, "bytes skipped in the stream log");
        end += count;
    }

    /** Goes to the offset of another history, after a full sync: no backlog and no cursor may be left. */
    public void jump(long newEnd) {
        if (isWanted()) {
            throw new IllegalStateException("jump to " + newEnd + " with a backlog or replicas at " + end);
        }
        Invariant.notNegative(newEnd, "end of the stream log");
        end = newEnd;
    }

    /**
     * Moves everything by {@code base} bytes: a master that loaded an RDB continues at the offset saved in it, with the deletions of keys
     * that expired during the load already in the backlog.
     */
    public void rebase(long base) {
        if (!cursors.isEmpty() || spill.isWriting()) {
            throw new IllegalStateException("rebase with " + cursors.size() + " replicas");
        }
        end += base;
        backlog.shift(base);
        chain.shift(base);
    }

    // ---- backlog

    /** Starts the backlog at the next byte; nothing if there is one. */
    public void createBacklog() {
        backlog.begin(end);
    }

    /** Ends the backlog; what replicas still need stays. */
    public void freeBacklog() {
        backlog.end();
        trimOrDrop();
    }

    public boolean isBacklogActive() {
        return backlog.isActive();
    }

    /** Sets repl-backlog-size. The content stays; a smaller size trims block by block with the next bytes. */
    public void resize(long bytes) {
        backlog.bytesMax(Math.max(bytes, BACKLOG_BYTES_MIN));
        chain.blockBytes(Math.clamp(backlog.bytesMax() / 64, BLOCK_BYTES_MIN, BLOCK_BYTES_MAX));
    }

    /** The setting in force, at least {@value #BACKLOG_BYTES_MIN} bytes. */
    public long backlogBytesMax() {
        return backlog.bytesMax();
    }

    /** Offset of the first byte of the backlog, 0 without one, as INFO prints it. */
    public long backlogFirst() {
        return backlog.first();
    }

    /** Number of bytes in the backlog, 0 without one. */
    public long backlogLength() {
        return backlog.length(end);
    }

    public Window window() {
        return backlog.window(end);
    }

    /**
     * Copies the newest bytes of the log, at most {@code countMax}: for the log line that shows the end of a corrupt stream. Only bytes that
     * are still stored can be had.
     */
    public byte[] newest(int countMax) {
        return chain.newest(countMax, end + 1);
    }

    // ---- memory

    /** Bytes of all blocks with their overhead, mem_total_replication_buffers. What is kept for new blocks is not in it. */
    public long memoryBytes() {
        return chain.memoryBytes() + spilledCursors * SpillReader.BYTES_MAX;
    }

    /** The part of {@link #memoryBytes} beyond the backlog's size: what slow replicas cost, and what eviction does not count. */
    public long memoryBytesAboveBacklog() {
        return Math.max(0, memoryBytes() - backlog.bytesMax());
    }

    public int cursorCount() {
        return cursors.size();
    }

    /** Returns a little of what trimming has freed to the system; to be called in each iteration. */
    public void shrinkMemory() {
        memory.shrink();
    }

    /** Frees all memory, and with it ends all cursors. For the end, on any thread, when the store neither reads nor writes any more. */
    @Override
    public void close() {
        if (!closed) {
            closed = true;
            backlog.end();
            cursors.forEach(Cursor::end);
            cursors.clear();
            chain.clear();
            spill.close();
            memory.close();
        }
    }

    /** Drops blocks that nobody needs, at most {@code blocksMax}; for idle moments after a resize. */
    public void trim(int blocksMax) {
        for (int i = 0; i < blocksMax; i++) {
            StreamBlock block = chain.head();
            if (block == null || block.cursors > 0 || spilledCursors > 0 || block.spilling || !isDroppable(block)) {
                return;
            }
            chain.dropHead(block);
        }
    }

    /** Nobody left: no block may stay, for the offset goes on without them. */
    private void trimOrDrop() {
        if (isWanted()) {
            trim(TRIM_PER_APPEND_MAX);
            return;
        }
        chain.clear();
        spill.abandon();
    }

    private boolean isDroppable(StreamBlock block) {
        if (block == chain.tail() || backlog.needs(block.limit(), end)) {
            return false;
        }
        backlog.advance(block.limit());
        return true;
    }

    private StreamBlock grow() {
        trim(TRIM_PER_APPEND_MAX);
        return chain.grow(end + 1);
    }

    // ---- spill

    /**
     * Has the oldest blocks that only slow cursors keep stored, if memory has too much of them; to be called at the end of each iteration.
     * A block leaves memory when it is stored, and the backlog with it.
     */
    public void spill(SpillBounds bounds) {
        long excess = chain.capacityBytes() - (backlog.isActive() ? backlog.bytesMax() : 0) - bounds.memoryBytesMax();
        if (excess <= 0) {
            spill.rest();
            return;
        }
        StreamBlock block = chain.head();
        if (!spill.isReady() || block == null || block.cursors == 0 && spilledCursors == 0) {
            return;
        }
        while (block != null
                && block != chain.tail()
                && !backlog.needs(block.limit(), end)
                && spill.add(block, excess)) {
            block = block.next;
        }
        spill.write(bounds.storeBytesMax(), this::spilled);
    }

    private void spilled(@Nullable String failure) {
        if (closed) {
            return;
        }
        for (StreamBlock block : spill.written(failure)) {
            backlog.advance(block.limit());
            for (Cursor cursor : cursors) {
                if (cursor.block == block) {
                    cursor.leaveMemory();
                }
            }
            chain.dropHead(block);
        }
        releaseSpilled();
        trimOrDrop();
    }

    /** Gives up what was stored for cursors that have passed it or are gone. */
    private void releaseSpilled() {
        if (spill.isEmpty()) {
            return;
        }
        long needed = spill.limit();
        for (Cursor cursor : cursors) {
            needed = Math.min(needed, cursor.position);
        }
        spill.release(needed);
    }

    /** How the store fares; {@link SpillState.Fine} when there is nothing to store. */
    public SpillState spillState() {
        return spill.state();
    }

    /** Space that the stored part of the stream takes. */
    public long spilledBytes() {
        return spill.store().bytes();
    }

    // ---- cursors

    /**
     * A reader that wants the stream from byte {@code offset} on. Where a slow one stands, another one can join it.
     *
     * @throws IllegalStateException if the byte is not there: ask {@link #window} first, or use {@code end() + 1}
     */
    public Cursor openCursor(long offset) {
        boolean reachable = offset == end + 1 || backlog.holds(offset, end);
        if (!reachable && spill.holds(offset)) {
            Cursor cursor = new Cursor(StreamBlock.empty(offset), offset);
            cursor.leaveMemory();
            return cursor;
        }
        if (!reachable) {
            throw new IllegalStateException("cursor at " + offset + " outside of " + window());
        }
        StreamBlock block = offset == end + 1 ? tailForCursor() : chain.find(offset);
        return new Cursor(block, offset);
    }

    private StreamBlock tailForCursor() {
        StreamBlock last = chain.tail();
        return last != null ? last : grow();
    }

    /**
     * A replica's place in the stream. Usage: while {@link #next()}, hand {@link #segment()}, {@link #offset()}, {@link #length()} to the
     * socket, which copies them, then {@link #advance} by what it took. A piece is there until the cursor has advanced past it or is
     * closed: then its memory is freed.
     *
     * <p>A cursor far behind reads what was spilled; then {@link #next()} is also false while a piece is being read, and the store's owner
     * tells when it has been.
     */
    public final class Cursor {
        private StreamBlock block;
        private long position;
        private boolean closed;
        /** There while this cursor is in front of the blocks in memory. */
        private @Nullable SpillReader reader;

        private Cursor(StreamBlock block, long position) {
            this.block = block;
            this.position = position;
            chain.enter(block);
            cursors.add(this);
        }

        /** Offset of the next byte to read. */
        public long position() {
            return position;
        }

        /** Bytes between this cursor and the end of the stream. */
        public long behindBytes() {
            return end + 1 - position;
        }

        /** What this cursor's output limit counts: the bytes from its block to the end, stored or not, with their blocks' overhead. */
        public long usageBytes() {
            return withOverhead(end + 1 - block.first);
        }

        /** The part of {@link #usageBytes} that takes memory. */
        public long memoryBytes() {
            return reader == null ? usageBytes() : withOverhead(end + 1 - spill.limit()) + SpillReader.BYTES_MAX;
        }

        private long withOverhead(long bytes) {
            return bytes + (bytes / chain.blockBytes() + 1) * BLOCK_OVERHEAD_BYTES;
        }

        /** Whether no other cursor is further behind. */
        public boolean isLast() {
            for (Cursor cursor : cursors) {
                if (cursor.position < position) {
                    return false;
                }
            }
            return true;
        }

        /** Why what was spilled cannot be read back, and this cursor goes no further; null while all is well. */
        public @Nullable String failure() {
            return reader == null ? null : reader.failure();
        }

        /** Moves to the next piece; false at the end of the stream, and while the piece is being read. */
        public boolean next() {
            assert !closed;
            while (position == block.limit()) {
                StreamBlock following = following();
                if (following == null) {
                    return false;
                }
                moveTo(following);
            }
            return true;
        }

        private @Nullable StreamBlock following() {
            SpillReader spilled = reader;
            if (spilled == null) {
                return block.next;
            }
            if (position < spill.limit()) {
                return spilled.take(position, spill.limit());
            }
            returnToMemory();
            return chain.find(position);
        }

        /** The memory that holds the piece; not to be changed. */
        public MemorySegment segment() {
            return block.bytes;
        }

        /** Where the piece begins in {@link #segment()}. */
        public int offset() {
            return (int) (position - block.first);
        }

        /** Length of the piece, 0 when {@link #next()} was false. */
        public int length() {
            return (int) (block.limit() - position);
        }

        /** Marks bytes of the present piece as read. */
        public void advance(int count) {
            assert count >= 0 && count <= length() : count + " of " + length();
            position += count;
            next();
        }

        /** Lets go of the stream; may free memory. Closing twice does nothing. */
        public void close() {
            if (!closed) {
                cursors.remove(this);
                end();
                releaseSpilled();
                trimOrDrop();
            }
        }

        /** From here on it stands nowhere: its block may be gone. */
        private void end() {
            closed = true;
            chain.leave(block);
            block = StreamBlock.empty(position);
            returnToMemory();
        }

        private void leaveMemory() {
            reader = new SpillReader(spill.store());
            spilledCursors++;
        }

        private void returnToMemory() {
            SpillReader spilled = reader;
            if (spilled != null) {
                reader = null;
                spilled.close();
                spilledCursors--;
            }
        }

        private void moveTo(StreamBlock following) {
            chain.move(block, following);
            block = following;
            releaseSpilled();
            trim(TRIM_PER_APPEND_MAX);
        }
    }
}
