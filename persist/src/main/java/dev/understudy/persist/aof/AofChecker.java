// SPDX-License-Identifier: Apache-2.0
package dev.understudy.persist.aof;

import dev.understudy.persist.RdbSource;
import dev.understudy.persist.SaveOptions;
import dev.understudy.persist.aof.AofCheck.End;
import dev.understudy.wire.Bytes;
import java.io.IOException;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** One strict pass over the commands of a file (checkSingleAof and what it calls, of redis-check-aof.c). */
final class AofChecker {
    private static final int BUFFER_BYTES = 64 * 1024;
    /** Longest line of a number that is looked at, bytes. */
    private static final int NUMBER_LINE_BYTES_MAX = 127;

    private static final long WORD_BYTES_MAX = Integer.MAX_VALUE - 64;
    private static final int NAME_BYTES_MAX = 5;

    private final String file;
    private final RdbSource source;
    private final long untilSeconds;
    private final byte[] buffer = new byte[BUFFER_BYTES];
    private int at;
    private int limit;
    /** Offset in the file of the buffer's first byte. */
    private long base;

    private final byte[] text = new byte[AofReader.LINE_BYTES_MAX];
    private final Bytes line = new Bytes();
    private final byte[] nameBytes = new byte[NAME_BYTES_MAX];
    private final Bytes name = new Bytes();

    private long okUpTo;
    private long lines;
    private boolean multi;
    /** Where what is being read began: the place that a defect is told with. */
    private long mark;

    private SaveOptions.@Nullable Replication previous;
    private SaveOptions.@Nullable Replication position;
    private long unitsBehind;
    private @Nullable End end;

    AofChecker(String file, RdbSource source, long fromOffset, long untilSeconds, long linesBefore) {
        this.file = file;
        this.source = source;
        this.base = fromOffset;
        this.untilSeconds = untilSeconds;
        this.lines = linesBefore;
    }

    AofCheck check() {
        while (end == null) {
            unit();
        }
        return new AofCheck(end, offset() + left(), okUpTo, lines, position, unitsBehind);
    }

    private void unit() {
        if (!multi) {
            okUpTo = offset();
        }
        int first = peek();
        if (end != null) {
            return;
        }
        switch (first) {
            case -1 -> {
                if (multi) {
                    unfinished();
                } else {
                    end = new AofCheck.Valid();
                }
            }
            case '#' -> annotation();
            case '*' -> command();
            default -> end = new AofCheck.Foreign();
        }
    }

    private void defect(String what) {
        if (end == null) {
            end = new AofCheck.Defect(String.format(Locale.ROOT, "0x%16x: %s", mark, what));
        }
    }

    /** The file ends where a line is due. */
    private void unfinished() {
        if (multi) {
            defect("Reached EOF before reading EXEC for MULTI");
        } else {
            end = new AofCheck.Defect(null);
        }
    }

    // ---- annotations

    private void annotation() {
        mark = offset();
        int length = line(text.length);
        if (end != null) {
            return;
        }
        if (text[length - 1] != '\n') {
            // Redis lets it pass, but what is appended to it is lost.
            defect("Reached EOF, or 1024 bytes, before the end of an annotation");
            return;
        }
        line.set(text, 0, length);
        if (PositionLine.is(line)) {
            previous = PositionLine.parse(line, previous);
            if (previous != null && !multi) {
                position = previous;
                unitsBehind = 0;
            }
        } else if (TimestampLine.is(line) && untilSeconds != Long.MAX_VALUE) {
            long seconds = TimestampLine.parse(line);
            if (seconds < 0) {
                end = new AofCheck.BadTimestamp();
            } else if (seconds > untilSeconds) {
                end = new AofCheck.Later(okUpTo);
            }
        }
    }

    // ---- commands

    private void command() {
        long count = number('*');
        if (end == null && (count < 1 || count > Integer.MAX_VALUE)) {
            defect("Expected a command of words, got " + count + " of them");
        }
        for (long i = 0; i < count && end == null; i++) {
            word(i == 0);
        }
        if (end != null) {
            return;
        }
        if (name.is("multi")) {
            if (multi) {
                defect("Unexpected MULTI in AOF " + file);
            }
            multi = true;
        } else if (name.is("exec")) {
            if (!multi) {
                defect("Unexpected EXEC in AOF " + file);
            }
            multi = false;
        }
        unitsBehind += multi ? 0 : 1;
    }

    private void word(boolean isName) {
        long length = number('$');
        if (end != null) {
            return;
        }
        if (length < 0 || length > WORD_BYTES_MAX) {
            defect("Expected to read string of " + length + " bytes, which is not in the suitable range");
            return;
        }
        mark = offset();
        long taken = 0;
        if (isName) {
            // What is longer than EXEC and MULTI is neither.
            int wanted = length > NAME_BYTES_MAX ? 0 : (int) length;
            while (taken < wanted && peek() >= 0) {
                nameBytes[(int) taken++] = buffer[at++];
            }
            name.set(nameBytes, 0, wanted);
        }
        taken += skip(length - taken);
        int first = taken == length ? take() : -1;
        int second = first < 0 ? -1 : take();
        if (end != null) {
            return;
        }
        if (second < 0) {
            long got = taken + (first < 0 ? 0 : 1);
            defect("Expected to read " + (length + 2) + " bytes, got " + got + " bytes");
        } else {
            lineEnd(first, second);
        }
    }

    private void lineEnd(int first, int second) {
        if (first == '\r' && second == '\n') {
            lines++;
        } else {
            defect(String.format(Locale.ROOT, "Expected \\r\\n, got: %02x%02x", first, second));
        }
    }

    /** Reads a line of a letter and a number; meaningless if there is an end then. */
    private long number(char letter) {
        mark = offset();
        int length = line(NUMBER_LINE_BYTES_MAX);
        if (end != null) {
            return -1;
        }
        if (length == 0) {
            unfinished();
            return -1;
        }
        if (text[0] != letter) {
            defect("Expected prefix '" + letter + "', got: '" + (char) (text[0] & 0xFF) + "'");
            return -1;
        }
        int digits = length > 1 && (text[1] == '-' || text[1] == '+') ? 2 : 1;
        int behind = digits;
        while (behind < length && text[behind] >= '0' && text[behind] <= '9') {
            behind++;
        }
        if (behind == digits) {
            behind = 1;
        }
        int first = behind < length ? text[behind] & 0xFF : 0;
        int second = behind + 1 < length ? text[behind + 1] & 0xFF : 0;
        lineEnd(first, second);
        return Decimals.leading(text, 1, behind);
    }

    // ---- bytes

    private long offset() {
        return base + at;
    }

    private long left() {
        long behind = Math.max(0, source.bytesLeft());
        return limit - at + behind;
    }

    private boolean fill() {
        base += limit;
        at = 0;
        limit = 0;
        if (end != null) {
            return false;
        }
        try {
            limit = Math.max(0, source.read(buffer, 0, buffer.length));
        } catch (IOException failed) {
            end = new AofCheck.Unreadable(String.valueOf(failed.getMessage()));
        }
        return limit > 0;
    }

    /** The next byte, -1 if there is none. */
    private int peek() {
        return at < limit || fill() ? buffer[at] & 0xFF : -1;
    }

    private int take() {
        int next = peek();
        if (next >= 0) {
            at++;
        }
        return next;
    }

    /**
     * Reads up to and with the next LF, but not more than {@code most} bytes, to the beginning of {@link #text};
     * returns how many.
     */
    private int line(int most) {
        int length = 0;
        while (length < most) {
            int next = take();
            if (next < 0) {
                return length;
            }
            text[length++] = (byte) next;
            if (next == '\n') {
                return length;
            }
        }
        return length;
    }

    private long skip(long count) {
        long done = 0;
        while (done < count && peek() >= 0) {
            int part = (int) Math.min(count - done, limit - at);
            at += part;
            done += part;
        }
        return done;
    }
}
