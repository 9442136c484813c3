// SPDX-License-Identifier: Apache-2.0
package dev.understudy.persist;

import dev.understudy.wire.Bytes;
import dev.understudy.wire.Numbers;
import java.io.IOException;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Reads the elements of the RDB format from a source: numbers, lengths, strings, doubles; counts, sums up and reports
 * progress. Memory is taken only for bytes that are known to come, or piecewise as they come. Confined to one thread.
 */
final class RdbInput {
    /** Told how far the reading is. */
    @FunctionalInterface
    interface Progress {
        /** Returns false to give up. */
        boolean at(long bytesRead);
    }

    private static final int BUFFER_BYTES = 64 * 1024;
    /** A string of unknown backing is read in pieces that begin with this size and double. */
    private static final int PIECE_BYTES = 1024 * 1024;
    /** Slots that have grown beyond this do not keep their array for smaller strings. */
    private static final int SLOT_KEPT_BYTES = 1024 * 1024;

    /** Texts of at least so many bytes never lie on the heap as a whole, unless they are compressed. */
    static final int LONG_TEXT_BYTES = 4 * 1024 * 1024;

    private static final int STRING_BYTES_MAX = Integer.MAX_VALUE - 64;
    private static final VarHandle INT = MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);
    private static final VarHandle LONG = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
    private static final VarHandle INT_BE = MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.BIG_ENDIAN);
    private static final VarHandle LONG_BE = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);

    private final RdbSource source;
    private final Progress progress;
    private final long progressBytes;
    private final boolean summing;
    private final byte[] buffer = new byte[BUFFER_BYTES];
    private final byte[] few = new byte[8];
    private final Bytes compressed = new Bytes();

    private int at;
    private int limit;
    /** Offset in the source of the buffer's first byte. */
    private long base;

    private long heapBytesMax = Runtime.getRuntime().maxMemory() / 3;
    private int summedTo;
    private long crc;
    private long nextProgress;
    /** Whether the last {@link #lengthOrForm} was one of the special forms of strings. */
    private boolean special;

    /** @param progressBytes bytes between two reports of progress, 0 for none */
    RdbInput(RdbSource source, boolean summing, long progressBytes, Progress progress) {
        this.source = source;
        this.summing = summing;
        this.progress = progress;
        this.progressBytes = progressBytes;
        this.nextProgress = progressBytes > 0 ? progressBytes : Long.MAX_VALUE;
    }

    static RdbInput over(byte[] bytes, int offset, int length) {
        return new RdbInput(RdbSource.of(bytes, offset, length), false, 0, _ -> true);
    }

    /** Sets what a text may take of the heap while it is read, bytes; until then a third of what there is. */
    RdbInput heapBytesMax(long bytes) {
        heapBytesMax = bytes;
        return this;
    }

    /** Bytes read so far. */
    long offset() {
        return base + at;
    }

    /** Bytes that are still to come, -1 if unknown. */
    long left() {
        long behind = source.bytesLeft();
        return behind < 0 ? -1 : behind + limit - at;
    }

    /** The checksum of all bytes read so far. */
    long checksum() {
        sumUp();
        return crc;
    }

    /** Bytes taken from the source but not read. */
    byte[] unread() {
        return Arrays.copyOfRange(buffer, at, limit);
    }

    RdbFault corrupt(String reason) {
        return new RdbFault(RdbFault.Kind.CORRUPT, offset(), reason);
    }

    RdbFault unsupported(String reason) {
        return new RdbFault(RdbFault.Kind.UNSUPPORTED, offset(), reason);
    }

    private RdbFault shortRead() {
        return new RdbFault(RdbFault.Kind.SHORT_READ, offset(), "Unexpected EOF reading RDB file");
    }

    // ---- bytes

    private void sumUp() {
        if (summing) {
            crc = Crc64.update(crc, buffer, summedTo, at - summedTo);
        }
        summedTo = at;
    }

    private int take(byte[] target, int offset, int length) throws RdbFault {
        try {
            return source.read(target, offset, length);
        } catch (IOException failed) {
            String reason = "Error reading RDB: " + failed.getMessage();
            throw new RdbFault(RdbFault.Kind.SHORT_READ, offset(), reason);
        }
    }

    /** Fills the empty buffer; false if nothing comes. */
    private boolean fill() throws RdbFault {
        assert at == limit;
        sumUp();
        base += limit;
        at = 0;
        limit = 0;
        summedTo = 0;
        report();
        int taken = take(buffer, 0, buffer.length);
        if (taken <= 0) {
            return false;
        }
        limit = taken;
        return true;
    }

    private void report() throws RdbFault {
        if (base < nextProgress) {
            return;
        }
        nextProgress = base - base % progressBytes + progressBytes;
        if (!progress.at(base)) {
            throw new RdbFault(RdbFault.Kind.CANCELLED, base, "cancelled");
        }
    }

    int u8() throws RdbFault {
        if (at == limit && !fill()) {
            throw shortRead();
        }
        return buffer[at++] & 0xFF;
    }

    void bytes(byte[] target, int offset, int length) throws RdbFault {
        int done = 0;
        while (done < length) {
            if (at == limit && length - done >= BUFFER_BYTES) {
                done += takeDirectly(target, offset + done, Math.min(length - done, PIECE_BYTES));
                continue;
            }
            if (at == limit && !fill()) {
                throw shortRead();
            }
            int part = Math.min(length - done, limit - at);
            System.arraycopy(buffer, at, target, offset + done, part);
            at += part;
            done += part;
        }
    }

    /** Large strings do not go through the buffer. */
    private int takeDirectly(byte[] target, int offset, int length) throws RdbFault {
        sumUp();
        base += limit;
        at = 0;
        limit = 0;
        summedTo = 0;
        report();
        int taken = take(target, offset, length);
        if (taken <= 0) {
            throw shortRead();
        }
        if (summing) {
            crc = Crc64.update(crc, target, offset, taken);
        }
        base += taken;
        return taken;
    }

    void skip(long length) throws RdbFault {
        long todo = length;
        while (todo > 0) {
            if (at == limit && !fill()) {
                throw shortRead();
            }
            int part = (int) Math.min(todo, limit - at);
            at += part;
            todo -= part;
        }
    }

    // ---- numbers

    int int32() throws RdbFault {
        bytes(few, 0, 4);
        return (int) INT.get(few, 0);
    }

    long int64() throws RdbFault {
        bytes(few, 0, 8);
        return (long) LONG.get(few, 0);
    }

    /** Eight bytes, the most significant first, as stream ids have them. */
    long int64BigEndian() throws RdbFault {
        bytes(few, 0, 8);
        return (long) LONG_BE.get(few, 0);
    }

    double binaryDouble() throws RdbFault {
        return Double.longBitsToDouble(int64());
    }

    /** A score of type 3: a length byte and text, or one of three special lengths; NaN also for what is no number. */
    double textDouble() throws RdbFault {
        int length = u8();
        return switch (length) {
            case 253 -> Double.NaN;
            case 254 -> Double.POSITIVE_INFINITY;
            case 255 -> Double.NEGATIVE_INFINITY;
            default -> {
                byte[] text = new byte[length];
                bytes(text, 0, length);
                yield Numbers.parseDouble(Bytes.of(text));
            }
        };
    }

    /** A length or count: 64 bits, which may be meant unsigned. */
    long length() throws RdbFault {
        long value = lengthOrForm();
        if (special) {
            throw corrupt("Unexpected string encoding where a length is due");
        }
        return value;
    }

    /** A number of elements: what cannot be counted cannot be there either. */
    long count() throws RdbFault {
        long value = length();
        if (value < 0) {
            throw corrupt("Element count beyond 2^63");
        }
        return value;
    }

    /**
     * What the first byte and those behind it say; {@link #special} tells whether it is the form of a string instead of
     * a length.
     */
    private long lengthOrForm() throws RdbFault {
        int first = u8();
        int low = first & 0x3F;
        special = first >> 6 == 3;
        return switch (first >> 6) {
            case RdbFormat.LENGTH_6 -> first;
            case RdbFormat.LENGTH_14 -> (long) low << 8 | u8();
            case 3 -> low;
            default -> longLength(first);
        };
    }

    private long longLength(int first) throws RdbFault {
        if (first == RdbFormat.LENGTH_32) {
            bytes(few, 0, 4);
            return (int) INT_BE.get(few, 0) & 0xFFFF_FFFFL;
        }
        if (first == RdbFormat.LENGTH_64) {
            return int64BigEndian();
        }
        throw corrupt("Unknown length encoding " + first + " in rdbLoadLen()");
    }

    // ---- strings

    /** Reads a string into the slot, whose array is reused or replaced. */
    Bytes string(Bytes slot) throws RdbFault {
        long form = lengthOrForm();
        return special ? packed(slot, form) : raw(slot, form);
    }

    private Bytes packed(Bytes slot, long form) throws RdbFault {
        return switch ((int) form) {
            case RdbFormat.STRING_INT8 -> number(slot, (byte) u8());
            case RdbFormat.STRING_INT16 -> {
                int low = u8();
                yield number(slot, (byte) u8() << 8 | low);
            }
            case RdbFormat.STRING_INT32 -> number(slot, int32());
            case RdbFormat.STRING_LZF -> lzf(slot);
            default -> throw corrupt("Unknown RDB string encoding type " + form);
        };
    }

    /**
     * As {@link #string(Bytes)}, but a long text that is not compressed goes to the visitor in pieces if it wants that: then null is returned.
     */
    @Nullable
    Bytes string(Bytes slot, ValueVisitor visitor) throws RdbFault {
        long form = lengthOrForm();
        if (special || form < LONG_TEXT_BYTES || form > STRING_BYTES_MAX) {
            return special ? packed(slot, form) : raw(slot, form);
        }
        boolean certain = left() >= 0;
        int length = checkedLength(form);
        if (!visitor.longString(length, certain)) {
            return raw(slot, form);
        }
        byte[] piece = new byte[BUFFER_BYTES];
        for (int left = length; left > 0; left -= Math.min(left, piece.length)) {
            int count = Math.min(left, piece.length);
            bytes(piece, 0, count);
            visitor.piece(piece, 0, count);
        }
        return null;
    }

    /** A copy of a string. */
    byte[] string() throws RdbFault {
        return string(new Bytes()).toArray();
    }

    void skipString() throws RdbFault {
        long form = lengthOrForm();
        if (!special) {
            skip(checkedLength(form));
            return;
        }
        switch ((int) form) {
            case RdbFormat.STRING_INT8 -> skip(1);
            case RdbFormat.STRING_INT16 -> skip(2);
            case RdbFormat.STRING_INT32 -> skip(4);
            case RdbFormat.STRING_LZF -> {
                long packed = length();
                length();
                skip(checkedLength(packed));
            }
            default -> throw corrupt("Unknown RDB string encoding type " + form);
        }
    }

    private static Bytes number(Bytes slot, int value) {
        byte[] target = slot.array.length >= Numbers.LONG_TEXT_MAX ? slot.array : new byte[64];
        return slot.set(target, 0, Numbers.write(value, target, 0));
    }

    private int checkedLength(long length) throws RdbFault {
        long left = left();
        if (left >= 0 && (length < 0 || length > left)) {
            throw shortRead();
        }
        if (length < 0 || length > STRING_BYTES_MAX) {
            throw unsupported("String of " + Long.toUnsignedString(length) + " bytes");
        }
        return (int) length;
    }

    private Bytes raw(Bytes slot, long declared) throws RdbFault {
        int length = checkedLength(declared);
        checkHeap(length);
        if (left() >= 0 || length <= PIECE_BYTES) {
            byte[] target = room(slot, length);
            bytes(target, 0, length);
            return slot.set(target, 0, length);
        }
        byte[] target = new byte[PIECE_BYTES];
        int done = 0;
        while (true) {
            bytes(target, done, target.length - done);
            done = target.length;
            if (done == length) {
                return slot.set(target, 0, length);
            }
            target = Arrays.copyOf(target, (int) Math.min(length, done * 2L));
        }
    }

    private void checkHeap(long bytes) throws RdbFault {
        if (bytes > heapBytesMax) {
            throw new RdbFault(
                    RdbFault.Kind.TOO_LARGE,
                    offset(),
                    "A text needs " + bytes + " bytes of heap, and may have " + heapBytesMax);
        }
    }

    private static byte[] room(Bytes slot, int length) {
        byte[] array = slot.array;
        boolean tooLarge = array.length > SLOT_KEPT_BYTES && length < array.length / 4;
        return array.length >= length && !tooLarge ? array : new byte[Math.max(64, length)];
    }

    private Bytes lzf(Bytes slot) throws RdbFault {
        long packed = length();
        long plain = length();
        raw(compressed, packed);
        // Checked before the memory is taken: no byte of LZF stands for more than so many.
        if (plain < 0 || plain > (long) compressed.length * Lzf.RATIO_MAX || plain > STRING_BYTES_MAX) {
            throw corrupt("Invalid LZF compressed string");
        }
        checkHeap(packed + plain);
        int length = (int) plain;
        byte[] target = room(slot, length);
        if (!Lzf.decompress(compressed.array, 0, compressed.length, target, 0, length)) {
            throw corrupt("Invalid LZF compressed string");
        }
        return slot.set(target, 0, length);
    }
}
