// SPDX-License-Identifier: Apache-2.0
package dev.understudy.persist;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.understudy.wire.Bytes;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.HexFormat;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class RdbElementsTest {
    private final ByteArrayOutputStream written = new ByteArrayOutputStream();
    private final RdbOutput output = new RdbOutput(written::write, true, true);

    private String hex() {
        output.flush();
        return HexFormat.of().formatHex(written.toByteArray());
    }

    private static RdbInput input(String hex) {
        byte[] bytes = HexFormat.of().parseHex(hex);
        return RdbInput.over(bytes, 0, bytes.length);
    }

    @ParameterizedTest
    @CsvSource({
        "0, 00",
        "63, 3f",
        "64, 4040",
        "16383, 7fff",
        "16384, 8000004000",
        "4294967295, 80ffffffff",
        "4294967296, 810000000100000000",
        "-1, 81ffffffffffffffff"
    })
    void lengthsTakeTheirShortestForm(long length, String expected) throws RdbFault {
        output.length(length);
        assertThat(hex()).isEqualTo(expected);
        assertThat(input(expected).length()).isEqualTo(length);
    }

    @ParameterizedTest
    @CsvSource({
        "10, c00a",
        "-1000, c118fc",
        "100000, c2a0860100",
        "12345678901, 0b3132333435363738393031",
        "007, 03303037",
        "-0, 022d30",
        "-2147483648, c200000080",
        "2147483648, 0a32313437343833363438",
        "hello, 0568656c6c6f"
    })
    void shortNumbersArePacked(String text, String expected) throws RdbFault {
        output.string(Bytes.of(text));
        assertThat(hex()).isEqualTo(expected);
        assertThat(new String(input(expected).string(), java.nio.charset.StandardCharsets.US_ASCII))
                .isEqualTo(text);
    }

    @Test
    void textDoublesAreRead() throws RdbFault {
        assertThat(input("03312e35").textDouble()).isEqualTo(1.5);
        assertThat(input("fe").textDouble()).isInfinite().isPositive();
        assertThat(input("ff").textDouble()).isInfinite().isNegative();
        assertThat(input("fd").textDouble()).isNaN();
        assertThat(input("036e616e").textDouble()).isNaN();
    }

    @ParameterizedTest
    @ValueSource(strings = {"c4", "ff", "82", "bf", "c3c001", "810000000000000001", "80ffffffff", "03aa"})
    void whatIsNoStringIsAFault(String hex) {
        assertThatThrownBy(() -> input(hex).string()).isInstanceOf(RdbFault.class);
        assertThatThrownBy(() -> input(hex).skipString()).isInstanceOf(RdbFault.class);
    }

    @Test
    void compressedTextThatClaimsTooMuchTakesNoMemory() {
        assertThatThrownBy(() -> input("c30180ffffffff00").string())
                .isInstanceOf(RdbFault.class)
                .hasMessage("Invalid LZF compressed string");
    }

    @Test
    void aLongStringOfAnUnknownSourceTakesMemoryAsItComes() {
        RdbSource endless = new RdbSource() {
            private int left = 3_000_000;

            @Override
            public int read(byte[] target, int offset, int length) {
                if (left <= 0) {
                    return -1;
                }
                target[offset] = (byte) (left == 3_000_000 ? 0x80 : 0x02);
                int taken = Math.min(length, left == 3_000_000 ? 1 : left);
                left -= taken;
                return taken;
            }

            @Override
            public long bytesLeft() {
                return -1;
            }
        };
        RdbInput input = new RdbInput(endless, true, 0, _ -> true);
        assertThatThrownBy(input::string).isInstanceOfSatisfying(RdbFault.class, fault -> {
            assertThat(fault.kind).isEqualTo(RdbFault.Kind.SHORT_READ);
            assertThat(fault.offset).isEqualTo(3_000_000);
        });
    }

    @Test
    void theFirstFailureOfASinkStaysAndTheRestGoesNowhere() {
        RdbOutput failing = new RdbOutput(
                (source, offset, length) -> {
                    throw new IOException("disk full");
                },
                true,
                true);
        for (int i = 0; i < 100_000; i++) {
            failing.length(i);
        }
        assertThat(failing.works()).isFalse();
        assertThat(failing.failure()).hasMessage("disk full");
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6})
    void stringsComeBackInWhateverPiecesTheSourceGivesThem(long seed) throws RdbFault {
        SplittableRandom random = new SplittableRandom(seed);
        byte[][] texts = new byte[200][];
        for (int i = 0; i < texts.length; i++) {
            texts[i] = new byte[random.nextInt(20) == 0 ? random.nextInt(300_000) : random.nextInt(100)];
            byte most = (byte) (1 + random.nextInt(100));
            for (int k = 0; k < texts[i].length; k++) {
                texts[i][k] = (byte) random.nextInt(most);
            }
            output.string(Bytes.of(texts[i]));
        }
        long checksum = output.checksum();
        boolean known = random.nextBoolean();
        RdbSource whole = RdbSource.of(written.toByteArray());
        RdbSource pieces = new RdbSource() {
            @Override
            public int read(byte[] target, int offset, int length) throws IOException {
                return whole.read(target, offset, Math.min(length, 1 + random.nextInt(5000)));
            }

            @Override
            public long bytesLeft() {
                return known ? whole.bytesLeft() : -1;
            }
        };
        RdbInput input = new RdbInput(pieces, true, 10_000, _ -> true);
        Bytes slot = new Bytes();
        for (byte[] text : texts) {
            assertThat(input.string(slot).toArray()).isEqualTo(text);
        }
        assertThat(input.checksum()).isEqualTo(checksum);
    }
}
