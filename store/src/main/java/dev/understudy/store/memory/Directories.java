// SPDX-License-Identifier: Apache-2.0
package dev.understudy.store.memory;

/**
 * The directories of dictionaries: blocks of references, indexed by leading bits of the hash, to segments or to other
 * directories.
 *
 * <pre>
 * directory: | size (of a root) | depth 8, base 8, upper 1, unused 15, deepest 32 bits | reference x 2^depth
 * </pre>
 *
 * <p>{@code base} hash bits have been used above; the next {@code depth} bits are the index. A child that has used
 * fewer bits has several neighbouring references, always equal ones. {@code deepest} counts the children that have used
 * all bits; when there are none, the directory can be halved.
 */
final class Directories {
    static final int SIZE = 0;
    static final int INFO = 8;
    static final int ENTRIES = 16;

    private static final long UPPER = 1L << 16;
    private static final long DEEPEST_ONE = 1L << 32;

    private final Memory memory;

    Directories(Memory memory) {
        this.memory = memory;
    }

    static int depth(long info) {
        return (int) info & 0xFF;
    }

    static int base(long info) {
        return (int) (info >>> 8) & 0xFF;
    }

    /** Whether the children are directories. */
    static boolean isUpper(long info) {
        return (info & UPPER) != 0;
    }

    static int deepest(long info) {
        return (int) (info >>> 32);
    }

    static long index(long info, long hash) {
        // In two steps, since a shift by 64 would shift by nothing.
        return hash << base(info) >>> 1 >>> (63 - depth(info));
    }

    long info(long directory) {
        return memory.getLong(directory, INFO);
    }

    /** The reference of the child that a hash belongs to. */
    long child(long directory, long hash) {
        return entry(directory, index(info(directory), hash));
    }

    long entry(long directory, long index) {
        return memory.getLong(directory, ENTRIES + 8 * index);
    }

    private void putEntry(long directory, long index, long ref) {
        memory.putLong(directory, ENTRIES + 8 * index, ref);
    }

    /** A directory whose entries the caller has to put. */
    private long allocate(int base, int depth, boolean upper) {
        long directory = memory.allocate(ENTRIES + (8L << depth));
        memory.putLong(directory, SIZE, 0);
        memory.putLong(directory, INFO, depth | (long) base << 8 | (upper ? UPPER : 0));
        return directory;
    }

    /** A directory of depth 0. */
    long create(int base, boolean upper, long child) {
        long directory = allocate(base, 0, upper);
        putEntry(directory, 0, child);
        return directory;
    }

    /**
     * Points all entries of the child that has used {@code childDepth} bits, {@code hash} being one of its, to {@code
     * ref}.
     */
    void putChild(long directory, long hash, int childDepth, long ref) {
        long info = info(directory);
        int spare = depth(info) - (childDepth - base(info));
        assert spare >= 0 && childDepth >= base(info) : "child too deep";
        long first = index(info, hash) >>> spare << spare;
        for (long i = first; i < first + (1L << spare); i++) {
            putEntry(directory, i, ref);
        }
    }

    void addDeepest(long directory, int count) {
        memory.putLong(directory, INFO, info(directory) + count * DEEPEST_ONE);
        assert deepest(info(directory)) >= 0;
    }

    private void countDeepest(long directory) {
        long info = info(directory);
        long entries = 1L << depth(info);
        long deepest = 0;
        for (long i = 0; i < entries && entries > 1; i++) {
            if (entry(directory, i) != entry(directory, i ^ 1)) {
                deepest++;
            }
        }
        memory.putLong(directory, INFO, info & 0xFFFF_FFFFL | deepest << 32);
    }

    /** A copy whose references are not fresh. */
    long copyStale(long directory) {
        long info = info(directory);
        long copy = memory.allocate(ENTRIES + (8L << depth(info)));
        memory.putLong(copy, SIZE, memory.getLong(directory, SIZE));
        memory.putLong(copy, INFO, info);
        for (long i = 0; i < 1L << depth(info); i++) {
            putEntry(copy, i, Ref.stale(entry(directory, i)));
        }
        return copy;
    }

    /** A copy of twice as many entries. */
    long doubled(long directory) {
        long info = info(directory);
        long copy = allocate(base(info), depth(info) + 1, isUpper(info));
        memory.putLong(copy, SIZE, memory.getLong(directory, SIZE));
        for (long i = 0; i < 1L << depth(info); i++) {
            long ref = entry(directory, i);
            putEntry(copy, 2 * i, ref);
            putEntry(copy, 2 * i + 1, ref);
        }
        return copy;
    }

    /** A copy of half as many entries; no child is at the deepest. */
    long halved(long directory) {
        long info = info(directory);
        assert deepest(info) == 0 && depth(info) > 0;
        long copy = allocate(base(info), depth(info) - 1, isUpper(info));
        memory.putLong(copy, SIZE, memory.getLong(directory, SIZE));
        for (long i = 0; i < 1L << depth(info) - 1; i++) {
            putEntry(copy, i, entry(directory, 2 * i));
        }
        countDeepest(copy);
        return copy;
    }

    /** The lower or upper half of a directory as one of its own, with one more bit used above it. */
    long half(long directory, boolean upperHalf) {
        long info = info(directory);
        int depth = depth(info) - 1;
        long half = allocate(base(info) + 1, depth, isUpper(info));
        long first = upperHalf ? 1L << depth : 0;
        for (long i = 0; i < 1L << depth; i++) {
            putEntry(half, i, entry(directory, first + i));
        }
        countDeepest(half);
        return half;
    }

    /**
     * One directory for two of the same base that differ in the last bit used above; their references ANDed with the
     * masks.
     */
    long joined(long lower, long lowerMask, long upper, long upperMask) {
        long lowerInfo = info(lower);
        int depth = Math.max(depth(lowerInfo), depth(info(upper)));
        long joined = allocate(base(lowerInfo) - 1, depth + 1, isUpper(lowerInfo));
        spread(lower, joined, 0, depth, lowerMask);
        spread(upper, joined, 1L << depth, depth, upperMask);
        countDeepest(joined);
        return joined;
    }

    private void spread(long from, long to, long first, int depth, long mask) {
        int spare = depth - depth(info(from));
        for (long i = 0; i < 1L << depth; i++) {
            putEntry(to, first + i, entry(from, i >>> spare) & mask);
        }
    }
}
