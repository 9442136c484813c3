// SPDX-License-Identifier: Apache-2.0
package dev.understudy.interop.fuzz;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.util.Arrays;
import java.util.List;

/**
 * A reply as it came.
 *
 * @param type the first byte, RESP2's or RESP3's
 * @param text the line or the bulk string; {@code "-1"} for those that are null
 * @param parts elements of aggregates; keys and values in turn for maps
 */
record Reply(char type, byte[] text, List<Reply> parts) {
    static final Reply CLOSED = new Reply('X', "connection closed".getBytes(ISO_8859_1), List.of());

    boolean isAggregate() {
        return "*~%>".indexOf(type) >= 0;
    }

    boolean isError() {
        return type == '-' || type == '!';
    }

    /** A bulk string or a line as text, a character for each byte. */
    String string() {
        return new String(text, ISO_8859_1);
    }

    boolean same(Reply other) {
        if (type != other.type || !Arrays.equals(text, other.text) || parts.size() != other.parts.size()) {
            return false;
        }
        for (int i = 0; i < parts.size(); i++) {
            if (!parts.get(i).same(other.parts.get(i))) {
                return false;
            }
        }
        return true;
    }

    /** For messages and as a key that is equal for equal replies. */
    String shown() {
        StringBuilder shown = new StringBuilder();
        show(shown);
        return shown.toString();
    }

    private void show(StringBuilder into) {
        into.append(type);
        if (isAggregate()) {
            into.append('[');
            for (Reply part : parts) {
                part.show(into);
                into.append(' ');
            }
            into.append(']');
            if (text.length > 0) {
                into.append(string());
            }
        } else {
            into.append(Words.quoted(text));
        }
    }
}
