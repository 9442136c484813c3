// SPDX-License-Identifier: Apache-2.0
package dev.understudy.store.memory;

import org.jspecify.annotations.Nullable;

/**
 * A counted B+tree of item handles in native memory: ordered by an {@link Order}, or by position alone. Sorted sets (by
 * score and member, weight 1), lists (by position, weight = elements of a node) and streams (by 128-bit ID) are such
 * trees.
 *
 * <p>Bound to one tree at a time, as {@link Dict} is, and subject to the same rule of {@link Ref}: a change first
 * copies the nodes on the path to it that an open view may see. Bindings do not outlive the opening of a view.
 *
 * <p>The cursor ({@link #seek}, {@link #next}) stands on an item or at the end, behind the last one. It stays usable
 * through the changes made by this operator: {@link #replace} leaves it where it is, {@link #remove} moves it to the
 * following item, the inserting methods to the item inserted. Changes through another operator make it invalid.
 *
 * <p>Nodes are at least three eighths full, but for those on the tree's two edges: appending or prepending leaves full
 * nodes behind, and taking from the ends does not shift items about. Confined to one thread; {@link #reader} makes
 * operators for other threads.
 */
public final class Tree {
    /** How the items of a tree compare, and what they weigh. */
    public interface Order {
        /**
         * Compares the item with the probe that the caller has prepared in its own implementation; negative: item
         * before probe.
         */
        int compare(Memory memory, long item);

        /** Weight of an item, 0 to 2^31 - 1: 1, or the number of list elements in a node. */
        default long weight(Memory memory, long item) {
            return 1;
        }

        /**
         * Whether {@link #weight} can be anything but 1; if not, no weights are stored (4 bytes per item). The same for
         * all of a tree's life.
         */
        default boolean weighted() {
            return true;
        }
    }

    private static final int LEAF_MIN = TreeNodes.LEAF_MAX * 3 / 8;
    private static final int INNER_MIN = TreeNodes.INNER_MAX * 3 / 8;

    private final Memory memory;
    private final @Nullable Versions versions;
    private final Order order;
    private final TreeNodes nodes;

    private long root;
    private boolean rootOwned;

    private final @Nullable TreeSiblings siblings;
    private final TreePath path;
    /** The path's own arrays. */
    private final long[] node;

    private final int[] at;
    private long remainder;

    public Tree(Memory memory, Versions versions, Order order) {
        this(memory, order, versions);
    }

    private Tree(Memory memory, Order order, @Nullable Versions versions) {
        this.memory = memory;
        this.versions = versions;
        this.order = order;
        this.nodes = new TreeNodes(memory, order.weighted());
        this.siblings = versions == null ? null : new TreeSiblings(versions, nodes);
        this.path = new TreePath(memory, order, nodes);
        this.node = path.node;
        this.at = path.at;
    }

    /** An operator that only reads, for the thread that {@code reader} ({@link Memory#reader}) belongs to. */
    public static Tree reader(Memory reader, Order order) {
        return new Tree(reader, order, null);
    }

    /** Makes an empty tree; a fresh reference. Does not bind to it. */
    public long create() {
        return Ref.fresh(nodes.createLeaf(TreeNodes.LEAF_FIRST));
    }

    /**
     * Binds to the tree at {@code treeRoot}; the cursor stands nowhere. {@code holderOwned} as in {@link
     * Versions#owned}.
     */
    public Tree bind(long treeRoot, boolean holderOwned) {
        root = treeRoot;
        rootOwned = versions != null && versions.owned(treeRoot, holderOwned);
        path.depth = 0;
        return this;
    }

    /**
     * The reference of the bound tree's root, changed if it had to be copied or the tree has grown or shrunk by a
     * level.
     */
    public long root() {
        return root;
    }

    /** Number of items. */
    public long items() {
        return nodes.items(Ref.handle(root));
    }

    /** Sum of weights. */
    public long weight() {
        return nodes.weight(Ref.handle(root));
    }

    private TreeSiblings siblings() {
        if (siblings == null) {
            throw new IllegalStateException("a reader changes nothing");
        }
        return siblings;
    }

    private Versions versions() {
        if (versions == null) {
            throw new IllegalStateException("a reader changes nothing");
        }
        return versions;
    }

    // Finding.

    /** Positions the cursor at the first item not before the probe; false if there is none (cursor at the end). */
    public boolean seek() {
        path.toProbe(Ref.handle(root));
        return path.settle();
    }

    /** Positions the cursor at item number {@code index}; false if there is none (cursor at the end). */
    public boolean seekIndex(long index) {
        if (index < 0 || index >= items()) {
            seekEnd();
            return false;
        }
        path.toIndex(Ref.handle(root), index, false);
        return true;
    }

    /**
     * Positions the cursor at the item that holds the element at {@code position} of all weights; {@link #remainder}
     * tells where in it. False if there is none (cursor at the end).
     */
    public boolean seekWeight(long position) {
        if (position < 0 || position >= weight()) {
            seekEnd();
            return false;
        }
        if (!nodes.weighted()) {
            remainder = 0;
            return seekIndex(position);
        }
        remainder = path.toWeight(Ref.handle(root), position);
        return true;
    }

    /** How many elements of the item lie before the one that {@link #seekWeight} has found. */
    public long remainder() {
        return remainder;
    }

    public boolean seekFirst() {
        path.toFirst(Ref.handle(root));
        return !atEnd();
    }

    public boolean seekLast() {
        seekEnd();
        return path.stepBack();
    }

    /** Positions the cursor at the end, behind the last item. */
    public void seekEnd() {
        path.toEnd(Ref.handle(root));
    }

    // At the cursor.

    /** Whether the cursor stands behind the last item. */
    public boolean atEnd() {
        return at[path.depth - 1] == nodes.count(node[path.depth - 1]);
    }

    /** The item under the cursor. */
    public long item() {
        return Ref.handle(itemRef());
    }

    private long itemRef() {
        assert path.depth > 0 && !atEnd() : "no item under the cursor";
        return nodes.leafRef(node[path.depth - 1], at[path.depth - 1]);
    }

    /** Whether the item under the cursor may be changed in place. */
    public boolean itemOwned() {
        if (versions == null) {
            return false;
        }
        boolean owned = rootOwned;
        for (int level = 1; level < path.depth; level++) {
            owned = versions.owned(nodes.childRef(node[level - 1], at[level - 1]), owned);
        }
        return versions.owned(itemRef(), owned);
    }

    /** Index of the item under the cursor, rank in a sorted set; the number of items at the end. */
    public long index() {
        return path.itemsBefore();
    }

    /** Sum of the weights before the item under the cursor. */
    public long weightBefore() {
        return path.weightBefore();
    }

    /** To the next item; false if there is none (cursor at the end). */
    public boolean next() {
        return path.forward();
    }

    /** To the previous item, from the end to the last one; false if there is none (the cursor stays). */
    public boolean previous() {
        return path.back();
    }

    // Changing.

    /**
     * Inserts before the first item that the order's probe compares equal or smaller to; the cursor stands on it then.
     */
    public void insert(long item) {
        path.toProbe(Ref.handle(root));
        insertHere(item);
    }

    /** Inserts as item number {@code index}, 0 to {@link #items} (positional trees); the cursor stands on it then. */
    public void insertAt(long index, long item) {
        if (index < 0 || index > items()) {
            throw new IndexOutOfBoundsException(index + " of " + items());
        }
        path.toIndex(Ref.handle(root), index, true);
        insertHere(item);
    }

    /** Inserts behind the last item, which the caller knows to come before it; the cursor stands on it then. */
    public void appendLast(long item) {
        seekEnd();
        insertHere(item);
    }

    private void insertHere(long item) {
        ownPath();
        if (nodes.count(node[path.depth - 1]) == nodes.capacity(node[path.depth - 1])) {
            makeRoom(path.depth - 1);
        }
        int leaf = path.depth - 1;
        long weight = order.weight(memory, item);
        nodes.insertItem(node[leaf], at[leaf], Ref.fresh(item), weight);
        path.addAbove(1, weight);
        if (at[leaf] == 0) {
            path.firstItemChanged(leaf, item);
        }
    }

    /**
     * Puts another block, equal in order, under the cursor as a fresh item, or the same block whose weight has changed.
     *
     * @param releaseOld whether the block that was there is released
     */
    public void replace(long item, boolean releaseOld) {
        ownPath();
        int leaf = path.depth - 1;
        long old = itemRef();
        long weight = order.weight(memory, item);
        long change = weight - nodes.itemWeight(node[leaf], at[leaf]);
        if (change != 0) {
            nodes.setItemWeight(node[leaf], at[leaf], weight);
            nodes.addToLeaf(node[leaf], change);
            path.addAbove(0, change);
        }
        if (Ref.handle(old) == item) {
            return;
        }
        nodes.setRef(node[leaf], at[leaf], Ref.fresh(item));
        if (at[leaf] == 0) {
            path.firstItemChanged(leaf, item);
        }
        if (releaseOld) {
            versions().release(Ref.handle(old), versions().owned(old, true));
        }
    }

    /** Takes out the item under the cursor; the cursor moves to the one after it (false: none, cursor at the end). */
    public boolean remove(boolean release) {
        ownPath();
        int leaf = path.depth - 1;
        long old = itemRef();
        path.addAbove(-1, -nodes.itemWeight(node[leaf], at[leaf]));
        nodes.removeItem(node[leaf], at[leaf]);
        if (release) {
            versions().release(Ref.handle(old), versions().owned(old, true));
        }
        int count = nodes.count(node[leaf]);
        if (at[leaf] == 0 && count > 0) {
            path.firstItemChanged(leaf, Ref.handle(nodes.leafRef(node[leaf], 0)));
        }
        if (path.depth == 1) {
            shrinkOnlyLeaf(count);
        } else if (count < LEAF_MIN && (Integer.bitCount(count) <= 1 || !path.onEdge(leaf))) {
            // On the edges only now and then: whoever takes from the ends should not pay for it every time.
            long index = index();
            repair();
            return seekIndex(index);
        }
        return path.settle();
    }

    /** Makes sure that the nodes of the cursor's path may be changed in place. */
    private void ownPath() {
        if (!versions().shared()) {
            rootOwned = true;
            return;
        }
        if (!rootOwned) {
            node[0] = siblings().copied(node[0]);
            putAbove(0, node[0]);
        }
        for (int level = 1; level < path.depth; level++) {
            if (!versions().owned(nodes.childRef(node[level - 1], at[level - 1]), true)) {
                node[level] = siblings().copied(node[level]);
                putAbove(level, node[level]);
            }
        }
    }

    /** Enters a new block as the node of this level of the path. */
    private void putAbove(int level, long block) {
        node[level] = block;
        if (level == 0) {
            root = Ref.fresh(block);
            rootOwned = true;
        } else {
            nodes.setRef(node[level - 1], at[level - 1], Ref.fresh(block));
        }
    }

    // Growing. All of the path is owned.

    /** Gives the full node at {@code level} room for one entry more, at the cursor; the path may gain a level. */
    private void makeRoom(int level) {
        long full = node[level];
        if (nodes.capacity(full) < TreeNodes.LEAF_MAX && nodes.isLeaf(full)) {
            putAbove(level, nodes.resizedLeaf(full, Math.min(TreeNodes.LEAF_MAX, nodes.capacity(full) * 2)));
            versions().release(full, true);
            return;
        }
        int place = level;
        if (level == 0) {
            addRoot();
            place = 1;
        } else if (nodes.count(node[level - 1]) == TreeNodes.INNER_MAX) {
            int depthBefore = path.depth;
            makeRoom(level - 1);
            place += path.depth - depthBefore;
        }
        split(place);
    }

    private void addRoot() {
        long inner = nodes.createInner();
        nodes.insertChild(inner, 0, Ref.fresh(node[0]));
        nodes.adoptTotals(inner);
        System.arraycopy(node, 0, node, 1, path.depth);
        System.arraycopy(at, 0, at, 1, path.depth);
        path.depth++;
        at[0] = 0;
        putAbove(0, inner);
    }

    /**
     * Splits the node at {@code level}, whose parent has room: in the middle, or at an edge so that the other part
     * stays full.
     */
    private void split(int level) {
        long left = node[level];
        boolean leaf = level == path.depth - 1;
        int count = nodes.count(left);
        int keep = count / 2;
        if (at[level] == (leaf ? count : count - 1) && path.onRightEdge(level)) {
            keep = leaf ? count : count - 1;
        } else if (at[level] == 0 && path.onLeftEdge(level)) {
            keep = leaf ? 0 : 1;
        }
        long right = leaf ? nodes.createLeaf(TreeNodes.LEAF_MAX) : nodes.createInner();
        nodes.transfer(left, keep, right, 0, count - keep);
        long parent = node[level - 1];
        int index = at[level - 1];
        nodes.insertChild(parent, index + 1, Ref.fresh(right));
        nodes.addToChild(parent, index, -nodes.items(right), -nodes.weight(right));
        boolean toRight = leaf ? at[level] > keep || at[level] == keep && keep == count : at[level] >= keep;
        if (toRight) {
            node[level] = right;
            at[level] -= keep;
            at[level - 1]++;
        }
    }

    // Shrinking. All of the path is owned; afterwards the cursor is to be set anew.

    private void shrinkOnlyLeaf(int count) {
        long leaf = node[0];
        int capacity = nodes.capacity(leaf);
        if (capacity > TreeNodes.LEAF_FIRST && count <= capacity / 4) {
            putAbove(0, nodes.resizedLeaf(leaf, Math.max(TreeNodes.LEAF_FIRST, capacity / 2)));
            versions().release(leaf, true);
        }
    }

    /**
     * Takes out empty nodes of the path, merges or fills up those below the minimum, and takes off roots of one child.
     */
    private void repair() {
        for (int level = path.depth - 1; level > 0; level--) {
            int count = nodes.count(node[level]);
            int minimum = level == path.depth - 1 ? LEAF_MIN : INNER_MIN;
            if (count >= minimum) {
                break;
            }
            if (count == 0) {
                nodes.removeChild(node[level - 1], at[level - 1]);
                versions().release(node[level], true);
            } else {
                boolean onEdge = path.onEdge(level);
                siblings().join(node[level - 1], at[level - 1], minimum, onEdge);
            }
            if (at[level - 1] == 0 && nodes.count(node[level - 1]) > 0) {
                path.firstItemChanged(level - 1, nodes.firstItem(node[level - 1]));
            }
        }
        if (nodes.count(Ref.handle(root)) == 0) {
            versions().release(Ref.handle(root), true);
            root = create();
            return;
        }
        long top = Ref.handle(root);
        while (rootOwned && nodes.count(top) == 1 && !nodes.isLeaf(top)) {
            root = nodes.childRef(top, 0);
            rootOwned = versions().owned(root, true);
            versions().release(top, true);
            top = Ref.handle(root);
        }
    }

    // The end.

    /**
     * One step of moving the tree out of chunks that are being emptied, as {@link Dict#relocate}: the leaf with item number {@code index}, 0 and up,
     * and the nodes above it. Returns the index of the first item behind it, 0 at the end. The cursor stands nowhere then.
     */
    public long relocate(long index, Mover mover) {
        assert !versions().shared() : "a view would lose its blocks";
        if (index >= items() && index > 0) {
            return 0;
        }
        var relocation = new TreeRelocation(memory, nodes, path);
        root = relocation.root(root);
        long next = relocation.step(Ref.handle(root), index, mover);
        return next < items() ? next : 0;
    }

    /** Releases all nodes, and every item if {@code items}; the operator is bound to nothing then. */
    public void destroy(boolean items) {
        TreeDemolition demolition = demolition(items);
        while (!demolition.isDone()) {
            demolition.reap(Long.MAX_VALUE);
        }
    }

    /** What releases this tree piece by piece, see {@link TreeDemolition}; the operator is bound to nothing then. */
    public TreeDemolition demolition(boolean items) {
        var demolition = new TreeDemolition(memory, versions(), nodes, root, rootOwned, items);
        bind(0, false);
        return demolition;
    }

    /** The blocks' layout, for checks. */
    TreeNodes nodes() {
        return nodes;
    }
}
