// SPDX-License-Identifier: Apache-2.0
package dev.understudy.persist.aof;

import dev.understudy.wire.Bytes;
import dev.understudy.wire.Numbers;
import java.nio.charset.StandardCharsets;

/**
 * The annotation {@code #TS:<unix seconds>\r\n}, with which Redis 7.0 and later tell when the commands behind it were
 * executed (genAofTimestampAnnotationIfNeeded). No state; any thread.
 */
public final class TimestampLine {
    private static final byte[] PREFIX = "#TS:".getBytes(StandardCharsets.US_ASCII);

    /** Longest line, bytes. */
    public static final int MAX_LENGTH = 4 + Numbers.LONG_TEXT_MAX + 2;

    private TimestampLine() {}

    /**
     * Writes a line; allocates nothing.
     *
     * @param seconds since the epoch, 0 and up
     * @param at index of the first byte; {@link #MAX_LENGTH} have to fit
     * @return index behind the last byte written
     */
    public static int write(long seconds, byte[] target, int at) {
        assert seconds >= 0 : seconds;
        System.arraycopy(PREFIX, 0, target, at, PREFIX.length);
        int next = Numbers.write(seconds, target, at + PREFIX.length);
        target[next] = '\r';
        target[next + 1] = '\n';
        return next + 2;
    }

    /** Whether an annotation means to be such a line. */
    public static boolean is(Bytes line) {
        return PositionLine.startsWith(line, PREFIX);
    }

    /** Reads a line with its CR and LF: seconds since the epoch, -1 if it is no such line. */
    public static long parse(Bytes line) {
        int end = PositionLine.contentEnd(line);
        return end < 0 || !is(line) ? -1 : Decimals.exact(line.array, line.offset + PREFIX.length, end);
    }
}
