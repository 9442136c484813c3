// SPDX-License-Identifier: Apache-2.0
package dev.understudy.store;

import dev.understudy.store.encoding.Listpack;
import dev.understudy.store.encoding.ListpackView;
import dev.understudy.store.memory.Tree;
import dev.understudy.wire.Bytes;
import org.jspecify.annotations.Nullable;

/**
 * A list: one listpack while it stays within list-max-listpack-size, then nodes ({@link ListNodes}), and one listpack again when it has shrunk to
 * one node of half the limit, as Redis 7.2 converts.
 *
 * <p>Elements are read where they lie: {@link #get}, or {@link #seek} and {@link #step} with {@link #element}. A change ends such a walk.
 */
public final class ListValue extends Value {
    /** Entry blocks of up to this many bytes are not replaced to save space. */
    private static final long SMALL_BLOCK = 64;
    /** Node buffers of savers beyond this many bytes are not kept for smaller nodes. */
    private static final int KEPT_BYTES = 1 << 20;
    /** Bytes of the tree per node: reference, weight, and the share of what is free and of inner nodes. */
    private static final double TREE_BYTES_PER_NODE = 16;

    /** Lists of up to so many nodes are freed at once even when that may be done lazily. */
    private static final int FREED_AT_ONCE = 64;

    private final ListpackView view;
    private final PackedBytes packed;
    private final ListNodes nodes;
    private final ListCursor cursor;
    private final Bytes text = new Bytes();
    private byte[] copy = new byte[64];

    ListValue(Space space, Db none) {
        super(space, none);
        this.view = new ListpackView(space.memory);
        this.packed = new PackedBytes(space.memory);
        this.nodes = new ListNodes(space, packed);
        this.cursor = new ListCursor(space.memory);
    }

    /** What {@link #forEach} calls. */
    @FunctionalInterface
    public interface Visitor {
        /** @param element reused; returns false to stop */
        boolean visit(Bytes element);
    }

    /** What {@link #forEachNode} calls. */
    @FunctionalInterface
    public interface NodeVisitor {
        /**
         * @param content a whole listpack, or one element if {@code plain}; reused
         * @return false to stop
         */
        boolean visit(Bytes content, boolean plain);
    }

    @Override
    public ValueType type() {
        return ValueType.LIST;
    }

    /** Whether the elements are one listpack, which {@link #readCompact} copies. */
    public boolean isCompact() {
        return encoding() == Encoding.LISTPACK;
    }

    @Override
    public long size() {
        return isCompact() ? pack().count() : tree().weight();
    }

    /** Number of nodes: listpacks and large elements; one for a compact list. */
    public long nodes() {
        return isCompact() ? 1 : tree().items();
    }

    private ListpackView pack() {
        return view.bind(entry, compactOffset());
    }

    /** The tree, for reading. */
    private Tree tree() {
        return nodes.tree.bind(reference(0), false);
    }

    /** The nodes, for a change that {@link #keepNodes} has to follow. */
    private ListNodes ownNodes() {
        own();
        nodes.tree.bind(reference(0), true);
        return nodes;
    }

    private void keepNodes() {
        long root = nodes.tree.root();
        if (root != reference(0)) {
            reference(0, root);
        }
    }

    // ---- reading

    /** Element number {@code index}, negative ones counting from the tail; null if there is none. */
    public @Nullable Slice get(long index) {
        return seek(index < 0 ? index + size() : index) ? cursor.slice() : null;
    }

    /** Begins a walk at element number {@code index}, not negative; false if there is none. */
    public boolean seek(long index) {
        if (isCompact()) {
            cursor.bind(entry, compactOffset());
        } else {
            cursor.bind(tree());
        }
        return cursor.seek(index);
    }

    /** Goes on to the next element, or to the previous one; false if there is none: the walk is over. */
    public boolean step(boolean backwards) {
        return cursor.step(backwards);
    }

    /** The element that the walk stands on; valid until the next call. */
    public Slice element() {
        return cursor.slice();
    }

    /** Whether the element that the walk stands on is {@code other}. */
    public boolean elementIs(Bytes other) {
        return cursor.equal(other);
    }

    /** Visits all elements from the head on; the visitor may not use this window. Returns false if stopped. */
    public boolean forEach(Visitor visitor) {
        for (boolean more = seek(0); more; more = step(false)) {
            if (!visitor.visit(element().read(text))) {
                return false;
            }
        }
        return true;
    }

    /** Visits the nodes from the head on as they are; a compact list is one. Returns false if stopped. */
    public boolean forEachNode(NodeVisitor visitor) {
        if (isCompact()) {
            return visitor.visit(read(entry, compactOffset(), compactLength()), false);
        }
        Tree tree = tree();
        for (boolean more = tree.seekFirst(); more; more = tree.next()) {
            long node = tree.item();
            Bytes content = read(node, ListNodes.CONTENT, ListNodes.contentBytes(memory(), node));
            if (!visitor.visit(content, ListNodes.isPlain(memory(), node))) {
                return false;
            }
        }
        return true;
    }

    private Bytes read(long block, long offset, int length) {
        if (copy.length < length || copy.length > Math.max(KEPT_BYTES, length)) {
            copy = new byte[Math.max(64, length + length / 4)];
        }
        memory().read(block, offset, copy, 0, length);
        return text.set(copy, 0, length);
    }

    // ---- growing

    /** To be called before {@code elements} elements of {@code bytes} bytes in all are added: converts a list that would be too large. */
    public void expect(long bytes, long elements) {
        if (isCompact()
                && ListLimits.exceeds(
                        space.limits.listMaxListpackSize, compactLength() + bytes, pack().count() + elements)) {
            convert();
        }
    }

    private void convert() {
        int elements = pack().count();
        nodes.tree.bind(nodes.tree.create(), true);
        if (elements > 0) {
            nodes.tree.appendLast(nodes.packedFrom(entry, compactOffset(), compactLength(), elements));
        }
        long root = nodes.tree.root();
        reshape(Encoding.QUICKLIST, 8);
        reference(0, root);
    }

    /** Adds an element at the head or tail, after {@link #expect}. */
    public void push(Bytes element, boolean head) {
        if (isCompact()) {
            splice(head ? PackedBytes.HEADER : compactLength() - 1, 0, packed.encode(element), 1);
        } else {
            ownNodes().push(element, head);
            keepNodes();
        }
    }

    /** Adds an element at the tail, converting the list as needed. */
    public void append(Bytes element) {
        expect(element.length, 1);
        push(element, false);
    }

    /** Adds a whole listpack with at least one element, already validated, at the tail; taken over as a node. */
    public void appendNode(byte[] array, int offset, int length) {
        Listpack pack = space.scratch.load(array, offset, length);
        int elements = pack.count();
        assert elements > 0 : "a node without elements";
        if (isCompact() && pack().isEmpty()) {
            if (!ListLimits.exceeds(space.limits.listMaxListpackSize, length, elements)) {
                storeCompact(Encoding.LISTPACK, array, offset, length);
                return;
            }
        }
        if (isCompact()) {
            convert();
        }
        ownNodes().tree.appendLast(nodes.packedOf(array, offset, length, elements));
        keepNodes();
    }

    /** Edits the compact form in place if its block has room. */
    private void splice(int position, int removed, int inserted, int moreElements) {
        own();
        int total = compactLength();
        int elements = pack().count() + moreElements;
        int newTotal = total - removed + inserted;
        long needed = valueOffset() + 4 + newTotal;
        if (needed > memory().capacity(entry)) {
            long limit = ListLimits.roomBytes(space.limits.listMaxListpackSize);
            long room = Math.max(newTotal, Math.min(newTotal + newTotal / 2L, limit));
            reshapeKeeping(Encoding.LISTPACK, 4 + room, 4L + total);
        }
        long base = compactOffset();
        packed.splice(entry, base, entry, base, total, position, removed, elements);
        memory().putInt(entry, valueOffset(), newTotal);
        long capacity = memory().capacity(entry);
        if (capacity > SMALL_BLOCK && needed < capacity / 3) {
            reshapeKeeping(Encoding.LISTPACK, 4L + newTotal, 4L + newTotal);
        }
    }

    // ---- changing

    /** Replaces element number {@code index}, negative ones counting from the tail; false if there is none. */
    public boolean set(long index, Bytes element) {
        long size = size();
        long at = index < 0 ? index + size : index;
        if (at < 0 || at >= size) {
            return false;
        }
        if (isCompact()) {
            int position = pack().at((int) at);
            splice(position, view.wholeBytes(position), packed.encode(element), 0);
        } else {
            ownNodes().set(at, element);
            keepNodes();
        }
        return true;
    }

    /** Inserts an element next to the first one equal to {@code pivot}, after {@link #expect}; false if there is none. */
    public boolean insert(Bytes pivot, Bytes element, boolean after) {
        if (isCompact()) {
            int position = pack().find(pivot, view.first(), 0);
            if (position == Listpack.NONE) {
                return false;
            }
            splice(after ? position + view.wholeBytes(position) : position, 0, packed.encode(element), 1);
            return true;
        }
        boolean inserted = ownNodes().insert(pivot, element, after);
        keepNodes();
        return inserted;
    }

    /**
     * Removes up to {@code count} elements equal to {@code element}, from the head on or from the tail; returns how many. Whoever removes the last
     * one deletes the key, else {@link #shrunk} is to be called.
     */
    public long remove(Bytes element, long count, boolean fromTail) {
        if (!isCompact()) {
            long removed = ownNodes().deleteEqual(element, count, fromTail);
            keepNodes();
            return removed;
        }
        if (pack().find(element, view.first(), 0) == Listpack.NONE) {
            return 0;
        }
        Listpack pack = space.scratch.load(memory(), entry, compactOffset(), compactLength());
        long removed = ListNodes.deleteEqual(pack, element, count, fromTail);
        storeCompact(Encoding.LISTPACK, pack.array(), 0, pack.totalBytes());
        return removed;
    }

    /** Removes {@code count} elements from number {@code start} on, all of which exist; as {@link #remove}. */
    public void delete(long start, long count) {
        assert start >= 0 && count >= 0 && start + count <= size() : start + " + " + count + " of " + size();
        if (count == 0) {
            return;
        }
        if (!isCompact()) {
            ownNodes().delete(start, count);
            keepNodes();
            return;
        }
        ListpackView pack = pack();
        int elements = pack.count();
        int position = positionOf(pack, start, elements);
        int end = start + count == elements ? compactLength() - 1 : positionOf(pack, start + count, elements);
        splice(position, end - position, packed.encodeNothing(), (int) -count);
    }

    private static int positionOf(ListpackView pack, long index, int elements) {
        return pack.at((int) (index > elements / 2 ? index - elements : index));
    }

    /** Makes a list that is one node of at most half the limits compact again; LIST_CONV_SHRINKING. */
    public void shrunk() {
        compactIfWithin(2);
    }

    /** Makes a list that is one node within the limits compact; for lists built anew, LIST_CONV_AUTO. */
    public void built() {
        compactIfWithin(1);
    }

    private void compactIfWithin(int divisor) {
        if (isCompact() || nodes() != 1) {
            return;
        }
        tree().seekFirst();
        long node = nodes.tree.item();
        int bytes = ListNodes.contentBytes(memory(), node);
        int fill = space.limits.listMaxListpackSize;
        boolean within = !ListNodes.isPlain(memory(), node)
                && bytes <= ListLimits.maxBytes(fill) / divisor
                && ListNodes.elements(memory(), node) <= ListLimits.maxElements(fill) / divisor;
        if (!within) {
            return;
        }
        Bytes content = read(node, ListNodes.CONTENT, bytes);
        own();
        long root = reference(0);
        storeCompact(Encoding.LISTPACK, content.array, 0, bytes);
        nodes.tree.bind(root, true).destroy(true);
    }

    // ---- whole values

    @Override
    public long payloadBytes(int samples) {
        if (isCompact()) {
            return 0;
        }
        Tree tree = tree();
        long bytes = 0;
        long seen = 0;
        for (boolean more = tree.seekFirst(); more && (samples == 0 || seen < samples); more = tree.next()) {
            bytes += memory().capacity(tree.item());
            seen++;
        }
        double mean = seen == 0 ? 0 : (double) bytes / seen;
        return Math.round((mean + TREE_BYTES_PER_NODE) * tree.items());
    }

    @Override
    protected void releasePayload(boolean owned) {
        if (!isCompact()) {
            nodes.tree.bind(reference(0), owned).destroy(true);
        }
    }

    @Override
    protected void releasePayloadLater(boolean owned) {
        if (!isCompact() && nodes() > FREED_AT_ONCE) {
            space.reaper.add(nodes.tree.bind(reference(0), owned).demolition(true));
        } else {
            releasePayload(owned);
        }
    }

    @Override
    public void copyTo(Db target, Bytes key) {
        if (isCompact()) {
            byte[] bytes = new byte[compactLength()];
            readCompact(bytes, 0);
            target.createCompact(key, ValueType.LIST, Encoding.LISTPACK, bytes, 0, bytes.length);
            return;
        }
        ListValue list = target.createList(key);
        list.convert();
        Tree source = tree();
        Tree made = list.ownNodes().tree;
        for (boolean more = source.seekFirst(); more; more = source.next()) {
            long node = source.item();
            long bytes = ListNodes.CONTENT + (long) ListNodes.contentBytes(memory(), node);
            long block = memory().allocate(bytes);
            memory().copy(node, 0, block, 0, bytes);
            made.appendLast(block);
        }
        list.keepNodes();
    }
}
