// SPDX-License-Identifier: Apache-2.0
package dev.understudy.commands;

import static org.assertj.core.api.Assertions.assertThat;

import dev.understudy.wire.Bytes;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class ListCommandsTest {
    private final CommandHarness redis = new CommandHarness(ListCommands::register);

    @BeforeEach
    void fill() {
        redis.run("rpush l a b c b d");
        redis.effects();
        redis.events();
    }

    @AfterEach
    void close() {
        redis.close();
    }

    @ParameterizedTest(name = "{0} after rpush l a b c b d: {1}")
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "lpush l x 1 | (integer) 7 | [lpush l x 1] | [l lpush l] | [\"1\" \"x\" \"a\" \"b\" \"c\" \"b\" \"d\"]",
                "lpushx n x | (integer) 0 | [] | [] |",
                "rpushx l x | (integer) 6 | [rpushx l x] | [l rpush l] |",
                "lpop l | \"a\" | [lpop l] | [l lpop l] | [\"b\" \"c\" \"b\" \"d\"]",
                "rpop l | \"d\" | [rpop l] | [l rpop l] |",
                "lpop n | (nil) | [] | [] |",
                "lpop n 1 | (nil) | [] | [] |",
                "lpop l 0 | [] | [] | [] |",
                "lpop l -1 | (error) ERR value is out of range, must be positive | [] | [] |",
                "rpop l 2 | [\"d\" \"b\"] | [rpop l 2] | [l rpop l] | [\"a\" \"b\" \"c\"]",
                "lpop l 9 | [\"a\" \"b\" \"c\" \"b\" \"d\"] | [lpop l 9] | [l lpop l, g del l] | []",
                "lpop l 1 2 | (error) ERR wrong number of arguments for 'lpop' command | [] | [] |",
                "llen l | (integer) 5 | [] | [] |",
                "lindex l -1 | \"d\" | [] | [] |",
                "lindex l 5 | (nil) | [] | [] |",
                "lindex l x | (error) ERR value is not an integer or out of range | [] | [] |",
                "lset l 1 x | OK | [lset l 1 x] | [l lset l] | [\"a\" \"x\" \"c\" \"b\" \"d\"]",
                "lset l 9 x | (error) ERR index out of range | [] | [] |",
                "lset n 0 x | (error) ERR no such key | [] | [] |",
                "lrange l 1 -2 | [\"b\" \"c\" \"b\"] | [] | [] |",
                "lrange l 3 1 | [] | [] | [] |",
                "ltrim l 1 2 | OK | [ltrim l 1 2] | [l ltrim l] | [\"b\" \"c\"]",
                "ltrim l 5 9 | OK | [ltrim l 5 9] | [l ltrim l, g del l] | []",
                "ltrim l 0 -1 | OK | [] | [l ltrim l] |",
                "lrem l 0 b | (integer) 2 | [lrem l 0 b] | [l lrem l] | [\"a\" \"c\" \"d\"]",
                "lrem l -1 b | (integer) 1 | [lrem l -1 b] | [l lrem l] | [\"a\" \"b\" \"c\" \"d\"]",
                "lrem l 1 x | (integer) 0 | [] | [] |",
                "linsert l before c x | (integer) 6 | [linsert l before c x] | [l linsert l] | [\"a\" \"b\" \"x\" \"c\" \"b\" \"d\"]",
                "linsert l after x y | (integer) -1 | [] | [] |",
                "linsert l at x y | (error) ERR syntax error | [] | [] |",
                "lpos l b | (integer) 1 | [] | [] |",
                "lpos l b rank -1 | (integer) 3 | [] | [] |",
                "lpos l b count 0 | [(integer) 1 (integer) 3] | [] | [] |",
                "lpos l d maxlen 2 | (nil) | [] | [] |",
                "lpos l b count 0 maxlen 3 | [(integer) 1] | [] | [] |",
                "lpos l b count -1 | (error) ERR COUNT can't be negative | [] | [] |",
                "lmove l m left right | \"a\" | [lmove l m left right] | [n new m, l rpush m, l lpop l] |",
                "rpoplpush l l | \"d\" | [rpoplpush l l] | [l lpush l, l rpop l] | [\"d\" \"a\" \"b\" \"c\" \"b\"]",
                "lmpop 2 n l left | [\"l\" [\"a\"]] | [LPOP l 1] | [l lpop l] |",
                "lmpop 1 l right count 9 | [\"l\" [\"d\" \"b\" \"c\" \"b\" \"a\"]] | [RPOP l 5] | [l rpop l, g del l] | []",
                "lmpop 1 n right | (nil) | [] | [] |",
                "lmpop 0 n right | (error) ERR numkeys should be greater than 0 | [] | [] |",
            })
    void repliesEffectsAndEventsAreThoseOfRedis(
            String command, String reply, String effects, String events, String left) {
        assertThat(redis.run(command)).isEqualTo(reply);
        assertThat(redis.effects().toString()).isEqualTo(effects);
        assertThat(redis.events().toString()).isEqualTo(events);
        if (left != null) {
            assertThat(redis.run("lrange l 0 -1")).isEqualTo(left);
        }
    }

    @Test
    void aKeyOfAnotherTypeIsRefused() {
        redis.data().db(0).setString(Bytes.of("s"), Bytes.of("x"), false);
        for (String command : new String[] {"lpush s a", "lrange s 0 1", "lmove l s left left", "lpop s", "llen s"}) {
            assertThat(redis.run(command)).startsWith("(error) WRONGTYPE");
        }
        assertThat(redis.run("llen l")).isEqualTo("(integer) 5");
    }
}
