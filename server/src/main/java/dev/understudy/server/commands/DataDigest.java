// SPDX-License-Identifier: Apache-2.0
package dev.understudy.server.commands;

import dev.understudy.store.DataSet;
import dev.understudy.store.Db;
import dev.understudy.store.HashValue;
import dev.understudy.store.ListValue;
import dev.understudy.store.SetValue;
import dev.understudy.store.SortedSetValue;
import dev.understudy.store.StreamCursor;
import dev.understudy.store.StreamId;
import dev.understudy.store.StreamValue;
import dev.understudy.store.StringValue;
import dev.understudy.store.Value;
import dev.understudy.store.ValueType;
import dev.understudy.wire.Bytes;
import dev.understudy.wire.Numbers;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.security.DigestException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/**
 * The digest of a data set, of 20 bytes: equal data have equal digests, whatever their encoding and the order of their tables; the same
 * as DEBUG DIGEST of Redis 7.2 (computeDatasetDigest). What has no order is joined by exclusive or of SHA-1s, what has one by feeding the
 * digest so far into the next.
 *
 * <p>An instance is reused. It reads with the windows of the data set: on the thread that owns it.
 */
public final class DataDigest {
    static final int BYTES = 20;
    private static final byte[] EXPIRES = "!!expire!!".getBytes(StandardCharsets.US_ASCII);

    private final MessageDigest sha1;
    private final byte[] hash = new byte[BYTES];
    private final byte[] key = new byte[BYTES];
    private final byte[] element = new byte[BYTES];
    private final byte[] total = new byte[BYTES];
    private final byte[] number = new byte[4];
    private final StreamId low = new StreamId();
    private final StreamId high = new StreamId().setMax();

    public DataDigest() {
        try {
            sha1 = MessageDigest.getInstance("SHA-1");
        } catch (NoSuchAlgorithmException missing) {
            throw new IllegalStateException("every Java platform has SHA-1", missing);
        }
    }

    /** 40 hex digits; zeros for an empty data set. Takes some microseconds per key. */
    public String of(DataSet data) {
        clear(total);
        for (int i = 0; i < data.databases(); i++) {
            Db db = data.db(i);
            if (db.size() == 0) {
                continue;
            }
            mix(total, bigEndian(i), 0, 4);
            db.forEach((value, name) -> {
                clear(key);
                mix(key, name.array, name.offset, name.length);
                mixValue(value);
                add(total, key, 0, BYTES);
                return true;
            });
        }
        return HexFormat.of().formatHex(total);
    }

    /** 40 hex digits of one value and of whether it expires; its key does not matter. */
    public String of(Value value) {
        clear(key);
        mixValue(value);
        return HexFormat.of().formatHex(key);
    }

    private void mixValue(Value value) {
        mix(key, bigEndian(typeNumber(value.type())), 0, 4);
        switch (value) {
            case StringValue string -> {
                if (string.isLong()) {
                    byte[] text = string.toArray();
                    mix(key, text, 0, text.length);
                } else {
                    // However long it is, it is not copied.
                    mix(key, string.segment().asSlice(string.segmentOffset(), string.compactLength()));
                }
            }
            case ListValue list ->
                list.forEach(item -> {
                    mix(key, item.array, item.offset, item.length);
                    return true;
                });
            case SetValue set ->
                set.forEach(member -> {
                    add(key, member.array, member.offset, member.length);
                    return true;
                });
            case SortedSetValue sorted ->
                sorted.forEach((member, score) -> {
                    mixPair(member, Bytes.of(Numbers.formatWithExponents(score)));
                    return true;
                });
            case HashValue hashed ->
                hashed.forEach((field, text) -> {
                    mixPair(field, text);
                    return true;
                });
            case StreamValue stream -> mixStream(stream);
            default -> throw new IllegalStateException("unknown type " + value.type());
        }
        if (value.expireAt() >= 0) {
            add(key, EXPIRES, 0, EXPIRES.length);
        }
    }

    /** Redis's OBJ_ numbers. */
    private static int typeNumber(ValueType type) {
        return switch (type) {
            case STRING -> 0;
            case LIST -> 1;
            case SET -> 2;
            case SORTED_SET -> 3;
            case HASH -> 4;
            case STREAM -> 6;
        };
    }

    private void mixPair(Bytes first, Bytes second) {
        clear(element);
        mix(element, first.array, first.offset, first.length);
        mix(element, second.array, second.offset, second.length);
        add(key, element, 0, BYTES);
    }

    /** Entries in order; groups do not count. */
    private void mixStream(StreamValue stream) {
        StreamCursor cursor = stream.cursor(low, high, false);
        var elements = new StreamCursor.Elements() {
            @Override
            public void text(MemorySegment segment, long offset, long length) {
                byte[] text = new byte[(int) length];
                MemorySegment.copy(segment, ValueLayout.JAVA_BYTE, offset, text, 0, text.length);
                mix(key, text, 0, text.length);
            }

            @Override
            public void number(long value) {
                byte[] text = Numbers.toBytes(value);
                mix(key, text, 0, text.length);
            }
        };
        while (cursor.next()) {
            String id = Long.toUnsignedString(cursor.ms()) + "." + Long.toUnsignedString(cursor.seq());
            byte[] text = id.getBytes(StandardCharsets.US_ASCII);
            mix(key, text, 0, text.length);
            cursor.visit(elements);
        }
    }

    // ---- digests

    private static void clear(byte[] digest) {
        java.util.Arrays.fill(digest, (byte) 0);
    }

    private byte[] bigEndian(int value) {
        number[0] = (byte) (value >>> 24);
        number[1] = (byte) (value >>> 16);
        number[2] = (byte) (value >>> 8);
        number[3] = (byte) value;
        return number;
    }

    /** Joins without order: {@code digest ^= SHA-1(bytes)}. */
    private void add(byte[] digest, byte[] array, int offset, int length) {
        sha1.update(array, offset, length);
        joinHash(digest);
    }

    private void joinHash(byte[] digest) {
        takeHash();
        for (int i = 0; i < BYTES; i++) {
            digest[i] ^= hash[i];
        }
    }

    /** Joins in order: {@code digest = SHA-1(digest ^ SHA-1(bytes))}. */
    private void mix(byte[] digest, byte[] array, int offset, int length) {
        add(digest, array, offset, length);
        sha1(digest, 0, BYTES);
        System.arraycopy(hash, 0, digest, 0, BYTES);
    }

    /** As the other one, of native memory. */
    private void mix(byte[] digest, MemorySegment text) {
        sha1.update(text.asByteBuffer());
        joinHash(digest);
        sha1(digest, 0, BYTES);
        System.arraycopy(hash, 0, digest, 0, BYTES);
    }

    private void sha1(byte[] array, int offset, int length) {
        sha1.update(array, offset, length);
        takeHash();
    }

    private void takeHash() {
        try {
            sha1.digest(hash, 0, BYTES);
        } catch (DigestException impossible) {
            throw new IllegalStateException("20 bytes hold a SHA-1", impossible);
        }
    }
}
