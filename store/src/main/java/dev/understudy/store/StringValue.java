// SPDX-License-Identifier: Apache-2.0
package dev.understudy.store;

import dev.understudy.wire.Bytes;
import dev.understudy.wire.Numbers;
import dev.understudy.wire.Reply;
import java.lang.foreign.MemorySegment;

/**
 * A string: bytes, or a long packed in 8 bytes (encoding int). Offsets and lengths are bytes of the text.
 */
public final class StringValue extends Value {
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
        db().setString(Bytes.of(keyCopy()), text, true);
    }

    /** Replaces the text by bytes that are stored as they are, even if they are a number (as APPEND and SETRANGE leave them). */
    public void setRaw(byte[] text, int offset, int length) {
        storeCompact(Encoding.RAW, text, offset, length);
    }

    /**
     * Makes the text {@code newLength} bytes long and changeable by {@link #write}: keeps what there is, fills up with zero bytes; the
     * encoding becomes raw. Growing reserves more than asked for, so that appending in steps costs linear time.
     */
    public void resize(long newLength) {
        long oldLength = size();
        if (isLong()) {
            setRaw(toArray(), 0, (int) oldLength);
        }
        own();
        long kept = Math.min(oldLength, newLength);
        long room = memory().capacity(entry) - compactOffset();
        boolean fits = newLength <= room;
        long reserved = fits || oldLength == 0 ? newLength : newLength + Math.min(newLength, 1L << 20);
        reshapeKeeping(Encoding.RAW, 4 + (fits ? Math.max(newLength, Math.min(room, oldLength)) : reserved), 4 + kept);
        memory().putInt(entry, valueOffset(), (int) newLength);
        fill(kept, newLength);
    }

    private void fill(long from, long to) {
        if (to > from) {
            long base = segmentOffset();
            segment().asSlice(base + from, to - from).fill((byte) 0);
        }
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
        boolean raw = encoding() == Encoding.RAW;
        byte[] text = toArray();
        target.setString(key, Bytes.of(text), false);
        if (raw) {
            StringValue copy = (StringValue) target.open(key);
            assert copy != null;
            copy.setRaw(text, 0, text.length);
        }
    }
}
