// SPDX-License-Identifier: Apache-2.0
package dev.understudy.server.settings;

import dev.understudy.wire.InlineSplitter;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Words of a line or a value; all raw. */
final class Words {
    private Words() {}

    /** The words of a line of the configuration file, quotes and escapes resolved; null if quotes are unbalanced. */
    static @Nullable List<String> ofLine(String line) {
        byte[] bytes = Raw.array(line);
        InlineSplitter splitter = new InlineSplitter();
        int count = splitter.split(bytes, 0, bytes.length);
        if (count < 0) {
            return null;
        }
        List<String> words = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            words.add(new String(splitter.text(), splitter.offset(i), splitter.length(i), StandardCharsets.ISO_8859_1));
        }
        return words;
    }

    /** The words of a value given to CONFIG SET: every single blank separates, quotes mean nothing. */
    static List<String> ofValue(String value) {
        return value.isEmpty() ? List.of() : List.of(value.split(" ", -1));
    }

    /** Without blanks around it. */
    static String trimmed(String line) {
        int from = 0;
        int to = line.length();
        while (from < to && isBlank(line.charAt(from))) {
            from++;
        }
        while (to > from && isBlank(line.charAt(to - 1))) {
            to--;
        }
        return line.substring(from, to);
    }

    private static boolean isBlank(char c) {
        return c == ' ' || c == '\t' || c == '\r' || c == '\n';
    }

    /** The lines of a text; a text without a line feed is one line. */
    static String[] lines(String text) {
        return text.split("\n", -1);
    }
}
