// SPDX-License-Identifier: Apache-2.0
package dev.understudy.store;

import dev.understudy.store.memory.Memory;
import dev.understudy.store.memory.Reaper;
import dev.understudy.store.memory.Tree;
import org.jspecify.annotations.Nullable;

/**
 * The pending entries (PEL) of a group: delivered, not yet acknowledged. One block each, in two trees of the group: by
 * ID, and by consumer
 * and ID, which is every consumer's own PEL at once (its length is a difference of ranks).
 *
 * <pre>
 * block: ms | seq | delivery time, ms | delivery count | consumer's number
 * </pre>
 *
 * <p>A block is in both trees from the same step on, so no view can reach it through one when it may be changed in
 * place through the other:
 * the ID tree's word on ownership counts, and the ID tree releases. Methods that take a group's block for a change need
 * one that is owned.
 */
final class StreamPending {
    static final int TIME = 16;
    static final int COUNT = 24;
    static final int OWNER = 32;
    private static final int BYTES = 40;

    /** No consumer yet: only while loading. */
    static final long NOBODY = -1;

    private final Memory memory;
    private final StreamOrders.ById idOrder = new StreamOrders.ById();
    private final StreamOrders.ByOwner ownerOrder = new StreamOrders.ByOwner();
    private final StreamIndex byId;
    private final StreamIndex byOwner;

    StreamPending(Space space) {
        this.memory = space.memory;
        this.byId = new StreamIndex(space, idOrder, StreamGroup.PENDING);
        this.byOwner = new StreamIndex(space, ownerOrder, StreamGroup.OWNED);
    }

    long count(long group) {
        return byId.items(group);
    }

    long countAssigned(long group) {
        return byOwner.items(group);
    }

    long countOf(long group, long owner) {
        if (!byOwner.read(group)) {
            return 0;
        }
        return rank(owner + 1) - rank(owner);
    }

    private long rank(long owner) {
        ownerOrder.probe(owner, 0, 0);
        Tree tree = byOwner.tree();
        return tree.seek() ? tree.index() : tree.items();
    }

    /**
     * The block of the first pending entry from this ID on, 0 if none; {@link #next} goes on until the group is
     * changed.
     */
    long seek(long group, long ms, long seq) {
        idOrder.probe(ms, seq);
        return byId.read(group) && byId.tree().seek() ? byId.tree().item() : 0;
    }

    long next() {
        return byId.tree().next() ? byId.tree().item() : 0;
    }

    /** As {@link #seek} among one consumer's entries. */
    long seekOf(long group, long owner, long ms, long seq) {
        ownerOrder.probe(owner, ms, seq);
        return byOwner.read(group) && byOwner.tree().seek() ? ofOwner(owner) : 0;
    }

    long nextOf(long owner) {
        return byOwner.tree().next() ? ofOwner(owner) : 0;
    }

    private long ofOwner(long owner) {
        long block = byOwner.tree().item();
        return memory.getLong(block, OWNER) == owner ? block : 0;
    }

    long last(long group) {
        return byId.read(group) && byId.tree().seekLast() ? byId.tree().item() : 0;
    }

    long find(long group, long ms, long seq) {
        idOrder.probe(ms, seq);
        return byId.read(group) && byId.seekExactly(idOrder) ? byId.tree().item() : 0;
    }

    /** Makes the entry pending for {@code owner}, whoever had it; {@link #NOBODY} only for a new one. */
    void put(long group, long ms, long seq, long owner, long time, long count) {
        Tree ids = byId.write(group);
        idOrder.probe(ms, seq);
        if (!byId.seekExactly(idOrder)) {
            insert(group, ms, seq, owner, time, count);
            return;
        }
        long old = ids.item();
        long block = ids.itemOwned() ? old : StreamIndex.copy(memory, old);
        long oldOwner = memory.getLong(old, OWNER);
        if (owner != oldOwner) {
            takeFromOwner(group, oldOwner, ms, seq);
            memory.putLong(block, OWNER, owner);
            giveToOwner(group, block, owner, ms, seq);
        } else if (block != old) {
            Tree owners = byOwner.write(group);
            ownerOrder.probe(owner, ms, seq);
            boolean there = byOwner.seekExactly(ownerOrder);
            assert there : "pending entry without consumer";
            owners.replace(block, false);
            byOwner.keep(group);
        }
        memory.putLong(block, TIME, time);
        memory.putLong(block, COUNT, count);
        if (block != old) {
            ids.replace(block, true);
            byId.keep(group);
        }
    }

    private void insert(long group, long ms, long seq, long owner, long time, long count) {
        long block = memory.allocate(BYTES);
        memory.putLong(block, 0, ms);
        memory.putLong(block, 8, seq);
        memory.putLong(block, TIME, time);
        memory.putLong(block, COUNT, count);
        memory.putLong(block, OWNER, owner);
        byId.tree().insert(block);
        byId.keep(group);
        giveToOwner(group, block, owner, ms, seq);
    }

    private void giveToOwner(long group, long block, long owner, long ms, long seq) {
        if (owner != NOBODY) {
            Tree owners = byOwner.write(group);
            ownerOrder.probe(owner, ms, seq);
            owners.insert(block);
            byOwner.keep(group);
        }
    }

    private void takeFromOwner(long group, long owner, long ms, long seq) {
        if (owner != NOBODY) {
            Tree owners = byOwner.write(group);
            ownerOrder.probe(owner, ms, seq);
            boolean there = byOwner.seekExactly(ownerOrder);
            assert there : "pending entry without consumer";
            owners.remove(false);
            byOwner.keep(group);
        }
    }

    /** The block of a pending entry moves ({@link ValueRelocation}): its consumer's tree follows. The old block is there still. */
    void moved(long group, long block, long copy) {
        long owner = memory.getLong(block, OWNER);
        if (owner != NOBODY) {
            Tree owners = byOwner.write(group);
            ownerOrder.probe(owner, memory.getLong(block, 0), memory.getLong(block, 8));
            boolean there = byOwner.seekExactly(ownerOrder);
            assert there : "pending entry without consumer";
            owners.replace(copy, false);
            byOwner.keep(group);
        }
    }

    /** Takes the entry out; false if it is not pending. */
    boolean remove(long group, long ms, long seq) {
        Tree ids = byId.write(group);
        idOrder.probe(ms, seq);
        if (!byId.seekExactly(idOrder)) {
            return false;
        }
        takeFromOwner(group, memory.getLong(ids.item(), OWNER), ms, seq);
        ids.remove(true);
        byId.keep(group);
        return true;
    }

    void destroy(long group, boolean owned, @Nullable Reaper reaper) {
        byOwner.destroy(group, owned, false, reaper);
        byId.destroy(group, owned, true, reaper);
    }

    /** Native bytes of the entries and, estimated, of the trees' leaves. */
    long bytes(long group) {
        return count(group) * (Memory.capacityFor(BYTES) + 2 * StreamValue.INDEX_BYTES);
    }
}
