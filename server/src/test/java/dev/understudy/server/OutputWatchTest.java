// SPDX-License-Identifier: Apache-2.0
package dev.understudy.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.understudy.server.settings.OutputLimit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class OutputWatchTest {
    private final OutputWatch watch = new OutputWatch();

    /** As seen at redict 7.3: the first 16 KB are free, then it counts blocks of 16 KB. */
    @ParameterizedTest
    @CsvSource({
        "1, 16384, false",
        "1, 16385, true",
        "10000, 12000, false",
        "10000, 17000, true",
        "16384, 20000, true",
        "20000, 32000, false",
        "20000, 33000, true",
        "0, 1000000000, false"
    })
    void whatFitsIntoTheClientsOwnBufferIsFree(long limit, long bytes, boolean exceeded) {
        assertThat(watch.exceeds(new OutputLimit(limit, 0, 0), bytes, 1)).isEqualTo(exceeded);
    }

    @Test
    void theSoftLimitHoldsForItsTime() {
        OutputLimit limit = new OutputLimit(0, 1000, 2);
        assertThat(watch.exceeds(limit, 20_000, 1)).isFalse();
        assertThat(watch.exceeds(limit, 20_000, 2_000_000_001L)).isFalse();
        assertThat(watch.exceeds(limit, 20_000, 2_000_000_002L)).isTrue();
        assertThat(watch.exceeds(limit, 16_000, 2_000_000_003L))
                .as("below again")
                .isFalse();
        assertThat(watch.exceeds(limit, 20_000, 9_000_000_000L)).isFalse();
    }
}
