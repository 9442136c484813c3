// SPDX-License-Identifier: Apache-2.0
package dev.understudy.store.memory;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The allocator behind {@link Memory}. A page of 64 KB holds small blocks of one size class; the pages of a class that
 * have room form a list, freed blocks of a page form a list through the blocks themselves, and an empty page goes back
 * to its chunk. Blocks above 32 KB are runs of pages, blocks above 2 MB, of which a chunk holds one, chunks of their own. A chunk that is wholly
 * free goes back to the system, a few being kept. {@link #vacate} closes sparse chunks to new blocks, so that they become
 * free when their blocks are moved.
 *
 * <p>The tables are indexed by page number: {@code handle >>> 13}.
 */
final class Blocks {
    static final long PAGE_BYTES = 64 * 1024;

    private static final int PAGE_SHIFT = 13;
    private static final int PAGE_UNIT_MASK = (1 << PAGE_SHIFT) - 1;
    private static final int NONE = -1;
    /** Kinds of pages beside the size classes: free or inside of a run; first of a run; chunk of one block. */
    private static final byte KIND_NONE = -1;

    private static final byte KIND_RUN = -2;
    private static final byte KIND_HUGE = -3;
    private static final int EMPTY_CHUNKS_KEPT_MIN = 1;
    /** And one more for so many chunks that there are: who writes much and deletes as much is not to wait for the system's zeroing each time. */
    private static final int CHUNKS_PER_EMPTY_KEPT = 32;
    /** Longest run of pages, in bytes: so that at least two fit into a chunk. */
    private static final long RUN_BYTES_MAX = 2 << 20;
    /** Chunks made in advance that are kept. */
    private static final int SPARES_MAX = 4;

    private final Pages pages;
    private final ArrayBlockingQueue<Memory.Chunk> spares;
    private final Consumer<Arena> closing;
    private volatile boolean closed;

    /** By chunk index; index 0 is never used, so that no handle is 0. */
    private MemorySegment[] segments = new MemorySegment[8];

    private Memory.@Nullable Chunk[] chunks = new Memory.@Nullable Chunk[8];
    /** Indexes below {@link #chunksUsed} that are free again. */
    private int[] freeIndexes = new int[8];

    private int freeIndexCount;
    private int chunksUsed = 1;
    /** By chunk index: whether it is closed to new blocks, because its own are being moved elsewhere. */
    private boolean[] leaving = new boolean[8];

    private int leavingCount;
    private int emptyChunks;
    private long missedSpares;

    private byte[] kind = new byte[0];
    /** Live blocks of a page of small ones, pages of a run. */
    private short[] live = new short[0];
    /** First freed block of a page, in units of 8 bytes from its start. */
    private short[] freed = new short[0];
    /** How many blocks of a page have ever been handed out. */
    private short[] carved = new short[0];

    private int[] next = new int[0];
    private int[] previous = new int[0];
    /** By size class: first page with room. */
    private final int[] roomy = new int[SizeClasses.COUNT];

    private long usedBytes;
    private long reservedBytes;
    private long liveBlocks;

    /** @param closing closes the arenas of chunks that became empty, and of all when this is closed */
    Blocks(Consumer<Arena> closing) {
        this.closing = closing;
        pages = new Pages();
        spares = new ArrayBlockingQueue<>(SPARES_MAX);
        Arrays.fill(roomy, NONE);
        growTables(8);
    }

    /** A copy of the tables for readers: only what is needed to find blocks and their sizes. */
    private Blocks(Blocks owner) {
        pages = owner.pages;
        spares = owner.spares;
        closing = owner.closing;
        segments = owner.segments;
        chunks = owner.chunks;
        kind = owner.kind;
        live = owner.live;
        usedBytes = owner.usedBytes;
        reservedBytes = owner.reservedBytes;
        liveBlocks = owner.liveBlocks;
    }

    Blocks reader() {
        return new Blocks(this);
    }

    MemorySegment[] segments() {
        return segments;
    }

    long usedBytes() {
        return usedBytes;
    }

    long reservedBytes() {
        return reservedBytes;
    }

    long liveBlocks() {
        return liveBlocks;
    }

    long allocateSmall(int bytes) {
        int sizeClass = SizeClasses.of(bytes);
        int page = roomy[sizeClass];
        if (page == NONE) {
            page = newPage(sizeClass);
        }
        long start = (long) page << PAGE_SHIFT;
        int size = SizeClasses.bytes(sizeClass);
        int unit = freed[page];
        if (unit != NONE) {
            freed[page] = segments[page >>> 6].get(ValueLayout.JAVA_SHORT_UNALIGNED, offset(start + unit));
        } else {
            unit = carved[page]++ * size >>> 3;
        }
        if (++live[page] == SizeClasses.blocksPerPage(sizeClass)) {
            unlink(page, sizeClass);
        }
        usedBytes += size;
        liveBlocks++;
        return start + unit;
    }

    /** Blocks above {@link SizeClasses#LARGEST}. */
    long allocateLarge(long bytes) {
        long rounded = (bytes + PAGE_BYTES - 1) & -PAGE_BYTES;
        long handle;
        if (rounded <= RUN_BYTES_MAX) {
            int count = (int) (rounded / PAGE_BYTES);
            int page = takePages(count);
            kind[page] = KIND_RUN;
            live[page] = (short) count;
            handle = (long) page << PAGE_SHIFT;
        } else {
            int index = addChunk(new Memory.Chunk(rounded));
            kind[index << 6] = KIND_HUGE;
            handle = (long) index << Memory.OFFSET_BITS;
        }
        usedBytes += rounded;
        liveBlocks++;
        return handle;
    }

    long capacity(long handle) {
        int page = (int) (handle >>> PAGE_SHIFT);
        byte sizeClass = kind[page];
        if (sizeClass >= 0) {
            return SizeClasses.bytes(sizeClass);
        }
        if (sizeClass == KIND_NONE) {
            throw new AssertionError("no block at 0x" + Long.toHexString(handle));
        }
        return sizeClass == KIND_RUN ? live[page] * PAGE_BYTES : segments[page >>> 6].byteSize();
    }

    /** Takes a block that is being freed out of the counts. */
    void uncount(long handle) {
        usedBytes -= capacity(handle);
        liveBlocks--;
    }

    /** Makes the block's memory available again. */
    void release(long handle) {
        int page = (int) (handle >>> PAGE_SHIFT);
        byte sizeClass = kind[page];
        if (sizeClass >= 0) {
            releaseSmall(handle, page, sizeClass);
        } else if (sizeClass == KIND_RUN) {
            kind[page] = KIND_NONE;
            givePages(page, live[page]);
        } else {
            assert sizeClass == KIND_HUGE : "no block at 0x" + Long.toHexString(handle);
            kind[page] = KIND_NONE;
            releaseChunk(page >>> 6);
        }
    }

    private void releaseSmall(long handle, int page, int sizeClass) {
        int before = live[page]--;
        assert before > 0 : "page without live blocks";
        if (before == 1) {
            if (before != SizeClasses.blocksPerPage(sizeClass) && !leaving[page >>> 6]) {
                unlink(page, sizeClass);
            }
            kind[page] = KIND_NONE;
            givePages(page, 1);
            return;
        }
        segments[page >>> 6].set(ValueLayout.JAVA_SHORT_UNALIGNED, offset(handle), freed[page]);
        freed[page] = (short) (handle & PAGE_UNIT_MASK);
        if (before == SizeClasses.blocksPerPage(sizeClass) && !leaving[page >>> 6]) {
            link(page, sizeClass);
        }
    }

    private static long offset(long handle) {
        return (handle & ((1L << Memory.OFFSET_BITS) - 1)) << 3;
    }

    private int newPage(int sizeClass) {
        int page = takePages(1);
        kind[page] = (byte) sizeClass;
        live[page] = 0;
        carved[page] = 0;
        freed[page] = NONE;
        link(page, sizeClass);
        return page;
    }

    private void link(int page, int sizeClass) {
        int first = roomy[sizeClass];
        next[page] = first;
        previous[page] = NONE;
        if (first != NONE) {
            previous[first] = page;
        }
        roomy[sizeClass] = page;
    }

    private void unlink(int page, int sizeClass) {
        int after = next[page];
        int before = previous[page];
        if (before == NONE) {
            roomy[sizeClass] = after;
        } else {
            next[before] = after;
        }
        if (after != NONE) {
            previous[after] = before;
        }
    }

    private int takePages(int count) {
        int page = pages.take(count);
        if (page == NONE) {
            Memory.Chunk prepared = spares.poll();
            missedSpares += prepared == null ? 1 : 0;
            int index = addChunk(prepared != null ? prepared : new Memory.Chunk(Memory.Chunk.BYTES));
            pages.addChunk(index);
            emptyChunks++;
            page = pages.take(count);
        }
        if (pages.freeIn(page >>> 6) == Pages.PER_CHUNK - count) {
            emptyChunks--;
        }
        return page;
    }

    private void givePages(int page, int count) {
        if (!pages.give(page, count)) {
            return;
        }
        int chunk = page >>> 6;
        if (leaving[chunk]) {
            reopen(chunk);
            dropChunk(chunk);
        } else if (++emptyChunks > emptyChunksKept()) {
            emptyChunks--;
            dropChunk(chunk);
        }
    }

    private int emptyChunksKept() {
        return EMPTY_CHUNKS_KEPT_MIN + (chunksUsed - freeIndexCount) / CHUNKS_PER_EMPTY_KEPT;
    }

    private void dropChunk(int chunk) {
        pages.removeChunk(chunk);
        releaseChunk(chunk);
    }

    // ---- emptying sparse chunks

    /**
     * Closes chunks to new blocks, the sparsest first: as many as the rest has room for what they hold. Takes some nanoseconds for each page of
     * all chunks. Returns how many are closed.
     *
     * @param all for tests: every chunk, however full
     */
    int vacate(boolean all) {
        assert leavingCount == 0 : "the last ones are still being emptied";
        SparseChunks choice = new SparseChunks(chunksUsed);
        for (int chunk = 1; chunk < chunksUsed; chunk++) {
            if (chunks[chunk] == null || kind[chunk << 6] == KIND_HUGE) {
                continue;
            }
            if (!pages.allFree(chunk)) {
                choice.add(chunk, all ? 0 : liveBytes(chunk));
            } else if (emptyChunks > EMPTY_CHUNKS_KEPT_MIN) {
                emptyChunks--;
                dropChunk(chunk);
            }
        }
        choice.choose(this::close);
        return leavingCount;
    }

    private long liveBytes(int chunk) {
        long bytes = 0;
        for (int page = chunk << 6; page < (chunk + 1) << 6; page++) {
            if (kind[page] != KIND_NONE) {
                bytes += live[page] * (kind[page] == KIND_RUN ? PAGE_BYTES : SizeClasses.bytes(kind[page]));
            }
        }
        return bytes;
    }

    private boolean hasRoom(int page) {
        return kind[page] >= 0 && live[page] < SizeClasses.blocksPerPage(kind[page]);
    }

    private void close(int chunk) {
        pages.close(chunk);
        leaving[chunk] = true;
        leavingCount++;
        for (int page = chunk << 6; page < (chunk + 1) << 6; page++) {
            if (hasRoom(page)) {
                unlink(page, kind[page]);
            }
        }
    }

    private void reopen(int chunk) {
        pages.open(chunk);
        leaving[chunk] = false;
        leavingCount--;
        for (int page = chunk << 6; page < (chunk + 1) << 6; page++) {
            if (hasRoom(page)) {
                link(page, kind[page]);
            }
        }
    }

    /** Opens those chunks again that have not become empty; returns how many. */
    int settle() {
        int left = leavingCount;
        for (int chunk = 1; leavingCount > 0; chunk++) {
            if (leaving[chunk]) {
                reopen(chunk);
            }
        }
        return left;
    }

    boolean isLeaving(long handle) {
        return leaving[(int) (handle >>> Memory.OFFSET_BITS)];
    }

    private int addChunk(Memory.Chunk chunk) {
        if (closed) {
            chunk.release(Arena::close);
            throw new IllegalStateException("memory is closed");
        }
        int index = freeIndexCount > 0 ? freeIndexes[--freeIndexCount] : chunksUsed++;
        if (index == segments.length) {
            growTables(index * 2);
        }
        Arrays.fill(kind, index << 6, (index + 1) << 6, KIND_NONE);
        segments[index] = chunk.segment;
        chunks[index] = chunk;
        reservedBytes += chunk.segment.byteSize();
        return index;
    }

    private void releaseChunk(int index) {
        Memory.Chunk chunk = chunks[index];
        assert chunk != null : "no chunk " + index;
        if (freeIndexCount == freeIndexes.length) {
            freeIndexes = Arrays.copyOf(freeIndexes, freeIndexCount * 2);
        }
        freeIndexes[freeIndexCount++] = index;
        chunks[index] = null;
        segments[index] = MemorySegment.NULL;
        reservedBytes -= chunk.segment.byteSize();
        chunk.release(closing);
    }

    /** Makes place for so many chunks. Readers keep the arrays that they have. */
    private void growTables(int chunkCount) {
        int count = Math.multiplyExact(chunkCount, Pages.PER_CHUNK);
        segments = Arrays.copyOf(segments, chunkCount);
        chunks = Arrays.copyOf(chunks, chunkCount);
        leaving = Arrays.copyOf(leaving, chunkCount);
        kind = Arrays.copyOf(kind, count);
        live = Arrays.copyOf(live, count);
        freed = Arrays.copyOf(freed, count);
        carved = Arrays.copyOf(carved, count);
        next = Arrays.copyOf(next, count);
        previous = Arrays.copyOf(previous, count);
    }

    boolean wantsSpare(long bytesAhead) {
        return !closed
                && chunksUsed > 1
                && (long) pages.freeCount() * PAGE_BYTES + spares.size() * Memory.Chunk.BYTES < bytesAhead
                && spares.remainingCapacity() > 0;
    }

    long missedSpares() {
        return missedSpares;
    }

    int spares() {
        return spares.size();
    }

    void offerSpare(Memory.Chunk chunk) {
        if (!spares.offer(chunk)) {
            chunk.release(Arena::close);
        } else if (closed) {
            releaseSpares();
        }
    }

    void dropSpare() {
        Memory.Chunk dropped = spares.poll();
        if (dropped != null) {
            dropped.release(Arena::close);
        }
    }

    private void releaseSpares() {
        for (Memory.Chunk spare = spares.poll(); spare != null; spare = spares.poll()) {
            spare.release(closing);
        }
    }

    void close() {
        if (closed) {
            return;
        }
        closed = true;
        releaseSpares();
        for (Memory.Chunk chunk : chunks) {
            if (chunk != null) {
                chunk.release(closing);
            }
        }
        Arrays.fill(roomy, NONE);
        pages.clear();
        segments = new MemorySegment[0];
        kind = new byte[0];
        reservedBytes = 0;
        usedBytes = 0;
        liveBlocks = 0;
        leavingCount = 0;
    }
}
