// SPDX-License-Identifier: Apache-2.0
package dev.understudy.interop;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.understudy.server.ServerEvent;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import redis.clients.jedis.exceptions.JedisException;

/** A fault of ours ends the process, or the embedded instance, by name; what was answered is there afterwards, on its replica and in its files. */
class FaultIT {
    private static final int WRITES = 2_000;

    @TempDir
    private Path dir;

    @ParameterizedTest
    @CsvSource({
        "PANIC, java.lang.IllegalStateException: DEBUG PANIC",
        "ASSERT, DEBUG ASSERT: one",
        "OOM, java.lang.OutOfMemoryError"
    })
    void aFaultEndsTheProcessWithItsReasonAndNothingAnsweredIsLost(String kind, String reason) {
        try (var master = Crashable.start(
                        "master",
                        dir,
                        Optional.empty(),
                        "--appendonly",
                        "yes",
                        // Under everysec a write may wait for the fsync under way, as in Redis.
                        "--appendfsync",
                        "always",
                        "--enable-debug-command",
                        "yes");
                var replica = Crashable.start(
                        "replica", dir, Optional.empty(), "--replicaof", "127.0.0.1 " + master.port())) {
            master.awaitReady();
            replica.awaitReady();
            Waits.up(replica);
            try (Session session = new Session(Node.HOST, master.port())) {
                for (int i = 0; i < WRITES; i++) {
                    session.call("SET", "key:" + i, "value");
                }
                assertThatThrownBy(() -> session.call("DEBUG", kind)).isInstanceOf(JedisException.class);
            }
            assertThat(master.awaitEnd()).isEqualTo(1);
            assertThat(master.log().lines().toList().getLast())
                    .contains("Fatal fault: in debug of 2 words")
                    .contains(reason);
            assertThat(master.log()).contains("=== UNDERSTUDY CRASH REPORT BEGIN");
            master.restart();
            assertThat(master.call("DBSIZE")).isEqualTo((long) WRITES);
            Waits.up(replica);
            assertThat(replica.call("DBSIZE")).isEqualTo((long) WRITES);
        }
    }

    @Test
    void aFaultClosesAnEmbeddedInstanceAndTellsItsListener() {
        List<ServerEvent> events = new CopyOnWriteArrayList<>();
        try (Ours ours = Ours.start(
                "embedded", dir, options -> options.listener(events::add), "--enable-debug-command", "yes")) {
            assertThatThrownBy(() -> ours.call("DEBUG", "PANIC")).isInstanceOf(JedisException.class);
            ours.awaitEnd();
            assertThat(events.getLast()).isInstanceOf(ServerEvent.Failed.class);
            assertThat(ours.log()).contains("Fatal fault: in debug of 2 words");
        }
    }
}
