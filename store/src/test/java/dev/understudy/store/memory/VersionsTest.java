// SPDX-License-Identifier: Apache-2.0
package dev.understudy.store.memory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class VersionsTest {
    static LongStream seeds() {
        return LongStream.range(0, 50);
    }

    @ParameterizedTest(name = "seed {0}")
    @MethodSource("seeds")
    void aBlockLivesUntilTheLastViewThatCouldSeeItIsClosed(long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        try (Memory memory = Memory.checking()) {
            Versions versions = new Versions(memory);
            List<Long> open = new ArrayList<>();
            Map<Long, Long> newestViewByBlock = new HashMap<>();
            for (int step = 0; step < 2000; step++) {
                int kind = random.nextInt(20);
                if (kind == 0 && open.size() < 5) {
                    open.add(versions.open());
                } else if (kind == 1 && !open.isEmpty()) {
                    versions.close(open.remove(random.nextInt(open.size())));
                    long oldest = open.stream().mapToLong(Long::longValue).min().orElse(Long.MAX_VALUE);
                    newestViewByBlock.values().removeIf(newest -> newest < oldest);
                } else {
                    long block = memory.allocate(1 + random.nextInt(100));
                    boolean owned = random.nextInt(4) == 0;
                    versions.release(block, owned);
                    if (!owned && !open.isEmpty()) {
                        newestViewByBlock.put(block, versions.epoch());
                    }
                }
                assertThat(versions.shared()).isEqualTo(!open.isEmpty());
                assertThat(versions.retainedBlocks()).isEqualTo(newestViewByBlock.size());
                long retainedBytes = 0;
                for (long block : newestViewByBlock.keySet()) {
                    retainedBytes += memory.capacity(block);
                }
                assertThat(versions.retainedBytes()).isEqualTo(retainedBytes);
            }
            open.forEach(versions::close);
            assertThat(versions.retainedBytes()).isZero();
            memory.assertEmpty();
        }
    }

    @Test
    void aViewIsClosedOnce() {
        try (Memory memory = Memory.checking()) {
            Versions versions = new Versions(memory);
            long view = versions.open();
            versions.close(view);
            assertThatThrownBy(() -> versions.close(view)).isInstanceOf(IllegalArgumentException.class);
        }
    }

    @Test
    void ownershipGoesDownAlongFreshReferences() {
        try (Memory memory = Memory.checking()) {
            Versions versions = new Versions(memory);
            assertThat(versions.owned(5, false)).isTrue();
            long view = versions.open();
            assertThat(versions.owned(Ref.fresh(5), true)).isTrue();
            assertThat(versions.owned(Ref.fresh(5), false)).isFalse();
            assertThat(versions.owned(Ref.stale(Ref.fresh(5)), true)).isFalse();
            versions.close(view);
            assertThat(versions.owned(5, false)).isTrue();
        }
    }
}
