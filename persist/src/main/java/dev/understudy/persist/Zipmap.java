// SPDX-License-Identifier: Apache-2.0
package dev.understudy.persist;

import dev.understudy.wire.Bytes;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import org.jspecify.annotations.Nullable;

/**
 * Reads zipmaps, the small hashes of Redis before 2.6 (zipmap.c). Only what has passed {@link #validate} may be walked.
 *
 * <pre>
 * | pairs: 1 byte, 254 and more = unknown | pair ... | FF |
 *
 * pair:   | length | field | length | padding: 1 byte | value | padding |
 * length: 0 to 253 in one byte, else FE and 4 LE
 * </pre>
 */
final class Zipmap {
    private static final int LONG_LENGTH = 0xFE;
    private static final int END = 0xFF;
    private static final VarHandle INT = MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);

    private byte[] bytes = new byte[0];
    private int at;

    /** Begins at the first pair; returns this. */
    Zipmap over(Bytes zipmap) {
        assert validate(zipmap) == null;
        bytes = zipmap.array;
        at = zipmap.offset + 1;
        return this;
    }

    /** Moves the two windows over the next pair; false behind the last. */
    boolean next(Bytes field, Bytes value) {
        if ((bytes[at] & 0xFF) == END) {
            return false;
        }
        int fieldLength = (int) length(bytes, at);
        int fieldAt = at + lengthBytes(bytes, at);
        field.set(bytes, fieldAt, fieldLength);
        at = fieldAt + fieldLength;
        int valueLength = (int) length(bytes, at);
        int padding = at + lengthBytes(bytes, at);
        value.set(bytes, padding + 1, valueLength);
        at = padding + 1 + valueLength + (bytes[padding] & 0xFF);
        return true;
    }

    /**
     * Why these bytes are no zipmap, null if they are one. Never throws; looks at every pair (zipmapValidateIntegrity).
     */
    static @Nullable String validate(Bytes zipmap) {
        byte[] a = zipmap.array;
        if (zipmap.length < 2) {
            return "zipmap too short";
        }
        int end = zipmap.offset + zipmap.length - 1;
        if ((a[end] & 0xFF) != END) {
            return "zipmap without end byte";
        }
        int count = 0;
        long position = zipmap.offset + 1L;
        while (position < end && (a[(int) position] & 0xFF) != END) {
            position = behindText(a, position, end, false);
            if (position >= 0) {
                position = behindText(a, position, end, true);
            }
            if (position < 0) {
                return "zipmap pair beyond the end";
            }
            count++;
        }
        if (position != end) {
            return "zipmap ends before its last byte";
        }
        int declared = a[zipmap.offset] & 0xFF;
        if (count == 0) {
            return "empty zipmap";
        }
        return declared >= LONG_LENGTH || declared == count ? null : "zipmap pair count differs from its header";
    }

    /** Where a field or a value with its padding ends, at most {@code end}; -1 if not there. */
    private static long behindText(byte[] a, long position, int end, boolean value) {
        if (position >= end || (a[(int) position] & 0xFF) == END) {
            return -1;
        }
        int at = (int) position;
        int header = lengthBytes(a, at);
        if (end - at < header + (value ? 1 : 0)) {
            return -1;
        }
        long padding = value ? 1 + (a[at + header] & 0xFF) : 0;
        long behind = at + header + padding + length(a, at);
        return behind <= end ? behind : -1;
    }

    private static int lengthBytes(byte[] a, int at) {
        return (a[at] & 0xFF) < LONG_LENGTH ? 1 : 5;
    }

    private static long length(byte[] a, int at) {
        int first = a[at] & 0xFF;
        return first < LONG_LENGTH ? first : (int) INT.get(a, at + 1) & 0xFFFF_FFFFL;
    }
}
