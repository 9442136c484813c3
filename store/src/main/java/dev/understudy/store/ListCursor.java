// SPDX-License-Identifier: Apache-2.0
package dev.understudy.store;

import dev.understudy.store.encoding.Listpack;
import dev.understudy.store.encoding.ListpackView;
import dev.understudy.store.memory.Memory;
import dev.understudy.store.memory.Tree;
import dev.understudy.wire.Bytes;
import org.jspecify.annotations.Nullable;

/** A walk over the elements of a list that does not change meanwhile. Confined to one thread. */
final class ListCursor {
    private final Memory memory;
    private final ListpackView view;
    private final Slice slice;
    /** The nodes of a large list, null while bound to a compact one. */
    private @Nullable Tree nodes;

    private long block;
    private long content;
    private int position;
    private boolean plain;

    ListCursor(Memory memory) {
        this.memory = memory;
        this.view = new ListpackView(memory);
        this.slice = new Slice(memory);
    }

    /** Binds to the listpack at {@code offset} of an entry's block. */
    ListCursor bind(long entry, long offset) {
        nodes = null;
        block = entry;
        content = offset;
        plain = false;
        view.bind(entry, offset);
        return this;
    }

    /** Binds to a large list: {@code tree} is bound to it. */
    ListCursor bind(Tree tree) {
        nodes = tree;
        return this;
    }

    /** To element number {@code index}; false if there is none. */
    boolean seek(long index) {
        Tree tree = nodes;
        if (tree == null) {
            return index >= 0 && index <= Integer.MAX_VALUE && inNode((int) index, view.count());
        }
        if (!tree.seekWeight(index)) {
            return false;
        }
        enter(tree);
        return plain || inNode((int) tree.remainder(), ListNodes.elements(memory, block));
    }

    private boolean inNode(int index, int count) {
        position = index < count ? view.at(index > count / 2 ? index - count : index) : Listpack.NONE;
        return position != Listpack.NONE;
    }

    private void enter(Tree tree) {
        block = tree.item();
        content = ListNodes.CONTENT;
        plain = ListNodes.isPlain(memory, block);
        if (!plain) {
            view.bind(block, content);
        }
    }

    /** To the next element, or to the previous one; false if there is none, then the cursor stands nowhere. */
    boolean step(boolean backwards) {
        if (!plain) {
            position = backwards ? view.previous(position) : view.next(position);
            if (position != Listpack.NONE) {
                return true;
            }
        }
        Tree tree = nodes;
        if (tree == null || !(backwards ? tree.previous() : tree.next())) {
            return false;
        }
        enter(tree);
        if (!plain) {
            position = backwards ? view.last() : view.first();
        }
        return true;
    }

    /** The element under the cursor; moved by the next call. */
    Slice slice() {
        return plain
                ? slice.set(block, content, ListNodes.contentBytes(memory, block))
                : slice.set(block, view, position);
    }

    /** Whether the element under the cursor is {@code text}. */
    boolean equal(Bytes text) {
        if (!plain) {
            return view.equal(position, text);
        }
        return ListNodes.contentBytes(memory, block) == text.length
                && memory.equal(block, content, text.array, text.offset, text.length);
    }
}
