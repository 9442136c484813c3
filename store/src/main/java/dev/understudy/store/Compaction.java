// SPDX-License-Identifier: Apache-2.0
package dev.understudy.store;

import dev.understudy.store.memory.Dict;
import dev.understudy.store.memory.Memory;
import dev.understudy.store.memory.Mover;
import dev.understudy.wire.Bytes;
import java.util.ArrayDeque;

/**
 * Gives back memory that is left over when much has been deleted: closes the sparsest chunks to new blocks and walks over the whole data set,
 * moving what lies in them to the others. A little at a time, between commands (activedefrag of Redis does the same by asking its allocator).
 *
 * <p>It neither waits for views nor works beside them: a block that a view may see cannot go before the view, so a pass ends when one is
 * opened, and the next begins when the last is closed; what has been moved stays moved. Keys that are added, changed and deleted meanwhile need no
 * care: what is new lies in other chunks, and the walk is that of SCAN. What a pass misses lies in a chunk that the next one chooses.
 *
 * <p>Owned by the thread that owns the data set.
 */
public final class Compaction {
    private final Space space;
    private final Memory memory;
    /** By number; SWAPDB exchanges them. */
    private final Db[] databases;

    private final Dict keys;
    private final ValueRelocation values;
    private final Mover entries = this::moveEntry;
    /** Large values of the segment that was walked last, which are moved in steps of their own. */
    private final ArrayDeque<Large> later = new ArrayDeque<>();

    private boolean running;
    private int database;
    private boolean inExpiries;
    private long cursor;
    private long keysMoved;
    private long keysLeft;

    private record Large(Db db, Bytes key, long hash) {}

    Compaction(Space space, Db[] databases) {
        this.space = space;
        this.memory = space.memory;
        this.databases = databases;
        this.keys = new Dict(memory, space.versions);
        this.values = new ValueRelocation(space);
    }

    /** Whether so much is wasted that a pass should begin, and nothing is in its way. */
    public boolean isDue() {
        return !running && !space.versions.shared() && space.reaper.isIdle() && memory.isSparse();
    }

    /** Begins a pass; no view may be open. Returns how many chunks it is to empty, 0 if there is nothing to gain. */
    public int begin() {
        assert !running && !space.versions.shared();
        int chunks = memory.vacate();
        running = chunks > 0;
        database = 0;
        inExpiries = false;
        cursor = 0;
        values.begin();
        return chunks;
    }

    public boolean isRunning() {
        return running;
    }

    /**
     * Goes on for about {@code budget} times 100 ns: one value of a megabyte takes some 200 us by itself, what is in one block is moved at
     * once. Between commands, on the owner's thread. Returns whether there is more to do; the end of memory is one too.
     */
    public boolean step(long budget) {
        if (!running) {
            return false;
        }
        space.windows.closeAll();
        long end = values.work + budget;
        try {
            while (running && values.work < end) {
                advance();
            }
        } catch (OutOfMemoryError refused) {
            // A block is copied before anything refers to the copy, so nothing is half done; a server short of memory
            // goes on without this.
            end();
        }
        return running;
    }

    /** Ends the pass; chunks that are not empty by now take blocks again. */
    void end() {
        if (running) {
            running = false;
            later.clear();
            memory.settle();
        }
    }

    private void advance() {
        Large large = later.peek();
        if (large != null) {
            advance(large);
        } else if (database == databases.length) {
            end();
        } else {
            advance(databases[database]);
        }
    }

    private void advance(Large large) {
        long root = large.db.root;
        long entry = root == 0 ? 0 : keys.bind(root, true).find(large.key, large.hash);
        if (entry == 0 || values.step(entry)) {
            later.poll();
            values.begin();
        }
    }

    private void advance(Db db) {
        values.work++;
        long root = inExpiries ? db.expiriesRoot : db.root;
        if (root == 0) {
            cursor = 0;
        } else if (inExpiries) {
            try {
                cursor = keys.bind(root, true).relocate(cursor, Mover.NONE);
            } finally {
                db.expiriesRoot = keys.root();
            }
        } else {
            try {
                cursor = keys.bind(root, true).relocate(cursor, entries);
            } finally {
                db.root = keys.root();
            }
        }
        if (cursor == 0) {
            database += inExpiries ? 1 : 0;
            inExpiries = !inExpiries;
        }
    }

    /** First what the entry refers to, then its own block: so whatever lacks memory, the segment's reference to the entry is right. */
    private long moveEntry(long entry) {
        values.work++;
        if (values.isSmall(entry)) {
            values.begin();
            while (!values.step(entry)) {
                // A segment or a leaf at a time.
            }
        } else {
            Bytes key = Bytes.of(Entry.key(memory, entry));
            later.add(new Large(databases[database], key, Dict.hash(key)));
        }
        if (!memory.isLeaving(entry)) {
            keysLeft++;
            return entry;
        }
        long block = values.copyOf(entry);
        if (Entry.expireAt(memory, entry) >= 0) {
            // No view sees the expiries, so the root stays.
            long root = databases[database].expiriesRoot;
            space.expiries.bind(root, true).replace(entry, block, Dict.itemHash(memory, entry), false);
        }
        memory.free(entry);
        keysMoved++;
        return block;
    }

    // ---- statistics, since the data set was made

    /** Blocks moved. */
    public long moved() {
        return values.moved;
    }

    /** Blocks looked at that lie well: items of values and entries. */
    public long left() {
        return values.left + keysLeft;
    }

    /** Keys whose own block was moved. */
    public long keysMoved() {
        return keysMoved;
    }

    /** Keys whose own block lies well. */
    public long keysLeft() {
        return keysLeft;
    }
}
