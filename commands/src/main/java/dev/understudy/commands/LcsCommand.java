// SPDX-License-Identifier: Apache-2.0
package dev.understudy.commands;

import dev.understudy.store.StringValue;
import dev.understudy.store.Value;
import dev.understudy.wire.Reply;
import org.jspecify.annotations.Nullable;

/**
 * LCS: the longest common subsequence of two strings.
 *
 * <p>Redis keeps the whole table of lengths. We keep one row of it, and for each cell the bit that tells the way back,
 * which is all that the
 * way back asks for; the limits and error texts are Redis's.
 */
final class LcsCommand {
    private static final CommandFailure NOT_STRINGS =
            CommandFailure.err("The specified keys must contain string values");
    private static final CommandFailure LEN_AND_IDX =
            CommandFailure.err("If you want both the length and indexes, please just use IDX.");
    private static final CommandFailure TOO_LARGE =
            CommandFailure.err("Insufficient memory, transient memory for LCS exceeds proto-max-bulk-len");

    private static final CommandFailure NO_MEMORY =
            CommandFailure.err("Insufficient memory, failed allocating transient memory for LCS");
    private static final byte[] EMPTY = {};

    private record Options(boolean length, boolean ranges, boolean matchLengths, long matchMin) {
        static Options parse(Call call) {
            boolean length = false;
            boolean ranges = false;
            boolean matchLengths = false;
            long matchMin = 0;
            for (int i = 3; i < call.count(); i++) {
                if (call.word(i).is("idx")) {
                    ranges = true;
                } else if (call.word(i).is("len")) {
                    length = true;
                } else if (call.word(i).is("withmatchlen")) {
                    matchLengths = true;
                } else if (call.word(i).is("minmatchlen") && i + 1 < call.count()) {
                    matchMin = Math.max(call.number(++i), 0);
                } else {
                    throw CommandFailure.SYNTAX;
                }
            }
            if (length && ranges) {
                throw LEN_AND_IDX;
            }
            return new Options(length, ranges, matchLengths, matchMin);
        }
    }

    private final byte[] a;
    private final byte[] b;
    private final Options options;
    /** Per cell of a row for each byte of {@code a}: whether the way back goes to the byte of {@code a} before. */
    private final long[] upwards;

    private final int length;

    private LcsCommand(byte[] a, byte[] b, Options options) {
        this.a = a;
        this.b = b;
        this.options = options;
        long cells = (long) a.length * b.length;
        this.upwards = new long[options.length || cells == 0 ? 0 : (int) (cells / Long.SIZE + 1)];
        this.length = cells == 0 ? 0 : fill();
    }

    static void register(CommandTable table) {
        StringCommands.add(table, "lcs", LcsCommand::run, -3, "readonly", "7.0.0")
                .keys(1, 2, 1, "RO ACCESS")
                .docs("Finds the longest common subsequence of two strings.", "O(N*M), N and M being their lengths");
    }

    private static void run(Call call) {
        Value first = call.read(1);
        Value second = call.read(2);
        long firstBytes = bytes(first);
        long secondBytes = bytes(second);
        Options options = Options.parse(call);
        if (Integer.BYTES * (firstBytes + 1) > call.data().limits().stringMaxBytes() / (secondBytes + 1)) {
            throw TOO_LARGE;
        }
        boolean nothing = firstBytes == 0 || secondBytes == 0;
        // Two texts, a row of the table, the marks, and the result.
        long needed = 2 * firstBytes + Integer.BYTES * (secondBytes + 1) + secondBytes + firstBytes * secondBytes / 8;
        if (!nothing && needed > call.execution().conditions().workBytesLeft()) {
            throw NO_MEMORY;
        }
        LcsCommand lcs = new LcsCommand(nothing ? EMPTY : text(first), nothing ? EMPTY : text(second), options);
        if (options.length) {
            call.integer(lcs.length);
        } else if (options.ranges) {
            lcs.replyRanges(call.reply());
        } else {
            call.reply().bulk(lcs.walk(null));
        }
    }

    private static long bytes(@Nullable Value value) {
        if (value != null && !(value instanceof StringValue)) {
            throw NOT_STRINGS;
        }
        return value == null ? 0 : value.size();
    }

    private static byte[] text(@Nullable Value value) {
        return value instanceof StringValue string ? string.toArray() : EMPTY;
    }

    /** Computes the table row by row; returns the length of the whole. */
    private int fill() {
        int[] row = new int[b.length + 1];
        for (int i = 0; i < a.length; i++) {
            int diagonal = 0;
            for (int j = 0; j < b.length; j++) {
                int up = row[j + 1];
                if (a[i] == b[j]) {
                    row[j + 1] = diagonal + 1;
                } else if (up > row[j]) {
                    mark(i, j);
                } else {
                    row[j + 1] = row[j];
                }
                diagonal = up;
            }
        }
        return row[b.length];
    }

    private void mark(int i, int j) {
        if (upwards.length > 0) {
            long cell = (long) i * b.length + j;
            upwards[(int) (cell >>> 6)] |= 1L << cell;
        }
    }

    private boolean isUpwards(int i, int j) {
        long cell = (long) i * b.length + j;
        return (upwards[(int) (cell >>> 6)] & 1L << cell) != 0;
    }

    private interface RangeVisitor {
        /** A run of equal bytes, first and last index in either string. */
        void visit(int aFirst, int aLast, int bFirst, int bLast);
    }

    /** Goes the way back from the end, telling the runs it meets; returns the subsequence. */
    private byte[] walk(@Nullable RangeVisitor visitor) {
        byte[] result = new byte[length];
        int left = length;
        int i = a.length;
        int j = b.length;
        int run = 0;
        while (left > 0) {
            if (a[i - 1] == b[j - 1]) {
                result[--left] = a[--i];
                j--;
                run++;
                // Redis looks no further once a run has come to the first byte of a string.
                if (left == 0 || i == 0 || j == 0) {
                    tell(visitor, i, j, run);
                }
            } else {
                tell(visitor, i, j, run);
                run = 0;
                if (isUpwards(i - 1, j - 1)) {
                    i--;
                } else {
                    j--;
                }
            }
        }
        return result;
    }

    private static void tell(@Nullable RangeVisitor visitor, int i, int j, int run) {
        if (visitor != null && run > 0) {
            visitor.visit(i, i + run - 1, j, j + run - 1);
        }
    }

    private void replyRanges(Reply reply) {
        reply.map(2);
        reply.bulk("matches");
        long mark = reply.deferred();
        int[] count = {0};
        walk((aFirst, aLast, bFirst, bLast) -> {
            int matched = aLast - aFirst + 1;
            if (matched < options.matchMin) {
                return;
            }
            count[0]++;
            reply.array(options.matchLengths ? 3 : 2);
            reply.array(2);
            reply.integer(aFirst);
            reply.integer(aLast);
            reply.array(2);
            reply.integer(bFirst);
            reply.integer(bLast);
            if (options.matchLengths) {
                reply.integer(matched);
            }
        });
        reply.finishArray(mark, count[0]);
        reply.bulk("len");
        reply.integer(length);
    }
}
