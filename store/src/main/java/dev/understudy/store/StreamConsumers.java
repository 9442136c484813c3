// SPDX-License-Identifier: Apache-2.0
package dev.understudy.store;

import dev.understudy.store.memory.Memory;
import dev.understudy.store.memory.Reaper;
import dev.understudy.store.memory.Tree;
import dev.understudy.wire.Bytes;
import org.jspecify.annotations.Nullable;

/**
 * The consumers of a group: one block each, in two trees, by name and by the number that pending entries hold. As with
 * {@link StreamPending}, the number tree's word on ownership counts, and it releases.
 *
 * <pre>
 * block: number | seen time, ms | active time, ms, -1 never | name length, 4 bytes | name
 * </pre>
 */
final class StreamConsumers {
    static final int SEEN = 8;
    static final int ACTIVE = 16;
    static final int NAME = 24;

    private final Memory memory;
    private final StreamOrders.ByName nameOrder = new StreamOrders.ByName(NAME);
    private final StreamOrders.ByNumber numberOrder = new StreamOrders.ByNumber();
    private final StreamIndex byName;
    private final StreamIndex byNumber;
    private final Bytes name = new Bytes();
    private byte[] nameBytes = new byte[32];

    StreamConsumers(Space space) {
        this.memory = space.memory;
        this.byName = new StreamIndex(space, nameOrder, StreamGroup.CONSUMERS);
        this.byNumber = new StreamIndex(space, numberOrder, StreamGroup.NUMBERS);
    }

    long count(long group) {
        return byName.items(group);
    }

    /** The block of the consumer with this name, 0 if there is none. */
    long find(long group, Bytes consumer) {
        nameOrder.probe(consumer);
        return byName.read(group) && byName.seekExactly(nameOrder)
                ? byName.tree().item()
                : 0;
    }

    long find(long group, long number) {
        numberOrder.probe(number);
        boolean there = byNumber.read(group) && byNumber.seekExactly(numberOrder);
        assert there : "no consumer has the number " + number;
        return byNumber.tree().item();
    }

    /** The first consumer by name, 0 if none; {@link #next} goes on until consumers change. */
    long first(long group) {
        return byName.read(group) && byName.tree().seekFirst() ? byName.tree().item() : 0;
    }

    long next() {
        return byName.tree().next() ? byName.tree().item() : 0;
    }

    /** Moves {@code into} over the consumer's name, in scratch space that the next call uses again. */
    void name(long block, Bytes into) {
        nameBytes = StreamIndex.text(memory, block, NAME, nameBytes, into);
    }

    void create(long group, long number, Bytes consumer, long seen, long active) {
        long block = memory.allocate(NAME + 4L + consumer.length);
        memory.putLong(block, 0, number);
        memory.putLong(block, SEEN, seen);
        memory.putLong(block, ACTIVE, active);
        memory.putInt(block, NAME, consumer.length);
        memory.write(block, NAME + 4L, consumer.array, consumer.offset, consumer.length);
        Tree names = byName.write(group);
        nameOrder.probe(consumer);
        names.insert(block);
        byName.keep(group);
        Tree numbers = byNumber.write(group);
        numberOrder.probe(number);
        numbers.insert(block);
        byNumber.keep(group);
    }

    /** The consumer's block, made ours for a change. */
    long own(long group, long number) {
        Tree numbers = byNumber.write(group);
        numberOrder.probe(number);
        boolean there = byNumber.seekExactly(numberOrder);
        assert there : "no consumer has the number " + number;
        long block = numbers.item();
        if (numbers.itemOwned()) {
            return block;
        }
        long copy = StreamIndex.copy(memory, block);
        seekName(group, block).replace(copy, false);
        byName.keep(group);
        numbers.replace(copy, true);
        byNumber.keep(group);
        return copy;
    }

    private Tree seekName(long group, long block) {
        name(block, name);
        Tree names = byName.write(group);
        nameOrder.probe(name);
        boolean there = byName.seekExactly(nameOrder);
        assert there : "consumer " + name + " is not known by its name";
        return names;
    }

    /** The block of a consumer moves ({@link ValueRelocation}): the tree of names follows. The old block is there still. */
    void moved(long group, long block, long copy) {
        seekName(group, block).replace(copy, false);
        byName.keep(group);
    }

    void delete(long group, long number) {
        Tree numbers = byNumber.write(group);
        numberOrder.probe(number);
        boolean there = byNumber.seekExactly(numberOrder);
        assert there : "no consumer has the number " + number;
        seekName(group, numbers.item()).remove(false);
        byName.keep(group);
        numbers.remove(true);
        byNumber.keep(group);
    }

    void destroy(long group, boolean owned, @Nullable Reaper reaper) {
        byName.destroy(group, owned, false, reaper);
        byNumber.destroy(group, owned, true, reaper);
    }

    long bytes(long group) {
        long bytes = 0;
        for (long block = first(group); block != 0; block = next()) {
            bytes += memory.capacity(block) + 2 * StreamValue.INDEX_BYTES;
        }
        return bytes;
    }
}
