// SPDX-License-Identifier: Apache-2.0
package dev.understudy.store;

import dev.understudy.store.encoding.Listpack;
import dev.understudy.store.encoding.ListpackView;
import dev.understudy.store.memory.Dict;
import dev.understudy.store.memory.Tree;
import dev.understudy.wire.Bytes;
import java.util.random.RandomGenerator;

/**
 * A sorted set: members with scores, ordered by score and then by the members' bytes. Small ones are one listpack ({@link ScoredPack}); beyond
 * zset-max-listpack-entries members, or with a member of more than zset-max-listpack-value bytes, they become a dictionary of members and a tree in
 * their order ({@link ScoreOrder}), both of the same item blocks.
 *
 * <p>The tree is what releases an item, as the dictionary's references to items are as fresh as the tree's: both are made
 * together, and each falls behind when a view is opened.
 *
 * <p>Ranges of every kind are ranges of ranks: {@link #countBelow} and {@link #countBelowMember} give their ends.
 */
public final class SortedSetValue extends Value {
    /** Bytes of the tree per item: a reference and the share of what is free and of inner nodes. */
    private static final double TREE_BYTES_PER_ITEM = 12;

    private final ListpackView view;
    private final ScoredPack packs = new ScoredPack();
    private final Dict dict;
    private final ScoreOrder order = new ScoreOrder();
    private final Tree tree;
    private final ScoredItems items;
    private final Slice member;
    private final Bytes memberBytes = new Bytes();
    private double score;

    SortedSetValue(Space space, Db none) {
        super(space, none);
        this.view = new ListpackView(space.memory);
        this.dict = space.reading ? Dict.reader(space.memory) : new Dict(space.memory, space.versions);
        this.tree = space.reading ? Tree.reader(space.memory, order) : new Tree(space.memory, space.versions, order);
        this.items = new ScoredItems(space.memory, dict, tree, order);
        this.member = new Slice(space.memory);
    }

    /** What walks call; the slice is reused. */
    @FunctionalInterface
    public interface SliceVisitor {
        /** Returns false to stop (not heeded by scans). */
        boolean visit(Slice member, double score);
    }

    /** As {@link SliceVisitor}, with copies on the heap. */
    @FunctionalInterface
    public interface Visitor {
        /** Returns false to stop. */
        boolean visit(Bytes member, double score);
    }

    @Override
    public ValueType type() {
        return ValueType.SORTED_SET;
    }

    /** Whether the members are one listpack of members and scores in turn, which {@link #readCompact} copies. */
    public boolean isCompact() {
        return encoding() == Encoding.LISTPACK;
    }

    /** Number of members. */
    @Override
    public long size() {
        return isCompact() ? pack().count() / 2 : table().size();
    }

    private ListpackView pack() {
        return view.bind(entry, compactOffset());
    }

    /** The dictionary, for reading. */
    private Dict table() {
        return dict.bind(reference(0), false);
    }

    /** The tree, for reading. */
    private Tree ranks() {
        return tree.bind(reference(1), false);
    }

    /** Binds dictionary and tree for a change that {@link #keep} has to follow. */
    private void ownBoth() {
        own();
        dict.bind(reference(0), true);
        tree.bind(reference(1), true);
    }

    private void keep() {
        long dictRoot = dict.root();
        long treeRoot = tree.root();
        if (dictRoot != reference(0)) {
            reference(0, dictRoot);
        }
        if (treeRoot != reference(1)) {
            reference(1, treeRoot);
        }
    }

    // ---- reading

    /** The member's score, NaN if there is no such member. */
    public double score(Bytes name) {
        if (isCompact()) {
            ListpackView pack = pack();
            int position = pack.find(name, pack.first(), 1);
            return position == Listpack.NONE ? Double.NaN : packs.score(pack, pack.next(position));
        }
        long item = table().find(name, Dict.hash(name));
        return item == 0 ? Double.NaN : ScoreOrder.score(memory(), item);
    }

    public boolean contains(Bytes name) {
        if (isCompact()) {
            return pack().find(name, view.first(), 1) != Listpack.NONE;
        }
        return table().find(name, Dict.hash(name)) != 0;
    }

    /** The number of members before this one, -1 if there is no such member; {@link #score()} is its score then. */
    public long rank(Bytes name) {
        if (isCompact()) {
            ListpackView pack = pack();
            long rank = packs.rank(pack, name);
            if (rank >= 0) {
                score = packs.score(pack, pack.at(2 * (int) rank + 1));
            }
            return rank;
        }
        long item = table().find(name, Dict.hash(name));
        if (item == 0) {
            return -1;
        }
        score = ScoreOrder.score(memory(), item);
        order.item(score, name);
        Tree ranks = ranks();
        ranks.seek();
        return ranks.index();
    }

    /** How many members have less than this score, or at most this one if {@code inclusive}. */
    public long countBelow(double bound, boolean inclusive) {
        if (!isCompact()) {
            order.score(bound, inclusive);
            Tree ranks = ranks();
            ranks.seek();
            return ranks.index();
        }
        return packs.countBelow(pack(), bound, inclusive);
    }

    /** How many members are before {@code bound}, itself included if {@code inclusive}; meaningful while all scores are the same. */
    public long countBelowMember(Bytes bound, boolean inclusive) {
        if (!isCompact()) {
            order.member(bound, inclusive);
            Tree ranks = ranks();
            ranks.seek();
            return ranks.index();
        }
        return packs.countBelowMember(pack(), bound, inclusive);
    }

    private void moveTo(long item) {
        member.set(item, ScoreOrder.MEMBER, Dict.keyLength(memory(), item));
        score = ScoreOrder.score(memory(), item);
    }

    private int moveTo(ListpackView pack, int position) {
        member.set(entry, pack, position);
        int scoreAt = pack.next(position);
        score = packs.score(pack, scoreAt);
        return scoreAt;
    }

    /** Moves {@link #member()} and {@link #score()} to a uniformly chosen member of a set that is not empty. */
    public void random(RandomGenerator random) {
        if (isCompact()) {
            ListpackView pack = pack();
            moveTo(pack, pack.at(2 * random.nextInt(pack.count() / 2)));
        } else {
            moveTo(table().random(random));
        }
    }

    /** The member of the last {@link #random}. */
    public Slice member() {
        return member;
    }

    /** The score of the last {@link #random} or {@link #rank}. */
    public double score() {
        return score;
    }

    /**
     * Visits {@code count} members, all of which exist, from rank {@code first} on; upwards, or downwards if {@code reverse}. The visitor may not use
     * this window. Returns false if stopped.
     */
    public boolean forEachInRange(long first, long count, boolean reverse, SliceVisitor visitor) {
        if (count <= 0) {
            return true;
        }
        return isCompact()
                ? walkPack(first, count, reverse, visitor)
                : walkTree(ranks(), first, count, reverse, visitor);
    }

    private boolean walkPack(long first, long count, boolean reverse, SliceVisitor visitor) {
        ListpackView pack = pack();
        int position = pack.at(2 * (int) first);
        for (long left = count; left > 0; left--) {
            assert position != Listpack.NONE : "a range beyond the end";
            int scoreAt = moveTo(pack, position);
            if (!visitor.visit(member, score)) {
                return false;
            }
            if (left > 1) {
                position = reverse ? pack.previous(pack.previous(position)) : pack.next(scoreAt);
            }
        }
        return true;
    }

    private boolean walkTree(Tree ranks, long first, long count, boolean reverse, SliceVisitor visitor) {
        boolean more = ranks.seekIndex(first);
        for (long left = count; left > 0; left--) {
            assert more : "a range beyond the end";
            moveTo(ranks.item());
            if (!visitor.visit(member, score)) {
                return false;
            }
            more = reverse ? ranks.previous() : ranks.next();
        }
        return true;
    }

    /** Visits all members in ascending order; as {@link #forEachInRange}. */
    public boolean forEachSlice(SliceVisitor visitor) {
        return forEachInRange(0, size(), false, visitor);
    }

    /** Visits all members in descending order; as {@link #forEachInRange}. */
    public boolean forEachSliceDescending(SliceVisitor visitor) {
        long size = size();
        return forEachInRange(size - 1, size, true, visitor);
    }

    /** As {@link #forEachSlice}, with copies on the heap. */
    public boolean forEach(Visitor visitor) {
        return forEachSlice((aMember, aScore) -> visitor.visit(aMember.read(memberBytes), aScore));
    }

    /** As {@link #forEachSliceDescending}, with copies on the heap. */
    public boolean forEachDescending(Visitor visitor) {
        return forEachSliceDescending((aMember, aScore) -> visitor.visit(aMember.read(memberBytes), aScore));
    }

    /** One step of ZSCAN: visits some members and returns the next cursor, 0 at the end; compact sets are visited whole. */
    public long scan(long cursor, SliceVisitor visitor) {
        if (isCompact()) {
            forEachSlice((aMember, aScore) -> {
                visitor.visit(aMember, aScore);
                return true;
            });
            return 0;
        }
        return table().scan(cursor, (item, owned) -> {
            moveTo(item);
            visitor.visit(member, score);
            return true;
        });
    }

    // ---- changes

    /** Makes the set ready for {@code count} members in all: a dictionary at once if so many would not stay compact. */
    public void expect(long count) {
        if (isCompact() && count > space.limits.sortedSetMaxListpackEntries) {
            convert(load());
        }
    }

    /** As {@link #expect(long)}, for a new set that gets a member of this many bytes; zsetTypeCreate. */
    public void expect(long count, int memberBytesMax) {
        if (isCompact()
                && (count > space.limits.sortedSetMaxListpackEntries
                        || memberBytesMax > space.limits.sortedSetMaxListpackValue)) {
            convert(load());
        }
    }

    private Listpack load() {
        return space.scratch.load(memory(), entry, compactOffset(), compactLength());
    }

    private void store(Listpack pack) {
        storeCompact(Encoding.LISTPACK, pack.array(), 0, pack.totalBytes());
    }

    private boolean fits(Listpack pack, Bytes name) {
        return pack.count() / 2 < space.limits.sortedSetMaxListpackEntries
                && name.length <= space.limits.sortedSetMaxListpackValue
                && pack.safeToAdd(name.length);
    }

    /** Gives the member this score, which is not NaN; returns whether the member is new. */
    public boolean set(Bytes name, double newScore) {
        assert !Double.isNaN(newScore);
        if (!isCompact()) {
            return setItem(name, newScore);
        }
        Listpack pack = load();
        int position = pack.find(name, pack.first(), 1);
        if (position == Listpack.NONE && !fits(pack, name)) {
            convert(pack);
            return setItem(name, newScore);
        }
        if (position != Listpack.NONE) {
            if (packs.score(pack, pack.next(position)) == newScore) {
                return false;
            }
            pack.delete(position, 2);
        }
        packs.insert(pack, name, newScore);
        store(pack);
        return position == Listpack.NONE;
    }

    private boolean setItem(Bytes name, double newScore) {
        ownBoth();
        boolean created = items.set(name, newScore);
        keep();
        return created;
    }

    /** Makes the set a dictionary and a tree of what the listpack holds. */
    private void convert(Listpack pack) {
        dict.bind(dict.create(), true);
        tree.bind(tree.create(), true);
        int position = pack.first();
        while (position != Listpack.NONE) {
            Bytes name = packs.member(pack, position);
            int scoreAt = pack.next(position);
            items.append(name, packs.score(pack, scoreAt));
            position = pack.next(scoreAt);
        }
        reshape(Encoding.SKIPLIST, 16);
        reference(0, dict.root());
        reference(1, tree.root());
    }

    /** Removes a member; returns whether it was there. Who removes the last one deletes the key. */
    public boolean remove(Bytes name) {
        if (isCompact()) {
            int position = pack().find(name, view.first(), 1);
            if (position == Listpack.NONE) {
                return false;
            }
            Listpack pack = load();
            pack.delete(position, 2);
            store(pack);
            return true;
        }
        long nameHash = Dict.hash(name);
        long item = table().find(name, nameHash);
        if (item == 0) {
            return false;
        }
        ownBoth();
        items.remove(item, name, nameHash);
        keep();
        return true;
    }

    /** Removes {@code count} members, all of which exist, from rank {@code first} on; as {@link #remove}. */
    public void removeRange(long first, long count) {
        assert first >= 0 && count >= 0 && first + count <= size() : first + " + " + count + " of " + size();
        if (isCompact()) {
            Listpack pack = load();
            pack.deleteRange(2 * (int) first, 2 * (int) count);
            store(pack);
            return;
        }
        ownBoth();
        items.removeRange(first, count);
        keep();
    }

    /** Makes a set that was built anew compact if it is within the limits; zsetConvertToListpackIfNeeded. */
    public void built() {
        if (isCompact() || size() > space.limits.sortedSetMaxListpackEntries) {
            return;
        }
        Listpack pack = space.scratch.empty();
        boolean small = forEach((name, aScore) -> {
            if (name.length > space.limits.sortedSetMaxListpackValue || !pack.safeToAdd(name.length)) {
                return false;
            }
            packs.append(pack, name, aScore);
            return true;
        });
        if (small) {
            own();
            long dictRoot = reference(0);
            long treeRoot = reference(1);
            store(pack);
            dict.bind(dictRoot, true).destroy(false);
            tree.bind(treeRoot, true).destroy(true);
        }
    }

    // ---- whole values

    @Override
    public long payloadBytes(int samples) {
        if (isCompact()) {
            return 0;
        }
        Dict table = table();
        return DictSizes.bytes(memory(), table, samples) + Math.round(TREE_BYTES_PER_ITEM * table.size());
    }

    @Override
    protected void releasePayload(boolean owned) {
        if (!isCompact()) {
            dict.bind(reference(0), owned).destroy(false);
            tree.bind(reference(1), owned).destroy(true);
        }
    }

    @Override
    protected void releasePayloadLater(boolean owned) {
        if (isCompact() || size() <= DictSizes.FREED_AT_ONCE) {
            releasePayload(owned);
            return;
        }
        // The tree has the items.
        space.reaper.add(dict.bind(reference(0), owned).victim((item, itemOwned) -> {}));
        space.reaper.add(tree.bind(reference(1), owned).demolition(true));
    }

    @Override
    public void copyTo(Db target, Bytes key) {
        if (isCompact()) {
            byte[] bytes = new byte[compactLength()];
            readCompact(bytes, 0);
            target.createCompact(key, ValueType.SORTED_SET, Encoding.LISTPACK, bytes, 0, bytes.length);
            return;
        }
        SortedSetValue copy = target.createSortedSet(key);
        copy.convert(space.scratch.empty());
        copy.ownBoth();
        Tree source = ranks();
        for (boolean more = source.seekFirst(); more; more = source.next()) {
            copy.items.appendCopy(source.item());
        }
        copy.keep();
    }
}
