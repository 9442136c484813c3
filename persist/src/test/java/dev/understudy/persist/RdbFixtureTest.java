// SPDX-License-Identifier: Apache-2.0
package dev.understudy.persist;

import static org.assertj.core.api.Assertions.assertThat;

import dev.understudy.store.DataSet;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Files that real servers wrote (src/test/resources/README.md says how). */
final class RdbFixtureTest {
    private static final LoadOptions LOAD = LoadOptions.at(DataSets.NOW_MILLIS).sanitizing(true);

    static byte[] file(String name) {
        try (InputStream in = RdbFixtureTest.class.getResourceAsStream("/" + name + ".rdb")) {
            return java.util.Objects.requireNonNull(in, name).readAllBytes();
        } catch (IOException impossible) {
            throw new AssertionError(impossible);
        }
    }

    @ParameterizedTest
    @CsvSource({
        "redis-2.8, 6",
        "redis-6.0, 9",
        "redis-6.2, 9",
        "redis-7.0, 10",
        "redict-7.3, 12",
        "valkey-8.0, 11",
        "redis-8.0, 12"
    })
    void filesOfRealServersAreReadWhole(String name, int version) {
        byte[] file = file(name);
        try (DataSet data = DataSets.empty()) {
            LoadResult result = RdbReader.load(RdbSource.of(file), data, LOAD, LoadListener.SILENT);
            assertThat(result).isInstanceOfSatisfying(LoadResult.Loaded.class, loaded -> {
                assertThat(loaded.unread()).isEmpty();
                assertThat(loaded.report().version()).isEqualTo(version);
                assertThat(loaded.report().checksummed()).isTrue();
                assertThat(loaded.report().keys()).isEqualTo(data.size());
                assertThat(loaded.report().bytes()).isEqualTo(file.length);
            });
            Map<String, String> contents = DataSets.contents(data, false);
            assertThat(contents.keySet().stream()
                            .filter(key -> key.contains("stream"))
                            .toList())
                    .hasSize(version < 9 ? 0 : 2);
            assertThat(contents.keySet().stream()
                            .filter(key -> key.startsWith("function/"))
                            .toList())
                    .hasSize(version < 10 ? 0 : 1);
            if (version >= 9) {
                assertThat(contents.remove("0/stream"))
                        .startsWith("stream 2 last 2-1 first 1-1; 1-1 a 1; 2-1 b 3 c 4; group g 1-1 consumer c1 seen ")
                        .contains(" pending 1-1 at ")
                        .endsWith(" x 1 of c1; group idle 2-1");
                assertThat(contents.remove("0/stream:empty")).isEqualTo("stream 0 last 0-0 first 0-0; group g 0-0");
            }
            if (version >= 10) {
                assertThat(contents.remove("function/mylib")).startsWith("#!lua name=mylib\nredis.register_function");
            }
            assertThat(contents).isEqualTo(expected());
        }
    }

    private static Map<String, String> expected() {
        Map<String, String> expected = new TreeMap<>();
        expected.put("0/str:raw", "string hello");
        expected.put("0/str:int8", "string 10");
        expected.put("0/str:int16", "string -1000");
        expected.put("0/str:int32", "string 100000");
        expected.put("0/str:long", "string 12345678901");
        expected.put("0/str:lzf", "string " + "a".repeat(60));
        expected.put("0/str:binary", "string \0\u00ff\r\n");
        expected.put("0/str:empty", "string ");
        expected.put("0/expiring", "string soon until 4102444800000");
        expected.put("0/list:small", "list [a, 1, -200, 100000]");
        expected.put(
                "0/list:numbers",
                "list [0, 12, 13, -1, 127, 128, -128, -129, 4095, 4096, -4096, -4097, 32767, 32768, 8388607, 8388608, "
                        + "-8388608, -8388609, 2147483647, 2147483648, 9223372036854775807, -9223372036854775808, "
                        + "9223372036854775808, 007]");
        expected.put("0/list:big", "list " + numbered("element-%04d", 700));
        expected.put("0/list:wide", "list [" + "w".repeat(300) + ", " + "v".repeat(5000) + "]");
        expected.put("0/set:int16", "set [-5, 1, 2]");
        expected.put("0/set:int32", "set [1, 2, 70000]");
        expected.put("0/set:int64", "set [1, 2, 5000000000]");
        expected.put("0/set:small", "set [3, a, b]");
        expected.put(
                "0/set:big",
                "set " + numbered("member-%d", 200).stream().sorted().toList());
        expected.put("0/zset:small", "zset {7=-3.0, a=1.0, b=2.5, c=Infinity, d=-Infinity, e=0.1}");
        Map<String, Double> scores = new TreeMap<>();
        Map<String, String> fields = new TreeMap<>();
        IntStream.rangeClosed(1, 150).forEach(i -> scores.put("member-" + i, i + 0.5));
        IntStream.rangeClosed(1, 600).forEach(i -> fields.put("field-" + i, "" + i));
        expected.put("0/zset:big", "zset " + scores);
        expected.put("0/hash:small", "hash {f=v, n=12}");
        expected.put("0/hash:wide", "hash {f=" + "x".repeat(100) + "}");
        expected.put("0/hash:big", "hash " + fields);
        expected.put("3/other", "string in database three");
        return expected;
    }

    private static List<String> numbered(String format, int count) {
        return IntStream.rangeClosed(1, count).mapToObj(format::formatted).toList();
    }

    @Test
    void hashesWithExpiringFieldsAreRefusedUnlessTheExpiryMayBeDropped() {
        byte[] file = file("redis-8.0-fieldttl");
        try (DataSet data = DataSets.empty();
                DataSet dropping = DataSets.empty()) {
            assertThat(RdbReader.load(RdbSource.of(file), data, LOAD, LoadListener.SILENT))
                    .isInstanceOfSatisfying(
                            LoadResult.Unsupported.class,
                            refused -> assertThat(refused.reason())
                                    .startsWith("Unknown RDB encoding type 2")
                                    .endsWith("(hash with expiring fields of Redis 7.4 and later)"));
            assertThat(RdbReader.load(RdbSource.of(file), dropping, LOAD.droppingFieldExpiry(), LoadListener.SILENT))
                    .isInstanceOf(LoadResult.Loaded.class);
            assertThat(DataSets.contents(dropping, true))
                    .containsEntry("0/hash:ttl", "hash {a=1, b=2}")
                    .hasEntrySatisfying(
                            "0/hash:ttlbig", text -> assertThat(text).matches("hash \\{f1=v1, f2=x{90,}\\}"));
        }
    }

    @Test
    void filesOfValkey9AreRefusedWithTheirVersion() {
        List<String> log = new ArrayList<>();
        LoadListener listener = new LoadListener() {
            @Override
            public void log(LogLevel level, String line) {
                log.add(line);
            }
        };
        try (DataSet data = DataSets.empty()) {
            assertThat(RdbReader.load(RdbSource.of(file("valkey-9.1")), data, LOAD, listener))
                    .isEqualTo(new LoadResult.Unsupported(
                            9, "Can't handle RDB format version 080, which only Valkey 9 and later read", ""));
            assertThat(log).first().isEqualTo("Can't handle RDB format version 080");
        }
    }

    @Test
    void a72ServerCanRefuseLaterVersions() {
        try (DataSet data = DataSets.empty()) {
            assertThat(RdbReader.load(RdbSource.of(file("redis-8.0")), data, LOAD.upToVersion(11), LoadListener.SILENT))
                    .isEqualTo(new LoadResult.Unsupported(9, "Can't handle RDB format version 12", ""));
        }
    }
}
