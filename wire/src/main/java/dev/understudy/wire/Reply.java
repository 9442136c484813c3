// SPDX-License-Identifier: Apache-2.0
package dev.understudy.wire;

import java.lang.foreign.MemorySegment;

/**
 * Where a command writes its reply, in RESP2 or RESP3 as the client chose by HELLO: {@link #map}, {@link #set}, {@link #push},
 * {@link #real}, {@link #bool}, {@link #nil} and the like fall back to their RESP2 form by themselves, as Redis's addReply* do.
 *
 * <p>An aggregate header is followed by its elements, written by further calls. Confined to the command loop.
 */
public interface Reply {
    /** Whether the client speaks RESP3. */
    boolean resp3();

    /** {@code +text}; the text has no CR or LF. */
    void simple(String text);

    /**
     * {@code -message}; the message begins with its code ({@code ERR ...}); CR and LF become spaces.
     *
     * @param message raw text, a char for each byte, since it may quote what a client has sent ({@link Bytes#printed}); if it has
     *     characters that are no bytes, it is ordinary text and written as UTF-8
     */
    void error(String message);

    void integer(long value);

    void bulk(byte[] array, int offset, int length);

    /** A bulk string out of native memory. */
    void bulk(MemorySegment segment, long offset, long length);

    /** The decimal text of {@code value} as a bulk string. */
    void bulkLong(long value);

    /** {@code _} in RESP3, {@code $-1} in RESP2. */
    void nil();

    /** {@code _} in RESP3, {@code *-1} in RESP2. */
    void nilArray();

    void array(int count);

    /** A map of {@code pairs} pairs; in RESP2 an array of twice as many elements. */
    void map(int pairs);

    void set(int count);

    /** Out-of-band data; in RESP2 an array. */
    void push(int count);

    /** Attributes before a reply; RESP3 only, the caller checks. */
    void attribute(int pairs);

    /** A double: {@code ,1.5} in RESP3, a bulk string in RESP2; formatted as Redis's addReplyDouble. */
    void real(double value);

    /** As {@link #real}, but formatted as Redis's addReplyHumanLongDouble: at most 17 decimals, never an exponent. */
    default void human(double value) {
        byte[] text = Numbers.formatHuman(value).getBytes(java.nio.charset.StandardCharsets.US_ASCII);
        if (resp3()) {
            raw(new byte[] {','}, 0, 1);
            raw(text, 0, text.length);
            raw(new byte[] {'\r', '\n'}, 0, 2);
        } else {
            bulk(text);
        }
    }

    /** {@code #t}/{@code #f} in RESP3, {@code :1}/{@code :0} in RESP2. */
    void bool(boolean value);

    /** {@code (number} in RESP3, a bulk string in RESP2. */
    void bigNumber(String digits);

    /** {@code =len\r\next:text} in RESP3, a bulk string in RESP2; {@code extension} has three letters. */
    void verbatim(String extension, byte[] text);

    /** Bytes that are protocol already. */
    void raw(byte[] array, int offset, int length);

    /** Where the next reply will begin, for {@link #rewind}. */
    long position();

    /** Takes back all that was written since {@link #position} was asked, when no aggregate was open; nothing may have been handed on since. */
    void rewind(long position);

    /** Begins an aggregate whose element count is not known yet; give the returned mark to one of the {@code finish} calls. */
    long deferred();

    void finishArray(long mark, int count);

    void finishMap(long mark, int pairs);

    void finishSet(long mark, int count);

    default void bulk(Bytes value) {
        bulk(value.array, value.offset, value.length);
    }

    default void bulk(byte[] value) {
        bulk(value, 0, value.length);
    }

    /** The UTF-8 bytes of {@code text} as a bulk string. */
    default void bulk(String text) {
        bulk(text.getBytes(java.nio.charset.StandardCharsets.UTF_8));
    }

    default void ok() {
        simple("OK");
    }
}
