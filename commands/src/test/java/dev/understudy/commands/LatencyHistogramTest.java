// SPDX-License-Identifier: Apache-2.0
package dev.understudy.commands;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LatencyHistogramTest {
    @Test
    void withoutDurationsEveryPercentileIsZero() {
        assertThat(new LatencyHistogram().percentileNanos(99)).isZero();
    }

    /** Some days of a busy command: more calls than an int counts. */
    @Test
    void durationsAreCountedBeyondTwoToTheThirtyFirst() {
        LatencyHistogram histogram = new LatencyHistogram();
        histogram.record(50, Integer.MAX_VALUE);
        histogram.record(50, Integer.MAX_VALUE);
        histogram.record(1_000_000, Integer.MAX_VALUE);
        assertThat(histogram.count()).isEqualTo(3L * Integer.MAX_VALUE);
        assertThat(histogram.percentileNanos(50)).isEqualTo(50);
        assertThat(histogram.percentileNanos(66.6)).isEqualTo(50);
        assertThat(histogram.percentileNanos(67)).isGreaterThanOrEqualTo(1_000_000);
    }

    @ParameterizedTest(name = "seed {0}")
    @ValueSource(longs = {1, 2, 3})
    void percentilesAreAtMostTwoPerCentTooHigh(long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        LatencyHistogram histogram = new LatencyHistogram();
        long[] durations = random.longs(5_000, 0, 1L << 30)
                .map(nanos -> nanos >> random.nextInt(30))
                .toArray();
        for (long nanos : durations) {
            histogram.record(nanos);
        }
        Arrays.sort(durations);
        for (double percent : new double[] {0, 1, 50, 99, 99.9, 100}) {
            long exact = durations[Math.max(0, (int) Math.ceil(durations.length * percent / 100) - 1)];
            assertThat(histogram.percentileNanos(percent)).isBetween(exact, exact + exact / 50);
        }
        histogram.reset();
        assertThat(histogram.count()).isZero();
    }
}
