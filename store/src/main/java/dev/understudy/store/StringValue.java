// SPDX-License-Identifier: Apache-2.0
package dev.understudy.store;

import dev.understudy.wire.Bytes;
import dev.understudy.wire.Invariant;
import dev.understudy.wire.Numbers;
import dev.understudy.wire.Reply;
import java.lang.foreign.MemorySegment;

/**
 * A string: bytes, or a long packed in 8 bytes (encoding int). Offsets and lengths are bytes of the text.
 */
public final class StringValue extends Value {
    /** Growing strings get up to this many bytes more than they need, as Redis's SDS_MAX_PREALLOC. */
    private static final long RESERVE_MAX = 1L << 20;

    private final byte[] digits = new byte[Numbers.LONG_TEXT_MAX];

    StringValue(Space space, Db none) {
        super(space, none);
    }

    @Override
    public ValueType type() {
        return ValueType.STRING;
    }

    /** Whether the text is a canonical long, packed. */
    public boolean isLong() {
        return encoding() == Encoding.INT;
    }

    /** The packed long; only if {@link #isLong()}. */
    public long asLong() {
        return memory().getLong(entry, valueOffset());
    }

    @Override
    public long size() {
        return isLong() ? Numbers.length(asLong()) : compactLength();
    }

    /** A copy of the text. */
    public byte[] toArray() {
        if (isLong()) {
            return Numbers.toBytes(asLong());
        }
        byte[] text = new byte[compactLength()];
        readCompact(text, 0);
        return text;
    }

    /** Copies {@code length} bytes of the text from {@code from} on; the range has to lie inside it. */
    public void read(long from, byte[] target, int offset, int length) {
        if (isLong()) {
            Numbers.write(asLong(), digits, 0);
            System.arraycopy(digits, (int) from, target, offset, length);
        } else {
            memory().read(entry, compactOffset() + from, target, offset, length);
        }
    }

    /** Byte {@code index} of the text. */
    public byte at(long index) {
        if (isLong()) {
            Numbers.write(asLong(), digits, 0);
            return digits[(int) index];
        }
        return memory().getByte(entry, compactOffset() + index);
    }

    /** Writes the text as a bulk reply. */
    public void reply(Reply reply) {
        if (isLong()) {
            reply.bulkLong(asLong());
        } else {
            reply.bulk(segment(), segmentOffset(), compactLength());
        }
    }

    /** The native segment that holds the text of a string that is not packed; see {@link #segmentOffset}. */
    public MemorySegment segment() {
        return memory().segment(entry);
    }

    public long segmentOffset() {
        return memory().base(entry) + compactOffset();
    }

    /** Replaces the text by a packed long; the expiry stays. */
    public void set(long value) {
        reshape(Encoding.INT, 8);
        memory().putLong(entry, valueOffset(), value);
    }

    /** Replaces the text by bytes, packed when they are a canonical long; the expiry stays. */
    public void set(Bytes text) {
        db().setString(this, text, true);
    }

    /**
     * Replaces the text by bytes that are not packed even if they are a number, as INCRBYFLOAT leaves them; the expiry
     * stays.
     */
    public void setText(byte[] text) {
        storeCompact(text.length <= StringLayout.EMBSTR_MAX ? Encoding.EMBSTR : Encoding.RAW, text, 0, text.length);
    }

    /** Appends bytes; the encoding becomes raw. */
    public void append(Bytes tail) {
        long length = size();
        grow(length, length + tail.length);
        write(length, tail.array, tail.offset, tail.length);
    }

    /**
     * Replaces the text by bytes that are stored as they are, even if they are a number (as APPEND and SETRANGE leave
     * them).
     */
    public void setRaw(byte[] text, int offset, int length) {
        storeCompact(Encoding.RAW, text, offset, length);
    }

    /**
     * Makes the text {@code newLength} bytes long and changeable by {@link #write}: keeps what there is, fills up with
     * zero bytes; the
     * encoding becomes raw. Growing reserves more than asked for, so that appending in steps costs linear time.
     */
    public void resize(long newLength) {
        long oldLength = size();
        grow(oldLength, newLength);
        if (newLength > oldLength) {
            long base = segmentOffset();
            segment().asSlice(base + oldLength, newLength - oldLength).fill((byte) 0);
        }
    }

    /** As {@link #resize}, with undefined bytes behind the old ones. */
    private void grow(long oldLength, long newLength) {
        Invariant.notNegative(newLength, "length of a string");
        Invariant.ordered(newLength, Integer.MAX_VALUE, "length of a string, the longest");
        if (isLong()) {
            Numbers.write(asLong(), digits, 0);
            setRaw(digits, 0, (int) oldLength);
        }
        own();
        long room = memory().capacity(entry) - compactOffset();
        if (newLength <= room) {
            // A value as large as the block stays where it is.
            reshapeKeeping(Encoding.RAW, 4 + room, 4 + Math.min(oldLength, newLength));
        } else {
            long reserve = oldLength == 0 ? 0 : Math.min(newLength, RESERVE_MAX);
            reshapeKeeping(Encoding.RAW, 4 + newLength + reserve, 4 + oldLength);
        }
        memory().putInt(entry, valueOffset(), (int) newLength);
    }

    /** Overwrites bytes of the text; only after {@link #resize}. */
    public void write(long at, byte[] source, int offset, int length) {
        memory().write(entry, compactOffset() + at, source, offset, length);
    }

    public void writeByte(long at, byte value) {
        memory().putByte(entry, compactOffset() + at, value);
    }

    @Override
    public long payloadBytes(int samples) {
        return 0;
    }

    @Override
    protected void releasePayload(boolean owned) {
        // The text lies in the entry block.
    }

    @Override
    public void copyTo(Db target, Bytes key) {
        // In native memory from end to end: a string may be larger than the heap.
        long bytes = isLong() ? 8 : 4L + compactLength();
        StringValue copy = target.putString(key, encoding(), bytes);
        memory().copy(entry, valueOffset(), copy.entry, copy.valueOffset(), bytes);
    }
}
