// SPDX-License-Identifier: Apache-2.0
package dev.understudy.commands;

import dev.understudy.store.StringValue;
import dev.understudy.wire.Bytes;
import dev.understudy.wire.Invariant;
import java.util.Arrays;

/**
 * A HyperLogLog in the bytes in which Redis keeps it, loaded from a string, changed here and stored back. Reused;
 * confined to the command loop.
 *
 * <pre>
 * | HYLL | encoding: 1 | 0 0 0 | cached cardinality: 8 LE, top bit set if stale | registers |
 * dense:  16384 registers of 6 bits, the first in the low bits of the first byte
 * sparse: runs of registers:
 *         00nnnnnn            n+1 zeros
 *         01nnnnnn nnnnnnnn   n+1 zeros
 *         1vvvvvnn            n+1 registers of the value v+1
 * </pre>
 */
final class HyperLogLog {
    static final int HEADER_BYTES = 16;
    static final int REGISTERS = 1 << 14;
    static final int DENSE_BYTES = HEADER_BYTES + REGISTERS * 6 / 8;
    static final int DENSE = 0;
    static final int SPARSE = 1;

    static final CommandFailure CORRUPT = new CommandFailure("INVALIDOBJ Corrupted HLL object detected");
    private static final CommandFailure INVALID =
            new CommandFailure("WRONGTYPE Key is not a valid HyperLogLog string value.");

    private static final int ENCODING = 4;
    private static final int CACHE = 8;
    private static final int INDEX_BITS = 14;
    /** Bits of a hash in which the run of zeros is looked for. */
    private static final int RUN_BITS = 64 - INDEX_BITS;

    private static final int SPARSE_VALUE_MAX = 32;
    private static final int SPARSE_VALUE_RUN_MAX = 4;
    private static final int SPARSE_ZERO_RUN_MAX = 64;
    /** After a change so many runs are tried for merging, from the one before it on. */
    private static final int MERGE_TRIES = 5;

    private static final long HASH_SEED = 0xadc83b19L;
    private static final double ALPHA_INFINITE = 0.7213475204444817;

    private byte[] bytes = new byte[DENSE_BYTES + 8];
    private int length;

    /** A register's index and the rank, 1 to 51, that an element has there: {@code rank << 14 | index}. */
    static int place(Bytes element) {
        long hash = hash(element.array, element.offset, element.length);
        int index = (int) hash & REGISTERS - 1;
        int rank = Long.numberOfTrailingZeros(hash >>> INDEX_BITS | 1L << RUN_BITS) + 1;
        return rank << INDEX_BITS | index;
    }

    /** MurmurHash2, the 64-bit variant A. */
    static long hash(byte[] array, int offset, int count) {
        long m = 0xc6a4a7935bd1e995L;
        long h = HASH_SEED ^ count * m;
        int i = offset;
        for (int end = offset + (count & ~7); i < end; i += 8) {
            long k = littleEndian(array, i, 8) * m;
            k = (k ^ k >>> 47) * m;
            h = (h ^ k) * m;
        }
        if ((count & 7) != 0) {
            h = (h ^ littleEndian(array, i, count & 7)) * m;
        }
        h = (h ^ h >>> 47) * m;
        return h ^ h >>> 47;
    }

    private static long littleEndian(byte[] array, int at, int count) {
        long value = 0;
        for (int i = count - 1; i >= 0; i--) {
            value = value << 8 | array[at + i] & 0xFF;
        }
        return value;
    }

    /** @throws CommandFailure if the string is no HyperLogLog */
    static void check(StringValue value) {
        long size = value.size();
        boolean valid = !value.isLong()
                && size >= HEADER_BYTES
                && value.at(0) == 'H'
                && value.at(1) == 'Y'
                && value.at(2) == 'L'
                && value.at(3) == 'L'
                && (value.at(ENCODING) == SPARSE || value.at(ENCODING) == DENSE && size == DENSE_BYTES);
        if (!valid) {
            throw INVALID;
        }
    }

    static boolean isDense(StringValue value) {
        return value.at(ENCODING) == DENSE;
    }

    // ---- loading and storing

    /** Begins an empty, sparse one. */
    void clear() {
        Arrays.fill(bytes, 0, HEADER_BYTES, (byte) 0);
        bytes[0] = 'H';
        bytes[1] = 'Y';
        bytes[2] = 'L';
        bytes[3] = 'L';
        bytes[ENCODING] = SPARSE;
        length = HEADER_BYTES;
        putZeros(REGISTERS);
    }

    /** @throws CommandFailure if the string is no HyperLogLog */
    void load(StringValue value) {
        check(value);
        length = (int) value.size();
        ensure(length);
        value.read(0, bytes, 0, length);
    }

    void store(StringValue value) {
        value.setRaw(bytes, 0, length);
    }

    byte[] array() {
        return bytes;
    }

    int length() {
        return length;
    }

    private void ensure(int size) {
        if (bytes.length < size + 8) {
            bytes = Arrays.copyOf(bytes, size + 8);
        }
    }

    boolean isDense() {
        return bytes[ENCODING] == DENSE;
    }

    // ---- the cached cardinality

    /** The cached cardinality of a string, -1 if it is stale. */
    static long cached(StringValue value) {
        long card = 0;
        for (int i = 7; i >= 0; i--) {
            card = card << 8 | value.at(CACHE + i) & 0xFF;
        }
        return Math.max(card, -1);
    }

    /** Notes the cardinality in a string that may be changed in place. */
    static void cache(StringValue value, long cardinality) {
        for (int i = 0; i < 8; i++) {
            value.writeByte(CACHE + i, (byte) (cardinality >>> 8 * i));
        }
    }

    /** Marks the cached cardinality of a string, which may be changed in place, as stale. */
    static void invalidate(StringValue value) {
        value.writeByte(CACHE + 7, (byte) (value.at(CACHE + 7) | 0x80));
    }

    void invalidate() {
        bytes[CACHE + 7] |= (byte) 0x80;
    }

    // ---- dense registers

    private static int denseRegister(int low, int high, int index) {
        return (low & 0xFF | (high & 0xFF) << 8) >> (index * 6 & 7) & 63;
    }

    /**
     * Raises a register of a dense string in place, after it has been made changeable by {@code own}; returns whether
     * it was lower.
     */
    static boolean raise(StringValue value, int index, int rank, Runnable own) {
        int at = HEADER_BYTES + index * 6 / 8;
        int next = at + 1 < DENSE_BYTES ? value.at(at + 1) : 0;
        if (denseRegister(value.at(at), next, index) >= rank) {
            return false;
        }
        own.run();
        int shift = index * 6 & 7;
        int word = (value.at(at) & 0xFF | (next & 0xFF) << 8) & ~(63 << shift) | rank << shift;
        value.writeByte(at, (byte) word);
        if (at + 1 < DENSE_BYTES) {
            value.writeByte(at + 1, (byte) (word >> 8));
        }
        return true;
    }

    int denseRegister(int index) {
        int at = HEADER_BYTES + index * 6 / 8;
        return denseRegister(bytes[at], at + 1 < DENSE_BYTES ? bytes[at + 1] : 0, index);
    }

    void putDense(int index, int rank) {
        int at = HEADER_BYTES + index * 6 / 8;
        int shift = index * 6 & 7;
        int word = (bytes[at] & 0xFF | (bytes[at + 1] & 0xFF) << 8) & ~(63 << shift) | rank << shift;
        bytes[at] = (byte) word;
        if (at + 1 < DENSE_BYTES) {
            bytes[at + 1] = (byte) (word >> 8);
        }
    }

    /** Makes it dense, if it is not. @throws CommandFailure if it is corrupt */
    void toDense() {
        if (isDense()) {
            return;
        }
        byte[] registers = new byte[REGISTERS];
        mergeInto(registers);
        ensure(DENSE_BYTES);
        length = DENSE_BYTES;
        Arrays.fill(bytes, HEADER_BYTES, DENSE_BYTES, (byte) 0);
        bytes[ENCODING] = DENSE;
        for (int i = 0; i < REGISTERS; i++) {
            if (registers[i] != 0) {
                putDense(i, registers[i]);
            }
        }
    }

    // ---- sparse runs

    private boolean isLongZeros(int at) {
        return (bytes[at] & 0xC0) == 0x40;
    }

    private boolean isValue(int at) {
        return bytes[at] < 0;
    }

    private int runBytes(int at) {
        return isLongZeros(at) ? 2 : 1;
    }

    private int runLength(int at) {
        if (isValue(at)) {
            return (bytes[at] & 3) + 1;
        }
        return isLongZeros(at) ? ((bytes[at] & 0x3F) << 8 | bytes[at + 1] & 0xFF) + 1 : (bytes[at] & 0x3F) + 1;
    }

    private int runValue(int at) {
        return isValue(at) ? (bytes[at] >> 2 & 31) + 1 : 0;
    }

    private static byte valueRun(int value, int run) {
        return (byte) (0x80 | value - 1 << 2 | run - 1);
    }

    /** Appends a run of zeros. */
    private void putZeros(int run) {
        if (run > SPARSE_ZERO_RUN_MAX) {
            bytes[length++] = (byte) (0x40 | run - 1 >> 8);
            bytes[length++] = (byte) (run - 1);
        } else if (run > 0) {
            bytes[length++] = (byte) (run - 1);
        }
    }

    private static int zerosBytes(int run) {
        return run == 0 ? 0 : run > SPARSE_ZERO_RUN_MAX ? 2 : 1;
    }

    /**
     * Raises a register to {@code rank}, if it is lower; a sparse one that would grow beyond {@code sparseMax} bytes,
     * or cannot hold the rank,
     * becomes dense. Returns whether it changed. @throws CommandFailure if it is corrupt
     */
    boolean raise(int index, int rank, int sparseMax) {
        if (isDense()) {
            boolean lower = denseRegister(index) < rank;
            if (lower) {
                putDense(index, rank);
                invalidate();
            }
            return lower;
        }
        if (rank > SPARSE_VALUE_MAX) {
            return promote(index, rank);
        }
        int at = HEADER_BYTES;
        int previous = -1;
        int first = 0;
        while (at < length && first + runLength(at) <= index) {
            first += runLength(at);
            previous = at;
            at += runBytes(at);
        }
        if (at >= length) {
            throw CORRUPT;
        }
        int value = runValue(at);
        if (value >= rank) {
            return false;
        }
        int run = runLength(at);
        if (run == 1 && !isLongZeros(at)) {
            bytes[at] = valueRun(rank, 1);
        } else if (!split(at, index - first, first + run - 1 - index, value, rank, sparseMax)) {
            return promote(index, rank);
        }
        merge(previous < 0 ? HEADER_BYTES : previous);
        invalidate();
        return true;
    }

    private boolean promote(int index, int rank) {
        toDense();
        return raise(index, rank, 0);
    }

    /**
     * Puts a value between the {@code before} and the {@code after} other registers of a run; false if there is no
     * room.
     */
    private boolean split(int at, int before, int after, int value, int rank, int sparseMax) {
        int oldBytes = runBytes(at);
        boolean zeros = value == 0;
        int newBytes =
                zeros ? zerosBytes(before) + 1 + zerosBytes(after) : Math.min(before, 1) + 1 + Math.min(after, 1);
        int growth = newBytes - oldBytes;
        if (growth > 0 && length + growth > sparseMax) {
            return false;
        }
        ensure(length + growth);
        int end = length + growth;
        System.arraycopy(bytes, at + oldBytes, bytes, at + newBytes, length - at - oldBytes);
        length = at;
        putRun(value, before);
        bytes[length++] = valueRun(rank, 1);
        putRun(value, after);
        Invariant.equal(length, at + newBytes, "length of a sparse HyperLogLog, its end");
        length = end;
        return true;
    }

    private void putRun(int value, int run) {
        if (value == 0) {
            putZeros(run);
        } else if (run > 0) {
            bytes[length++] = valueRun(value, run);
        }
    }

    /**
     * Merges neighbouring runs of the same value, looking at as many as Redis does so that the bytes stay the same as
     * there.
     */
    private void merge(int from) {
        int at = from;
        for (int tries = MERGE_TRIES; tries > 0 && at < length; tries--) {
            boolean same = isValue(at)
                    && at + 1 < length
                    && isValue(at + 1)
                    && runValue(at) == runValue(at + 1)
                    && runLength(at) + runLength(at + 1) <= SPARSE_VALUE_RUN_MAX;
            if (same) {
                bytes[at + 1] = valueRun(runValue(at), runLength(at) + runLength(at + 1));
                System.arraycopy(bytes, at + 1, bytes, at, length - at - 1);
                length--;
            } else {
                at += runBytes(at);
            }
        }
    }

    /** The runs as text, {@code z:} and {@code Z:} for zeros, {@code v:} for values (PFDEBUG DECODE). */
    String decode() {
        StringBuilder text = new StringBuilder();
        for (int at = HEADER_BYTES; at < length; at += runBytes(at)) {
            text.append(text.isEmpty() ? "" : " ");
            if (isValue(at)) {
                text.append("v:").append(runValue(at)).append(',').append(runLength(at));
            } else {
                text.append(isLongZeros(at) ? "Z:" : "z:").append(runLength(at));
            }
        }
        return text.toString();
    }

    // ---- counting and merging

    /**
     * Raises each of the {@value #REGISTERS} registers to the one of this. @throws CommandFailure if this is corrupt
     */
    void mergeInto(byte[] registers) {
        if (isDense()) {
            for (int i = 0; i < REGISTERS; i++) {
                registers[i] = (byte) Math.max(registers[i], denseRegister(i));
            }
            return;
        }
        int index = 0;
        for (int at = HEADER_BYTES; at < length; at += runBytes(at)) {
            int value = runValue(at);
            int end = index + runLength(at);
            if (end > REGISTERS) {
                throw CORRUPT;
            }
            for (; index < end; index++) {
                registers[index] = (byte) Math.max(registers[index], value);
            }
        }
        if (index != REGISTERS) {
            throw CORRUPT;
        }
    }

    /**
     * The estimate of the cardinality (O. Ertl, New cardinality estimation algorithms for HyperLogLog sketches, arXiv
     * 1702.01284).
     */
    static long estimate(byte[] registers) {
        int[] histogram = new int[64];
        for (byte register : registers) {
            histogram[register]++;
        }
        double m = REGISTERS;
        double z = m * tau((m - histogram[RUN_BITS + 1]) / m);
        for (int i = RUN_BITS; i >= 1; i--) {
            z = (z + histogram[i]) * 0.5;
        }
        z += m * sigma(histogram[0] / m);
        return Math.round(ALPHA_INFINITE * m * m / z);
    }

    private static double sigma(double x) {
        if (x == 1) {
            return Double.POSITIVE_INFINITY;
        }
        double power = x;
        double factor = 1;
        double sum = x;
        double before;
        do {
            power *= power;
            before = sum;
            sum += power * factor;
            factor += factor;
        } while (before != sum);
        return sum;
    }

    private static double tau(double x) {
        if (x == 0 || x == 1) {
            return 0;
        }
        double root = x;
        double factor = 1;
        double sum = 1 - x;
        double before;
        do {
            root = Math.sqrt(root);
            before = sum;
            factor *= 0.5;
            sum -= (1 - root) * (1 - root) * factor;
        } while (before != sum);
        return sum / 3;
    }
}
