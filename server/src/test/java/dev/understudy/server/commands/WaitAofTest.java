// SPDX-License-Identifier: Apache-2.0
package dev.understudy.server.commands;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** WAITAOF: who waits for what, what counts as done, and what a replica says of its own disk. */
class WaitAofTest {
    private TestServer server = new TestServer();
    private TestServer.Peer client = server.connect();

    @AfterEach
    void close() {
        server.close();
    }

    private void start(String... options) {
        server.close();
        List<String> words = new ArrayList<>(List.of("--save", ""));
        words.addAll(List.of(options));
        server = new TestServer(words.toArray(String[]::new));
        client = server.connect();
        server.machine.pass(2);
    }

    /** A replica that has all there is, and its offset so far. */
    private TestServer.Peer replica() {
        TestServer.Peer replica = server.connect();
        replica.askRaw("REPLCONF capa eof capa psync2\r\nPSYNC ? -1\r\n");
        server.machine.pass(8);
        acknowledge(replica, "0");
        replica.taken();
        return replica;
    }

    private static void acknowledge(TestServer.Peer replica, String... offsets) {
        if (offsets.length == 1) {
            replica.ask("REPLCONF", "ACK", offsets[0]);
        } else {
            replica.ask("REPLCONF", "ACK", offsets[0], "FACK", offsets[1]);
        }
    }

    private String end() {
        return Long.toString(server.server.replication().log().end());
    }

    // ---- errors

    @ParameterizedTest(name = "WAITAOF {0} {1} {2}: {3}")
    @CsvSource({
        "2, 0, 0, 'value is out of range, value must between 0 and 1'",
        "-1, 0, 0, 'value is out of range, value must between 0 and 1'",
        "x, 0, 0, value is not an integer or out of range",
        "0, -1, 0, 'value is out of range, must be positive'",
        "0, x, 0, 'value is out of range, must be positive'",
        "0, 0, -1, timeout is negative",
        "0, 0, x, timeout is not an integer or out of range",
        "0, 0, 9223372036854775807, timeout is out of range",
        "1, 0, 0, WAITAOF cannot be used when numlocal is set but appendonly is disabled."
    })
    void whatMakesNoSenseIsRefused(String local, String replicas, String timeout, String error) {
        assertThat(client.ask("WAITAOF", local, replicas, timeout)).isEqualTo("-ERR " + error + "|");
    }

    @Test
    void onAReplicaThereIsNothingToWaitFor() {
        client.ask("REPLICAOF", "10.9.9.9", "7000");
        assertThat(client.ask("WAITAOF", "0", "0", "0"))
                .isEqualTo(
                        "-ERR WAITAOF cannot be used with replica instances. Please also note that writes to replicas"
                                + " are just local and are not propagated.|");
    }

    // ---- our own disk

    @Test
    void everySecondIsWaitedFor() {
        start("--appendonly", "yes");
        client.ask("SET", "first", "1");
        client.ask("SET", "a", "1");
        assertThat(client.ask("WAITAOF", "1", "0", "0")).isEmpty();
        server.machine.pass(2);
        assertThat(client.taken()).isEqualTo("*2|:1|:0|");
        assertThat(client.ask("WAITAOF", "1", "0", "0")).isEqualTo("*2|:1|:0|");
    }

    @Test
    void withAlwaysThereIsNothingToWaitForAndWithNoOnlyTheTimeIsOver() {
        start("--appendonly", "yes", "--appendfsync", "always");
        client.ask("SET", "a", "1");
        assertThat(client.ask("WAITAOF", "1", "0", "0")).isEqualTo("*2|:1|:0|");
        client.ask("CONFIG", "SET", "appendfsync", "no");
        client.ask("SET", "a", "2");
        assertThat(client.ask("WAITAOF", "1", "0", "500")).isEmpty();
        server.machine.pass(1);
        assertThat(client.taken()).isEqualTo("*2|:0|:0|");
    }

    @Test
    void whoIsInATransactionDoesNotWait() {
        start("--appendonly", "yes", "--appendfsync", "no");
        client.ask("MULTI");
        client.ask("SET", "a", "1");
        client.ask("EXEC");
        client.ask("MULTI");
        client.ask("WAITAOF", "1", "0", "0");
        assertThat(client.ask("EXEC")).isEqualTo("*1|*2|:0|:0|");
    }

    @Test
    void turnedOffWhoWaitsIsTold() {
        start("--appendonly", "yes", "--appendfsync", "no");
        client.ask("SET", "a", "1");
        client.ask("WAITAOF", "1", "0", "0");
        server.connect().ask("CONFIG", "SET", "appendonly", "no");
        assertThat(client.taken())
                .isEqualTo("-ERR WAITAOF cannot be used when numlocal is set but appendonly is disabled.|");
    }

    @Test
    void whileTheFirstRewriteRunsNothingIsOnDisk() {
        start();
        server.machine.hold();
        client.ask("CONFIG", "SET", "appendonly", "yes");
        client.ask("SET", "a", "1");
        assertThat(client.ask("WAITAOF", "1", "0", "0")).isEmpty();
        assertThat(server.server.appendOnly().fsyncedOffset()).isZero();
        server.machine.pass(5);
        assertThat(client.taken()).isEmpty();
        server.machine.release();
        server.machine.pass(2);
        assertThat(client.taken()).isEqualTo("*2|:1|:0|");
        assertThat(server.server.appendOnly().fsyncedOffset()).isPositive();
    }

    // ---- the replicas' disks

    @Test
    void replicasCountWhenTheySayThatItIsOnTheirDisk() {
        start();
        TestServer.Peer first = replica();
        TestServer.Peer second = replica();
        client.ask("SET", "a", "1");
        String offset = end();
        assertThat(client.ask("WAITAOF", "0", "2", "0")).isEmpty();
        assertThat(first.taken()).contains("REPLCONF|$6|GETACK|$1|*|");
        acknowledge(first, offset);
        acknowledge(second, offset, "1");
        assertThat(client.taken()).isEmpty();
        acknowledge(first, offset, offset);
        assertThat(client.taken()).isEmpty();
        acknowledge(second, offset, offset);
        assertThat(client.taken()).isEqualTo("*2|:0|:2|");
        acknowledge(second, offset, "5");
        assertThat(client.ask("WAITAOF", "0", "2", "0"))
                .as("it does not go back")
                .isEqualTo("*2|:0|:2|");
    }

    @Test
    void bothHaveToBeReachedAndTheRestIsTold() {
        start("--appendonly", "yes");
        TestServer.Peer replica = replica();
        client.ask("SET", "first", "1");
        client.ask("SET", "a", "1");
        String offset = end();
        client.ask("WAITAOF", "1", "1", "0");
        acknowledge(replica, offset, offset);
        assertThat(client.taken()).isEmpty();
        server.machine.pass(2);
        assertThat(client.taken()).isEqualTo("*2|:1|:1|");
        assertThat(client.ask("WAITAOF", "0", "2", "100")).isEmpty();
        server.machine.pass(1);
        assertThat(client.taken()).isEqualTo("*2|:1|:1|");
    }

    @Test
    void withoutReplicasWritesAreToldApartAllTheSame() {
        start("--appendonly", "yes");
        long before = server.server.replication().log().end();
        client.ask("SET", "a", "1");
        client.ask("MULTI");
        client.ask("SET", "a", "2");
        client.ask("SET", "a", "3");
        client.ask("EXEC");
        assertThat(server.server.replication().log().end() - before).isEqualTo(5);
        start();
        before = server.server.replication().log().end();
        client.ask("SET", "a", "1");
        assertThat(server.server.replication().log().end()).isEqualTo(before);
    }
}
