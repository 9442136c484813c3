// SPDX-License-Identifier: Apache-2.0
package dev.understudy.commands;

import dev.understudy.wire.Numbers;
import dev.understudy.wire.Reply;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * A reply as readable text: {@code +OK}, {@code -ERR ...}, {@code :1}, bulk strings bare ({@code ''} when empty),
 * {@code nil}, {@code [a b]}, and in RESP3 {@code ~[a b]} for sets, {@code %[k v]} for maps.
 */
final class TextReply implements Reply {
    boolean resp3;
    private final List<Object> parts = new ArrayList<>();

    /** The header of an aggregate. */
    private record Header(String prefix, int count) {}

    void clear() {
        parts.clear();
    }

    /** The one reply written since {@link #clear}. */
    String text() {
        int[] at = {0};
        String text = text(at);
        assert at[0] == parts.size() : "more than one reply: " + parts;
        return text;
    }

    private String text(int[] at) {
        Object part = parts.get(at[0]++);
        if (!(part instanceof Header header)) {
            return (String) part;
        }
        List<String> elements = new ArrayList<>();
        for (int i = 0; i < header.count; i++) {
            elements.add(text(at));
        }
        return header.prefix + "[" + String.join(" ", elements) + "]";
    }

    private void add(String text) {
        parts.add(text);
    }

    private static Header header(boolean special, String prefix, int count) {
        return new Header(special ? prefix : "", count);
    }

    @Override
    public long position() {
        return parts.size();
    }

    @Override
    public void rewind(long position) {
        parts.subList((int) position, parts.size()).clear();
    }

    @Override
    public boolean resp3() {
        return resp3;
    }

    @Override
    public void simple(String text) {
        add("+" + text);
    }

    @Override
    public void error(String message) {
        add("-" + message);
    }

    @Override
    public void integer(long value) {
        add(":" + value);
    }

    @Override
    public void bulk(byte[] array, int offset, int length) {
        add(length == 0 ? "''" : new String(array, offset, length, StandardCharsets.ISO_8859_1));
    }

    @Override
    public void bulk(MemorySegment segment, long offset, long length) {
        bulk(segment.asSlice(offset, length).toArray(ValueLayout.JAVA_BYTE), 0, (int) length);
    }

    @Override
    public void bulkLong(long value) {
        add("" + value);
    }

    @Override
    public void nil() {
        add("nil");
    }

    @Override
    public void nilArray() {
        add(resp3 ? "nil" : "nil-array");
    }

    @Override
    public void array(int count) {
        parts.add(header(false, "", count));
    }

    @Override
    public void map(int pairs) {
        parts.add(header(resp3, "%", pairs * 2));
    }

    @Override
    public void set(int count) {
        parts.add(header(resp3, "~", count));
    }

    @Override
    public void push(int count) {
        parts.add(header(resp3, ">", count));
    }

    @Override
    public void attribute(int pairs) {
        throw new AssertionError("attributes are not expected here");
    }

    @Override
    public void real(double value) {
        add((resp3 ? "," : "") + Numbers.format(value));
    }

    @Override
    public void bool(boolean value) {
        add(resp3 ? "#" + (value ? "t" : "f") : ":" + (value ? 1 : 0));
    }

    @Override
    public void bigNumber(String digits) {
        add((resp3 ? "(" : "") + digits);
    }

    @Override
    public void verbatim(String extension, byte[] text) {
        bulk(text, 0, text.length);
    }

    @Override
    public void raw(byte[] array, int offset, int length) {
        throw new AssertionError("raw protocol is not expected here");
    }

    @Override
    public long deferred() {
        parts.add("deferred");
        return parts.size() - 1L;
    }

    @Override
    public void finishArray(long mark, int count) {
        parts.set((int) mark, header(false, "", count));
    }

    @Override
    public void finishMap(long mark, int pairs) {
        parts.set((int) mark, header(resp3, "%", pairs * 2));
    }

    @Override
    public void finishSet(long mark, int count) {
        parts.set((int) mark, header(resp3, "~", count));
    }
}
