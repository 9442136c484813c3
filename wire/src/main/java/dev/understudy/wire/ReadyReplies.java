// SPDX-License-Identifier: Apache-2.0
package dev.understudy.wire;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** Replies and headers that are needed so often that they are kept ready. */
final class ReadyReplies {
    /** Headers of numbers below this one are kept ready. */
    static final int HEADERS = 64;

    static final byte[] OK = bytes("+OK\r\n");
    static final byte[] NIL_BULK = bytes("$-1\r\n");
    static final byte[] NIL_ARRAY = bytes("*-1\r\n");
    static final byte[] NIL_3 = bytes("_\r\n");
    static final byte[] TRUE_3 = bytes("#t\r\n");
    static final byte[] FALSE_3 = bytes("#f\r\n");
    static final byte[][] BULK_HEADERS = headers('$');
    static final byte[][] ARRAY_HEADERS = headers('*');
    static final byte[][] INTEGERS = headers(':');

    private ReadyReplies() {}

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }

    private static byte[][] headers(char type) {
        byte[][] all = new byte[HEADERS][];
        Arrays.setAll(all, i -> bytes(type + Integer.toString(i) + "\r\n"));
        return all;
    }

    /** Writes a header of any number at {@code offset}. */
    static void writeHeader(char type, long number, byte[] target, int offset) {
        target[offset] = (byte) type;
        int end = Numbers.write(number, target, offset + 1);
        target[end] = '\r';
        target[end + 1] = '\n';
    }
}
