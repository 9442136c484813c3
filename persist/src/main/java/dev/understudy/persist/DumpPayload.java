// SPDX-License-Identifier: Apache-2.0
package dev.understudy.persist;

import dev.understudy.store.DataSet;
import dev.understudy.store.Db;
import dev.understudy.store.Limits;
import dev.understudy.store.Value;
import dev.understudy.wire.Bytes;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The payload of DUMP and RESTORE: one value (createDumpPayload, verifyDumpPayload of cluster.c). On the thread that
 * owns the data set.
 *
 * <pre>
 * | type: 1 | value | RDB version: 2 LE | CRC-64 of all before: 8 LE |
 * </pre>
 */
public final class DumpPayload {
    private static final int FOOTER_BYTES = 10;

    private DumpPayload() {}

    /** What came of a payload. */
    public sealed interface Restored {
        /**
         * The key is there.
         *
         * @param mended what was wrong and could be put right, empty if nothing
         */
        record Done(String mended) implements Restored {}

        /** DUMP payload version or checksum are wrong. */
        record BadFooter() implements Restored {}

        /** To take the value apart would need more than {@code bytesMax} bytes of heap; nothing has changed. */
        record TooLarge(long bytesMax) implements Restored {}

        /** Bad data format; nothing has changed. */
        record BadData(String reason) implements Restored {}
    }

    /** The payload of a value, whatever heap it takes. */
    public static byte[] dump(Value value) {
        return Objects.requireNonNull(dump(value, Long.MAX_VALUE));
    }

    /** The payload of a value, null if it is longer than {@code bytesMax} or than an array may be. Takes twice as much heap for a moment. */
    public static byte @Nullable [] dump(Value value, long bytesMax) {
        Collector collector = new Collector((int) Math.min(bytesMax, Limits.STRING_BYTES_MAX));
        RdbOutput output = new RdbOutput(collector, true, true);
        ValueWriter values = new ValueWriter(output, RdbFormat.VERSION);
        output.u8(values.type(value));
        values.write(value);
        output.int16(RdbFormat.VERSION);
        output.int64(output.checksum());
        output.flush();
        return output.failure() == null ? collector.toArray() : null;
    }

    /** Whether version and, unless {@code skipChecksum}, checksum of the payload are right. */
    public static boolean verify(Bytes payload, boolean skipChecksum) {
        if (payload.length < FOOTER_BYTES) {
            return false;
        }
        int footer = payload.length - FOOTER_BYTES;
        int version = payload.at(footer) & 0xFF | (payload.at(footer + 1) & 0xFF) << 8;
        if (version > RdbFormat.VERSION_READABLE_MAX) {
            return false;
        }
        long told = 0;
        for (int i = 7; i >= 0; i--) {
            told = told << 8 | payload.at(footer + 2 + i) & 0xFF;
        }
        return skipChecksum || told == Crc64.update(0, payload.array, payload.offset, footer + 2);
    }

    /** As the other one, whatever heap it takes. */
    public static Restored restore(
            DataSet dataSet, Db db, Bytes key, Bytes payload, boolean deepSanitize, boolean skipChecksum) {
        return restore(dataSet, db, key, payload, deepSanitize, skipChecksum, Long.MAX_VALUE);
    }

    /**
     * Makes the key from a payload, in the place of what is there. Expiry and use are the caller's to set, and windows
     * of the old value are closed.
     *
     * @param deepSanitize see {@link LoadOptions#deepSanitize}
     * @param skipChecksum DEBUG SET-SKIP-CHECKSUM-VALIDATION
     * @param heapBytesMax what a text of the payload may take of the heap
     */
    public static Restored restore(
            DataSet dataSet,
            Db db,
            Bytes key,
            Bytes payload,
            boolean deepSanitize,
            boolean skipChecksum,
            long heapBytesMax) {
        if (!verify(payload, skipChecksum)) {
            return new Restored.BadFooter();
        }
        boolean replacing = db.contains(key);
        Bytes target = replacing ? unusedKey(db, key) : key;
        RdbInput input = RdbInput.over(payload.array, payload.offset, payload.length - FOOTER_BYTES)
                .heapBytesMax(heapBytesMax);
        ValueBuilder builder = new ValueBuilder(input, dataSet.limits(), db).target(db, target);
        ValueParser parser = new ValueParser(input, deepSanitize, false);
        try {
            int type = input.u8();
            if (!parser.parse(type, builder)) {
                throw input.corrupt("empty key");
            }
        } catch (RdbFault fault) {
            db.delete(target, false);
            if (fault.kind == RdbFault.Kind.TOO_LARGE) {
                return new Restored.TooLarge(heapBytesMax);
            }
            return new Restored.BadData("Internal error in RDB reading offset " + fault.offset
                    + ", function at DumpPayload -> " + fault.reason());
        }
        if (replacing) {
            db.delete(key, false);
            db.move(Objects.requireNonNull(db.open(target)), db, key);
        }
        return new Restored.Done(Objects.requireNonNullElse(parser.mended(), ""));
    }

    /** A key to build under, so that the old value stays until the new one is known to be good. */
    private static Bytes unusedKey(Db db, Bytes key) {
        byte[] name = Arrays.copyOf(key.toArray(), key.length + Long.BYTES);
        Bytes candidate = Bytes.of(name);
        for (long number = 0; ; number++) {
            for (int i = 0; i < Long.BYTES; i++) {
                name[key.length + i] = (byte) (number >>> 8 * i);
            }
            if (!db.contains(candidate)) {
                return candidate;
            }
        }
    }

    /** Keeps what comes in pieces, so that nothing is copied but once at the end. */
    private static final class Collector implements RdbSink {
        private final int bytesMax;
        private final List<byte[]> pieces = new ArrayList<>();
        private int length;

        Collector(int bytesMax) {
            this.bytesMax = bytesMax;
        }

        @Override
        public void write(byte[] source, int offset, int count) throws IOException {
            if (count > bytesMax - length) {
                throw new IOException("more than " + bytesMax + " bytes");
            }
            pieces.add(Arrays.copyOfRange(source, offset, offset + count));
            length += count;
        }

        byte[] toArray() {
            byte[] all = new byte[length];
            int at = 0;
            for (byte[] piece : pieces) {
                System.arraycopy(piece, 0, all, at, piece.length);
                at += piece.length;
            }
            return all;
        }
    }
}
