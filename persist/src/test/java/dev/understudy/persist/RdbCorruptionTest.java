// SPDX-License-Identifier: Apache-2.0
package dev.understudy.persist;

import static org.assertj.core.api.Assertions.assertThat;

import dev.understudy.store.DataSet;
import dev.understudy.store.Value;
import dev.understudy.wire.Bytes;
import java.io.IOException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.SplittableRandom;
import java.util.stream.LongStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Damaged files give results, never exceptions, and what still loads can be used. */
final class RdbCorruptionTest {
    private static final String[] FIXTURES = {"redis-2.8", "redis-6.2", "redis-7.0", "redict-7.3", "redis-8.0-fieldttl"
    };

    static LongStream seeds() {
        return LongStream.rangeClosed(1, 10);
    }

    @ParameterizedTest
    @MethodSource("seeds")
    void damagedFilesNeverThrow(long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        byte[] own;
        try (DataSet data = DataSets.random(random)) {
            own = DataSets.save(
                    data, DataSets.SAVE.inVersion(random.nextInt(9, 12)).encoding(random.nextBoolean(), true));
        }
        for (int i = 0; i < 15; i++) {
            boolean fixture = random.nextInt(3) == 0;
            byte[] file =
                    damaged(random, fixture ? RdbFixtureTest.file(FIXTURES[random.nextInt(FIXTURES.length)]) : own);
            LoadOptions options = new LoadOptions(
                    DataSets.NOW_MILLIS,
                    random.nextBoolean(),
                    random.nextBoolean(),
                    random.nextBoolean(),
                    false,
                    LoadOptions.Modules.DROP,
                    true,
                    AccessClocks.NONE,
                    100_000,
                    12);
            try (DataSet data = DataSets.empty()) {
                RdbSource source = random.nextBoolean() ? RdbSource.of(file) : unsized(file);
                LoadResult result = RdbReader.load(source, data, options, LoadListener.SILENT);
                LoadResult verified = RdbVerifier.verify(RdbSource.of(file), 16, options, LoadListener.SILENT);
                if (result instanceof LoadResult.Loaded) {
                    assertThat(verified).isInstanceOf(LoadResult.Loaded.class);
                    useAll(data);
                }
            }
        }
    }

    private static void useAll(DataSet data) {
        assertThat(DataSets.contents(data, true)).isNotNull();
        assertThat(DataSets.save(data, DataSets.SAVE.inVersion(9))).isNotEmpty();
        assertThat(DataSets.save(data, DataSets.SAVE)).isNotEmpty();
    }

    private static RdbSource unsized(byte[] file) {
        RdbSource whole = RdbSource.of(file);
        return new RdbSource() {
            @Override
            public int read(byte[] target, int offset, int length) throws IOException {
                return whole.read(target, offset, length);
            }

            @Override
            public long bytesLeft() {
                return -1;
            }
        };
    }

    private static byte[] damaged(SplittableRandom random, byte[] file) {
        byte[] copy = random.nextInt(4) == 0 ? Arrays.copyOf(file, random.nextInt(file.length)) : file.clone();
        for (int flips = random.nextInt(4); flips >= 0 && copy.length > 0; flips--) {
            int at = random.nextInt(copy.length);
            switch (random.nextInt(3)) {
                case 0 -> copy[at] ^= (byte) (1 << random.nextInt(8));
                case 1 -> copy[at] = (byte) random.nextInt();
                default -> copy[at] = (byte) (random.nextBoolean() ? 0xFF : 0x81);
            }
        }
        return copy;
    }

    @ParameterizedTest
    @MethodSource("seeds")
    void damagedPayloadsNeverThrow(long seed) {
        long[] accepted = {0};
        SplittableRandom random = new SplittableRandom(seed);
        try (DataSet data = DataSets.random(random);
                DataSet target = DataSets.empty()) {
            for (int i = 0; i < data.databases(); i++) {
                data.db(i).forEach((value, key) -> {
                    byte[] payload = DumpPayload.dump(value);
                    for (int k = 0; k < 5; k++) {
                        byte[] bad = payload.clone();
                        for (int flips = random.nextInt(3); flips >= 0; flips--) {
                            bad[random.nextInt(bad.length - 10)] =
                                    (byte) (random.nextBoolean() ? 0x81 : random.nextInt());
                        }
                        Bytes name = Bytes.of("k" + random.nextInt(20));
                        byte[] before = dump(target, name);
                        DumpPayload.Restored restored = DumpPayload.restore(
                                target, target.db(0), name, Bytes.of(bad), random.nextBoolean(), true);
                        target.closeWindows();
                        accepted[0] += check(target, name, before, restored, "seed " + seed) ? 1 : 0;
                    }
                    return true;
                });
            }
            useAll(target);
        }
        assertThat(accepted[0]).as("accepted payloads, seed %d", seed).isPositive();
    }

    /** What was accepted is there, and its own payload is accepted again; what was refused has changed nothing. Returns whether it was accepted. */
    private static boolean check(
            DataSet target, Bytes name, byte[] before, DumpPayload.Restored restored, String seed) {
        byte[] after = dump(target, name);
        if (!(restored instanceof DumpPayload.Restored.Done)) {
            assertThat(after).as("%s: %s", seed, restored).isEqualTo(before);
            return false;
        }
        assertThat(after).as(seed).isNotEmpty();
        DumpPayload.Restored again = DumpPayload.restore(target, target.db(1), name, Bytes.of(after), false, false);
        target.closeWindows();
        assertThat(again)
                .as("%s: %s", seed, HexFormat.of().formatHex(after))
                .isInstanceOf(DumpPayload.Restored.Done.class);
        return true;
    }

    /** The payload of a key, empty if there is none. */
    private static byte[] dump(DataSet data, Bytes name) {
        Value value = data.db(0).open(name);
        byte[] payload = value == null ? new byte[0] : DumpPayload.dump(value);
        data.closeWindows();
        return payload;
    }

    @ParameterizedTest
    @ValueSource(strings = {"redis-2.8", "redis-6.2", "redict-7.3"})
    void everyTruncationIsAShortRead(String name) {
        byte[] file = RdbFixtureTest.file(name);
        LoadOptions options = LoadOptions.at(DataSets.NOW_MILLIS);
        for (int length = 0; length < file.length; length += length < 200 ? 1 : 37) {
            LoadResult result = RdbVerifier.verify(RdbSource.of(file, 0, length), 16, options, LoadListener.SILENT);
            assertThat(result).isInstanceOf(LoadResult.ShortRead.class);
        }
    }

    @ParameterizedTest
    @MethodSource("seeds")
    void anyFlippedBitIsFoundThroughTheChecksum(long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        byte[] file = RdbFixtureTest.file(FIXTURES[random.nextInt(4)]);
        file[9 + random.nextInt(file.length - 9)] ^= (byte) (1 << random.nextInt(8));
        LoadResult result =
                RdbVerifier.verify(RdbSource.of(file), 16, LoadOptions.at(DataSets.NOW_MILLIS), LoadListener.SILENT);
        assertThat(result).isNotInstanceOf(LoadResult.Loaded.class);
    }
}
