// SPDX-License-Identifier: Apache-2.0
package dev.understudy.store.memory;

/** Says where an item of a {@link Dict} or {@link Tree} is to lie while chunks are being emptied ({@link Memory#vacate}). */
@FunctionalInterface
public interface Mover {
    /** Leaves items where they are: somebody else moves them. */
    Mover NONE = item -> item;

    /** Returns {@code item}, or the block that it has been moved to, which is equal to it. */
    long move(long item);
}
