// SPDX-License-Identifier: Apache-2.0
package dev.understudy.store;

import dev.understudy.store.memory.Dict;
import dev.understudy.store.memory.Memory;
import dev.understudy.store.memory.Tree;
import dev.understudy.wire.Bytes;

/**
 * Changes of the large form of a sorted set: a dictionary and a tree ({@link ScoreOrder}) of the same items, both bound by
 * the window and owned. The tree releases the items. Confined to one thread.
 */
final class ScoredItems {
    private final Memory memory;
    private final Dict dict;
    private final Tree tree;
    private final ScoreOrder order;

    ScoredItems(Memory memory, Dict dict, Tree tree, ScoreOrder order) {
        this.memory = memory;
        this.dict = dict;
        this.tree = tree;
        this.order = order;
    }

    private long newItem(Bytes name, double score) {
        long item = memory.allocate(Dict.itemBytes(true, name.length));
        memory.putLong(item, 0, name.length | 0x8000_0000L);
        memory.putLong(item, ScoreOrder.SCORE, Double.doubleToRawLongBits(score));
        memory.write(item, ScoreOrder.MEMBER, name.array, name.offset, name.length);
        return item;
    }

    /** Adds a member that comes after all others. */
    void append(Bytes name, double score) {
        long item = newItem(name, score);
        dict.insert(item, Dict.hash(name));
        tree.appendLast(item);
    }

    /** Adds a copy of another set's item, which comes after all others. */
    void appendCopy(long item) {
        long bytes = Dict.itemBytes(true, Dict.keyLength(memory, item));
        long copy = memory.allocate(bytes);
        memory.copy(item, 0, copy, 0, bytes);
        dict.insert(copy, Dict.itemHash(memory, copy));
        tree.appendLast(copy);
    }

    /** Gives the member this score; returns whether the member is new. */
    boolean set(Bytes name, double score) {
        long nameHash = Dict.hash(name);
        long old = dict.find(name, nameHash);
        if (old == 0) {
            long item = newItem(name, score);
            dict.insert(item, nameHash);
            order.item(score, name);
            tree.insert(item);
        } else if (ScoreOrder.score(memory, old) != score) {
            rescore(old, name, nameHash, score);
        }
        return old == 0;
    }

    /** Moves an item to the place of its new score: the same block if it is ours alone, else a copy. */
    private void rescore(long old, Bytes name, long nameHash, double score) {
        seek(old, name);
        boolean owned = dict.itemOwned() && tree.itemOwned();
        tree.remove(!owned);
        long item = old;
        if (owned) {
            memory.putLong(old, ScoreOrder.SCORE, Double.doubleToRawLongBits(score));
        } else {
            item = newItem(name, score);
            dict.replace(old, item, nameHash, false);
        }
        order.item(score, name);
        tree.insert(item);
    }

    /** Positions the tree's cursor at an item of the dictionary. */
    private void seek(long item, Bytes name) {
        order.item(ScoreOrder.score(memory, item), name);
        boolean found = tree.seek();
        assert found && tree.item() == item : "dictionary and tree differ";
    }

    /** Removes an item that the dictionary has found. */
    void remove(long item, Bytes name, long nameHash) {
        dict.remove(item, nameHash, false);
        seek(item, name);
        tree.remove(true);
    }

    /** Removes {@code count} items, all of which exist, from rank {@code first} on. */
    void removeRange(long first, long count) {
        tree.seekIndex(first);
        for (long left = count; left > 0; left--) {
            long item = tree.item();
            dict.remove(item, Dict.itemHash(memory, item), false);
            tree.remove(true);
        }
    }
}
