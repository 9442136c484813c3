// SPDX-License-Identifier: Apache-2.0
package dev.understudy.simulation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import java.util.List;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A server that ends at one operation of its disk or another, and begins again with what it has promised to keep. More seeds:
 * {@code -Dsimulation.crashes=2000 -Dsimulation.first=51}.
 */
class CrashPointsTest {
    private static final long SEEDS = Long.getLong("simulation.crashes", 40);
    private static final long FIRST = Long.getLong("simulation.first", 1);
    private static final CrashCounters TOTAL = new CrashCounters();
    private static final long BEGIN_NANOS = System.nanoTime();
    private static final int FOUND_SEEDS_MAX = 150;

    static LongStream seeds() {
        return LongStream.range(FIRST, FIRST + SEEDS);
    }

    @ParameterizedTest(name = "seed {0}")
    @MethodSource("seeds")
    void theDataAreThosePromisedWhereverTheServerEnds(long seed) {
        TOTAL.add(CrashRun.run(seed, false, CrashPlant.NONE));
    }

    @AfterAll
    static void printCounters() {
        System.out.println(TOTAL.text((System.nanoTime() - BEGIN_NANOS) / 1e9));
    }

    @Test
    void fewSeedsMeetEveryPlace() {
        CrashCounters total = new CrashCounters();
        List<CrashPlace> places = Stream.of(CrashPlace.values())
                .filter(place -> place != CrashPlace.OTHER)
                .toList();
        for (long seed = 1; seed <= 400; seed++) {
            total.add(CrashRun.run(seed, false, CrashPlant.NONE));
            boolean struck = Stream.of(Sabotage.Place.values()).allMatch(place -> total.struckAt(place) > 0);
            if (struck && places.stream().allMatch(place -> meets(total, place))) {
                return;
            }
        }
        fail("not every place was met: " + total.text(0));
    }

    private static boolean meets(CrashCounters total, CrashPlace place) {
        return total.of(CrashPlan.Kind.KILL, place.word()) + total.of(CrashPlan.Kind.POWER_LOSS, place.word()) > 0;
    }

    static Stream<Arguments> ends() {
        return Stream.of(CrashPlan.Kind.KILL, CrashPlan.Kind.POWER_LOSS)
                .flatMap(kind -> Stream.of(DiskFaults.Outcome.CRASH_WITHIN, DiskFaults.Outcome.CRASH_AFTER)
                        .map(moment -> Arguments.of(kind, moment)));
    }

    /** The first start, the first commands, a rewrite: one operation after the other. */
    @ParameterizedTest(name = "{0}, {1}")
    @MethodSource("ends")
    void eachOfTheFirstOperationsMayBeTheLast(CrashPlan.Kind kind, DiskFaults.Outcome moment) {
        CrashCounters total = new CrashCounters();
        long count = 0;
        for (long wait = 0; wait < 40; wait++) {
            total.add(CrashRun.at(3, kind, moment, wait));
            count++;
        }
        assertThat(total.of(kind, "")).isEqualTo(count);
        assertThat(total.of(kind, CrashPlace.APPEND.word())).isPositive();
        assertThat(total.of(kind, CrashPlace.MANIFEST.word())).isPositive();
    }

    @ParameterizedTest(name = "seed {0}")
    @ValueSource(longs = {1, 2, 3})
    void theSameSeedGivesTheSameRun(long seed) {
        long first = CrashRun.run(seed, false, CrashPlant.NONE).traceHash;
        long second = CrashRun.run(seed, false, CrashPlant.NONE).traceHash;
        assertThat(second).isEqualTo(first);
    }

    @ParameterizedTest(name = "{0}")
    @EnumSource(value = CrashPlant.class, names = "NONE", mode = EnumSource.Mode.EXCLUDE)
    void aPlantedBugIsFound(CrashPlant plant) {
        for (long seed = 1; seed <= FOUND_SEEDS_MAX; seed++) {
            try {
                CrashRun.run(seed, false, plant);
            } catch (Divergence divergence) {
                assertThat(divergence).hasMessageContaining("dev/simulate --crash-points 1 --from " + seed);
                return;
            }
        }
        fail(plant + " was not found by " + FOUND_SEEDS_MAX + " seeds");
    }
}
