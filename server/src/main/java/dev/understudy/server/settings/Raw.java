// SPDX-License-Identifier: Apache-2.0
package dev.understudy.server.settings;

import dev.understudy.wire.Bytes;
import java.nio.charset.StandardCharsets;

/** Raw text: strings with one char per byte. */
final class Raw {
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
}
