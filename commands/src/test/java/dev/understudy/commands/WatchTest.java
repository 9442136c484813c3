// SPDX-License-Identifier: Apache-2.0
package dev.understudy.commands;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** WATCH and keys that have expired: what is no change for a client must not break its transaction. */
class WatchTest {
    private static final String DONE = "[(integer) 0]";
    private static final String BROKEN = "(nil)";

    private final CommandHarness redis =
            new CommandHarness(StringCommands::register, KeyCommands::register, DatabaseCommands::register);

    @AfterEach
    void close() {
        redis.close();
    }

    private String transaction() {
        redis.run("MULTI");
        redis.run("EXISTS nothing");
        return redis.run("EXEC");
    }

    @Test
    void anAbsentKeyMayBecomeAnExpiredOneBySwapdb() {
        redis.run("SET k v PX 1");
        redis.now += 2;
        redis.run("SELECT 1");
        redis.run("WATCH k");
        redis.run("SWAPDB 0 1");
        assertThat(transaction()).isEqualTo(DONE);
    }

    @Test
    void anExpiredKeyMayBecomeAbsentBySwapdb() {
        redis.run("SET k v PX 1");
        redis.now += 2;
        redis.run("WATCH k");
        redis.run("SWAPDB 0 1");
        assertThat(transaction()).isEqualTo(DONE);
    }

    @Test
    void aKeyThatSwapdbBringsBreaksTheTransaction() {
        redis.run("SET k v");
        redis.run("SELECT 1");
        redis.run("WATCH k");
        redis.run("SWAPDB 0 1");
        assertThat(transaction()).isEqualTo(BROKEN);
    }

    @Test
    void aKeyThatSwapdbTakesAwayBreaksTheTransaction() {
        redis.run("SET k v");
        redis.run("WATCH k");
        redis.run("SWAPDB 0 1");
        assertThat(transaction()).isEqualTo(BROKEN);
    }

    @Test
    void anExpiredKeyThatIsFlushedIsNoChangeButANewOneIs() {
        redis.run("SET k v PX 1");
        redis.now += 2;
        redis.run("WATCH k");
        redis.run("FLUSHALL");
        redis.run("SET k w");
        assertThat(transaction()).isEqualTo(BROKEN);
    }
}
