// SPDX-License-Identifier: Apache-2.0
package dev.understudy.store;

import java.util.Map;

/**
 * A data set as it was at one moment, readable from another thread through read-only databases and value windows. One thread reads it
 * at a time; several readers take a {@link #reader} each.
 */
public final class View {
    private final DataSet owner;
    private final long epoch;
    private final Space space;
    private final long[] roots;
    private final long[] expires;
    private final Map<String, byte[]> functions;
    private final Db[] databases;

    View(DataSet owner, long epoch, Space space, long[] roots, long[] expires, Map<String, byte[]> functions) {
        this.owner = owner;
        this.epoch = epoch;
        this.space = space;
        this.roots = roots;
        this.expires = expires;
        this.functions = functions;
        this.databases = new Db[roots.length];
        for (int i = 0; i < roots.length; i++) {
            databases[i] = new Db(space, i, roots[i], expires[i]);
        }
    }

    long epoch() {
        return epoch;
    }

    public int databases() {
        return databases.length;
    }

    /** A read-only database: open, contains, size, expires, forEach, scan. */
    public Db db(int index) {
        return databases[index];
    }

    /** Number of keys in all databases. */
    public long size() {
        long keys = 0;
        for (Db db : databases) {
            keys += db.size();
        }
        return keys;
    }

    /** Function libraries, name to source. */
    public Map<String, byte[]> functions() {
        return functions;
    }

    /** Closes the value windows that reads have opened; by the reading thread, between keys. */
    public void closeWindows() {
        space.windows.closeAll();
    }

    /** The same moment for another thread; belongs to this view and needs no closing. */
    public View reader() {
        return new View(owner, epoch, new Space(space.memory.reader(), space.limits), roots, expires, functions);
    }

    /** Ends the view: what only it needed is freed. Once, on the thread that owns the data set, when all readers are done. */
    public void close() {
        owner.close(this);
    }
}
