// SPDX-License-Identifier: Apache-2.0
package dev.understudy.wire;

import java.nio.charset.StandardCharsets;

/** What of a message goes into a line of the protocol: no line ends. */
final class ErrorLine {
    private ErrorLine() {}

    /** The bytes of an error: those of raw text, or UTF-8 where there are characters that are no bytes. */
    static byte[] bytes(String message) {
        String line = cleaned(message);
        boolean raw = line.chars().allMatch(c -> c <= 0xFF);
        return line.getBytes(raw ? StandardCharsets.ISO_8859_1 : StandardCharsets.UTF_8);
    }

    /** Without line ends at its end, those within as blanks, as addReplyErrorFormat has it. */
    static String cleaned(String text) {
        int end = text.length();
        while (end > 0 && (text.charAt(end - 1) == '\r' || text.charAt(end - 1) == '\n')) {
            end--;
        }
        return text.substring(0, end).replace('\r', ' ').replace('\n', ' ');
    }
}
