// SPDX-License-Identifier: Apache-2.0
package dev.understudy.store.memory;

/**
 * The segments of dictionaries: small open-addressing tables of tagged handles.
 *
 * <pre>
 * segment: | count, 28 bits | capacity, 28 bits | depth, 7 bits | slot | slot | ...
 * slot:    | fresh, 1 bit (the sign) | tag: the low 16 bits of the hash | handle of the item, 47 bits |, 0 when free
 * reference to a segment: | fresh | capacity, 16 bits | handle |
 * </pre>
 *
 * <p>References carry the capacity (0 if it has more bits), so that a lookup need not touch the header, which mostly is
 * another cache line than the home slot.
 *
 * <p>The depth is the number of leading hash bits that all of a segment's items share. A slot's home is {@code tag *
 * capacity / 2^16}: so capacities need not be powers of two, and growing, shrinking and deleting (by shifting back)
 * need no look at the keys. Probing is linear; a segment is never full.
 */
final class Segments {
    static final int HEADER_BYTES = 8;
    static final long TAG_MASK = 0xFFFFL << 47;
    static final long HANDLE_MASK = (1L << 47) - 1;
    /** Slots of the smallest segment: a block of 72 bytes. */
    static final int CAPACITY_MIN = 8;
    /**
     * Slots of the largest that grows rather than splits: a block of 1 KB. Larger means fewer bytes per key, but more
     * to copy.
     */
    static final int CAPACITY_NORMAL = 127;

    private static final int COUNT_MASK = (1 << 28) - 1;

    private final Memory memory;

    Segments(Memory memory) {
        this.memory = memory;
    }

    static int count(long header) {
        return (int) header & COUNT_MASK;
    }

    static int capacity(long header) {
        return (int) (header >>> 28) & COUNT_MASK;
    }

    static int depth(long header) {
        return (int) (header >>> 56);
    }

    /** How many items a segment takes before it grows or splits: 13/16 of its slots. */
    static int countMax(int capacity) {
        return capacity * 13 >>> 4;
    }

    /** The tag of a hash, where slots have it. */
    static long tag(long hash) {
        return (hash & 0xFFFF) << 47;
    }

    /** The segment of a reference. */
    static long handle(long ref) {
        return ref & HANDLE_MASK;
    }

    /** The same slot or reference for a target that has been moved to {@code handle}. */
    static long moved(long word, long handle) {
        return word & ~HANDLE_MASK | handle;
    }

    /** A fresh reference to a segment. */
    long freshRef(long segment) {
        int capacity = capacity(header(segment));
        return Ref.fresh(segment) | (capacity > 0xFFFF ? 0 : (long) capacity << 47);
    }

    /** Capacity of the segment of a reference. */
    int capacityOf(long ref) {
        int capacity = (int) (ref >>> 47) & 0xFFFF;
        return capacity != 0 ? capacity : capacity(header(handle(ref)));
    }

    static int home(long slot, int capacity) {
        return (int) (((slot >>> 47) & 0xFFFF) * capacity >>> 16);
    }

    long header(long segment) {
        return memory.getLong(segment, 0);
    }

    long slot(long segment, int index) {
        return memory.getLong(segment, HEADER_BYTES + 8L * index);
    }

    void putSlot(long segment, int index, long slot) {
        memory.putLong(segment, HEADER_BYTES + 8L * index, slot);
    }

    /** An empty segment with room for so many items and some more. */
    long create(int items, int depth) {
        assert depth >= 0 && depth < 64 : depth;
        int wanted = Math.max(CAPACITY_MIN, (int) ((items + 1) * 16L / 13) + 1);
        long bytes = Memory.capacityFor(HEADER_BYTES + 8L * wanted);
        int capacity = (int) ((bytes - HEADER_BYTES) / 8);
        assert capacity <= COUNT_MASK && items < countMax(capacity) : items + " items in " + capacity;
        long segment = memory.allocate(bytes);
        memory.fill(segment, HEADER_BYTES, bytes - HEADER_BYTES, (byte) 0);
        memory.putLong(segment, 0, (long) depth << 56 | (long) capacity << 28);
        return segment;
    }

    /** A copy whose slots are not fresh. */
    long copyStale(long segment) {
        int words = capacity(header(segment)) + 1;
        long copy = memory.allocate(8L * words);
        for (int i = 0; i < words; i++) {
            memory.putLong(copy, 8L * i, Ref.stale(memory.getLong(segment, 8L * i)));
        }
        return copy;
    }

    /** Enters a slot's word; there is room. */
    void place(long segment, long slot) {
        long header = header(segment);
        int capacity = capacity(header);
        int i = home(slot, capacity);
        while (slot(segment, i) != 0) {
            i = i + 1 == capacity ? 0 : i + 1;
        }
        putSlot(segment, i, slot);
        memory.putLong(segment, 0, header + 1);
        assert count(header) + 1 < capacity : "segment is full";
    }

    /** Enters all slots of a segment into another one, ANDed with {@code mask}. */
    void placeAll(long from, long to, long mask) {
        int capacity = capacity(header(from));
        for (int i = 0; i < capacity; i++) {
            long slot = slot(from, i);
            if (slot != 0) {
                place(to, slot & mask);
            }
        }
    }

    /** Index of the slot of an item, -1 if it is not there. */
    int indexOf(long segment, long item, long hash) {
        int capacity = capacity(header(segment));
        long wanted = tag(hash) | item;
        int i = home(wanted, capacity);
        while (true) {
            long slot = slot(segment, i);
            if (slot == 0) {
                return -1;
            }
            if (Ref.stale(slot) == wanted) {
                return i;
            }
            i = i + 1 == capacity ? 0 : i + 1;
        }
    }

    /** Empties a slot and moves back those behind it that would no longer be found. */
    void removeAt(long segment, int index) {
        long header = header(segment);
        int capacity = capacity(header);
        int hole = index;
        int i = index;
        while (true) {
            i = i + 1 == capacity ? 0 : i + 1;
            long slot = slot(segment, i);
            if (slot == 0) {
                break;
            }
            int home = home(slot, capacity);
            // Distances, going forward, from the slot's home: it may move if the hole is not before its home.
            if (distance(home, hole, capacity) <= distance(home, i, capacity)) {
                putSlot(segment, hole, slot);
                hole = i;
            }
        }
        putSlot(segment, hole, 0);
        memory.putLong(segment, 0, header - 1);
    }

    private static int distance(int from, int to, int capacity) {
        return to >= from ? to - from : to - from + capacity;
    }
}
