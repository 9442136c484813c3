// SPDX-License-Identifier: Apache-2.0
package dev.understudy.persist;

import dev.understudy.store.DataSet;
import dev.understudy.wire.Bytes;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;

/** Sound bytes of every kind, to be damaged: files of real servers and of ours. */
public final class FuzzSeeds {
    static final String[] FILES = {
        "redis-2.8",
        "redis-6.0",
        "redis-6.2",
        "redis-7.0",
        "redict-7.3",
        "redis-8.0",
        "redis-8.0-fieldttl",
        "valkey-8.0"
    };

    static final String MANIFEST = """
        # parts
        file "a \\x41.2.base.rdb" seq 2 type b
        file a.1.incr.aof seq 1 type h
        file a.2.incr.aof seq 2 type i
        file a.3.incr.aof seq 3 type i key value
        """;

    private static final int FILE_BYTES_MAX = 16 * 1024;
    private static final int VALUES_PER_TYPE = 8;
    private static final int VALUE_BYTES_MAX = 4096;

    private FuzzSeeds() {}

    /**
     * Writes the seeds into directories below {@code arguments[0]}, one for each entry point of {@link FuzzTargets}.
     */
    public static void main(String[] arguments) throws IOException {
        Path root = Path.of(arguments[0]);
        for (String name : FILES) {
            write(root, "RdbFile", name, RdbFixtureTest.file(name));
        }
        for (int seed = 0; seed < 60; seed++) {
            SplittableRandom random = new SplittableRandom(seed);
            try (DataSet data = DataSets.random(random)) {
                byte[] file = DataSets.save(data, DataSets.SAVE.inVersion(9 + seed % 3));
                // Large ones only take time.
                if (file.length <= FILE_BYTES_MAX) {
                    write(root, "RdbFile", "random-" + seed, file);
                }
            }
            write(root, "AofFile", "random-" + seed, commands(random));
        }
        for (Map.Entry<Integer, List<byte[]>> entry : values().entrySet()) {
            int number = 0;
            for (byte[] value : entry.getValue()) {
                write(root, "Payload", "type-" + entry.getKey() + "-" + number++, value);
            }
        }
        write(root, "Manifest", "parts", MANIFEST.getBytes(StandardCharsets.US_ASCII));
    }

    private static void write(Path root, String target, String name, byte[] bytes) throws IOException {
        Files.write(Files.createDirectories(root.resolve(target)).resolve(name), bytes);
    }

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

    /** Type and value of keys of all types, by type: as DUMP makes them, without the footer. */
    static Map<Integer, List<byte[]>> values() {
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
            new RdbGrammar(
                            input,
                            options.verifyingChecksum(false),
                            LoadListener.SILENT,
                            new Collector(values, file, input))
                    .parse(new KeyCounts());
        } catch (RdbFault fault) {
            throw new AssertionError(fault);
        }
    }

    /** Commands, transactions and annotations, complete. */
    static byte[] commands(SplittableRandom random) {
        String id = "0123456789abcdef0123456789abcdef01234567";
        StringBuilder text = new StringBuilder();
        for (int i = random.nextInt(8); i >= 0; i--) {
            String set = "*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$12\r\n" + "x".repeat(12) + "\r\n";
            switch (random.nextInt(6)) {
                case 0 ->
                    text.append("*1\r\n$5\r\nMULTI\r\n").append(set).append(set).append("*1\r\n$4\r\nEXEC\r\n");
                case 1 -> text.append("#TS:").append(random.nextInt(1_000_000)).append("\r\n");
                case 2 ->
                    text.append("#POS:")
                            .append(id)
                            .append(':')
                            .append(random.nextInt(1000))
                            .append(":0\r\n");
                case 3 -> text.append("#POS:").append(random.nextInt(1000)).append("\r\n");
                default -> text.append(set);
            }
        }
        return text.toString().getBytes(StandardCharsets.US_ASCII);
    }
}
