// SPDX-License-Identifier: Apache-2.0
package dev.understudy.store;

import dev.understudy.store.memory.Memory;
import dev.understudy.store.memory.Reaper;
import dev.understudy.store.memory.Tree;
import dev.understudy.wire.Bytes;
import org.jspecify.annotations.Nullable;

/**
 * A window over one consumer group of an open stream: what it has read, its consumers and its pending entries (PEL).
 * Reused: valid until
 * another group of the same stream is opened, or this one is destroyed. Confined to the thread of the stream's window.
 *
 * <p>Consumers are named by numbers, stable as long as they exist. The walks over consumers and over pending entries
 * ({@code first...},
 * {@code seek...}, {@code next...}) leave a consumer or entry <em>present</em>, of which the other methods tell; a
 * change ends a walk, which
 * has to be begun again behind the last ID.
 *
 * <pre>
 * block: last ms | last seq | entries read, -1 unknown | next consumer's number | pending by ID | pending by consumer
 *        | consumers by name | consumers by number | name length, 4 bytes | name
 * (pending and consumers are references of trees)
 * </pre>
 */
public final class StreamGroup {
    /** Entries read, when that is not known (SCG_INVALID_ENTRIES_READ). */
    public static final long UNKNOWN = -1;
    /** No such consumer; as owner, only while loading. */
    public static final long NOBODY = StreamPending.NOBODY;

    static final int READ = 16;
    static final int NEXT_NUMBER = 24;
    static final int PENDING = 32;
    static final int OWNED = 40;
    static final int CONSUMERS = 48;
    static final int NUMBERS = 56;
    static final int NAME = 64;

    private final StreamValue stream;
    private final Space space;
    private final Memory memory;
    private final StreamPending pending;
    private final StreamConsumers consumers;
    private final Bytes name = new Bytes();
    private byte[] nameBytes = new byte[32];
    /** The group's block. */
    private long block;
    /** Blocks of the present pending entry and consumer. */
    private long entry;

    private long consumer;

    StreamGroup(StreamValue stream, Space space) {
        this.stream = stream;
        this.space = space;
        this.memory = space.memory;
        this.pending = new StreamPending(space);
        this.consumers = new StreamConsumers(space);
    }

    StreamGroup open(long groupBlock) {
        block = groupBlock;
        nameBytes = StreamIndex.text(memory, groupBlock, NAME, nameBytes, name);
        return this;
    }

    static long create(Memory memory, Bytes name, StreamId last, long entriesRead) {
        long block = memory.allocate(NAME + 4L + name.length);
        memory.putLong(block, 0, last.ms);
        memory.putLong(block, 8, last.seq);
        memory.putLong(block, READ, entriesRead);
        memory.putLong(block, NEXT_NUMBER, 0);
        for (int at = PENDING; at <= NUMBERS; at += 8) {
            memory.putLong(block, at, 0);
        }
        memory.putInt(block, NAME, name.length);
        memory.write(block, NAME + 4L, name.array, name.offset, name.length);
        return block;
    }

    static long copy(Memory memory, long block) {
        return StreamIndex.copy(memory, block, PENDING, OWNED, CONSUMERS, NUMBERS);
    }

    /** Releases all that the group's block refers to. */
    void destroy(long groupBlock, boolean owned, @Nullable Reaper reaper) {
        pending.destroy(groupBlock, owned, reaper);
        consumers.destroy(groupBlock, owned, reaper);
    }

    /** Makes the group's block safe to change in place; returns it. */
    private long own() {
        long holder = stream.write();
        if (space.versions.shared()) {
            block = stream.ownGroup(holder, name);
        }
        return block;
    }

    // ---- the group itself

    /** The group's name; the bytes are this window's, until it is opened on another group. */
    public Bytes name() {
        return name;
    }

    /** Puts the last delivered ID into {@code into}; returns it. */
    public StreamId lastId(StreamId into) {
        return into.set(memory.getLong(block, 0), memory.getLong(block, 8));
    }

    public void setLastId(StreamId id) {
        long at = own();
        memory.putLong(at, 0, id.ms);
        memory.putLong(at, 8, id.seq);
    }

    /** Number of entries ever added up to the last delivered one, {@link #UNKNOWN} if it cannot be told. */
    public long entriesRead() {
        return memory.getLong(block, READ);
    }

    public void setEntriesRead(long count) {
        memory.putLong(own(), READ, count);
    }

    // ---- consumers

    public long consumerCount() {
        return consumers.count(block);
    }

    /** The consumer's number, {@link #NOBODY} if there is none of that name. */
    public long consumer(Bytes consumerName) {
        long found = consumers.find(block, consumerName);
        return found == 0 ? NOBODY : memory.getLong(found, 0);
    }

    /**
     * Adds a consumer, whose name must be new; returns its number.
     *
     * @param seenMillis when it last tried to do something
     * @param activeMillis when it last got something, -1 for never
     */
    public long createConsumer(Bytes consumerName, long seenMillis, long activeMillis) {
        long at = own();
        long number = memory.getLong(at, NEXT_NUMBER);
        memory.putLong(at, NEXT_NUMBER, number + 1);
        consumers.create(at, number, consumerName, seenMillis, activeMillis);
        return number;
    }

    /** Deletes the consumer with its pending entries; returns their number. */
    public long deleteConsumer(long number) {
        long at = own();
        long removed = 0;
        for (long nack = pending.seekOf(at, number, 0, 0); nack != 0; nack = pending.seekOf(at, number, 0, 0)) {
            pending.remove(at, memory.getLong(nack, 0), memory.getLong(nack, 8));
            removed++;
        }
        consumers.delete(at, number);
        return removed;
    }

    /** Goes to the first consumer in the order of names; false if there is none. */
    public boolean firstConsumer() {
        consumer = consumers.first(block);
        return consumer != 0;
    }

    public boolean nextConsumer() {
        consumer = consumers.next();
        return consumer != 0;
    }

    /** Makes the consumer with this number the present one. */
    public StreamGroup at(long number) {
        consumer = consumers.find(block, number);
        return this;
    }

    public long consumerNumber() {
        return memory.getLong(consumer, 0);
    }

    /** Moves {@code into} over the present consumer's name; valid until this window is asked for another one. */
    public Bytes consumerName(Bytes into) {
        consumers.name(consumer, into);
        return into;
    }

    public long seenMillis() {
        return memory.getLong(consumer, StreamConsumers.SEEN);
    }

    /** -1 if the consumer never got anything. */
    public long activeMillis() {
        return memory.getLong(consumer, StreamConsumers.ACTIVE);
    }

    public void seen(long number, long millis) {
        memory.putLong(consumers.own(own(), number), StreamConsumers.SEEN, millis);
    }

    public void active(long number, long millis) {
        memory.putLong(consumers.own(own(), number), StreamConsumers.ACTIVE, millis);
    }

    // ---- pending entries

    public long pendingCount() {
        return pending.count(block);
    }

    /** Pending entries of one consumer. */
    public long pendingCount(long number) {
        return pending.countOf(block, number);
    }

    /** Goes to the first pending entry from {@code ms-seq} on; false if there is none. */
    public boolean seekPending(long ms, long seq) {
        entry = pending.seek(block, ms, seq);
        return entry != 0;
    }

    public boolean nextPending() {
        entry = pending.next();
        return entry != 0;
    }

    public boolean lastPending() {
        entry = pending.last(block);
        return entry != 0;
    }

    /** Goes to the first pending entry of a consumer from {@code ms-seq} on; false if there is none. */
    public boolean seekPendingOf(long number, long ms, long seq) {
        entry = pending.seekOf(block, number, ms, seq);
        return entry != 0;
    }

    /** The next one of the consumer that {@link #seekPendingOf} was called with. */
    public boolean nextPendingOf(long number) {
        entry = pending.nextOf(number);
        return entry != 0;
    }

    /** Goes to the pending entry with exactly this ID; false if it is not pending. */
    public boolean findPending(long ms, long seq) {
        entry = pending.find(block, ms, seq);
        return entry != 0;
    }

    public long pendingMs() {
        return memory.getLong(entry, 0);
    }

    public long pendingSeq() {
        return memory.getLong(entry, 8);
    }

    /** When the present pending entry was last delivered, ms since the epoch. */
    public long deliveryMillis() {
        return memory.getLong(entry, StreamPending.TIME);
    }

    public long deliveryCount() {
        return memory.getLong(entry, StreamPending.COUNT);
    }

    /** Number of the consumer that has the present pending entry. */
    public long owner() {
        return memory.getLong(entry, StreamPending.OWNER);
    }

    /** Makes an entry pending for a consumer, or changes the delivery of one that is, whoever had it. */
    public void deliver(long ms, long seq, long number, long deliveryMillis, long deliveryCount) {
        pending.put(own(), ms, seq, number, deliveryMillis, deliveryCount);
    }

    /** Takes the entry out of the pending ones; false if it is not among them. */
    public boolean acknowledge(long ms, long seq) {
        if (pending.find(block, ms, seq) == 0) {
            return false;
        }
        return pending.remove(own(), ms, seq);
    }

    // ---- loading

    /** Adds a pending entry that no consumer has yet; false if there is one with this ID. */
    public boolean loadPending(long ms, long seq, long deliveryMillis, long deliveryCount) {
        if (pending.find(block, ms, seq) != 0) {
            return false;
        }
        pending.put(own(), ms, seq, NOBODY, deliveryMillis, deliveryCount);
        return true;
    }

    /** Gives a loaded pending entry to its consumer; false if it is not pending, or has one. */
    public boolean assignPending(long ms, long seq, long number) {
        if (!findPending(ms, seq) || owner() != NOBODY) {
            return false;
        }
        deliver(ms, seq, number, deliveryMillis(), deliveryCount());
        return true;
    }

    /** Whether every pending entry has a consumer, as must be after loading. */
    public boolean allAssigned() {
        return pending.count(block) == pending.countAssigned(block);
    }

    // ---- copying and measuring

    void copyTo(StreamGroup target) {
        Bytes text = new Bytes();
        for (boolean more = firstConsumer(); more; more = nextConsumer()) {
            long from = consumerNumber();
            long to = target.createConsumer(consumerName(text), seenMillis(), activeMillis());
            for (boolean left = seekPendingOf(from, 0, 0); left; left = nextPendingOf(from)) {
                target.deliver(pendingMs(), pendingSeq(), to, deliveryMillis(), deliveryCount());
            }
        }
    }

    long bytes() {
        return memory.capacity(block) + pending.bytes(block) + consumers.bytes(block);
    }

    /** The tree's change of ownership of a group's block; see {@link StreamValue#ownGroup}. */
    static long own(Memory memory, Tree groups) {
        long old = groups.item();
        if (groups.itemOwned()) {
            return old;
        }
        long copy = copy(memory, old);
        groups.replace(copy, true);
        return copy;
    }
}
