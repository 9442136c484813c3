// SPDX-License-Identifier: Apache-2.0
package dev.understudy.persist;

import dev.understudy.wire.Bytes;
import dev.understudy.wire.Numbers;
import java.io.IOException;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * Writes the elements of the RDB format to a sink, through a buffer: numbers, lengths, strings (integers packed, long
 * ones compressed), doubles; sums up. The sink's first failure is kept and ends the writing, so that nobody who writes
 * has to deal with it before the end. Confined to one thread.
 */
final class RdbOutput {
    private static final int BUFFER_BYTES = 64 * 1024;
    /** Longest text that may be packed as an integer, and shortest that is worth compressing. */
    private static final int INTEGER_TEXT_MAX = 11;

    private static final int LZF_TEXT_MIN = 21;
    /** Compressed text has to be this much shorter. */
    private static final int LZF_GAIN_MIN = 4;

    private static final int SCRATCH_KEPT_BYTES = 1024 * 1024;
    private static final VarHandle SHORT = MethodHandles.byteArrayViewVarHandle(short[].class, ByteOrder.LITTLE_ENDIAN);
    private static final VarHandle INT = MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);
    private static final VarHandle LONG = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
    private static final VarHandle INT_BE = MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.BIG_ENDIAN);
    private static final VarHandle LONG_BE = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);

    private final RdbSink sink;
    private final boolean summing;
    private final boolean compressing;
    private final Lzf lzf = new Lzf();
    private final byte[] buffer = new byte[BUFFER_BYTES];
    private byte[] compressed = new byte[1024];
    private int at;
    private long flushed;
    private long crc;
    private @Nullable IOException failure;

    RdbOutput(RdbSink sink, boolean summing, boolean compressing) {
        this.sink = sink;
        this.summing = summing;
        this.compressing = compressing;
    }

    /** Bytes written so far. */
    long offset() {
        return flushed + at;
    }

    /** Hands everything to the sink. */
    void flush() {
        if (at == 0) {
            return;
        }
        if (summing) {
            crc = Crc64.update(crc, buffer, 0, at);
        }
        int length = at;
        at = 0;
        pass(buffer, 0, length);
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

    /** Why the sink takes nothing any more; null as long as it does. What is written after a failure goes nowhere. */
    @Nullable
    IOException failure() {
        return failure;
    }

    /** Whether everything so far has been taken by the sink or the buffer; loops over large collections stop if not. */
    boolean works() {
        return failure == null;
    }

    /** The checksum of all bytes so far, 0 if none is kept; flushes. */
    long checksum() {
        flush();
        return crc;
    }

    private void room(int bytes) {
        if (BUFFER_BYTES - at < bytes) {
            flush();
        }
    }

    void u8(int value) {
        room(1);
        buffer[at++] = (byte) value;
    }

    void bytes(byte[] source, int offset, int length) {
        room(length);
        if (length > BUFFER_BYTES) {
            if (summing) {
                crc = Crc64.update(crc, source, offset, length);
            }
            pass(source, offset, length);
            return;
        }
        System.arraycopy(source, offset, buffer, at, length);
        at += length;
    }

    void ascii(String text) {
        byte[] bytes = text.getBytes(StandardCharsets.US_ASCII);
        bytes(bytes, 0, bytes.length);
    }

    void int16(int value) {
        room(2);
        SHORT.set(buffer, at, (short) value);
        at += 2;
    }

    void int64(long value) {
        room(8);
        LONG.set(buffer, at, value);
        at += 8;
    }

    void int64BigEndian(long value) {
        room(8);
        LONG_BE.set(buffer, at, value);
        at += 8;
    }

    void binaryDouble(double value) {
        int64(Double.doubleToRawLongBits(value));
    }

    /** A length or count in its shortest form; negative values are taken as unsigned. */
    void length(long value) {
        room(9);
        if (value >= 0 && value < 1 << 6) {
            buffer[at++] = (byte) value;
        } else if (value >= 0 && value < 1 << 14) {
            buffer[at++] = (byte) (RdbFormat.LENGTH_14 << 6 | value >> 8);
            buffer[at++] = (byte) value;
        } else if (value >= 0 && value <= 0xFFFF_FFFFL) {
            buffer[at++] = (byte) RdbFormat.LENGTH_32;
            INT_BE.set(buffer, at, (int) value);
            at += 4;
        } else {
            buffer[at++] = (byte) RdbFormat.LENGTH_64;
            LONG_BE.set(buffer, at, value);
            at += 8;
        }
    }

    void string(Bytes text) {
        string(text.array, text.offset, text.length);
    }

    void string(byte[] text, int offset, int length) {
        if (length <= INTEGER_TEXT_MAX && Numbers.isLong(text, offset, length)) {
            long value = Numbers.parseLong(text, offset, length);
            if (packed(value)) {
                return;
            }
        } else if (compressing && length >= LZF_TEXT_MIN && compressed(text, offset, length)) {
            return;
        }
        length(length);
        bytes(text, offset, length);
    }

    /** The string that is the decimal text of {@code value}. */
    void string(long value) {
        if (!packed(value)) {
            byte[] text = Numbers.toBytes(value);
            length(text.length);
            bytes(text, 0, text.length);
        }
    }

    void string(String text) {
        string(Bytes.of(text));
    }

    private boolean packed(long value) {
        if (value != (int) value) {
            return false;
        }
        room(5);
        if (value == (byte) value) {
            buffer[at++] = (byte) (0xC0 | RdbFormat.STRING_INT8);
            buffer[at++] = (byte) value;
        } else if (value == (short) value) {
            buffer[at++] = (byte) (0xC0 | RdbFormat.STRING_INT16);
            int16((short) value);
        } else {
            buffer[at++] = (byte) (0xC0 | RdbFormat.STRING_INT32);
            INT.set(buffer, at, (int) value);
            at += 4;
        }
        return true;
    }

    private boolean compressed(byte[] text, int offset, int length) {
        int most = length - LZF_GAIN_MIN;
        if (compressed.length < most || compressed.length > SCRATCH_KEPT_BYTES && most < compressed.length / 4) {
            compressed = new byte[Math.max(1024, most)];
        }
        int written = lzf.compress(text, offset, length, compressed, 0, most);
        if (written == 0) {
            return false;
        }
        u8(0xC0 | RdbFormat.STRING_LZF);
        length(written);
        length(length);
        bytes(compressed, 0, written);
        return true;
    }
}
