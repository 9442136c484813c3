// SPDX-License-Identifier: Apache-2.0
package dev.understudy.persist.aof;

/** Numbers as strtoll reads them: a sign, digits, and anything behind. */
final class Decimals {
    private Decimals() {}

    /** The number at the front of the bytes, saturated; 0 if there is none. */
    static long leading(byte[] array, int from, int to) {
        int at = from;
        boolean negative = at < to && array[at] == '-';
        if (negative || at < to && array[at] == '+') {
            at++;
        }
        long value = 0;
        for (; at < to && array[at] >= '0' && array[at] <= '9'; at++) {
            int digit = array[at] - '0';
            if (value < (Long.MIN_VALUE + digit) / 10) {
                return negative ? Long.MIN_VALUE : Long.MAX_VALUE;
            }
            value = value * 10 - digit;
        }
        if (negative) {
            return value;
        }
        return value == Long.MIN_VALUE ? Long.MAX_VALUE : -value;
    }

    /** The canonical number without a sign that the bytes are, -1 if they are none. */
    static long exact(byte[] array, int from, int to) {
        if (from >= to || to - from > 19 || array[from] == '0' && to - from > 1) {
            return -1;
        }
        long value = 0;
        for (int i = from; i < to; i++) {
            int digit = array[i] - '0';
            if (digit < 0 || digit > 9 || value > (Long.MAX_VALUE - digit) / 10) {
                return -1;
            }
            value = value * 10 + digit;
        }
        return value;
    }
}
