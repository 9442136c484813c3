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

    private final CommandHarness redis = new CommandHarness(
            SortedSetCommands::register,
            ListCommands::register,
            SetCommands::register,
            StreamCommands::register,
            StringCommands::register,
            KeyCommands::register,
            BitCommands::register,
            table -> GeoCommands.register(table, Trigonometry.STRICT));

    @BeforeEach
    void fill() {
        redis.run("zadd z 1 a 2 b 3 c");
        redis.run("rpush l a b c");
        redis.run("sadd t a b c");
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
        for (String command : List.of("lpop l ", "rpop l ", "zpopmin z ", "zpopmax z ", "spop t ", "lpop missing ")) {
            assertThat(redis.run(command + count))
                    .as(command)
                    .isEqualTo("(error) ERR value is out of range, must be positive");
        }
    }

    @Test
    void anExecThatIsRefusedAbortsWhetherThereIsATransactionOrNot() {
        String refused =
                "(error) EXECABORT Transaction discarded because of: wrong number of arguments for 'exec' command";
        assertThat(redis.run("exec x")).isEqualTo(refused);
        redis.run("multi");
        redis.run("llen l");
        assertThat(redis.run("exec x")).isEqualTo(refused);
        assertThat(redis.run("exec")).isEqualTo("(error) ERR EXEC without MULTI");
    }

    @Test
    void timeoutsBelowZeroAreNegativeHoweverFar() {
        for (String timeout : new String[] {"-inf", "-1", "-1e400", "-Infinity"}) {
            assertThat(redis.run("blpop missing " + timeout)).as(timeout).isEqualTo("(error) ERR timeout is negative");
        }
        assertThat(redis.run("blpop missing inf")).isEqualTo("(error) ERR timeout is out of range");
    }

    @Test
    void zscanPrintsScoresOfLargeSetsWithSeventeenDigits() {
        redis.run("zadd y 0.1 a -13.12 b");
        assertThat(redis.run("zscan y 0")).isEqualTo("[\"0\" [\"b\" \"-13.12\" \"a\" \"0.1\"]]");
        redis.limits.sortedSetMaxListpackEntries = 0;
        redis.run("zadd x 0.1 a");
        assertThat(redis.run("zscan x 0")).isEqualTo("[\"0\" [\"a\" \"0.10000000000000001\"]]");
        redis.run("zadd x 1e20 a");
        assertThat(redis.run("zscan x 0")).isEqualTo("[\"0\" [\"a\" \"1e+20\"]]");
        redis.run("zadd x inf a");
        assertThat(redis.run("zscan x 0")).isEqualTo("[\"0\" [\"a\" \"inf\"]]");
    }

    @Test
    void idsOfStreamsEndAtTheFirstZeroByte() {
        redis.run("xadd x 1-1 a b");
        assertThat(redis.runWords("xrange", "x", "-\0x", "1\0-0")).isEqualTo("[[\"1-1\" [\"a\" \"b\"]]]");
        assertThat(redis.runWords("xadd", "x", "2-2\0", "a", "b")).isEqualTo("\"2-2\"");
        assertThat(redis.runWords("xadd", "x", "x\0", "a", "b"))
                .isEqualTo("(error) ERR Invalid stream ID specified as stream command argument");
    }

    @Test
    void aPositionThatIsNoneIsShownWithTheSignOfItsZero() {
        assertThat(redis.run("geoadd g -0 85.06 m"))
                .isEqualTo("(error) ERR invalid longitude,latitude pair -0.000000,85.060000");
        assertThat(redis.run("geoadd g -0.0000001 85.06 m"))
                .isEqualTo("(error) ERR invalid longitude,latitude pair -0.000000,85.060000");
    }

    @Test
    void aBitfieldThatFailsAndMakesTheStringLongerNeverthelessIsPropagated() {
        String fails = "BITFIELD s OVERFLOW FAIL INCRBY u8 #3 300";
        redis.effects();
        assertThat(redis.run(fails)).isEqualTo("[(nil)]");
        assertThat(redis.run("strlen s")).isEqualTo("(integer) 4");
        assertThat(redis.effects()).containsExactly(fails);
        redis.run(fails);
        assertThat(redis.effects()).isEmpty();
    }

    @Test
    void cursorsEndAtTheFirstZeroByteAsForStrtoul() {
        assertThat(redis.runWords("zscan", "missing", "1\0x")).isEqualTo("[\"0\" []]");
        assertThat(redis.runWords("zscan", "missing", "\0")).isEqualTo("[\"0\" []]");
        assertThat(redis.runWords("zscan", "missing", "1x\0")).isEqualTo("(error) ERR invalid cursor");
    }

    @Test
    void aBitfieldSetFarBelowItsTypeSaturatesAtTheTopAsRedisDoes() {
        redis.run("bitfield s overflow sat set i43 0 -9223372036854775808");
        assertThat(redis.run("bitfield s get i43 0")).isEqualTo("[(integer) 4398046511103]");
        redis.run("bitfield s overflow sat set i43 0 -9223367638808264705");
        assertThat(redis.run("bitfield s get i43 0")).isEqualTo("[(integer) 4398046511103]");
        redis.run("bitfield s overflow sat set i43 0 -9223367638808264704");
        assertThat(redis.run("bitfield s get i43 0")).isEqualTo("[(integer) -4398046511104]");
    }

    @Test
    void theLastTimeOfExpiryIsRoundedUpToSeconds() {
        redis.run("pexpireat l 9223372036854775807");
        assertThat(redis.run("expiretime l")).isEqualTo("(integer) 9223372036854776");
        assertThat(redis.run("pexpiretime l")).isEqualTo("(integer) 9223372036854775807");
    }

    @Test
    void scoresOfRangesEndAtTheFirstZeroByteAsForStrtod() {
        assertThat(redis.runWords("zcount", "z", "2\0", "inf")).isEqualTo("(integer) 2");
        assertThat(redis.runWords("zcount", "z", "(2\0x", "inf\0")).isEqualTo("(integer) 1");
        assertThat(redis.runWords("zcount", "z", "\0", "(\0")).isEqualTo("(integer) 0");
        assertThat(redis.runWords("zcount", "z", " 2", "(\t3")).isEqualTo("(integer) 1");
        assertThat(redis.runWords("zcount", "z", "2 ", "3")).isEqualTo("(error) ERR min or max is not a float");
        assertThat(redis.runWords("zcount", "z", "x\0", "inf")).isEqualTo("(error) ERR min or max is not a float");
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
