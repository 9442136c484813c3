// SPDX-License-Identifier: Apache-2.0
package dev.understudy.server;

import java.util.zip.CRC32C;

/**
 * A piece of an encoded snapshot, never changed while a reader can reach it. All pieces of a pass but its last have one size.
 *
 * @param bytes holds the piece, from its first byte on
 * @param length of the piece in bytes, 1 and up
 * @param begin its place in the snapshot, 0 and up
 * @param sumBefore sum of everything before the piece ({@link #sum})
 * @param sumAfter sum of everything up to its end
 */
record TransferPiece(byte[] bytes, int length, long begin, long sumBefore, long sumAfter) {
    long end() {
        return begin + length;
    }

    /**
     * Continues a sum over all bytes of a snapshot, 0 at its beginning. It tells two encodings of one view apart where a reader changes from one to
     * the other; against damage on the way there is the snapshot's own checksum.
     */
    static long sum(long before, byte[] bytes, int length) {
        CRC32C crc = new CRC32C();
        crc.update((int) before);
        crc.update((int) (before >>> 8));
        crc.update((int) (before >>> 16));
        crc.update((int) (before >>> 24));
        crc.update(bytes, 0, length);
        return crc.getValue();
    }
}
