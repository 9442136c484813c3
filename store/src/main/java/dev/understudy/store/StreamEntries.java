// SPDX-License-Identifier: Apache-2.0
package dev.understudy.store;

import dev.understudy.store.encoding.Listpack;
import dev.understudy.store.encoding.ListpackView;
import dev.understudy.store.memory.Memory;

/**
 * Walks the entries of one node where it lies in native memory, tombstones included. The fields tell of the entry it
 * stands at.
 *
 * <pre>
 * node block: master ms | master seq | listpack
 * listpack:   live | deleted | F | F field names | 0 | entry ...
 * entry:      flags | ms diff | seq diff | F values | F + 3                       flag SAME_FIELDS
 *             flags | ms diff | seq diff | n | n times field and value | 2n + 4   else
 * </pre>
 */
final class StreamEntries {
    /** Where in a node's block the listpack begins. */
    static final int LISTPACK = 16;

    static final int DELETED = 1;
    static final int SAME_FIELDS = 2;

    private final Memory memory;
    final ListpackView view;
    private long masterMs;
    private long masterSeq;
    private int masterFields;
    private int masterNames;

    int flagsAt;
    long flags;
    long ms;
    long seq;
    int fields;
    /** Position of the first value, or of the first field if the entry has its own. */
    private int data;
    /** Position of the entry's last element, its lp-count; NONE while not known. */
    private int end;

    StreamEntries(Memory memory) {
        this.memory = memory;
        this.view = new ListpackView(memory);
    }

    /** Stands before the first entry; false if the node has none. */
    boolean first(long node) {
        bind(node);
        int at = masterNames;
        for (int i = 0; i < masterFields; i++) {
            at = view.next(at);
        }
        return read(view.next(at));
    }

    /** Stands at the last entry. */
    boolean last(long node) {
        bind(node);
        return readBackwards(view.last());
    }

    private void bind(long node) {
        view.bind(node, LISTPACK);
        masterMs = memory.getLong(node, 0);
        masterSeq = memory.getLong(node, 8);
        int at = view.next(view.next(view.first()));
        masterFields = (int) view.longAt(at);
        masterNames = view.next(at);
    }

    boolean next() {
        return read(view.next(end()));
    }

    boolean previous() {
        return readBackwards(view.previous(flagsAt));
    }

    private boolean readBackwards(int lastElement) {
        int at = lastElement;
        long count = view.longAt(at);
        if (count == 0) {
            return false;
        }
        for (long i = 0; i < count; i++) {
            at = view.previous(at);
        }
        read(at);
        end = lastElement;
        return true;
    }

    private boolean read(int position) {
        if (position == Listpack.NONE) {
            return false;
        }
        flagsAt = position;
        flags = view.longAt(position);
        int at = view.next(position);
        ms = masterMs + view.longAt(at);
        at = view.next(at);
        seq = masterSeq + view.longAt(at);
        at = view.next(at);
        if (sameFields()) {
            fields = masterFields;
        } else {
            fields = (int) view.longAt(at);
            at = view.next(at);
        }
        data = at;
        end = Listpack.NONE;
        return true;
    }

    private int end() {
        if (end == Listpack.NONE) {
            int at = data;
            for (int left = sameFields() ? fields : 2 * fields; left > 0; left--) {
                at = view.next(at);
            }
            end = at;
        }
        return end;
    }

    boolean sameFields() {
        return (flags & SAME_FIELDS) != 0;
    }

    boolean deleted() {
        return (flags & DELETED) != 0;
    }

    /** Negative, zero, positive: the entry is before, at, behind this ID. */
    int compare(long otherMs, long otherSeq) {
        return StreamId.compare(ms, seq, otherMs, otherSeq);
    }

    /** Hands fields and values in turn to {@code target}. */
    void visit(long node, StreamCursor.Elements target) {
        int name = masterNames;
        int at = data;
        for (int i = 0; i < fields; i++) {
            if (sameFields()) {
                element(node, name, target);
                name = view.next(name);
            } else {
                element(node, at, target);
                at = view.next(at);
            }
            element(node, at, target);
            at = view.next(at);
        }
        end = at;
    }

    private void element(long node, int position, StreamCursor.Elements target) {
        if (view.isLong(position)) {
            target.number(view.longAt(position));
        } else {
            target.text(memory.segment(node), memory.base(node) + view.textOffset(position), view.length(position));
        }
    }

    static long live(ListpackView view) {
        return view.longAt(view.first());
    }

    static long deletedCount(ListpackView view) {
        return view.longAt(view.next(view.first()));
    }
}
