// SPDX-License-Identifier: Apache-2.0
package dev.understudy.store.memory;

import java.util.Arrays;

/**
 * Which pages of 64 KB are free, in chunks of 64 pages: a word per chunk, a bit per page. A page's number is its
 * chunk's index times 64 plus its place there. The lowest chunk with room is taken first, so that the upper ones become
 * empty and can be given back. Of a closed chunk no page is taken, though pages come back.
 */
final class Pages {
    static final int PER_CHUNK = 64;
    static final long ALL_FREE = -1L;

    private long[] free = new long[8];
    /** A bit per chunk that has a free page. */
    private long[] roomy = new long[1];

    /** A bit per chunk that is closed. */
    private long[] closed = new long[1];

    private int lowestRoomyWord;
    private int freeCount;

    int freeCount() {
        return freeCount;
    }

    boolean allFree(int chunk) {
        return free[chunk] == ALL_FREE;
    }

    int freeIn(int chunk) {
        return Long.bitCount(free[chunk]);
    }

    void addChunk(int chunk) {
        if (chunk >= free.length) {
            free = Arrays.copyOf(free, Math.max(chunk + 1, free.length * 2));
            roomy = Arrays.copyOf(roomy, (free.length + 63) >>> 6);
            closed = Arrays.copyOf(closed, roomy.length);
        }
        assert free[chunk] == 0;
        set(chunk, ALL_FREE);
    }

    void removeChunk(int chunk) {
        assert allFree(chunk);
        set(chunk, 0);
    }

    /**
     * Takes {@code count} adjoining pages, 1 to 64, and returns the first one's number; -1 when no chunk has so many.
     */
    int take(int count) {
        for (int word = lowestRoomyWord; word < roomy.length; word++) {
            long chunks = roomy[word];
            if (chunks == 0 && word == lowestRoomyWord) {
                lowestRoomyWord++;
            }
            while (chunks != 0) {
                int chunk = (word << 6) + Long.numberOfTrailingZeros(chunks);
                long starts = runStarts(free[chunk], count);
                if (starts != 0) {
                    int first = Long.numberOfTrailingZeros(starts);
                    set(chunk, free[chunk] & ~(mask(count) << first));
                    return (chunk << 6) + first;
                }
                chunks &= chunks - 1;
            }
        }
        return -1;
    }

    /** Takes a chunk out of those that pages are taken of. */
    void close(int chunk) {
        long pages = free[chunk];
        set(chunk, 0);
        closed[chunk >>> 6] |= 1L << chunk;
        free[chunk] = pages;
    }

    /** Ends {@link #close}. */
    void open(int chunk) {
        long pages = free[chunk];
        free[chunk] = 0;
        closed[chunk >>> 6] &= ~(1L << chunk);
        set(chunk, pages);
    }

    /** Forgets all chunks. */
    void clear() {
        Arrays.fill(free, 0);
        Arrays.fill(roomy, 0);
        Arrays.fill(closed, 0);
        freeCount = 0;
    }

    /** Gives pages back; true when their chunk has become wholly free. */
    boolean give(int page, int count) {
        int chunk = page >>> 6;
        long pages = mask(count) << (page & 63);
        assert (free[chunk] & pages) == 0 : "page freed twice";
        set(chunk, free[chunk] | pages);
        return free[chunk] == ALL_FREE;
    }

    private void set(int chunk, long pages) {
        if ((closed[chunk >>> 6] & 1L << chunk) != 0) {
            free[chunk] = pages;
            return;
        }
        freeCount += Long.bitCount(pages) - Long.bitCount(free[chunk]);
        free[chunk] = pages;
        int word = chunk >>> 6;
        if (pages == 0) {
            roomy[word] &= ~(1L << chunk);
        } else {
            roomy[word] |= 1L << chunk;
            lowestRoomyWord = Math.min(lowestRoomyWord, word);
        }
    }

    /** The places at which {@code count} set bits begin: each step doubles the length that is known to be set. */
    private static long runStarts(long bits, int count) {
        int known = 1;
        while (known < count && bits != 0) {
            int step = Math.min(known, count - known);
            bits &= bits >>> step;
            known += step;
        }
        return bits;
    }

    private static long mask(int count) {
        return -1L >>> (64 - count);
    }
}
