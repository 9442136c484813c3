// SPDX-License-Identifier: Apache-2.0
package dev.understudy.server.commands;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** FAILOVER from the side of the master and of the target; the test plays the other one, and the clients. */
class FailoverCommandTest {
    private static final String NEW_ID = "e".repeat(40);
    private static final String READONLY = "-READONLY You can't write against a read only replica.|";
    private static final String PING = "*1|$4|ping|";

    private final TestServer server =
            new TestServer("--save", "", "--repl-diskless-sync", "no", "--repl-ping-replica-period", "2");
    private final TestServer.Peer client = server.connect();
    private final TestServer.Peer writer = server.connect();

    @AfterEach
    void close() {
        server.close();
    }

    private String info(String field) {
        String text = "|" + client.text("INFO", "replication");
        int from = text.indexOf("|" + field + ":") + field.length() + 2;
        return text.substring(from, text.indexOf('|', from));
    }

    private String state() {
        return info("master_failover_state");
    }

    /** A replica that has all data and the stream, and has acknowledged nothing. */
    private TestServer.Peer replica(int port) {
        TestServer.Peer replica = server.connect();
        replica.ask("REPLCONF", "listening-port", Integer.toString(port), "rdb-only", "0");
        assertThat(replica.ask("PSYNC", "?", "-1")).startsWith("+FULLRESYNC ");
        return replica;
    }

    private void acknowledge(TestServer.Peer replica) {
        replica.ask("REPLCONF", "ACK", info("master_repl_offset"));
    }

    /** Begins a failover to a replica that is behind. */
    private TestServer.Peer waiting(String... words) {
        TestServer.Peer replica = replica(6380);
        client.ask("SET", "key", "value");
        assertThat(client.ask(words)).isEqualTo("+OK|");
        assertThat(state()).isEqualTo("waiting-for-sync");
        return replica;
    }

    /** Brings a failover to where the target is asked; returns the connection to it. */
    private FakeMaster inProgress() {
        TestServer.Peer replica = waiting("FAILOVER");
        assertThat(writer.ask("SET", "postponed", "1")).isEmpty();
        acknowledge(replica);
        assertThat(state()).isEqualTo("failover-in-progress");
        return new FakeMaster(server.machine);
    }

    @Test
    void theReplicaThatHasEverythingIsAskedToTakeOver() {
        TestServer.Peer other = replica(6379);
        TestServer.Peer replica = waiting("FAILOVER", "TO", "10.0.0.1", "6380");
        acknowledge(other);
        assertThat(state()).isEqualTo("waiting-for-sync");
        acknowledge(replica);
        assertThat(state()).isEqualTo("failover-in-progress");
        assertThat(client.ask("ROLE")).isEqualTo("*5|$5|slave|$8|10.0.0.1|:6380|$10|connecting|:-1|");
        String id = info("master_replid");
        long next = Long.parseLong(info("master_repl_offset")) + 1;
        FakeMaster target = new FakeMaster(server.machine);
        assertThat(target.shakeHands())
                .isEqualTo(
                        "*4|$5|PSYNC|$40|" + id + "|$" + Long.toString(next).length() + "|" + next + "|$8|FAILOVER|");
        target.say("+CONTINUE " + NEW_ID + "\r\n");
        assertThat(state()).isEqualTo("no-failover");
        assertThat(info("master_link_status")).isEqualTo("up");
        assertThat(info("master_replid")).isEqualTo(NEW_ID);
        assertThat(info("master_replid2")).isEqualTo(id);
        assertThat(server.machine.log)
                .containsSubsequence(
                        "FAILOVER requested to 10.0.0.1:6380.",
                        "Failover target 10.0.0.1:6380 is synced, failing over.",
                        "Successful partial resynchronization with master.");
    }

    @Test
    void writesWaitAndAreRefusedByTheReplicaThatWeAreThen() {
        TestServer.Peer transaction = server.connect();
        transaction.ask("MULTI");
        transaction.ask("SET", "queued", "1");
        TestServer.Peer reader = server.connect();
        TestServer.Peer replica = waiting("FAILOVER");
        assertThat(writer.ask("SET", "postponed", "1")).isEmpty();
        assertThat(transaction.ask("EXEC")).isEmpty();
        acknowledge(replica);
        FakeMaster target = new FakeMaster(server.machine);
        assertThat(reader.ask("GET", "key")).isEqualTo("$5|value|");
        assertThat(reader.ask("SET", "late", "1")).as("a replica by now").isEqualTo(READONLY);
        target.shakeHands();
        assertThat(writer.taken()).isEmpty();
        target.say("+CONTINUE " + NEW_ID + "\r\n");
        assertThat(writer.taken()).isEqualTo(READONLY);
        assertThat(transaction.taken()).contains("READONLY");
        assertThat(client.ask("EXISTS", "postponed", "queued")).isEqualTo(":0|");
        assertThat(target.taken()).as("a reply to nobody").doesNotContain("READONLY");
        assertThat(writer.ask("PING")).isEqualTo("+PONG|");
    }

    @Test
    void aFullSyncIsAnAcceptanceToo() {
        FakeMaster target = inProgress();
        target.shakeHands();
        target.say("+FULLRESYNC " + NEW_ID + " 5\r\n");
        assertThat(state()).isEqualTo("no-failover");
        assertThat(writer.taken()).isEqualTo(READONLY);
    }

    @ParameterizedTest
    @ValueSource(strings = {"-ERR PSYNC FAILOVER replid must match my replid.", "-LOADING", "-NOPERM", "+what?"})
    void aTargetThatRefusesMakesUsTheMasterAgain(String answer) {
        FakeMaster target = inProgress();
        String before = info("master_replid");
        target.shakeHands();
        target.say(answer + "\r\n");
        assertRestored(before);
        assertThat(server.machine.log)
                .contains("FAILOVER to 10.0.0.1:6380 aborted: Failover target rejected psync request");
        assertThat(target.isOpen()).isFalse();
    }

    @Test
    void aTargetThatIsLostBeforeItsAnswerMakesUsTheMasterAgain() {
        FakeMaster target = inProgress();
        String before = info("master_replid");
        target.shakeHands();
        target.cut();
        assertRestored(before);
    }

    @Test
    void abortMakesUsTheMasterAgainEvenWhileNobodyAnswers() {
        FakeMaster target = inProgress();
        String before = info("master_replid");
        assertThat(client.ask("FAILOVER", "ABORT")).isEqualTo("+OK|");
        assertRestored(before);
        assertThat(target.isOpen()).isFalse();
        server.machine.pass(2);
        assertThat(server.machine.dials).isEmpty();
        assertThat(server.machine.log).contains("FAILOVER to 10.0.0.1:6380 aborted: Failover manually aborted");
    }

    private void assertRestored(String idBefore) {
        assertThat(state()).isEqualTo("no-failover");
        assertThat(info("role")).isEqualTo("master");
        assertThat(info("master_replid2")).as("replicas go on from here").isEqualTo(idBefore);
        assertThat(info("master_replid")).isNotEqualTo(idBefore);
        assertThat(info("connected_slaves")).as("they have to learn the new id").isEqualTo("0");
        assertThat(writer.taken()).isEqualTo("+OK|");
        assertThat(client.ask("EXISTS", "postponed")).isEqualTo(":1|");
    }

    @Test
    void aTargetThatCannotBeReachedIsTriedTenTimesASecond() {
        acknowledge(waiting("FAILOVER"));
        for (int i = 0; i < 10; i++) {
            assertThat(server.machine.dials).hasSize(1);
            server.machine.dials.remove().onFailed("Connection refused");
            server.machine.settle();
            assertThat(server.machine.dials).isEmpty();
            server.machine.round();
        }
        assertThat(state()).isEqualTo("failover-in-progress");
        assertThat(client.ask("FAILOVER", "ABORT")).isEqualTo("+OK|");
        assertThat(client.ask("SET", "key", "2")).isEqualTo("+OK|");
    }

    @Test
    void whileItWaitsReadsAreServedAndWritesWait() {
        client.ask("SET", "mortal", "1", "PX", "10");
        waiting("FAILOVER");
        String offset = info("master_repl_offset");
        assertThat(writer.ask("SET", "key", "2")).isEmpty();
        assertThat(client.ask("GET", "key")).isEqualTo("$5|value|");
        assertThat(client.ask("CLIENT", "UNPAUSE")).isEqualTo("+OK|");
        assertThat(client.ask("GET", "key")).isEqualTo("$5|value|");
        server.machine.wallMillis += 1_000;
        assertThat(client.ask("GET", "mortal")).isEqualTo("$-1|");
        assertThat(client.ask("DBSIZE")).as("expired, not deleted").isEqualTo(":2|");
        assertThat(info("master_repl_offset")).isEqualTo(offset);
        assertThat(client.ask("REPLICAOF", "NO", "ONE")).isEqualTo("-ERR REPLICAOF not allowed while failing over.|");
        assertThat(client.ask("REPLICAOF", "10.0.0.1", "6380"))
                .isEqualTo("-ERR REPLICAOF not allowed while failing over.|");
        assertThat(server.connect().ask("PSYNC", "?", "-1")).isEqualTo("-NOMASTERLINK Can't SYNC while failing over|");
        assertThat(client.ask("FAILOVER")).isEqualTo("-ERR FAILOVER already in progress.|");
        assertThat(client.ask("FAILOVER", "ABORT")).isEqualTo("+OK|");
        assertThat(writer.taken()).isEqualTo("+OK|");
        assertThat(client.ask("FAILOVER", "ABORT")).isEqualTo("-ERR No failover in progress.|");
    }

    @Test
    void afterTheTimeoutWritesGoOn() {
        waiting("FAILOVER", "TO", "10.0.0.1", "6380", "TIMEOUT", "500");
        assertThat(writer.ask("SET", "key", "2")).isEmpty();
        server.machine.pass(1);
        assertThat(state()).isEqualTo("no-failover");
        assertThat(info("role")).isEqualTo("master");
        assertThat(info("connected_slaves")).isEqualTo("1");
        assertThat(writer.taken()).isEqualTo("+OK|");
        assertThat(server.machine.log)
                .contains("FAILOVER to 10.0.0.1:6380 aborted: Replica never caught up before timeout");
    }

    @Test
    void afterTheTimeoutForceFollowsATargetThatIsBehind() {
        waiting("FAILOVER", "TO", "10.0.0.1", "6380", "TIMEOUT", "500", "FORCE");
        server.machine.pass(1);
        assertThat(state()).isEqualTo("failover-in-progress");
        assertThat(info("role")).isEqualTo("slave");
        assertThat(new FakeMaster(server.machine).shakeHands()).endsWith("|FAILOVER|");
        assertThat(server.machine.log).contains("FAILOVER to 10.0.0.1:6380 time out exceeded, failing over.");
    }

    @Test
    void pingsWouldKeepTheTargetBehindOnlyWhereTheWaitingHasAnEnd() {
        TestServer.Peer replica = waiting("FAILOVER", "TIMEOUT", "60000");
        replica.taken();
        server.machine.pass(6);
        assertThat(replica.taken()).isEmpty();
        client.ask("FAILOVER", "ABORT");
        client.ask("FAILOVER");
        server.machine.pass(6);
        assertThat(replica.taken()).as("as often as without a failover").isEqualTo(PING.repeat(3));
        client.ask("FAILOVER", "ABORT");
        client.ask("CLIENT", "PAUSE", "60000", "WRITE");
        server.machine.pass(4);
        assertThat(replica.taken()).as("a paused master is not dead").isEqualTo(PING.repeat(2));
    }

    @Test
    void clientsThatWaitForReplicasAreSentAwayByTheNewRole() {
        TestServer.Peer replica = waiting("FAILOVER");
        TestServer.Peer waiter = server.connect();
        assertThat(waiter.ask("WAIT", "2", "0")).isEmpty();
        acknowledge(replica);
        assertThat(waiter.taken()).startsWith("-UNBLOCKED ");
        assertThat(waiter.open).isFalse();
    }

    @Test
    void theReplicasStayUntilTheNewMasterIsKnown() {
        TestServer.Peer other = replica(6399);
        FakeMaster target = inProgress();
        assertThat(other.open).isTrue();
        target.shakeHands();
        target.say("+CONTINUE " + NEW_ID + "\r\n");
        assertThat(other.open).isFalse();
    }

    @Test
    void aShutdownMeanwhileAddsNothingToTheStreamAndItsAbortLeavesTheFailoverAlone() {
        TestServer.Peer replica = waiting("FAILOVER");
        replica.taken();
        TestServer.Peer admin = server.connect();
        assertThat(admin.ask("SHUTDOWN")).isEmpty();
        assertThat(replica.taken()).isEmpty();
        assertThat(client.ask("SHUTDOWN", "ABORT")).isEqualTo("+OK|");
        assertThat(writer.ask("SET", "key", "2")).isEmpty();
        assertThat(state()).isEqualTo("waiting-for-sync");
        acknowledge(replica);
        assertThat(state()).isEqualTo("failover-in-progress");
    }

    @Test
    void aCommandThatTwoPausesHoldBackIsExecutedOnce() {
        waiting("FAILOVER");
        client.ask("CLIENT", "PAUSE", "60000", "ALL");
        assertThat(writer.ask("INCR", "counter")).isEmpty();
        assertThat(writer.ask("INCR", "counter")).isEmpty();
        TestServer.Peer other = server.connect();
        assertThat(other.ask("PING")).isEmpty();
        server.machine.pass(61);
        assertThat(other.taken()).isEqualTo("+PONG|");
        assertThat(writer.taken()).isEmpty();
        assertThat(client.ask("FAILOVER", "ABORT")).isEqualTo("+OK|");
        assertThat(writer.taken()).isEqualTo(":1|:2|");
    }

    // ---- the target

    /** Makes the server a replica of a master at offset 0 and returns the link. */
    private FakeMaster follow(String id) {
        client.ask("REPLICAOF", "10.9.9.9", "7000");
        FakeMaster master = new FakeMaster(server.machine);
        master.sendFile(
                id, 0, "REDIS0011\u00ff\0\0\0\0\0\0\0\0".getBytes(java.nio.charset.StandardCharsets.ISO_8859_1));
        assertThat(info("master_link_status")).isEqualTo("up");
        return master;
    }

    @Test
    void theTargetTakesOverAndAnswersWithItsNewId() {
        FakeMaster master = follow("a".repeat(40));
        master.say("*1\r\n$4\r\nPING\r\n");
        TestServer.Peer old = server.connect();
        old.ask("REPLCONF", "capa", "psync2", "listening-port", "7000");
        String reply = old.ask("PSYNC", "A".repeat(40), "15", "FAILOVER");
        assertThat(info("role")).isEqualTo("master");
        String id = info("master_replid");
        assertThat(reply).isEqualTo("+CONTINUE " + id + "|");
        assertThat(id).isNotEqualTo("a".repeat(40));
        assertThat(info("master_replid2")).isEqualTo("a".repeat(40));
        assertThat(info("second_repl_offset")).isEqualTo("15");
        assertThat(master.isOpen()).isFalse();
        assertThat(client.ask("SET", "key", "value")).isEqualTo("+OK|");
        assertThat(old.taken()).isEqualTo("*2|$6|SELECT|$1|0|*3|$3|SET|$3|key|$5|value|");
        assertThat(server.machine.log)
                .contains("Failover request received for replid " + "A".repeat(40) + ".")
                .anyMatch(line -> line.startsWith("MASTER MODE enabled (failover request from 'id=")
                        && line.contains(" cmd=psync "));
    }

    @Test
    void aTargetThatWasBehindTakesOverAndTheOldMasterNeedsEverything() {
        follow("a".repeat(40));
        TestServer.Peer old = server.connect();
        assertThat(old.ask("PSYNC", "a".repeat(40), "100", "FAILOVER")).startsWith("+FULLRESYNC ");
        assertThat(info("role")).isEqualTo("master");
        assertThat(client.text("INFO", "stats")).contains("|sync_partial_err:1|");
    }

    @Test
    void whoIsNoReplicaOfThisHistoryDoesNotTakeOver() {
        TestServer.Peer old = server.connect();
        assertThat(old.ask("PSYNC", info("master_replid"), "1", "FAILOVER"))
                .isEqualTo("-ERR PSYNC FAILOVER can't be sent to a master.|");
        FakeMaster master = follow("a".repeat(40));
        assertThat(old.ask("PSYNC", "b".repeat(40), "1", "FAILOVER"))
                .isEqualTo("-ERR PSYNC FAILOVER replid must match my replid.|");
        assertThat(info("role")).isEqualTo("slave");
        assertThat(master.isOpen()).isTrue();
        assertThat(client.ask("FAILOVER")).isEqualTo("-ERR FAILOVER is not valid when server is a replica.|");
    }
}
