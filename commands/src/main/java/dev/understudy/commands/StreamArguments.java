// SPDX-License-Identifier: Apache-2.0
package dev.understudy.commands;

import dev.understudy.store.StreamId;
import dev.understudy.wire.Bytes;
import dev.understudy.wire.Numbers;

/** Reads stream IDs and intervals as clients write them (streamGenericParseIDOrReply of t_stream.c). */
final class StreamArguments {
    static final CommandFailure INVALID_ID =
            CommandFailure.err("Invalid stream ID specified as stream command argument");

    private static final CommandFailure INVALID_START = CommandFailure.err("invalid start ID for the interval");
    private static final CommandFailure INVALID_END = CommandFailure.err("invalid end ID for the interval");
    /** Longer texts are no IDs, whatever they say. */
    private static final int TEXT_MAX = 127;

    private long number;

    /** What an ID's text said of its sequence number. */
    enum Form {
        INVALID,
        WHOLE,
        /** {@code ms-*}: the sequence number is up to us. */
        AUTOMATIC
    }

    /**
     * Reads {@code ms}, {@code ms-seq} and, if {@code automatic}, {@code ms-*}.
     *
     * @param missingSeq the sequence number of an ID without one
     */
    Form parse(Bytes word, StreamId into, long missingSeq, boolean automatic) {
        int end = end(word);
        int dash = word.offset;
        while (dash < end && word.array[dash] != '-') {
            dash++;
        }
        if (word.length > TEXT_MAX || !unsigned(word.array, word.offset, dash)) {
            return Form.INVALID;
        }
        long ms = number;
        if (dash == end) {
            into.set(ms, missingSeq);
            return Form.WHOLE;
        }
        if (automatic && end - dash == 2 && word.array[dash + 1] == '*') {
            into.set(ms, 0);
            return Form.AUTOMATIC;
        }
        if (!unsigned(word.array, dash + 1, end)) {
            return Form.INVALID;
        }
        into.set(ms, number);
        return Form.WHOLE;
    }

    /** Where the text ends: before the first zero byte, as texts of C do. */
    private static int end(Bytes word) {
        int at = word.offset;
        while (at < word.offset + word.length && word.array[at] != 0) {
            at++;
        }
        return at;
    }

    /** Reads an ID that may not be {@code -} or {@code +}. @throws CommandFailure {@link #INVALID_ID} */
    void strict(Bytes word, StreamId into) {
        if (parse(word, into, 0, false) == Form.INVALID) {
            throw INVALID_ID;
        }
    }

    /**
     * Reads an ID, or {@code -} or {@code +} for the smallest and the largest. @throws CommandFailure {@link
     * #INVALID_ID}
     */
    void any(Bytes word, StreamId into, long missingSeq) {
        boolean single = end(word) == word.offset + 1;
        if (single && word.array[word.offset] == '-') {
            into.set(0, 0);
        } else if (single && word.array[word.offset] == '+') {
            into.setMax();
        } else if (parse(word, into, missingSeq, false) == Form.INVALID) {
            throw INVALID_ID;
        }
    }

    /** Reads the start of an interval; {@code (} in front excludes the ID itself. */
    void start(Bytes word, StreamId into) {
        if (!excluded(word)) {
            any(word, into, 0);
            return;
        }
        if (parse(behindParenthesis(word), into, 0, false) == Form.INVALID) {
            throw INVALID_ID;
        }
        if (!into.increment()) {
            throw INVALID_START;
        }
    }

    /** Reads the end of an interval; an incomplete ID means all of its millisecond. */
    void end(Bytes word, StreamId into) {
        if (!excluded(word)) {
            any(word, into, -1);
            return;
        }
        if (parse(behindParenthesis(word), into, -1, false) == Form.INVALID) {
            throw INVALID_ID;
        }
        if (!into.decrement()) {
            throw INVALID_END;
        }
    }

    private static boolean excluded(Bytes word) {
        return word.length > 1 && word.array[word.offset] == '(';
    }

    private static Bytes behindParenthesis(Bytes word) {
        return new Bytes(word.array, word.offset + 1, word.length - 1);
    }

    /**
     * Reads an unsigned 64-bit number as string2ull does: where the canonical form fails, strtoull has its say, with
     * blanks, signs and
     * leading zeros.
     */
    private boolean unsigned(byte[] text, int from, int end) {
        if (Numbers.isLong(text, from, end - from)) {
            number = Numbers.parseLong(text, from, end - from);
            return number >= 0;
        }
        int at = from;
        while (at < end && (text[at] == ' ' || text[at] >= '\t' && text[at] <= '\r')) {
            at++;
        }
        boolean negative = at < end && text[at] == '-';
        if (at < end && (text[at] == '-' || text[at] == '+')) {
            at++;
        }
        if (at == end) {
            return false;
        }
        long value = 0;
        for (; at < end; at++) {
            int digit = text[at] - '0';
            if (digit < 0 || digit > 9 || Long.compareUnsigned(value, Long.divideUnsigned(-1L - digit, 10)) > 0) {
                return false;
            }
            value = value * 10 + digit;
        }
        number = negative ? -value : value;
        return true;
    }
}
