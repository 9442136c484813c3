// SPDX-License-Identifier: Apache-2.0
package dev.understudy.persist;

import static org.assertj.core.api.Assertions.assertThat;

import dev.understudy.store.DataSet;
import dev.understudy.store.Limits;
import dev.understudy.store.View;
import dev.understudy.store.memory.Dict;
import dev.understudy.wire.Bytes;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

final class RdbRoundTripTest {
    private static final LoadOptions LOAD = LoadOptions.at(DataSets.NOW_MILLIS).sanitizing(true);

    static LongStream seeds() {
        return LongStream.rangeClosed(1, 15);
    }

    private static RdbReport loaded(LoadResult result) {
        assertThat(result).isInstanceOf(LoadResult.Loaded.class);
        return ((LoadResult.Loaded) result).report();
    }

    @ParameterizedTest
    @MethodSource("seeds")
    void whatIsSavedInAnyVersionIsLoadedAgain(long seed) {
        Dict.seed(seed);
        SplittableRandom random = new SplittableRandom(seed);
        try (DataSet data = DataSets.random(random)) {
            for (int version = 9; version <= 11; version++) {
                SaveOptions options =
                        DataSets.SAVE.inVersion(version).encoding(random.nextBoolean(), random.nextBoolean());
                byte[] file = DataSets.save(data, options);
                assertThat(DataSets.save(data, options)).isEqualTo(file);
                Map<String, String> expected = DataSets.contents(data, version == 11);
                if (version == 9) {
                    expected.keySet().removeIf(key -> key.startsWith("function/"));
                }
                RdbReport verified = loaded(RdbVerifier.verify(RdbSource.of(file), 16, LOAD, LoadListener.SILENT));
                assertThat(verified.keys()).isEqualTo(data.size());
                assertThat(verified.bytes()).isEqualTo(file.length);
                try (DataSet copy = DataSets.empty()) {
                    changeLimits(random, copy.limits());
                    RdbReport report = loaded(RdbReader.load(RdbSource.of(file), copy, LOAD, LoadListener.SILENT));
                    assertThat(DataSets.contents(copy, version == 11)).isEqualTo(expected);
                    assertThat(report.keys()).isEqualTo(data.size());
                    assertThat(report.expiring()).isEqualTo(verified.expiring());
                }
            }
        }
    }

    @ParameterizedTest
    @MethodSource("seeds")
    void aViewIsSavedAsItWasWhateverBecomesOfTheData(long seed) {
        Dict.seed(seed);
        SplittableRandom random = new SplittableRandom(seed);
        try (DataSet data = DataSets.random(random);
                DataSet copy = DataSets.empty()) {
            Map<String, String> expected = DataSets.contents(data, true);
            View view = data.view();
            List<Bytes> keys = new ArrayList<>();
            data.db(0).forEach((value, key) -> keys.add(key.copy()));
            for (Bytes key : keys) {
                if (random.nextBoolean()) {
                    data.db(0).delete(key, false);
                } else {
                    data.db(0).setString(key, Bytes.of("changed"), false);
                }
            }
            ByteArrayOutputStream bytes = new ByteArrayOutputStream();
            RdbWriter.save(view, bytes::write, DataSets.SAVE, SaveListener.SILENT);
            view.close();
            loaded(RdbReader.load(RdbSource.of(bytes.toByteArray()), copy, LOAD, LoadListener.SILENT));
            assertThat(DataSets.contents(copy, true)).isEqualTo(expected);
        }
    }

    /** A reader may have other limits than the writer. */
    private static void changeLimits(SplittableRandom random, Limits limits) {
        if (random.nextBoolean()) {
            limits.hashMaxListpackEntries = random.nextInt(20);
            limits.setMaxIntsetEntries = random.nextInt(20);
            limits.setMaxListpackEntries = random.nextInt(20);
            limits.sortedSetMaxListpackEntries = random.nextInt(20);
            limits.listMaxListpackSize = random.nextInt(1, 10);
        }
    }

    @ParameterizedTest
    @MethodSource("seeds")
    void valuesSurviveDumpAndRestore(long seed) {
        Dict.seed(seed);
        try (DataSet data = DataSets.random(new SplittableRandom(seed));
                DataSet copy = DataSets.empty()) {
            View view = data.view();
            for (int i = 0; i < view.databases(); i++) {
                int index = i;
                view.db(i).forEach((value, key) -> {
                    Bytes payload = Bytes.of(DumpPayload.dump(value));
                    Bytes name = key.copy();
                    if (seed % 2 == 0) {
                        copy.db(index).setString(name, Bytes.of("replaced"), false);
                    }
                    assertThat(DumpPayload.restore(copy, copy.db(index), name, payload, true, false))
                            .isEqualTo(new DumpPayload.Restored.Done(""));
                    copy.closeWindows();
                    return true;
                });
            }
            Map<String, String> expected = Contents.of(view);
            view.close();
            expected.keySet().removeIf(key -> key.startsWith("function/"));
            expected.replaceAll((key, text) -> text.replaceFirst(" until \\d+$", ""));
            assertThat(DataSets.contents(copy, true)).isEqualTo(expected);
        }
    }

    @ParameterizedTest
    @CsvSource({"11, 524544495330303131", "10, 524544495330303130", "9, 524544495330303039"})
    void anEmptyDataSetHasFieldsOnly(int version, String magic) {
        try (DataSet data = DataSets.empty()) {
            String hex = HexFormat.of().formatHex(DataSets.save(data, DataSets.SAVE.inVersion(version)));
            assertThat(hex)
                    .startsWith(magic + "fa0972656469732d76657205372e322e36fa0a72656469732d62697473c040fa056374696d65");
        }
    }

    @Test
    void fieldsAreReadBack() {
        String id = "0123456789abcdef0123456789abcdef01234567";
        try (DataSet data = DataSets.empty();
                DataSet copy = DataSets.empty()) {
            SaveOptions options = DataSets.SAVE
                    .with(new SaveOptions.Replication(3, id, 1L << 40))
                    .asAofBase();
            List<String> log = new ArrayList<>();
            LoadListener listener = new LoadListener() {
                @Override
                public void log(LogLevel level, String line) {
                    log.add(level + " " + line);
                }
            };
            byte[] file = DataSets.save(data, options);
            LoadOptions load = LoadOptions.at(DataSets.NOW_MILLIS + 5000);
            RdbReport report = loaded(RdbReader.load(RdbSource.of(file), copy, load, listener));
            assertThat(report)
                    .isEqualTo(new RdbReport(
                            11,
                            file.length,
                            true,
                            "7.2.6",
                            DataSets.NOW_MILLIS / 1000,
                            123_456_789,
                            id,
                            1L << 40,
                            3,
                            true,
                            0,
                            0,
                            0,
                            0,
                            0,
                            0));
            assertThat(log)
                    .containsExactly(
                            "NOTICE Loading RDB produced by version 7.2.6",
                            "NOTICE RDB age 5 seconds",
                            "NOTICE RDB memory usage when created 117.74 Mb",
                            "NOTICE RDB is base AOF",
                            "NOTICE Done loading RDB, keys loaded: 0, keys expired: 0.");
        }
    }

    @Test
    void aMasterDropsWhatHasExpiredAndTellsIt() {
        try (DataSet data = DataSets.empty();
                DataSet copy = DataSets.empty()) {
            for (String key : List.of("past", "future", "never")) {
                data.db(2).setString(Bytes.of(key), Bytes.of("v"), false);
                if (!key.equals("never")) {
                    data.db(2)
                            .expire(
                                    java.util.Objects.requireNonNull(data.db(2).open(Bytes.of(key))),
                                    DataSets.NOW_MILLIS + (key.equals("past") ? -1 : 0));
                }
            }
            List<String> expired = new ArrayList<>();
            LoadListener listener = new LoadListener() {
                @Override
                public void expired(int db, Bytes key) {
                    expired.add(db + "/" + key);
                }
            };
            byte[] file = DataSets.save(data, DataSets.SAVE);
            RdbReport report = loaded(RdbReader.load(RdbSource.of(file), copy, LOAD.droppingExpired(), listener));
            assertThat(expired).containsExactly("2/past");
            assertThat(report.keysExpired()).isEqualTo(1);
            assertThat(DataSets.contents(copy, true)).containsOnlyKeys("2/future", "2/never");
        }
    }

    @Test
    void accessClocksAreToldAsThePolicyHasThem() {
        AccessClocks idle = new AccessClocks() {
            @Override
            public Kind kind() {
                return Kind.IDLE_SECONDS;
            }

            @Override
            public long told(int clock) {
                return 1000L - clock;
            }

            @Override
            public int clock(long told) {
                return (int) (5000 - told);
            }
        };
        try (DataSet data = DataSets.empty();
                DataSet copy = DataSets.empty()) {
            data.accessClock(300);
            data.db(0).setString(Bytes.of("k"), Bytes.of("v"), false);
            byte[] file = DataSets.save(data, DataSets.SAVE.with(idle));
            loaded(RdbReader.load(RdbSource.of(file), copy, LOAD.with(idle), LoadListener.SILENT));
            assertThat(java.util.Objects.requireNonNull(copy.db(0).open(Bytes.of("k")))
                            .accessClock())
                    .isEqualTo(4300);
        }
    }

    @Test
    void aFileMayLeaveOutKeysOrFunctions() {
        try (DataSet data = DataSets.random(new SplittableRandom(7))) {
            data.functions().put("lib", "#!lua name=lib\n".getBytes(java.nio.charset.StandardCharsets.UTF_8));
            assertThat(loadedKeys(data, DataSets.SAVE.only(false, true)))
                    .isNotEmpty()
                    .allMatch(key -> key.startsWith("function/"));
            assertThat(loadedKeys(data, DataSets.SAVE.only(false, false))).isEmpty();
            assertThat(loadedKeys(data, DataSets.SAVE.only(true, false)))
                    .isNotEmpty()
                    .noneMatch(key -> key.startsWith("function/"));
        }
    }

    private static Iterable<String> loadedKeys(DataSet data, SaveOptions options) {
        try (DataSet copy = DataSets.empty()) {
            loaded(RdbReader.load(RdbSource.of(DataSets.save(data, options)), copy, LOAD, LoadListener.SILENT));
            return DataSets.contents(copy, true).keySet();
        }
    }

    @Test
    void savingStopsWhenTheListenerSaysSoOrTheSinkFails() {
        try (DataSet data = DataSets.random(new SplittableRandom(3))) {
            View view = data.view();
            ByteArrayOutputStream bytes = new ByteArrayOutputStream();
            assertThat(RdbWriter.save(view, bytes::write, DataSets.SAVE, (keys, written) -> keys < 3))
                    .isEqualTo(new SaveResult.Cancelled());
            RdbSink full = (source, offset, length) -> {
                throw new IOException("No space left on device");
            };
            assertThat(RdbWriter.save(view, full, DataSets.SAVE, SaveListener.SILENT))
                    .isInstanceOfSatisfying(
                            SaveResult.Failed.class,
                            failed -> assertThat(failed.cause()).hasMessage("No space left on device"));
            view.close();
        }
    }
}
