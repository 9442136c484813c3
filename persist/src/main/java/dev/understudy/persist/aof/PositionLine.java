// SPDX-License-Identifier: Apache-2.0
package dev.understudy.persist.aof;

import dev.understudy.persist.SaveOptions;
import dev.understudy.wire.Bytes;
import dev.understudy.wire.Numbers;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * The annotation that tells where in which replication history the data set is, once all commands before it have been
 * executed. Servers
 * that do not know it skip it, as they do every line that begins with {@code #}. No state; any thread.
 *
 * <pre>
 * #POS:&lt;replication id, 40 characters&gt;:&lt;offset&gt;:&lt;database of the stream&gt;\r\n
 * #POS:&lt;offset&gt;\r\n          if id and database are those of the last such line of the same file
 * </pre>
 *
 * <p>The number {@code offset} is that of the stream's bytes applied so far, as INFO's master_repl_offset.
 */
public final class PositionLine {
    private static final byte[] PREFIX = "#POS:".getBytes(StandardCharsets.US_ASCII);
    private static final int ID_LENGTH = 40;

    /** Longest line, bytes: prefix, id, two colons, an offset and a database, CR and LF. */
    public static final int MAX_LENGTH = 5 + ID_LENGTH + 1 + Numbers.LONG_TEXT_MAX + 1 + Numbers.LONG_TEXT_MAX + 2;

    private PositionLine() {}

    /**
     * Writes a line; allocates nothing.
     *
     * @param position its id has 40 printable characters without colon, its numbers are not negative
     * @param previous what the last such line in the same file said, null if there is none
     * @param at index of the first byte; {@link #MAX_LENGTH} have to fit
     * @return index behind the last byte written
     */
    public static int write(
            SaveOptions.Replication position, SaveOptions.@Nullable Replication previous, byte[] target, int at) {
        assert position.id().length() == ID_LENGTH && position.offset() >= 0 && position.streamDb() >= 0 : position;
        System.arraycopy(PREFIX, 0, target, at, PREFIX.length);
        int next = at + PREFIX.length;
        boolean brief = previous != null
                && previous.streamDb() == position.streamDb()
                && previous.id().equals(position.id());
        if (!brief) {
            for (int i = 0; i < ID_LENGTH; i++) {
                target[next++] = (byte) position.id().charAt(i);
            }
            target[next++] = ':';
        }
        next = Numbers.write(position.offset(), target, next);
        if (!brief) {
            target[next++] = ':';
            next = Numbers.write(position.streamDb(), target, next);
        }
        target[next++] = '\r';
        target[next++] = '\n';
        return next;
    }

    /** Whether an annotation means to be such a line. */
    public static boolean is(Bytes line) {
        return startsWith(line, PREFIX);
    }

    /**
     * Reads a line.
     *
     * @param line with its CR and LF
     * @param previous what the last such line in the same file said, null if there is none or it was not understood
     * @return null if it is no such line
     */
    public static SaveOptions.@Nullable Replication parse(Bytes line, SaveOptions.@Nullable Replication previous) {
        int end = contentEnd(line);
        if (end < 0 || !is(line)) {
            return null;
        }
        byte[] array = line.array;
        int from = line.offset + PREFIX.length;
        int idEnd = indexOf(array, from, end);
        if (idEnd < 0) {
            long offset = Decimals.exact(array, from, end);
            return previous == null || offset < 0
                    ? null
                    : new SaveOptions.Replication(previous.streamDb(), previous.id(), offset);
        }
        int offsetEnd = indexOf(array, idEnd + 1, end);
        if (idEnd - from != ID_LENGTH || offsetEnd < 0 || !isPrintable(array, from, idEnd)) {
            return null;
        }
        long offset = Decimals.exact(array, idEnd + 1, offsetEnd);
        long database = Decimals.exact(array, offsetEnd + 1, end);
        if (offset < 0 || database < 0 || database > Integer.MAX_VALUE) {
            return null;
        }
        String id = new String(array, from, ID_LENGTH, StandardCharsets.US_ASCII);
        return new SaveOptions.Replication(
                (int) database, previous != null && previous.id().equals(id) ? previous.id() : id, offset);
    }

    /** Index behind what stands before CR and LF, -1 if the line does not end so. */
    static int contentEnd(Bytes line) {
        int end = line.offset + line.length;
        return line.length >= 2 && line.array[end - 2] == '\r' && line.array[end - 1] == '\n' ? end - 2 : -1;
    }

    static boolean startsWith(Bytes line, byte[] prefix) {
        if (line.length < prefix.length) {
            return false;
        }
        for (int i = 0; i < prefix.length; i++) {
            if (line.array[line.offset + i] != prefix[i]) {
                return false;
            }
        }
        return true;
    }

    private static boolean isPrintable(byte[] array, int from, int to) {
        for (int i = from; i < to; i++) {
            if (array[i] <= ' ' || array[i] > '~') {
                return false;
            }
        }
        return true;
    }

    private static int indexOf(byte[] array, int from, int to) {
        for (int i = from; i < to; i++) {
            if (array[i] == ':') {
                return i;
            }
        }
        return -1;
    }
}
