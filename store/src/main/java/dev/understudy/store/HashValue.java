// SPDX-License-Identifier: Apache-2.0
package dev.understudy.store;

import dev.understudy.store.encoding.Listpack;
import dev.understudy.store.encoding.ListpackView;
import dev.understudy.store.memory.Dict;
import dev.understudy.wire.Bytes;
import dev.understudy.wire.Numbers;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * A hash: fields with values. Small ones are one listpack of fields and values in turn; beyond
 * hash-max-listpack-entries fields, or with a field or value of more than hash-max-listpack-value bytes, they become a
 * dictionary, and stay one.
 *
 * <pre>
 * item of the dictionary: | word: bits 0-30 field length, 32-63 value length | field | value |
 * </pre>
 *
 * What {@link #get} and visitors give are slices of this window, valid until its next call.
 */
public final class HashValue extends Value {
    /** Item blocks of up to this many bytes are not replaced to save space. */
    private static final long SMALL_ITEM = 64;

    private final ListpackView packed;
    private final Dict dict;
    private final Slice field;
    private final Slice value;
    private final Bytes fieldBytes = new Bytes();
    private final Bytes valueBytes = new Bytes();
    private final byte[] fieldDigits = new byte[Numbers.LONG_TEXT_MAX];
    private final byte[] valueDigits = new byte[Numbers.LONG_TEXT_MAX];

    HashValue(Space space, Db none) {
        super(space, none);
        this.packed = new ListpackView(space.memory);
        this.dict = space.reading ? Dict.reader(space.memory) : new Dict(space.memory, space.versions);
        this.field = new Slice(space.memory);
        this.value = new Slice(space.memory);
    }

    /** What walks call; slices and bytes are reused from element to element. */
    @FunctionalInterface
    public interface SliceVisitor {
        /** Returns false to stop (not heeded by scans). */
        boolean visit(Slice field, Slice value);
    }

    /** As {@link SliceVisitor}, with copies on the heap. */
    @FunctionalInterface
    public interface Visitor {
        /** Returns false to stop. */
        boolean visit(Bytes field, Bytes value);
    }

    @Override
    public ValueType type() {
        return ValueType.HASH;
    }

    /** Whether the fields are one listpack, which {@link #readCompact} copies. */
    public boolean isCompact() {
        return encoding() == Encoding.LISTPACK;
    }

    /** Number of fields. */
    @Override
    public long size() {
        return isCompact() ? packed().count() / 2 : table().size();
    }

    private ListpackView packed() {
        return packed.bind(entry, compactOffset());
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

    // ---- reading

    /** The field's value, null if there is no such field. */
    public @Nullable Slice get(Bytes name) {
        if (isCompact()) {
            ListpackView pack = packed();
            int position = pack.find(name, pack.first(), 1);
            return position == Listpack.NONE ? null : value.set(entry, pack, pack.next(position));
        }
        long item = table().find(name, Dict.hash(name));
        return item == 0 ? null : moveToValue(item);
    }

    public boolean contains(Bytes name) {
        return get(name) != null;
    }

    private Slice moveToValue(long item) {
        long word = memory().getLong(item, 0);
        return value.set(item, 8 + (word & 0x7FFF_FFFFL), (int) (word >>> 32));
    }

    private void moveTo(long item) {
        field.set(item, 8, Dict.keyLength(memory(), item));
        moveToValue(item);
    }

    /** Moves {@link #field()} and {@link #value()} to a uniformly chosen field of a hash that is not empty. */
    public void random(RandomGenerator random) {
        if (isCompact()) {
            ListpackView pack = packed();
            int position = pack.at(2 * random.nextInt(pack.count() / 2));
            field.set(entry, pack, position);
            value.set(entry, pack, pack.next(position));
        } else {
            moveTo(table().random(random));
        }
    }

    /** The field of the last {@link #random}. */
    public Slice field() {
        return field;
    }

    /** The value of the last {@link #random}. */
    public Slice value() {
        return value;
    }

    /** Visits all fields; the visitor may not use this window. Returns false if stopped. */
    public boolean forEachSlice(SliceVisitor visitor) {
        if (!isCompact()) {
            return table().forEach((item, owned) -> {
                moveTo(item);
                return visitor.visit(field, value);
            });
        }
        ListpackView pack = packed();
        int position = pack.first();
        while (position != Listpack.NONE) {
            field.set(entry, pack, position);
            position = pack.next(position);
            value.set(entry, pack, position);
            if (!visitor.visit(field, value)) {
                return false;
            }
            position = pack.next(position);
        }
        return true;
    }

    /** As {@link #forEachSlice}, with copies on the heap. */
    public boolean forEach(Visitor visitor) {
        return forEachSlice((aField, aValue) -> visitor.visit(aField.read(fieldBytes), aValue.read(valueBytes)));
    }

    /**
     * One step of HSCAN: visits some fields and returns the next cursor, 0 at the end; compact hashes are visited
     * whole.
     */
    public long scan(long cursor, SliceVisitor visitor) {
        if (isCompact()) {
            forEachSlice((aField, aValue) -> {
                visitor.visit(aField, aValue);
                return true;
            });
            return 0;
        }
        return table().scan(cursor, (item, owned) -> {
            moveTo(item);
            visitor.visit(field, value);
            return true;
        });
    }

    // ---- changes

    /** Makes the hash ready for {@code count} fields in all: a dictionary at once if so many would not stay compact. */
    public void expect(long count) {
        if (isCompact() && count > space.limits.hashMaxListpackEntries) {
            convert(load());
        }
    }

    /** Sets a field; returns whether it is new. */
    public boolean set(Bytes name, Bytes text) {
        if (!isCompact()) {
            return setItem(name, text);
        }
        Listpack pack = load();
        if (!fits(pack, name, text)) {
            convert(pack);
            return setItem(name, text);
        }
        boolean created = put(pack, name, text);
        store(pack);
        return created;
    }

    /**
     * Sets the fields {@code words[first]}, {@code words[first + 2]} ... before {@code end} to the words behind them;
     * returns how many are new. Converts first if words or their number are beyond the limits, as
     * hashTypeTryConversion.
     */
    public long setAll(Bytes[] words, int first, int end) {
        prepare(words, first, end);
        long created = 0;
        int i = first;
        if (isCompact()) {
            Listpack pack = load();
            for (; i < end && count(pack) <= space.limits.hashMaxListpackEntries; i += 2) {
                created += put(pack, words[i], words[i + 1]) ? 1 : 0;
            }
            store(pack);
        }
        for (; i < end; i += 2) {
            created += setItem(words[i], words[i + 1]) ? 1 : 0;
        }
        return created;
    }

    /** Turns a compact hash into a dictionary if the words, fields and values in turn, would not fit in. */
    private void prepare(Bytes[] words, int first, int end) {
        if (!isCompact()) {
            return;
        }
        boolean fits = (end - first) / 2 <= space.limits.hashMaxListpackEntries;
        long sum = 0;
        for (int i = first; i < end && fits; i++) {
            fits = words[i].length <= space.limits.hashMaxListpackValue;
            sum += Listpack.entryBytes(words[i]);
        }
        if (!fits || compactLength() + sum > Listpack.TOTAL_BYTES_MAX) {
            convert(load());
        }
    }

    private Listpack load() {
        return space.scratch.load(memory(), entry, compactOffset(), compactLength());
    }

    private static int count(Listpack pack) {
        return pack.count() / 2;
    }

    private boolean fits(Listpack pack, Bytes name, Bytes text) {
        return Math.max(name.length, text.length) <= space.limits.hashMaxListpackValue
                && pack.safeToAdd(Listpack.entryBytes(name) + Listpack.entryBytes(text));
    }

    private static boolean put(Listpack pack, Bytes name, Bytes text) {
        int position = pack.find(name, pack.first(), 1);
        if (position != Listpack.NONE) {
            pack.replace(pack.next(position), text);
            return false;
        }
        pack.append(name);
        pack.append(text);
        return true;
    }

    private void store(Listpack pack) {
        if (count(pack) > space.limits.hashMaxListpackEntries) {
            convert(pack);
        } else {
            storeCompact(Encoding.LISTPACK, pack.array(), 0, pack.totalBytes());
        }
    }

    /** Makes the hash a dictionary of what the listpack holds. */
    private void convert(Listpack pack) {
        dict.bind(dict.create(), true);
        int position = pack.first();
        while (position != Listpack.NONE) {
            Bytes name = pack.get(position, fieldBytes, fieldDigits);
            position = pack.next(position);
            Bytes text = pack.get(position, valueBytes, valueDigits);
            position = pack.next(position);
            dict.insert(newItem(name, text), Dict.hash(name));
        }
        long root = dict.root();
        reshape(Encoding.HASHTABLE, 8);
        reference(0, root);
    }

    private long newItem(Bytes name, Bytes text) {
        long item = memory().allocate(itemBytes(name, text));
        memory().putLong(item, 0, itemWord(name, text));
        memory().write(item, 8, name.array, name.offset, name.length);
        memory().write(item, 8L + name.length, text.array, text.offset, text.length);
        return item;
    }

    private static long itemBytes(Bytes name, Bytes text) {
        return Dict.itemBytes(false, name.length) + text.length;
    }

    private static long itemWord(Bytes name, Bytes text) {
        return name.length | (long) text.length << 32;
    }

    private boolean setItem(Bytes name, Bytes text) {
        long nameHash = Dict.hash(name);
        Dict table = ownTable();
        long old = table.find(name, nameHash);
        if (old == 0) {
            table.insert(newItem(name, text), nameHash);
        } else if (roomy(old, itemBytes(name, text)) && table.touch(old, nameHash)) {
            memory().putLong(old, 0, itemWord(name, text));
            memory().write(old, 8L + name.length, text.array, text.offset, text.length);
        } else {
            table.replace(old, newItem(name, text), nameHash, true);
        }
        keepTable();
        return old == 0;
    }

    /** Whether the item's block can take so many bytes and would not waste more than half. */
    private boolean roomy(long item, long bytes) {
        long capacity = memory().capacity(item);
        return bytes <= capacity && (capacity <= SMALL_ITEM || bytes >= capacity / 2);
    }

    /** Removes a field; returns whether it was there. Who removes the last one deletes the key. */
    public boolean remove(Bytes name) {
        if (isCompact()) {
            ListpackView view = packed();
            int position = view.find(name, view.first(), 1);
            if (position == Listpack.NONE) {
                return false;
            }
            Listpack pack = load();
            pack.delete(position, 2);
            storeCompact(Encoding.LISTPACK, pack.array(), 0, pack.totalBytes());
            return true;
        }
        long nameHash = Dict.hash(name);
        long item = table().find(name, nameHash);
        if (item == 0) {
            return false;
        }
        ownTable().remove(item, nameHash, true);
        keepTable();
        return true;
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
            target.createCompact(key, ValueType.HASH, Encoding.LISTPACK, bytes, 0, bytes.length);
            return;
        }
        HashValue copy = target.createHash(key);
        copy.convert(space.scratch.empty());
        Dict copied = copy.ownTable();
        table().forEach((item, owned) -> {
            copied.insert(copyOf(item), Dict.itemHash(memory(), item));
            return true;
        });
        copy.keepTable();
    }

    private long copyOf(long item) {
        long word = memory().getLong(item, 0);
        long bytes = 8 + (word & 0x7FFF_FFFFL) + (word >>> 32);
        long copy = memory().allocate(bytes);
        memory().copy(item, 0, copy, 0, bytes);
        return copy;
    }
}
