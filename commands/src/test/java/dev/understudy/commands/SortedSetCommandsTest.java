// SPDX-License-Identifier: Apache-2.0
package dev.understudy.commands;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class SortedSetCommandsTest {
    private final CommandHarness redis = new CommandHarness(SortedSetCommands::register, SetCommands::register);

    @AfterEach
    void close() {
        redis.close();
    }

    private void fill(int compact) {
        redis.limits.sortedSetMaxListpackEntries = compact;
        redis.run("zadd z 1 a 2 b 3 c 4.5 d");
        redis.run("zadd y 0 a 0 b 0 c 0 d");
        redis.run("zadd x 10 b 20 c");
        redis.run("sadd s a b q");
        redis.effects();
        redis.events();
    }

    @ParameterizedTest(name = "{0}: {1}")
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "zadd z 9 a 5 e | (integer) 1 | [zadd z 9 a 5 e] | [z zadd z]",
                "zadd z ch 9 a 5 e | (integer) 2 | [zadd z ch 9 a 5 e] | [z zadd z]",
                "zadd z nx 9 a | (integer) 0 | [] | []",
                "zadd z xx 9 q | (integer) 0 | [] | []",
                "zadd z gt ch 0 a 9 b | (integer) 1 | [zadd z gt ch 0 a 9 b] | [z zadd z]",
                "zadd z incr 2.5 a | \"3.5\" | [zadd z incr 2.5 a] | [z zincr z]",
                "zadd z nx incr 2.5 a | (nil) | [] | []",
                "zadd z nx xx 1 a | (error) ERR XX and NX options at the same time are not compatible | [] | []",
                "zadd z gt lt 1 a | (error) ERR GT, LT, and/or NX options at the same time are not compatible | [] | []",
                "zadd z incr 1 a 2 b | (error) ERR INCR option supports a single increment-element pair | [] | []",
                "zadd z x a | (error) ERR value is not a valid float | [] | []",
                "zadd n 1 a | (integer) 1 | [zadd n 1 a] | [n new n, z zadd n]",
                "zincrby z -1 a | \"0\" | [zincrby z -1 a] | [z zincr z]",
                "zrem z a q b | (integer) 2 | [zrem z a q b] | [z zrem z]",
                "zrem x b c | (integer) 2 | [zrem x b c] | [z zrem x, g del x]",
                "zscore z d | \"4.5\" | [] | []",
                "zmscore z d q | [\"4.5\" (nil)] | [] | []",
                "zrank z c | (integer) 2 | [] | []",
                "zrevrank z c withscore | [(integer) 1 \"3\"] | [] | []",
                "zcount z (1 3 | (integer) 2 | [] | []",
                "zcount z -inf +inf | (integer) 4 | [] | []",
                "zcount z x 1 | (error) ERR min or max is not a float | [] | []",
                "zlexcount y [b + | (integer) 3 | [] | []",
                "zlexcount y b + | (error) ERR min or max not valid string range item | [] | []",
                "zrange z 0 1 withscores | [\"a\" \"1\" \"b\" \"2\"] | [] | []",
                "zrange z 0 1 rev | [\"d\" \"c\"] | [] | []",
                "zrange z (4.5 2 byscore rev limit 0 1 | [\"c\"] | [] | []",
                "zrange y (a [c bylex | [\"b\" \"c\"] | [] | []",
                "zrange z 0 1 limit 1 1 | (error) ERR syntax error, LIMIT is only supported in combination with either BYSCORE or BYLEX | [] | []",
                "zrevrangebyscore z +inf 2 limit 1 2 | [\"c\" \"b\"] | [] | []",
                "zrevrangebylex y (c - | [\"b\" \"a\"] | [] | []",
                "zrangestore n z 1 2 | (integer) 2 | [zrangestore n z 1 2] | [n new n, z zrangestore n]",
                "zrangestore z z 9 10 | (integer) 0 | [zrangestore z z 9 10] | [g del z]",
                "zremrangebyscore z 2 (4.5 | (integer) 2 | [zremrangebyscore z 2 (4.5] | [z zremrangebyscore z]",
                "zremrangebyrank z 0 -1 | (integer) 4 | [zremrangebyrank z 0 -1] | [z zremrangebyrank z, g del z]",
                "zremrangebylex y - (b | (integer) 1 | [zremrangebylex y - (b] | [z zremrangebylex y]",
                "zpopmin z | [\"a\" \"1\"] | [zpopmin z] | [z zpopmin z]",
                "zpopmax z 2 | [\"d\" \"4.5\" \"c\" \"3\"] | [zpopmax z 2] | [z zpopmax z]",
                "zpopmin z 0 | [] | [] | []",
                "zmpop 2 n x max count 5 | [\"x\" [[\"c\" \"20\"] [\"b\" \"10\"]]] | [ZPOPMAX x 2] | [z zpopmax x, g del x]",
                "zunion 2 z x withscores | [\"a\" \"1\" \"d\" \"4.5\" \"b\" \"12\" \"c\" \"23\"] | [] | []",
                "zunion 2 z s weights 2 10 aggregate max withscores | [\"c\" \"6\" \"d\" \"9\" \"a\" \"10\" \"b\" \"10\" \"q\" \"10\"] | [] | []",
                "zinter 2 z x aggregate min withscores | [\"b\" \"2\" \"c\" \"3\"] | [] | []",
                "zdiff 2 z s withscores | [\"c\" \"3\" \"d\" \"4.5\"] | [] | []",
                "zinterstore z 2 z s | (integer) 2 | [zinterstore z 2 z s] | [z zinterstore z]",
                "zdiffstore n 1 z | (integer) 4 | [zdiffstore n 1 z] | [n new n, z zdiffstore n]",
                "zunionstore n 0 z | (error) ERR at least 1 input key is needed for 'zunionstore' command | [] | []",
                "zintercard 2 z x limit 1 | (integer) 1 | [] | []",
                "zscan x 0 | [\"0\" [\"b\" \"10\" \"c\" \"20\"]] | [] | []",
            })
    void repliesEffectsAndEventsAreThoseOfRedis(String command, String reply, String effects, String events) {
        fill(128);
        assertThat(redis.run(command)).isEqualTo(reply);
        assertThat(redis.effects().toString()).isEqualTo(effects);
        assertThat(redis.events().toString()).isEqualTo(events);
        redis.run("srem s a b q");
        for (String key : new String[] {"z", "y", "x", "n"}) {
            redis.run("zremrangebyrank " + key + " 0 -1");
        }
        fill(0);
        if (!command.startsWith("zscan")) {
            assertThat(redis.run(command)).as("of skiplists").isEqualTo(reply);
        }
    }

    @Test
    void scoresAreDoublesAndPairsAreNestedInResp3() {
        fill(128);
        redis.protocol(3);
        assertThat(redis.run("zrange z 0 1 withscores")).isEqualTo("[[\"a\" (double) 1] [\"b\" (double) 2]]");
        assertThat(redis.run("zscore z d")).isEqualTo("(double) 4.5");
        assertThat(redis.run("zpopmin z")).isEqualTo("[\"a\" (double) 1]");
        assertThat(redis.run("zpopmin z 1")).isEqualTo("[[\"b\" (double) 2]]");
    }

    @ParameterizedTest(name = "at most {0} compact members")
    @ValueSource(ints = {0, 1000})
    void randomMembersAreDistinctUnlessTheCountIsNegative(int compact) {
        redis.limits.sortedSetMaxListpackEntries = compact;
        for (int i = 0; i < 100; i++) {
            redis.run("zadd z " + i + " m" + i);
        }
        for (int count : new int[] {1, 20, 80, 200}) {
            String[] picked = redis.run("zrandmember z " + count)
                    .replaceAll("[\\[\\]]", "")
                    .split(" ");
            assertThat(picked).doesNotHaveDuplicates().hasSize(Math.min(count, 100));
        }
        assertThat(redis.run("zrandmember z -200 withscores").split(" ")).hasSize(400);
        assertThat(redis.run("zrandmember n")).isEqualTo("(nil)");
    }
}
