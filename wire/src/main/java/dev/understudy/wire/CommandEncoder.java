// SPDX-License-Identifier: Apache-2.0
package dev.understudy.wire;

import java.util.Arrays;

/**
 * Writes commands as arrays of bulk strings, the form of the replication stream, the AOF and of requests, into a buffer that grows and
 * is reused. Confined to one thread.
 */
public final class CommandEncoder {
    private static final int FIRST_BYTES = 512;
    private static final int HEADER_BYTES_MAX = 3 + Numbers.LONG_TEXT_MAX;

    private final int keptBytesMax;
    private byte[] buffer = new byte[FIRST_BYTES];
    private int length;

    /** Keeps a buffer of up to {@code keptBytesMax} bytes when it is cleared. */
    public CommandEncoder(int keptBytesMax) {
        this.keptBytesMax = keptBytesMax;
    }

    public CommandEncoder() {
        this(1024 * 1024);
    }

    /** Begins a command of {@code argc} arguments, 1 and up, which have to follow. */
    public CommandEncoder begin(int argc) {
        header('*', argc);
        return this;
    }

    public CommandEncoder argument(byte[] source, int offset, int count) {
        header('$', count);
        reserve(count + 2);
        System.arraycopy(source, offset, buffer, length, count);
        length += count;
        lineEnd();
        return this;
    }

    public CommandEncoder argument(byte[] value) {
        return argument(value, 0, value.length);
    }

    public CommandEncoder argument(Bytes value) {
        return argument(value.array, value.offset, value.length);
    }

    /** The UTF-8 bytes of {@code text}. */
    public CommandEncoder argument(String text) {
        int count = text.length();
        header('$', count);
        reserve(count + 2);
        for (int i = 0; i < count; i++) {
            char c = text.charAt(i);
            if (c >= 0x80) {
                length -= 3 + Numbers.length(count);
                byte[] bytes = text.getBytes(java.nio.charset.StandardCharsets.UTF_8);
                return argument(bytes, 0, bytes.length);
            }
            buffer[length + i] = (byte) c;
        }
        length += count;
        lineEnd();
        return this;
    }

    /** The decimal text of {@code value}. */
    public CommandEncoder argument(long value) {
        header('$', Numbers.length(value));
        reserve(HEADER_BYTES_MAX);
        length = Numbers.write(value, buffer, length);
        lineEnd();
        return this;
    }

    /** A whole command of texts. */
    public CommandEncoder command(String... arguments) {
        begin(arguments.length);
        for (String argument : arguments) {
            argument(argument);
        }
        return this;
    }

    /** A whole command of the first {@code argc} of {@code arguments}. */
    public CommandEncoder command(Bytes[] arguments, int argc) {
        begin(argc);
        for (int i = 0; i < argc; i++) {
            argument(arguments[i]);
        }
        return this;
    }

    /** Bytes that are protocol already. */
    public CommandEncoder raw(byte[] source, int offset, int count) {
        reserve(count);
        System.arraycopy(source, offset, buffer, length, count);
        length += count;
        return this;
    }

    /** The array that holds what was written, from its start; replaced when it grows. */
    public byte[] array() {
        return buffer;
    }

    /** Bytes written. */
    public int length() {
        return length;
    }

    public byte[] toArray() {
        return Arrays.copyOf(buffer, length);
    }

    /** Forgets what was written. */
    public void clear() {
        length = 0;
        if (buffer.length > keptBytesMax) {
            buffer = new byte[FIRST_BYTES];
        }
    }

    private void header(char type, long number) {
        reserve(HEADER_BYTES_MAX);
        buffer[length] = (byte) type;
        length = Numbers.write(number, buffer, length + 1);
        lineEnd();
    }

    private void lineEnd() {
        reserve(2);
        buffer[length] = '\r';
        buffer[length + 1] = '\n';
        length += 2;
    }

    private void reserve(int count) {
        long needed = (long) length + count;
        if (needed > buffer.length) {
            if (needed > Integer.MAX_VALUE - 64) {
                throw new IllegalStateException("a command of " + needed + " bytes cannot be written");
            }
            buffer =
                    Arrays.copyOf(buffer, (int) Math.max(needed, Math.min(2L * buffer.length, Integer.MAX_VALUE - 64)));
        }
    }
}
