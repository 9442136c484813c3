// SPDX-License-Identifier: Apache-2.0
package dev.understudy.store;

import dev.understudy.store.memory.Memory;
import dev.understudy.store.memory.Reaper;
import dev.understudy.store.memory.Ref;
import dev.understudy.store.memory.Tree;
import dev.understudy.wire.Bytes;
import org.jspecify.annotations.Nullable;

/**
 * A tree whose root reference stands in a stream's or group's block; 0 there is the empty tree. Binds one operator to
 * it as needed.
 */
final class StreamIndex {
    /** Trees of fewer items are not worth freeing in pieces. */
    private static final int LARGE = 64;
    /** Scratch space for names is not kept beyond this. */
    private static final int SCRATCH_KEPT_MAX = 1 << 14;

    private final Memory memory;
    private final Tree tree;
    /** Where in the holder the reference stands. */
    private final int at;

    StreamIndex(Space space, Tree.Order order, int at) {
        this.memory = space.memory;
        this.tree = new Tree(space.memory, space.versions, order);
        this.at = at;
    }

    /** Binds for reading; false if the tree was never made, and so is empty. */
    boolean read(long holder) {
        return bind(holder, false);
    }

    /** Binds with the holder's ownership told; false if there is no tree. */
    boolean bind(long holder, boolean holderOwned) {
        long root = memory.getLong(holder, at);
        if (root == 0) {
            return false;
        }
        tree.bind(root, holderOwned);
        return true;
    }

    /**
     * Binds for changes by a holder that may be changed in place, making the tree if need be; {@link #keep} has to
     * follow them.
     */
    Tree write(long holder) {
        long root = memory.getLong(holder, at);
        if (root == 0) {
            root = tree.create();
            memory.putLong(holder, at, root);
        }
        return tree.bind(root, true);
    }

    /** Stores the root, which a change may have replaced. */
    void keep(long holder) {
        memory.putLong(holder, at, tree.root());
    }

    Tree tree() {
        return tree;
    }

    long items(long holder) {
        return read(holder) ? tree.items() : 0;
    }

    /** Positions the bound tree's cursor at the last item that is not behind the probe; false if there is none. */
    boolean seekLastUpTo(Tree.Order order) {
        if (!tree.seek()) {
            return tree.seekLast();
        }
        return order.compare(memory, tree.item()) == 0 || tree.previous();
    }

    /** Whether the bound tree has an item equal to the probe; the cursor is there then. */
    boolean seekExactly(Tree.Order order) {
        return tree.seek() && order.compare(memory, tree.item()) == 0;
    }

    /**
     * A copy of a block for changing it, with the references at the given offsets marked as not fresh. The caller
     * enters it in the place of
     * the old one.
     */
    static long copy(Memory memory, long block, int... references) {
        long bytes = memory.capacity(block);
        long copy = memory.allocate(bytes);
        memory.copy(block, 0, copy, 0, bytes);
        for (int reference : references) {
            memory.putLong(copy, reference, Ref.stale(memory.getLong(copy, reference)));
        }
        return copy;
    }

    /**
     * Moves {@code into} over a copy of a text, 4 bytes length at {@code at} and bytes, in {@code scratch} or a larger
     * one; returns that.
     */
    static byte[] text(Memory memory, long block, int at, byte[] scratch, Bytes into) {
        int length = memory.getInt(block, at);
        boolean fits = scratch.length >= length && (scratch.length <= SCRATCH_KEPT_MAX || length > SCRATCH_KEPT_MAX);
        byte[] target = fits ? scratch : new byte[Math.max(length, 32)];
        memory.read(block, at + 4L, target, 0, length);
        into.set(target, 0, length);
        return target;
    }

    /** Releases the tree, and its items if {@code items}; a large one is left to {@code reaper} if that is not null. */
    void destroy(long holder, boolean holderOwned, boolean items, @Nullable Reaper reaper) {
        if (!bind(holder, holderOwned)) {
            return;
        }
        if (reaper == null || tree.items() < LARGE) {
            tree.destroy(items);
        } else {
            reaper.add(tree.demolition(items));
        }
    }
}
