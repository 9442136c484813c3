// SPDX-License-Identifier: Apache-2.0
package dev.understudy.replication;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayDeque;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.Set;

/** See {@link StreamMemory#checking}. On the heap, so that what a test forgets costs nothing; nothing given back is used again. */
final class CheckingStreamMemory implements StreamMemory {
    static final byte POISON = (byte) 0xDD;

    /** Pieces given back that are still watched. */
    private static final int WATCHED_MAX = 16;

    private final Set<MemorySegment> lent = Collections.newSetFromMap(new IdentityHashMap<>());
    private final ArrayDeque<MemorySegment> watched = new ArrayDeque<>();
    private long lentBytes;
    private boolean closed;

    @Override
    public MemorySegment take(int bytes) {
        if (closed) {
            throw new AssertionError("taken after the end");
        }
        MemorySegment piece = MemorySegment.ofArray(new byte[bytes]).fill(POISON);
        lent.add(piece);
        lentBytes += bytes;
        return piece;
    }

    @Override
    public void give(MemorySegment piece) {
        if (!lent.remove(piece)) {
            throw new AssertionError("given back twice, or never taken: " + piece);
        }
        lentBytes -= piece.byteSize();
        watched.add(piece.fill(POISON));
        if (watched.size() > WATCHED_MAX) {
            check(watched.remove());
        }
    }

    private static void check(MemorySegment piece) {
        for (long i = 0; i < piece.byteSize(); i++) {
            if (piece.get(ValueLayout.JAVA_BYTE, i) != POISON) {
                throw new AssertionError("byte " + i + " was written after the piece had been given back");
            }
        }
    }

    /** Number of pieces out. */
    int lentCount() {
        return lent.size();
    }

    @Override
    public void shrink() {
        watched.forEach(CheckingStreamMemory::check);
        watched.clear();
    }

    @Override
    public long reservedBytes() {
        return lentBytes;
    }

    @Override
    public void close() {
        closed = true;
        shrink();
        if (!lent.isEmpty()) {
            throw new AssertionError(lent.size() + " pieces were not given back");
        }
    }
}
