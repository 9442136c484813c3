// SPDX-License-Identifier: Apache-2.0
package dev.understudy.store.memory;

import java.util.Arrays;

/**
 * The open views of a data set, and the blocks that only they still need (one list, freed by epoch).
 *
 * <p>The protocol of views, for whoever holds a root (the keyspace):
 * <ol>
 *   <li>Beside each root it keeps the {@link #epoch()} at which the root was made or last copied.
 *   <li>To take a view it notes its roots and calls {@link #open()}; both in one step of the owning thread. Reading
 *       threads get the roots and {@link Memory#reader()} through a safe hand-over and never change anything.
 *   <li>For each change it binds the operator with {@code holderOwned = rootEpoch >= epoch()}. When the operator gives
 *       back another root, it stores that and the present epoch. Bindings do not outlive {@link #open()} and {@link
 *       #close}: bind anew.
 *   <li>A holder inside of an item (a hash in the keyspace) needs no epoch: it passes whether its item is owned, and
 *       when it copies an item it makes the copied references {@link Ref#stale}.
 *   <li>When the last reader is done, {@link #close} frees what only this view needed; {@link #retire} and {@link
 *       #reclaim} do the same in pieces, for a loop that may not stall.
 * </ol>
 *
 * <p>Confined to the thread that owns the data. Views are few (snapshots), their number is bounded by the caller; what
 * they retain is counted by {@link #retainedBytes()} and limited by the caller, who closes views.
 */
public final class Versions {
    /** Blocks of the list: next, epoch, count, handles. One list block holds handles of one epoch only. */
    private static final int NEXT = 0;

    private static final int EPOCH = 8;
    private static final int COUNT = 16;
    private static final int FIRST = 24;
    private static final int LIST_BLOCK_BYTES = 2048;
    private static final int HANDLES_PER_BLOCK = (LIST_BLOCK_BYTES - FIRST) / 8;

    private final Memory memory;
    private long epoch;
    /** Epochs of the open views, ascending. */
    private long[] open = new long[4];

    private int openCount;
    private long head;
    private long tail;
    private long retainedBytes;
    private long retainedBlocks;

    public Versions(Memory memory) {
        this.memory = memory;
    }

    /** The versions as a reader of a view sees them: nothing may be changed. */
    static Versions frozen(Memory reader) {
        Versions versions = new Versions(reader);
        versions.open();
        return versions;
    }

    /** Whether any view is open; if not, every block may be changed in place. */
    public boolean shared() {
        return openCount != 0;
    }

    /** Number of open views. */
    public int views() {
        return openCount;
    }

    /**
     * Whether a block reached through {@code ref} from a holder that may be changed in place ({@code holderOwned}) may
     * be too.
     */
    public boolean owned(long ref, boolean holderOwned) {
        return !shared() || holderOwned && Ref.isFresh(ref);
    }

    /**
     * Frees a block that the present version has replaced: at once when {@code owned}, else when the last view open now
     * is closed.
     */
    public void release(long handle, boolean owned) {
        assert handle > 0 : "not a handle: " + handle;
        if (owned || openCount == 0) {
            memory.free(handle);
        } else {
            retain(handle);
        }
    }

    private void retain(long handle) {
        retainedBytes += memory.capacity(handle);
        retainedBlocks++;
        long last = tail;
        int count = last == 0 ? HANDLES_PER_BLOCK : memory.getInt(last, COUNT);
        if (count == HANDLES_PER_BLOCK || memory.getLong(last, EPOCH) != epoch) {
            last = append();
            count = 0;
        }
        memory.putLong(last, FIRST + 8L * count, handle);
        memory.putInt(last, COUNT, count + 1);
    }

    private long append() {
        long block = memory.allocate(LIST_BLOCK_BYTES);
        memory.putLong(block, NEXT, 0);
        memory.putLong(block, EPOCH, epoch);
        memory.putInt(block, COUNT, 0);
        if (tail == 0) {
            head = block;
        } else {
            memory.putLong(tail, NEXT, block);
        }
        tail = block;
        return block;
    }

    /** Opens a view; every root counts as not fresh from now on. Returns its epoch. */
    public long open() {
        if (openCount == open.length) {
            open = Arrays.copyOf(open, openCount * 2);
        }
        open[openCount++] = ++epoch;
        return epoch;
    }

    /** Closes a view and frees all that no open view needs any longer. */
    public void close(long viewEpoch) {
        retire(viewEpoch);
        reclaim(Long.MAX_VALUE);
    }

    /** Closes a view without freeing anything: {@link #reclaim} does. */
    public void retire(long viewEpoch) {
        int index = Arrays.binarySearch(open, 0, openCount, viewEpoch);
        if (index < 0) {
            throw new IllegalArgumentException("no open view of epoch " + viewEpoch);
        }
        System.arraycopy(open, index + 1, open, index, openCount - index - 1);
        openCount--;
    }

    /**
     * Frees up to about {@code blocks} blocks that no open view needs any longer; false when there are no more of them.
     */
    public boolean reclaim(long blocks) {
        long left = blocks;
        while (head != 0 && (openCount == 0 || memory.getLong(head, EPOCH) < open[0])) {
            if (left <= 0) {
                return true;
            }
            int count = memory.getInt(head, COUNT);
            for (int i = 0; i < count; i++) {
                long handle = memory.getLong(head, FIRST + 8L * i);
                retainedBytes -= memory.capacity(handle);
                memory.free(handle);
            }
            retainedBlocks -= count;
            left -= count;
            long next = memory.getLong(head, NEXT);
            memory.free(head);
            head = next;
            if (next == 0) {
                tail = 0;
            }
        }
        return false;
    }

    /** The number of the newest view ever opened: a root made after it ({@code rootEpoch >= epoch()}) is fresh. */
    public long epoch() {
        return epoch;
    }

    /** Bytes that only views still need. */
    public long retainedBytes() {
        return retainedBytes;
    }

    /** Blocks that only views still need. */
    public long retainedBlocks() {
        return retainedBlocks;
    }
}
