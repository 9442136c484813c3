// SPDX-License-Identifier: Apache-2.0
package dev.understudy.store;

import dev.understudy.store.memory.Memory;
import java.util.random.RandomGenerator;

/**
 * All databases and functions of a server as one thing that can be viewed, replaced and closed as a whole. Owned by one thread at a
 * time: a loader builds it on its own thread and hands it over.
 */
public final class DataSet implements AutoCloseable {
    private final Space space;
    private final Db[] databases;
    private final Functions functions = new Functions();
    private final Compaction compaction;
    private int openViews;
    private boolean closing;

    /** @param memory becomes the data set's own and is closed with it */
    public DataSet(Memory memory, int databases, Limits limits, RandomGenerator random) {
        this.space = new Space(memory, limits, random);
        this.databases = new Db[databases];
        for (int i = 0; i < databases; i++) {
            this.databases[i] = new Db(space, i);
        }
        this.compaction = new Compaction(space, this.databases);
    }

    public int databases() {
        return databases.length;
    }

    public Db db(int index) {
        return databases[index];
    }

    public Memory memory() {
        return space.memory;
    }

    public Limits limits() {
        return space.limits;
    }

    public RandomGenerator random() {
        return space.random;
    }

    /**
     * A database beside the numbered ones for results in the making, which {@link Db#move} brings to their key; no view sees it. Who uses
     * it clears it before its command ends.
     */
    public Db results() {
        return space.results;
    }

    /** Number of keys in all databases. */
    public long size() {
        long keys = 0;
        for (Db db : databases) {
            keys += db.size();
        }
        return keys;
    }

    /** The sources of function libraries by name. */
    public Functions functions() {
        return functions;
    }

    /** Sets the 24-bit access clock for new and read entries. */
    public void accessClock(int clock) {
        space.accessClock = clock;
    }

    /** Closes all value windows: to be called between commands, so that they are reused. */
    public void closeWindows() {
        space.windows.closeAll();
    }

    /** Exchanges two databases. */
    public void swap(int first, int second) {
        space.windows.closeAll();
        Db db = databases[first];
        databases[first] = databases[second];
        databases[second] = db;
        databases[first].index(first);
        databases[second].index(second);
    }

    /**
     * Frees up to {@code budget} blocks of what was deleted lazily and of what only closed views needed; returns whether more is left. To be
     * called again and again between commands.
     */
    public boolean reap(long budget) {
        boolean more = space.versions.reclaim(budget);
        if (!space.reaper.isIdle()) {
            space.windows.closeAll();
            space.reaper.reap(budget);
        }
        return more || !space.reaper.isIdle();
    }

    /** Number of values (or whole databases) that are being freed lazily. */
    public int reaping() {
        return space.reaper.pending();
    }

    /** Bytes that only open views still need. */
    public long retainedBytes() {
        return space.versions.retainedBytes();
    }

    /** What gives back memory that was left over. */
    public Compaction compaction() {
        return compaction;
    }

    /** Takes a point-in-time view in O(1); any one thread may read it until the owner of this data set closes it. */
    public View view() {
        compaction.end();
        openViews++;
        long[] roots = new long[databases.length];
        long[] expires = new long[databases.length];
        for (int i = 0; i < roots.length; i++) {
            roots[i] = databases[i].root();
            expires[i] = databases[i].expires();
        }
        Memory reader = space.memory.reader();
        return new View(this, space.versions.open(), new Space(reader, space.limits), roots, expires, functions.all());
    }

    /** Closes a view; its reader must have finished. On the owner's thread. */
    void close(View view) {
        openViews--;
        if (closing) {
            closeMemory();
        } else {
            space.versions.retire(view.epoch());
        }
    }

    /** Whether views are open; then {@link #close} takes effect when the last of them is closed. */
    public boolean hasViews() {
        return openViews > 0;
    }

    /** Gives the memory back, as soon as no view is open any more; the data set cannot be used afterwards. */
    @Override
    public void close() {
        closing = true;
        closeMemory();
    }

    private void closeMemory() {
        if (openViews == 0) {
            space.memory.close();
        }
    }
}
