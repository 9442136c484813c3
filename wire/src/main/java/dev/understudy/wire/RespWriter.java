// SPDX-License-Identifier: Apache-2.0
package dev.understudy.wire;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.stream.IntStream;

/**
 * Writes replies in RESP2 or RESP3 as Redis 7.2 does (addReply* of networking.c) and keeps them until {@link #drainTo}.
 *
 * <pre>
 * chunk 0:  | segment 0 | hole | segment 1 .......... |     chunk 1:  | segment 2 ... |
 *                            ^ a deferred header, as long as it turned out, ends where its segment begins
 * </pre>
 *
 * <p>Nothing is written while the replies are suppressed. Allocates nothing but chunks, and reuses those. Confined to one thread.
 */
public final class RespWriter implements Reply {
    /** Room for a deferred header: type, ten digits, CR, LF. */
    private static final int HOLE_BYTES = 13;
    /** Headers of up to this number are kept ready. */
    private static final int READY_HEADERS = 64;

    private static final int FIRST_SEGMENTS = 4;
    private static final int KEPT_SEGMENTS_MAX = 64;
    private static final long SUPPRESSED_MARK = -1;
    private static final byte[] NOTHING = {};
    private static final byte[] OK = "+OK\r\n".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] NIL_BULK = "$-1\r\n".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] NIL_ARRAY = "*-1\r\n".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] NIL_3 = "_\r\n".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] TRUE_3 = "#t\r\n".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] FALSE_3 = "#f\r\n".getBytes(StandardCharsets.US_ASCII);
    private static final byte[][] BULK_HEADERS = headers('$');
    private static final byte[][] ARRAY_HEADERS = headers('*');
    private static final byte[][] INTEGERS = headers(':');

    private final ReplyChunks chunks;
    private boolean resp3;
    private boolean suppressed;

    /** The segment under way: {@code array[from, at)}. */
    private byte[] array = NOTHING;

    private int from;
    private int at;

    private byte[][] arrays = new byte[FIRST_SEGMENTS][];
    private int[] froms = new int[FIRST_SEGMENTS];
    private int[] tos = new int[FIRST_SEGMENTS];
    private int segments;
    private long segmentBytes;
    private int openMarks;

    public RespWriter(ReplyChunks chunks) {
        this.chunks = chunks;
    }

    /** Sets the protocol version, 2 or 3. */
    public void protocol(int version) {
        assert version == 2 || version == 3 : version;
        resp3 = version == 3;
    }

    /** Whether replies are dropped: CLIENT REPLY OFF and SKIP, and whatever our master asks. */
    public void suppressed(boolean yes) {
        suppressed = yes;
    }

    public boolean suppressed() {
        return suppressed;
    }

    /** Bytes waiting for {@link #drainTo}. */
    public long pendingBytes() {
        return segmentBytes + (at - from);
    }

    /** Whether an aggregate awaits its count: then nothing may be drained. */
    public boolean hasOpenMarks() {
        return openMarks > 0;
    }

    /** Hands all that was written to {@code sink}, in order, and begins anew. */
    public void drainTo(ByteSink sink) {
        assert openMarks == 0 : openMarks + " deferred headers are still open";
        for (int i = 0; i < segments; i++) {
            if (tos[i] > froms[i]) {
                sink.write(arrays[i], froms[i], tos[i] - froms[i]);
            }
        }
        if (at > from) {
            sink.write(array, from, at - from);
        }
        clear();
    }

    /** Forgets all that was written. */
    @SuppressWarnings("ReferenceEquality") // Whether two segments lie in the same chunk.
    public void clear() {
        byte[] last = NOTHING;
        for (int i = 0; i < segments; i++) {
            if (arrays[i] != last) {
                chunks.give(last);
                last = arrays[i];
            }
            arrays[i] = NOTHING;
        }
        if (array != last) {
            chunks.give(last);
        }
        chunks.give(array);
        array = NOTHING;
        from = 0;
        at = 0;
        segments = 0;
        segmentBytes = 0;
        openMarks = 0;
        if (tos.length > KEPT_SEGMENTS_MAX) {
            arrays = new byte[FIRST_SEGMENTS][];
            froms = new int[FIRST_SEGMENTS];
            tos = new int[FIRST_SEGMENTS];
        }
    }

    @Override
    public long position() {
        return (long) segments << 32 | at;
    }

    @Override
    @SuppressWarnings("ReferenceEquality") // Whether two segments lie in the same chunk.
    public void rewind(long position) {
        while (segments > (int) (position >>> 32)) {
            segments--;
            byte[] filed = arrays[segments];
            arrays[segments] = NOTHING;
            segmentBytes -= tos[segments] - froms[segments];
            if (filed != array) {
                chunks.give(array);
                array = filed;
            }
            from = froms[segments];
        }
        at = (int) position;
        openMarks = 0;
    }

    @Override
    public boolean resp3() {
        return resp3;
    }

    @Override
    public void simple(String text) {
        line('+', text, false);
    }

    @Override
    public void ok() {
        raw(OK, 0, OK.length);
    }

    @Override
    public void error(String message) {
        line('-', message, true);
    }

    @Override
    public void integer(long value) {
        if (value >= 0 && value < READY_HEADERS) {
            byte[] ready = INTEGERS[(int) value];
            raw(ready, 0, ready.length);
        } else {
            header(':', value);
        }
    }

    @Override
    public void bulk(byte[] source, int offset, int length) {
        if (suppressed) {
            return;
        }
        bulkHeader(length);
        put(source, offset, length);
        lineEnd();
    }

    @Override
    public void bulk(MemorySegment segment, long offset, long length) {
        if (suppressed) {
            return;
        }
        bulkHeader(length);
        long done = 0;
        while (done < length) {
            if (at == array.length) {
                newChunk(length - done);
            }
            int part = (int) Math.min(length - done, array.length - at);
            MemorySegment.copy(segment, ValueLayout.JAVA_BYTE, offset + done, array, at, part);
            at += part;
            done += part;
        }
        lineEnd();
    }

    @Override
    public void bulkLong(long value) {
        if (suppressed) {
            return;
        }
        bulkHeader(Numbers.length(value));
        room(Numbers.LONG_TEXT_MAX);
        at = Numbers.write(value, array, at);
        lineEnd();
    }

    @Override
    public void nil() {
        byte[] text = resp3 ? NIL_3 : NIL_BULK;
        raw(text, 0, text.length);
    }

    @Override
    public void nilArray() {
        byte[] text = resp3 ? NIL_3 : NIL_ARRAY;
        raw(text, 0, text.length);
    }

    @Override
    public void array(int count) {
        if (count >= 0 && count < READY_HEADERS) {
            byte[] ready = ARRAY_HEADERS[count];
            raw(ready, 0, ready.length);
        } else {
            header('*', count);
        }
    }

    @Override
    public void map(int pairs) {
        if (resp3) {
            header('%', pairs);
        } else {
            header('*', 2L * pairs);
        }
    }

    @Override
    public void set(int count) {
        header(resp3 ? '~' : '*', count);
    }

    @Override
    public void push(int count) {
        header(resp3 ? '>' : '*', count);
    }

    @Override
    public void attribute(int pairs) {
        assert resp3 : "attributes are unknown to RESP2";
        header('|', pairs);
    }

    @Override
    public void real(double value) {
        number(Numbers.format(value), ',');
    }

    @Override
    public void human(double value) {
        number(Numbers.formatHuman(value), ',');
    }

    @Override
    public void bool(boolean value) {
        if (resp3) {
            raw(value ? TRUE_3 : FALSE_3, 0, TRUE_3.length);
        } else {
            integer(value ? 1 : 0);
        }
    }

    @Override
    public void bigNumber(String digits) {
        number(digits, '(');
    }

    @Override
    public void verbatim(String extension, byte[] text) {
        if (suppressed) {
            return;
        }
        if (!resp3) {
            bulk(text, 0, text.length);
            return;
        }
        assert extension.length() == 3 : extension;
        header('=', text.length + 4L);
        room(4);
        for (int i = 0; i < 3; i++) {
            array[at++] = (byte) extension.charAt(i);
        }
        array[at++] = ':';
        put(text, 0, text.length);
        lineEnd();
    }

    @Override
    public void raw(byte[] source, int offset, int length) {
        if (!suppressed) {
            put(source, offset, length);
        }
    }

    @Override
    public long deferred() {
        if (suppressed) {
            return SUPPRESSED_MARK;
        }
        room(2 * HOLE_BYTES);
        endSegment();
        at += HOLE_BYTES;
        from = at;
        openMarks++;
        return segments;
    }

    @Override
    public void finishArray(long mark, int count) {
        finish(mark, '*', count);
    }

    @Override
    public void finishMap(long mark, int pairs) {
        finish(mark, resp3 ? '%' : '*', resp3 ? pairs : 2L * pairs);
    }

    @Override
    public void finishSet(long mark, int count) {
        finish(mark, resp3 ? '~' : '*', count);
    }

    private void finish(long mark, char type, long count) {
        if (mark == SUPPRESSED_MARK) {
            return;
        }
        assert openMarks > 0 && mark > 0 && mark <= segments : mark;
        openMarks--;
        int length = 3 + Numbers.length(count);
        int segment = (int) mark;
        if (segment == segments) {
            from -= length;
            writeHeader(type, count, array, from);
        } else {
            froms[segment] -= length;
            writeHeader(type, count, arrays[segment], froms[segment]);
            segmentBytes += length;
        }
    }

    private static void writeHeader(char type, long number, byte[] target, int offset) {
        target[offset] = (byte) type;
        int end = Numbers.write(number, target, offset + 1);
        target[end] = '\r';
        target[end + 1] = '\n';
    }

    private void header(char type, long number) {
        if (suppressed) {
            return;
        }
        room(3 + Numbers.LONG_TEXT_MAX);
        array[at] = (byte) type;
        at = Numbers.write(number, array, at + 1);
        lineEnd();
    }

    private void bulkHeader(long length) {
        if (length < READY_HEADERS) {
            byte[] ready = BULK_HEADERS[(int) length];
            put(ready, 0, ready.length);
        } else {
            header('$', length);
        }
    }

    /** A number as text: behind its type in RESP3, a bulk string in RESP2. */
    private void number(String text, char type) {
        if (resp3) {
            line(type, text, false);
        } else {
            bulk(text);
        }
    }

    private void line(char type, String text, boolean clean) {
        if (suppressed) {
            return;
        }
        int length = text.length();
        if (length > ReplyChunks.CHUNK_BYTES / 4) {
            longLine(type, text);
            return;
        }
        room(length + 3);
        int i = at;
        array[i++] = (byte) type;
        for (int k = 0; k < length; k++) {
            char c = text.charAt(k);
            if (c >= 0x80 || clean && (c == '\r' || c == '\n')) {
                longLine(type, text);
                return;
            }
            assert c != '\r' && c != '\n' : text;
            array[i++] = (byte) c;
        }
        at = i;
        lineEnd();
    }

    /** A line that is long, has other than ASCII characters, or line ends, which become spaces. */
    private void longLine(char type, String text) {
        room(1);
        array[at++] = (byte) type;
        byte[] bytes = trimmed(text).replace('\r', ' ').replace('\n', ' ').getBytes(StandardCharsets.UTF_8);
        put(bytes, 0, bytes.length);
        lineEnd();
    }

    /** Without line ends at its end, as addReplyErrorFormat has it. */
    private static String trimmed(String text) {
        int end = text.length();
        while (end > 0 && (text.charAt(end - 1) == '\r' || text.charAt(end - 1) == '\n')) {
            end--;
        }
        return text.substring(0, end);
    }

    private void lineEnd() {
        room(2);
        array[at] = '\r';
        array[at + 1] = '\n';
        at += 2;
    }

    private void put(byte[] source, int offset, int length) {
        int done = Math.min(length, array.length - at);
        System.arraycopy(source, offset, array, at, done);
        at += done;
        if (done < length) {
            newChunk(length - done);
            System.arraycopy(source, offset + done, array, at, length - done);
            at += length - done;
        }
    }

    /** Makes {@code count} bytes contiguous, at most half a chunk. */
    private void room(int count) {
        if (array.length - at < count) {
            newChunk(count);
        }
    }

    /** Goes on in another array: one that fits {@code count} bytes and a line end, at most as long as arrays may be. */
    private void newChunk(long count) {
        if (array.length > 0) {
            endSegment();
        }
        array = count + 2 <= ReplyChunks.CHUNK_BYTES
                ? chunks.take()
                : new byte[(int) Math.min(count + 2, Integer.MAX_VALUE - 64)];
        from = 0;
        at = 0;
    }

    /** Files the segment under way, even an empty one: its header may come yet. */
    private void endSegment() {
        if (segments == tos.length) {
            int more = segments * 2;
            arrays = Arrays.copyOf(arrays, more);
            froms = Arrays.copyOf(froms, more);
            tos = Arrays.copyOf(tos, more);
        }
        arrays[segments] = array;
        froms[segments] = from;
        tos[segments] = at;
        segments++;
        segmentBytes += at - from;
    }

    private static byte[][] headers(char type) {
        return IntStream.range(0, READY_HEADERS)
                .mapToObj(i -> (type + Integer.toString(i) + "\r\n").getBytes(StandardCharsets.US_ASCII))
                .toArray(byte[][]::new);
    }
}
