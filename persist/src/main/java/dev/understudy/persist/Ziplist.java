// SPDX-License-Identifier: Apache-2.0
package dev.understudy.persist;

import dev.understudy.wire.Bytes;
import dev.understudy.wire.Numbers;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import org.jspecify.annotations.Nullable;

/**
 * Reads ziplists, the packed lists of Redis before 7.0 (ziplist.c), one after the other with one instance. Only what
 * has passed {@link #validate} may be walked.
 *
 * <pre>
 * | bytes: 4 LE | offset of the last entry: 4 LE | entries: 2 LE, 65535 = unknown | entry ... | FF |
 *
 * entry: | size of the entry before: 1 byte, or FE and 4 LE | encoding | data |
 *
 *   00pppppp                 string of 0 to 63 bytes
 *   01pppppp q               string of 0 to 16383 bytes
 *   10______ and 4 BE        string of a 32-bit length
 *   C0, D0, E0, F0, FE       integer of 2, 4, 8, 3, 1 bytes LE
 *   F1 to FD                 integer 0 to 12
 * </pre>
 */
final class Ziplist {
    private static final int HEADER_BYTES = 10;
    private static final int END = 0xFF;
    private static final int COUNT_UNKNOWN = 65535;
    private static final VarHandle SHORT = MethodHandles.byteArrayViewVarHandle(short[].class, ByteOrder.LITTLE_ENDIAN);
    private static final VarHandle INT = MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);
    private static final VarHandle LONG = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
    private static final VarHandle INT_BE = MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.BIG_ENDIAN);

    private byte[] bytes = new byte[0];
    private int at;
    private final byte[] digits = new byte[Numbers.LONG_TEXT_MAX];

    /** Begins at the first entry; returns this. */
    Ziplist over(Bytes ziplist) {
        assert validate(ziplist) == null;
        bytes = ziplist.array;
        at = ziplist.offset + HEADER_BYTES;
        return this;
    }

    boolean hasNext() {
        return (bytes[at] & 0xFF) != END;
    }

    /**
     * Moves {@code into} over the next entry's text: a window into the ziplist or, for integers, into an array that the
     * next call uses again.
     */
    Bytes next(Bytes into) {
        int encodingAt = at + prevlenBytes(bytes, at);
        int first = bytes[encodingAt] & 0xFF;
        int header = headerBytes(first);
        int data = encodingAt + header;
        int length = (int) dataBytes(bytes, encodingAt);
        at = data + length;
        if (first < 0xC0) {
            return into.set(bytes, data, length);
        }
        return into.set(digits, 0, Numbers.write(integer(first, data), digits, 0));
    }

    private long integer(int first, int data) {
        return switch (first) {
            case 0xC0 -> (short) SHORT.get(bytes, data);
            case 0xD0 -> (int) INT.get(bytes, data);
            case 0xE0 -> (long) LONG.get(bytes, data);
            case 0xF0 -> (bytes[data + 2] << 16) | (bytes[data + 1] & 0xFF) << 8 | bytes[data] & 0xFF;
            case 0xFE -> bytes[data];
            default -> (first & 0x0F) - 1;
        };
    }

    /** Number of entries of a valid ziplist. */
    static int count(Bytes ziplist) {
        int declared = (short) SHORT.get(ziplist.array, ziplist.offset + 8) & 0xFFFF;
        if (declared != COUNT_UNKNOWN) {
            return declared;
        }
        int count = 0;
        int position = ziplist.offset + HEADER_BYTES;
        while ((ziplist.array[position] & 0xFF) != END) {
            int encodingAt = position + prevlenBytes(ziplist.array, position);
            int first = ziplist.array[encodingAt] & 0xFF;
            position = encodingAt + headerBytes(first) + (int) dataBytes(ziplist.array, encodingAt);
            count++;
        }
        return count;
    }

    /**
     * Why these bytes are no ziplist, null if they are one. Never throws; looks at every entry
     * (ziplistValidateIntegrity, deep).
     */
    static @Nullable String validate(Bytes ziplist) {
        byte[] a = ziplist.array;
        int offset = ziplist.offset;
        int length = ziplist.length;
        if (length < HEADER_BYTES + 1) {
            return "ziplist too short";
        }
        if ((int) INT.get(a, offset) != length) {
            return "ziplist total bytes differ from its size";
        }
        int end = offset + length - 1;
        if ((a[end] & 0xFF) != END) {
            return "ziplist without end byte";
        }
        long tail = (int) INT.get(a, offset + 4) & 0xFFFF_FFFFL;
        if (tail < HEADER_BYTES || tail > length - 1) {
            return "ziplist tail offset beyond the end";
        }
        return validateEntries(a, offset, end, (int) tail);
    }

    private static @Nullable String validateEntries(byte[] a, int offset, int end, int tail) {
        int count = 0;
        int position = offset + HEADER_BYTES;
        int before = position;
        long sizeBefore = 0;
        while (position < end) {
            long size = checkedBytes(a, position, end);
            if (size < 0 || size > end - position) {
                return "ziplist entry beyond the end or of invalid encoding";
            }
            if (prevlen(a, position) != sizeBefore) {
                return "ziplist entry with wrong length of the one before";
            }
            before = position;
            sizeBefore = size;
            position += (int) size;
            count++;
        }
        if (tail != before - offset) {
            return "ziplist tail offset is not the last entry's";
        }
        int declared = (short) SHORT.get(a, offset + 8) & 0xFFFF;
        return declared == COUNT_UNKNOWN || declared == count ? null : "ziplist entry count differs from its header";
    }

    /** Size of the entry, reading nothing from {@code end} on; -1 if malformed or cut off. */
    private static long checkedBytes(byte[] a, int position, int end) {
        int prevlen = prevlenBytes(a, position);
        int encodingAt = position + prevlen;
        // A first byte FF would be an end byte in the middle.
        if ((a[position] & 0xFF) == END || encodingAt >= end) {
            return -1;
        }
        int first = a[encodingAt] & 0xFF;
        int header = headerBytes(first);
        if (header == 0 || encodingAt + header > end) {
            return -1;
        }
        return prevlen + header + dataBytes(a, encodingAt);
    }

    private static int prevlenBytes(byte[] a, int position) {
        return (a[position] & 0xFF) < 0xFE ? 1 : 5;
    }

    private static long prevlen(byte[] a, int position) {
        int first = a[position] & 0xFF;
        return first < 0xFE ? first : (int) INT.get(a, position + 1) & 0xFFFF_FFFFL;
    }

    /** Bytes of the encoding, 0 if it is none. */
    private static int headerBytes(int first) {
        return switch (first >> 6) {
            case 0 -> 1;
            case 1 -> 2;
            case 2 -> 5;
            default -> integerBytes(first) < 0 ? 0 : 1;
        };
    }

    private static long dataBytes(byte[] a, int encodingAt) {
        int first = a[encodingAt] & 0xFF;
        return switch (first >> 6) {
            case 0 -> first;
            case 1 -> (first & 0x3F) << 8 | a[encodingAt + 1] & 0xFF;
            case 2 -> (int) INT_BE.get(a, encodingAt + 1) & 0xFFFF_FFFFL;
            default -> integerBytes(first);
        };
    }

    private static int integerBytes(int first) {
        return switch (first) {
            case 0xC0 -> 2;
            case 0xD0 -> 4;
            case 0xE0 -> 8;
            case 0xF0 -> 3;
            case 0xFE -> 1;
            default -> first >= 0xF1 && first <= 0xFD ? 0 : -1;
        };
    }
}
