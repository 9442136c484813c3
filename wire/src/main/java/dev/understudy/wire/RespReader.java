// SPDX-License-Identifier: Apache-2.0
package dev.understudy.wire;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Reads replies, RESP2 and RESP3, as a small client needs it: feed bytes, take values. Attributes are read and dropped. A reply that is
 * not complete is read again from its start when more has come. Confined to one thread.
 */
public final class RespReader {
    private static final int FIRST_BYTES = 1024;
    private static final int DEPTH_MAX = 32;
    private static final int LINE_BYTES_MAX = 64 * 1024;

    private byte[] buffer = new byte[FIRST_BYTES];
    private int start;
    private int limit;
    private int position;
    /** Bytes from {@link #start} on below which the reply under way cannot be complete. */
    private long neededBytes;

    private @Nullable String broken;

    /** Takes further bytes. */
    public void feed(byte[] source, int offset, int count) {
        if (buffer.length - limit < count) {
            int used = limit - start;
            byte[] target = used + count <= buffer.length ? buffer : new byte[Math.max(2 * used, used + count)];
            System.arraycopy(buffer, start, target, 0, used);
            buffer = target;
            start = 0;
            limit = used;
        }
        System.arraycopy(source, offset, buffer, limit, count);
        limit += count;
    }

    /** The next value, null when it is not complete, or what came is no reply at all ({@link #broken}). */
    public @Nullable Value next() {
        if (broken != null || limit == start || limit - start < neededBytes) {
            return null;
        }
        position = start;
        Value value = value(0);
        if (value != null) {
            start = position;
            neededBytes = 0;
        }
        return value;
    }

    /** What is wrong with the bytes, null while nothing is; then nothing more is read. */
    public @Nullable String broken() {
        return broken;
    }

    /** Bytes fed and not read yet. */
    public int waitingBytes() {
        return limit - start;
    }

    private @Nullable Value value(int depth) {
        if (depth > DEPTH_MAX) {
            return fail("nested deeper than " + DEPTH_MAX);
        }
        int typeAt = position;
        int end = lineEnd();
        if (end < 0) {
            return null;
        }
        position = end + 2;
        char type = (char) (buffer[typeAt] & 0xFF);
        int from = typeAt + 1;
        return switch (type) {
            case '+' -> new Value.Simple(text(from, end));
            case '-' -> new Value.Failure(text(from, end));
            case '_' -> new Value.Nil();
            case '(' -> new Value.BigNumber(text(from, end));
            case '#' -> new Value.Bool(end > from && buffer[from] == 't');
            case ',' -> real(from, end);
            case ':', '$', '=', '!', '*', '~', '>', '%', '|' -> {
                long number = number(from, end);
                if (broken != null) {
                    yield null;
                }
                yield numbered(type, number, depth);
            }
            default -> fail("unknown type '" + type + "'");
        };
    }

    private @Nullable Value numbered(char type, long number, int depth) {
        if (type == ':') {
            return new Value.Int(number);
        }
        if (number == -1 && (type == '$' || type == '*')) {
            return new Value.Nil();
        }
        if (number < 0 || number > Integer.MAX_VALUE / 2) {
            return fail("length " + number);
        }
        int count = (int) number;
        if (type == '$' || type == '=' || type == '!') {
            return blob(type, count);
        }
        List<Value> elements = elements(type == '%' || type == '|' ? 2L * count : count, depth);
        if (elements == null) {
            return null;
        }
        return switch (type) {
            case '*' -> new Value.Array(elements);
            case '~' -> new Value.Set(elements);
            case '>' -> new Value.Push(elements);
            case '%' -> new Value.Map(elements);
            default -> value(depth + 1); // What an attribute is about.
        };
    }

    private @Nullable List<Value> elements(long count, int depth) {
        List<Value> elements = new ArrayList<>((int) Math.min(count, 1024));
        for (long i = 0; i < count; i++) {
            Value element = value(depth + 1);
            if (element == null) {
                return null;
            }
            elements.add(element);
        }
        return elements;
    }

    private @Nullable Value blob(char type, int count) {
        long end = position + count + 2L;
        if (end > limit) {
            neededBytes = end - start;
            return null;
        }
        int from = position;
        position = (int) end;
        if (type == '!') {
            return new Value.Failure(text(from, from + count));
        }
        int skipped = type == '=' ? Math.min(4, count) : 0;
        return new Value.Bulk(Bytes.of(Arrays.copyOfRange(buffer, from + skipped, from + count)));
    }

    private @Nullable Value real(int from, int end) {
        String text = text(from, end);
        double number = text.equals("nan") ? Double.NaN : Numbers.parseDouble(Bytes.of(text));
        return Double.isNaN(number) && !text.equals("nan") ? fail("double " + text) : new Value.Real(number);
    }

    private long number(int from, int end) {
        if (!Numbers.isLong(buffer, from, end - from)) {
            fail("number " + text(from, end));
            return 0;
        }
        return Numbers.parseLong(buffer, from, end - from);
    }

    /** Index of the CR of the line at {@link #position}, -1 when its end is not there yet. */
    private int lineEnd() {
        for (int i = position; i < limit; i++) {
            if (buffer[i] == '\r') {
                return i + 1 < limit ? i : -1;
            }
        }
        if (limit - position > LINE_BYTES_MAX) {
            fail("a line of more than " + LINE_BYTES_MAX + " bytes");
        }
        return -1;
    }

    private String text(int from, int end) {
        return new String(buffer, from, end - from, StandardCharsets.UTF_8);
    }

    private @Nullable Value fail(String what) {
        broken = "not a reply: " + what;
        return null;
    }
}
