// SPDX-License-Identifier: Apache-2.0
package dev.understudy.store;

import dev.understudy.store.memory.Dict;
import dev.understudy.store.memory.Memory;
import dev.understudy.store.memory.Mover;
import dev.understudy.store.memory.Ref;
import dev.understudy.store.memory.Tree;

/**
 * Moves what an entry refers to out of the chunks that are being emptied ({@link Memory#vacate}), a segment or leaf at a time. Between two steps
 * the value may change as it likes, even into one of another type: the place is a number that fits any value, and what is missed lies in a
 * chunk that is chosen again.
 *
 * <pre>
 * parts: hash, set, list   0 all
 *        sorted set        0 the tree and the items, 1 the dictionary of the same items
 *        stream            0 nodes, 1 groups; then for each group: 2 pending entries by ID, 3 by consumer, 4 consumers by number, 5 by name
 * </pre>
 *
 * <p>Two trees, or a tree and a dictionary, that hold the same items: the items move with the first, and the second follows at once.
 */
final class ValueRelocation {
    /** Values of so many elements or nodes are moved in one go. */
    private static final int SMALL = 64;
    /** What a step costs beside its items. */
    private static final int STEP_WORK = 16;
    /** Log2 of the bytes whose copying costs as much as looking at an item. */
    private static final int BYTES_SHIFT = 9;

    private final Memory memory;
    private final Dict dict;
    private final Tree plain;
    private final Tree weighted;
    private final StreamPending pending;
    private final StreamConsumers consumers;
    private final Mover ofOneReference = this::moveItem;
    private final Mover ofSortedSet = this::moveScored;
    private final Mover ofPending = this::movePending;
    private final Mover ofConsumers = this::moveConsumer;

    private int part;
    private long at;
    private long group;
    /** The entry or group whose items are being moved, and where in it the reference to the other structure stands. */
    private long holder;

    private long otherAt;

    /** What has been done so far: about 100 ns each. */
    long work;
    /** Blocks moved, and items that lie well. */
    long moved;

    long left;

    /** A tree whose items are not compared. */
    private record Positions(boolean weighted) implements Tree.Order {
        @Override
        public int compare(Memory memory, long item) {
            throw new AssertionError("items are only moved");
        }
    }

    ValueRelocation(Space space) {
        memory = space.memory;
        dict = new Dict(memory, space.versions);
        plain = new Tree(memory, space.versions, new Positions(false));
        weighted = new Tree(memory, space.versions, new Positions(true));
        pending = new StreamPending(space);
        consumers = new StreamConsumers(space);
    }

    /** Begins a value. */
    void begin() {
        part = 0;
        at = 0;
        group = 0;
    }

    /** Whether a value is to be moved in one go. */
    boolean isSmall(long entry) {
        return switch (Entry.encoding(memory, entry)) {
            case INT, EMBSTR, RAW, LISTPACK, INTSET -> true;
            case HASHTABLE, SKIPLIST -> dict.bind(reference(entry), true).size() <= SMALL;
            case QUICKLIST -> weighted.bind(reference(entry), true).items() <= SMALL;
            case STREAM -> reference(entry) == 0;
        };
    }

    private long reference(long entry) {
        return memory.getLong(entry, Entry.valueOffset(memory, entry));
    }

    /** Moves a little of the entry's value; returns whether that was all. */
    boolean step(long entry) {
        long offset = Entry.valueOffset(memory, entry);
        return switch (Entry.encoding(memory, entry)) {
            case INT, EMBSTR, RAW, LISTPACK, INTSET -> true;
            case HASHTABLE -> dict(entry, offset, ofOneReference);
            case QUICKLIST -> tree(weighted, entry, offset, ofOneReference);
            case SKIPLIST -> sortedSet(entry, offset);
            case STREAM -> stream(entry, offset);
        };
    }

    /** One step over the dictionary to which {@code owner} refers at {@code offset}; true at its end. */
    private boolean dict(long owner, long offset, Mover mover) {
        work += STEP_WORK;
        dict.bind(memory.getLong(owner, offset), true);
        try {
            at = dict.relocate(at, mover);
        } finally {
            memory.putLong(owner, offset, dict.root());
        }
        return at == 0;
    }

    /** One step over a tree, which may not be there; true at its end. */
    private boolean tree(Tree tree, long owner, long offset, Mover mover) {
        work += STEP_WORK;
        long root = memory.getLong(owner, offset);
        if (root == 0) {
            at = 0;
            return true;
        }
        tree.bind(root, true);
        try {
            at = tree.relocate(at, mover);
        } finally {
            memory.putLong(owner, offset, tree.root());
        }
        return at == 0;
    }

    private boolean sortedSet(long entry, long offset) {
        if (part > 0) {
            return dict(entry, offset, Mover.NONE);
        }
        holder = entry;
        otherAt = offset;
        if (tree(plain, entry, offset + 8, ofSortedSet)) {
            part = 1;
        }
        return false;
    }

    private boolean stream(long entry, long offset) {
        long ref = memory.getLong(entry, offset);
        if (ref == 0) {
            return true;
        }
        long block = relocated(Ref.handle(ref));
        memory.putLong(entry, offset, Ref.at(ref, block));
        switch (part) {
            case 0 -> part += tree(weighted, block, StreamValue.NODES, ofOneReference) ? 1 : 0;
            case 1 -> part += tree(weighted, block, StreamValue.GROUPS, ofOneReference) ? 1 : 0;
            default -> {
                return group(block);
            }
        }
        return false;
    }

    /** One step over what a group of the stream refers to; true behind the last group. */
    private boolean group(long stream) {
        long root = memory.getLong(stream, StreamValue.GROUPS);
        if (root == 0 || !weighted.bind(root, true).seekIndex(group)) {
            return true;
        }
        holder = weighted.item();
        boolean done = switch (part) {
            case 2 -> tree(weighted, holder, StreamGroup.PENDING, ofPending);
            case 3 -> tree(weighted, holder, StreamGroup.OWNED, Mover.NONE);
            case 4 -> tree(weighted, holder, StreamGroup.NUMBERS, ofConsumers);
            default -> tree(weighted, holder, StreamGroup.CONSUMERS, Mover.NONE);
        };
        if (done && part == 5) {
            part = 2;
            group++;
        } else if (done) {
            part++;
        }
        return false;
    }

    // ---- blocks

    /** The block, or where it has been moved to; only one reference leads to it. */
    private long relocated(long block) {
        if (!memory.isLeaving(block)) {
            return block;
        }
        long copy = copyOf(block);
        memory.free(block);
        return copy;
    }

    /** A copy outside of the chunks that are being emptied. */
    long copyOf(long block) {
        long copy = memory.copyOf(block);
        work += 2 + (memory.capacity(copy) >>> BYTES_SHIFT);
        moved++;
        return copy;
    }

    /** Counts an item; returns whether it has to be moved. */
    private boolean visit(long item) {
        work++;
        boolean leaving = memory.isLeaving(item);
        left += leaving ? 0 : 1;
        return leaving;
    }

    private long moveItem(long item) {
        return visit(item) ? relocated(item) : item;
    }

    private long moveScored(long item) {
        if (!visit(item)) {
            return item;
        }
        long copy = copyOf(item);
        // No view is open, so the root stays.
        dict.bind(memory.getLong(holder, otherAt), true).replace(item, copy, Dict.itemHash(memory, item), false);
        memory.free(item);
        return copy;
    }

    private long movePending(long block) {
        if (!visit(block)) {
            return block;
        }
        long copy = copyOf(block);
        pending.moved(holder, block, copy);
        memory.free(block);
        return copy;
    }

    private long moveConsumer(long block) {
        if (!visit(block)) {
            return block;
        }
        long copy = copyOf(block);
        consumers.moved(holder, block, copy);
        memory.free(block);
        return copy;
    }
}
