// SPDX-License-Identifier: Apache-2.0
package dev.understudy.store.memory;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Native memory: blocks addressed by handles of 47 bits, never 0, in chunks of 4 MB that the JDK's arenas give without
 * restricted calls.
 *
 * <pre>
 * handle: | chunk index, 28 bits | offset in the chunk / 8, 19 bits |
 * </pre>
 *
 * <p>All numbers are little endian. Confined to the thread that owns the data; {@link #reader()} gives other threads a
 * window. What is held is bounded by the caller (maxmemory); when the operating system refuses memory, {@link
 * OutOfMemoryError} is thrown before anything has changed. Access to blocks is not checked but for the bounds of
 * chunks, except in {@link #checking()} mode.
 */
public final class Memory implements AutoCloseable {
    /**
     * What freed and newly made blocks read as in checking mode, where they can be read at all (through {@link
     * #segment}).
     */
    public static final byte POISON = (byte) 0xDD;

    /** So little waste is not worth a walk over the data, */
    private static final long SPARSE_BYTES_MIN = 16L << 20;
    /** nor is less than this part of them. */
    private static final int SPARSE_PART = 4;

    static final int OFFSET_BITS = 19;
    private static final int OFFSET_MASK = (1 << OFFSET_BITS) - 1;
    private static final ValueLayout.OfShort SHORT =
            ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final VarHandle ARRAY_LONG =
            MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

    private final boolean checking;
    private final boolean readOnly;
    private final Checks checks;
    private final Blocks blocks;
    /**
     * The chunks by index, as {@link Blocks} has them; taken over after each allocation that may have changed the
     * array.
     */
    private MemorySegment[] chunks;

    private boolean changed;
    /** Asked before each allocation, by simulations; it may throw. */
    private @Nullable Runnable gate;

    private Memory(boolean checking, boolean readOnly, Checks checks, Blocks blocks) {
        this.checking = checking;
        this.readOnly = readOnly;
        this.checks = checks;
        this.blocks = blocks;
        this.chunks = blocks.segments();
    }

    /** A production allocator that gives memory back at once. */
    public static Memory create() {
        return create(Arena::close);
    }

    /**
     * A production allocator.
     *
     * @param closing closes, on any thread, the arenas that are of no use any more, all of them in the end: closing one waits until every thread of
     *     the JVM has taken notice, milliseconds on a busy machine
     */
    public static Memory create(Consumer<Arena> closing) {
        return new Memory(false, false, new Checks(), new Blocks(closing));
    }

    /**
     * A checking allocator for tests: poisons blocks when made and when freed, keeps freed ones from being used again
     * for a while, and throws {@link AssertionError} on double frees and on access to anything but live blocks within
     * their capacity.
     */
    public static Memory checking() {
        return new Memory(true, false, new Checks(), new Blocks(Arena::close));
    }

    /** A piece of native memory of its own, made by {@link #prepareChunk} or as the need arises; immutable. */
    public static final class Chunk {
        static final long BYTES = 4L << 20;
        private static final AtomicLong RESERVED_BYTES = new AtomicLong();

        final Arena arena = Arena.ofShared();
        final MemorySegment segment;

        Chunk(long bytes) {
            segment = arena.allocate(bytes, 64);
            RESERVED_BYTES.addAndGet(bytes);
        }

        void release(Consumer<Arena> closing) {
            RESERVED_BYTES.addAndGet(-segment.byteSize());
            closing.accept(arena);
        }
    }

    /** Native bytes held by all instances of this JVM at the moment; any thread. */
    public static long reservedBytesOfAll() {
        return Chunk.RESERVED_BYTES.get();
    }

    /** Whether any byte of a block was written, or a block freed, since {@link #forgetChange}. What may have changed the data has done so. */
    public boolean isChanged() {
        return changed;
    }

    /** Something of the data that does not lie here is about to change: which databases there are, function libraries. */
    public void noteChange() {
        changed = true;
    }

    /** Begins to watch for changes. */
    public void forgetChange() {
        changed = false;
    }

    /**
     * Has {@code newGate} run before each allocation, where it may throw the {@link OutOfMemoryError} that a real one throws when the system has no
     * memory left: for simulations of just that.
     */
    public void onAllocate(Runnable newGate) {
        gate = newGate;
    }

    /** A block of at least {@code bytes} bytes (1 to 2^40), contents undefined; never 0. */
    public long allocate(long bytes) {
        Runnable asked = gate;
        if (asked != null) {
            asked.run();
        }
        assert !readOnly : "a reader may not allocate";
        assert bytes > 0 && bytes <= 1L << 40 : bytes;
        if (checking) {
            checks.allocating(bytes);
        }
        long handle = bytes <= SizeClasses.LARGEST ? blocks.allocateSmall((int) bytes) : blocks.allocateLarge(bytes);
        chunks = blocks.segments();
        if (checking) {
            long capacity = blocks.capacity(handle);
            checks.allocated(handle, capacity);
            poison(handle, capacity);
        }
        return handle;
    }

    /** In checking mode: the allocation behind the next {@code count} finds no memory, once; negative for never. */
    public void refuseAfter(long count) {
        checks.refuseAfter(count);
    }

    /** Frees a block; {@code handle} is one that {@link #allocate} gave and that has not been freed since. */
    public void free(long handle) {
        assert !readOnly : "a reader may not free";
        changed = true;
        if (checking) {
            long bytes = checks.freed(handle);
            poison(handle, bytes);
            blocks.uncount(handle);
            long due = checks.quarantine(handle);
            if (due != 0) {
                blocks.release(due);
            }
        } else {
            blocks.uncount(handle);
            blocks.release(handle);
        }
    }

    private void poison(long handle, long bytes) {
        chunk(handle).asSlice(base(handle), bytes).fill(POISON);
    }

    /** Usable bytes of the block, at least what was asked for. */
    public long capacity(long handle) {
        if (checking) {
            checks.access(handle, 0, 0);
        }
        return blocks.capacity(handle);
    }

    /** The usable bytes that {@link #allocate} would give for {@code bytes}. */
    public static long capacityFor(long bytes) {
        return bytes <= SizeClasses.LARGEST
                ? SizeClasses.bytes(SizeClasses.of((int) bytes))
                : (bytes + Blocks.PAGE_BYTES - 1) & -Blocks.PAGE_BYTES;
    }

    private MemorySegment chunk(long handle) {
        return chunks[(int) (handle >>> OFFSET_BITS)];
    }

    private void check(long handle, long offset, long length) {
        if (checking) {
            checks.access(handle, offset, length);
        }
    }

    public byte getByte(long handle, long offset) {
        check(handle, offset, 1);
        return chunk(handle).get(ValueLayout.JAVA_BYTE, base(handle) + offset);
    }

    public void putByte(long handle, long offset, byte value) {
        changed = true;
        check(handle, offset, 1);
        chunk(handle).set(ValueLayout.JAVA_BYTE, base(handle) + offset, value);
    }

    public short getShort(long handle, long offset) {
        check(handle, offset, 2);
        return chunk(handle).get(SHORT, base(handle) + offset);
    }

    public void putShort(long handle, long offset, short value) {
        changed = true;
        check(handle, offset, 2);
        chunk(handle).set(SHORT, base(handle) + offset, value);
    }

    public int getInt(long handle, long offset) {
        check(handle, offset, 4);
        return chunk(handle).get(INT, base(handle) + offset);
    }

    public void putInt(long handle, long offset, int value) {
        changed = true;
        check(handle, offset, 4);
        chunk(handle).set(INT, base(handle) + offset, value);
    }

    public long getLong(long handle, long offset) {
        check(handle, offset, 8);
        return chunk(handle).get(LONG, base(handle) + offset);
    }

    public void putLong(long handle, long offset, long value) {
        changed = true;
        check(handle, offset, 8);
        chunk(handle).set(LONG, base(handle) + offset, value);
    }

    /** As {@link #putLong}, for bookkeeping beside the data such as access clocks: it is no change ({@link #isChanged}). */
    public void putBeside(long handle, long offset, long value) {
        check(handle, offset, 8);
        chunk(handle).set(LONG, base(handle) + offset, value);
    }

    public void read(long handle, long offset, byte[] target, int targetOffset, int length) {
        check(handle, offset, length);
        MemorySegment.copy(chunk(handle), ValueLayout.JAVA_BYTE, base(handle) + offset, target, targetOffset, length);
    }

    public void write(long handle, long offset, byte[] source, int sourceOffset, int length) {
        changed = true;
        check(handle, offset, length);
        MemorySegment.copy(source, sourceOffset, chunk(handle), ValueLayout.JAVA_BYTE, base(handle) + offset, length);
    }

    /** Copies within native memory; overlapping ranges of one block are allowed. */
    public void copy(long from, long fromOffset, long to, long toOffset, long length) {
        changed = true;
        check(from, fromOffset, length);
        check(to, toOffset, length);
        MemorySegment.copy(chunk(from), base(from) + fromOffset, chunk(to), base(to) + toOffset, length);
    }

    public void fill(long handle, long offset, long length, byte value) {
        changed = true;
        check(handle, offset, length);
        chunk(handle).asSlice(base(handle) + offset, length).fill(value);
    }

    public boolean equal(long handle, long offset, byte[] other, int otherOffset, int length) {
        check(handle, offset, length);
        MemorySegment chunk = chunk(handle);
        long at = base(handle) + offset;
        int i = 0;
        for (; i <= length - 8; i += 8) {
            if (chunk.get(LONG, at + i) != (long) ARRAY_LONG.get(other, otherOffset + i)) {
                return false;
            }
        }
        for (; i < length; i++) {
            if (chunk.get(ValueLayout.JAVA_BYTE, at + i) != other[otherOffset + i]) {
                return false;
            }
        }
        return true;
    }

    /** memcmp order of native bytes against array bytes, shorter first among equal prefixes. */
    public int compare(long handle, long offset, int length, byte[] other, int otherOffset, int otherLength) {
        check(handle, offset, length);
        MemorySegment chunk = chunk(handle);
        long at = base(handle) + offset;
        int common = Math.min(length, otherLength);
        int i = 0;
        for (; i <= common - 8; i += 8) {
            long a = chunk.get(LONG, at + i);
            long b = (long) ARRAY_LONG.get(other, otherOffset + i);
            if (a != b) {
                return Long.compareUnsigned(Long.reverseBytes(a), Long.reverseBytes(b));
            }
        }
        for (; i < common; i++) {
            int difference = (chunk.get(ValueLayout.JAVA_BYTE, at + i) & 0xFF) - (other[otherOffset + i] & 0xFF);
            if (difference != 0) {
                return difference;
            }
        }
        return Integer.compare(length, otherLength);
    }

    /** The segment that holds the block, for bulk reads; the block begins at {@link #base}. */
    public MemorySegment segment(long handle) {
        return chunk(handle);
    }

    public long base(long handle) {
        return (handle & OFFSET_MASK) << 3;
    }

    /**
     * Begins to empty the sparsest chunks, as many as the others have room for: nothing new comes into them until {@link #settle}, and each goes
     * back to the system when its last block has been moved ({@link #isLeaving}, {@link #relocate}) or freed. Takes about a microsecond per chunk
     * there is. Returns how many chunks are to be emptied. In checking mode all are, so that tests move every block.
     */
    public int vacate() {
        return blocks.vacate(checking);
    }

    /** Whether so much of what was taken from the system is used by no block that {@link #vacate} is worth while; in checking mode always. */
    public boolean isSparse() {
        return checking || reservedBytes() - usedBytes() > SPARSE_BYTES_MIN + usedBytes() / SPARSE_PART;
    }

    /** Lets new blocks into the chunks again that have not become empty since {@link #vacate}; returns how many they are. */
    public int settle() {
        return blocks.settle();
    }

    /** Whether the block lies in a chunk that is being emptied. */
    public boolean isLeaving(long handle) {
        return blocks.isLeaving(handle);
    }

    /** A copy of the block elsewhere, as large; for a block that is leaving. */
    public long copyOf(long handle) {
        long bytes = blocks.capacity(handle);
        long copy = allocate(bytes);
        copy(handle, 0, copy, 0, bytes);
        return copy;
    }

    /** Moves a block that only one reference leads to: returns its {@link #copyOf}, and frees it. */
    public long relocate(long handle) {
        long copy = copyOf(handle);
        free(handle);
        return copy;
    }

    /** Bytes of all live blocks, slack of the size classes included: what used_memory counts. */
    public long usedBytes() {
        return blocks.usedBytes();
    }

    /** Bytes taken from the operating system. */
    public long reservedBytes() {
        return blocks.reservedBytes();
    }

    public long liveBlocks() {
        return blocks.liveBlocks();
    }

    /** Throws {@link AssertionError} if a block is live; in checking mode it names one. */
    public void assertEmpty() {
        checks.assertEmpty();
        if (liveBlocks() != 0 || usedBytes() != 0) {
            throw new AssertionError(liveBlocks() + " blocks of " + usedBytes() + " bytes leaked");
        }
    }

    /**
     * A read-only window for another thread over the blocks that exist now; reading blocks freed since is the caller's
     * fault. It has to be handed over safely; it is in use by one thread at a time and counts for nothing: no close.
     */
    public Memory reader() {
        return new Memory(checking, true, checks, blocks.reader());
    }

    /**
     * Whether a chunk made in advance ({@link #prepareChunk}) would soon spare the owner the time of making one: there is data, and less room left
     * than {@code bytesAhead}, 0 to 16 MB. Any thread.
     */
    public boolean wantsSpare(long bytesAhead) {
        return blocks.wantsSpare(bytesAhead);
    }

    /** Chunks that were made in advance and wait for their use. Any thread. */
    public int spares() {
        return blocks.spares();
    }

    /** How often there was none, so that the owner had to wait for the system. */
    public long missedSpares() {
        return blocks.missedSpares();
    }

    /** Bytes of these. Any thread. */
    public long spareBytes() {
        return blocks.spares() * Chunk.BYTES;
    }

    /** Gives one of them back to the system, if there is one; any thread but the loop's, since it takes milliseconds. */
    public void dropSpare() {
        blocks.dropSpare();
    }

    /** Makes a chunk, which takes one to ten milliseconds, for {@link #offerSpare}; any thread. */
    public static Chunk prepareChunk() {
        return new Chunk(Chunk.BYTES);
    }

    /** Hands over a spare chunk; gives it back to the system if there are four already, or this is closed. Any thread. */
    public void offerSpare(Chunk chunk) {
        blocks.offerSpare(chunk);
    }

    /**
     * Gives all memory back, through what closes arenas: microseconds for each chunk. Any later use by the owner fails with an exception; that no
     * reader is left is the caller's business.
     */
    @Override
    public void close() {
        assert !readOnly : "only the owner closes";
        blocks.close();
        chunks = blocks.segments();
    }
}
