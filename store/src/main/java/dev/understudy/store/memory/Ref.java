// SPDX-License-Identifier: Apache-2.0
package dev.understudy.store.memory;

/**
 * The word by which one native block refers to another: a 47-bit handle, and in the sign bit whether the target is
 * <em>fresh</em>.
 *
 * <p>Fresh means: made after the block that holds the word, so nobody but the present version of that block can reach
 * the target. A block may be changed in place if no view is open ({@link Versions#shared()}), or if its root and every
 * reference on the way to it is fresh; otherwise it is copied, its copy's references are no longer fresh, and the copy
 * is entered with a fresh reference above it. Zero refers to nothing.
 */
public final class Ref {
    private static final long FRESH = Long.MIN_VALUE;

    private Ref() {}

    public static long handle(long ref) {
        return ref & ~FRESH;
    }

    public static boolean isFresh(long ref) {
        return ref < 0;
    }

    public static long fresh(long handle) {
        return handle | FRESH;
    }

    /** The same target as seen from a copied block. */
    public static long stale(long ref) {
        return ref & ~FRESH;
    }

    /** The same reference to a target that has been moved to {@code handle}. */
    public static long at(long ref, long handle) {
        return ref & FRESH | handle;
    }
}
