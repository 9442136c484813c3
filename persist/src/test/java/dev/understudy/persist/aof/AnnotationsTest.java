// SPDX-License-Identifier: Apache-2.0
package dev.understudy.persist.aof;

import static org.assertj.core.api.Assertions.assertThat;

import dev.understudy.persist.SaveOptions.Replication;
import dev.understudy.wire.Bytes;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class AnnotationsTest {
    private static final String ID = "0123456789abcdef0123456789abcdef01234567";
    private static final Replication HERE = new Replication(3, ID, 4711);

    @Test
    void theFirstPositionOfAFileIsWrittenWhole() {
        assertThat(written(HERE, null)).isEqualTo("#POS:" + ID + ":4711:3\r\n");
        assertThat(PositionLine.parse(Bytes.of(written(HERE, null)), null)).isEqualTo(HERE);
    }

    @Test
    void aPositionOfTheSameHistoryAndDatabaseIsShort() {
        Replication later = new Replication(3, ID, 5000);
        assertThat(written(later, HERE)).isEqualTo("#POS:5000\r\n");
        assertThat(PositionLine.parse(Bytes.of("#POS:5000\r\n"), HERE)).isEqualTo(later);
    }

    @Test
    void aNewHistoryOrDatabaseIsWrittenWhole() {
        Replication otherDb = new Replication(0, ID, 5000);
        Replication otherId = new Replication(3, ID.replace('0', 'x'), 5000);
        for (Replication position : new Replication[] {otherDb, otherId}) {
            String line = written(position, HERE);
            assertThat(line).hasSizeGreaterThan(40);
            assertThat(PositionLine.parse(Bytes.of(line), HERE)).isEqualTo(position);
        }
    }

    @Test
    void theLongestLineHasItsPlace() {
        Replication greatest = new Replication(Integer.MAX_VALUE, ID, Long.MAX_VALUE);
        assertThat(written(greatest, null).length()).isLessThanOrEqualTo(PositionLine.MAX_LENGTH);
        assertThat(PositionLine.parse(Bytes.of(written(greatest, null)), null)).isEqualTo(greatest);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "#POS:12\n",
                "#POS:12",
                "#POS:\r\n",
                "#POS:-1\r\n",
                "#POS:012\r\n",
                "#POS:12x\r\n",
                "#POS:99999999999999999999\r\n",
                "#POS:0123456789abcdef0123456789abcdef0123456:1:2\r\n",
                "#POS:0123456789abcdef0123456789abcdef01234567:1\r\n",
                "#POS:0123456789abcdef0123456789abcdef01234567:1:2:3\r\n",
                "#POS:0123456789abcdef0123456789abcdef01234567:-1:0\r\n",
                "#POS:0123456789abcdef0123456789abcdef01234567:1:2147483648\r\n",
                "#POS:0123456789abcdef 123456789abcdef01234567:1:0\r\n",
                "#pos:12\r\n",
                "# POS:12\r\n"
            })
    void whatIsNotExactlyAPositionIsNone(String line) {
        assertThat(PositionLine.parse(Bytes.of(line), HERE)).isNull();
    }

    @Test
    void aShortLineWithoutOneBeforeItMeansNothing() {
        assertThat(PositionLine.parse(Bytes.of("#POS:5000\r\n"), null)).isNull();
    }

    @Test
    void timestampsAreThoseOfRedis() {
        byte[] target = new byte[TimestampLine.MAX_LENGTH];
        int end = TimestampLine.write(1_628_217_473, target, 0);
        assertThat(new String(target, 0, end, StandardCharsets.US_ASCII)).isEqualTo("#TS:1628217473\r\n");
        assertThat(TimestampLine.parse(new Bytes(target, 0, end))).isEqualTo(1_628_217_473);
        assertThat(TimestampLine.parse(Bytes.of("#TS:x\r\n"))).isEqualTo(-1);
        assertThat(TimestampLine.parse(Bytes.of("#TS:1"))).isEqualTo(-1);
        assertThat(TimestampLine.parse(Bytes.of("#T:1\r\n"))).isEqualTo(-1);
    }

    private static String written(Replication position, @Nullable Replication previous) {
        byte[] target = new byte[PositionLine.MAX_LENGTH + 3];
        int end = PositionLine.write(position, previous, target, 3);
        return new String(target, 3, end - 3, StandardCharsets.US_ASCII);
    }
}
