// SPDX-License-Identifier: Apache-2.0
package dev.understudy.interop.fuzz;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.util.Arrays;
import java.util.stream.Collectors;

/** Commands as people read them: as redis-cli takes them. */
final class Words {
    private static final int SHOWN_BYTES = 100;

    private Words() {}

    static byte[] bytes(String text) {
        return text.getBytes(ISO_8859_1);
    }

    static String shown(byte[][] words) {
        return Arrays.stream(words).map(Words::word).collect(Collectors.joining(" "));
    }

    private static String word(byte[] word) {
        boolean plain = word.length > 0;
        for (byte b : word) {
            plain &= b > ' ' && b < 127 && b != '"' && b != '\'' && b != '\\';
        }
        return plain ? new String(word, ISO_8859_1) : quoted(word);
    }

    static String quoted(byte[] word) {
        StringBuilder text = new StringBuilder("\"");
        for (int i = 0; i < word.length && i < SHOWN_BYTES; i++) {
            int b = word[i] & 0xFF;
            if (b == '"' || b == '\\') {
                text.append('\\').append((char) b);
            } else if (b >= ' ' && b < 127) {
                text.append((char) b);
            } else {
                text.append(String.format("\\x%02x", b));
            }
        }
        return text.append('"')
                .append(word.length > SHOWN_BYTES ? "(" + word.length + " bytes)" : "")
                .toString();
    }
}
