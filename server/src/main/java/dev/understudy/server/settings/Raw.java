// SPDX-License-Identifier: Apache-2.0
package dev.understudy.server.settings;

import dev.understudy.wire.Bytes;
import java.nio.charset.StandardCharsets;

/** Raw text: strings with one char per byte. */
final class Raw {
    private static final String HEX = "0123456789abcdef";

    private Raw() {}

    static String of(Bytes bytes) {
        return new String(bytes.array, bytes.offset, bytes.length, StandardCharsets.ISO_8859_1);
    }

    static String of(byte[] bytes) {
        return new String(bytes, StandardCharsets.ISO_8859_1);
    }

    /** The raw text of ordinary text. */
    static String encode(String text) {
        return of(text.getBytes(StandardCharsets.UTF_8));
    }

    /** Ordinary text, for messages and names of files. */
    static String decode(String raw) {
        return new String(array(raw), StandardCharsets.UTF_8);
    }

    static byte[] array(String raw) {
        return raw.getBytes(StandardCharsets.ISO_8859_1);
    }

    static Bytes bytes(String raw) {
        return Bytes.of(array(raw));
    }

    /** In double quotes, with escapes for what is not printable ASCII. */
    static String quoted(String raw) {
        StringBuilder quoted = new StringBuilder(raw.length() + 2).append('"');
        for (int i = 0; i < raw.length(); i++) {
            char c = raw.charAt(i);
            switch (c) {
                case '\\', '"' -> quoted.append('\\').append(c);
                case '\n' -> quoted.append("\\n");
                case '\r' -> quoted.append("\\r");
                case '\t' -> quoted.append("\\t");
                case 7 -> quoted.append("\\a");
                case '\b' -> quoted.append("\\b");
                default -> {
                    if (c >= ' ' && c <= '~') {
                        quoted.append(c);
                    } else {
                        quoted.append("\\x").append(HEX.charAt(c >> 4 & 15)).append(HEX.charAt(c & 15));
                    }
                }
            }
        }
        return quoted.append('"').toString();
    }
}
