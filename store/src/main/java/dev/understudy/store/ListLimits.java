// SPDX-License-Identifier: Apache-2.0
package dev.understudy.store;

/** How large the listpacks of lists may grow: the meaning of list-max-listpack-size, as quicklistNodeLimit reads it. Immutable rules. */
final class ListLimits {
    /** Nodes limited by their number of elements still may not grow beyond this many bytes; SIZE_SAFETY_LIMIT. */
    private static final int SAFETY_BYTES = 8192;
    /** What an element is taken to need besides its text; SIZE_ESTIMATE_OVERHEAD. */
    private static final int ELEMENT_OVERHEAD = 8;

    private static final int SMALLEST_NODE_BYTES = 4096;
    private static final int SIZE_STEPS = 5;

    private ListLimits() {}

    /** Most bytes of a node by {@code fill}, {@link Long#MAX_VALUE} when it limits the number of elements. */
    static long maxBytes(int fill) {
        return fill >= 0 ? Long.MAX_VALUE : (long) SMALLEST_NODE_BYTES << Math.min(-(long) fill - 1, SIZE_STEPS - 1);
    }

    /** Most elements of a node by {@code fill}, {@link Long#MAX_VALUE} when it limits the bytes. */
    static long maxElements(int fill) {
        return fill < 0 ? Long.MAX_VALUE : Math.max(1, fill);
    }

    /** Whether a listpack of so many bytes and elements would be too large; quicklistNodeExceedsLimit. */
    static boolean exceeds(int fill, long bytes, long elements) {
        return fill < 0 ? bytes > maxBytes(fill) : bytes > SAFETY_BYTES || elements > maxElements(fill);
    }

    /** Whether a packed node may take a text of {@code more} bytes; _quicklistNodeAllowInsert. */
    static boolean allowsInsert(int fill, long bytes, long elements, long more) {
        return !exceeds(fill, bytes + more + ELEMENT_OVERHEAD, elements + 1);
    }

    /** Bytes to which a node's block may be made in advance: elements beyond would not be put into it. */
    static long roomBytes(int fill) {
        return fill < 0 ? maxBytes(fill) : SAFETY_BYTES;
    }
}
