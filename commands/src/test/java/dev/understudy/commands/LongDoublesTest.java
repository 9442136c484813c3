// SPDX-License-Identifier: Apache-2.0
package dev.understudy.commands;

import static org.assertj.core.api.Assertions.assertThat;

import dev.understudy.wire.Bytes;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class LongDoublesTest {
    private static String sum(String a, String b) {
        LongDoubles.Extended first = LongDoubles.parse(Bytes.of(a));
        LongDoubles.Extended second = LongDoubles.parse(Bytes.of(b));
        if (second == null || first == null) {
            return "not a float";
        }
        LongDoubles.Extended sum = LongDoubles.add(first, second);
        return sum.isFinite() ? new String(LongDoubles.print(sum), StandardCharsets.US_ASCII) : "not finite";
    }

    @ParameterizedTest(name = "{0} + {1} = {2}")
    @CsvSource({
        "0.1, 0.2, 0.3",
        "3.0e3, 200, 3200",
        "10.5, 0.1, 10.6",
        "1.23, -1.1, 0.13",
        "5.0e3, 2.0e2, 5200",
        "0, -0, 0",
        "-0.0000000000000000001, 0, 0",
        "17179869184, 1.5, 17179869185.5",
        "9223372036854775807, 1, 9223372036854775808",
        "18446744073709551615, 1, 18446744073709551616",
        "18446744073709551616, 1, 18446744073709551616",
        "18446744073709551616, 3, 18446744073709551620",
        "1e20, 0.5, 100000000000000000000",
        "0x1p-1, 0x.8, 1",
        "inf, 1, not finite",
        "1, -infinity, not finite",
        "1e4932, 1e4932, not finite"
    })
    void sumsAreThoseOfTheProcessor(String a, String b, String expected) {
        assertThat(sum(a, b)).isEqualTo(expected);
    }

    @ParameterizedTest(name = "[{0}] is refused")
    @ValueSource(
            strings = {
                "",
                " 1",
                "1 ",
                "nan",
                "NaN",
                "1e",
                "e5",
                ".",
                "-",
                "+-1",
                "0x",
                "0x1p",
                "1e5000",
                "-1e5000",
                "1e-5000",
                "1f",
                "1_0",
                "1e99999999999999999999",
                "infin",
                "0b1"
            })
    void whatIsNoNumberIsRefused(String text) {
        assertThat(LongDoubles.parse(Bytes.of(text))).isNull();
    }

    @Test
    void aTextLongerThanRedisReadsIsRefused() {
        assertThat(LongDoubles.parse(Bytes.of("0".repeat(5118) + "1"))).isNotNull();
        assertThat(LongDoubles.parse(Bytes.of("0".repeat(5119) + "1"))).isNull();
    }

    /** The resource was made by a real server: value, increment, and the reply of HINCRBYFLOAT. */
    @Test
    void hundredsOfRecordedResultsOfARedisServerAreMet() throws IOException {
        try (InputStream in = Objects.requireNonNull(
                LongDoublesTest.class.getResourceAsStream("/dev/understudy/commands/long-double-sums.txt"))) {
            String[] lines = new String(in.readAllBytes(), StandardCharsets.UTF_8).split("\n");
            assertThat(lines).hasSizeGreaterThan(300);
            for (String line : lines) {
                String[] fields = line.split("\t", -1);
                try (FamilyRun run = new FamilyRun(HashCommands::register)) {
                    run.runWords("hset", "h", "f", fields[0]);
                    assertThat(run.runWords("hincrbyfloat", "h", "f", fields[1]))
                            .as(line)
                            .isEqualTo(fields[2]);
                }
            }
        }
    }
}
