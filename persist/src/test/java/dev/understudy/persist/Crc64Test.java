// SPDX-License-Identifier: Apache-2.0
package dev.understudy.persist;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class Crc64Test {
    @Test
    void theCheckValueIsThatOfRedis() {
        byte[] check = "123456789".getBytes(US_ASCII);
        assertThat(Crc64.update(0, check, 0, check.length)).isEqualTo(0xe9c6d914c4b8d9caL);
    }

    @Test
    void nothingAddsNothing() {
        assertThat(Crc64.update(42, new byte[0], 0, 0)).isEqualTo(42);
    }

    @Test
    void aLongTextHasTheSumThatRedisGives() {
        String text = "This is a test of the emergency broadcast system.";
        assertThat(Crc64.update(0, text.getBytes(US_ASCII), 0, text.length()))
                .isEqualTo(bitwise(text.getBytes(US_ASCII)));
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5})
    void sumsDoNotDependOnHowTheBytesAreSplit(long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        byte[] bytes = new byte[random.nextInt(3000)];
        random.nextBytes(bytes);
        long crc = 0;
        int at = 0;
        while (at < bytes.length) {
            int part = Math.min(bytes.length - at, random.nextInt(60));
            crc = Crc64.update(crc, bytes, at, part);
            at += part;
        }
        assertThat(crc).isEqualTo(Crc64.update(0, bytes, 0, bytes.length)).isEqualTo(bitwise(bytes));
    }

    private static long bitwise(byte[] bytes) {
        long crc = 0;
        for (byte b : bytes) {
            crc ^= b & 0xFF;
            for (int i = 0; i < 8; i++) {
                crc = crc >>> 1 ^ ((crc & 1) == 0 ? 0 : 0x95ac9329ac4bc9b5L);
            }
        }
        return crc;
    }
}
