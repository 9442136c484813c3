// SPDX-License-Identifier: Apache-2.0
package dev.understudy.store;

import dev.understudy.store.encoding.Listpack;
import org.jspecify.annotations.Nullable;

/** Checks the bytes of a stream's node before they are loaded; streamValidateListpackIntegrity of t_stream.c. */
public final class StreamFormat {
    /** Flags take one byte, so that an entry can be flagged as deleted in place; Redis uses the lowest two bits. */
    private static final long FLAGS_MAX = 127;

    private final Listpack listpack;
    private int at;

    private StreamFormat(Listpack listpack) {
        this.listpack = listpack;
        this.at = listpack.first();
    }

    /**
     * Why these bytes are no node of a stream, null if they are one. Never throws, reads nothing outside of the range.
     *
     * @param deep checks each element, as must be before bytes of unknown origin are loaded; else only the listpack's
     * header and end
     */
    public static @Nullable String validate(byte[] bytes, int offset, int length, boolean deep) {
        String reason = Listpack.validate(bytes, offset, length, deep);
        if (reason == null && length == Listpack.EMPTY_BYTES) {
            reason = "empty listpack inside stream";
        }
        if (reason != null || !deep) {
            return reason;
        }
        return new StreamFormat(new Listpack().load(bytes, offset, length)).node();
    }

    private @Nullable String node() {
        long live = canonical();
        long deleted = canonical();
        long fields = number();
        if (at == Listpack.NONE || live < 0 || deleted < 0 || fields < 0) {
            return "stream node with an invalid master entry";
        }
        if (!skip(fields) || !isNumber() || number() != 0) {
            return "stream node without the master entry's end";
        }
        long entries = 0;
        while (at != Listpack.NONE) {
            if (!entry(fields)) {
                return "stream node with an invalid entry";
            }
            entries++;
        }
        return entries == live + deleted ? null : "stream node whose counts differ from its entries";
    }

    private boolean entry(long masterFields) {
        long flags = canonical();
        boolean ids = isNumber();
        number();
        ids &= isNumber();
        number();
        boolean same = (flags & StreamEntries.SAME_FIELDS) != 0;
        long fields = same ? masterFields : number();
        if (flags < 0 || flags > FLAGS_MAX || !ids || fields < 0 || fields > Integer.MAX_VALUE / 2) {
            return false;
        }
        if (!skip(same ? fields : 2 * fields)) {
            return false;
        }
        return isNumber() && number() == (same ? fields + 3 : 2 * fields + 4);
    }

    private boolean isNumber() {
        return at != Listpack.NONE && listpack.isLong(at);
    }

    /** The number at the present position, behind which it goes; -1 if there is none. */
    private long number() {
        if (at == Listpack.NONE) {
            return -1;
        }
        long value = listpack.isLong(at) ? listpack.longAt(at) : -1;
        at = listpack.next(at);
        return value;
    }

    /** As {@link #number}; -1 too if a number that fits one byte takes more, which could not be changed in place. */
    private long canonical() {
        boolean wide = at != Listpack.NONE && listpack.wholeBytes(at) > 2;
        long value = number();
        return wide && value <= 127 ? -1 : value;
    }

    /** Passes over some elements; false if there are less. */
    private boolean skip(long elements) {
        for (long i = 0; i < elements; i++) {
            if (at == Listpack.NONE) {
                return false;
            }
            at = listpack.next(at);
        }
        return true;
    }
}
