// SPDX-License-Identifier: Apache-2.0
package dev.understudy.server.commands;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** A master as its replicas, which the test plays, see it: full syncs, the stream, WAIT and SHUTDOWN. */
class ReplicaConnectionsTest {
    private static final String SHUTDOWN_FAILED = "-ERR Errors trying to SHUTDOWN. Check logs.|";

    private TestServer server = new TestServer("--save", "");
    private TestServer.Peer client = server.connect();

    @AfterEach
    void close() {
        server.close();
    }

    private void restart(String... options) {
        server.close();
        server = new TestServer(options);
        client = server.connect();
    }

    private long info(String field) {
        return Pattern.compile("\\|" + field + ":(\\d+)\\|")
                .matcher(client.text("INFO"))
                .results()
                .map(MatchResult::group)
                .map(line -> Long.parseLong(line.replaceAll("\\D", " ").strip()))
                .findFirst()
                .orElseThrow();
    }

    private TestServer.Peer replica() {
        TestServer.Peer replica = server.connect();
        assertThat(replica.ask("PSYNC", "?", "-1")).startsWith("+FULLRESYNC ");
        return replica;
    }

    @Test
    void aReplicaThatCausesAnErrorByAnUnknownCommandIsNamedInTheLogAndSentAway() {
        TestServer.Peer replica = replica();
        replica.ask("nonsense");
        assertThat(replica.open).isFalse();
        assertThat(server.machine.log)
                .anyMatch(line -> line.startsWith(
                                "== CRITICAL == This master is sending an error to its replica: '-ERR unknown command")
                        && line.endsWith("after processing the command '<unknown>'"));
    }

    @Test
    void theLogNamesTheRefusedCommandThatAReplicaGotAReplyTo() {
        TestServer.Peer replica = replica();
        replica.ask("GET", "key");
        assertThat(replica.open).isFalse();
        assertThat(server.machine.log)
                .anyMatch(line -> line.startsWith("Replica generated a reply to command 'get', disconnecting it: "));
    }

    @Test
    void whatASlowReplicaKeptIsFreedWhenItIsGoneEvenIfNothingIsWrittenAnyMore() {
        assertThat(client.ask("CONFIG", "SET", "repl-backlog-size", "16384")).isEqualTo("+OK|");
        server.machine.hold();
        TestServer.Peer replica = server.connect();
        replica.ask("PSYNC", "?", "-1");
        String value = "x".repeat(64 * 1024);
        for (int i = 0; i < 48; i++) {
            client.ask("SET", "key", value);
        }
        assertThat(info("repl_backlog_histlen")).isGreaterThan(48 * value.length());
        replica.close();
        server.machine.release();
        assertThat(info("repl_backlog_histlen")).isLessThan(64 * 1024);
    }

    @Test
    void flushallSendsAwayTheReplicasThatWaitForASnapshotOfWhatWasThere() {
        for (String diskless : new String[] {"no", "yes"}) {
            client.ask("CONFIG", "SET", "repl-diskless-sync", diskless, "repl-diskless-sync-delay", "0");
            client.ask("SET", "key", "value");
            server.machine.hold();
            TestServer.Peer replica = server.connect();
            replica.ask("PSYNC", "?", "-1");
            assertThat(info("rdb_bgsave_in_progress")).isOne();
            client.ask("FLUSHALL");
            server.machine.release();
            assertThat(replica.open).as("diskless %s", diskless).isFalse();
            assertThat(info("rdb_bgsave_in_progress")).isZero();
        }
    }

    @Test
    void aSaveThatFlushallHasCancelledDoesNotBringTheKeysBack() {
        restart("--save", "3600 1");
        client.ask("SET", "key", "value");
        server.machine.hold();
        client.ask("BGSAVE");
        client.ask("FLUSHALL");
        byte[] empty = server.machine.files.get("dump.rdb");
        server.machine.release();
        assertThat(server.machine.files).containsOnlyKeys("dump.rdb").containsEntry("dump.rdb", empty);
    }

    /** Found by the simulation: a limit below the size of the payload made a loop of full syncs. */
    @Test
    void thePayloadOfAFullSyncCountsAgainstNoOutputLimit() {
        for (String diskless : List.of("yes", "no")) {
            restart("--repl-diskless-sync", diskless, "--repl-diskless-sync-delay", "0");
            client.ask("CONFIG", "SET", "client-output-buffer-limit", "replica 50000 0 0");
            client.ask("CONFIG", "SET", "repl-backlog-size", "16384", "rdbcompression", "no");
            client.ask("SET", "key", "v".repeat(200_000));
            TestServer.Peer replica = server.connect();
            replica.ask("REPLCONF", "capa", "eof");
            int payload = replica.ask("PSYNC", "?", "-1").length();
            assertThat(payload).as("diskless %s", diskless).isGreaterThan(200_000);
            // All of it waits in the connection.
            replica.pendingBytes = payload;
            replica.stall();
            server.machine.pass(3);
            assertThat(replica.open).as("diskless %s", diskless).isTrue();
            client.ask("SET", "key", "v".repeat(60_000));
            server.machine.pass(2);
            assertThat(replica.open)
                    .as("the stream counts, diskless %s", diskless)
                    .isFalse();
        }
    }

    /** Found by the simulation: the snapshot was ready, and then replaced by that of the shutdown, which has another position. */
    @Test
    void aSnapshotThatIsGivenUpWhenItIsReadyIsNotSentToReplicas() {
        restart("--repl-diskless-sync", "no", "--shutdown-timeout", "0");
        client.ask("SET", "key", "value");
        server.machine.hold();
        TestServer.Peer replica = server.connect();
        assertThat(replica.ask("PSYNC", "?", "-1")).startsWith("+FULLRESYNC ");
        server.machine.finishHeld();
        client.ask("SET", "key", "later");
        client.ask("SHUTDOWN", "SAVE");
        server.machine.release();
        assertThat(replica.taken()).doesNotContain("$");
        assertThat(server.machine.log)
                .contains("Background saving terminated by signal 10")
                .doesNotContain("Background saving terminated with success");
    }

    @Test
    void allWhoAskedForAShutdownThatIsAbortedGetTheError() {
        replica();
        client.ask("SET", "key", "value");
        TestServer.Peer first = server.connect();
        TestServer.Peer second = server.connect();
        assertThat(first.ask("SHUTDOWN")).isEmpty();
        assertThat(second.ask("SHUTDOWN", "NOSAVE")).isEmpty();
        assertThat(info("blocked_clients")).isEqualTo(2);
        assertThat(client.ask("SHUTDOWN", "ABORT")).isEqualTo("+OK|");
        assertThat(first.taken()).isEqualTo(SHUTDOWN_FAILED);
        assertThat(second.taken()).isEqualTo(SHUTDOWN_FAILED);
        assertThat(client.ask("SHUTDOWN", "ABORT")).isEqualTo("-ERR No shutdown in progress.|");
        assertThat(first.ask("PING")).isEqualTo("+PONG|");
    }

    @Test
    void waitRefusesATimeThatNoClockReaches() {
        assertThat(client.ask("WAIT", "1", "9223372036854775807")).isEqualTo("-ERR timeout is out of range|");
        assertThat(client.ask("WAIT", "1", "9223372036854775808"))
                .isEqualTo("-ERR timeout is not an integer or out of range|");
        assertThat(client.ask("WAIT", "1", "-1")).isEqualTo("-ERR timeout is negative|");
        assertThat(client.ask("WAIT", "0", "100000000000000000")).isEqualTo(":0|");
    }
}
