// SPDX-License-Identifier: Apache-2.0
package dev.understudy.store;

import dev.understudy.store.encoding.Listpack;
import dev.understudy.store.memory.Dict;
import dev.understudy.wire.Bytes;

/** What stays of a large set of which most has been popped: a listpack in the scratch while that is within the limits, then a dictionary. */
final class SetRest {
    /** A set of which less than a sixth stays is built anew rather than emptied member by member; SPOP_MOVE_STRATEGY_MUL. */
    static final int MOVE_FACTOR = 5;

    private final Space space;
    private final Listpack pack;
    /** Reference of the dictionary's root, 0 while the listpack holds all. */
    private long root;

    SetRest(Space space) {
        this.space = space;
        this.pack = space.scratch.empty();
    }

    Listpack pack() {
        return pack;
    }

    long root() {
        return root;
    }

    /** Adds a member that is not there yet. */
    void add(Bytes member) {
        if (root == 0) {
            if (pack.count() < space.limits.setMaxListpackEntries
                    && member.length <= space.limits.setMaxListpackValue
                    && pack.safeToAdd(Listpack.entryBytes(member))) {
                pack.append(member);
                return;
            }
            convert();
        }
        insert(member);
    }

    private void convert() {
        Dict dict = space.fields.bind(space.fields.create(), true);
        SetItems.insertAll(space.memory, dict, pack);
        root = dict.root();
    }

    private void insert(Bytes member) {
        Dict dict = space.fields.bind(root, true);
        dict.insert(SetItems.make(space.memory, member), Dict.hash(member));
        root = dict.root();
    }
}
