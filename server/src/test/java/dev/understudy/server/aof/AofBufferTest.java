// SPDX-License-Identifier: Apache-2.0
package dev.understudy.server.aof;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class AofBufferTest {
    private final AofBuffer buffer = new AofBuffer();

    private void iteration(int bytes) {
        byte[] command = new byte[1000];
        for (int left = bytes; left > 0; left -= command.length) {
            buffer.append(command, 0, Math.min(left, command.length));
        }
        buffer.clear();
    }

    /** What a pipelined load of 50 clients writes in an iteration of the loop; each new array is garbage of the old generation. */
    @Test
    void aSteadyLoadUsesOneArray() {
        long seed = 24;
        SplittableRandom random = new SplittableRandom(seed);
        iteration(1_000_000);
        byte[] array = buffer.array();
        for (int second = 0; second < 60; second++) {
            for (int i = 0; i < 50; i++) {
                iteration(random.nextInt(1_000_000));
                assertThat(buffer.array()).as("seed %d", seed).isSameAs(array);
            }
            for (int tick = 0; tick < 10; tick++) {
                buffer.tick();
            }
        }
    }

    @Test
    void whatIsNoLongerNeededIsGivenBack() {
        iteration(16 << 20);
        assertThat(buffer.capacity()).isGreaterThanOrEqualTo(16 << 20);
        for (int tick = 0; tick < 2 * AofBuffer.TICKS_KEPT; tick++) {
            iteration(2_000);
            buffer.tick();
        }
        assertThat(buffer.capacity()).isLessThanOrEqualTo(16 * 1024);
    }

    @Test
    void whatWaitsIsKeptWhenTheArrayShrinks() {
        iteration(1 << 20);
        byte[] line = {1, 2, 3};
        buffer.append(line, 0, 3);
        for (int tick = 0; tick < 2 * AofBuffer.TICKS_KEPT; tick++) {
            buffer.tick();
        }
        assertThat(buffer.capacity()).isLessThan(1 << 20);
        assertThat(buffer.length()).isEqualTo(3);
        assertThat(buffer.array()).startsWith(1, 2, 3);
    }
}
