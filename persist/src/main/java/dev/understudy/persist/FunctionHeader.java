// SPDX-License-Identifier: Apache-2.0
package dev.understudy.persist;

import dev.understudy.wire.Bytes;
import org.jspecify.annotations.Nullable;

/** Reads the name of a function library from the first line of its source, {@code #!lua name=mylib}. */
final class FunctionHeader {
    private FunctionHeader() {}

    /** The library's name, null if the line does not give a valid one. */
    static @Nullable String name(Bytes source) {
        int end = 0;
        while (end < source.length && source.at(end) != '\n') {
            end++;
        }
        String line = new Bytes(source.array, source.offset, end).toString();
        if (!line.startsWith("#!")) {
            return null;
        }
        String[] words = line.strip().split("\\s+", -1);
        for (int i = 1; i < words.length; i++) {
            if (words[i].startsWith("name=")) {
                return valid(unquoted(words[i].substring("name=".length())));
            }
        }
        return null;
    }

    private static String unquoted(String text) {
        boolean quoted = text.length() >= 2
                && (text.startsWith("\"") && text.endsWith("\"") || text.startsWith("'") && text.endsWith("'"));
        return quoted ? text.substring(1, text.length() - 1) : text;
    }

    private static @Nullable String valid(String name) {
        for (int i = 0; i < name.length(); i++) {
            char c = name.charAt(i);
            boolean allowed = c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '_';
            if (!allowed) {
                return null;
            }
        }
        return name.isEmpty() ? null : name;
    }
}
