// SPDX-License-Identifier: Apache-2.0
package dev.understudy.store;

import dev.understudy.wire.Numbers;

/**
 * An entry's ID: two unsigned 64-bit numbers, milliseconds and sequence, in that order of weight. A reusable holder,
 * moved by its owner
 * only, as {@link dev.understudy.wire.Bytes} is. Confined to one thread.
 */
public final class StreamId {
    /** Longest text: two unsigned numbers of 20 digits and the dash. */
    public static final int TEXT_MAX = 41;

    /** Milliseconds, unsigned. */
    public long ms;
    /** Sequence number within the millisecond, unsigned. */
    public long seq;

    public StreamId() {}

    public StreamId(long ms, long seq) {
        this.ms = ms;
        this.seq = seq;
    }

    public StreamId set(long newMs, long newSeq) {
        ms = newMs;
        seq = newSeq;
        return this;
    }

    public StreamId set(StreamId other) {
        return set(other.ms, other.seq);
    }

    /** The largest ID. */
    public StreamId setMax() {
        return set(-1, -1);
    }

    public boolean isZero() {
        return (ms | seq) == 0;
    }

    public boolean isMax() {
        return (ms & seq) == -1;
    }

    public boolean same(StreamId other) {
        return ms == other.ms && seq == other.seq;
    }

    /** Negative, zero, positive: this is before, at, behind {@code other}. */
    public int compare(StreamId other) {
        return compare(ms, seq, other.ms, other.seq);
    }

    /** Compares two IDs given as their halves. */
    public static int compare(long ms, long seq, long otherMs, long otherSeq) {
        int byMs = Long.compareUnsigned(ms, otherMs);
        return byMs != 0 ? byMs : Long.compareUnsigned(seq, otherSeq);
    }

    /** Moves to the next ID; false at the largest one, which becomes 0-0 (streamIncrID). */
    public boolean increment() {
        seq++;
        if (seq == 0) {
            ms++;
            return ms != 0;
        }
        return true;
    }

    /** Moves to the ID before; false at 0-0, which becomes the largest one (streamDecrID). */
    public boolean decrement() {
        boolean borrow = seq == 0;
        seq--;
        if (borrow) {
            ms--;
            return ms != -1;
        }
        return true;
    }

    /** Writes {@code ms-seq}; returns the index behind it. {@code target} needs room for {@link #TEXT_MAX} bytes. */
    public int write(byte[] target, int offset) {
        int at = writeUnsigned(ms, target, offset);
        target[at] = '-';
        return writeUnsigned(seq, target, at + 1);
    }

    private static int writeUnsigned(long value, byte[] target, int offset) {
        if (value >= 0) {
            return Numbers.write(value, target, offset);
        }
        long tenth = Long.divideUnsigned(value, 10);
        int at = Numbers.write(tenth, target, offset);
        target[at] = (byte) ('0' + (value - tenth * 10));
        return at + 1;
    }

    @Override
    public String toString() {
        return Long.toUnsignedString(ms) + '-' + Long.toUnsignedString(seq);
    }
}
