// SPDX-License-Identifier: Apache-2.0
package dev.understudy.server.commands;

import static org.assertj.core.api.Assertions.assertThat;

import dev.understudy.server.Shutdown;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The end that a signal asks for, and what it saves. */
class ShutdownTest {
    private final TestServer server = new TestServer("--save", "3600 1");
    private final TestServer.Peer client = server.connect();
    private final List<Integer> exits = new ArrayList<>();

    ShutdownTest() {
        server.server.shutdown().onExit(exits::add);
    }

    @AfterEach
    void close() {
        server.close();
    }

    /** As the handler of SIGTERM does it. */
    private boolean signal(Shutdown.Options options) {
        boolean first = server.server.shutdown().signal();
        server.server.shutdown().schedule(options);
        return first;
    }

    @Test
    void aSignalIsObeyedByTheCron() {
        client.ask("SET", "key", "value");
        signal(Shutdown.Options.DEFAULT);
        assertThat(server.machine.log).doesNotContain("User requested shutdown...");
        assertThat(client.ask("PING")).isEqualTo("+PONG|");
        server.machine.pass(1);
        assertThat(exits).containsExactly(0);
        assertThat(server.machine.files).containsOnlyKeys("dump.rdb");
        assertThat(server.machine.log)
                .containsSubsequence(
                        "User requested shutdown...",
                        "Saving the final RDB snapshot before exiting.",
                        "Redis is now ready to exit, bye bye...");
    }

    @Test
    void whatTheCronHasNotBegunShutdownAbortTakesBack() {
        client.ask("DEBUG", "PAUSE-CRON", "1");
        signal(Shutdown.Options.DEFAULT);
        server.machine.pass(1);
        assertThat(client.ask("SHUTDOWN", "ABORT")).isEqualTo("+OK|");
        assertThat(server.machine.log)
                .contains("Shutdown manually aborted.")
                .doesNotContain("User requested shutdown...");
        assertThat(client.ask("SHUTDOWN", "ABORT")).isEqualTo("-ERR No shutdown in progress.|");
        client.ask("DEBUG", "PAUSE-CRON", "0");
        server.machine.pass(1);
        assertThat(exits).isEmpty();
        assertThat(signal(Shutdown.Options.DEFAULT))
                .as("as if it were the first")
                .isTrue();
    }

    @Test
    void whoSignalsTwiceInsists() {
        assertThat(signal(Shutdown.Options.DEFAULT)).isTrue();
        assertThat(signal(Shutdown.Options.DEFAULT)).isFalse();
    }

    @Test
    void aServerThatCannotSaveLivesOnAndTheNextSignalIsAFirstOneAgain() {
        client.ask("SET", "key", "value");
        server.machine.diskFaults.add("rename");
        signal(Shutdown.Options.DEFAULT);
        server.machine.pass(1);
        assertThat(server.machine.log)
                .contains(
                        "Error trying to save the DB, can't exit.",
                        "Errors trying to shut down the server. Check the logs for more information.");
        assertThat(exits).isEmpty();
        assertThat(client.ask("SET", "key", "2")).isNotEmpty();
        assertThat(server.machine.files).as("half a dump").isEmpty();
        server.machine.diskFaults.clear();
        assertThat(signal(Shutdown.Options.DEFAULT)).isTrue();
        server.machine.pass(1);
        assertThat(exits).containsExactly(0);
        assertThat(server.machine.files).containsOnlyKeys("dump.rdb");
    }

    @Test
    void forceEndsAServerThatCannotSave() {
        client.ask("SET", "key", "value");
        server.machine.diskFaults.add("rename");
        signal(new Shutdown.Options(null, false, true));
        server.machine.pass(1);
        assertThat(server.machine.log).contains("Error trying to save the DB. Exit anyway.");
        assertThat(exits).containsExactly(0);
    }

    @Test
    void aSaveInTheBackgroundIsGivenUpForTheFinalOne() {
        client.ask("SET", "key", "value");
        server.machine.hold();
        client.ask("BGSAVE");
        signal(Shutdown.Options.DEFAULT);
        server.machine.pass(1);
        server.machine.release();
        assertThat(server.machine.log).contains("There is a child saving an .rdb. Killing it!");
        assertThat(server.machine.files).containsOnlyKeys("dump.rdb");
        assertThat(exits).containsExactly(0);
    }

    @Test
    void writesThatWaitedForTheEndOfTheReplicasAreExecutedAfterAnAbort() {
        TestServer.Peer replica = server.connect();
        replica.ask("PSYNC", "?", "-1");
        client.ask("SET", "key", "value");
        signal(new Shutdown.Options(false, false, false));
        server.machine.pass(1);
        assertThat(server.machine.log).contains("Waiting for replicas before shutting down.");
        TestServer.Peer writer = server.connect();
        assertThat(writer.ask("SET", "key", "2")).isEmpty();
        assertThat(client.ask("SHUTDOWN", "ABORT")).isEqualTo("+OK|");
        assertThat(writer.taken()).isEqualTo("+OK|");
    }

    @Test
    void aCommandOfOurMasterThatTwoPausesHoldBackIsAppliedOnce() {
        client.ask("REPLICAOF", "10.9.9.9", "7000");
        FakeMaster master = new FakeMaster(server.machine);
        byte[] empty = "REDIS0011\u00ff\0\0\0\0\0\0\0\0".getBytes(StandardCharsets.ISO_8859_1);
        master.sendFile("a".repeat(40), 0, empty);
        TestServer.Peer behind = server.connect();
        behind.ask("PSYNC", "?", "-1");
        master.say("*1\r\n$4\r\nPING\r\n");
        assertThat(client.ask("CLIENT", "PAUSE", "1000", "ALL")).isEqualTo("+OK|");
        server.server.shutdown().request(new Shutdown.Options(false, false, false), null);
        String increment = "*2\r\n$4\r\nINCR\r\n$1\r\nn\r\n";
        master.say(increment + increment);
        server.machine.pass(2);
        assertThat(client.ask("GET", "n")).as("the shutdown still waits").isEqualTo("$-1|");
        assertThat(client.ask("SHUTDOWN", "ABORT")).isEqualTo("+OK|");
        assertThat(client.ask("GET", "n")).isEqualTo("$1|2|");
        assertThat(client.text("INFO", "replication")).contains("|slave_repl_offset:" + (14 + 2 * increment.length()));
    }
}
