// SPDX-License-Identifier: Apache-2.0
package dev.understudy.store.memory;

/**
 * Releases a tree that is no longer part of the data set, in steps of a bounded number of blocks, so that the loop does
 * not stall on a million items. Views may be opened and closed between steps: which blocks only older views see was
 * settled when the tree was taken out. What views still see is not changed, so progress is kept here and not in the
 * nodes.
 */
public final class TreeDemolition implements Reaper.Victim {
    private final Memory memory;
    private final Versions versions;
    private final TreeNodes nodes;
    private final boolean items;
    private final long[] node = new long[TreePath.LEVELS_MAX];
    private final int[] done = new int[TreePath.LEVELS_MAX];
    private final boolean[] owned = new boolean[TreePath.LEVELS_MAX];
    private int depth;

    TreeDemolition(Memory memory, Versions versions, TreeNodes nodes, long root, boolean rootOwned, boolean items) {
        this.memory = memory;
        this.versions = versions;
        this.nodes = nodes;
        this.items = items;
        push(Ref.handle(root), rootOwned);
    }

    private void push(long block, boolean blockOwned) {
        assert memory.capacity(block) > 0;
        node[depth] = block;
        done[depth] = 0;
        owned[depth] = blockOwned;
        depth++;
    }

    @Override
    public boolean isDone() {
        return depth == 0;
    }

    /** Releases up to {@code budget} blocks; returns how many, less than {@code budget} only at the end. */
    @Override
    public long reap(long budget) {
        long left = budget;
        while (depth > 0 && left > 0) {
            int top = depth - 1;
            long current = node[top];
            int count = nodes.count(current);
            boolean leaf = nodes.isLeaf(current);
            if (done[top] == count || leaf && !items) {
                versions.release(current, owned[top]);
                depth--;
                left--;
                continue;
            }
            long ref = nodes.ref(current, done[top]++);
            if (leaf) {
                versions.release(Ref.handle(ref), versions.owned(ref, owned[top]));
                left--;
            } else {
                push(Ref.handle(ref), versions.owned(ref, owned[top]));
            }
        }
        return budget - left;
    }
}
