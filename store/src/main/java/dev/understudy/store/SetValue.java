// SPDX-License-Identifier: Apache-2.0
package dev.understudy.store;

import dev.understudy.store.encoding.Intset;
import dev.understudy.store.encoding.Listpack;
import dev.understudy.store.encoding.ListpackView;
import dev.understudy.store.memory.Dict;
import dev.understudy.wire.Bytes;
import dev.understudy.wire.Numbers;
import java.util.random.RandomGenerator;

/**
 * A set. Integers alone make an intset of up to set-max-intset-entries; other small sets are a listpack of up to
 * set-max-listpack-entries members of up to set-max-listpack-value bytes; all else is a dictionary. What has grown out
 * of a form does not return to it, but for the results of commands ({@link #toIntset}, {@link #pop}).
 *
 * <pre>
 * item of the dictionary: | word: bits 0-30 member length | member |
 * </pre>
 *
 * The slices that visitors get belong to this window and are valid until its next call.
 */
public final class SetValue extends Value {
    private static final int INTSET_ENTRIES_MAX = 1 << 30;

    private final ListpackView packed;
    private final IntsetView numbers;
    private final Intset editor = new Intset();
    private final Dict dict;
    private final Slice member;
    private final Bytes memberBytes = new Bytes();

    SetValue(Space space, Db none) {
        super(space, none);
        this.packed = new ListpackView(space.memory);
        this.numbers = new IntsetView(space.memory);
        this.dict = space.reading ? Dict.reader(space.memory) : new Dict(space.memory, space.versions);
        this.member = new Slice(space.memory);
    }

    /** What walks call; the slice is reused from member to member. */
    @FunctionalInterface
    public interface SliceVisitor {
        /** Returns false to stop (not heeded by scans and pops). */
        boolean visit(Slice member);
    }

    /** As {@link SliceVisitor}, with copies on the heap. */
    @FunctionalInterface
    public interface Visitor {
        /** Returns false to stop. */
        boolean visit(Bytes member);
    }

    @Override
    public ValueType type() {
        return ValueType.SET;
    }

    /** Whether the members are one intset or listpack, which {@link #readCompact} copies. */
    public boolean isCompact() {
        return encoding() != Encoding.HASHTABLE;
    }

    /** Number of members. */
    @Override
    public long size() {
        return switch (encoding()) {
            case INTSET -> numbers().size();
            case LISTPACK -> packed().count();
            default -> table().size();
        };
    }

    private ListpackView packed() {
        return packed.bind(entry, compactOffset());
    }

    private IntsetView numbers() {
        return numbers.bind(entry, compactOffset());
    }

    /** The dictionary, for reading. */
    private Dict table() {
        return dict.bind(reference(0), false);
    }

    /** The dictionary, for a change that {@link #keepTable} has to follow. */
    private Dict ownTable() {
        own();
        return dict.bind(reference(0), true);
    }

    private void keepTable() {
        long root = dict.root();
        if (root != reference(0)) {
            reference(0, root);
        }
    }

    /** Whether the members are an intset. */
    public boolean isIntset() {
        return encoding() == Encoding.INTSET;
    }

    // ---- reading

    public boolean contains(Bytes text) {
        return switch (encoding()) {
            case INTSET -> Numbers.isLong(text) && numbers().contains(Numbers.parseLong(text));
            case LISTPACK -> packed().find(text, packed.first(), 0) != Listpack.NONE;
            default -> table().find(text, Dict.hash(text)) != 0;
        };
    }

    private Slice moveTo(long item) {
        return member.set(item, 8, Dict.keyLength(memory(), item));
    }

    /** A uniformly chosen member of a set that is not empty. */
    public Slice random(RandomGenerator random) {
        return switch (encoding()) {
            case INTSET -> member.set(numbers().at(random.nextInt(numbers.size())));
            case LISTPACK -> member.set(entry, packed(), packed.at(random.nextInt(packed.count())));
            default -> moveTo(table().random(random));
        };
    }

    /** The member of the last {@link #random}. */
    public Slice last() {
        return member;
    }

    /** Visits all members; the visitor may not use this window. Returns false if stopped. */
    public boolean forEachSlice(SliceVisitor visitor) {
        return switch (encoding()) {
            case INTSET -> forEachNumber(visitor);
            case LISTPACK -> forEachPacked(visitor);
            default -> table().forEach((item, owned) -> visitor.visit(moveTo(item)));
        };
    }

    private boolean forEachNumber(SliceVisitor visitor) {
        IntsetView view = numbers();
        for (int i = 0; i < view.size(); i++) {
            if (!visitor.visit(member.set(view.at(i)))) {
                return false;
            }
        }
        return true;
    }

    private boolean forEachPacked(SliceVisitor visitor) {
        ListpackView view = packed();
        for (int position = view.first(); position != Listpack.NONE; position = view.next(position)) {
            if (!visitor.visit(member.set(entry, view, position))) {
                return false;
            }
        }
        return true;
    }

    /** As {@link #forEachSlice}, with copies on the heap. */
    public boolean forEach(Visitor visitor) {
        return forEachSlice(slice -> visitor.visit(slice.read(memberBytes)));
    }

    /** One step of SSCAN: visits some members, all of a compact set, and returns the next cursor, 0 at the end. */
    public long scan(long cursor, SliceVisitor visitor) {
        if (isCompact()) {
            forEachSlice(slice -> {
                visitor.visit(slice);
                return true;
            });
            return 0;
        }
        return table().scan(cursor, (item, owned) -> visitor.visit(moveTo(item)));
    }

    // ---- changes

    /**
     * Chooses the form of a set that has just been created for {@code first} and about {@code count} members in all, as
     * setTypeCreate.
     */
    public void begin(Bytes first, long count) {
        assert size() == 0 && encoding() == Encoding.INTSET;
        if (Numbers.isLong(first) && count <= space.limits.setMaxIntsetEntries) {
            return;
        }
        if (count <= space.limits.setMaxListpackEntries) {
            beginListpack();
        } else {
            convert(loadNumbers());
        }
    }

    /** Makes a set that has just been created an empty listpack. */
    public void beginListpack() {
        assert size() == 0;
        Bytes empty = Space.EMPTY_LISTPACK;
        storeCompact(Encoding.LISTPACK, empty.array, empty.offset, empty.length);
    }

    /** Makes an existing set ready for {@code count} further members, as setTypeMaybeConvert: only those count. */
    public void expect(long count) {
        Encoding encoding = encoding();
        if (encoding == Encoding.INTSET && count > space.limits.setMaxIntsetEntries) {
            convert(loadNumbers());
        } else if (encoding == Encoding.LISTPACK && count > space.limits.setMaxListpackEntries) {
            convert(loadPacked());
        }
    }

    /** Adds a member; returns whether it is new. */
    public boolean add(Bytes text) {
        return switch (encoding()) {
            case INTSET -> Numbers.isLong(text) ? addNumber(Numbers.parseLong(text)) : addFirstText(text);
            case LISTPACK -> addPacked(text);
            default -> addItem(text);
        };
    }

    private Intset loadNumbers() {
        return editor.load(memory(), entry, compactOffset(), compactLength());
    }

    private Listpack loadPacked() {
        return space.scratch.load(memory(), entry, compactOffset(), compactLength());
    }

    private void store(Intset set) {
        storeCompact(Encoding.INTSET, set.array(), 0, set.totalBytes());
    }

    private void store(Listpack pack) {
        storeCompact(Encoding.LISTPACK, pack.array(), 0, pack.totalBytes());
    }

    private int intsetEntriesMax() {
        return Math.min(space.limits.setMaxIntsetEntries, INTSET_ENTRIES_MAX);
    }

    private boolean addNumber(long number) {
        if (numbers().contains(number)) {
            return false;
        }
        Intset set = loadNumbers();
        set.add(number);
        if (set.size() > intsetEntriesMax()) {
            convert(set);
        } else {
            store(set);
        }
        return true;
    }

    /** Adds a member that is no integer to an intset. */
    private boolean addFirstText(Bytes text) {
        Intset set = loadNumbers();
        int size = set.size();
        int longest = size == 0 ? 0 : Math.max(Numbers.length(set.at(0)), Numbers.length(set.at(size - 1)));
        if (size >= space.limits.setMaxListpackEntries
                || text.length > space.limits.setMaxListpackValue
                || longest > space.limits.setMaxListpackValue) {
            convert(set);
            return addItem(text);
        }
        Listpack pack = space.scratch.empty();
        for (int i = 0; i < size; i++) {
            pack.append(set.at(i));
        }
        pack.append(text);
        store(pack);
        return true;
    }

    private boolean addPacked(Bytes text) {
        ListpackView view = packed();
        if (view.find(text, view.first(), 0) != Listpack.NONE) {
            return false;
        }
        Listpack pack = loadPacked();
        if (pack.count() >= space.limits.setMaxListpackEntries
                || text.length > space.limits.setMaxListpackValue
                || !pack.safeToAdd(Listpack.entryBytes(text))) {
            convert(pack);
            return addItem(text);
        }
        pack.append(text);
        store(pack);
        return true;
    }

    private boolean addItem(Bytes text) {
        long textHash = Dict.hash(text);
        if (table().find(text, textHash) != 0) {
            return false;
        }
        ownTable().insert(SetItems.make(memory(), text), textHash);
        keepTable();
        return true;
    }

    /** Makes the set a dictionary of what the intset holds. */
    private void convert(Intset set) {
        SetItems.insertAll(memory(), dict.bind(dict.create(), true), set);
        storeTable();
    }

    /** Makes the set a dictionary of what the listpack holds. */
    private void convert(Listpack pack) {
        SetItems.insertAll(memory(), dict.bind(dict.create(), true), pack);
        storeTable();
    }

    private void storeTable() {
        long root = dict.root();
        reshape(Encoding.HASHTABLE, 8);
        reference(0, root);
    }

    /** Removes a member; returns whether it was there. Who removes the last one deletes the key. */
    public boolean remove(Bytes text) {
        return switch (encoding()) {
            case INTSET -> Numbers.isLong(text) && removeNumber(Numbers.parseLong(text));
            case LISTPACK -> removePacked(text);
            default -> removeItem(text);
        };
    }

    private boolean removeNumber(long number) {
        Intset set = loadNumbers();
        if (!set.remove(number)) {
            return false;
        }
        store(set);
        return true;
    }

    private boolean removePacked(Bytes text) {
        ListpackView view = packed();
        int position = view.find(text, view.first(), 0);
        if (position == Listpack.NONE) {
            return false;
        }
        Listpack pack = loadPacked();
        pack.delete(position);
        store(pack);
        return true;
    }

    private boolean removeItem(Bytes text) {
        long textHash = Dict.hash(text);
        long item = table().find(text, textHash);
        if (item == 0) {
            return false;
        }
        ownTable().remove(item, textHash, true);
        keepTable();
        return true;
    }

    /** Makes a set of integers alone an intset if it is not too large for one, as SINTERSTORE leaves its results. */
    public void toIntset() {
        if (encoding() == Encoding.INTSET || size() > intsetEntriesMax()) {
            return;
        }
        editor.empty();
        forEach(text -> {
            editor.add(Numbers.parseLong(text));
            return true;
        });
        if (encoding() == Encoding.HASHTABLE) {
            own();
            dict.bind(reference(0), true).destroy(true);
        }
        store(editor);
    }

    // ---- random removal

    /**
     * Takes {@code count} uniformly chosen members out, fewer than there are, and shows each to the visitor, which may
     * not use this data set. A dictionary of which little is left becomes a listpack again if that can hold the rest,
     * as after SPOP.
     */
    public void pop(long count, RandomGenerator random, SliceVisitor visitor) {
        long size = size();
        assert count >= 0 && count < size : count + " of " + size;
        switch (encoding()) {
            case INTSET -> popNumbers((int) count, random, visitor);
            case LISTPACK -> popPacked((int) count, random, visitor);
            default -> {
                if ((size - count) * SetRest.MOVE_FACTOR > count) {
                    popItems(count, random, visitor);
                } else {
                    popMost(count, random, visitor);
                }
            }
        }
    }

    private void popNumbers(int count, RandomGenerator random, SliceVisitor visitor) {
        IntsetView view = numbers();
        editor.empty();
        int wanted = count;
        for (int i = 0; i < view.size(); i++) {
            if (random.nextInt(view.size() - i) < wanted) {
                wanted--;
                visitor.visit(member.set(view.at(i)));
            } else {
                editor.add(view.at(i));
            }
        }
        store(editor);
    }

    private void popPacked(int count, RandomGenerator random, SliceVisitor visitor) {
        ListpackView view = packed();
        Listpack rest = space.scratch.empty();
        int wanted = count;
        int left = view.count();
        for (int position = view.first(); position != Listpack.NONE; position = view.next(position)) {
            member.set(entry, view, position);
            if (random.nextInt(left--) < wanted) {
                wanted--;
                visitor.visit(member);
            } else {
                rest.append(member.read(memberBytes));
            }
        }
        store(rest);
    }

    private void popItems(long count, RandomGenerator random, SliceVisitor visitor) {
        for (long i = 0; i < count; i++) {
            Dict table = ownTable();
            long item = table.random(random);
            visitor.visit(moveTo(item));
            table.remove(item, Dict.itemHash(memory(), item), true);
            keepTable();
        }
    }

    private void popMost(long count, RandomGenerator random, SliceVisitor visitor) {
        own();
        SetRest rest = new SetRest(space);
        rest.split(table(), count, random, member, visitor);
        dict.bind(reference(0), true).destroy(true);
        if (rest.root() == 0) {
            store(rest.pack());
        } else {
            reference(0, rest.root());
        }
    }

    // ---- whole values

    @Override
    public long payloadBytes(int samples) {
        return isCompact() ? 0 : DictSizes.bytes(memory(), table(), samples);
    }

    @Override
    protected void releasePayload(boolean owned) {
        if (!isCompact()) {
            dict.bind(reference(0), owned).destroy(true);
        }
    }

    @Override
    protected void releasePayloadLater(boolean owned) {
        if (!isCompact() && size() > DictSizes.FREED_AT_ONCE) {
            space.reaper.add(dict.bind(reference(0), owned).victim(null));
        } else {
            releasePayload(owned);
        }
    }

    @Override
    public void copyTo(Db target, Bytes key) {
        if (isCompact()) {
            byte[] bytes = new byte[compactLength()];
            readCompact(bytes, 0);
            target.createCompact(key, ValueType.SET, encoding(), bytes, 0, bytes.length);
            return;
        }
        SetValue copy = target.createSet(key);
        copy.convert(copy.loadNumbers());
        Dict copied = copy.ownTable();
        table().forEach((item, owned) -> {
            copied.insert(SetItems.copy(memory(), item), Dict.itemHash(memory(), item));
            return true;
        });
        copy.keepTable();
    }
}
