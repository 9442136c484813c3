// SPDX-License-Identifier: Apache-2.0
package dev.understudy.store.memory;

/**
 * The bound dictionary's tree of directories and segments: makes the path to a hash changeable, splits, merges, grows
 * and shrinks.
 *
 * <p>A small dictionary is a root directory over segments. When the root would get more than 512 entries it becomes an
 * upper directory over directories of at most 512 entries each, which split like segments: so no step ever copies more
 * than 4 KB, but for the upper root's doubling, and that has an entry for some ten thousand items.
 */
final class DictShape {
    /** Log2 of the entries of a directory over segments. */
    private static final int LOWER_DEPTH_MAX = 9;
    /**
     * Leading hash bits that directories may use; the tag's 16 bits are not among them, nor is a SCAN cursor longer.
     */
    private static final int DEPTH_MAX = 48;
    /**
     * Entries a root may have however few items there are; beyond these, a hash that scatters badly makes segments
     * larger.
     */
    private static final int ENTRIES_FREE = 16;

    private static final int ITEMS_PER_ENTRY = 8;
    private static final int ITEMS_PER_UPPER_ENTRY = 1024;
    /**
     * A segment that has shrunk to so few items looks whether its neighbour and it make one; well below what splits
     * again.
     */
    private static final int MERGE_COUNT_MAX = 24;

    private static final int MERGE_SUM_MAX = 44;
    /** Directories are joined below this depth, and become a root below the other. */
    private static final int JOIN_DEPTH_MAX = 5;

    private static final long KEEP_FRESH = -1L;
    private static final long MAKE_STALE = Long.MAX_VALUE;

    private final Memory memory;
    private final Versions versions;
    private final Segments segments;
    private final Directories directories;

    long root;
    boolean holderOwned;
    /** What {@link #own} has made changeable: the directory over the segment (maybe the root), and the segment. */
    private long lower;

    private long segment;
    /** Whether an item found by a split is in the upper half; grows with the largest segment. */
    private boolean[] above = new boolean[Segments.CAPACITY_NORMAL];

    DictShape(Memory memory, Versions versions, Segments segments, Directories directories) {
        this.memory = memory;
        this.versions = versions;
        this.segments = segments;
        this.directories = directories;
    }

    long create() {
        return Ref.fresh(directories.create(0, false, segments.freshRef(segments.create(0, 0))));
    }

    /** Copies what of the path to {@code hash} may not be changed in place; returns the segment, which now may be. */
    long own(long hash) {
        long top = Ref.handle(root);
        if (!versions.shared()) {
            lower = Directories.isUpper(directories.info(top)) ? Ref.handle(directories.child(top, hash)) : top;
            segment = Segments.handle(directories.child(lower, hash));
            return segment;
        }
        if (!versions.owned(root, holderOwned)) {
            top = directories.copyStale(top);
            changeRoot(top, false);
        }
        lower = top;
        if (Directories.isUpper(directories.info(top))) {
            long ref = directories.child(top, hash);
            lower = Ref.handle(ref);
            if (!Ref.isFresh(ref)) {
                lower = directories.copyStale(lower);
                directories.putChild(top, hash, Directories.base(directories.info(lower)), Ref.fresh(lower));
                versions.release(Ref.handle(ref), false);
            }
        }
        long ref = directories.child(lower, hash);
        segment = Segments.handle(ref);
        if (!Ref.isFresh(ref)) {
            long shared = segment;
            segment = segments.copyStale(shared);
            directories.putChild(lower, hash, Segments.depth(segments.header(segment)), segments.freshRef(segment));
            versions.release(shared, false);
        }
        return segment;
    }

    private void changeRoot(long handle, boolean oldOwned) {
        versions.release(Ref.handle(root), oldOwned);
        root = Ref.fresh(handle);
        holderOwned = true;
    }

    void changeSize(int by) {
        long top = Ref.handle(root);
        memory.putLong(top, Directories.SIZE, memory.getLong(top, Directories.SIZE) + by);
    }

    /** Puts an owned directory in the place of the one over the segment. */
    private void changeLower(long hash, long handle) {
        if (lower == Ref.handle(root)) {
            changeRoot(handle, true);
        } else {
            directories.putChild(Ref.handle(root), hash, Directories.base(directories.info(handle)), Ref.fresh(handle));
            versions.release(lower, true);
        }
        lower = handle;
    }

    /** Puts an owned segment of the same depth in the place of the present one. */
    private void changeSegment(long hash, long handle) {
        directories.putChild(lower, hash, Segments.depth(segments.header(handle)), segments.freshRef(handle));
        versions.release(segment, true);
        segment = handle;
    }

    // Growing.

    /** Makes the segment of {@code hash} owned and gives it room for one more item. */
    long ownWithRoom(long hash) {
        own(hash);
        while (true) {
            long header = segments.header(segment);
            int count = Segments.count(header);
            int capacity = Segments.capacity(header);
            if (count < Segments.countMax(capacity)) {
                return segment;
            }
            if (capacity >= Segments.CAPACITY_NORMAL && deepenFor(hash, Segments.depth(header))) {
                split(hash);
            } else {
                resize(hash, count + (count >>> 2));
            }
        }
    }

    private void resize(long hash, int room) {
        long resized = segments.create(room, Segments.depth(segments.header(segment)));
        segments.placeAll(segment, resized, KEEP_FRESH);
        changeSegment(hash, resized);
    }

    /** Divides the segment by the next bit of the hashes; its directory has an entry for each half. */
    private void split(long hash) {
        long header = segments.header(segment);
        int depth = Segments.depth(header);
        int capacity = Segments.capacity(header);
        if (above.length < capacity) {
            above = new boolean[capacity];
        }
        int countAbove = 0;
        for (int i = 0; i < capacity; i++) {
            long slot = segments.slot(segment, i);
            above[i] = slot != 0 && Dict.itemHash(memory, slot & Segments.HANDLE_MASK) << depth < 0;
            countAbove += above[i] ? 1 : 0;
        }
        long lowerHalf = segments.create(Segments.count(header) - countAbove, depth + 1);
        long upperHalf = segments.create(countAbove, depth + 1);
        for (int i = 0; i < capacity; i++) {
            long slot = segments.slot(segment, i);
            if (slot != 0) {
                segments.place(above[i] ? upperHalf : lowerHalf, slot);
            }
        }
        long bit = Long.MIN_VALUE >>> depth;
        directories.putChild(lower, hash & ~bit, depth + 1, segments.freshRef(lowerHalf));
        directories.putChild(lower, hash | bit, depth + 1, segments.freshRef(upperHalf));
        versions.release(segment, true);
        segment = (hash & bit) == 0 ? lowerHalf : upperHalf;
        long info = directories.info(lower);
        if (depth + 1 == Directories.base(info) + Directories.depth(info)) {
            directories.addDeepest(lower, 2);
        }
    }

    /** Sees to it that a segment of {@code depth} has two entries; false if it may not, and has to grow instead. */
    private boolean deepenFor(long hash, int depth) {
        if (depth >= DEPTH_MAX) {
            return false;
        }
        while (true) {
            long info = directories.info(lower);
            if (depth < Directories.base(info) + Directories.depth(info)) {
                return true;
            }
            if (!(lower == Ref.handle(root) ? deepenRoot() : deepenLower(hash))) {
                return false;
            }
        }
    }

    /** Doubles a root over segments, or puts an upper root above it. */
    private boolean deepenRoot() {
        int depth = Directories.depth(directories.info(lower));
        long size = memory.getLong(lower, Directories.SIZE);
        if (2L << depth > Math.max(ENTRIES_FREE, size / ITEMS_PER_ENTRY)) {
            return false;
        }
        if (depth < LOWER_DEPTH_MAX) {
            changeLower(0, directories.doubled(lower));
            return true;
        }
        long top = directories.create(0, true, Ref.fresh(lower));
        memory.putLong(top, Directories.SIZE, size);
        root = Ref.fresh(top);
        return true;
    }

    private boolean deepenLower(long hash) {
        long info = directories.info(lower);
        if (Directories.depth(info) < LOWER_DEPTH_MAX) {
            changeLower(hash, directories.doubled(lower));
            return true;
        }
        long top = Ref.handle(root);
        int base = Directories.base(info);
        if (base == Directories.depth(directories.info(top))) {
            long size = memory.getLong(top, Directories.SIZE);
            if (2L << base > Math.max(ENTRIES_FREE, size / ITEMS_PER_UPPER_ENTRY)) {
                return false;
            }
            changeRoot(directories.doubled(top), true);
            top = Ref.handle(root);
        }
        long bit = Long.MIN_VALUE >>> base;
        long lowerHalf = trimmed(directories.half(lower, false));
        long upperHalf = trimmed(directories.half(lower, true));
        directories.putChild(top, hash & ~bit, base + 1, Ref.fresh(lowerHalf));
        directories.putChild(top, hash | bit, base + 1, Ref.fresh(upperHalf));
        if (base + 1 == Directories.depth(directories.info(top))) {
            directories.addDeepest(top, 2);
        }
        versions.release(lower, true);
        lower = (hash & bit) == 0 ? lowerHalf : upperHalf;
        return true;
    }

    /** Halves an owned directory that nothing refers to yet as long as it can be. */
    private long trimmed(long directory) {
        long trimmed = directory;
        while (canHalve(trimmed)) {
            long halved = directories.halved(trimmed);
            versions.release(trimmed, true);
            trimmed = halved;
        }
        return trimmed;
    }

    private boolean canHalve(long directory) {
        long info = directories.info(directory);
        return Directories.deepest(info) == 0 && Directories.depth(info) > 0;
    }

    // Shrinking.

    /**
     * After a removal from the segment that {@link #own} has found: shrinks and merges as long as it is worth while.
     */
    void shrink(long hash) {
        while (mergeSegment(hash)) {
            halveLower(hash);
        }
        int count = Segments.count(segments.header(segment));
        int capacity = Segments.capacity(segments.header(segment));
        if (capacity >= 2 * Segments.CAPACITY_MIN && count < capacity >>> 2) {
            resize(hash, count + (count >>> 1));
        }
        while (joinLower(hash)) {
            halveRoot();
        }
    }

    private void halveLower(long hash) {
        while (canHalve(lower)) {
            changeLower(hash, directories.halved(lower));
        }
    }

    private void halveRoot() {
        while (canHalve(Ref.handle(root))) {
            changeRoot(directories.halved(Ref.handle(root)), true);
        }
    }

    private boolean mergeSegment(long hash) {
        long header = segments.header(segment);
        int count = Segments.count(header);
        long info = directories.info(lower);
        int depth = Segments.depth(header);
        if (count > MERGE_COUNT_MAX || depth == Directories.base(info)) {
            return false;
        }
        long buddyRef = directories.child(lower, hash ^ Long.MIN_VALUE >>> (depth - 1));
        long buddy = Segments.handle(buddyRef);
        long buddyHeader = segments.header(buddy);
        int sum = count + Segments.count(buddyHeader);
        if (Segments.depth(buddyHeader) != depth || sum > MERGE_SUM_MAX) {
            return false;
        }
        boolean buddyOwned = versions.owned(buddyRef, true);
        long merged = segments.create(sum, depth - 1);
        segments.placeAll(segment, merged, KEEP_FRESH);
        segments.placeAll(buddy, merged, buddyOwned ? KEEP_FRESH : MAKE_STALE);
        directories.putChild(lower, hash, depth - 1, segments.freshRef(merged));
        versions.release(segment, true);
        versions.release(buddy, buddyOwned);
        segment = merged;
        if (depth == Directories.base(info) + Directories.depth(info)) {
            directories.addDeepest(lower, -2);
        }
        return true;
    }

    /**
     * Joins the directory over the segment with its neighbour, or makes it the root; false if there is nothing to do.
     */
    private boolean joinLower(long hash) {
        long top = Ref.handle(root);
        if (lower == top) {
            return false;
        }
        long info = directories.info(lower);
        int base = Directories.base(info);
        if (Directories.depth(info) > JOIN_DEPTH_MAX) {
            return false;
        }
        if (base == 0) {
            long size = memory.getLong(top, Directories.SIZE);
            memory.putLong(lower, Directories.SIZE, size);
            changeRoot(lower, true);
            return false;
        }
        long buddyRef = directories.child(top, hash ^ Long.MIN_VALUE >>> (base - 1));
        long buddy = Ref.handle(buddyRef);
        long buddyInfo = directories.info(buddy);
        if (Directories.base(buddyInfo) != base || Directories.depth(buddyInfo) > JOIN_DEPTH_MAX) {
            return false;
        }
        boolean buddyOwned = versions.owned(buddyRef, true);
        long buddyMask = buddyOwned ? KEEP_FRESH : MAKE_STALE;
        boolean upper = hash << (base - 1) < 0;
        long joined = upper
                ? directories.joined(buddy, buddyMask, lower, KEEP_FRESH)
                : directories.joined(lower, KEEP_FRESH, buddy, buddyMask);
        directories.putChild(top, hash, base - 1, Ref.fresh(joined));
        versions.release(lower, true);
        versions.release(buddy, buddyOwned);
        lower = joined;
        if (base == Directories.depth(directories.info(top))) {
            directories.addDeepest(top, -2);
        }
        // What the two halves kept apart may now be one.
        while (mergeSegment(hash)) {
            halveLower(hash);
        }
        return true;
    }
}
