// SPDX-License-Identifier: Apache-2.0
package dev.understudy.persist;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * The checksum of RDB files and DUMP payloads: CRC-64 with the Jones polynomial 0xad93d23594c935a9, reflected, initial
 * value 0, no final exclusive or (crc64.c). Sixteen bytes at a time; stateless, any thread.
 */
public final class Crc64 {
    private static final long REFLECTED_POLYNOMIAL = 0x95ac9329ac4bc9b5L;
    private static final int SLICES = 16;
    private static final VarHandle LONG = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
    /** SLICE[k][b] is the checksum of the byte b followed by k zero bytes. */
    private static final long[][] SLICE = slices();

    private Crc64() {}

    private static long[][] slices() {
        long[][] slices = new long[SLICES][256];
        for (int b = 0; b < 256; b++) {
            long crc = b;
            for (int bit = 0; bit < 8; bit++) {
                crc = (crc >>> 1) ^ ((crc & 1) != 0 ? REFLECTED_POLYNOMIAL : 0);
            }
            slices[0][b] = crc;
        }
        for (int k = 1; k < SLICES; k++) {
            for (int b = 0; b < 256; b++) {
                long crc = slices[k - 1][b];
                slices[k][b] = (crc >>> 8) ^ slices[0][(int) crc & 0xFF];
            }
        }
        return slices;
    }

    /** The checksum of all bytes that gave {@code crc} (0 for none) and of these {@code length} bytes behind them. */
    public static long update(long crc, byte[] bytes, int offset, int length) {
        int at = offset;
        int end = offset + length;
        long result = crc;
        for (; at <= end - SLICES; at += SLICES) {
            long low = result ^ (long) LONG.get(bytes, at);
            long high = (long) LONG.get(bytes, at + 8);
            result = eight(low, 8) ^ eight(high, 0);
        }
        for (; at < end; at++) {
            result = (result >>> 8) ^ SLICE[0][(int) (result ^ bytes[at]) & 0xFF];
        }
        return result;
    }

    /** The share of eight bytes, of which the last is followed by {@code behind} bytes. */
    private static long eight(long word, int behind) {
        return SLICE[behind + 7][(int) word & 0xFF]
                ^ SLICE[behind + 6][(int) (word >>> 8) & 0xFF]
                ^ SLICE[behind + 5][(int) (word >>> 16) & 0xFF]
                ^ SLICE[behind + 4][(int) (word >>> 24) & 0xFF]
                ^ SLICE[behind + 3][(int) (word >>> 32) & 0xFF]
                ^ SLICE[behind + 2][(int) (word >>> 40) & 0xFF]
                ^ SLICE[behind + 1][(int) (word >>> 48) & 0xFF]
                ^ SLICE[behind][(int) (word >>> 56)];
    }
}
