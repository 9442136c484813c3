// SPDX-License-Identifier: Apache-2.0
package dev.understudy.persist;

import java.util.Arrays;

/**
 * LZF, the compression of strings in RDB files. The output of {@link #compress} depends on its input alone. One
 * instance belongs to one thread.
 *
 * <pre>
 * 000nnnnn            n + 1 literal bytes follow
 * LLLooooo oooooooo   copy L + 2 bytes (L is 1 to 6) from o + 1 bytes back
 * 111ooooo L oooooooo the same with L + 7 + 2 bytes
 * </pre>
 */
final class Lzf {
    /** Most bytes that one byte of compressed text can stand for: three bytes copy 264. */
    static final int RATIO_MAX = 88;

    private static final int MATCH_MIN = 3;
    private static final int MATCH_MAX = 264;
    private static final int WINDOW = 8192;
    private static final int LITERALS_MAX = 32;
    private static final int TABLE_BITS_MIN = 6;
    private static final int TABLE_BITS_MAX = 14;

    /** Bits of an entry of the table for a position, and for the text it belongs to. */
    private static final int POSITION_BITS = 31;

    private static final int TEXT_BITS = 9;
    private static final int TEXTS = 1 << TEXT_BITS;

    /**
     * Where sequences of three bytes were seen last: the sequence, the number of the text, the position. One comparison tells whether an entry is of
     * this text and of these bytes, which it hardly ever is in a text that does not compress; and the table is cleared only now and then.
     */
    private final long[] table = new long[1 << TABLE_BITS_MAX];

    /** The number of the present text, 1 and up; entries of 0 are none's. */
    private int text;
    /** How much of the table was in use since it was cleared. */
    private int usedBits;
    /** The position that the match of {@link #nextMatch} refers to. */
    private int found;

    /**
     * Compresses {@code length} bytes to at most {@code roomBytes} bytes of {@code target}.
     *
     * @return bytes written, 0 if they do not fit
     */
    int compress(byte[] source, int offset, int length, byte[] target, int targetOffset, int roomBytes) {
        // A table as small as the text: short ones stay in the nearest cache.
        int bits = Math.clamp(32 - Integer.numberOfLeadingZeros(length), TABLE_BITS_MIN, TABLE_BITS_MAX);
        begin(bits);
        int end = targetOffset + roomBytes;
        int out = targetOffset;
        int literals = 0;
        int in = 0;
        while ((in = nextMatch(source, offset, in, length - 2, bits)) < length - 2) {
            int seen = found;
            int matched = matchLength(source, offset + seen, offset + in, length - in);
            out = putLiterals(source, offset + literals, in - literals, target, out, end);
            if (out < 0 || end - out < 3) {
                return 0;
            }
            out = putMatch(target, out, in - seen - 1, matched - 2);
            for (int i = Math.max(1, matched - 2); i < matched; i++) {
                if (in + i < length - 2) {
                    remember(source, offset, in + i, bits);
                }
            }
            in += matched;
            literals = in;
        }
        out = putLiterals(source, offset + literals, length - literals, target, out, end);
        return out < 0 ? 0 : out - targetOffset;
    }

    private void begin(int bits) {
        usedBits = Math.max(usedBits, bits);
        if (++text == TEXTS) {
            Arrays.fill(table, 0, 1 << usedBits, 0);
            usedBits = bits;
            text = 1;
        }
    }

    /** Notes positions from {@code from} on, and returns the first whose three bytes are to be had further back; {@code end} if none is. */
    private int nextMatch(byte[] source, int offset, int from, int end, int bits) {
        if (from >= end) {
            return end;
        }
        long[] seen = table;
        int number = text;
        int mask = (1 << bits) - 1 & seen.length - 1;
        int three = (source[offset + from] & 0xFF) << 8 | source[offset + from + 1] & 0xFF;
        for (int in = from; in < end; in++) {
            three = three << 8 & 0xFF_FFFF | source[offset + in + 2] & 0xFF;
            int slot = three * 0x9E3779B1 >>> 32 - bits & mask;
            long tag = (long) three << TEXT_BITS | number;
            long entry = seen[slot];
            seen[slot] = tag << POSITION_BITS | in;
            if (entry >>> POSITION_BITS == tag) {
                found = (int) entry & Integer.MAX_VALUE;
                // As Redis's compressor, never from the first position.
                if (found != 0 && in - found <= WINDOW) {
                    return in;
                }
            }
        }
        return end;
    }

    private void remember(byte[] source, int offset, int in, int bits) {
        int at = offset + in;
        int three = (source[at] & 0xFF) << 16 | (source[at + 1] & 0xFF) << 8 | source[at + 2] & 0xFF;
        int slot = three * 0x9E3779B1 >>> 32 - bits;
        table[slot] = ((long) three << TEXT_BITS | text) << POSITION_BITS | in;
    }

    /**
     * Length of the match, at least {@value #MATCH_MIN}; longer ones leave two bytes as literals, as Redis's compressor
     * does.
     */
    private static int matchLength(byte[] source, int seen, int at, int left) {
        int most = Math.min(left - 2, MATCH_MAX);
        int matched = MATCH_MIN;
        while (matched < most && source[seen + matched] == source[at + matched]) {
            matched++;
        }
        return matched;
    }

    /** Returns where the output goes on, -1 if it is full. */
    private static int putLiterals(byte[] source, int from, int count, byte[] target, int at, int end) {
        int left = count;
        int in = from;
        int out = at;
        while (left > 0) {
            int run = Math.min(left, LITERALS_MAX);
            if (end - out < run + 1) {
                return -1;
            }
            target[out++] = (byte) (run - 1);
            System.arraycopy(source, in, target, out, run);
            out += run;
            in += run;
            left -= run;
        }
        return out;
    }

    private static int putMatch(byte[] target, int at, int distance, int length) {
        int out = at;
        if (length < 7) {
            target[out++] = (byte) (length << 5 | distance >> 8);
        } else {
            target[out++] = (byte) (7 << 5 | distance >> 8);
            target[out++] = (byte) (length - 7);
        }
        target[out++] = (byte) distance;
        return out;
    }

    /**
     * Whether the bytes are LZF of exactly {@code targetLength} bytes, which are then in {@code target}. Safe for any
     * input.
     */
    static boolean decompress(
            byte[] source, int offset, int length, byte[] target, int targetOffset, int targetLength) {
        int in = offset;
        int inEnd = offset + length;
        int out = targetOffset;
        int outEnd = targetOffset + targetLength;
        while (in < inEnd) {
            int control = source[in++] & 0xFF;
            if (control < LITERALS_MAX) {
                int run = control + 1;
                if (run > inEnd - in || run > outEnd - out) {
                    return false;
                }
                System.arraycopy(source, in, target, out, run);
                in += run;
                out += run;
                continue;
            }
            int copied = control >> 5;
            if (in + (copied == 7 ? 1 : 0) >= inEnd) {
                return false;
            }
            if (copied == 7) {
                copied += source[in++] & 0xFF;
            }
            copied += 2;
            int from = out - ((control & 31) << 8 | source[in++] & 0xFF) - 1;
            if (from < targetOffset || copied > outEnd - out) {
                return false;
            }
            copy(target, from, out, copied);
            out += copied;
        }
        return out == outEnd;
    }

    /** Copies within the array; regions that overlap repeat what lies between them. */
    private static void copy(byte[] target, int from, int to, int length) {
        if (to - from >= length) {
            System.arraycopy(target, from, target, to, length);
            return;
        }
        for (int i = 0; i < length; i++) {
            target[to + i] = target[from + i];
        }
    }
}
