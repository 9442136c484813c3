// SPDX-License-Identifier: Apache-2.0
package dev.understudy.app;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class HeapWatchTest {
    @Test
    void collectsWhenTensOfMegabytesMayBeGarbageAndTheyAreMoreThanAThirdOfAll() {
        assertThat(HeapWatch.isWorthWhile(20L << 20, 10L << 20)).isFalse();
        assertThat(HeapWatch.isWorthWhile(50L << 20, 10L << 20)).isTrue();
        assertThat(HeapWatch.isWorthWhile(240L << 20, 180L << 20)).isFalse();
        assertThat(HeapWatch.isWorthWhile(240L << 20, 100L << 20)).isTrue();
    }
}
