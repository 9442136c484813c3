// SPDX-License-Identifier: Apache-2.0
package dev.understudy.wire;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;

/**
 * Bytes of a peer as text for the log: UTF-8 where they are, with {@code \xff} for every byte that is not and for control characters.
 */
public final class ShownText {
    private static final int UTF_8_BYTES_MAX = 4;

    private ShownText() {}

    /** Shows raw text, a char for each byte. */
    public static String of(String raw) {
        byte[] bytes = raw.getBytes(StandardCharsets.ISO_8859_1);
        return of(bytes, 0, bytes.length);
    }

    static String of(byte[] array, int offset, int length) {
        int end = offset + length;
        int plain = offset;
        while (plain < end && isPlain(array[plain])) {
            plain++;
        }
        if (plain == end) {
            return new String(array, offset, length, StandardCharsets.US_ASCII);
        }
        StringBuilder text = new StringBuilder(length + 16);
        int i = offset;
        while (i < end) {
            if (isPlain(array[i])) {
                text.append((char) array[i++]);
                continue;
            }
            int used = array[i] < 0 ? appendCharacter(text, array, i, end) : 0;
            if (used == 0) {
                text.append(String.format("\\x%02x", array[i] & 0xFF));
                used = 1;
            }
            i += used;
        }
        return text.toString();
    }

    private static boolean isPlain(byte b) {
        return b >= ' ' && b <= '~';
    }

    /** Appends the character of several bytes that begins here, unless it is a control; returns its bytes, 0 if there is none. */
    private static int appendCharacter(StringBuilder text, byte[] array, int from, int end) {
        int count = Integer.numberOfLeadingZeros(~(array[from] << 24));
        if (count < 2 || count > UTF_8_BYTES_MAX || count > end - from) {
            return 0;
        }
        try {
            String character = StandardCharsets.UTF_8
                    .newDecoder()
                    .onMalformedInput(CodingErrorAction.REPORT)
                    .decode(ByteBuffer.wrap(array, from, count))
                    .toString();
            if (Character.isISOControl(character.codePointAt(0))) {
                return 0;
            }
            text.append(character);
            return count;
        } catch (CharacterCodingException notText) {
            return 0;
        }
    }
}
