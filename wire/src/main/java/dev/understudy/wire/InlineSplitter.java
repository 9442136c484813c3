// SPDX-License-Identifier: Apache-2.0
package dev.understudy.wire;

import java.util.Arrays;

/**
 * Splits an inline command, or a line of a configuration file, into its words: blanks separate, {@code "..."} with the escapes
 * {@code \n \r \t \b \a \xHH}, {@code '...'} with {@code \'} only; a closing quote has to be followed by a blank (sdssplitargs of Redis).
 * The words stay valid until the next call; an instance is reused to spare allocations. Confined to one thread.
 */
public final class InlineSplitter {
    private static final int KEPT_BYTES_MAX = 64 * 1024;
    private static final int KEPT_WORDS_MAX = 1024;

    private byte[] text = new byte[0];
    private int[] bounds = new int[16];
    private int count;
    private int used;

    /** Returns the number of words between the two indexes of {@code line}, -1 when its quotes are unbalanced. */
    public int split(byte[] line, int from, int to) {
        if (text.length < to - from || text.length > KEPT_BYTES_MAX) {
            text = new byte[to - from];
        }
        if (bounds.length > 2 * KEPT_WORDS_MAX) {
            bounds = new int[16];
        }
        count = 0;
        used = 0;
        int i = from;
        while (true) {
            while (i < to && isBlank(line[i])) {
                i++;
            }
            if (i == to || line[i] == 0) {
                return count;
            }
            if (2 * count + 2 > bounds.length) {
                bounds = Arrays.copyOf(bounds, bounds.length * 2);
            }
            int wordStart = used;
            i = word(line, i, to);
            if (i < 0) {
                return -1;
            }
            bounds[2 * count] = wordStart;
            bounds[2 * count + 1] = used;
            count++;
        }
    }

    /** The array that holds the words. */
    public byte[] text() {
        return text;
    }

    public int offset(int word) {
        assert word < count;
        return bounds[2 * word];
    }

    public int length(int word) {
        assert word < count;
        return bounds[2 * word + 1] - bounds[2 * word];
    }

    /** Reads one word; returns the index behind it, -1 for unbalanced quotes. */
    private int word(byte[] line, int from, int to) {
        int i = from;
        while (i < to) {
            byte b = line[i];
            switch (b) {
                case ' ', '\n', '\r', '\t', 0 -> {
                    return i;
                }
                case '"' -> {
                    return closed(line, doubleQuoted(line, i + 1, to), to);
                }
                case '\'' -> {
                    return closed(line, singleQuoted(line, i + 1, to), to);
                }
                default -> {
                    text[used++] = b;
                    i++;
                }
            }
        }
        return i;
    }

    /** Checks what follows the closing quote, whose successor {@code next} is, -1 for none. */
    private static int closed(byte[] line, int next, int to) {
        return next >= 0 && next < to && line[next] != 0 && !isBlank(line[next]) ? -1 : next;
    }

    private int doubleQuoted(byte[] line, int from, int to) {
        int i = from;
        while (i < to && line[i] != 0) {
            byte b = line[i];
            if (b == '"') {
                return i + 1;
            }
            if (b != '\\' || i + 1 >= to) {
                text[used++] = b;
                i++;
            } else if (line[i + 1] == 'x' && i + 3 < to && hex(line[i + 2]) >= 0 && hex(line[i + 3]) >= 0) {
                text[used++] = (byte) (hex(line[i + 2]) * 16 + hex(line[i + 3]));
                i += 4;
            } else {
                text[used++] = escaped(line[i + 1]);
                i += 2;
            }
        }
        return -1;
    }

    private int singleQuoted(byte[] line, int from, int to) {
        int i = from;
        while (i < to && line[i] != 0) {
            byte b = line[i];
            if (b == '\'') {
                return i + 1;
            }
            if (b == '\\' && i + 1 < to && line[i + 1] == '\'') {
                i++;
            }
            text[used++] = line[i];
            i++;
        }
        return -1;
    }

    private static byte escaped(byte letter) {
        return switch (letter) {
            case 'n' -> '\n';
            case 'r' -> '\r';
            case 't' -> '\t';
            case 'b' -> '\b';
            case 'a' -> 7;
            default -> letter;
        };
    }

    private static int hex(byte digit) {
        return Character.digit(digit, 16);
    }

    /** C's isspace. */
    private static boolean isBlank(byte b) {
        return b == ' ' || b >= '\t' && b <= '\r';
    }
}
