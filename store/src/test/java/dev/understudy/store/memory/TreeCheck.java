// SPDX-License-Identifier: Apache-2.0
package dev.understudy.store.memory;

/** Checks the invariants of a tree's blocks: totals, first items, levels, and how full the nodes are. */
final class TreeCheck {
    private final TreeNodes nodes;
    private int leafLevel = -1;

    private TreeCheck(TreeNodes nodes) {
        this.nodes = nodes;
    }

    static void check(Tree tree) {
        long root = Ref.handle(tree.root());
        new TreeCheck(tree.nodes()).check(root, 0, true, true);
    }

    private void check(long node, int level, boolean leftEdge, boolean rightEdge) {
        int count = nodes.count(node);
        boolean leaf = nodes.isLeaf(node);
        expect(count <= nodes.capacity(node), "more entries than room");
        expect(level == 0 || count > 0, "empty node");
        int minimum = leaf ? TreeNodes.LEAF_MAX * 3 / 8 : TreeNodes.INNER_MAX * 3 / 8;
        expect(leftEdge || rightEdge || count >= minimum, "only " + count + " entries at level " + level);
        long items = 0;
        long weight = 0;
        if (leaf) {
            expect(leafLevel < 0 || leafLevel == level, "leaves at levels " + leafLevel + " and " + level);
            leafLevel = level;
            for (int i = 0; i < count; i++) {
                items++;
                weight += nodes.itemWeight(node, i);
            }
        } else {
            expect(level > 0 || count > 1, "root of one child");
            for (int i = 0; i < count; i++) {
                long child = Ref.handle(nodes.childRef(node, i));
                check(child, level + 1, leftEdge && i == 0, rightEdge && i == count - 1);
                expect(nodes.childItems(node, i) == nodes.items(child), "items of a child");
                expect(nodes.childWeight(node, i) == nodes.weight(child), "weight of a child");
                expect(nodes.firstItem(node, i) == nodes.firstItem(child), "first item of a child");
                items += nodes.childItems(node, i);
                weight += nodes.childWeight(node, i);
            }
        }
        expect(items == nodes.items(node), "items");
        expect(weight == nodes.weight(node), "weight");
    }

    private static void expect(boolean holds, String what) {
        if (!holds) {
            throw new AssertionError(what);
        }
    }
}
