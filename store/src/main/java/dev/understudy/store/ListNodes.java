// SPDX-License-Identifier: Apache-2.0
package dev.understudy.store;

import dev.understudy.store.encoding.Listpack;
import dev.understudy.store.encoding.ListpackView;
import dev.understudy.store.memory.Memory;
import dev.understudy.store.memory.Tree;
import dev.understudy.wire.Bytes;

/**
 * The large form of a list: a tree of node blocks by position, each a listpack of several elements or one large element as it is. Where elements
 * go, and when nodes are split and merged, follows quicklist.c of Redis 7.2.
 *
 * <pre>
 * node: | 4 bytes content length | 4 bytes: bits 0-30 elements, bit 31 plain | content |
 * </pre>
 *
 * <p>An operator as {@link Tree} is: bound to one list at a time; its tree's cursor stands on the node being worked on. Node blocks have spare
 * room, so that pushes seldom copy them.
 */
final class ListNodes {
    /** Offset of the content in a node's block. */
    static final int CONTENT = 8;

    private static final int PLAIN = Integer.MIN_VALUE;
    /** Node blocks of up to this many bytes are not replaced to save space. */
    private static final long SMALL_NODE = 64;

    /** Lists are ordered by position alone; a node weighs as much as it has elements. */
    private static final Tree.Order BY_POSITION = new Tree.Order() {
        @Override
        public int compare(Memory memory, long item) {
            throw new AssertionError("a list has no order");
        }

        @Override
        public long weight(Memory memory, long item) {
            return elements(memory, item);
        }
    };

    private final Space space;
    private final Memory memory;
    private final ListpackView view;
    private final PackedBytes packed;
    final Tree tree;

    ListNodes(Space space, PackedBytes packed) {
        this.space = space;
        this.memory = space.memory;
        this.view = new ListpackView(memory);
        this.packed = packed;
        this.tree = space.reading ? Tree.reader(memory, BY_POSITION) : new Tree(memory, space.versions, BY_POSITION);
    }

    // ---- node blocks

    static int contentBytes(Memory memory, long node) {
        return memory.getInt(node, 0);
    }

    static int elements(Memory memory, long node) {
        return memory.getInt(node, 4) & ~PLAIN;
    }

    static boolean isPlain(Memory memory, long node) {
        return memory.getInt(node, 4) < 0;
    }

    /** Makes a node for a listpack of {@code bytes} bytes, content undefined, with room for more. */
    private long newPacked(int bytes, int elements, long room) {
        long node = memory.allocate(CONTENT + Math.max(bytes, room));
        memory.putInt(node, 0, bytes);
        memory.putInt(node, 4, elements);
        return node;
    }

    /** Makes a node of the listpack that lies in another block. */
    long packedFrom(long block, long offset, int bytes, int elements) {
        long node = newPacked(bytes, elements, grown(bytes));
        memory.copy(block, offset, node, CONTENT, bytes);
        return node;
    }

    /** Makes a node of a listpack on the heap. */
    long packedOf(byte[] array, int offset, int bytes, int elements) {
        long node = newPacked(bytes, elements, bytes);
        memory.write(node, CONTENT, array, offset, bytes);
        return node;
    }

    private long packedOf(Listpack pack) {
        return packedOf(pack.array(), 0, pack.totalBytes(), pack.count());
    }

    private long nodeOf(Bytes text) {
        if (isLarge(text)) {
            long node = memory.allocate(CONTENT + (long) text.length);
            memory.putInt(node, 0, text.length);
            memory.putInt(node, 4, PLAIN | 1);
            memory.write(node, CONTENT, text.array, text.offset, text.length);
            return node;
        }
        Listpack pack = space.scratch.empty();
        pack.append(text);
        long node = newPacked(pack.totalBytes(), 1, grown(pack.totalBytes()));
        pack.store(memory, node, CONTENT);
        return node;
    }

    private boolean isLarge(Bytes text) {
        return text.length >= space.limits.listPackedThreshold;
    }

    /** Content bytes to make room for when a node grows to {@code bytes}. */
    private long grown(int bytes) {
        return Math.max(bytes, Math.min(bytes + bytes / 2L, ListLimits.roomBytes(space.limits.listMaxListpackSize)));
    }

    private boolean allowsInsert(long node, Bytes text) {
        return !isPlain(memory, node)
                && !isLarge(text)
                && ListLimits.allowsInsert(
                        space.limits.listMaxListpackSize,
                        contentBytes(memory, node),
                        elements(memory, node),
                        text.length);
    }

    private ListpackView pack() {
        return view.bind(tree.item(), CONTENT);
    }

    /** Position in the listpack of the node under the cursor of its element number {@code index}. */
    private int positionOf(int index) {
        int elements = elements(memory, tree.item());
        return pack().at(index > elements / 2 ? index - elements : index);
    }

    // ---- changes of the node under the cursor

    /** Puts the element last encoded ({@code inserted} bytes) in the place of {@code removed} bytes. */
    private void splice(int position, int removed, int inserted, int moreElements) {
        long node = tree.item();
        int total = contentBytes(memory, node);
        int newTotal = total - removed + inserted;
        int count = elements(memory, node) + moreElements;
        long capacity = memory.capacity(node);
        boolean fits = CONTENT + newTotal <= capacity && (capacity <= SMALL_NODE || newTotal >= capacity / 3);
        long target = node;
        if (!fits || !tree.itemOwned()) {
            target = newPacked(newTotal, count, inserted > removed ? grown(newTotal) : newTotal);
        }
        packed.splice(node, CONTENT, target, CONTENT, total, position, removed, count);
        memory.putInt(target, 0, newTotal);
        memory.putInt(target, 4, count);
        tree.replace(target, true);
    }

    private void insertInto(int position, Bytes text) {
        splice(position, 0, packed.encode(text), 1);
    }

    private void prependInto(Bytes text) {
        insertInto(PackedBytes.HEADER, text);
    }

    private void appendInto(Bytes text) {
        insertInto(contentBytes(memory, tree.item()) - 1, text);
    }

    /** Gives the packed node under the cursor another listpack. */
    private void store(Listpack pack) {
        long node = tree.item();
        int bytes = pack.totalBytes();
        long capacity = memory.capacity(node);
        boolean fits = CONTENT + bytes <= capacity && (capacity <= SMALL_NODE || bytes >= capacity / 3);
        long target = fits && tree.itemOwned() ? node : newPacked(bytes, pack.count(), bytes);
        pack.store(memory, target, CONTENT);
        memory.putInt(target, 0, bytes);
        memory.putInt(target, 4, pack.count());
        tree.replace(target, true);
    }

    private Listpack load(Listpack pack) {
        return pack.load(memory, tree.item(), CONTENT, contentBytes(memory, tree.item()));
    }

    // ---- changes of the list

    void push(Bytes text, boolean head) {
        boolean any = head ? tree.seekFirst() : tree.seekLast();
        if (any && allowsInsert(tree.item(), text)) {
            if (head) {
                prependInto(text);
            } else {
                appendInto(text);
            }
            return;
        }
        tree.insertAt(head ? 0 : tree.items(), nodeOf(text));
    }

    /** Replaces element number {@code index}, which exists. */
    void set(long index, Bytes text) {
        tree.seekWeight(index);
        int inNode = (int) tree.remainder();
        long node = tree.item();
        boolean large = isLarge(text);
        if (isPlain(memory, node)) {
            if (large) {
                tree.replace(nodeOf(text), true);
            } else {
                long at = tree.index();
                tree.remove(true);
                if (!tree.atEnd() && allowsInsert(tree.item(), text)) {
                    prependInto(text);
                } else {
                    tree.insertAt(at, nodeOf(text));
                }
            }
        } else if (!large) {
            int position = positionOf(inNode);
            splice(position, pack().wholeBytes(position), packed.encode(text), 0);
        } else {
            setLarge(inNode, text);
        }
    }

    /** Puts a large element in the place of one in the packed node under the cursor, which falls in two. */
    private void setLarge(int inNode, Bytes text) {
        long at = tree.index();
        int elements = elements(memory, tree.item());
        if (elements == 1) {
            tree.replace(nodeOf(text), true);
            return;
        }
        if (inNode == 0) {
            deleteIn(0, 1, elements);
            tree.insertAt(at, nodeOf(text));
            return;
        }
        if (inNode < elements - 1) {
            splitAt(inNode + 1);
        }
        tree.seekIndex(at);
        deleteIn(inNode, 1, inNode + 1);
        tree.insertAt(at + 1, nodeOf(text));
        merge(at + 1);
    }

    /** Moves the elements from number {@code inNode} on, one at least and not all, to a new node behind the one under the cursor. */
    private void splitAt(int inNode) {
        long at = tree.index();
        int elements = elements(memory, tree.item());
        Listpack tail = load(space.scratch);
        tail.deleteRange(0, inNode);
        long right = packedOf(tail);
        deleteIn(inNode, elements - inNode, elements);
        tree.insertAt(at + 1, right);
    }

    /** Takes elements out of the packed node under the cursor, which keeps at least one. */
    private void deleteIn(int first, int count, int elements) {
        int position = positionOf(first);
        int end = first + count == elements ? contentBytes(memory, tree.item()) - 1 : positionOf(first + count);
        splice(position, end - position, packed.encodeNothing(), -count);
    }

    /** Removes elements; {@code start + count} is not beyond the end. */
    void delete(long start, long count) {
        long left = count;
        while (left > 0) {
            boolean found = tree.seekWeight(start);
            assert found : start + " of " + tree.weight();
            int inNode = (int) tree.remainder();
            int elements = elements(memory, tree.item());
            if (inNode == 0 && left >= elements) {
                tree.remove(true);
                left -= elements;
            } else {
                int here = (int) Math.min(left, elements - inNode);
                deleteIn(inNode, here, elements);
                left -= here;
            }
        }
    }

    /** Removes up to {@code count} elements equal to {@code text}, from the head or from the tail on; returns how many. */
    long deleteEqual(Bytes text, long count, boolean fromTail) {
        long left = count;
        boolean more = fromTail ? tree.seekLast() : tree.seekFirst();
        while (more && left > 0) {
            long deleted = deleteEqualHere(text, left, fromTail);
            left -= deleted;
            if (deleted > 0 && tree.weight() == 0) {
                break;
            }
            boolean gone = deleted > 0 && emptied;
            if (fromTail) {
                more = tree.previous();
            } else {
                more = gone ? !tree.atEnd() : tree.next();
            }
        }
        return count - left;
    }

    /** Whether the last {@link #deleteEqualHere} took the whole node out, so that the cursor stands on the next one. */
    private boolean emptied;

    private long deleteEqualHere(Bytes text, long count, boolean fromTail) {
        long node = tree.item();
        emptied = false;
        if (isPlain(memory, node)) {
            if (!plainEqual(node, text)) {
                return 0;
            }
            emptied = true;
            tree.remove(true);
            return 1;
        }
        if (pack().find(text, view.first(), 0) == Listpack.NONE) {
            return 0;
        }
        Listpack pack = load(space.scratch);
        long deleted = deleteEqual(pack, text, count, fromTail);
        if (pack.isEmpty()) {
            emptied = true;
            tree.remove(true);
        } else {
            store(pack);
        }
        return deleted;
    }

    /** Removes up to {@code count} elements equal to {@code text} from a listpack; returns how many. */
    static long deleteEqual(Listpack pack, Bytes text, long count, boolean fromTail) {
        long deleted = 0;
        int position = fromTail ? pack.last() : pack.find(text, pack.first(), 0);
        while (position != Listpack.NONE && deleted < count) {
            if (!fromTail) {
                position = pack.find(text, pack.delete(position), 0);
                deleted++;
                continue;
            }
            int before = pack.previous(position);
            if (pack.equal(position, text)) {
                pack.delete(position);
                deleted++;
            }
            position = before;
        }
        return deleted;
    }

    private boolean plainEqual(long node, Bytes text) {
        return contentBytes(memory, node) == text.length
                && memory.equal(node, CONTENT, text.array, text.offset, text.length);
    }

    /** Inserts {@code text} next to the first element equal to {@code pivot}; false if there is none. */
    boolean insert(Bytes pivot, Bytes text, boolean after) {
        for (boolean more = tree.seekFirst(); more; more = tree.next()) {
            long node = tree.item();
            if (isPlain(memory, node)) {
                if (plainEqual(node, pivot)) {
                    insertBeside(text, after);
                    return true;
                }
                continue;
            }
            int position = pack().find(pivot, view.first(), 0);
            if (position != Listpack.NONE) {
                insertAt(position, text, after);
                return true;
            }
        }
        return false;
    }

    /** Inserts next to the element at {@code position} of the packed node under the cursor. */
    private void insertAt(int position, Bytes text, boolean after) {
        int behind = position + view.wholeBytes(position);
        if (allowsInsert(tree.item(), text)) {
            insertInto(after ? behind : position, text);
            return;
        }
        boolean atEdge = after ? view.next(position) == Listpack.NONE : position == view.first();
        if (atEdge) {
            insertBeside(text, after);
            return;
        }
        int inNode = 0;
        int splitPosition = after ? behind : position;
        for (int at = view.first(); at != splitPosition; at = view.next(at)) {
            inNode++;
        }
        long at = tree.index();
        splitAt(inNode);
        if (isLarge(text)) {
            tree.insertAt(at + 1, nodeOf(text));
            return;
        }
        // As Redis: the element joins the part that is made, whatever its size; then neighbours are merged.
        if (after) {
            tree.seekIndex(at + 1);
            prependInto(text);
            merge(at);
        } else {
            tree.seekIndex(at);
            appendInto(text);
            merge(at + 1);
        }
    }

    /** Inserts before or after the whole node under the cursor: into its neighbour if that has room, else as a new node. */
    private void insertBeside(Bytes text, boolean after) {
        long at = tree.index();
        boolean neighbour = after ? tree.next() : tree.previous();
        if (neighbour && allowsInsert(tree.item(), text)) {
            if (after) {
                prependInto(text);
            } else {
                appendInto(text);
            }
            return;
        }
        tree.insertAt(after ? at + 1 : at, nodeOf(text));
    }

    // ---- merging

    /** Merges neighbours of node number {@code center} and itself where the result is not too large; _quicklistMergeNodes. */
    private void merge(long center) {
        long at = center;
        if (at >= 2 && mergeWithNext(at - 2)) {
            at--;
        }
        mergeWithNext(at + 1);
        if (at >= 1 && mergeWithNext(at - 1)) {
            at--;
        }
        mergeWithNext(at);
    }

    private boolean mergeWithNext(long at) {
        if (at + 1 >= tree.items()) {
            return false;
        }
        tree.seekIndex(at);
        long left = tree.item();
        tree.next();
        long right = tree.item();
        if (isPlain(memory, left) || isPlain(memory, right)) {
            return false;
        }
        long bytes = (long) contentBytes(memory, left) + contentBytes(memory, right) - Listpack.EMPTY_BYTES;
        long elements = (long) elements(memory, left) + elements(memory, right);
        if (ListLimits.exceeds(space.limits.listMaxListpackSize, bytes, elements)) {
            return false;
        }
        Listpack second = load(new Listpack());
        tree.remove(true);
        tree.seekIndex(at);
        Listpack pack = load(space.scratch);
        pack.appendAll(second);
        store(pack);
        return true;
    }
}
