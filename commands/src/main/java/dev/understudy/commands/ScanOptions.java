// SPDX-License-Identifier: Apache-2.0
package dev.understudy.commands;

import dev.understudy.store.ValueType;
import dev.understudy.wire.Bytes;
import dev.understudy.wire.Glob;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * The options of SCAN, HSCAN, SSCAN and ZSCAN, and the reading and writing of cursors.
 *
 * @param match the pattern, null if everything matches
 * @param count about how many elements a call is to look at, 1 or more
 * @param type the lower-case name of the type that keys must have, null for any; it may be no type's name at all: then
 * no key has it
 */
public record ScanOptions(
        @Nullable Bytes match, long count, @Nullable String type) {
    private static final CommandFailure INVALID_CURSOR = CommandFailure.err("invalid cursor");
    private static final long COUNT_DEFAULT = 10;
    /** A scan gives up after this many times COUNT steps, however few elements it has met. */
    private static final long STEPS_PER_COUNT = 10;

    /** One step of a scan that shows nothing or what it meets, such as {@code SetValue.scan}. */
    @FunctionalInterface
    public interface Step {
        /**
         * Makes one step from {@code cursor}, adds the number of elements met to {@link Progress#met}, and returns the
         * next cursor.
         */
        long from(long cursor, Progress progress);
    }

    /** How many elements a scan has met so far. */
    public static final class Progress {
        public long met;
    }

    /** A text as C sees it: up to the first zero byte. */
    private static Bytes upToZero(Bytes word) {
        int length = 0;
        while (length < word.length && word.at(length) != 0) {
            length++;
        }
        return length == word.length ? word : new Bytes(word.array, word.offset, length);
    }

    /** Reads word {@code index} as strtoul does: an unsigned 64-bit number, a sign allowed, nothing at all being 0. */
    public static long cursor(Call call, int index) {
        Bytes word = upToZero(call.word(index));
        if (word.isEmpty()) {
            return 0;
        }
        int i = word.at(0) == '-' || word.at(0) == '+' ? 1 : 0;
        if (i == word.length) {
            throw INVALID_CURSOR;
        }
        long value = 0;
        for (; i < word.length; i++) {
            int digit = word.at(i) - '0';
            long next = value * 10 + digit;
            boolean overflow = Long.compareUnsigned(value, Long.divideUnsigned(-1, 10)) > 0
                    || Long.compareUnsigned(next, digit) < 0;
            if (digit < 0 || digit > 9 || overflow) {
                throw INVALID_CURSOR;
            }
            value = next;
        }
        return word.at(0) == '-' ? -value : value;
    }

    /**
     * Reads the options from word {@code first} on; {@code keys}: TYPE is one of them. @throws CommandFailure as Redis
     */
    public static ScanOptions parse(Call call, int first, boolean keys) {
        Bytes match = null;
        long count = COUNT_DEFAULT;
        String type = null;
        for (int i = first; i < call.count(); i += 2) {
            Bytes option = call.word(i);
            boolean more = i + 1 < call.count();
            if (more && option.is("count")) {
                count = call.number(i + 1);
                if (count < 1) {
                    throw CommandFailure.SYNTAX;
                }
            } else if (more && option.is("match")) {
                match = Glob.matchesAll(call.word(i + 1)) ? null : call.word(i + 1);
            } else if (more && keys && option.is("type")) {
                type = call.word(i + 1).toString().toLowerCase(Locale.ROOT);
            } else {
                throw CommandFailure.SYNTAX;
            }
        }
        return new ScanOptions(match, count, type);
    }

    public boolean matches(Bytes element) {
        return match == null || Glob.matches(match, element);
    }

    /** Whether every element matches, so that its text need not be looked at. */
    public boolean matchesAll() {
        return match == null;
    }

    public boolean hasType(ValueType actual) {
        return type == null || actual.word().equals(type);
    }

    /**
     * Makes steps until enough elements have been met, too many steps made, or the end reached; returns the next
     * cursor.
     */
    public long walk(long cursor, Step step) {
        Progress progress = new Progress();
        long steps = count > Long.MAX_VALUE / STEPS_PER_COUNT ? Long.MAX_VALUE : count * STEPS_PER_COUNT;
        long next = cursor;
        do {
            next = step.from(next, progress);
        } while (next != 0 && steps-- > 0 && progress.met < count);
        return next;
    }

    /** Writes the beginning of the reply: its header and the next cursor. The array of elements has to follow. */
    public static void replyCursor(Call call, long cursor) {
        call.reply().array(2);
        if (cursor >= 0) {
            call.reply().bulkLong(cursor);
        } else {
            call.reply().bulk(Long.toUnsignedString(cursor));
        }
    }

    /** The reply of a scan of a key that does not exist. */
    public static void replyEmpty(Call call) {
        replyCursor(call, 0);
        call.reply().array(0);
    }
}
