// SPDX-License-Identifier: Apache-2.0
package dev.understudy.commands;

import static org.assertj.core.api.Assertions.assertThat;

import dev.understudy.persist.RdbSource;
import dev.understudy.persist.SaveListener;
import dev.understudy.persist.SaveOptions;
import dev.understudy.persist.SaveResult;
import dev.understudy.persist.aof.AofCommandWriter;
import dev.understudy.persist.aof.AofOutcome;
import dev.understudy.persist.aof.AofReader;
import dev.understudy.store.View;
import dev.understudy.store.memory.Dict;
import dev.understudy.wire.Bytes;
import dev.understudy.wire.Value;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What the writer writes is executed, and gives the data set that it was written from. */
class AofCommandWriterTest {
    private static final String ID = "0123456789abcdef0123456789abcdef01234567";

    @Test
    void everyTypeIsWrittenAsRedisWritesIt() {
        try (CommandHarness redis = harness()) {
            redis.run("SELECT 2");
            redis.run("SET s text");
            redis.run("PEXPIREAT s 99999999999");
            redis.run("SELECT 0");
            redis.run("RPUSH list 1 two");
            redis.run("ZADD zset 1.5 a -inf b 1e300 c");
            redis.run("HSET hash f v");
            redis.run("FUNCTION LOAD \"#!lua name=lib\\nreturn 1\"");
            String text = written(redis, 1234, new SaveOptions.Replication(2, ID, 77));
            assertThat(text).startsWith("#TS:1234\r\n*3\r\n$8\r\nFUNCTION\r\n$4\r\nLOAD\r\n$23\r\n#!lua name=lib\n");
            assertThat(text)
                    .contains("*2\r\n$6\r\nSELECT\r\n$1\r\n0\r\n", "*4\r\n$5\r\nRPUSH\r\n$4\r\nlist\r\n$1\r\n1\r\n");
            assertThat(text).contains("$4\r\nZADD\r\n$4\r\nzset\r\n$4\r\n-inf\r\n$1\r\nb\r\n$3\r\n1.5\r\n$1\r\na\r\n");
            assertThat(text).contains("*4\r\n$5\r\nHMSET\r\n$4\r\nhash\r\n$1\r\nf\r\n$1\r\nv\r\n");
            assertThat(text)
                    .endsWith("*2\r\n$6\r\nSELECT\r\n$1\r\n2\r\n*3\r\n$3\r\nSET\r\n$1\r\ns\r\n$4\r\ntext\r\n"
                            + "*3\r\n$9\r\nPEXPIREAT\r\n$1\r\ns\r\n$11\r\n99999999999\r\n#POS:" + ID + ":77:2\r\n");
        }
    }

    @Test
    void aCommandAdds64ElementsAtMost() {
        try (CommandHarness redis = harness()) {
            for (int i = 0; i < 150; i++) {
                redis.run("RPUSH list e" + i);
            }
            assertThat(written(redis, -1, null).split("RPUSH", -1)).hasSize(4);
            assertThat(written(redis, -1, null)).contains("*66\r\n$5\r\nRPUSH", "*24\r\n$5\r\nRPUSH");
        }
    }

    @Test
    void aStreamKeepsWhatItRemembersOfDeletedEntriesAndItsGroups() {
        try (CommandHarness redis = harness();
                CommandHarness other = harness()) {
            redis.run("XADD s 1-1 a 1 b 2");
            redis.run("XADD s 1-2 a 2 b 3");
            redis.run("XADD s 5-0 other field");
            redis.run("XADD s 6-0 gone now");
            redis.run("XDEL s 6-0");
            redis.run("XGROUP CREATE s g 0 ENTRIESREAD 2");
            redis.run("XREADGROUP GROUP g alice COUNT 2 STREAMS s >");
            redis.run("XREADGROUP GROUP g alice STREAMS s 0");
            redis.run("XGROUP CREATECONSUMER s g idle");
            redis.run("XGROUP CREATE s h 1-2");
            redis.run("XGROUP CREATE empty g $ MKSTREAM");
            execute(written(redis, -1, null), other);
            assertThat(contents(other)).isEqualTo(contents(redis));
            assertThat(contents(other).get("0 s")).contains("6-0", "alice", "idle");
        }
    }

    @Test
    void aConsumerOfDeletedEntriesAloneStaysThoughTheyAreLost() {
        try (CommandHarness redis = harness();
                CommandHarness other = harness()) {
            redis.run("XADD s 1-1 a 1");
            redis.run("XADD s 1-2 a 2");
            redis.run("XGROUP CREATE s g 0");
            redis.run("XREADGROUP GROUP g alice COUNT 1 STREAMS s >");
            redis.run("XDEL s 1-1");
            execute(written(redis, -1, null), other);
            assertThat(other.run("XINFO CONSUMERS s g")).contains("alice");
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 4, 5, 6, 7, 8})
    void anyDataSetIsMadeAgain(int seed) {
        Dict.seed(seed);
        SplittableRandom random = new SplittableRandom(seed);
        try (CommandHarness redis = harness();
                CommandHarness other = harness()) {
            fill(redis, random);
            // A delivery in the future would be moved to the present.
            other.now = redis.now;
            execute(written(redis, random.nextInt(2) - 1, null), other);
            Map<String, String> expected = contents(redis);
            Map<String, String> actual = contents(other);
            assertThat(actual.keySet()).isEqualTo(expected.keySet());
            expected.forEach((key, value) -> assertThat(actual.get(key)).as(key).isEqualTo(value));
        }
    }

    @Test
    void aSinkThatFailsEndsTheWriting() {
        try (CommandHarness redis = harness()) {
            fill(redis, new SplittableRandom(1));
            View view = redis.data().view();
            SaveResult result = AofCommandWriter.save(
                    view,
                    (source, offset, length) -> {
                        throw new IOException("No space left on device");
                    },
                    -1,
                    null,
                    SaveListener.SILENT);
            view.close();
            assertThat(result)
                    .isInstanceOfSatisfying(
                            SaveResult.Failed.class,
                            failed -> assertThat(failed.cause()).hasMessage("No space left on device"));
        }
    }

    @Test
    void theListenerMayGiveUp() {
        try (CommandHarness redis = harness()) {
            fill(redis, new SplittableRandom(1));
            View view = redis.data().view();
            SaveResult result =
                    AofCommandWriter.save(view, (source, offset, length) -> {}, -1, null, (keys, bytes) -> keys < 3);
            view.close();
            assertThat(result).isEqualTo(new SaveResult.Cancelled());
        }
    }

    // ---- data

    private static CommandHarness harness() {
        return new CommandHarness(
                StringCommands::register,
                ListCommands::register,
                SetCommands::register,
                HashCommands::register,
                SortedSetCommands::register,
                StreamCommands::register,
                KeyCommands::register,
                DatabaseCommands::register,
                FunctionCommands::register);
    }

    private static void fill(CommandHarness redis, SplittableRandom random) {
        for (int i = 0; i < 60; i++) {
            if (random.nextInt(6) == 0) {
                redis.run("SELECT " + random.nextInt(16));
            }
            String key = random.nextInt(5) == 0 ? "" + random.nextInt() : "key " + i + text(random);
            int size = random.nextInt(4) == 0 ? 1 + random.nextInt(400) : 1 + random.nextInt(8);
            switch (random.nextInt(6)) {
                case 0 -> redis.runWords("SET", key, text(random));
                case 1 -> many(redis, random, "RPUSH", key, size, false);
                case 2 -> many(redis, random, "SADD", key, size, false);
                case 3 -> many(redis, random, "HSET", key, size, true);
                case 4 -> {
                    for (int j = 0; j < size; j++) {
                        redis.runWords("ZADD", key, score(random), j + text(random));
                    }
                }
                default -> stream(redis, random, key, size);
            }
            if (random.nextInt(4) == 0) {
                redis.runWords("PEXPIREAT", key, "" + (5_000_000 + random.nextInt(1_000_000)));
            }
        }
        redis.run("SELECT 0");
    }

    private static void many(
            CommandHarness redis, SplittableRandom random, String command, String key, int size, boolean pairs) {
        boolean numbers = random.nextBoolean();
        for (int j = 0; j < size; j++) {
            String element = numbers ? "" + random.nextLong() / (1L << random.nextInt(60)) : j + text(random);
            if (pairs) {
                redis.runWords(command, key, element, text(random));
            } else {
                redis.runWords(command, key, element);
            }
        }
    }

    private static void stream(CommandHarness redis, SplittableRandom random, String key, int size) {
        for (int j = 0; j < size; j++) {
            redis.runWords("XADD", key, j + 1 + "-" + random.nextInt(9), "f", text(random), "g" + j % 2, "");
        }
        for (int j = 0; j < random.nextInt(3); j++) {
            redis.runWords("XGROUP", "CREATE", key, "g" + j, "0");
            redis.runWords("XREADGROUP", "GROUP", "g" + j, "c" + random.nextInt(2), "COUNT", "9", "STREAMS", key, ">");
            redis.runWords("XREADGROUP", "GROUP", "g" + j, "c2", "COUNT", "9", "STREAMS", key, ">");
        }
        redis.now += 10;
        redis.runWords("XTRIM", key, "MAXLEN", "" + size);
        redis.runWords("XADD", key, size + 5 + "-0", "deleted", "");
        redis.runWords("XDEL", key, size + 5 + "-0");
    }

    private static String score(SplittableRandom random) {
        return switch (random.nextInt(5)) {
            case 0 -> "inf";
            case 1 -> "-1e15";
            case 2 -> "" + random.nextDouble();
            case 3 -> "" + Double.longBitsToDouble(random.nextLong() & 0x7FEF_FFFF_FFFF_FFFFL);
            default -> "" + random.nextInt();
        };
    }

    private static String text(SplittableRandom random) {
        return switch (random.nextInt(5)) {
            case 0 -> "" + (random.nextLong() >> random.nextInt(64));
            case 1 -> "";
            case 2 -> "abc".repeat(random.nextInt(60));
            case 3 -> random.nextInt(30) == 0 ? "long text ".repeat(random.nextInt(20_000)) : "v" + random.nextInt(99);
            default -> {
                StringBuilder bytes = new StringBuilder();
                for (int i = random.nextInt(40); i > 0; i--) {
                    bytes.append((char) random.nextInt(256));
                }
                yield bytes.toString();
            }
        };
    }

    // ---- writing, executing, comparing

    private static String written(
            CommandHarness redis, long timestampSeconds, SaveOptions.@Nullable Replication position) {
        redis.data().closeWindows();
        View view = redis.data().view();
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        SaveResult result = AofCommandWriter.save(view, bytes::write, timestampSeconds, position, SaveListener.SILENT);
        assertThat(result).isEqualTo(new SaveResult.Saved(bytes.size(), view.size(), 0));
        view.close();
        return bytes.toString(StandardCharsets.ISO_8859_1);
    }

    private static void execute(String text, CommandHarness redis) {
        byte[] bytes = text.getBytes(StandardCharsets.ISO_8859_1);
        AofOutcome outcome = AofReader.read(RdbSource.of(bytes), (words, count) -> {
            Value reply = redis.value(Arrays.copyOf(words, count));
            return reply instanceof Value.Failure(var message) ? message + " for " + words[0] : null;
        });
        assertThat(outcome).isEqualTo(new AofOutcome.Complete(bytes.length));
        redis.run("SELECT 0");
    }

    private static Map<String, String> contents(CommandHarness redis) {
        Map<String, String> contents = new TreeMap<>();
        redis.data().functions().all().forEach((name, source) -> contents.put("function " + name, latin(source)));
        for (int i = 0; i < redis.data().databases(); i++) {
            redis.run("SELECT " + i);
            Value.Array keys = (Value.Array) redis.value(Bytes.of("KEYS"), Bytes.of("*"));
            for (Value key : keys.elements()) {
                contents.put(i + " " + latin(bytes(key).toArray()), value(redis, bytes(key)));
            }
        }
        redis.run("SELECT 0");
        return contents;
    }

    private static String value(CommandHarness redis, Bytes key) {
        String type = ask(redis, "TYPE", key);
        String expiry = ask(redis, "PEXPIRETIME", key);
        String value = switch (type) {
            case "string" -> ask(redis, "GET", key);
            case "list" -> ask(redis, "LRANGE", key, "0", "-1");
            case "set" -> sorted(redis, 1, "SMEMBERS", key);
            case "hash" -> sorted(redis, 2, "HGETALL", key);
            case "zset" -> ask(redis, "ZRANGE", key, "0", "-1", "WITHSCORES");
            default -> ask(redis, "XRANGE", key, "-", "+") + streamInfo(redis, key);
        };
        return type + " " + expiry + " " + value;
    }

    /**
     * All that XINFO tells but how the entries are packed, when consumers were seen, and what an empty stream thinks
     * was deleted.
     */
    private static String streamInfo(CommandHarness redis, Bytes key) {
        return redis.runWords("XINFO", "STREAM", latin(key.toArray()), "FULL", "COUNT", "0")
                .replaceAll("\"(radix-tree-keys|radix-tree-nodes|seen-time|active-time)\" \\(integer\\) -?\\d+", "")
                .replace("\"max-deleted-entry-id\" \"0-1\"", "\"max-deleted-entry-id\" \"0-0\"");
    }

    private static String sorted(CommandHarness redis, int words, String command, Bytes key) {
        Value.Array reply = (Value.Array) redis.value(Bytes.of(command), key);
        String[] elements = new String[reply.elements().size() / words];
        for (int i = 0; i < elements.length; i++) {
            elements[i] = CommandHarness.show(new Value.Array(reply.elements().subList(i * words, (i + 1) * words)));
        }
        Arrays.sort(elements);
        return String.join(" ", elements);
    }

    private static String ask(CommandHarness redis, String command, Bytes key, String... more) {
        String[] words = new String[2 + more.length];
        words[0] = command;
        words[1] = latin(key.toArray());
        System.arraycopy(more, 0, words, 2, more.length);
        return redis.runWords(words);
    }

    private static Bytes bytes(Value value) {
        return ((Value.Bulk) value).bytes();
    }

    private static String latin(byte[] bytes) {
        return new String(bytes, StandardCharsets.ISO_8859_1);
    }
}
