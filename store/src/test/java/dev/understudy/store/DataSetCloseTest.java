// SPDX-License-Identifier: Apache-2.0
package dev.understudy.store;

import static org.assertj.core.api.Assertions.assertThat;

import dev.understudy.store.memory.Memory;
import dev.understudy.wire.Bytes;
import java.lang.foreign.Arena;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** A data set that is given up closes no arena itself: that takes milliseconds each, and thousands of them would stall the loop. */
class DataSetCloseTest {
    private final List<Arena> bin = new ArrayList<>();
    private final Memory memory = Memory.create(bin::add);
    private final DataSet data = new DataSet(memory, 1, new Limits(), new SplittableRandom(12));

    DataSetCloseTest() {
        byte[] value = new byte[1 << 20];
        for (int i = 0; i < 10; i++) {
            data.db(0).setString(Bytes.of(("key:" + i).getBytes(StandardCharsets.UTF_8)), Bytes.of(value), false);
        }
        data.db(0).setString(Bytes.of(new byte[] {1}), Bytes.of(new byte[5 << 20]), false);
        memory.offerSpare(Memory.prepareChunk());
    }

    private void assertAllHandedOver() {
        assertThat(bin)
                .hasSizeGreaterThanOrEqualTo(5)
                .allMatch(arena -> arena.scope().isAlive());
        bin.forEach(Arena::close);
        assertThat(memory.reservedBytes()).isZero();
    }

    @Test
    void closeHandsAllArenasOver() {
        data.close();
        assertAllHandedOver();
    }

    @Test
    void theLastViewHandsAllArenasOver() {
        View first = data.view();
        View second = data.view();
        data.close();
        assertThat(bin).isEmpty();
        first.close();
        assertThat(bin).isEmpty();
        assertThat(second.db(0).size()).isEqualTo(11);
        second.close();
        assertAllHandedOver();
    }
}
