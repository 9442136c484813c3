// SPDX-License-Identifier: Apache-2.0
package dev.understudy.store.encoding;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import org.jspecify.annotations.Nullable;

/**
 * What editor, view and validator know of the listpack format (listpack.c).
 *
 * <pre>
 * | total bytes: 4 LE | elements: 2 LE, 65535 = unknown | element ... | FF |
 *
 * element: | first byte and data | backlen: size of first byte and data, base 128, to be read from right to left |
 *
 *   0xxxxxxx                 integer 0 to 127
 *   10xxxxxx                 string of 0 to 63 bytes
 *   110xxxxx y               integer -4096 to 4095
 *   1110xxxx y               string of 0 to 4095 bytes
 *   F0 llll                  string of a 32-bit length
 *   F1, F2, F3, F4           integer of 2, 3, 4, 8 bytes LE
 * </pre>
 */
final class ListpackFormat {
    static final int HEADER = 6;
    static final int EMPTY_TOTAL = HEADER + 1;
    static final int COUNT_UNKNOWN = 65535;
    static final byte END = (byte) 0xFF;
    static final int STRING_32 = 0xF0;

    static final VarHandle SHORT = MethodHandles.byteArrayViewVarHandle(short[].class, ByteOrder.LITTLE_ENDIAN);
    static final VarHandle INT = MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);
    static final VarHandle LONG = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

    private ListpackFormat() {}

    /**
     * Bytes of the backlen of an element of {@code size} bytes; the limits are one too low, as lpEncodeBacklen has
     * them.
     */
    static int backlenBytes(long size) {
        if (size <= 127) {
            return 1;
        }
        if (size < 16383) {
            return 2;
        }
        if (size < 2097151) {
            return 3;
        }
        return size < 268435455 ? 4 : 5;
    }

    /** Bytes of an integer without backlen. */
    static int integerBytes(long value) {
        if (value >= 0 && value <= 127) {
            return 1;
        }
        if (value >= -4096 && value <= 4095) {
            return 2;
        }
        if (value == (short) value) {
            return 3;
        }
        if (value >= -8388608 && value <= 8388607) {
            return 4;
        }
        return value == (int) value ? 5 : 9;
    }

    /** Bytes before the text of a string. */
    static int stringHeaderBytes(int length) {
        if (length < 64) {
            return 1;
        }
        return length < 4096 ? 2 : 5;
    }

    static boolean isInteger(int first) {
        return (first & 0x80) == 0 || (first & 0xE0) == 0xC0 || (first & 0xFF) > STRING_32;
    }

    /** Bytes of an integer element without backlen, told by its first byte; 0 if it is not an integer's. */
    static int integerBytesByFirst(int first) {
        if ((first & 0x80) == 0) {
            return 1;
        }
        if ((first & 0xE0) == 0xC0) {
            return 2;
        }
        return switch (first & 0xFF) {
            case 0xF1 -> 3;
            case 0xF2 -> 4;
            case 0xF3 -> 5;
            case 0xF4 -> 9;
            default -> 0;
        };
    }

    /** Writes an integer without backlen; returns the bytes written. */
    static int putInteger(byte[] target, int at, long value) {
        int size = integerBytes(value);
        switch (size) {
            case 1 -> target[at] = (byte) value;
            case 2 -> {
                target[at] = (byte) (0xC0 | value >> 8 & 0x1F);
                target[at + 1] = (byte) value;
            }
            case 3 -> {
                target[at] = (byte) 0xF1;
                SHORT.set(target, at + 1, (short) value);
            }
            case 4 -> {
                target[at] = (byte) 0xF2;
                target[at + 1] = (byte) value;
                target[at + 2] = (byte) (value >> 8);
                target[at + 3] = (byte) (value >> 16);
            }
            case 5 -> {
                target[at] = (byte) 0xF3;
                INT.set(target, at + 1, (int) value);
            }
            default -> {
                target[at] = (byte) 0xF4;
                LONG.set(target, at + 1, value);
            }
        }
        return size;
    }

    /** Writes the bytes before a string's text; returns how many. */
    static int putStringHeader(byte[] target, int at, int length) {
        int size = stringHeaderBytes(length);
        switch (size) {
            case 1 -> target[at] = (byte) (0x80 | length);
            case 2 -> {
                target[at] = (byte) (0xE0 | length >> 8);
                target[at + 1] = (byte) length;
            }
            default -> {
                target[at] = (byte) STRING_32;
                INT.set(target, at + 1, length);
            }
        }
        return size;
    }

    /** Writes the backlen of an element of {@code size} bytes; returns the bytes written. */
    static int putBacklen(byte[] target, int at, int size) {
        int bytes = backlenBytes(size);
        int rest = size;
        for (int i = bytes - 1; i >= 0; i--) {
            target[at + i] = (byte) (rest & 127 | (i > 0 ? 128 : 0));
            rest >>>= 7;
        }
        return bytes;
    }

    /** The backlen whose last byte is at {@code at}, reading no further left than {@code floor}; -1 if malformed. */
    static long backlen(byte[] a, int at, int floor) {
        long value = 0;
        for (int shift = 0, i = at; shift < 35 && i >= floor; shift += 7, i--) {
            value |= (long) (a[i] & 127) << shift;
            if ((a[i] & 128) == 0) {
                return value;
            }
        }
        return -1;
    }

    /**
     * Size without backlen of the element at {@code at}, reading nothing from {@code end} on; -1 if malformed or cut
     * off.
     */
    static long checkedBytes(byte[] a, int at, int end) {
        int first = a[at] & 0xFF;
        int integer = integerBytesByFirst(first);
        if (integer > 0) {
            return integer;
        }
        if ((first & 0xC0) == 0x80) {
            return 1L + (first & 0x3F);
        }
        if ((first & 0xF0) == 0xE0) {
            return end - at < 2 ? -1 : 2L + ((first & 0x0F) << 8 | a[at + 1] & 0xFF);
        }
        if (first == STRING_32) {
            return end - at < 5 ? -1 : 5 + ((int) INT.get(a, at + 1) & 0xFFFF_FFFFL);
        }
        return -1;
    }

    /** See {@link Listpack#validate}. */
    static @Nullable String validate(byte[] a, int offset, int length, boolean deep) {
        if (offset < 0 || length < EMPTY_TOTAL || length > a.length - offset) {
            return "listpack too short";
        }
        if ((int) INT.get(a, offset) != length) {
            return "listpack total bytes differ from its size";
        }
        int end = offset + length - 1;
        if (a[end] != END) {
            return "listpack without end byte";
        }
        return deep ? validateElements(a, offset, end) : null;
    }

    private static @Nullable String validateElements(byte[] a, int offset, int end) {
        long count = 0;
        int at = offset + HEADER;
        while (at < end) {
            long size = checkedBytes(a, at, end);
            if (size < 0) {
                return "listpack element with invalid encoding";
            }
            long whole = size + backlenBytes(size);
            if (whole > end - at) {
                return "listpack element beyond the end";
            }
            at += (int) whole;
            if (backlen(a, at - 1, at - (int) whole) != size) {
                return "listpack element with wrong backlen";
            }
            count++;
        }
        int declared = (short) SHORT.get(a, offset + 4) & 0xFFFF;
        return declared == COUNT_UNKNOWN || declared == count ? null : "listpack element count differs from its header";
    }
}
