// SPDX-License-Identifier: Apache-2.0
package dev.understudy.commands;

import static org.assertj.core.api.Assertions.assertThat;

import dev.understudy.wire.Bytes;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Commands of an append only file: nothing refuses them, and they go nowhere else. */
class ReplayTest {
    private final CommandHarness redis = new CommandHarness(
            StringCommands::register, ListCommands::register, SetCommands::register, KeyCommands::register);

    /** The fake client is one like a master's link; its replies are of no interest. */
    private final CommandHarness.Client client = redis.master();

    @AfterEach
    void close() {
        redis.close();
    }

    private void replay(String... words) {
        Bytes[] bytes = new Bytes[words.length];
        for (int i = 0; i < words.length; i++) {
            bytes[i] = Bytes.of(words[i]);
        }
        Command command = Objects.requireNonNull(redis.engine.lookUp(bytes, bytes.length));
        redis.engine.replay(client, command, bytes, bytes.length);
    }

    @Test
    void noEffectsAreStatedNotEvenThoseThatHandlersWordThemselves() {
        replay("SET", "a", "1", "EX", "10");
        replay("SADD", "s", "1", "2", "3");
        replay("SPOP", "s");
        replay("MULTI");
        replay("RPUSH", "l", "1");
        replay("RPOP", "l");
        replay("EXEC");
        assertThat(redis.effects()).isEmpty();
        assertThat(redis.run("SCARD s")).isEqualTo("(integer) 2");
        redis.run("INCR a");
        assertThat(redis.effects()).as("afterwards").containsExactly("INCR a");
    }

    @Test
    void whatRefusesClientsDoesNotRefuseThem() {
        redis.loading = true;
        redis.outOfMemory = true;
        redis.replica = true;
        replay("SET", "a", "1");
        redis.loading = false;
        assertThat(redis.run("GET a")).isEqualTo("\"1\"");
    }

    @Test
    void aTransactionIsExecutedByItsExec() {
        replay("MULTI");
        replay("SET", "a", "1");
        assertThat(redis.run("GET a")).isEqualTo("(nil)");
        replay("EXEC");
        assertThat(redis.run("GET a")).isEqualTo("\"1\"");
    }

    @Test
    void nothingExpiresWhileLoading() {
        redis.loading = true;
        replay("SET", "a", "1", "PXAT", "1");
        replay("INCR", "a");
        replay("PERSIST", "a");
        redis.loading = false;
        assertThat(redis.run("GET a")).isEqualTo("\"2\"");
    }
}
