// SPDX-License-Identifier: Apache-2.0
package dev.understudy.replication;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Native memory in slabs of 1 MB, each cut into pieces of one size; a larger piece is a slab of its own.
 *
 * <pre>
 *   slab    | piece | lent  | lent  | piece | lent  | ... | rest |
 *   full: all lent      open: some lent      empty: none lent, to be cut anew or returned
 * </pre>
 *
 * <p>An arena makes its memory zero and is closed with a handshake of all threads, so both are done per slab, not per piece: empty
 * slabs are closed a few at a time ({@link #shrink}), and a few are kept. Pieces come from the fullest open slab, so that the others run
 * empty while the stream moves on: a backlog ends up in as many slabs as it fills, however long it once was.
 */
final class StreamSlabs implements StreamMemory {
    static final int SLAB_BYTES = 1 << 20;

    /** Empty slabs kept for the next burst. */
    static final int EMPTY_KEPT_MAX = 4;

    /** Slabs returned per call of {@link #shrink}: some tens of microseconds each. */
    static final int RETURNS_MAX = 4;

    private static final Consumer<Arena> CLOSE_NOW = Arena::close;

    private static final AtomicLong RESERVED_BYTES = new AtomicLong();

    /** By address; the first {@link #count} are there. */
    private Slab[] slabs = new Slab[8];

    private int count;
    private final List<Slab> open = new ArrayList<>();
    private final ArrayDeque<Slab> empty = new ArrayDeque<>();
    private long reservedBytes;
    private long lent;
    private boolean closed;
    private final Consumer<Arena> closing;

    /** @param closing closes, on any thread, the arenas that are of no use any more while this is */
    StreamSlabs(Consumer<Arena> closing) {
        this.closing = closing;
    }

    /** Memory of an arena of its own. */
    private static final class Slab {
        /** Shared, for workers read pieces and whoever closes the server frees them. */
        final Arena arena = Arena.ofShared();

        final MemorySegment memory;
        int pieceBytes;
        private MemorySegment[] free = {};
        int freeCount;

        Slab(long bytes) {
            memory = arena.allocate(bytes, 64);
        }

        long address() {
            return memory.address();
        }

        /** Divides it into pieces. Nothing of it is lent. */
        void cut(int bytes) {
            if (bytes == pieceBytes) {
                return;
            }
            pieceBytes = bytes;
            free = new MemorySegment[(int) (memory.byteSize() / bytes)];
            freeCount = free.length;
            for (int i = 0; i < freeCount; i++) {
                free[i] = memory.asSlice((long) (freeCount - 1 - i) * bytes, bytes);
            }
        }

        MemorySegment take() {
            return free[--freeCount];
        }

        void give(MemorySegment piece) {
            long from = piece.address() - address();
            if (piece.byteSize() != pieceBytes || from % pieceBytes != 0 || freeCount == free.length) {
                throw new IllegalStateException("no piece of this memory: " + piece);
            }
            free[freeCount++] = piece;
        }

        boolean isEmpty() {
            return freeCount == free.length;
        }
    }

    static long reservedBytesOfAll() {
        return RESERVED_BYTES.get();
    }

    @Override
    public MemorySegment take(int bytes) {
        assert bytes > 0 : bytes;
        if (closed) {
            throw new IllegalStateException("the memory of the stream is closed");
        }
        Slab slab = fullest(bytes);
        if (slab == null) {
            slab = emptyFor(bytes);
            slab.cut(bytes);
            open.add(slab);
        }
        MemorySegment piece = slab.take();
        if (slab.freeCount == 0) {
            open.remove(slab);
        }
        lent++;
        return piece;
    }

    /** There are few open ones: the stream is written at its end and freed at its beginning. */
    private @Nullable Slab fullest(int bytes) {
        Slab best = null;
        for (int i = 0; i < open.size(); i++) {
            Slab slab = open.get(i);
            if (slab.pieceBytes == bytes && (best == null || slab.freeCount < best.freeCount)) {
                best = slab;
            }
        }
        return best;
    }

    private Slab emptyFor(int bytes) {
        Slab kept = bytes <= SLAB_BYTES ? empty.pollLast() : null;
        if (kept != null) {
            return kept;
        }
        Slab made = new Slab(Math.max(bytes, SLAB_BYTES));
        reserved(made.memory.byteSize());
        if (count == slabs.length) {
            slabs = Arrays.copyOf(slabs, 2 * count);
        }
        int at = indexAfter(made.address());
        System.arraycopy(slabs, at, slabs, at + 1, count - at);
        slabs[at] = made;
        count++;
        return made;
    }

    /** Number of slabs that begin at {@code address} or before. */
    private int indexAfter(long address) {
        int low = 0;
        int high = count;
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (slabs[middle].address() <= address) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        return low;
    }

    @Override
    public void give(MemorySegment piece) {
        int after = indexAfter(piece.address());
        if (after == 0) {
            throw new IllegalStateException("no piece of this memory: " + piece);
        }
        Slab slab = slabs[after - 1];
        boolean wasFull = slab.freeCount == 0;
        slab.give(piece);
        lent--;
        if (slab.isEmpty()) {
            if (!wasFull) {
                open.remove(slab);
            }
            if (slab.memory.byteSize() > SLAB_BYTES) {
                free(slab);
            } else {
                empty.addLast(slab);
            }
        } else if (wasFull) {
            open.add(slab);
        }
    }

    @Override
    public void shrink() {
        for (int i = 0; i < RETURNS_MAX && empty.size() > EMPTY_KEPT_MAX; i++) {
            free(empty.removeFirst());
        }
    }

    private void free(Slab slab) {
        int at = indexAfter(slab.address()) - 1;
        System.arraycopy(slabs, at + 1, slabs, at, count - at - 1);
        count--;
        reserved(-slab.memory.byteSize());
        (closed ? CLOSE_NOW : closing).accept(slab.arena);
    }

    private void reserved(long bytes) {
        reservedBytes += bytes;
        RESERVED_BYTES.addAndGet(bytes);
    }

    @Override
    public long reservedBytes() {
        return reservedBytes;
    }

    @Override
    public void close() {
        closed = true;
        open.clear();
        empty.clear();
        while (count > 0) {
            free(slabs[count - 1]);
        }
        assert lent == 0 : lent + " pieces were not given back";
    }
}
