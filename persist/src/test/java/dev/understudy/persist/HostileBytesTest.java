// SPDX-License-Identifier: Apache-2.0
package dev.understudy.persist;

import static org.assertj.core.api.Assertions.assertThat;

import dev.understudy.persist.aof.AofHostile;
import dev.understudy.store.DataSet;
import dev.understudy.wire.Bytes;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Seeded damage to everything that persistence reads; what must hold stands in {@link FuzzTargets}. */
@Timeout(300)
final class HostileBytesTest {
    private static final String[] FILES = {
        "redis-2.8", "redis-6.0", "redis-6.2", "redis-7.0", "redict-7.3", "redis-8.0", "redis-8.0-fieldttl", "valkey-8.0"
    };
    private static final int VALUES_PER_TYPE = 8;
    private static final int VALUE_BYTES_MAX = 4096;
    private static final int ROUNDS = 60;

    /** Type and value of keys of all types in the files, by type. */
    private static final Map<Integer, List<byte[]>> VALUES = values();

    /** Collects the bytes of values while a file is read. */
    private static final class Collector implements RdbVisitor {
        private final Map<Integer, List<byte[]>> values;
        private final byte[] file;
        private final RdbInput input;
        private long begin;

        Collector(Map<Integer, List<byte[]>> values, byte[] file, RdbInput input) {
            this.values = values;
            this.file = file;
            this.input = input;
        }

        @Override
        public void database(long index) {
            // All go together.
        }

        @Override
        public void function(Bytes source) {
            // No value.
        }

        @Override
        public ValueVisitor key(KeyRecord record) {
            begin = input.offset();
            return ValueVisitor.NOTHING;
        }

        @Override
        public void value(KeyRecord record, boolean exists) {
            byte[] value = Arrays.copyOfRange(file, (int) begin - 1, (int) input.offset());
            value[0] = (byte) record.type;
            List<byte[]> ofType = values.computeIfAbsent(record.type, _ -> new ArrayList<>());
            if (value.length <= VALUE_BYTES_MAX && ofType.size() < VALUES_PER_TYPE) {
                ofType.add(value);
            }
        }
    }

    private static Map<Integer, List<byte[]>> values() {
        Map<Integer, List<byte[]>> values = new TreeMap<>();
        LoadOptions options = LoadOptions.at(DataSets.NOW_MILLIS).droppingFieldExpiry();
        for (String name : FILES) {
            byte[] file = RdbFixtureTest.file(name);
            collect(values, file, options);
        }
        for (int seed = 0; seed < 6; seed++) {
            try (DataSet data = DataSets.random(new SplittableRandom(seed))) {
                collect(values, DataSets.save(data, DataSets.SAVE), options);
            }
        }
        byte[] zipmap = {RdbFormat.TYPE_HASH_ZIPMAP, 12, 2, 1, 'f', 1, 0, 'v', 1, 'g', 2, 0, '4', '2', (byte) 0xFF};
        zipmap[1] = (byte) (zipmap.length - 2);
        values.put(RdbFormat.TYPE_HASH_ZIPMAP, List.of(zipmap));
        return values;
    }

    private static void collect(Map<Integer, List<byte[]>> values, byte[] file, LoadOptions options) {
        RdbInput input = new RdbInput(RdbSource.of(file), false, 0, _ -> true);
        try {
            new RdbGrammar(input, options.verifyingChecksum(false), LoadListener.SILENT, new Collector(values, file, input))
                    .parse(new KeyCounts());
        } catch (RdbFault fault) {
            throw new AssertionError(fault);
        }
    }

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
        byte[] file = RdbFixtureTest.file(FILES[seed - 1]);
        assertThat(FuzzTargets.rdbFile(file)).isTrue();
        for (int i = 0; i < 8; i++) {
            byte[] bytes = FuzzTargets.damaged(random, file, RdbFixtureTest.file(FILES[random.nextInt(FILES.length)]));
            told("seed " + seed + ", round " + i, bytes, () -> FuzzTargets.rdbFile(bytes));
        }
    }

    @ParameterizedTest
    @MethodSource("seeds")
    void aDamagedFileOfCommandsIsCutWhereItIsWhole(int seed) {
        SplittableRandom random = new SplittableRandom(seed);
        for (int i = 0; i < 400; i++) {
            byte[] file = commands(random);
            assertThat(AofHostile.file(file)).isTrue();
            byte[] bytes = FuzzTargets.damaged(random, file, commands(random));
            told("seed " + seed + ", round " + i, bytes, () -> AofHostile.file(bytes));
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 4})
    void aDamagedManifestIsRefusedOrWrittenAsItWasRead(int seed) {
        SplittableRandom random = new SplittableRandom(seed);
        byte[] text = ("# parts\nfile \"a \\x41.2.base.rdb\" seq 2 type b\nfile a.1.incr.aof seq 1 type h\n"
                        + "file a.2.incr.aof seq 2 type i\nfile a.3.incr.aof seq 3 type i key value\n")
                .getBytes(StandardCharsets.US_ASCII);
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

    private static byte[] commands(SplittableRandom random) {
        String id = "0123456789abcdef0123456789abcdef01234567";
        StringBuilder text = new StringBuilder();
        for (int i = random.nextInt(8); i >= 0; i--) {
            String set = "*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$12\r\n" + "x".repeat(12) + "\r\n";
            switch (random.nextInt(6)) {
                case 0 -> text.append("*1\r\n$5\r\nMULTI\r\n").append(set).append(set).append("*1\r\n$4\r\nEXEC\r\n");
                case 1 -> text.append("#TS:").append(random.nextInt(1_000_000)).append("\r\n");
                case 2 -> text.append("#POS:").append(id).append(':').append(random.nextInt(1000)).append(":0\r\n");
                case 3 -> text.append("#POS:").append(random.nextInt(1000)).append("\r\n");
                default -> text.append(set);
            }
        }
        return text.toString().getBytes(StandardCharsets.US_ASCII);
    }
}
