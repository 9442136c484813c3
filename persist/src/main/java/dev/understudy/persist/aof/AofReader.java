// SPDX-License-Identifier: Apache-2.0
package dev.understudy.persist.aof;

import dev.understudy.persist.RdbSource;
import dev.understudy.persist.SaveOptions;
import dev.understudy.wire.Bytes;
import java.io.IOException;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Reads the commands of a file of an AOF, with Redis's leniency (loadSingleAppendOnlyFile of aof.c): what stands
 * between a number and the
 * end of its line, and the two bytes behind a word, are not looked at. Hostile bytes give an {@link AofOutcome},
 * never an exception.
 *
 * <pre>
 * file:    { annotation | command }
 * # anything \n                                            at most 1,024 bytes
 * * count \r\n { $ length \r\n bytes \r\n }                count words, 1 and up
 *
 * buffer:  | done | unit under way (words are windows) | read ahead | room |
 *                 start                      at          limit
 * </pre>
 *
 * <p>Memory is taken for bytes that are known to come, or piecewise as they come, never because a length says so; a
 * command may have nearly 2 GB. Commands cost no allocation. Confined to one thread.
 *
 * <p>Unlike Redis, an annotation without the end of its line counts as torn: the next command would be appended to
 * it, and be lost.
 */
public final class AofReader {
    /** What is told of a file, in its order. */
    public interface Visitor {
        /**
         * A command, MULTI and EXEC included.
         *
         * @param words the first {@code count} of them are valid during the call
         * @param count 1 and up
         * @return why the reading cannot go on ({@link AofOutcome.Refused}), else null
         */
        @Nullable
        String command(Bytes[] words, int count);

        /** A position line outside of a transaction, which ends at byte {@code endOffset} of the file. */
        default void position(SaveOptions.Replication position, long endOffset) {}

        /** A timestamp line, which begins at byte {@code offset} of the file. */
        default void timestamp(long seconds, long offset) {}

        /**
         * Called with every piece of the file that is read, and at least every 1,024 commands.
         *
         * @param bytesRead offset in the file
         * @return false to give the reading up ({@link AofOutcome.Cancelled})
         */
        default boolean progress(long bytesRead) {
            return true;
        }
    }

    /** Longest line of an annotation or number, bytes (AOF_ANNOTATION_LINE_MAX_LEN). */
    public static final int LINE_BYTES_MAX = 1024;

    private static final int BUFFER_BYTES = 256 * 1024;
    private static final int BUFFER_KEPT_BYTES = 4 * 1024 * 1024;
    private static final int ARRAY_BYTES_MAX = Integer.MAX_VALUE - 64;
    private static final int WORDS_KEPT = 1024;
    private static final int COMMANDS_PER_PROGRESS = 1024;

    private final RdbSource source;
    private final Visitor visitor;
    private byte[] buffer = new byte[BUFFER_BYTES];
    /** Offset in the file of the buffer's first byte. */
    private long base;

    private int start;
    private int at;
    private int limit;

    private Bytes[] words = {};
    /** Where each word begins, counted from {@link #start}, and its length. */
    private int[] bounds = new int[32];

    private final Bytes line = new Bytes();
    private SaveOptions.@Nullable Replication position;
    private boolean multi;
    private long validBytes;
    private int commandsSinceProgress;
    private @Nullable AofOutcome outcome;

    private AofReader(RdbSource source, long fromOffset, Visitor visitor) {
        this.source = source;
        this.base = fromOffset;
        this.visitor = visitor;
    }

    /** Reads a file of commands from its beginning. */
    public static AofOutcome read(RdbSource source, Visitor visitor) {
        return read(source, 0, visitor);
    }

    /**
     * Reads the commands that follow a snapshot in the same file.
     *
     * @param fromOffset offset in the file of the source's next byte, which all offsets told count from: {@code
     *     bytes} of the report with which the loading of the snapshot ended
     */
    public static AofOutcome read(RdbSource source, long fromOffset, Visitor visitor) {
        return new AofReader(source, fromOffset, visitor).read();
    }

    private AofOutcome read() {
        while (outcome == null) {
            unit();
        }
        return outcome;
    }

    private void unit() {
        shrink();
        start = at;
        if (!multi) {
            validBytes = base + at;
        }
        if (at == limit && !fill(1, true)) {
            return;
        }
        switch (buffer[at]) {
            case '#' -> annotation();
            case '*' -> command();
            default -> bad(at, "neither a command nor an annotation: " + shown(at));
        }
    }

    // ---- annotations

    private void annotation() {
        int end = lineEnd();
        if (end < 0) {
            return;
        }
        line.set(buffer, at, end - at);
        long offset = base + at;
        at = end;
        if (PositionLine.is(line)) {
            // One that cannot be understood leaves the short form behind it without meaning.
            position = PositionLine.parse(line, position);
            if (position != null && !multi) {
                visitor.position(position, base + end);
            }
        } else if (TimestampLine.is(line)) {
            long seconds = TimestampLine.parse(line);
            if (seconds >= 0) {
                visitor.timestamp(seconds, offset);
            }
        }
    }

    // ---- commands

    private void command() {
        long count = number();
        if (count < 1) {
            if (outcome == null) {
                bad(start, "a command of " + count + " words");
            }
            return;
        }
        if (count > Integer.MAX_VALUE) {
            bad(start, "a command of " + count + " words");
            return;
        }
        for (int i = 0; i < count; i++) {
            if (!word(i)) {
                return;
            }
        }
        perform((int) count);
    }

    private boolean word(int index) {
        if (at == limit && !fill(1, false)) {
            return false;
        }
        if (buffer[at] != '$') {
            bad(at, "no word where one is due: " + shown(at));
            return false;
        }
        int header = at - start;
        long length = number();
        if (outcome != null) {
            return false;
        }
        if (length < 0 || length > ARRAY_BYTES_MAX) {
            bad(start + header, "a word of " + length + " bytes");
            return false;
        }
        if (limit - at < length + 2 && !fill(length + 2, false)) {
            return false;
        }
        if (2 * index + 2 > bounds.length) {
            bounds = Arrays.copyOf(bounds, 2 * bounds.length);
        }
        bounds[2 * index] = at - start;
        bounds[2 * index + 1] = (int) length;
        at += (int) length + 2;
        return true;
    }

    private void perform(int count) {
        int known = words.length;
        if (known < count) {
            words = Arrays.copyOf(words, Math.max(16, Math.max(count, 2 * Math.min(known, WORDS_KEPT))));
            for (int i = known; i < words.length; i++) {
                words[i] = new Bytes();
            }
        }
        for (int i = 0; i < count; i++) {
            words[i].set(buffer, start + bounds[2 * i], bounds[2 * i + 1]);
        }
        // Before the call, which may do with its words what it likes.
        boolean multiBehind = multi ? !words[0].is("exec") : words[0].is("multi");
        String refusal = visitor.command(words, count);
        if (refusal != null) {
            outcome = new AofOutcome.Refused(base + start, refusal);
            return;
        }
        multi = multiBehind;
        if (++commandsSinceProgress >= COMMANDS_PER_PROGRESS) {
            report();
        }
    }

    // ---- lines

    /** Index behind the LF of the line at {@link #at}; -1 with an outcome if there is none. */
    private int lineEnd() {
        int length = 0;
        while (true) {
            if (at + length == limit && !fill(length + 1L, false)) {
                return -1;
            }
            if (buffer[at + length] == '\n') {
                return at + length + 1;
            }
            if (++length >= LINE_BYTES_MAX) {
                bad(at, "a line of more than " + LINE_BYTES_MAX + " bytes");
                return -1;
            }
        }
    }

    /**
     * Reads a line of a letter and a number, 0 if there is none, and goes behind it; meaningless if there is an
     * outcome then.
     */
    private long number() {
        int end = lineEnd();
        if (end < 0) {
            return -1;
        }
        int from = at + 1;
        at = end;
        return Decimals.leading(buffer, from, end);
    }

    // ---- bytes

    private void shrink() {
        if (buffer.length > BUFFER_KEPT_BYTES && limit - at <= BUFFER_BYTES / 2) {
            byte[] small = new byte[BUFFER_BYTES];
            System.arraycopy(buffer, at, small, 0, limit - at);
            base += at;
            limit -= at;
            at = 0;
            buffer = small;
        }
        if (words.length > WORDS_KEPT) {
            words = new Bytes[0];
            bounds = new int[32];
        }
    }

    /**
     * Reads until {@code count} bytes are there from {@link #at} on; false with an outcome if they do not come. Moves
     * {@link #start} to the front of the buffer.
     */
    private boolean fill(long count, boolean betweenUnits) {
        while (limit - at < count) {
            long left = source.bytesLeft();
            if (left >= 0 && limit - at + left < count) {
                return ended(base + limit + left, betweenUnits && limit == at && left == 0);
            }
            if (!makeRoom(count, left) || !report()) {
                return false;
            }
            int taken;
            try {
                taken = source.read(buffer, limit, buffer.length - limit);
            } catch (IOException failed) {
                outcome = new AofOutcome.Unreadable(base + limit, String.valueOf(failed.getMessage()));
                return false;
            }
            if (taken <= 0) {
                return ended(base + limit, betweenUnits && limit == at);
            }
            limit += taken;
        }
        return true;
    }

    private boolean ended(long bytes, boolean betweenUnits) {
        outcome = betweenUnits && !multi
                ? new AofOutcome.Complete(bytes)
                : new AofOutcome.Truncated(validBytes, multi, !betweenUnits, bytes);
        return false;
    }

    /** Makes room for at least one byte, and as far as it may be trusted for all that are needed. */
    private boolean makeRoom(long count, long left) {
        long needed = at - start + count;
        if (needed > ARRAY_BYTES_MAX) {
            bad(start, "a command of more than " + ARRAY_BYTES_MAX + " bytes");
            return false;
        }
        if (start + needed <= buffer.length && limit < buffer.length) {
            return true;
        }
        long trusted = left >= 0 ? needed : Math.min(needed, Math.max(2L * (limit - start), BUFFER_BYTES));
        int length = (int) Math.min(ARRAY_BYTES_MAX, Math.max(trusted, BUFFER_BYTES));
        byte[] target = length > buffer.length ? new byte[length] : buffer;
        System.arraycopy(buffer, start, target, 0, limit - start);
        buffer = target;
        base += start;
        at -= start;
        limit -= start;
        start = 0;
        return true;
    }

    private boolean report() {
        commandsSinceProgress = 0;
        if (visitor.progress(base + at)) {
            return true;
        }
        outcome = new AofOutcome.Cancelled();
        return false;
    }

    // ---- what is wrong

    private void bad(int index, String what) {
        outcome = new AofOutcome.BadFormat(base + index, validBytes, what);
    }

    private String shown(int index) {
        int b = buffer[index] & 0xFF;
        return b > ' ' && b <= '~' ? "'" + (char) b + "'" : "byte " + b;
    }
}
