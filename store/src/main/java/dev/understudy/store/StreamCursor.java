// SPDX-License-Identifier: Apache-2.0
package dev.understudy.store;

import java.lang.foreign.MemorySegment;

/**
 * Walks the entries of a stream between two IDs, in either direction. Valid until entries of the stream are added or
 * removed; changes of its
 * groups do not matter. Confined to the thread of its stream's window, which it belongs to.
 */
public final class StreamCursor {
    /** Takes the fields and values of an entry, in turn. */
    public interface Elements {
        /** Text in native memory, to be used at once. */
        void text(MemorySegment segment, long offset, long length);

        /** Text that is the canonical decimal form of this number. */
        void number(long value);
    }

    private final StreamIndex nodes;
    private final StreamOrders.ById order = new StreamOrders.ById();
    private final StreamEntries entries;
    private final StreamId first = new StreamId();
    private final StreamId last = new StreamId();
    private boolean reverse;
    private boolean tombstones;
    private boolean begun;
    private boolean more;
    private long node;

    StreamCursor(Space space) {
        this.nodes = new StreamIndex(space, order, StreamValue.NODES);
        this.entries = new StreamEntries(space.memory);
    }

    /** Stands before the first entry to be given; {@code block} is the stream's, 0 for an empty stream. */
    StreamCursor open(long block, StreamId from, StreamId to, boolean backwards, boolean withTombstones) {
        first.set(from);
        last.set(to);
        reverse = backwards;
        tombstones = withTombstones;
        begun = false;
        more = false;
        if (block == 0 || !nodes.read(block)) {
            return this;
        }
        StreamId start = reverse ? last : first;
        order.probe(start.ms, start.seq);
        more = nodes.seekLastUpTo(order) || !reverse && nodes.tree().seekFirst();
        return this;
    }

    /** Goes to the next entry; false at the end. */
    public boolean next() {
        while (more) {
            if (!step()) {
                begun = false;
                more = reverse ? nodes.tree().previous() : nodes.tree().next();
                continue;
            }
            if (reverse ? entries.compare(first.ms, first.seq) < 0 : entries.compare(last.ms, last.seq) > 0) {
                more = false;
                return false;
            }
            boolean within =
                    reverse ? entries.compare(last.ms, last.seq) <= 0 : entries.compare(first.ms, first.seq) >= 0;
            if (within && (tombstones || !entries.deleted())) {
                return true;
            }
        }
        return false;
    }

    private boolean step() {
        if (begun) {
            return reverse ? entries.previous() : entries.next();
        }
        begun = true;
        node = nodes.tree().item();
        return reverse ? entries.last(node) : entries.first(node);
    }

    /** Milliseconds of the present entry's ID. */
    public long ms() {
        return entries.ms;
    }

    /** Sequence number of the present entry's ID. */
    public long seq() {
        return entries.seq;
    }

    /** Number of field-value pairs of the present entry. */
    public int fields() {
        return entries.fields;
    }

    /** Hands the fields and values of the present entry to {@code target}, field by field. */
    public void visit(Elements target) {
        entries.visit(node, target);
    }
}
