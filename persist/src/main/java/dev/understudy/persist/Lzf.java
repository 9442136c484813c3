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

    /** Where a sequence of three bytes was seen last; 0 is nowhere, so the first position is never referred to. */
    private final int[] table = new int[1 << TABLE_BITS_MAX];

    /**
     * Compresses {@code length} bytes to at most {@code roomBytes} bytes of {@code target}.
     *
     * @return bytes written, 0 if they do not fit
     */
    int compress(byte[] source, int offset, int length, byte[] target, int targetOffset, int roomBytes) {
        int bits = Math.clamp(32 - Integer.numberOfLeadingZeros(length), TABLE_BITS_MIN, TABLE_BITS_MAX);
        // A table as small as the text: clearing 64 KB for each short string would cost more than compressing it.
        Arrays.fill(table, 0, 1 << bits, 0);
        int end = targetOffset + roomBytes;
        int out = targetOffset;
        int literals = 0;
        int in = 0;
        while (in < length - 2) {
            int seen = remember(source, offset, in, bits);
            if (seen == 0 || in - seen > WINDOW || !sameThree(source, offset + seen, offset + in)) {
                in++;
                continue;
            }
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

    /** Notes position {@code in} for its three bytes; returns the position noted before. */
    private int remember(byte[] source, int offset, int in, int bits) {
        int at = offset + in;
        int three = (source[at] & 0xFF) << 16 | (source[at + 1] & 0xFF) << 8 | source[at + 2] & 0xFF;
        int slot = three * 0x9E3779B1 >>> 32 - bits;
        int seen = table[slot];
        table[slot] = in;
        return seen;
    }

    private static boolean sameThree(byte[] source, int a, int b) {
        return source[a] == source[b] && source[a + 1] == source[b + 1] && source[a + 2] == source[b + 2];
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
