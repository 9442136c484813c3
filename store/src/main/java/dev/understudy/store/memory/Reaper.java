// SPDX-License-Identifier: Apache-2.0
package dev.understudy.store.memory;

import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/**
 * Frees large structures piecewise, as the background work of the owning thread (lazy freeing: UNLINK, FLUSHALL ASYNC,
 * expiry of large values). The queue is bounded by what it holds: each victim is a structure that was in the data set.
 */
public final class Reaper {
    /** A structure cut off from the present version that gives its blocks back in steps. */
    public interface Victim {
        /**
         * Releases up to about {@code budget} blocks, at least one, and returns how many; fewer than {@code budget}
         * does not mean the end.
         */
        long reap(long budget);

        boolean isDone();
    }

    /** How to release an item that holds more than its own block. */
    public interface Items {
        /**
         * Releases the item and what it refers to, or hands that to a reaper. {@code owned} as in {@link
         * Versions#release}.
         */
        void release(long item, boolean owned);
    }

    private final ArrayDeque<Victim> victims = new ArrayDeque<>();
    private @Nullable Victim current;

    /** Takes a victim in; its holder may not use it any longer. */
    public void add(Victim victim) {
        if (current == null) {
            current = victim;
        } else {
            victims.add(victim);
        }
    }

    /** Whether there is nothing to do. */
    public boolean isIdle() {
        return current == null;
    }

    /** Number of structures waiting, the one being freed included. */
    public int pending() {
        return current == null ? 0 : victims.size() + 1;
    }

    /** Releases about {@code budget} blocks; returns how many, less than {@code budget} only when all is done. */
    public long reap(long budget) {
        long released = 0;
        while (released < budget) {
            Victim victim = current;
            if (victim == null) {
                break;
            }
            released += victim.reap(budget - released);
            if (victim.isDone()) {
                current = victims.poll();
            }
        }
        return released;
    }
}
