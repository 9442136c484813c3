// SPDX-License-Identifier: Apache-2.0
package dev.understudy.wire;

import static org.assertj.core.api.Assertions.assertThat;

import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.SplittableRandom;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class NumbersTest {
    @ParameterizedTest
    @ValueSource(
            strings = {
                "0",
                "1",
                "-1",
                "10",
                "9223372036854775807",
                "-9223372036854775808",
                "-9223372036854775807",
                "1000000000000000000"
            })
    void canonicalLongsAreReadAndPrintedAgain(String text) {
        assertThat(Numbers.isLong(Bytes.of(text))).isTrue();
        long value = Numbers.parseLong(Bytes.of(text));
        assertThat(value).isEqualTo(Long.parseLong(text));
        assertThat(new String(Numbers.toBytes(value), StandardCharsets.US_ASCII))
                .isEqualTo(text);
        assertThat(Numbers.length(value)).isEqualTo(text.length());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "-",
                "+1",
                "01",
                "-0",
                "-01",
                " 1",
                "1 ",
                "1a",
                "9223372036854775808",
                "-9223372036854775809",
                "99999999999999999999",
                "18446744073709551617",
                "123456789012345678901",
                "1.0",
                "0x1"
            })
    void whatLooksOtherwiseIsNoLong(String text) {
        assertThat(Numbers.isLong(Bytes.of(text))).isFalse();
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4})
    void isLongAgreesWithArbitraryPrecision(long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        BigInteger min = BigInteger.valueOf(Long.MIN_VALUE);
        BigInteger max = BigInteger.valueOf(Long.MAX_VALUE);
        for (int i = 0; i < 20_000; i++) {
            BigInteger near = (random.nextBoolean() ? min : max).add(BigInteger.valueOf(random.nextInt(-2000, 2000)));
            boolean fits = near.compareTo(min) >= 0 && near.compareTo(max) <= 0;
            assertThat(Numbers.isLong(Bytes.of(near.toString()))).as("%s", near).isEqualTo(fits);
            long value = random.nextLong() >> random.nextInt(64);
            assertThat(new String(Numbers.toBytes(value), StandardCharsets.US_ASCII))
                    .isEqualTo(Long.toString(value));
        }
    }

    /** Right-hand sides from redis-server 7.2's d2string: ZADD and ZSCORE. */
    @ParameterizedTest
    @CsvSource({
        "0,0",
        "-0.0,-0",
        "1,1",
        "1.5,1.5",
        "-1.5,-1.5",
        "3.0,3",
        "100000000000000000000,1e+20",
        "1e21,1e+21",
        "1e15,1000000000000000",
        "1e17,100000000000000000",
        "123456789012345678,123456789012345680",
        "4611686018427387904,4611686018427387904",
        "9.3e18,9.3e+18",
        "1.5e30,1.5e+30",
        "1e-5,0.00001",
        "1e-6,0.000001",
        "1e-7,1e-7",
        "1.5e-7,1.5e-7",
        "1.23e-5,1.23e-5",
        "0.000123,0.000123",
        "0.1,0.1",
        "3.141592653589793,3.141592653589793",
        "1e100,1e+100",
        "5e-324,5e-324",
        "1.7976931348623157e308,1.7976931348623157e+308"
    })
    void doublesArePrintedAsRedisPrintsThem(String value, String text) {
        double number = Double.parseDouble(value);
        assertThat(Numbers.format(number)).as(value).isEqualTo(expected(number, text));
    }

    /** Integers up to 2^62 are printed by ll2string, with all their digits. */
    private static String expected(double number, String text) {
        return number == Math.rint(number) && Math.abs(number) <= 0x1p62 && number != 0
                ? Long.toString((long) number)
                : text;
    }

    @ParameterizedTest
    @CsvSource({
        "inf,Infinity",
        "-inf,-Infinity",
        "+INF,Infinity",
        "infinity,Infinity",
        "1e3,1000",
        "0x10,16",
        "0x1.8p1,3",
        ".5,0.5",
        "5.,5",
        "1e400,NaN",
        "-1e400,NaN",
        "1e-400,NaN",
        "0e-400,0",
        "5e-324,4.9E-324",
        "nan,NaN",
        "'',NaN",
        "' 1',NaN",
        "'1 ',NaN",
        "1d,NaN",
        "1f,NaN",
        "0x,NaN",
        "1e,NaN",
        "--1,NaN",
        "e5,NaN",
        ".,NaN",
        "1_0,NaN"
    })
    void doublesAreReadAsStrtodDoes(String text, double value) {
        assertThat(Numbers.parseDouble(Bytes.of(text))).isEqualTo(Double.valueOf(value));
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3})
    void printedDoublesReadBackAndMatchPrintf(long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        for (int i = 0; i < 5000; i++) {
            double value = random.nextBoolean()
                    ? Double.longBitsToDouble(random.nextLong())
                    : Math.scalb(random.nextDouble(-1, 1), random.nextInt(-20, 60));
            if (Double.isNaN(value) || Double.isInfinite(value)) {
                continue;
            }
            assertThat(Double.parseDouble(Numbers.format(value))).isEqualTo(value);
            assertThat(Double.parseDouble(Numbers.format17(value))).isEqualTo(value);
            if (Math.abs(value) < 1e15) {
                String printf = String.format(Locale.ROOT, "%.17f", new java.math.BigDecimal(value));
                String trimmed = printf.replaceAll("0+$", "").replaceAll("\\.$", "");
                assertThat(Double.parseDouble(Numbers.formatHuman(value))).isEqualTo(Double.parseDouble(trimmed));
            }
        }
    }

    @ParameterizedTest
    @CsvSource({
        "0.1,0.10000000000000001",
        "1,1",
        "100,100",
        "1e17,1e+17",
        "1e16,10000000000000000",
        "0.0001,0.0001",
        "0.00001,1.0000000000000001e-05"
    })
    void seventeenDigitsAsPrintfPrintsThem(double value, String text) {
        assertThat(Numbers.format17(value)).isEqualTo(text);
    }
}
