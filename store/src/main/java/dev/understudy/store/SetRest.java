// SPDX-License-Identifier: Apache-2.0
package dev.understudy.store;

import dev.understudy.store.encoding.Listpack;
import dev.understudy.store.memory.Dict;
import dev.understudy.wire.Bytes;
import java.util.random.RandomGenerator;

/**
 * What stays of a large set of which most has been popped: a listpack in the scratch while that is within the limits,
 * then a dictionary.
 */
final class SetRest {
    /**
     * A set of which less than a sixth stays is built anew rather than emptied member by member;
     * SPOP_MOVE_STRATEGY_MUL.
     */
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

    /**
     * Shows {@code popped} uniformly chosen members of the table to the visitor, in {@code member}, and adds the others
     * to this.
     */
    void split(Dict table, long popped, RandomGenerator random, Slice member, SetValue.SliceVisitor visitor) {
        Bytes text = new Bytes();
        long[] left = {table.size(), popped};
        table.forEach((item, owned) -> {
            member.set(item, 8, Dict.keyLength(space.memory, item));
            if (random.nextLong(left[0]--) < left[1]) {
                left[1]--;
                visitor.visit(member);
            } else {
                add(member.read(text));
            }
            return true;
        });
    }

    private void add(Bytes member) {
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
