// SPDX-License-Identifier: Apache-2.0
package dev.understudy.store.memory;

/**
 * The blocks of a {@link Tree}: what is where in a node, and moving entries between nodes. Knows nothing of cursors and
 * ownership.
 *
 * <pre>
 * leaf:   | count: 4 | capacity: 2 | kind: 2 | [weight: 8] | item refs: 8 each | [item weights: 4 each] |
 * inner:  | count: 4 | capacity: 2 | kind: 2 | items: 8 | weight: 8
 *         | child refs: 8 each | first items: 8 each | children's items: 8 each | [children's weights: 8 each] |
 * </pre>
 *
 * What is in brackets exists in weighted trees only. A first item is the handle, without fresh bit, of the first item
 * below the child: the search compares it without going down. An empty leaf, which exists only as a root or within a
 * change, has none.
 */
final class TreeNodes {
    /**
     * Most items of a leaf: one that a size class of 512 bytes (weighted: 768) holds, which is what a copy for a view
     * costs.
     */
    static final int LEAF_MAX = 62;
    /** Most children of an inner node: 768 bytes (weighted: 1024). */
    static final int INNER_MAX = 31;
    /** Items that the first leaf of a tree has room for. */
    static final int LEAF_FIRST = 4;

    private static final int META = 0;
    private static final int ITEMS = 8;
    private static final int INNER_WEIGHT = 16;
    private static final int INNER_HEADER = 24;
    private static final int FIRSTS = INNER_HEADER + 8 * INNER_MAX;
    private static final int CHILD_ITEMS = FIRSTS + 8 * INNER_MAX;
    private static final int CHILD_WEIGHTS = CHILD_ITEMS + 8 * INNER_MAX;
    private static final int LEAF_WEIGHT = 8;
    private static final long KIND_LEAF = 1L << 48;

    private final Memory memory;
    private final boolean weighted;
    private final int leafHeader;

    TreeNodes(Memory memory, boolean weighted) {
        this.memory = memory;
        this.weighted = weighted;
        this.leafHeader = weighted ? 16 : 8;
    }

    boolean weighted() {
        return weighted;
    }

    // Nodes.

    long createLeaf(int capacity) {
        long node = memory.allocate(leafBytes(capacity));
        memory.putLong(node, META, KIND_LEAF | (long) capacity << 32);
        if (weighted) {
            memory.putLong(node, LEAF_WEIGHT, 0);
        }
        return node;
    }

    long createInner() {
        long node = memory.allocate(innerBytes());
        memory.putLong(node, META, (long) INNER_MAX << 32);
        memory.putLong(node, ITEMS, 0);
        memory.putLong(node, INNER_WEIGHT, 0);
        return node;
    }

    /** A copy of the node's block whose references are not fresh. */
    long copy(long node) {
        long bytes = isLeaf(node) ? leafBytes(capacity(node)) : innerBytes();
        long copy = memory.allocate(bytes);
        memory.copy(node, 0, copy, 0, bytes);
        makeStale(copy, 0, count(copy));
        return copy;
    }

    /** A leaf of another capacity with the same items. */
    long resizedLeaf(long node, int capacity) {
        int count = count(node);
        long resized = createLeaf(capacity);
        transfer(node, 0, resized, 0, count);
        return resized;
    }

    private long leafBytes(int capacity) {
        return leafHeader + (weighted ? 12L : 8L) * capacity;
    }

    private long innerBytes() {
        return weighted ? CHILD_WEIGHTS + 8L * INNER_MAX : CHILD_WEIGHTS;
    }

    boolean isLeaf(long node) {
        return (memory.getLong(node, META) & KIND_LEAF) != 0;
    }

    int count(long node) {
        return memory.getInt(node, META);
    }

    int capacity(long node) {
        return (int) (memory.getLong(node, META) >>> 32) & 0xFFFF;
    }

    long items(long node) {
        long meta = memory.getLong(node, META);
        return (meta & KIND_LEAF) != 0 ? (int) meta : memory.getLong(node, ITEMS);
    }

    long weight(long node) {
        return weighted ? memory.getLong(node, isLeaf(node) ? LEAF_WEIGHT : INNER_WEIGHT) : items(node);
    }

    /** The first item below the node, 0 if there is none. */
    long firstItem(long node) {
        if (count(node) == 0) {
            return 0;
        }
        return isLeaf(node) ? Ref.handle(ref(node, 0)) : firstItem(node, 0);
    }

    // Entries.

    /** The reference of an item or a child. */
    long ref(long node, int index) {
        return memory.getLong(node, refs(node) + 8L * index);
    }

    void setRef(long node, int index, long ref) {
        memory.putLong(node, refs(node) + 8L * index, ref);
    }

    long leafRef(long leaf, int index) {
        return memory.getLong(leaf, leafHeader + 8L * index);
    }

    long childRef(long inner, int index) {
        return memory.getLong(inner, INNER_HEADER + 8L * index);
    }

    private int refs(long node) {
        return isLeaf(node) ? leafHeader : INNER_HEADER;
    }

    long firstItem(long inner, int index) {
        return memory.getLong(inner, FIRSTS + 8L * index);
    }

    void setFirstItem(long inner, int index, long item) {
        memory.putLong(inner, FIRSTS + 8L * index, item);
    }

    long childItems(long inner, int index) {
        return memory.getLong(inner, CHILD_ITEMS + 8L * index);
    }

    long childWeight(long inner, int index) {
        return memory.getLong(inner, (weighted ? CHILD_WEIGHTS : CHILD_ITEMS) + 8L * index);
    }

    long itemWeight(long leaf, int index) {
        return weighted ? memory.getInt(leaf, itemWeightOffset(leaf, index)) : 1;
    }

    void setItemWeight(long leaf, int index, long weight) {
        if (weighted) {
            assert weight >= 0 && weight <= Integer.MAX_VALUE : "weight " + weight;
            memory.putInt(leaf, itemWeightOffset(leaf, index), (int) weight);
        } else {
            assert weight == 1 : "weight " + weight + " in a tree without weights";
        }
    }

    private long itemWeightOffset(long leaf, int index) {
        return leafHeader + 8L * capacity(leaf) + 4L * index;
    }

    /** Adds to the totals of a leaf. */
    void addToLeaf(long leaf, long weight) {
        if (weighted) {
            memory.putLong(leaf, LEAF_WEIGHT, memory.getLong(leaf, LEAF_WEIGHT) + weight);
        }
    }

    /** Adds to the totals of an inner node and of its child. */
    void addToInner(long inner, int index, long items, long weight) {
        addToChild(inner, index, items, weight);
        addTotals(inner, items, weight);
    }

    /** Adds to the totals that an inner node keeps of a child, but not to its own. */
    void addToChild(long inner, int index, long items, long weight) {
        add(inner, CHILD_ITEMS + 8L * index, items);
        if (weighted) {
            add(inner, CHILD_WEIGHTS + 8L * index, weight);
        }
    }

    private void addTotals(long inner, long items, long weight) {
        add(inner, ITEMS, items);
        if (weighted) {
            add(inner, INNER_WEIGHT, weight);
        }
    }

    private void add(long node, long offset, long delta) {
        if (delta != 0) {
            memory.putLong(node, offset, memory.getLong(node, offset) + delta);
        }
    }

    // Changes of the number of entries.

    /** Enters an item; the totals of the leaf follow. */
    void insertItem(long leaf, int index, long ref, long weight) {
        open(leaf, index, 1);
        memory.putLong(leaf, leafHeader + 8L * index, ref);
        setItemWeight(leaf, index, weight);
        addToLeaf(leaf, weight);
    }

    /** Takes an item out; the totals of the leaf follow. */
    void removeItem(long leaf, int index) {
        addToLeaf(leaf, -itemWeight(leaf, index));
        close(leaf, index, 1);
    }

    /** Enters a child with its totals, without changing those of the inner node. */
    void insertChild(long inner, int index, long ref) {
        open(inner, index, 1);
        long child = Ref.handle(ref);
        memory.putLong(inner, INNER_HEADER + 8L * index, ref);
        memory.putLong(inner, CHILD_ITEMS + 8L * index, items(child));
        if (weighted) {
            memory.putLong(inner, CHILD_WEIGHTS + 8L * index, weight(child));
        }
        setFirstItem(inner, index, firstItem(child));
    }

    /** Takes a child out, without changing the totals of the inner node. */
    void removeChild(long inner, int index) {
        close(inner, index, 1);
    }

    /** Makes an inner node's totals those of its only child, entered just now. */
    void adoptTotals(long inner) {
        addTotals(inner, childItems(inner, 0), childWeight(inner, 0));
    }

    /**
     * Moves {@code n} entries from one node to another of the same kind, both totals following; fresh bits go along.
     */
    void transfer(long from, int fromIndex, long to, int toIndex, int n) {
        assert isLeaf(from) == isLeaf(to);
        open(to, toIndex, n);
        long items = 0;
        long weight = 0;
        boolean leaf = isLeaf(from);
        for (int i = fromIndex; i < fromIndex + n; i++) {
            items += leaf ? 1 : childItems(from, i);
            weight += leaf ? itemWeight(from, i) : childWeight(from, i);
        }
        for (int column = 0; column < columns(leaf); column++) {
            int width = columnWidth(leaf, column);
            long source = columnOffset(from, leaf, column) + (long) width * fromIndex;
            long target = columnOffset(to, leaf, column) + (long) width * toIndex;
            memory.copy(from, source, to, target, (long) width * n);
        }
        close(from, fromIndex, n);
        if (leaf) {
            addToLeaf(from, -weight);
            addToLeaf(to, weight);
        } else {
            addTotals(from, -items, -weight);
            addTotals(to, items, weight);
        }
    }

    /** Takes the fresh bits from references {@code from} to {@code to}, exclusive. */
    void makeStale(long node, int from, int to) {
        int refs = refs(node);
        for (int i = from; i < to; i++) {
            long offset = refs + 8L * i;
            memory.putLong(node, offset, Ref.stale(memory.getLong(node, offset)));
        }
    }

    private void open(long node, int index, int n) {
        int count = count(node);
        assert index >= 0 && index <= count && count + n <= capacity(node) : index + " + " + n + " of " + count;
        shift(node, index, index + n, count - index);
        memory.putInt(node, META, count + n);
    }

    private void close(long node, int index, int n) {
        int count = count(node);
        assert index >= 0 && index + n <= count : index + " + " + n + " of " + count;
        shift(node, index + n, index, count - index - n);
        memory.putInt(node, META, count - n);
    }

    private void shift(long node, int from, int to, int n) {
        if (n == 0 || from == to) {
            return;
        }
        boolean leaf = isLeaf(node);
        for (int column = 0; column < columns(leaf); column++) {
            int width = columnWidth(leaf, column);
            long start = columnOffset(node, leaf, column);
            memory.copy(node, start + (long) width * from, node, start + (long) width * to, (long) width * n);
        }
    }

    private int columns(boolean leaf) {
        return (leaf ? 1 : 3) + (weighted ? 1 : 0);
    }

    private static int columnWidth(boolean leaf, int column) {
        return leaf && column == 1 ? 4 : 8;
    }

    private long columnOffset(long node, boolean leaf, int column) {
        if (leaf) {
            return column == 0 ? leafHeader : leafHeader + 8L * capacity(node);
        }
        return INNER_HEADER + 8L * INNER_MAX * column;
    }
}
