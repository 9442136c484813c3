// SPDX-License-Identifier: Apache-2.0
package dev.understudy.wire;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * A reusable window over a byte array: the binary-safe string of the protocol, of keys and of values.
 *
 * <p>A command's arguments are such windows into the client's query buffer, reused for every command: whoever wants to keep the bytes
 * beyond the command copies them ({@link #copy()}, {@link #toArray()}). The fields are public because the hot path reads them; only the
 * owner of the instance moves the window. Confined to one thread.
 */
public final class Bytes implements Comparable<Bytes> {
    private static final byte[] NOTHING = {};

    /** The array that holds the bytes; not only ours. */
    public byte[] array;
    /** Index of the first byte, 0 to {@code array.length}. */
    public int offset;
    /** Number of bytes. */
    public int length;

    public Bytes() {
        this(NOTHING, 0, 0);
    }

    public Bytes(byte[] array, int offset, int length) {
        this.array = array;
        this.offset = offset;
        this.length = length;
    }

    public static Bytes of(byte[] array) {
        return new Bytes(array, 0, array.length);
    }

    /** The UTF-8 bytes of {@code text}. */
    public static Bytes of(String text) {
        return of(text.getBytes(StandardCharsets.UTF_8));
    }

    /** Moves the window; returns this. */
    public Bytes set(byte[] newArray, int newOffset, int newLength) {
        array = newArray;
        offset = newOffset;
        length = newLength;
        return this;
    }

    public byte at(int index) {
        assert index >= 0 && index < length : index + " of " + length;
        return array[offset + index];
    }

    public boolean isEmpty() {
        return length == 0;
    }

    /** A copy that owns its bytes. */
    public Bytes copy() {
        return of(toArray());
    }

    /** Copies of the first {@code count} windows, each of which owns its bytes. */
    public static Bytes[] copies(Bytes[] windows, int count) {
        Bytes[] copies = new Bytes[count];
        for (int i = 0; i < count; i++) {
            copies[i] = windows[i].copy();
        }
        return copies;
    }

    public byte[] toArray() {
        return Arrays.copyOfRange(array, offset, offset + length);
    }

    public boolean equalTo(byte[] other) {
        return Arrays.equals(array, offset, offset + length, other, 0, other.length);
    }

    /** Whether the bytes are {@code ascii} but for the case of letters; {@code ascii} has to be ASCII. */
    public boolean is(String ascii) {
        if (ascii.length() != length) {
            return false;
        }
        for (int i = 0; i < length; i++) {
            if (lower(array[offset + i]) != lower((byte) ascii.charAt(i))) {
                return false;
            }
        }
        return true;
    }

    private static int lower(byte b) {
        return b >= 'A' && b <= 'Z' ? b + 32 : b;
    }

    /** Compares as memcmp does, the shorter first among equal prefixes. */
    @Override
    public int compareTo(Bytes other) {
        return Arrays.compareUnsigned(
                array, offset, offset + length, other.array, other.offset, other.offset + other.length);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Bytes that
                && Arrays.equals(array, offset, offset + length, that.array, that.offset, that.offset + that.length);
    }

    @Override
    public int hashCode() {
        int hash = 1;
        for (int i = offset; i < offset + length; i++) {
            hash = 31 * hash + array[i];
        }
        return hash;
    }

    /** The bytes as raw text, a char for each: what is to become the same bytes again, as in {@link Reply#error}. */
    public String raw() {
        return new String(array, offset, length, StandardCharsets.ISO_8859_1);
    }

    /** The bytes up to the first NUL as raw text: how Redis's errors quote an argument, which they print as {@code %s}. */
    public String printed() {
        return printed(raw());
    }

    /** As {@link #printed()}, of raw text. */
    public static String printed(String raw) {
        int end = raw.indexOf(0);
        return end < 0 ? raw : raw.substring(0, end);
    }

    /**
     * The bytes as text, for the log and for names of files and hosts: UTF-8; what is none, and control characters, is escaped as
     * {@code \xff}, so that no peer can write lines of its own. Nothing for replies, which take {@link #printed}.
     */
    @Override
    public String toString() {
        return ShownText.of(array, offset, length);
    }

    /** Bytes of all of {@code words} together. */
    public static long total(Bytes[] words) {
        long bytes = 0;
        for (Bytes word : words) {
            bytes += word.length;
        }
        return bytes;
    }
}
