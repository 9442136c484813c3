// SPDX-License-Identifier: Apache-2.0
package dev.understudy.store;

import dev.understudy.store.encoding.Listpack;
import dev.understudy.store.memory.Memory;
import dev.understudy.store.memory.Reaper;
import dev.understudy.store.memory.Tree;
import dev.understudy.wire.Bytes;
import org.jspecify.annotations.Nullable;

/**
 * The nodes of a stream and what changes them (streamAppendItem, streamTrim, streamIteratorRemoveEntry of t_stream.c).
 * Works on the stream's
 * block, which has to be owned for a change; the stream's counters are its caller's business.
 */
final class StreamNodes {
    /** Most bytes of fields and values of one entry, STREAM_LISTPACK_MAX_SIZE. */
    static final long ENTRY_BYTES_MAX = 1L << 30;

    /** Larger numbers take more than one byte in a listpack. */
    private static final int BYTE_MAX = 127;

    private static final int LISTPACK = StreamEntries.LISTPACK;
    private static final int HEADER = 6;
    private static final byte END = (byte) 0xFF;

    private final Space space;
    private final Memory memory;
    private final StreamOrders.ById order = new StreamOrders.ById();
    private final StreamIndex index;
    private final StreamEntries entries;
    /** Whether the last trimming has left {@link #entries} at the first live entry. */
    private boolean headKnown;

    StreamNodes(Space space) {
        this.space = space;
        this.memory = space.memory;
        this.index = new StreamIndex(space, order, StreamValue.NODES);
        this.entries = new StreamEntries(space.memory);
    }

    long count(long block) {
        return index.items(block);
    }

    /** The first node, 0 if none; {@link #next} goes on. */
    long first(long block) {
        return index.read(block) && index.tree().seekFirst() ? index.tree().item() : 0;
    }

    long next() {
        return index.tree().next() ? index.tree().item() : 0;
    }

    int listpackBytes(long node) {
        return memory.getInt(node, LISTPACK);
    }

    void destroy(long block, boolean owned, @Nullable Reaper reaper) {
        index.destroy(block, owned, true, reaper);
    }

    // ---- adding

    /** Adds a node whose bytes have been validated; false if there is one with this master ID. */
    boolean addNode(long block, StreamId master, byte[] source, int offset, int length) {
        Tree tree = index.write(block);
        order.probe(master.ms, master.seq);
        if (index.seekExactly(order)) {
            return false;
        }
        long node = allocate(master.ms, master.seq, length);
        memory.write(node, LISTPACK, source, offset, length);
        tree.insert(node);
        index.keep(block);
        return true;
    }

    private long allocate(long ms, long seq, long bytes) {
        long node = memory.allocate(LISTPACK + bytes);
        memory.putLong(node, 0, ms);
        memory.putLong(node, 8, seq);
        return node;
    }

    /** Adds an entry behind all others; {@code words[from]} is the first of {@code fields} pairs. */
    void append(long block, long ms, long seq, Bytes[] words, int from, int fields) {
        Tree tree = index.write(block);
        boolean exists = tree.seekLast();
        if (exists && full(tree.item(), textBytes(words, from, fields))) {
            shrink(tree);
            exists = false;
        }
        if (exists) {
            extend(tree, ms, seq, words, from, fields);
        } else {
            begin(tree, ms, seq, words, from, fields);
        }
        index.keep(block);
    }

    static long textBytes(Bytes[] words, int from, int fields) {
        long bytes = 0;
        for (int i = 0; i < 2 * fields; i++) {
            bytes += words[from + i].length;
        }
        return bytes;
    }

    private boolean full(long node, long more) {
        long bytesMax = space.limits.streamNodeMaxBytes;
        if (bytesMax <= 0 || bytesMax > ENTRY_BYTES_MAX) {
            bytesMax = ENTRY_BYTES_MAX;
        }
        if (listpackBytes(node) + more >= bytesMax) {
            return true;
        }
        entries.view.bind(node, LISTPACK);
        int entriesMax = space.limits.streamNodeMaxEntries;
        return entriesMax != 0
                && StreamEntries.live(entries.view) + StreamEntries.deletedCount(entries.view) >= entriesMax;
    }

    /** Gives back the room that the node under the cursor kept for more entries. */
    private void shrink(Tree tree) {
        long node = tree.item();
        long bytes = (long) LISTPACK + listpackBytes(node);
        if (Memory.capacityFor(bytes) < memory.capacity(node)) {
            long copy = memory.allocate(bytes);
            memory.copy(node, 0, copy, 0, bytes);
            tree.replace(copy, true);
        }
    }

    private void begin(Tree tree, long ms, long seq, Bytes[] words, int from, int fields) {
        Listpack listpack = space.scratch.empty();
        listpack.append(1);
        listpack.append(0);
        listpack.append(fields);
        for (int i = 0; i < fields; i++) {
            listpack.append(words[from + 2 * i]);
        }
        listpack.append(0);
        appendEntry(listpack, true, 0, 0, words, from, fields);
        long node = allocate(ms, seq, room(listpack.totalBytes()));
        listpack.store(memory, node, LISTPACK);
        tree.appendLast(node);
    }

    private static void appendEntry(
            Listpack listpack, boolean same, long msDiff, long seqDiff, Bytes[] words, int from, int fields) {
        listpack.append(same ? StreamEntries.SAME_FIELDS : 0);
        listpack.append(msDiff);
        listpack.append(seqDiff);
        if (!same) {
            listpack.append(fields);
        }
        for (int i = 0; i < fields; i++) {
            if (!same) {
                listpack.append(words[from + 2 * i]);
            }
            listpack.append(words[from + 2 * i + 1]);
        }
        listpack.append(same ? fields + 3L : 2L * fields + 4);
    }

    private void extend(Tree tree, long ms, long seq, Bytes[] words, int from, int fields) {
        long node = tree.item();
        long msDiff = ms - memory.getLong(node, 0);
        long seqDiff = seq - memory.getLong(node, 8);
        entries.view.bind(node, LISTPACK);
        long live = StreamEntries.live(entries.view);
        boolean same = hasMasterFields(words, from, fields);
        if (live >= BYTE_MAX) {
            Listpack whole = load(node);
            whole.replace(whole.first(), live + 1);
            appendEntry(whole, same, msDiff, seqDiff, words, from, fields);
            store(tree, whole, room(whole.totalBytes()));
            return;
        }
        Listpack added = space.scratch.empty();
        appendEntry(added, same, msDiff, seqDiff, words, from, fields);
        int oldTotal = listpackBytes(node);
        int addedBytes = added.totalBytes() - Listpack.EMPTY_BYTES;
        int total = Math.addExact(oldTotal, addedBytes);
        long target = node;
        if (!tree.itemOwned() || memory.capacity(node) < (long) LISTPACK + total) {
            target = memory.allocate(LISTPACK + room(total));
            memory.copy(node, 0, target, 0, (long) LISTPACK + oldTotal);
        }
        memory.write(target, LISTPACK + oldTotal - 1L, added.array(), HEADER, addedBytes);
        memory.putByte(target, LISTPACK + total - 1L, END);
        memory.putInt(target, LISTPACK, total);
        int elements = (memory.getShort(target, LISTPACK + 4) & 0xFFFF) + added.count();
        memory.putShort(target, LISTPACK + 4, (short) Math.min(elements, 0xFFFF));
        memory.putByte(target, LISTPACK + HEADER, (byte) (live + 1));
        if (target != node) {
            tree.replace(target, true);
        }
    }

    private boolean hasMasterFields(Bytes[] words, int from, int fields) {
        int at = entries.view.next(entries.view.next(entries.view.first()));
        if (entries.view.longAt(at) != fields) {
            return false;
        }
        for (int i = 0; i < fields; i++) {
            at = entries.view.next(at);
            if (!entries.view.equal(at, words[from + 2 * i])) {
                return false;
            }
        }
        return true;
    }

    /** Bytes to take for a listpack that will grow: half as much again, but no more than a node is allowed to have. */
    private long room(long total) {
        long most = Math.max(total, Math.max(0, space.limits.streamNodeMaxBytes));
        return Math.min(total + (total >> 1), most);
    }

    private Listpack load(long node) {
        return space.scratch.load(memory, node, LISTPACK, listpackBytes(node));
    }

    /**
     * Puts an edited listpack into the node under the cursor, in a block of at least {@code bytes} if it has to be
     * another one.
     */
    private void store(Tree tree, Listpack listpack, long bytes) {
        long node = tree.item();
        if (tree.itemOwned() && memory.capacity(node) >= (long) LISTPACK + listpack.totalBytes()) {
            listpack.store(memory, node, LISTPACK);
            return;
        }
        long copy = allocate(memory.getLong(node, 0), memory.getLong(node, 8), bytes);
        listpack.store(memory, copy, LISTPACK);
        tree.replace(copy, true);
    }

    // ---- removing

    /**
     * Makes a tombstone of the live entry with this ID, or takes its node out if it was the last one there; false if
     * there is none.
     */
    boolean delete(long block, long ms, long seq) {
        if (!index.bind(block, true)) {
            return false;
        }
        order.probe(ms, seq);
        Tree tree = index.tree();
        if (!index.seekLastUpTo(order)) {
            return false;
        }
        long node = tree.item();
        boolean found = entries.first(node);
        while (found && entries.compare(ms, seq) < 0) {
            found = entries.next();
        }
        // Two tombstones or a tombstone and a live entry of one ID do not exist: IDs only grow.
        if (!found || entries.compare(ms, seq) != 0 || entries.deleted()) {
            return false;
        }
        long live = StreamEntries.live(entries.view);
        if (live <= 1) {
            tree.remove(true);
        } else {
            long deleted = StreamEntries.deletedCount(entries.view);
            if (live <= BYTE_MAX && deleted < BYTE_MAX && tree.itemOwned()) {
                bury(node, null);
                putCounts(node, live - 1, deleted + 1);
            } else {
                Listpack listpack = load(node);
                bury(node, listpack);
                replaceCounts(listpack, live - 1, deleted + 1);
                store(tree, listpack, listpack.totalBytes());
            }
        }
        index.keep(block);
        return true;
    }

    /** Both counts are, and become, numbers of one byte. */
    private void putCounts(long node, long live, long deleted) {
        memory.putByte(node, LISTPACK + HEADER, (byte) live);
        memory.putByte(node, LISTPACK + HEADER + 2L, (byte) deleted);
    }

    private static void replaceCounts(Listpack listpack, long live, long deleted) {
        listpack.replace(listpack.first(), live);
        listpack.replace(listpack.next(listpack.first()), deleted);
    }

    /**
     * Removes entries from the head: those above {@code length} live ones, or, if {@code minId} is given, those with
     * smaller IDs.
     *
     * @param length live entries of the stream at the moment
     * @param lengthMax how many may stay, unsigned; ignored with {@code minId}
     * @param approximate whole nodes only
     * @param limit most entries to remove, 0 for any number; whole nodes only are counted against it
     * @return removed live entries
     */
    long trim(long block, long length, long lengthMax, @Nullable StreamId minId, boolean approximate, long limit) {
        headKnown = false;
        if (!index.bind(block, true)) {
            return 0;
        }
        Tree tree = index.tree();
        long removed = 0;
        boolean more = tree.seekFirst();
        while (more && (minId != null || Long.compareUnsigned(length - removed, lengthMax) > 0)) {
            long node = tree.item();
            entries.view.bind(node, LISTPACK);
            long live = StreamEntries.live(entries.view);
            if (limit != 0 && removed + live > limit) {
                break;
            }
            if (wholeNode(node, length - removed - live, lengthMax, minId)) {
                removed += live;
                more = tree.remove(true);
                continue;
            }
            if (!approximate) {
                removed += trimWithin(tree, length - removed - lengthMax, minId);
            }
            break;
        }
        index.keep(block);
        return removed;
    }

    private boolean wholeNode(long node, long lengthAfter, long lengthMax, @Nullable StreamId minId) {
        if (minId == null) {
            return Long.compareUnsigned(lengthAfter, lengthMax) >= 0;
        }
        // A node that holds no entry at all has 0-0 as its last ID in Redis, and goes.
        return !entries.last(node) || entries.compare(minId.ms, minId.seq) < 0;
    }

    /**
     * Makes tombstones of the first entries of the node under the cursor: {@code surplus} ones, or those before {@code
     * minId}.
     */
    private long trimWithin(Tree tree, long surplus, @Nullable StreamId minId) {
        long node = tree.item();
        boolean more = entries.first(node);
        long live = StreamEntries.live(entries.view);
        long deleted = StreamEntries.deletedCount(entries.view);
        long total = live + deleted;
        Listpack copy = tree.itemOwned() && total <= BYTE_MAX ? null : load(node);
        long removed = 0;
        while (more && (minId == null ? removed < surplus : entries.compare(minId.ms, minId.seq) < 0)) {
            if (!entries.deleted()) {
                bury(node, copy);
                removed++;
            }
            more = entries.next();
        }
        headKnown = more && !entries.deleted();
        // What was loaded may count less live entries than there are.
        live = Math.max(0, live - removed);
        deleted = total - live;
        if (removed > 0 && copy == null) {
            putCounts(node, live, deleted);
        } else if (removed > 0 && copy != null) {
            replaceCounts(copy, live, deleted);
            store(tree, copy, copy.totalBytes());
        }
        return removed;
    }

    /**
     * Flags the present entry as deleted, in the node or in a copy of its listpack; flags take one byte, so that
     * positions stay.
     */
    private void bury(long node, @Nullable Listpack copy) {
        long flags = entries.flags | StreamEntries.DELETED;
        if (copy == null) {
            memory.putByte(node, LISTPACK + entries.flagsAt, (byte) flags);
        } else {
            copy.replace(entries.flagsAt, flags);
        }
    }

    /** Puts the first live entry's ID into {@code into} if the last {@link #trim} has come to know it; else false. */
    boolean trimmedTo(StreamId into) {
        if (headKnown) {
            into.set(entries.ms, entries.seq);
        }
        return headKnown;
    }

    // ---- looking up

    /**
     * Native bytes of the nodes, estimated from {@code samples} of them if that is not 0; the last one exactly, as
     * Redis does.
     */
    long bytes(long block, int samples) {
        long count = count(block);
        if (count == 0) {
            return 0;
        }
        long sampled = 0;
        long bytes = 0;
        for (long node = first(block); node != 0 && (samples == 0 || sampled < samples); node = next()) {
            bytes += memory.capacity(node);
            sampled++;
        }
        if (sampled < count) {
            index.tree().seekLast();
            bytes = bytes / sampled * (count - 1) + memory.capacity(index.tree().item());
        }
        return bytes + count * StreamValue.INDEX_BYTES;
    }
}
