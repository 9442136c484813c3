// SPDX-License-Identifier: Apache-2.0
package dev.understudy.commands;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class AccessFrequencyTest {
    private static final long NOW = 100 * 60_000;

    @ParameterizedTest
    @CsvSource({"200, 0, 1, 200", "200, 3, 1, 197", "200, 3, 2, 199", "200, 300, 1, 0", "200, 300, 0, 200"})
    void theCounterFallsByOneEachDecayTime(int counter, long minutesLater, int decayMinutes, int expected) {
        int clock = AccessFrequency.clock(NOW, counter);
        assertThat(AccessFrequency.counter(clock, NOW + minutesLater * 60_000, decayMinutes))
                .isEqualTo(expected);
    }

    @Test
    void theMinutesOfTheClockMayWrapAround() {
        long justBefore = 0xFFFFL * 60_000;
        int clock = AccessFrequency.clock(justBefore, 9);
        assertThat(AccessFrequency.counter(clock, justBefore + 2 * 60_000, 1)).isEqualTo(7);
    }

    @ParameterizedTest(name = "log factor {0}: after {1} accesses about {2}")
    @CsvSource({"0, 1000, 255, 255", "1, 1000, 40, 58", "10, 100000, 130, 160", "100, 100000, 40, 58"})
    void theCounterGrowsWithTheLogarithmOfTheAccesses(int logFactor, int accesses, int least, int most) {
        SplittableRandom random = new SplittableRandom(logFactor);
        int counter = AccessFrequency.INITIAL;
        for (int i = 0; i < accesses; i++) {
            counter = AccessFrequency.accessed(counter, logFactor, random);
        }
        assertThat(counter).isBetween(least, most);
    }
}
