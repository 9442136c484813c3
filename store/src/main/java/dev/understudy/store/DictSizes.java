// SPDX-License-Identifier: Apache-2.0
package dev.understudy.store;

import dev.understudy.store.memory.Dict;
import dev.understudy.store.memory.Memory;

/** Sizes of dictionaries whose items hold nothing but their own block. */
final class DictSizes {
    /**
     * Dictionaries of up to so many items are freed at once even when that may be done lazily, as LAZYFREE_THRESHOLD.
     */
    static final int FREED_AT_ONCE = 64;

    /** Bytes of segments and root per item: a slot of 8 bytes, filled to about three quarters. */
    private static final double SLOT_BYTES = 8 / 0.75;

    private long bytes;
    private long seen;

    private DictSizes() {}

    /**
     * Bytes of a dictionary with its items.
     *
     * @param samples how many items to look at for their mean size; 0 for all
     */
    static long bytes(Memory memory, Dict dict, int samples) {
        DictSizes sizes = new DictSizes();
        dict.forEach((item, owned) -> {
            sizes.bytes += memory.capacity(item);
            return ++sizes.seen != samples;
        });
        double mean = sizes.seen == 0 ? 0 : (double) sizes.bytes / sizes.seen;
        return Math.round((mean + SLOT_BYTES) * dict.size());
    }
}
