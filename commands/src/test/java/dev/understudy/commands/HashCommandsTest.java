// SPDX-License-Identifier: Apache-2.0
package dev.understudy.commands;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class HashCommandsTest {
    private final FamilyRun run = new FamilyRun(HashCommands::register);

    @AfterEach
    void close() {
        run.close();
    }

    private static List<String> elements(String reply) {
        String inner = reply.replaceAll("[\\[\\]%~]", " ").strip();
        return inner.isEmpty() ? List.of() : Arrays.asList(inner.split(" +"));
    }

    private void fill(String key, int fields) {
        for (int i = 0; i < fields; i++) {
            run.run("hset " + key + " f" + i + " v" + i);
        }
    }

    @ParameterizedTest(name = "{0} after hset h a 1 b two c 1.5: {1}")
    @CsvSource(
            delimiter = '|',
            value = {
                "hset h a 2 d 4 | :1 | HSET h a 2 d 4 | h:hset h",
                "hmset h a 2 d 4 | +OK | HMSET h a 2 d 4 | h:hset h",
                "hset h a 2 d | -ERR wrong number of arguments for 'hset' command | |",
                "hmset h a 2 d | -ERR wrong number of arguments for 'hmset' command | |",
                "hset n a 2 | :1 | HSET n a 2 | n:new n,h:hset n",
                "hsetnx h a 9 | :0 | |",
                "hsetnx h d 9 | :1 | HSETNX h d 9 | h:hset h",
                "hget h b | two | |",
                "hget h z | nil | |",
                "hget n z | nil | |",
                "hmget h a z c | [1 nil 1.5] | |",
                "hmget n a z | [nil nil] | |",
                "hincrby h a 41 | :42 | HINCRBY h a 41 | h:hincrby h",
                "hincrby h z -3 | :-3 | HINCRBY h z -3 | h:hincrby h",
                "hincrby n z -3 | :-3 | HINCRBY n z -3 | n:new n,h:hincrby n",
                "hincrby h b 1 | -ERR hash value is not an integer | |",
                "hincrby h a x | -ERR value is not an integer or out of range | |",
                "hincrby h a 9223372036854775807 | -ERR increment or decrement would overflow | |",
                "hincrbyfloat h c 0.1 | 1.6 | HSET h c 1.6 | h:hincrbyfloat h",
                "hincrbyfloat h a 3.0e3 | 3001 | HSET h a 3001 | h:hincrbyfloat h",
                "hincrbyfloat h b 1 | -ERR hash value is not a float | |",
                "hincrbyfloat h c x | -ERR value is not a valid float | |",
                "hincrbyfloat h c inf | -ERR value is NaN or Infinity | |",
                "hdel h a z a | :1 | HDEL h a z a | h:hdel h",
                "hdel h z | :0 | |",
                "hdel n z | :0 | |",
                "hdel h a b c d | :3 | HDEL h a b c d | h:hdel h,g:del h",
                "hlen h | :3 | |",
                "hlen n | :0 | |",
                "hstrlen h b | :3 | |",
                "hstrlen h z | :0 | |",
                "hexists h a | :1 | |",
                "hexists h z | :0 | |",
                "hkeys h | [a b c] | |",
                "hvals h | [1 two 1.5] | |",
                "hgetall h | [a 1 b two c 1.5] | |",
                "hgetall n | [] | |",
                "hrandfield n | nil | |",
                "hrandfield n 3 | [] | |",
                "hrandfield h 0 | [] | |",
                "hrandfield h 9 | [a b c] | |",
                "hrandfield h 9 withvalues | [a 1 b two c 1.5] | |",
                "hrandfield h 9 values | -ERR syntax error | |",
                "hrandfield h x values | -ERR value is not an integer or out of range | |",
                "hrandfield h -9223372036854770000 withvalues | -ERR value is out of range | |",
                "hscan h 0 | [0 [a 1 b two c 1.5]] | |",
                "hscan h 0 match b* count 3 | [0 [b two]] | |",
                "hscan h x | -ERR invalid cursor | |",
                "hscan h 0 count 0 | -ERR syntax error | |",
                "hscan h 0 type hash | -ERR syntax error | |",
                "hscan n 0 nonsense | [0 []] | |",
                "hget s a | -WRONGTYPE Operation against a key holding the wrong kind of value | |",
                "hset s a b | -WRONGTYPE Operation against a key holding the wrong kind of value | |"
            })
    void repliesEffectsAndEventsAreRedis(String line, String reply, String effects, String events) {
        run.run("hset h a 1 b two c 1.5");
        run.setString("s", "text");
        assertThat(run.run(line)).isEqualTo(reply);
        String expected = effects == null ? "" : effects;
        // A command that is propagated as it came keeps the case in which the client wrote it.
        assertThat(String.join(",", run.effects())).isEqualToIgnoringCase(expected);
        assertThat(String.join(",", run.events())).isEqualTo(events == null ? "" : events);
    }

    @Test
    void theLastFieldTakesTheKeyAlong() {
        run.run("hset h a 1 b 2");
        assertThat(run.run("hdel h a b")).isEqualTo(":2");
        assertThat(run.exists("h")).isFalse();
    }

    @Test
    void theExpiryOutlivesChangesAndConversion() {
        run.run("hset h a 1");
        run.expire("h", 2_000_000);
        fill("h", 600);
        assertThat(run.encoding("h")).isEqualTo("hashtable");
        assertThat(run.expireAt("h")).isEqualTo(2_000_000);
        run.nowMillis = 2_000_001;
        assertThat(run.run("hget h a")).isEqualTo("nil");
        assertThat(run.effects()).containsExactly("DEL h");
    }

    @Test
    void resp3HasMapsAndPairs() {
        run.run("hset h a 1");
        run.resp3(true);
        assertThat(run.run("hgetall h")).isEqualTo("%[a 1]");
        assertThat(run.run("hgetall n")).isEqualTo("%[]");
        assertThat(run.run("hrandfield h 2 withvalues")).isEqualTo("[[a 1]]");
        assertThat(run.run("hrandfield h -2 withvalues")).isEqualTo("[[a 1] [a 1]]");
    }

    @ParameterizedTest(name = "random fields of {0}")
    @CsvSource({"10", "100", "2000"})
    void randomFieldsAreFieldsAndDistinctUnlessTheCountIsNegative(int size) {
        fill("h", size);
        for (int count : new int[] {1, size / 5, size / 2, size - 1, size}) {
            List<String> picked = elements(run.run("hrandfield h " + count));
            assertThat(picked).hasSize(count).doesNotHaveDuplicates().allMatch(field -> field.startsWith("f"));
        }
        List<String> repeated = elements(run.run("hrandfield h -" + size * 3 + " withvalues"));
        assertThat(repeated).hasSize(size * 6);
        for (int i = 0; i < repeated.size(); i += 2) {
            assertThat(repeated.get(i + 1)).isEqualTo("v" + repeated.get(i).substring(1));
        }
        assertThat(run.effects()).isEmpty();
    }

    @Test
    void hscanMeetsAllFieldsOfALargeHashInSteps() {
        fill("h", 3000);
        Set<String> met = new HashSet<>();
        String cursor = "0";
        int calls = 0;
        do {
            List<String> reply = elements(run.run("hscan h " + cursor + " count 50 match f*1"));
            cursor = reply.getFirst();
            for (int i = 1; i < reply.size(); i += 2) {
                assertThat(reply.get(i + 1)).isEqualTo("v" + reply.get(i).substring(1));
                met.add(reply.get(i));
            }
            calls++;
        } while (!cursor.equals("0"));
        assertThat(met).hasSize(300).allMatch(field -> field.endsWith("1"));
        assertThat(calls).isBetween(10, 60);
    }
}
