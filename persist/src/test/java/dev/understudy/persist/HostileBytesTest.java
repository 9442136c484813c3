// SPDX-License-Identifier: Apache-2.0
package dev.understudy.persist;

import static org.assertj.core.api.Assertions.assertThat;

import dev.understudy.persist.aof.AofHostile;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Seeded damage to everything that persistence reads; what must hold stands in {@link FuzzTargets}. */
@Timeout(300)
final class HostileBytesTest {
    private static final int ROUNDS = 60;

    private static final Map<Integer, List<byte[]>> VALUES = FuzzSeeds.values();

    static List<Integer> types() {
        return List.copyOf(VALUES.keySet());
    }

    static IntStream seeds() {
        return IntStream.rangeClosed(1, 8);
    }

    @Test
    void valuesOfEveryTypeButModulesAreDamaged() {
        assertThat(types()).contains(0, 1, 2, 3, 4, 5, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21);
    }

    @ParameterizedTest
    @MethodSource("types")
    void aDamagedPayloadIsRefusedOrCanBeUsed(int type) {
        SplittableRandom random = new SplittableRandom(type);
        List<byte[]> values = VALUES.get(type);
        List<byte[]> others = new ArrayList<>();
        VALUES.values().forEach(others::addAll);
        for (byte[] value : values) {
            assertThat(FuzzTargets.payload(value)).isEqualTo(type <= 21);
        }
        for (int i = 0; i < ROUNDS; i++) {
            byte[] value = values.get(random.nextInt(values.size()));
            byte[] other = others.get(random.nextInt(others.size()));
            byte[] bytes = FuzzTargets.damaged(random, value, other);
            told("type " + type + ", round " + i, bytes, () -> FuzzTargets.payload(bytes));
        }
    }

    @ParameterizedTest
    @MethodSource("seeds")
    void aDamagedFileIsRefusedOrCanBeUsed(int seed) {
        SplittableRandom random = new SplittableRandom(seed);
        byte[] file = RdbFixtureTest.file(FuzzSeeds.FILES[seed - 1]);
        assertThat(FuzzTargets.rdbFile(file)).isTrue();
        for (int i = 0; i < 8; i++) {
            byte[] bytes = FuzzTargets.damaged(
                    random, file, RdbFixtureTest.file(FuzzSeeds.FILES[random.nextInt(FuzzSeeds.FILES.length)]));
            told("seed " + seed + ", round " + i, bytes, () -> FuzzTargets.rdbFile(bytes));
        }
    }

    @ParameterizedTest
    @MethodSource("seeds")
    void aDamagedFileOfCommandsIsCutWhereItIsWhole(int seed) {
        SplittableRandom random = new SplittableRandom(seed);
        for (int i = 0; i < 400; i++) {
            byte[] file = FuzzSeeds.commands(random);
            assertThat(AofHostile.file(file)).isTrue();
            byte[] bytes = FuzzTargets.damaged(random, file, FuzzSeeds.commands(random));
            told("seed " + seed + ", round " + i, bytes, () -> AofHostile.file(bytes));
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 4})
    void aDamagedManifestIsRefusedOrWrittenAsItWasRead(int seed) {
        SplittableRandom random = new SplittableRandom(seed);
        byte[] text = FuzzSeeds.MANIFEST.getBytes(StandardCharsets.US_ASCII);
        assertThat(AofHostile.manifest(text)).isTrue();
        for (int i = 0; i < 2_000; i++) {
            byte[] bytes = FuzzTargets.damaged(random, text, text);
            told("seed " + seed + ", round " + i, bytes, () -> AofHostile.manifest(bytes));
        }
    }

    private static void told(String which, byte[] bytes, Runnable target) {
        try {
            target.run();
        } catch (RuntimeException | Error failure) {
            throw new AssertionError(which + ": " + java.util.HexFormat.of().formatHex(bytes), failure);
        }
    }
}
