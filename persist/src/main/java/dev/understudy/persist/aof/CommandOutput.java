// SPDX-License-Identifier: Apache-2.0
package dev.understudy.persist.aof;

import dev.understudy.persist.RdbSink;
import dev.understudy.store.Slice;
import dev.understudy.store.StreamCursor;
import dev.understudy.store.StreamId;
import dev.understudy.store.StringValue;
import dev.understudy.wire.Bytes;
import dev.understudy.wire.Numbers;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.jspecify.annotations.Nullable;

/**
 * Writes commands as arrays of bulk strings to a sink, through a buffer. The sink's first failure is kept and ends
 * the writing, so that
 * nobody who writes has to deal with it before the end. Allocates nothing per word. Confined to one thread.
 */
final class CommandOutput implements StreamCursor.Elements {
    private static final int BUFFER_BYTES = 64 * 1024;
    /** More than any number, header or annotation takes. */
    private static final int SMALL_BYTES_MAX = 128;

    private final RdbSink sink;
    private final byte[] buffer = new byte[BUFFER_BYTES];
    private final byte[] few = new byte[StreamId.TEXT_MAX];
    private final Bytes text = new Bytes();
    private int at;
    private long flushed;
    private @Nullable IOException failure;

    CommandOutput(RdbSink sink) {
        this.sink = sink;
    }

    /** Bytes written so far. */
    long offset() {
        return flushed + at;
    }

    /** Why the sink takes nothing any more; null as long as it does. */
    @Nullable
    IOException failure() {
        return failure;
    }

    /** Whether everything so far has been taken by the sink or the buffer; loops over large collections stop if not. */
    boolean works() {
        return failure == null;
    }

    /** Hands everything to the sink. */
    void flush() {
        int length = at;
        at = 0;
        if (length > 0) {
            pass(buffer, 0, length);
        }
    }

    private void pass(byte[] source, int offset, int length) {
        if (failure != null) {
            return;
        }
        try {
            sink.write(source, offset, length);
            flushed += length;
        } catch (IOException failed) {
            failure = failed;
        }
    }

    private void room(int bytes) {
        if (BUFFER_BYTES - at < bytes) {
            flush();
        }
    }

    private void header(char letter, long number) {
        room(SMALL_BYTES_MAX);
        buffer[at] = (byte) letter;
        at = Numbers.write(number, buffer, at + 1);
        lineEnd();
    }

    private void lineEnd() {
        room(2);
        buffer[at] = '\r';
        buffer[at + 1] = '\n';
        at += 2;
    }

    // ---- commands

    /** Begins a command of so many words, its name among them, which have to follow. */
    CommandOutput begin(long count, String name) {
        header('*', count);
        return word(name);
    }

    /** A word of ASCII, short. */
    CommandOutput word(String ascii) {
        header('$', ascii.length());
        for (int i = 0; i < ascii.length(); i++) {
            buffer[at++] = (byte) ascii.charAt(i);
        }
        lineEnd();
        return this;
    }

    CommandOutput word(Bytes bytes) {
        return word(bytes.array, bytes.offset, bytes.length);
    }

    CommandOutput word(byte[] source, int offset, int length) {
        header('$', length);
        room(length);
        if (length > BUFFER_BYTES) {
            pass(source, offset, length);
        } else {
            System.arraycopy(source, offset, buffer, at, length);
            at += length;
        }
        lineEnd();
        return this;
    }

    CommandOutput word(long number) {
        header('$', Numbers.length(number));
        at = Numbers.write(number, buffer, at);
        lineEnd();
        return this;
    }

    /** A score: the shortest text that is read back as the same number. */
    CommandOutput word(double score) {
        return score == Math.rint(score) && Math.abs(score) < 1e15 && (score != 0 || 1 / score > 0)
                ? word((long) score)
                : word(Numbers.format(score));
    }

    CommandOutput word(StreamId id) {
        return word(few, 0, id.write(few, 0));
    }

    CommandOutput word(Slice slice) {
        return slice.isLong() ? word(slice.asLong()) : word(slice.read(text));
    }

    /** The text of a string, copied in pieces. */
    CommandOutput word(StringValue string) {
        if (string.isLong()) {
            return word(string.asLong());
        }
        long length = string.size();
        header('$', length);
        for (long done = 0; done < length && works(); ) {
            room(1);
            int part = (int) Math.min(length - done, BUFFER_BYTES - at);
            string.read(done, buffer, at, part);
            at += part;
            done += part;
        }
        lineEnd();
        return this;
    }

    // ---- fields and values of a stream's entry

    @Override
    public void text(MemorySegment segment, long offset, long length) {
        header('$', length);
        for (long done = 0; done < length; ) {
            room(1);
            int part = (int) Math.min(length - done, BUFFER_BYTES - at);
            MemorySegment.copy(segment, ValueLayout.JAVA_BYTE, offset + done, buffer, at, part);
            at += part;
            done += part;
        }
        lineEnd();
    }

    @Override
    public void number(long value) {
        word(value);
    }

    // ---- annotations

    /** A line that is no command, with its end; ASCII. */
    void line(byte[] source, int length) {
        room(length);
        System.arraycopy(source, 0, buffer, at, length);
        at += length;
    }
}
