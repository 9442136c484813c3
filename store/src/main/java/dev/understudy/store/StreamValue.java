// SPDX-License-Identifier: Apache-2.0
package dev.understudy.store;

import dev.understudy.store.memory.Memory;
import dev.understudy.store.memory.Reaper;
import dev.understudy.store.memory.Ref;
import dev.understudy.store.memory.Tree;
import dev.understudy.wire.Bytes;
import org.jspecify.annotations.Nullable;

/**
 * A stream: entries in listpack nodes of Redis's format (spec: rdb.md 6.4), ordered by their master IDs, and consumer
 * groups.
 *
 * <pre>
 * entry: reference of the block, 0 for a stream that was never written to
 * block: length | last ms | last seq | first ms | first seq | max deleted ms | max deleted seq | entries added
 *        | nodes, reference of a tree | groups, reference of a tree ordered by name
 * </pre>
 *
 * <p>An empty stream is a legal value: keys stay when the last entry goes. Walks: {@link #cursor} over entries, {@link
 * #firstNode} over nodes
 * as they are, {@link #firstGroup} over groups; each ends when what it walks over is changed.
 */
public final class StreamValue extends Value {
    static final int NODES = 64;
    /** What a tree's leaf needs for an item, with its share of inner nodes and room; an estimate. */
    static final long INDEX_BYTES = 12;

    private static final int LENGTH = 0;
    private static final int LAST = 8;
    private static final int FIRST = 24;
    private static final int MAX_DELETED = 40;
    private static final int ADDED = 56;
    static final int GROUPS = 72;
    private static final int BYTES = 80;

    private final StreamNodes nodes;
    private final StreamOrders.ByName nameOrder = new StreamOrders.ByName(StreamGroup.NAME);
    private final StreamIndex groups;
    private final StreamId edge = new StreamId();
    private final StreamId deleted = new StreamId();
    private final StreamId low = new StreamId();
    private final StreamId high = new StreamId().setMax();
    private @Nullable StreamCursor cursor;
    private @Nullable StreamCursor edgeCursor;
    private @Nullable StreamGroup group;
    /** The present node of the walk over nodes. */
    private long node;

    StreamValue(Space space, Db none) {
        super(space, none);
        this.nodes = new StreamNodes(space);
        this.groups = new StreamIndex(space, nameOrder, GROUPS);
    }

    @Override
    public ValueType type() {
        return ValueType.STREAM;
    }

    /** The stream's block for reading, 0 if it has none. */
    private long block() {
        return Ref.handle(reference(0));
    }

    /** The stream's block, made if need be and safe to change in place. */
    long write() {
        own();
        long ref = reference(0);
        if (ref != 0 && space.versions.owned(ref, true)) {
            return Ref.handle(ref);
        }
        long block;
        if (ref == 0) {
            block = memory().allocate(BYTES);
            for (int at = 0; at < BYTES; at += 8) {
                memory().putLong(block, at, 0);
            }
        } else {
            block = StreamIndex.copy(memory(), Ref.handle(ref), NODES, GROUPS);
            space.versions.release(Ref.handle(ref), false);
        }
        reference(0, Ref.fresh(block));
        return block;
    }

    private long get(int at) {
        long block = block();
        return block == 0 ? 0 : memory().getLong(block, at);
    }

    private StreamId get(int at, StreamId into) {
        return into.set(get(at), get(at + 8));
    }

    private static void put(Memory memory, long block, int at, StreamId id) {
        memory.putLong(block, at, id.ms);
        memory.putLong(block, at + 8L, id.seq);
    }

    // ---- properties

    /** Number of live entries. */
    @Override
    public long size() {
        return get(LENGTH);
    }

    /** Puts the last ID ever given into {@code into}, 0-0 if there was none; returns it. */
    public StreamId lastId(StreamId into) {
        return get(LAST, into);
    }

    /** Puts the ID of the first live entry into {@code into}, 0-0 if there is none; returns it. */
    public StreamId firstId(StreamId into) {
        return get(FIRST, into);
    }

    /** Puts the largest ID ever deleted by XDEL into {@code into}, 0-0 if there is none; returns it. */
    public StreamId maxDeletedId(StreamId into) {
        return get(MAX_DELETED, into);
    }

    /** Number of entries ever added. */
    public long entriesAdded() {
        return get(ADDED);
    }

    public void setLastId(StreamId id) {
        put(memory(), write(), LAST, id);
    }

    public void setMaxDeletedId(StreamId id) {
        put(memory(), write(), MAX_DELETED, id);
    }

    public void setEntriesAdded(long count) {
        memory().putLong(write(), ADDED, count);
    }

    /**
     * Sets what a loader has read after the nodes; the first ID may be unknown (null: it is looked up, as for RDB type
     * 15). {@code length} is
     * believed.
     */
    public void load(long length, StreamId last, @Nullable StreamId first, StreamId maxDeleted, long added) {
        long block = write();
        memory().putLong(block, LENGTH, length);
        put(memory(), block, LAST, last);
        if (first == null) {
            refreshFirst(block);
        } else {
            put(memory(), block, FIRST, first);
        }
        put(memory(), block, MAX_DELETED, maxDeleted);
        memory().putLong(block, ADDED, added);
    }

    /** Puts the ID of the first or last entry into {@code into}; false, and nothing there, if there is none. */
    public boolean edge(boolean first, boolean tombstones, StreamId into) {
        if (edgeCursor == null) {
            edgeCursor = new StreamCursor(space);
        }
        if (!edgeCursor.open(block(), low, high, !first, tombstones).next()) {
            return false;
        }
        into.set(edgeCursor.ms(), edgeCursor.seq());
        return true;
    }

    /** Whether there is a live entry with this ID. */
    public boolean contains(StreamId id) {
        if (edgeCursor == null) {
            edgeCursor = new StreamCursor(space);
        }
        return edgeCursor.open(block(), id, id, false, false).next();
    }

    /**
     * Stands before the first live entry from {@code from} to {@code to}, or before the last when {@code reverse}. One
     * cursor at a time.
     */
    public StreamCursor cursor(StreamId from, StreamId to, boolean reverse) {
        if (cursor == null) {
            cursor = new StreamCursor(space);
        }
        return cursor.open(block(), from, to, reverse, false);
    }

    // ---- the logical read counters of groups

    /**
     * Whether something from {@code start} on was deleted by XDEL, so that counting is no use
     * (streamRangeHasTombstones).
     */
    public boolean hasTombstonesFrom(StreamId start) {
        maxDeletedId(deleted);
        if (size() == 0 || deleted.isZero() || firstId(edge).compare(deleted) > 0) {
            return false;
        }
        return start.compare(deleted) <= 0;
    }

    /**
     * How many entries were ever added up to {@code id}, {@link StreamGroup#UNKNOWN} if that cannot be told
     * (streamEstimateDistanceFromFirstEverEntry).
     */
    public long distanceFromFirstEver(StreamId id) {
        long added = entriesAdded();
        if (added == 0) {
            return 0;
        }
        int toLast = id.compare(lastId(edge));
        if (toLast == 0 || toLast < 0 && size() == 0) {
            return added;
        }
        if (toLast > 0) {
            return StreamGroup.UNKNOWN;
        }
        int toFirst = id.compare(firstId(edge));
        boolean whole = maxDeletedId(deleted).isZero() || deleted.compare(edge) < 0;
        if (whole && toFirst < 0) {
            return added - size();
        }
        return whole && toFirst == 0 ? added - size() + 1 : StreamGroup.UNKNOWN;
    }

    // ---- entries

    /**
     * Adds an entry; its ID has to be behind the last one.
     *
     * @param words fields and values in turn from {@code words[from]} on
     * @param fields number of pairs, at least 1
     * @return false, with nothing changed, if the entry is too large
     */
    public boolean append(StreamId id, Bytes[] words, int from, int fields) {
        if (StreamNodes.textBytes(words, from, fields) > StreamNodes.ENTRY_BYTES_MAX) {
            return false;
        }
        assert id.compare(lastId(edge)) > 0 : id + " after " + edge;
        long block = write();
        nodes.append(block, id.ms, id.seq, words, from, fields);
        long length = memory().getLong(block, LENGTH) + 1;
        memory().putLong(block, LENGTH, length);
        memory().putLong(block, ADDED, memory().getLong(block, ADDED) + 1);
        put(memory(), block, LAST, id);
        if (length == 1) {
            put(memory(), block, FIRST, id);
        }
        return true;
    }

    /** Deletes the live entry with this ID as XDEL does; false if there is none. */
    public boolean delete(StreamId id) {
        if (!contains(id)) {
            return false;
        }
        long block = write();
        if (!nodes.delete(block, id.ms, id.seq)) {
            return false;
        }
        long length = Math.max(0, memory().getLong(block, LENGTH) - 1);
        memory().putLong(block, LENGTH, length);
        boolean wasFirst = id.same(firstId(edge));
        if (id.compare(maxDeletedId(edge)) > 0) {
            put(memory(), block, MAX_DELETED, id);
        }
        if (length == 0 || wasFirst) {
            refreshFirst(block);
        }
        return true;
    }

    private void refreshFirst(long block) {
        if (!edge(true, false, edge)) {
            edge.set(0, 0);
        }
        put(memory(), block, FIRST, edge);
    }

    /** Removes the oldest entries but {@code lengthMax}; see {@link #trim(StreamId, boolean, long)}. */
    public long trim(long lengthMax, boolean approximate, long limit) {
        return size() <= lengthMax ? 0 : trim(lengthMax, null, approximate, limit);
    }

    /**
     * Removes entries before {@code minId} (streamTrim).
     *
     * @param approximate only whole nodes are removed
     * @param limit at about how many removed entries to stop, 0 for no limit
     * @return number of removed entries
     */
    public long trim(StreamId minId, boolean approximate, long limit) {
        return nodeCount() == 0 ? 0 : trim(0, minId, approximate, limit);
    }

    private long trim(long lengthMax, @Nullable StreamId minId, boolean approximate, long limit) {
        long block = write();
        long length = memory().getLong(block, LENGTH);
        long removed = nodes.trim(block, length, lengthMax, minId, approximate, limit);
        memory().putLong(block, LENGTH, Math.max(0, length - removed));
        if (removed > 0 && nodes.trimmedTo(edge)) {
            put(memory(), block, FIRST, edge);
        } else if (removed > 0 || length == 0) {
            refreshFirst(block);
        }
        return removed;
    }

    // ---- nodes, as savers and loaders see them

    public long nodeCount() {
        return block() == 0 ? 0 : nodes.count(block());
    }

    /** Goes to the first node; false if there is none. */
    public boolean firstNode() {
        node = block() == 0 ? 0 : nodes.first(block());
        return node != 0;
    }

    public boolean nextNode() {
        node = nodes.next();
        return node != 0;
    }

    /** Puts the present node's master ID into {@code into}; returns it. */
    public StreamId nodeId(StreamId into) {
        return into.set(memory().getLong(node, 0), memory().getLong(node, 8));
    }

    /** Bytes of the present node's listpack. */
    public int nodeBytes() {
        return nodes.listpackBytes(node);
    }

    /** Copies the present node's listpack, {@link #nodeBytes} bytes, to {@code target}. */
    public void readNode(byte[] target, int offset) {
        memory().read(node, StreamEntries.LISTPACK, target, offset, nodeBytes());
    }

    /**
     * Adds a node whose bytes {@link StreamFormat#validate} has found right; the stream's other properties are set by
     * {@link #load}.
     *
     * @return false if there is a node with this master ID
     */
    public boolean loadNode(StreamId master, byte[] listpack, int offset, int length) {
        return nodes.addNode(write(), master, listpack, offset, length);
    }

    // ---- groups

    public long groupCount() {
        return block() == 0 ? 0 : groups.items(block());
    }

    private StreamGroup window(long groupBlock) {
        if (group == null) {
            group = new StreamGroup(this, space);
        }
        return group.open(groupBlock);
    }

    /** Opens the group of this name, null if there is none. */
    public @Nullable StreamGroup group(Bytes name) {
        nameOrder.probe(name);
        boolean there = block() != 0 && groups.read(block()) && groups.seekExactly(nameOrder);
        return there ? window(groups.tree().item()) : null;
    }

    /** Opens the first group in the order of names, null if there is none. */
    public @Nullable StreamGroup firstGroup() {
        boolean there = block() != 0 && groups.read(block()) && groups.tree().seekFirst();
        return there ? window(groups.tree().item()) : null;
    }

    /**
     * Opens the next group, null at the end; groups and their contents may not have been changed since {@link
     * #firstGroup}.
     */
    public @Nullable StreamGroup nextGroup() {
        return groups.tree().next() ? window(groups.tree().item()) : null;
    }

    /**
     * Adds a group, whose name must be new, and opens it.
     *
     * @param last last delivered ID
     * @param entriesRead as {@link StreamGroup#entriesRead}
     */
    public StreamGroup createGroup(Bytes name, StreamId last, long entriesRead) {
        long block = write();
        long groupBlock = StreamGroup.create(memory(), name, last, entriesRead);
        Tree tree = groups.write(block);
        nameOrder.probe(name);
        tree.insert(groupBlock);
        groups.keep(block);
        return window(groupBlock);
    }

    /** Removes the group with its consumers and pending entries; false if there is none of that name. */
    public boolean destroyGroup(Bytes name) {
        StreamGroup found = group(name);
        if (found == null) {
            return false;
        }
        long block = write();
        Tree tree = groups.write(block);
        nameOrder.probe(name);
        boolean there = groups.seekExactly(nameOrder);
        assert there : name;
        found.destroy(tree.item(), tree.itemOwned(), null);
        tree.remove(true);
        groups.keep(block);
        return true;
    }

    /** The block of a group that exists, made safe to change in place; {@code block} is the stream's, owned. */
    long ownGroup(long block, Bytes name) {
        Tree tree = groups.write(block);
        nameOrder.probe(name);
        boolean there = groups.seekExactly(nameOrder);
        assert there : name;
        long owned = StreamGroup.own(memory(), tree);
        groups.keep(block);
        return owned;
    }

    // ---- as a whole

    @Override
    public long payloadBytes(int samples) {
        long block = block();
        if (block == 0) {
            return 0;
        }
        long bytes = memory().capacity(block) + nodes.bytes(block, samples);
        for (StreamGroup each = firstGroup(); each != null; each = nextGroup()) {
            bytes += each.bytes();
        }
        return bytes;
    }

    @Override
    protected void releasePayload(boolean owned) {
        release(owned, null);
    }

    @Override
    protected void releasePayloadLater(boolean owned) {
        release(owned, space.reaper);
    }

    private void release(boolean owned, @Nullable Reaper reaper) {
        long ref = reference(0);
        if (ref == 0) {
            return;
        }
        long block = Ref.handle(ref);
        boolean blockOwned = space.versions.owned(ref, owned);
        nodes.destroy(block, blockOwned, reaper);
        if (groups.bind(block, blockOwned)) {
            for (boolean more = groups.tree().seekFirst();
                    more;
                    more = groups.tree().next()) {
                long item = groups.tree().item();
                window(item).destroy(item, groups.tree().itemOwned(), reaper);
            }
        }
        groups.destroy(block, blockOwned, true, reaper);
        space.versions.release(block, blockOwned);
    }

    @Override
    public void copyTo(Db target, Bytes key) {
        StreamValue copy = target.createStream(key);
        if (block() == 0) {
            return;
        }
        byte[] bytes = {};
        StreamId id = new StreamId();
        for (boolean more = firstNode(); more; more = nextNode()) {
            if (bytes.length < nodeBytes()) {
                bytes = new byte[nodeBytes()];
            }
            readNode(bytes, 0);
            copy.loadNode(nodeId(id), bytes, 0, nodeBytes());
        }
        StreamId first = firstId(new StreamId());
        copy.load(size(), lastId(id), first, maxDeletedId(new StreamId()), entriesAdded());
        for (StreamGroup each = firstGroup(); each != null; each = nextGroup()) {
            each.copyTo(copy.createGroup(each.name(), each.lastId(id), each.entriesRead()));
        }
    }
}
