// SPDX-License-Identifier: Apache-2.0
package dev.understudy.persist;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.HexFormat;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class LzfTest {
    private final Lzf lzf = new Lzf();

    private byte[] compress(byte[] text, int room) {
        byte[] target = new byte[room];
        return Arrays.copyOf(target, lzf.compress(text, 0, text.length, target, 0, room));
    }

    @Test
    void sixtyLettersBecomeTheBytesOfRedis() {
        byte[] text = "a".repeat(60).getBytes(US_ASCII);
        assertThat(HexFormat.of().formatHex(compress(text, 56))).isEqualTo("016161e02f00016161");
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
    void whatWasCompressedComesBack(long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        for (int i = 0; i < 200; i++) {
            byte[] text = text(random, i < 190 ? random.nextInt(400) : random.nextInt(60_000));
            byte[] packed = compress(text, text.length + text.length / 32 + 1);
            byte[] back = new byte[text.length];
            assertThat(Lzf.decompress(packed, 0, packed.length, back, 0, back.length))
                    .isTrue();
            assertThat(back).isEqualTo(text);
            assertThat(compress(text, text.length + text.length / 32 + 1)).isEqualTo(packed);
        }
    }

    @Test
    void whatWasCompressedBeforeLeavesNoTrace() {
        SplittableRandom random = new SplittableRandom(9);
        for (int i = 0; i < 3000; i++) {
            byte[] text = text(random, random.nextInt(i % 100 == 0 ? 3000 : 200));
            byte[] alone = new byte[4000];
            int length = new Lzf().compress(text, 0, text.length, alone, 0, alone.length);
            assertThat(compress(text, alone.length)).isEqualTo(Arrays.copyOf(alone, length));
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4})
    void anyRoomIsRespected(long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        byte[] text = text(random, 300);
        int whole = compress(text, 400).length;
        for (int room = 0; room < 320; room++) {
            byte[] target = new byte[400];
            int written = lzf.compress(text, 0, text.length, target, 20, room);
            assertThat(written).isLessThanOrEqualTo(room);
            for (int i = 20 + room; i < target.length; i++) {
                assertThat(target[i]).isZero();
            }
            if (room >= whole + 3) {
                assertThat(written).isEqualTo(whole);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4})
    void damagedBytesAreRefusedOrGiveSomethingOfTheRightLength(long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        for (int i = 0; i < 3000; i++) {
            byte[] text = text(random, 1 + random.nextInt(200));
            byte[] packed = compress(text, 300);
            packed[random.nextInt(packed.length)] = (byte) random.nextInt();
            int length = random.nextInt(packed.length + 1);
            byte[] target = new byte[text.length + 20];
            Lzf.decompress(packed, 0, length, target, 10, text.length);
            for (int k = 0; k < 10; k++) {
                assertThat(target[k]).isZero();
                assertThat(target[text.length + 10 + k]).isZero();
            }
        }
    }

    private static byte[] text(SplittableRandom random, int length) {
        byte[] text = new byte[length];
        int letters = 1 + random.nextInt(20);
        for (int i = 0; i < length; i++) {
            boolean repeat = i > 20 && random.nextInt(4) > 0;
            text[i] = repeat ? text[i - 1 - i % 17] : (byte) ('a' + random.nextInt(letters));
        }
        return text;
    }
}
