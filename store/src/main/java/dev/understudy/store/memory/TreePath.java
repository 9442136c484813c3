// SPDX-License-Identifier: Apache-2.0
package dev.understudy.store.memory;

/**
 * The cursor of a {@link Tree}: the nodes from the root (level 0) down to a leaf and the index in each. In a leaf the
 * index may be its count: the place behind its last item.
 */
final class TreePath {
    /** More than a tree of 2^47 items needs. */
    static final int LEVELS_MAX = 24;

    final long[] node = new long[LEVELS_MAX];
    final int[] at = new int[LEVELS_MAX];
    /** Number of levels, the leaf's included; 0 as long as the cursor stands nowhere. */
    int depth;

    private final Memory memory;
    private final Tree.Order order;
    private final TreeNodes nodes;

    TreePath(Memory memory, Tree.Order order, TreeNodes nodes) {
        this.memory = memory;
        this.order = order;
        this.nodes = nodes;
    }

    // Down from the root.

    /** To the place in a leaf, its end included, where an item equal to the probe is or would be inserted. */
    void toProbe(long root) {
        int level = 0;
        long current = root;
        while (!nodes.isLeaf(current)) {
            int low = 1;
            int high = nodes.count(current);
            while (low < high) {
                int middle = (low + high) >>> 1;
                if (order.compare(memory, nodes.firstItem(current, middle)) < 0) {
                    low = middle + 1;
                } else {
                    high = middle;
                }
            }
            current = enter(level++, current, low - 1);
        }
        int low = 0;
        int high = nodes.count(current);
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (order.compare(memory, Ref.handle(nodes.leafRef(current, middle))) < 0) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        arrive(level, current, low);
    }

    /** Notes the step from an inner node down to a child; returns the child. */
    private long enter(int level, long inner, int index) {
        node[level] = inner;
        at[level] = index;
        return Ref.handle(nodes.childRef(inner, index));
    }

    private void arrive(int level, long leaf, int index) {
        node[level] = leaf;
        at[level] = index;
        depth = level + 1;
    }

    /** Moves a cursor that stands behind the last item of a leaf to the next leaf's first, if there is one. */
    boolean settle() {
        int leaf = depth - 1;
        return at[leaf] < nodes.count(node[leaf]) || climbForward();
    }

    private boolean climbForward() {
        int level = depth - 2;
        while (level >= 0 && at[level] == nodes.count(node[level]) - 1) {
            level--;
        }
        if (level < 0) {
            return false;
        }
        long current = enter(level, node[level], at[level] + 1);
        while (++level < depth - 1) {
            current = enter(level, current, 0);
        }
        arrive(level, current, 0);
        return true;
    }

    /**
     * To item number {@code index}; with {@code behind}, between leaves, to the end of the left one rather than the
     * start of the right.
     */
    void toIndex(long root, long index, boolean behind) {
        long left = index;
        int level = 0;
        long current = root;
        while (!nodes.isLeaf(current)) {
            int i = 0;
            int last = nodes.count(current) - 1;
            long items = nodes.childItems(current, 0);
            while (i < last && (behind ? left > items : left >= items)) {
                left -= items;
                items = nodes.childItems(current, ++i);
            }
            current = enter(level++, current, i);
        }
        arrive(level, current, (int) left);
    }

    /**
     * To the item that holds the element at {@code position}, which exists; returns how many of the item's elements lie
     * before it.
     */
    long toWeight(long root, long position) {
        long left = position;
        int level = 0;
        long current = root;
        while (!nodes.isLeaf(current)) {
            int i = 0;
            long weight = nodes.childWeight(current, 0);
            while (left >= weight) {
                left -= weight;
                weight = nodes.childWeight(current, ++i);
            }
            current = enter(level++, current, i);
        }
        int i = 0;
        long weight = nodes.itemWeight(current, 0);
        while (left >= weight) {
            left -= weight;
            weight = nodes.itemWeight(current, ++i);
        }
        arrive(level, current, i);
        return left;
    }

    void toFirst(long root) {
        int level = 0;
        long current = root;
        while (!nodes.isLeaf(current)) {
            current = enter(level++, current, 0);
        }
        arrive(level, current, 0);
    }

    /** Behind the last item. */
    void toEnd(long root) {
        int level = 0;
        long current = root;
        while (!nodes.isLeaf(current)) {
            current = enter(level++, current, nodes.count(current) - 1);
        }
        arrive(level, current, nodes.count(current));
    }

    // Steps.

    boolean forward() {
        int leaf = depth - 1;
        int count = nodes.count(node[leaf]);
        if (at[leaf] < count) {
            at[leaf]++;
        }
        return at[leaf] < count || climbForward();
    }

    boolean back() {
        if (stepBack()) {
            return true;
        }
        int level = depth - 2;
        while (level >= 0 && at[level] == 0) {
            level--;
        }
        if (level < 0) {
            return false;
        }
        long current = enter(level, node[level], at[level] - 1);
        while (++level < depth - 1) {
            current = enter(level, current, nodes.count(current) - 1);
        }
        arrive(level, current, nodes.count(current) - 1);
        return true;
    }

    /** Back within the leaf. */
    boolean stepBack() {
        if (at[depth - 1] == 0) {
            return false;
        }
        at[depth - 1]--;
        return true;
    }

    // Where the cursor stands.

    long itemsBefore() {
        long before = at[depth - 1];
        for (int level = 0; level < depth - 1; level++) {
            for (int i = 0; i < at[level]; i++) {
                before += nodes.childItems(node[level], i);
            }
        }
        return before;
    }

    long weightBefore() {
        long before = 0;
        for (int level = 0; level < depth - 1; level++) {
            for (int i = 0; i < at[level]; i++) {
                before += nodes.childWeight(node[level], i);
            }
        }
        for (int i = 0; i < at[depth - 1]; i++) {
            before += nodes.itemWeight(node[depth - 1], i);
        }
        return before;
    }

    /** Whether the node at {@code level} of the path is the last of all on its level. */
    boolean onRightEdge(int level) {
        for (int i = 0; i < level; i++) {
            if (at[i] != nodes.count(node[i]) - 1) {
                return false;
            }
        }
        return true;
    }

    boolean onLeftEdge(int level) {
        for (int i = 0; i < level; i++) {
            if (at[i] != 0) {
                return false;
            }
        }
        return true;
    }

    /** Adds to the totals on the path above the leaf. */
    void addAbove(long items, long weight) {
        for (int level = depth - 2; level >= 0; level--) {
            nodes.addToInner(node[level], at[level], items, weight);
        }
    }

    /** Tells the nodes above {@code level} that the path's node there begins with another item. */
    void firstItemChanged(int level, long item) {
        for (int above = level - 1; above >= 0; above--) {
            nodes.setFirstItem(node[above], at[above], item);
            if (at[above] != 0) {
                return;
            }
        }
    }

    boolean onEdge(int level) {
        return onLeftEdge(level) || onRightEdge(level);
    }
}
