// SPDX-License-Identifier: Apache-2.0
package dev.understudy.simulation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The servers under faults, on a virtual clock, network and disk. More seeds: -Dsimulation.seeds=1000 -Dsimulation.first=51. */
class SimulationTest {
    private static final long SEEDS = Long.getLong("simulation.seeds", 50);
    private static final long FIRST = Long.getLong("simulation.first", 1);
    private static final Counters TOTAL = new Counters();
    private static final long BEGIN_NANOS = System.nanoTime();

    static LongStream seeds() {
        return LongStream.range(FIRST, FIRST + SEEDS);
    }

    @ParameterizedTest(name = "seed {0}")
    @MethodSource("seeds")
    void replicasHaveTheDataOfTheirMasterWhateverHappened(long seed) {
        TOTAL.add(Simulation.run(seed, false, Plant.NONE).counters());
    }

    @AfterAll
    static void printCounters() {
        System.out.println(TOTAL.text((System.nanoTime() - BEGIN_NANOS) / 1e9));
    }

    @Test
    void twentySeedsMeetEveryKindOfFault() {
        Counters total = new Counters();
        LongStream.rangeClosed(1, 20)
                .forEach(seed ->
                        total.add(Simulation.run(seed, false, Plant.NONE).counters()));
        for (Fault fault : Fault.values()) {
            assertThat(total.of(fault)).as(fault.plural()).isPositive();
        }
        assertThat(total.fullSyncs).isPositive();
        assertThat(total.partialSyncs).isPositive();
        assertThat(total.comparedBytes).isPositive();
        assertThat(total.comparisons).isPositive();
    }

    @ParameterizedTest(name = "seed {0}")
    @ValueSource(longs = {1, 2, 3, 4, 5})
    void theSameSeedGivesTheSameRun(long seed) {
        long first = Simulation.run(seed, false, Plant.NONE).traceHash();
        long second = Simulation.run(seed, false, Plant.NONE).traceHash();
        assertThat(second).isEqualTo(first);
    }

    @ParameterizedTest(name = "{0}")
    @EnumSource(value = Plant.class, names = "NONE", mode = EnumSource.Mode.EXCLUDE)
    void aBugPlantedInTheStreamIsFound(Plant plant) {
        for (long seed = 1; seed <= 5; seed++) {
            long planted = seed;
            assertThatThrownBy(() -> Simulation.run(planted, false, plant))
                    .as("seed " + seed)
                    .isInstanceOf(Divergence.class)
                    .hasMessageContaining("dev/simulate --seed " + seed);
        }
    }
}
