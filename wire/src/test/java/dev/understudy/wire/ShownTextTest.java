// SPDX-License-Identifier: Apache-2.0
package dev.understudy.wire;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class ShownTextTest {
    @Test
    void textStaysAndTheRestIsEscaped() {
        assertThat(Bytes.of("plain text").toString()).isEqualTo("plain text");
        assertThat(Bytes.of("grün 中 😀").toString()).isEqualTo("grün 中 😀");
        assertThat(Bytes.of("a\nFAKE LINE\u0000\u007f\u0085").toString())
                .isEqualTo("a\\x0aFAKE LINE\\x00\\x7f\\xc2\\x85");
        assertThat(shown("a\u00ff\u0080b")).isEqualTo("a\\xff\\x80b");
        assertThat(shown("\u00c3")).as("cut off").isEqualTo("\\xc3");
        assertThat(shown("\u00c0\u00af")).as("overlong").isEqualTo("\\xc0\\xaf");
        assertThat(shown("\u00ed\u00a0\u0080")).as("half a surrogate pair").isEqualTo("\\xed\\xa0\\x80");
    }

    @Test
    void everyByteAloneIsShownAsOneLineOfPrintableText() {
        for (int b = 0; b < 256; b++) {
            byte[] one = {(byte) b};
            assertThat(new Bytes(one, 0, 1).toString()).as("byte " + b).matches("[ -~]|\\\\x[0-9a-f]{2}");
        }
    }

    private static String shown(String raw) {
        return Bytes.of(raw.getBytes(StandardCharsets.ISO_8859_1)).toString();
    }
}
