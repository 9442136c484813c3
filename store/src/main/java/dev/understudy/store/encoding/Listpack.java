// SPDX-License-Identifier: Apache-2.0
package dev.understudy.store.encoding;

import static dev.understudy.store.encoding.ListpackFormat.COUNT_UNKNOWN;
import static dev.understudy.store.encoding.ListpackFormat.EMPTY_TOTAL;
import static dev.understudy.store.encoding.ListpackFormat.HEADER;

import dev.understudy.store.memory.Memory;
import dev.understudy.wire.Bytes;
import dev.understudy.wire.Numbers;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * An editor of listpacks, Redis's packed list of strings and integers (listpack.c; layout in {@link ListpackFormat}).
 *
 * <p>One instance is reused for many listpacks: {@link #load} copies one in, edits work on the instance's own array,
 * {@link #store} copies it out. Elements are named by <em>positions</em>: byte offsets of an element, {@link #NONE}
 * where there is none; an edit leaves positions before it valid. What {@link #get} returns is a window into the array,
 * valid until the next edit or load. What is loaded must have passed
 * {@link #validate} once. Confined to one thread.
 */
public final class Listpack {
    /** The position of no element. */
    public static final int NONE = -1;
    /** Bytes of a listpack without elements. */
    public static final int EMPTY_BYTES = EMPTY_TOTAL;
    /** Most bytes of a listpack, as LISTPACK_MAX_SAFETY_LIMIT; see {@link #safeToAdd}. */
    public static final int TOTAL_BYTES_MAX = 1 << 30;

    private static final int UNCOUNTED = -1;

    private byte[] bytes = new byte[256];
    private int total;
    /** Number of elements, or {@link #UNCOUNTED}. */
    private int count;

    public Listpack() {
        empty();
    }

    // Whole listpacks.

    /** Makes this an empty listpack; returns this. */
    public Listpack empty() {
        total = EMPTY_TOTAL;
        count = 0;
        bytes[HEADER] = ListpackFormat.END;
        return this;
    }

    /** Copies in a valid listpack of {@code length} bytes; returns this. */
    public Listpack load(Memory memory, long handle, long offset, int length) {
        room(length);
        memory.read(handle, offset, bytes, 0, length);
        return loaded(length);
    }

    /** Copies in a valid listpack of {@code length} bytes; returns this. */
    public Listpack load(byte[] source, int offset, int length) {
        room(length);
        System.arraycopy(source, offset, bytes, 0, length);
        return loaded(length);
    }

    private Listpack loaded(int length) {
        assert ListpackFormat.validate(bytes, 0, length, false) == null : "not a listpack";
        total = length;
        int declared = (short) ListpackFormat.SHORT.get(bytes, 4) & 0xFFFF;
        count = declared == COUNT_UNKNOWN ? UNCOUNTED : declared;
        return this;
    }

    /** Bytes of the whole listpack. */
    public int totalBytes() {
        return total;
    }

    /** Number of elements; walks once if there are 65535 or more. */
    public int count() {
        if (count == UNCOUNTED) {
            int elements = 0;
            for (int at = HEADER; at < total - 1; at += wholeBytes(at)) {
                elements++;
            }
            count = elements;
        }
        return count;
    }

    public boolean isEmpty() {
        return total == EMPTY_TOTAL;
    }

    /** Writes the listpack, {@link #totalBytes} bytes. */
    public void store(Memory memory, long handle, long offset) {
        memory.write(handle, offset, array(), 0, total);
    }

    public byte[] toArray() {
        return Arrays.copyOf(array(), total);
    }

    /**
     * The instance's own array, the listpack being its first {@link #totalBytes} bytes; valid until the next edit or
     * load.
     */
    public byte[] array() {
        ListpackFormat.INT.set(bytes, 0, total);
        int declared = count == UNCOUNTED ? COUNT_UNKNOWN : Math.min(count, COUNT_UNKNOWN);
        ListpackFormat.SHORT.set(bytes, 4, (short) declared);
        return bytes;
    }

    /** Whether {@code more} bytes may be added; lpSafeToAdd. */
    public boolean safeToAdd(long more) {
        return total + more <= TOTAL_BYTES_MAX;
    }

    /**
     * Why these bytes are no listpack, null if they are one. Never throws, reads nothing outside of the range; {@code
     * deep} looks at every element, else at header and end only (lpValidateIntegrity).
     */
    public static @Nullable String validate(byte[] a, int offset, int length, boolean deep) {
        return ListpackFormat.validate(a, offset, length, deep);
    }

    // Positions.

    /** Position of the first element, {@link #NONE} if empty. */
    public int first() {
        return total == EMPTY_TOTAL ? NONE : HEADER;
    }

    public int last() {
        return total == EMPTY_TOTAL ? NONE : before(total - 1);
    }

    public int next(int position) {
        int next = position + wholeBytes(position);
        return next == total - 1 ? NONE : next;
    }

    public int previous(int position) {
        return position == HEADER ? NONE : before(position);
    }

    private int before(int position) {
        long size = ListpackFormat.backlen(bytes, position - 1, HEADER);
        assert size > 0 : "backlen at " + position;
        return (int) (position - size - ListpackFormat.backlenBytes(size));
    }

    /**
     * Position of element number {@code index}, negative ones counting from the tail (-1 is the last); {@link #NONE}
     * out of range.
     */
    public int at(int index) {
        boolean fromTail = index < 0;
        if (count != UNCOUNTED) {
            int forward = fromTail ? count + index : index;
            if (forward < 0 || forward >= count) {
                return NONE;
            }
            fromTail = forward > count / 2;
            index = fromTail ? forward - count : forward;
        }
        int position = fromTail ? last() : first();
        for (int left = fromTail ? -1 - index : index; left > 0 && position != NONE; left--) {
            position = fromTail ? previous(position) : next(position);
        }
        return position;
    }

    // Elements.

    /** Whether the element is stored as an integer. */
    public boolean isLong(int position) {
        return ListpackFormat.isInteger(bytes[position]);
    }

    /** The value of an element for which {@link #isLong} holds. */
    public long longAt(int position) {
        byte first = bytes[position];
        if (first >= 0) {
            return first;
        }
        return switch (first & 0xFF) {
            case 0xF1 -> (short) ListpackFormat.SHORT.get(bytes, position + 1);
            case 0xF2 -> (int) ListpackFormat.INT.get(bytes, position + 1) << 8 >> 8;
            case 0xF3 -> (int) ListpackFormat.INT.get(bytes, position + 1);
            case 0xF4 -> (long) ListpackFormat.LONG.get(bytes, position + 1);
            default -> ((first & 0x1F) << 8 | bytes[position + 1] & 0xFF) << 19 >> 19;
        };
    }

    /**
     * Moves {@code into} over the element's text and returns it: a window into this editor's array, or, for an integer,
     * its decimal text in
     * {@code numberScratch} (at least {@value Numbers#LONG_TEXT_MAX} bytes).
     */
    public Bytes get(int position, Bytes into, byte[] numberScratch) {
        if (isLong(position)) {
            return into.set(numberScratch, 0, Numbers.write(longAt(position), numberScratch, 0));
        }
        int length = stringLength(position);
        return into.set(bytes, position + textOffset(position), length);
    }

    /** Bytes of the element's text. */
    public int length(int position) {
        return isLong(position) ? Numbers.length(longAt(position)) : stringLength(position);
    }

    /** Whether the element's text is {@code text}. */
    public boolean equal(int position, Bytes text) {
        if (isLong(position)) {
            return Numbers.isLong(text) && longAt(position) == Numbers.parseLong(text);
        }
        return stringEqual(position, text);
    }

    private boolean stringEqual(int position, Bytes text) {
        int length = stringLength(position);
        int start = position + textOffset(position);
        return length == text.length
                && Arrays.equals(bytes, start, start + length, text.array, text.offset, text.offset + length);
    }

    /** Bytes between a string element's position and its text. */
    private int textOffset(int position) {
        int first = bytes[position] & 0xFF;
        if (first < 0xC0) {
            return 1;
        }
        return first == ListpackFormat.STRING_32 ? 5 : 2;
    }

    private int stringLength(int position) {
        int first = bytes[position] & 0xFF;
        if (first < 0xC0) {
            return first & 0x3F;
        }
        return first == ListpackFormat.STRING_32
                ? (int) ListpackFormat.INT.get(bytes, position + 1)
                : (first & 0x0F) << 8 | bytes[position + 1] & 0xFF;
    }

    /** Bytes of the element with its backlen. */
    public int wholeBytes(int position) {
        int integer = ListpackFormat.integerBytesByFirst(bytes[position]);
        int size = integer > 0 ? integer : textOffset(position) + stringLength(position);
        return size + ListpackFormat.backlenBytes(size);
    }

    /**
     * Position of the first element equal to {@code text} among {@code from} and every ({@code skip} + 1)th after it;
     * {@link #NONE} if there is none or {@code from} is NONE. With skip 1 it finds fields and members of pairs
     * (lpFind).
     */
    public int find(Bytes text, int from, int skip) {
        if (from == NONE) {
            return NONE;
        }
        boolean integer = Numbers.isLong(text);
        long value = integer ? Numbers.parseLong(text) : 0;
        int position = from;
        int end = total - 1;
        int pass = 0;
        while (position < end) {
            if (pass == 0) {
                boolean found = isLong(position) ? integer && longAt(position) == value : stringEqual(position, text);
                if (found) {
                    return position;
                }
                pass = skip + 1;
            }
            pass--;
            position += wholeBytes(position);
        }
        return NONE;
    }

    // Edits. Canonical decimal text is stored as an integer, whatever method it comes through.

    /** Bytes that an element with this text takes, backlen included. */
    public static long entryBytes(Bytes text) {
        long size = Numbers.isLong(text)
                ? ListpackFormat.integerBytes(Numbers.parseLong(text))
                : (long) ListpackFormat.stringHeaderBytes(text.length) + text.length;
        return size + ListpackFormat.backlenBytes(size);
    }

    /** Bytes that an integer element takes, backlen included. */
    public static int entryBytes(long value) {
        return ListpackFormat.integerBytes(value) + 1;
    }

    /** Adds an element at the tail; returns its position. */
    public int append(Bytes text) {
        return put(total - 1, 0, text, 1);
    }

    /** Adds an element at the tail; returns its position. */
    public int append(long value) {
        return put(total - 1, 0, value, 1);
    }

    /** The same as {@link #append(Bytes)}. */
    public int appendBytes(Bytes text) {
        return append(text);
    }

    public int prepend(Bytes text) {
        return put(HEADER, 0, text, 1);
    }

    public int prepend(long value) {
        return put(HEADER, 0, value, 1);
    }

    /** Adds an element before the one at {@code position}; returns its position, which is the same. */
    public int insertBefore(int position, Bytes text) {
        return put(position, 0, text, 1);
    }

    public int insertBefore(int position, long value) {
        return put(position, 0, value, 1);
    }

    /** Adds an element behind the one at {@code position}; returns its position. */
    public int insertAfter(int position, Bytes text) {
        return put(position + wholeBytes(position), 0, text, 1);
    }

    public int insertAfter(int position, long value) {
        return put(position + wholeBytes(position), 0, value, 1);
    }

    /** Gives the element another content; its position stays. */
    public void replace(int position, Bytes text) {
        put(position, wholeBytes(position), text, 0);
    }

    public void replace(int position, long value) {
        put(position, wholeBytes(position), value, 0);
    }

    /** Takes the element out; returns the position of the one that followed it, {@link #NONE} at the end. */
    public int delete(int position) {
        return delete(position, 1);
    }

    /**
     * Takes up to {@code elements} elements out from {@code position} on; returns the position of what followed them.
     */
    public int delete(int position, int elements) {
        int end = position;
        int deleted = 0;
        while (deleted < elements && end < total - 1) {
            end += wholeBytes(end);
            deleted++;
        }
        splice(position, end - position, 0);
        if (count != UNCOUNTED) {
            count -= deleted;
        }
        return position == total - 1 ? NONE : position;
    }

    /**
     * Takes up to {@code elements} elements out from number {@code index} on (negative: from the tail); lpDeleteRange.
     */
    public void deleteRange(int index, int elements) {
        int position = at(index);
        if (position != NONE && elements > 0) {
            delete(position, elements);
        }
    }

    /** Adds all elements of {@code other}, not this, at the tail; lpMerge. */
    public void appendAll(Listpack other) {
        mergeAt(total - 1, other);
    }

    /** Adds all elements of {@code other}, not this, at the head. */
    public void prependAll(Listpack other) {
        mergeAt(HEADER, other);
    }

    private void mergeAt(int position, Listpack other) {
        assert other != this;
        int added = other.total - EMPTY_TOTAL;
        splice(position, 0, added);
        System.arraycopy(other.bytes, HEADER, bytes, position, added);
        count = count == UNCOUNTED || other.count == UNCOUNTED ? UNCOUNTED : count + other.count;
    }

    @SuppressWarnings("ReferenceEquality") // Whether the text lies in our own array, which is about to move.
    private int put(int position, int removed, Bytes text, int more) {
        if (Numbers.isLong(text)) {
            return put(position, removed, Numbers.parseLong(text), more);
        }
        byte[] source = text.array;
        int from = text.offset;
        if (source == bytes) {
            source = text.toArray();
            from = 0;
        }
        int header = ListpackFormat.stringHeaderBytes(text.length);
        int size = Math.addExact(header, text.length);
        splice(position, removed, Math.addExact(size, ListpackFormat.backlenBytes(size)));
        ListpackFormat.putStringHeader(bytes, position, text.length);
        System.arraycopy(source, from, bytes, position + header, text.length);
        ListpackFormat.putBacklen(bytes, position + size, size);
        counted(more);
        return position;
    }

    private int put(int position, int removed, long value, int more) {
        int size = ListpackFormat.integerBytes(value);
        splice(position, removed, size + 1);
        ListpackFormat.putInteger(bytes, position, value);
        ListpackFormat.putBacklen(bytes, position + size, size);
        counted(more);
        return position;
    }

    private void counted(int more) {
        if (count != UNCOUNTED) {
            count += more;
        }
    }

    /** Makes the {@code removed} bytes at {@code position} into {@code inserted} ones. */
    private void splice(int position, int removed, int inserted) {
        assert position >= HEADER && position + removed < total : position + " + " + removed + " of " + total;
        int newTotal = Math.addExact(total, inserted - removed);
        room(newTotal);
        System.arraycopy(bytes, position + removed, bytes, position + inserted, total - position - removed);
        total = newTotal;
    }

    private void room(int needed) {
        if (bytes.length < needed) {
            long grown = Math.max(needed, bytes.length * 2L);
            bytes = Arrays.copyOf(bytes, (int) Math.min(grown, Integer.MAX_VALUE - 8));
        }
    }
}
