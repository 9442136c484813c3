// SPDX-License-Identifier: Apache-2.0
package dev.understudy.store.memory;

/**
 * Moves the blocks of a tree out of the chunks that are being emptied ({@link Memory#vacate}), one leaf and what leads to it at a time; as
 * {@link DictRelocation}.
 */
final class TreeRelocation {
    private final Memory memory;
    private final TreeNodes nodes;
    private final TreePath path;

    TreeRelocation(Memory memory, TreeNodes nodes, TreePath path) {
        this.memory = memory;
        this.nodes = nodes;
        this.path = path;
    }

    /** The reference to the root, moved if it has to. */
    long root(long ref) {
        long root = Ref.handle(ref);
        return memory.isLeaving(root) ? Ref.at(ref, memory.relocate(root)) : ref;
    }

    /** Moves the leaf that holds item number {@code index}, which exists or is 0; returns the index behind the leaf's last item. */
    long step(long root, long index, Mover mover) {
        path.toIndex(root, index, false);
        for (int level = 1; level < path.depth; level++) {
            long node = path.node[level];
            if (memory.isLeaving(node)) {
                long parent = path.node[level - 1];
                int at = path.at[level - 1];
                path.node[level] = memory.relocate(node);
                nodes.setRef(parent, at, Ref.at(nodes.childRef(parent, at), path.node[level]));
            }
        }
        int bottom = path.depth - 1;
        path.at[bottom] = 0;
        long leaf = path.node[bottom];
        int count = nodes.count(leaf);
        for (int i = 0; i < count; i++) {
            long ref = nodes.leafRef(leaf, i);
            long moved = mover.move(Ref.handle(ref));
            if (moved != Ref.handle(ref)) {
                nodes.setRef(leaf, i, Ref.at(ref, moved));
                if (i == 0) {
                    path.firstItemChanged(bottom, moved);
                }
            }
        }
        long next = path.itemsBefore() + count;
        path.depth = 0;
        return next;
    }
}
