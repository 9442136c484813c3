// SPDX-License-Identifier: Apache-2.0
package dev.understudy.commands;

import dev.understudy.store.StringValue;
import dev.understudy.wire.Bytes;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Counting, finding and combining bits; bit 0 is the highest of byte 0, so bits in order are those of big-endian words.
 */
final class Bits {
    /** Strings are looked at in parts of so many bytes. */
    private static final int PART_BYTES = 4096;

    private static final VarHandle LONG = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);

    private Bits() {}

    /** What BITOP does. */
    enum Operation {
        AND,
        OR,
        XOR,
        NOT;

        static @Nullable Operation of(Bytes word) {
            for (Operation operation : values()) {
                if (word.is(operation.name())) {
                    return operation;
                }
            }
            return null;
        }

        /** Combines {@code count} bytes with those of a source, of which {@code there} are not zero for being behind its end. */
        void combine(byte[] result, byte[] source, int there, int count) {
            int i = 0;
            for (; i + 8 <= there; i += 8) {
                LONG.set(result, i, combine((long) LONG.get(result, i), (long) LONG.get(source, i)));
            }
            for (; i < there; i++) {
                result[i] = (byte) combine(result[i], source[i]);
            }
            // Short sources cost what they have, however long the others are.
            if (this == AND && i < count) {
                Arrays.fill(result, i, count, (byte) 0);
            }
        }

        /** What is done to the first {@code count} bytes when all sources are combined. */
        void finish(byte[] result, int count) {
            for (int i = 0; i < count && this == NOT; i++) {
                result[i] = (byte) ~result[i];
            }
        }

        private long combine(long a, long b) {
            return switch (this) {
                case AND -> a & b;
                case OR -> a | b;
                case XOR -> a ^ b;
                case NOT -> a;
            };
        }
    }

    /** The bits of a string that are set, from {@code from} to {@code to} (exclusive), which lie in it. */
    static long count(StringValue value, long from, long to) {
        if (from >= to) {
            return 0;
        }
        byte[] part = new byte[(int) Math.min(PART_BYTES, (to + 7 >>> 3) - (from >>> 3))];
        long count = 0;
        long end = to + 7 >>> 3;
        for (long at = from >>> 3; at < end; at += part.length) {
            int length = (int) Math.min(part.length, end - at);
            value.read(at, part, 0, length);
            mask(part, at << 3, length, from, to, false);
            count += ones(part, length);
        }
        return count;
    }

    /** Gives the bits of a part that lie outside of the range the value {@code outside}. */
    private static void mask(byte[] part, long firstBit, int length, long from, long to, boolean outside) {
        if (from > firstBit) {
            int keep = 0xFF >>> (int) (from - firstBit);
            part[0] = (byte) (outside ? part[0] | ~keep : part[0] & keep);
        }
        long lastBit = firstBit + (long) length * 8;
        if (to < lastBit) {
            int keep = 0xFF << (int) (lastBit - to);
            part[length - 1] = (byte) (outside ? part[length - 1] | ~keep : part[length - 1] & keep);
        }
    }

    private static long ones(byte[] part, int length) {
        long count = 0;
        int i = 0;
        for (; i + 8 <= length; i += 8) {
            count += Long.bitCount((long) LONG.get(part, i));
        }
        for (; i < length; i++) {
            count += Integer.bitCount(part[i] & 0xFF);
        }
        return count;
    }

    /** The first bit of the range that is {@code wanted}, -1 if there is none. */
    static long find(StringValue value, long from, long to, boolean wanted) {
        byte[] part = new byte[(int) Math.min(PART_BYTES, (to + 7 >>> 3) - (from >>> 3))];
        long end = to + 7 >>> 3;
        for (long at = from >>> 3; at < end; at += part.length) {
            int length = (int) Math.min(part.length, end - at);
            value.read(at, part, 0, length);
            mask(part, at << 3, length, from, to, !wanted);
            long found = first(part, length, wanted);
            if (found >= 0) {
                return (at << 3) + found;
            }
        }
        return -1;
    }

    private static long first(byte[] part, int length, boolean wanted) {
        int i = 0;
        long skipped = wanted ? 0 : -1;
        while (i + 8 <= length && (long) LONG.get(part, i) == skipped) {
            i += 8;
        }
        for (; i < length; i++) {
            int bits = (wanted ? part[i] : ~part[i]) & 0xFF;
            if (bits != 0) {
                return i * 8L + Integer.numberOfLeadingZeros(bits) - 24;
            }
        }
        return -1;
    }
}
