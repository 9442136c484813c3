// SPDX-License-Identifier: Apache-2.0
package dev.understudy.store.memory;

import org.jspecify.annotations.Nullable;

/**
 * A dictionary being freed segment by segment in the order of hashes, each directory after its last segment, the root
 * last.
 */
final class DictVictim implements Reaper.Victim {
    private final Versions versions;
    private final Segments segments;
    private final Directories directories;
    private final Reaper.@Nullable Items items;
    private final boolean keepItems;
    private final long root;
    private final boolean rootFresh;
    /** First hash not yet done, and the slot of its segment. */
    private long hash;

    private int slot;
    private boolean done;

    DictVictim(
            Memory memory,
            Versions versions,
            long root,
            boolean holderOwned,
            boolean keepItems,
            Reaper.@Nullable Items items) {
        this.versions = versions;
        this.segments = new Segments(memory);
        this.directories = new Directories(memory);
        this.root = Ref.handle(root);
        this.rootFresh = holderOwned && Ref.isFresh(root);
        this.keepItems = keepItems;
        this.items = items;
    }

    @Override
    public boolean isDone() {
        return done;
    }

    @Override
    public long reap(long budget) {
        long released = 0;
        while (!done && released < budget) {
            released += step(budget - released);
        }
        return released;
    }

    private long step(long budget) {
        long lower = root;
        boolean lowerFresh = rootFresh;
        if (Directories.isUpper(directories.info(root))) {
            long ref = directories.child(root, hash);
            lower = Ref.handle(ref);
            lowerFresh &= Ref.isFresh(ref);
        }
        long ref = directories.child(lower, hash);
        long segment = Segments.handle(ref);
        boolean fresh = lowerFresh && Ref.isFresh(ref);
        long released = 0;
        long header = segments.header(segment);
        if (!keepItems) {
            released = releaseItems(segment, Segments.capacity(header), fresh, budget);
            if (slot < Segments.capacity(header)) {
                return released;
            }
        }
        slot = 0;
        int depth = Segments.depth(header);
        int base = Directories.base(directories.info(lower));
        release(segment, fresh);
        released++;
        hash = Dict.nextPrefix(hash, depth);
        if (lower != root && (base == 0 ? hash == 0 : hash << base == 0)) {
            release(lower, lowerFresh);
            released++;
        }
        if (hash == 0) {
            release(root, rootFresh);
            released++;
            done = true;
        }
        return released;
    }

    private long releaseItems(long segment, int capacity, boolean fresh, long budget) {
        long released = 0;
        for (; slot < capacity && released < budget; slot++) {
            long word = segments.slot(segment, slot);
            if (word != 0) {
                boolean itemFresh = fresh && Ref.isFresh(word);
                long item = word & Segments.HANDLE_MASK;
                if (items != null) {
                    items.release(item, itemFresh || !versions.shared());
                } else {
                    release(item, itemFresh);
                }
                released++;
            }
        }
        return released;
    }

    private void release(long handle, boolean fresh) {
        versions.release(handle, fresh || !versions.shared());
    }
}
