// SPDX-License-Identifier: Apache-2.0
package dev.understudy.commands;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** Strings longer than can be held are refused, and big ones are not copied to the heap. */
class StringLimitsTest {
    private static final String TOO_LONG = "(error) ERR string exceeds maximum allowed size (proto-max-bulk-len)";
    private static final String BAD_OFFSET = "(error) ERR bit offset is not an integer or out of range";

    private final ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();

    @Test
    void noSettingMakesStringsLongerThanCanBeHeld() {
        try (CommandHarness redis = new CommandHarness(StringCommands::register, BitCommands::register)) {
            redis.limits.stringMaxBytes(4L << 30);
            assertThat(redis.run("SETRANGE k 2147483648 x")).isEqualTo(TOO_LONG);
            assertThat(redis.run("SETRANGE k 2147483583 x")).isEqualTo(TOO_LONG);
            assertThat(redis.run("SETRANGE k 9223372036854775807 x")).isEqualTo(TOO_LONG);
            assertThat(redis.run("SETBIT k 34359738367 1")).isEqualTo(BAD_OFFSET);
            assertThat(redis.run("SETBIT k 17179868664 1")).isEqualTo(BAD_OFFSET);
            assertThat(redis.run("BITFIELD k SET u8 17179868664 1")).isEqualTo(BAD_OFFSET);
            assertThat(redis.run("BITFIELD k SET u8 #2147483647 1")).isEqualTo(BAD_OFFSET);
            assertThat(redis.run("STRLEN k")).isEqualTo("(integer) 0");
        }
    }

    @Test
    void aMastersStringsHaveTheSameLimit() {
        try (CommandHarness redis = new CommandHarness(StringCommands::register, BitCommands::register)) {
            redis.replica = true;
            CommandHarness.Client master = redis.master();
            assertThat(master.run("SETRANGE k 2147483583 x")).isEqualTo(TOO_LONG);
            assertThat(master.run("SETBIT k 17179868664 1")).isEqualTo(BAD_OFFSET);
        }
    }

    @Test
    void bitopNeverHoldsAWholeString() {
        try (CommandHarness redis = new CommandHarness(StringCommands::register, BitCommands::register)) {
            redis.run("SETRANGE a 19999999 x");
            redis.run("SETRANGE b 9999999 x");
            long bytes = allocated(() -> {
                assertThat(redis.run("BITOP XOR c a b")).isEqualTo("(integer) 20000000");
                assertThat(redis.run("BITOP NOT a a")).isEqualTo("(integer) 20000000");
            });
            assertThat(bytes).isLessThan(3_000_000);
            assertThat(redis.run("GETRANGE c 9999998 10000000")).isEqualTo("\"\\x00x\\x00\"");
            assertThat(redis.run("GETRANGE a 19999998 -1")).isEqualTo("\"\\xff\\x87\"");
        }
    }

    @Test
    void copyNeverHoldsAWholeString() {
        try (CommandHarness redis = new CommandHarness(StringCommands::register, KeyCommands::register)) {
            redis.run("SETRANGE a 19999999 x");
            redis.run("SET taken before PX 100000");
            long bytes = allocated(() -> {
                assertThat(redis.run("COPY a b DB 1")).isEqualTo("(integer) 1");
                assertThat(redis.run("COPY a taken REPLACE")).isEqualTo("(integer) 1");
            });
            assertThat(bytes).isLessThan(3_000_000);
            assertThat(redis.run("STRLEN taken")).isEqualTo("(integer) 20000000");
            assertThat(redis.run("GETRANGE taken 19999998 -1")).isEqualTo("\"\\x00x\"");
            assertThat(redis.run("PTTL taken")).isEqualTo("(integer) -1");
        }
    }

    /** Against the same by hand, in pieces of all sizes, with targets that are sources or something else, and with an expiry. */
    @Test
    void bitopCombinesWhateverTheTargetIs() {
        long seed = Long.getLong("seed", new SplittableRandom().nextLong());
        SplittableRandom random = new SplittableRandom(seed);
        try (CommandHarness redis = new CommandHarness(
                StringCommands::register, BitCommands::register, SetCommands::register, KeyCommands::register)) {
            for (int round = 0; round < 15; round++) {
                String what = "seed " + seed + ", round " + round;
                byte[][] strings = new byte[3][];
                for (int i = 0; i < 3; i++) {
                    strings[i] = new byte[random.nextInt(5) == 0 ? 0 : random.nextInt(1, 200_000)];
                    random.nextBytes(strings[i]);
                    redis.run("DEL " + (char) ('a' + i));
                    if (strings[i].length > 0) {
                        redis.runWords("SET", "" + (char) ('a' + i), latin(strings[i]), "PX", "100000");
                    }
                }
                redis.run("DEL t");
                String target = new String[] {"a", "b", "t"}[random.nextInt(3)];
                if (target.equals("t") && random.nextBoolean()) {
                    redis.run("SADD t x y z");
                }
                int operation = random.nextInt(3);
                byte[] expected = expected(operation, strings);
                String reply =
                        redis.run("BITOP " + new String[] {"AND", "OR", "XOR"}[operation] + " " + target + " a b c");
                assertThat(reply).as(what).isEqualTo("(integer) " + expected.length);
                assertThat(redis.run("GET " + target))
                        .as(what)
                        .isEqualTo(
                                expected.length == 0
                                        ? "(nil)"
                                        : CommandHarness.show(new dev.understudy.wire.Value.Bulk(
                                                dev.understudy.wire.Bytes.of(expected))));
                assertThat(redis.run("PTTL " + target))
                        .as(what)
                        .isEqualTo(expected.length == 0 ? "(integer) -2" : "(integer) -1");
            }
        }
    }

    private static byte[] expected(int operation, byte[][] strings) {
        int length = Math.max(strings[0].length, Math.max(strings[1].length, strings[2].length));
        byte[] result = new byte[length];
        for (int i = 0; i < length; i++) {
            int[] at = new int[3];
            for (int s = 0; s < 3; s++) {
                at[s] = i < strings[s].length ? strings[s][i] : 0;
            }
            result[i] = (byte)
                    switch (operation) {
                        case 0 -> at[0] & at[1] & at[2];
                        case 1 -> at[0] | at[1] | at[2];
                        default -> at[0] ^ at[1] ^ at[2];
                    };
        }
        return result;
    }

    private static String latin(byte[] bytes) {
        return new String(bytes, java.nio.charset.StandardCharsets.ISO_8859_1);
    }

    @Test
    void lcsLooksAtTheSizesBeforeItCopies() {
        try (CommandHarness redis = new CommandHarness(StringCommands::register, BitCommands::register)) {
            redis.run("SETRANGE a 19999999 x");
            redis.run("SETRANGE b 9999999 x");
            long bytes = allocated(() -> {
                assertThat(redis.run("LCS a b LEN"))
                        .isEqualTo(
                                "(error) ERR Insufficient memory, transient memory for LCS exceeds proto-max-bulk-len");
                assertThat(redis.run("LCS a nothing")).isEqualTo("\"\"");
                assertThat(redis.run("LCS nothing a LEN")).isEqualTo("(integer) 0");
            });
            assertThat(bytes).isLessThan(1_000_000);
        }
    }

    private long allocated(Runnable work) {
        long before = threads.getCurrentThreadAllocatedBytes();
        work.run();
        return threads.getCurrentThreadAllocatedBytes() - before;
    }
}
