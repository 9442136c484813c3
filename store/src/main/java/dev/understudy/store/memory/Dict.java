// SPDX-License-Identifier: Apache-2.0
package dev.understudy.store.memory;

import dev.understudy.wire.Bytes;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * An extendible hash dictionary in native memory: directories of references to segments, each a small open-addressing
 * table of tagged handles of item blocks. Keyspaces, large hashes, sets and the member index of sorted sets are such
 * dictionaries.
 *
 * <p>This object is an operator: it is bound to one dictionary at a time ({@link #bind}), works on it, and afterwards
 * gives back the reference of its root ({@link #root}), which the holder stores if it changed. Every change follows the
 * rule of {@link Ref}, and {@link Versions} says what a holder has to do about views. A binding ends when a view is
 * opened or closed, or when another operator changes the same dictionary.
 *
 * <p>Confined to one thread; a view's readers have operators of their own ({@link #reader}). No step takes longer than
 * the handling of one segment and one directory of at most 512 entries, whatever the size; only the upper directory of
 * a large dictionary, one entry for some ten thousand items, is copied as a whole.
 *
 * <pre>
 * item block:  | word | [8 bytes, if extended] | key | rest |
 * word:        bits 0-30 key length, bit 31 extended, bits 32-63 free for the holder
 * </pre>
 */
public final class Dict {
    /** Bits of a SCAN cursor. */
    private static final int CURSOR_BITS = 48;

    /** Items whose beginnings are read together: about as many as a processor has reads under way. */
    private static final int FETCHED_AHEAD = 16;

    private static final int RANDOM_TRIES = 32;

    private final Memory memory;
    private final Versions versions;
    private final Segments segments;
    private final Directories directories;
    private final DictShape shape;
    private final DictRelocation relocation;

    /** The item last found, its hash, and the AND of all references on the way to it: fresh only if all are. */
    private long foundItem;

    private long foundHash;
    private long foundChain;

    /** What {@link #locate} has found. */
    private long located;

    private long locatedRef;
    private long locatedChain;

    /** What {@link #fetch} has read: not private, so that nobody takes it for superfluous, and the reading with it. */
    long fetched;

    public Dict(Memory memory, Versions versions) {
        this.memory = memory;
        this.versions = versions;
        segments = new Segments(memory);
        directories = new Directories(memory);
        shape = new DictShape(memory, versions, segments, directories);
        relocation = new DictRelocation(memory, segments, directories);
    }

    /**
     * An operator that only reads, for another thread, over {@link Memory#reader()}: bind with {@code holderOwned}
     * false.
     */
    public static Dict reader(Memory reader) {
        return new Dict(reader, Versions.frozen(reader));
    }

    /**
     * Sets the secret of the hash of this process, which otherwise is a random one: for simulation and tests that are to be repeated, while
     * there is no dictionary. A server never does: keys that collide under a known secret can be made by anyone.
     */
    public static void seed(long seed) {
        KeyHash.seed(seed);
    }

    // The item block: one declaration for everyone who makes or reads items.

    /** Size of an item without what follows the key. */
    public static long itemBytes(boolean extended, int keyLength) {
        return (extended ? 16L : 8L) + keyLength;
    }

    public static int keyLength(Memory memory, long item) {
        return (int) memory.getLong(item, 0) & 0x7FFF_FFFF;
    }

    public static int keyOffset(Memory memory, long item) {
        return ((int) memory.getLong(item, 0) < 0) ? 16 : 8;
    }

    public static long hash(Bytes key) {
        return KeyHash.of(key.array, key.offset, key.length);
    }

    /** The hash of an item's key, the same as {@link #hash} of its bytes. */
    public static long itemHash(Memory memory, long item) {
        int word = (int) memory.getLong(item, 0);
        return KeyHash.of(memory, item, word < 0 ? 16 : 8, word & 0x7FFF_FFFF);
    }

    /** Makes an empty dictionary; a fresh reference. */
    public long create() {
        return shape.create();
    }

    /** Binds to the dictionary at {@code root}; {@code holderOwned} as in {@link Versions#owned}. */
    public Dict bind(long root, boolean holderOwned) {
        assert Ref.handle(root) != 0 : "no dictionary";
        shape.root = root;
        shape.holderOwned = holderOwned;
        foundItem = 0;
        return this;
    }

    /** The reference of the bound dictionary's root, changed if it had to be copied or grown. */
    public long root() {
        return shape.root;
    }

    public long size() {
        return memory.getLong(Ref.handle(shape.root), Directories.SIZE);
    }

    /** Handle of the item with this key, 0 if none. */
    public long find(Bytes key, long hash) {
        long segment = locate(hash);
        int capacity = segments.capacityOf(locatedRef);
        long wanted = Segments.tag(hash);
        int i = Segments.home(wanted, capacity);
        while (true) {
            long slot = memory.getLong(segment, Segments.HEADER_BYTES + 8L * i);
            if (slot == 0) {
                foundItem = 0;
                return 0;
            }
            if (((slot ^ wanted) & Segments.TAG_MASK) == 0) {
                long item = slot & Segments.HANDLE_MASK;
                if (hasKey(item, key)) {
                    foundItem = item;
                    foundHash = hash;
                    foundChain = locatedChain & slot;
                    return item;
                }
            }
            i = i + 1 == capacity ? 0 : i + 1;
        }
    }

    private boolean hasKey(long item, Bytes key) {
        int word = (int) memory.getLong(item, 0);
        return (word & 0x7FFF_FFFF) == key.length
                && memory.equal(item, word < 0 ? 16 : 8, key.array, key.offset, key.length);
    }

    /** The segment that a hash belongs to, also left in {@link #located}, and the AND of the references to it. */
    private long locate(long hash) {
        long directory = Ref.handle(shape.root);
        long chain = shape.root;
        long info = memory.getLong(directory, Directories.INFO);
        long ref = directories.entry(directory, Directories.index(info, hash));
        chain &= ref;
        if (Directories.isUpper(info)) {
            directory = Ref.handle(ref);
            info = memory.getLong(directory, Directories.INFO);
            ref = directories.entry(directory, Directories.index(info, hash));
            chain &= ref;
        }
        locatedChain = chain;
        located = Segments.handle(ref);
        locatedRef = ref;
        return located;
    }

    /**
     * Whether the item last returned by {@link #find}, {@link #touch} or {@link #random} may be changed in place. If
     * not, the holder makes a copy of the item, with the references in it made stale, and calls {@link #replace}.
     */
    public boolean itemOwned() {
        assert foundItem != 0 : "nothing found";
        return isOwned(foundChain);
    }

    private boolean isOwned(long chain) {
        return versions.owned(chain, shape.holderOwned);
    }

    /** Makes the way to the item last found changeable, copying what is shared; returns {@link #itemOwned}. */
    public boolean touch() {
        assert foundItem != 0 : "nothing found";
        long segment = shape.own(foundHash);
        int index = segments.indexOf(segment, foundItem, foundHash);
        assert index >= 0 : "the item found is no longer there";
        locate(foundHash);
        foundChain = locatedChain & segments.slot(segment, index);
        return itemOwned();
    }

    /** As {@link #touch()}, for an item that is known to be in the dictionary. */
    public boolean touch(long item, long hash) {
        foundItem = item;
        foundHash = hash;
        return touch();
    }

    /** Adds an item whose key is not there yet; may split a segment. */
    public void insert(long item, long hash) {
        assert item > 0 && item <= Segments.HANDLE_MASK : "not a handle: " + item;
        long segment = shape.ownWithRoom(hash);
        segments.place(segment, Ref.fresh(Segments.tag(hash) | item));
        shape.changeSize(1);
    }

    /**
     * Puts {@code item} (same key) in the place of {@code old} as a fresh item, and releases the old block if {@code
     * release}. The two may be the same if it is owned: then nothing happens.
     */
    public void replace(long old, long item, long hash, boolean release) {
        if (old == item) {
            return;
        }
        locate(hash);
        int before = segments.indexOf(located, old, hash);
        assert before >= 0 : "the item to replace is not there";
        boolean owned = isOwned(locatedChain & segments.slot(located, before));
        // A copied segment has the same slots, so the index stays.
        segments.putSlot(shape.own(hash), before, Ref.fresh(Segments.tag(hash) | item));
        if (release) {
            versions.release(old, owned);
        }
        if (foundItem == old) {
            foundItem = 0;
        }
    }

    /** Takes the item out; releases its block if {@code release}. Returns false when it is not there. */
    public boolean remove(long item, long hash, boolean release) {
        locate(hash);
        int index = segments.indexOf(located, item, hash);
        if (index < 0) {
            return false;
        }
        boolean owned = isOwned(locatedChain & segments.slot(located, index));
        segments.removeAt(shape.own(hash), index);
        shape.changeSize(-1);
        if (release) {
            versions.release(item, owned);
        }
        if (foundItem == item) {
            foundItem = 0;
        }
        shape.shrink(hash);
        return true;
    }

    /** A uniformly (to within a segment's fill) chosen item, 0 when empty. It counts as found. */
    public long random(RandomGenerator random) {
        long size = size();
        if (size == 0) {
            return 0;
        }
        for (int tries = 1; ; tries++) {
            long segment = locate(random.nextLong());
            long header = segments.header(segment);
            int count = Segments.count(header);
            // A segment is hit with a chance of 2^-depth, and taken in proportion to its density, which is hardly ever
            // twice the mean.
            double density = count * (double) (1L << Segments.depth(header)) / size;
            if (count > 0 && (tries >= RANDOM_TRIES || random.nextDouble() * 2 < density)) {
                return randomOf(segment, header, random);
            }
            if (tries >= 2 * RANDOM_TRIES) {
                return first(random.nextLong());
            }
        }
    }

    private long randomOf(long segment, long header, RandomGenerator random) {
        int left = random.nextInt(Segments.count(header));
        for (int i = 0; ; i++) {
            long slot = segments.slot(segment, i);
            if (slot != 0 && left-- == 0) {
                return foundSlot(slot);
            }
        }
    }

    private long foundSlot(long slot) {
        foundItem = slot & Segments.HANDLE_MASK;
        foundHash = itemHash(memory, foundItem);
        foundChain = locatedChain & slot;
        return foundItem;
    }

    /** The first item at or after a place in the space of hashes, going round; there is one. */
    private long first(long from) {
        long hash = from;
        while (true) {
            long segment = locate(hash);
            long header = segments.header(segment);
            if (Segments.count(header) > 0) {
                for (int i = 0; ; i++) {
                    if (segments.slot(segment, i) != 0) {
                        return foundSlot(segments.slot(segment, i));
                    }
                }
            }
            hash = nextPrefix(hash, Segments.depth(header));
        }
    }

    /** What {@link #scan} and {@link #forEach} call. */
    public interface Visitor {
        /**
         * {@code owned}: whether the holder may change the item in place. Returns false to stop (forEach only). The
         * dictionary may not be changed from within.
         */
        boolean visit(long item, boolean owned);
    }

    /** The hash at which the neighbour of a segment of {@code depth} that has {@code hash} begins; 0 after the last. */
    static long nextPrefix(long hash, int depth) {
        return depth == 0 ? 0 : ((hash >>> (64 - depth)) + 1) << (64 - depth);
    }

    /**
     * One step of SCAN: visits one segment's items and returns the next cursor, 0 at the end. What is there during the
     * whole of a scan is visited at least once, whatever is added, removed or split meanwhile: cursors are positions in
     * the space of hashes. Any number is a valid cursor; of one that did not come from here the low 48 bits count.
     */
    public long scan(long cursor, Visitor visitor) {
        long hash = cursor << (64 - CURSOR_BITS);
        long segment = locate(hash);
        visitSegment(segment, visitor, false);
        return nextPrefix(hash, Segments.depth(segments.header(segment))) >>> (64 - CURSOR_BITS);
    }

    /** Visits all; the dictionary may not change meanwhile. Returns false if stopped. */
    public boolean forEach(Visitor visitor) {
        long hash = 0;
        do {
            long segment = locate(hash);
            int depth = Segments.depth(segments.header(segment));
            if (!visitSegment(segment, visitor, true)) {
                return false;
            }
            hash = nextPrefix(hash, depth);
        } while (hash != 0);
        return true;
    }

    /**
     * One step of moving the dictionary out of chunks that are being emptied ({@link Memory#vacate}): the directories and the segment at
     * {@code cursor}, and its items as {@code mover} says. Returns the next cursor, 0 at the end; cursors are those of {@link #scan}. No view may
     * be open; the root may change.
     */
    public long relocate(long cursor, Mover mover) {
        assert !versions.shared() : "a view would lose its blocks";
        foundItem = 0;
        shape.root = relocation.root(shape.root);
        long hash = cursor << (64 - CURSOR_BITS);
        int depth = relocation.step(Ref.handle(shape.root), hash, mover);
        return nextPrefix(hash, depth) >>> (64 - CURSOR_BITS);
    }

    private boolean visitSegment(long segment, Visitor visitor, boolean mayStop) {
        long chain = locatedChain;
        int capacity = Segments.capacity(segments.header(segment));
        for (int from = 0; from < capacity; from += FETCHED_AHEAD) {
            int to = Math.min(capacity, from + FETCHED_AHEAD);
            fetch(segment, from, to);
            for (int i = from; i < to; i++) {
                long slot = segments.slot(segment, i);
                if (slot != 0 && !visitor.visit(slot & Segments.HANDLE_MASK, isOwned(chain & slot)) && mayStop) {
                    return false;
                }
            }
        }
        return true;
    }

    /**
     * Reads the beginnings of some items, which lie anywhere: reads that do not depend on each other go to the memory at the same time, while each of the
     * visits would wait for its own.
     */
    private void fetch(long segment, int from, int to) {
        long words = 0;
        for (int i = from; i < to; i++) {
            long item = segments.slot(segment, i) & Segments.HANDLE_MASK;
            if (item != 0) {
                words ^= memory.getLong(item, 0);
            }
        }
        fetched = words;
    }

    /** Releases segments and root, and every item if {@code items}; takes as long as there are segments and items. */
    public void destroy(boolean items) {
        victim(!items, null).reap(Long.MAX_VALUE);
    }

    /**
     * The bound dictionary, which its holder has given up, as something to be freed piecewise; {@code items} releases
     * each item, null releases its block alone.
     */
    public Reaper.Victim victim(Reaper.@Nullable Items items) {
        return victim(false, items);
    }

    private DictVictim victim(boolean keepItems, Reaper.@Nullable Items items) {
        foundItem = 0;
        return new DictVictim(memory, versions, shape.root, shape.holderOwned, keepItems, items);
    }
}
