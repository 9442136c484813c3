// SPDX-License-Identifier: Apache-2.0
package dev.understudy.replication;

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
 * {@link ReplicaSession}'s output limit. Blocks trimmed are reused: with a steady stream nothing is allocated.
 *
 * <p>Without backlog and cursors nothing is stored and {@link #append} must not be called: {@link #skip} says what happens to the offset.
 * Confined to one thread.
 */
public final class StreamLog {
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

    /** Blocks kept for reuse. Trimming frees about as many as appending takes, so few suffice. */
    private static final int POOLED_MAX = 8;

    /** A stretch of the stream; {@code bytes[0, used)} are the bytes from {@code first} on. */
    static final class Block {
        final byte[] bytes;
        long first;
        int used;
        /** Cursors that stand in this block. */
        int cursors;

        @Nullable
        Block next;

        Block(int capacity) {
            bytes = new byte[capacity];
        }

        /** Offset of the byte after the last one. */
        long limit() {
            return first + used;
        }
    }

    private @Nullable Block head;
    private @Nullable Block tail;
    private @Nullable Block pool;
    private int pooled;
    private long end;
    private boolean active;
    private long backlogFirst;
    private long backlogBytesMax;
    private int blockBytes;
    private int cursorCount;
    private long capacityBytes;
    private long blockCount;

    /** An empty log that ends at {@code end} (0 or more), without backlog. */
    public StreamLog(long end, long backlogBytesMax) {
        assert end >= 0 : end;
        this.end = end;
        resize(backlogBytesMax);
    }

    /** Offset of the last byte produced or applied, master_repl_offset. */
    public long end() {
        return end;
    }

    /** Whether bytes appended are kept: there is a backlog or a replica. */
    public boolean isWanted() {
        return active || cursorCount > 0;
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
            Block block = tail;
            if (block == null || block.used == block.bytes.length) {
                block = grow();
            }
            int part = Math.min(rest, block.bytes.length - block.used);
            System.arraycopy(source, from, block.bytes, block.used, part);
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
        assert count >= 0 : count;
        end += count;
    }

    /** Goes to the offset of another history, after a full sync: no backlog and no cursor may be left. */
    public void jump(long newEnd) {
        if (isWanted()) {
            throw new IllegalStateException("jump to " + newEnd + " with a backlog or replicas at " + end);
        }
        assert newEnd >= 0 : newEnd;
        end = newEnd;
    }

    /**
     * Moves everything by {@code base} bytes: a master that loaded an RDB continues at the offset saved in it, with the deletions of keys
     * that expired during the load already in the backlog.
     */
    public void rebase(long base) {
        if (cursorCount > 0) {
            throw new IllegalStateException("rebase with " + cursorCount + " replicas");
        }
        end += base;
        backlogFirst += active ? base : 0;
        for (Block block = head; block != null; block = block.next) {
            block.first += base;
        }
    }

    // --- backlog
    // -----------------------------------------------------------------------------------------------------------

    /** Starts the backlog at the next byte; nothing if there is one. */
    public void createBacklog() {
        if (!active) {
            active = true;
            backlogFirst = end + 1;
        }
    }

    /** Ends the backlog; what replicas still need stays. */
    public void freeBacklog() {
        active = false;
        backlogFirst = 0;
        trimOrDrop();
    }

    public boolean isBacklogActive() {
        return active;
    }

    /** Sets repl-backlog-size. The content stays; a smaller size trims block by block with the next bytes. */
    public void resize(long bytes) {
        backlogBytesMax = Math.max(bytes, BACKLOG_BYTES_MIN);
        int size = Math.clamp(backlogBytesMax / 64, BLOCK_BYTES_MIN, BLOCK_BYTES_MAX);
        if (size != blockBytes) {
            blockBytes = size;
            pool = null;
            pooled = 0;
        }
    }

    /** The setting in force, at least {@value #BACKLOG_BYTES_MIN} bytes. */
    public long backlogBytesMax() {
        return backlogBytesMax;
    }

    /** Offset of the first byte of the backlog, 0 without one, as INFO prints it. */
    public long backlogFirst() {
        return backlogFirst;
    }

    /** Number of bytes in the backlog, 0 without one. */
    public long backlogLength() {
        return active ? end - backlogFirst + 1 : 0;
    }

    public Window window() {
        return active ? new Window(true, backlogFirst, end) : Window.none(end);
    }

    /**
     * Copies the newest bytes of the log, at most {@code countMax}: for the log line that shows the end of a corrupt stream. Only bytes that
     * are still stored can be had.
     */
    public byte[] newest(int countMax) {
        Block first = head;
        int count = first == null ? 0 : (int) Math.min(countMax, end + 1 - first.first);
        byte[] result = new byte[count];
        long from = end + 1 - count;
        for (Block block = first; block != null; block = block.next) {
            int skip = (int) Math.max(0, from - block.first);
            if (skip < block.used) {
                long target = block.first + skip - from;
                System.arraycopy(block.bytes, skip, result, (int) target, block.used - skip);
            }
        }
        return result;
    }

    // --- memory
    // ------------------------------------------------------------------------------------------------------------

    /** Bytes of all blocks with their overhead, mem_total_replication_buffers. Blocks kept for reuse are not in it. */
    public long memoryBytes() {
        return capacityBytes + blockCount * BLOCK_OVERHEAD_BYTES;
    }

    /** The part of {@link #memoryBytes} beyond the backlog's size: what slow replicas cost, and what eviction does not count. */
    public long memoryBytesAboveBacklog() {
        return Math.max(0, memoryBytes() - backlogBytesMax);
    }

    /** Bytes of blocks that wait for reuse, at most {@value #POOLED_MAX} blocks. */
    public long pooledBytes() {
        return (long) pooled * blockBytes;
    }

    public int cursorCount() {
        return cursorCount;
    }

    /** Drops blocks that nobody needs, at most {@code blocksMax}; for idle moments after a resize. */
    public void trim(int blocksMax) {
        for (int i = 0; i < blocksMax && head != null; i++) {
            Block block = head;
            if (block.cursors > 0 || !isDroppable(block)) {
                return;
            }
            head = block.next;
            if (head == null) {
                tail = null;
            }
            release(block);
        }
    }

    /** Nobody left: no block may stay, for the offset goes on without them. */
    private void trimOrDrop() {
        if (isWanted()) {
            trim(TRIM_PER_APPEND_MAX);
            return;
        }
        head = null;
        tail = null;
        capacityBytes = 0;
        blockCount = 0;
    }

    private boolean isDroppable(Block block) {
        if (!active) {
            return block != tail;
        }
        if (block == tail) {
            return false;
        }
        if (block.limit() > backlogFirst) {
            // Redis keeps a block unless more than the setting is left without it, so the history is never shorter than
            // promised.
            if (end - block.limit() + 1 <= backlogBytesMax) {
                return false;
            }
            backlogFirst = block.limit();
        }
        return true;
    }

    private void release(Block block) {
        capacityBytes -= block.bytes.length;
        blockCount--;
        block.next = null;
        if (block.bytes.length == blockBytes && pooled < POOLED_MAX) {
            block.next = pool;
            pool = block;
            pooled++;
        }
    }

    private Block grow() {
        trim(TRIM_PER_APPEND_MAX);
        Block block = pool;
        if (block != null && block.bytes.length == blockBytes) {
            pool = block.next;
            pooled--;
            block.next = null;
            block.used = 0;
        } else {
            block = new Block(blockBytes);
        }
        assert block.cursors == 0 : block.cursors;
        block.first = end + 1;
        capacityBytes += block.bytes.length;
        blockCount++;
        Block last = tail;
        if (last == null) {
            head = block;
        } else {
            last.next = block;
        }
        tail = block;
        return block;
    }

    // --- cursors
    // -----------------------------------------------------------------------------------------------------------

    /**
     * A reader that wants the stream from byte {@code offset} on.
     *
     * @throws IllegalStateException if the byte is not there: ask {@link #window} first, or use {@code end() + 1}
     */
    public Cursor openCursor(long offset) {
        boolean reachable = offset == end + 1 || active && offset >= backlogFirst && offset <= end;
        if (!reachable) {
            throw new IllegalStateException("cursor at " + offset + " outside of " + window());
        }
        Block block = offset == end + 1 ? tailForCursor() : find(offset);
        return new Cursor(block, offset);
    }

    private Block tailForCursor() {
        Block last = tail;
        return last != null ? last : grow();
    }

    /** Walks from the head: some thousand blocks at most, once per replica that reconnects. */
    private Block find(long offset) {
        Block block = head;
        while (block != null && block.limit() <= offset) {
            block = block.next;
        }
        if (block == null || block.first > offset) {
            throw new IllegalStateException("no block holds " + offset);
        }
        return block;
    }

    /**
     * A replica's place in the stream. Usage: while {@link #next()}, hand {@link #array()}, {@link #offset()}, {@link #length()} to the
     * socket, then {@link #advance} by what it took. A piece stays valid until the cursor has advanced past it or is closed: whoever gave
     * it away without copying closes the cursor only when the socket has let go of it.
     */
    public final class Cursor {
        private Block block;
        private long position;
        private boolean closed;

        private Cursor(Block block, long position) {
            this.block = block;
            this.position = position;
            block.cursors++;
            cursorCount++;
        }

        /** Offset of the next byte to read. */
        public long position() {
            return position;
        }

        /** Bytes between this cursor and the end of the stream. */
        public long behindBytes() {
            return end + 1 - position;
        }

        /** What this cursor's output limit counts: the stored bytes from its block to the end, with their blocks' overhead. */
        public long usageBytes() {
            long fromBlock = end + 1 - block.first;
            return fromBlock + (fromBlock / blockBytes + 1) * BLOCK_OVERHEAD_BYTES;
        }

        /** Moves to the next piece; false at the end of the stream. */
        public boolean next() {
            assert !closed;
            while (position == block.limit()) {
                Block following = block.next;
                if (following == null) {
                    return false;
                }
                moveTo(following);
            }
            return true;
        }

        /** The array that holds the piece; not to be changed. */
        public byte[] array() {
            return block.bytes;
        }

        /** Where the piece begins in {@link #array()}. */
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
                closed = true;
                block.cursors--;
                cursorCount--;
                trimOrDrop();
            }
        }

        private void moveTo(Block following) {
            block.cursors--;
            following.cursors++;
            block = following;
            trim(TRIM_PER_APPEND_MAX);
        }
    }
}
