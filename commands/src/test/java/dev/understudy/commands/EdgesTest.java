// SPDX-License-Identifier: Apache-2.0
package dev.understudy.commands;

import static org.assertj.core.api.Assertions.assertThat;

import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Indexes, counts and words at the edges of what they can be; replies as Redis 7.2 gives them. */
final class EdgesTest {
    private static final List<String> NUMBERS = List.of(
            "-9223372036854775808",
            "-9223372036854775807",
            "-4294967297",
            "-4",
            "-3",
            "-1",
            "0",
            "1",
            "2",
            "3",
            "4294967296",
            "9223372036854775806",
            "9223372036854775807");

    private final CommandHarness redis =
            new CommandHarness(SortedSetCommands::register, ListCommands::register, SetCommands::register);

    @BeforeEach
    void fill() {
        redis.run("zadd z 1 a 2 b 3 c");
        redis.run("rpush l a b c");
        redis.run("sadd s a b c");
    }

    @AfterEach
    void close() {
        redis.close();
    }

    /** What {@code array[from..to]} of Redis is, with indexes from the back where negative, in arithmetic without bounds. */
    private static List<String> range(List<String> all, String start, String stop) {
        BigInteger size = BigInteger.valueOf(all.size());
        BigInteger from = new BigInteger(start);
        BigInteger to = new BigInteger(stop);
        from = from.signum() < 0 ? from.add(size) : from;
        to = to.signum() < 0 ? to.add(size) : to;
        List<String> range = new ArrayList<>();
        for (int i = 0; i < all.size(); i++) {
            BigInteger index = BigInteger.valueOf(i);
            if (index.compareTo(from) >= 0 && index.compareTo(to) <= 0) {
                range.add('"' + all.get(i) + '"');
            }
        }
        return range;
    }

    private static String array(List<String> elements) {
        return "[" + String.join(" ", elements) + "]";
    }

    @Test
    void rangesOfIndexesAreRightUpToTheEndsOfLong() {
        List<String> up = List.of("a", "b", "c");
        for (String start : NUMBERS) {
            for (String stop : NUMBERS) {
                String indexes = " " + start + " " + stop;
                assertThat(redis.run("zrange z" + indexes)).as(indexes).isEqualTo(array(range(up, start, stop)));
                assertThat(redis.run("zrevrange z" + indexes))
                        .as(indexes)
                        .isEqualTo(array(range(up.reversed(), start, stop)));
                assertThat(redis.run("lrange l" + indexes)).as(indexes).isEqualTo(array(range(up, start, stop)));
                int count = range(up, start, stop).size();
                assertThat(redis.run("zrangestore y z" + indexes)).as(indexes).isEqualTo("(integer) " + count);
                assertThat(redis.run("zremrangebyrank y" + indexes))
                        .as(indexes)
                        .isEqualTo("(integer) "
                                + range(up.subList(0, count), start, stop).size());
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"-9223372036854775809", "9223372036854775808", "x", "''", "-1", "-9223372036854775808"})
    void countsOfPopsThatAreNoNumberAreOutOfRange(String count) {
        for (String command : List.of("lpop l ", "rpop l ", "zpopmin z ", "zpopmax z ", "spop s ", "lpop missing ")) {
            assertThat(redis.run(command + count))
                    .as(command)
                    .isEqualTo("(error) ERR value is out of range, must be positive");
        }
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(
            delimiter = '|',
            value = {
                "4294967296 | OK | [\"x\" \"b\" \"c\"]",
                "9223372036854775807 | OK | [\"a\" \"b\" \"x\"]",
                "-9223372036854775808 | OK | [\"x\" \"b\" \"c\"]",
                "9223372036854775806 | OK | [\"a\" \"x\" \"c\"]",
                "2147483648 | (error) ERR index out of range | [\"a\" \"b\" \"c\"]",
            })
    void lsetTakesThirtyTwoBitsOfTheIndexAsRedisDoes(String index, String reply, String content) {
        assertThat(redis.run("lset l " + index + " x")).isEqualTo(reply);
        assertThat(redis.run("lrange l 0 -1")).isEqualTo(content);
    }
}
