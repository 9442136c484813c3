// SPDX-License-Identifier: Apache-2.0
package dev.understudy.store.memory;

import java.util.Arrays;

/**
 * The sizes of small blocks: every multiple of 8 from 16 to 128 bytes, then eight sizes per doubling up to 1 KB, four
 * up to 8 KB, and above that the sizes that divide a page of 64 KB with the least rest. Larger blocks are runs of
 * pages.
 */
final class SizeClasses {
    /** Largest small block in bytes. */
    static final int LARGEST = 32 * 1024;

    private static final int PAGE_BYTES = 64 * 1024;
    private static final int[] BYTES = sizes();
    /** Number of classes. */
    static final int COUNT = BYTES.length;

    private static final short[] BLOCKS = blocksPerPage();
    private static final byte[] BY_UNITS = classesByUnits();

    private SizeClasses() {}

    /** Class of a block of 1 to {@link #LARGEST} bytes. */
    static int of(int bytes) {
        return BY_UNITS[(bytes + 7) >>> 3];
    }

    static int bytes(int sizeClass) {
        return BYTES[sizeClass];
    }

    static int blocksPerPage(int sizeClass) {
        return BLOCKS[sizeClass];
    }

    private static int[] sizes() {
        int[] sizes = new int[64];
        int count = 0;
        for (int bytes = 16; bytes <= 128; bytes += 8) {
            sizes[count++] = bytes;
        }
        for (int doubling = 128; doubling < 8192; doubling *= 2) {
            int step = doubling / (doubling < 1024 ? 8 : 4);
            for (int bytes = doubling + step; bytes <= 2 * doubling; bytes += step) {
                sizes[count++] = bytes;
            }
        }
        for (int perPage = 7; perPage >= 2; perPage--) {
            sizes[count++] = PAGE_BYTES / perPage & ~15;
        }
        return Arrays.copyOf(sizes, count);
    }

    private static short[] blocksPerPage() {
        short[] blocks = new short[BYTES.length];
        for (int i = 0; i < blocks.length; i++) {
            blocks[i] = (short) (PAGE_BYTES / BYTES[i]);
        }
        return blocks;
    }

    private static byte[] classesByUnits() {
        byte[] classes = new byte[LARGEST / 8 + 1];
        int sizeClass = 0;
        for (int units = 0; units < classes.length; units++) {
            if (units * 8 > BYTES[sizeClass]) {
                sizeClass++;
            }
            classes[units] = (byte) sizeClass;
        }
        return classes;
    }
}
