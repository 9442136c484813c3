// SPDX-License-Identifier: Apache-2.0
package dev.understudy.commands;

import static org.assertj.core.api.Assertions.assertThat;

import dev.understudy.persist.DumpPayload;
import dev.understudy.store.Value;
import dev.understudy.wire.Bytes;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What a damaged payload that is not refused makes, every command can read, change and delete
 * (corrupt-dump-fuzzer.tcl).
 */
@Timeout(300)
class DamagedValuesTest {
    private static final int ROUNDS = 60;
    private static final int FOOTER_BYTES = 10;

    private static final String[] STRINGS = {
        "GET k",
        "STRLEN k",
        "GETRANGE k 1 -2",
        "BITCOUNT k",
        "BITPOS k 1",
        "GETBIT k 77",
        "PFCOUNT k",
        "APPEND k x",
        "SETRANGE k 3 zz",
        "INCR k",
        "PFADD k a b",
        "BITFIELD k GET u8 0 SET u4 9 3",
        "LCS k k LEN"
    };
    private static final String[] LISTS = {
        "LRANGE k 0 -1",
        "LRANGE k -5 3",
        "LLEN k",
        "LINDEX k 2",
        "LINDEX k -1",
        "LPOS k a COUNT 0",
        "LPUSH k head",
        "RPUSH k tail",
        "LSET k 1 new",
        "LINSERT k BEFORE tail x",
        "LREM k 1 tail",
        "LMOVE k other LEFT RIGHT",
        "LPOP k 2",
        "RPOP k",
        "LTRIM k 1 -2",
        "LPOS k tail RANK -1 MAXLEN 50"
    };
    private static final String[] SETS = {
        "SMEMBERS k",
        "SCARD k",
        "SISMEMBER k 1",
        "SRANDMEMBER k -5",
        "SSCAN k 0 COUNT 100",
        "SADD k 17 word 99999999999",
        "SREM k 1",
        "SINTERCARD 2 k k",
        "SUNIONSTORE other k",
        "SMOVE k other 17",
        "SPOP k 2",
        "SMISMEMBER k 1 2"
    };
    private static final String[] HASHES = {
        "HGETALL k",
        "HLEN k",
        "HGET k f",
        "HSTRLEN k f",
        "HRANDFIELD k -4 WITHVALUES",
        "HSCAN k 0 COUNT 100",
        "HSET k f v g 12",
        "HINCRBY k n 3",
        "HDEL k f",
        "HKEYS k",
        "HVALS k"
    };
    private static final String[] SORTED_SETS = {
        "ZRANGE k 0 -1 WITHSCORES",
        "ZRANGE k 3 1 REV",
        "ZCARD k",
        "ZSCORE k a",
        "ZRANK k a",
        "ZRANGEBYSCORE k -inf +inf",
        "ZCOUNT k (1 5",
        "ZRANGEBYLEX k - +",
        "ZLEXCOUNT k [a [z",
        "ZSCAN k 0 COUNT 100",
        "ZRANDMEMBER k -4 WITHSCORES",
        "ZADD k 3 new 1.5 other",
        "ZINCRBY k 2 new",
        "ZREM k other",
        "ZPOPMIN k",
        "ZPOPMAX k 2",
        "ZREMRANGEBYRANK k 0 0",
        "ZREMRANGEBYSCORE k 100 200",
        "ZUNIONSTORE u 1 k"
    };
    private static final String[] STREAMS = {
        "XRANGE k - +",
        "XREVRANGE k + -",
        "XLEN k",
        "XINFO STREAM k FULL",
        "XINFO STREAM k",
        "XINFO GROUPS k",
        "XINFO CONSUMERS k g0",
        "XREAD COUNT 3 STREAMS k 0",
        "XPENDING k g0",
        "XPENDING k g0 - + 10",
        "XREADGROUP GROUP g0 c0 COUNT 3 STREAMS k >",
        "XREADGROUP GROUP g0 c0 STREAMS k 0",
        "XADD k * f v",
        "XCLAIM k g0 c9 0 1-0 2-0",
        "XAUTOCLAIM k g0 c9 0 0 COUNT 3",
        "XACK k g0 1-1 1-2 2-0",
        "XDEL k 2-0 3-1",
        "XTRIM k MAXLEN 3",
        "XGROUP CREATE k new $",
        "XGROUP DELCONSUMER k g0 c0",
        "XSETID k 99999999999999-1",
        "XGROUP DESTROY k g0"
    };
    private static final String[] ALL = {
        "TYPE k",
        "OBJECT ENCODING k",
        "MEMORY USAGE k SAMPLES 0",
        "DUMP k",
        "COPY k copy REPLACE",
        "RENAME copy moved",
        "DEL moved"
    };

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 4, 5, 6})
    void whatIsAcceptedCanBeUsed(int type) {
        SplittableRandom random = new SplittableRandom(type);
        try (CommandHarness redis = harness()) {
            int accepted = 0;
            for (int round = 0; round < ROUNDS; round++) {
                redis.run("FLUSHALL");
                make(redis, random, type);
                Value value = Objects.requireNonNull(redis.data().db(0).open(Bytes.of("k")));
                byte[] payload = damaged(random, DumpPayload.dump(value));
                redis.data().closeWindows();
                accepted += use(redis, type, payload) ? 1 : 0;
            }
            assertThat(accepted).as("accepted of " + ROUNDS).isPositive();
            redis.run("FLUSHALL");
        }
    }

    private static boolean use(CommandHarness redis, int type, byte[] payload) {
        redis.run("FLUSHALL");
        DumpPayload.Restored restored =
                DumpPayload.restore(redis.data(), redis.data().db(0), Bytes.of("k"), Bytes.of(payload), false, true);
        redis.data().closeWindows();
        if (!(restored instanceof DumpPayload.Restored.Done)) {
            return false;
        }
        List<String> commands = new ArrayList<>(List.of(ALL));
        commands.addAll(List.of(commands(type)));
        commands.addAll(List.of(ALL));
        String present = "";
        try {
            for (String command : commands) {
                present = command;
                assertThat(redis.run(command))
                        .as(command)
                        .doesNotStartWith("(error) ERR unknown")
                        .doesNotStartWith("(error) ERR wrong number")
                        .doesNotStartWith("(error) ERR syntax");
            }
        } catch (RuntimeException | Error failure) {
            throw new AssertionError(present + " on " + HexFormat.of().formatHex(payload), failure);
        }
        return true;
    }

    private static String[] commands(int type) {
        return switch (type) {
            case 1 -> STRINGS;
            case 2 -> LISTS;
            case 3 -> SETS;
            case 4 -> HASHES;
            case 5 -> SORTED_SETS;
            default -> STREAMS;
        };
    }

    private static CommandHarness harness() {
        return new CommandHarness(
                StringCommands::register,
                BitCommands::register,
                HyperLogLogCommands::register,
                ListCommands::register,
                SetCommands::register,
                HashCommands::register,
                SortedSetCommands::register,
                StreamCommands::register,
                KeyCommands::register,
                DatabaseCommands::register);
    }

    private static void make(CommandHarness redis, SplittableRandom random, int type) {
        int size = random.nextInt(5) == 0 ? random.nextInt(150, 600) : random.nextInt(1, 12);
        switch (type) {
            case 1 -> redis.runWords("SET", "k", text(random).repeat(random.nextInt(1, 30)));
            case 2 -> fill(redis, random, "RPUSH", size, 0);
            case 3 -> fill(redis, random, "SADD", size, 0);
            case 4 -> fill(redis, random, "HSET", size, 1);
            case 5 -> fill(redis, random, "ZADD", size, 2);
            default -> {
                for (int i = 1; i <= size; i++) {
                    redis.runWords("XADD", "k", i + "-" + i % 3, "f", text(random), "g" + i % 2, "v");
                }
                redis.run("XGROUP CREATE k g0 0");
                redis.run("XREADGROUP GROUP g0 c0 COUNT 4 STREAMS k >");
                redis.run("XREADGROUP GROUP g0 c1 COUNT 2 STREAMS k >");
                redis.run("XDEL k 1-1 3-0");
            }
        }
    }

    /** {@code shape}: 0 elements, 1 pairs, 2 score and member. */
    private static void fill(CommandHarness redis, SplittableRandom random, String command, int size, int shape) {
        boolean numbers = random.nextBoolean();
        for (int i = 0; i < size; i++) {
            String element = numbers ? "" + random.nextInt() / (1 << random.nextInt(31)) : i + text(random);
            switch (shape) {
                case 0 -> redis.runWords(command, "k", element);
                case 1 -> redis.runWords(command, "k", element, text(random));
                default -> redis.runWords(command, "k", "" + random.nextInt(-50, 50) / 4.0, element);
            }
        }
    }

    private static String text(SplittableRandom random) {
        return random.nextInt(3) == 0
                ? "" + random.nextInt()
                : "text".substring(random.nextInt(4)) + random.nextInt(100);
    }

    private static byte[] damaged(SplittableRandom random, byte[] payload) {
        byte[] bytes = payload.clone();
        int end = bytes.length - FOOTER_BYTES;
        for (int flips = random.nextInt(3); flips >= 0; flips--) {
            int at = 1 + random.nextInt(end - 1);
            switch (random.nextInt(4)) {
                case 0 -> bytes[at] ^= (byte) (1 << random.nextInt(8));
                case 1 -> bytes[at] = (byte) random.nextInt();
                case 2 -> bytes[at]++;
                default -> {
                    int from = 1 + random.nextInt(end - 1);
                    int count = Math.min(random.nextInt(1, 9), end - Math.max(at, from));
                    System.arraycopy(Arrays.copyOfRange(bytes, from, from + count), 0, bytes, at, count);
                }
            }
        }
        return bytes;
    }
}
