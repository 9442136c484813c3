// SPDX-License-Identifier: Apache-2.0
package dev.understudy.store.memory;

/**
 * Copies nodes of a {@link Tree} that views may see, and evens out neighbours: one merges into the other, or both share
 * their entries.
 */
final class TreeSiblings {
    private final Versions versions;
    private final TreeNodes nodes;

    TreeSiblings(Versions versions, TreeNodes nodes) {
        this.versions = versions;
        this.nodes = nodes;
    }

    /** Makes a copy of a node that is not owned, and leaves the old one to the views. */
    long copied(long old) {
        long copy = nodes.copy(old);
        versions.release(old, false);
        return copy;
    }

    /**
     * Merges child number {@code index}, which has less than {@code minimum} entries, with a sibling, or takes some
     * from it; a child on an edge of the tree may stay as it is. The parent is owned.
     */
    void join(long parent, int index, int minimum, boolean onEdge) {
        if (nodes.count(parent) == 1) {
            return;
        }
        int left = index + 1 < nodes.count(parent) ? index : index - 1;
        long rightRef = nodes.childRef(parent, left + 1);
        long right = Ref.handle(rightRef);
        int sum = nodes.count(Ref.handle(nodes.childRef(parent, left))) + nodes.count(right);
        if (sum <= 2 * minimum) {
            long target = ownedChild(parent, left);
            boolean rightOwned = versions.owned(rightRef, true);
            appendAll(right, target, rightOwned);
            nodes.addToChild(parent, left, nodes.childItems(parent, left + 1), nodes.childWeight(parent, left + 1));
            nodes.removeChild(parent, left + 1);
        } else if (!onEdge) {
            balance(parent, left, sum);
        }
    }

    /** Moves all entries of a node behind those of another and releases it. */
    private void appendAll(long from, long to, boolean fromOwned) {
        long source = fromOwned ? from : nodes.copy(from);
        nodes.transfer(source, 0, to, nodes.count(to), nodes.count(source));
        versions.release(source, true);
        if (!fromOwned) {
            versions.release(from, false);
        }
    }

    /** Distributes the entries of two neighbours evenly. */
    private void balance(long parent, int index, int sum) {
        long left = ownedChild(parent, index);
        long right = ownedChild(parent, index + 1);
        long itemsBefore = nodes.items(left);
        long weightBefore = nodes.weight(left);
        int have = nodes.count(left);
        int keep = sum / 2;
        if (have > keep) {
            nodes.transfer(left, keep, right, 0, have - keep);
        } else {
            nodes.transfer(right, 0, left, have, keep - have);
        }
        long items = nodes.items(left) - itemsBefore;
        long weight = nodes.weight(left) - weightBefore;
        nodes.addToChild(parent, index, items, weight);
        nodes.addToChild(parent, index + 1, -items, -weight);
        nodes.setFirstItem(parent, index + 1, nodes.firstItem(right));
    }

    private long ownedChild(long parent, int index) {
        long ref = nodes.childRef(parent, index);
        if (versions.owned(ref, true)) {
            return Ref.handle(ref);
        }
        long copy = copied(Ref.handle(ref));
        nodes.setRef(parent, index, Ref.fresh(copy));
        return copy;
    }
}
