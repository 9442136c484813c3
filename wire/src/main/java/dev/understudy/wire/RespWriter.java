// SPDX-License-Identifier: Apache-2.0
package dev.understudy.wire;

import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

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
public final class RespWriter extends ReplyBuffer implements Reply {
    private boolean resp3;

    /** A writer that keeps whatever is written until it is drained. */
    public RespWriter(ReplyChunks chunks) {
        this(chunks, null);
    }

    /** A writer whose guard is asked for each chunk whether there is any use in going on, and may hand on what is there. */
    public RespWriter(ReplyChunks chunks, @Nullable ReplyGuard guard) {
        super(chunks, guard);
    }

    @Override
    RespWriter self() {
        return this;
    }

    /** Sets the protocol version, 2 or 3. */
    public void protocol(int version) {
        assert version == 2 || version == 3 : version;
        resp3 = version == 3;
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
        raw(ReadyReplies.OK, 0, ReadyReplies.OK.length);
    }

    @Override
    public void error(String message) {
        line('-', message, true);
    }

    @Override
    public void integer(long value) {
        if (value >= 0 && value < ReadyReplies.HEADERS) {
            byte[] ready = ReadyReplies.INTEGERS[(int) value];
            raw(ready, 0, ready.length);
        } else {
            header(':', value);
        }
    }

    @Override
    public void bulk(byte[] source, int offset, int length) {
        if (suppressed) {
            skip();
            return;
        }
        bulkHeader(length);
        put(source, offset, length);
        lineEnd();
    }

    @Override
    public void bulk(MemorySegment segment, long offset, long length) {
        if (suppressed) {
            skip();
            return;
        }
        bulkHeader(length);
        if (length >= DIRECT_BYTES && guard != null && openMarks == 0) {
            passOn(guard, segment, offset, length);
        } else {
            copy(segment, offset, length);
        }
        lineEnd();
    }

    @Override
    public void bulkLong(long value) {
        if (suppressed) {
            skip();
            return;
        }
        bulkHeader(Numbers.length(value));
        room(Numbers.LONG_TEXT_MAX);
        at = Numbers.write(value, array, at);
        lineEnd();
    }

    @Override
    public void nil() {
        byte[] text = resp3 ? ReadyReplies.NIL_3 : ReadyReplies.NIL_BULK;
        raw(text, 0, text.length);
    }

    @Override
    public void nilArray() {
        byte[] text = resp3 ? ReadyReplies.NIL_3 : ReadyReplies.NIL_ARRAY;
        raw(text, 0, text.length);
    }

    @Override
    public void array(int count) {
        if (count >= 0 && count < ReadyReplies.HEADERS) {
            byte[] ready = ReadyReplies.ARRAY_HEADERS[count];
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
            raw(value ? ReadyReplies.TRUE_3 : ReadyReplies.FALSE_3, 0, ReadyReplies.TRUE_3.length);
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
        if (suppressed) {
            skip();
        } else {
            put(source, offset, length);
        }
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

    private void header(char type, long number) {
        if (suppressed) {
            skip();
            return;
        }
        room(3 + Numbers.LONG_TEXT_MAX);
        array[at] = (byte) type;
        at = Numbers.write(number, array, at + 1);
        lineEnd();
    }

    private void bulkHeader(long length) {
        if (length < ReadyReplies.HEADERS) {
            byte[] ready = ReadyReplies.BULK_HEADERS[(int) length];
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
        byte[] bytes =
                type == '-' ? ErrorLine.bytes(text) : ErrorLine.cleaned(text).getBytes(StandardCharsets.UTF_8);
        put(bytes, 0, bytes.length);
        lineEnd();
    }

    private void lineEnd() {
        room(2);
        array[at] = '\r';
        array[at + 1] = '\n';
        at += 2;
    }
}
