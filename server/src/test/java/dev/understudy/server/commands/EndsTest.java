// SPDX-License-Identifier: Apache-2.0
package dev.understudy.server.commands;

import static org.assertj.core.api.Assertions.assertThat;

import dev.understudy.server.Shutdown;
import dev.understudy.server.StartOutcome;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What is still done when a server ends: nothing that the files do not tell of is executed, answered or sent to replicas. */
class EndsTest {
    private static final String MASTER_ID = "a".repeat(40);

    private TestServer server = new TestServer("--save", "3600 1");
    private TestServer.Peer client = server.connect();
    private final List<Integer> exits = new ArrayList<>();

    @AfterEach
    void close() {
        server.close();
    }

    private void start(String... options) {
        server.close();
        server = new TestServer(options);
        client = server.connect();
    }

    /** As SIGTERM does; the process has not ended yet. */
    private void end() {
        server.server.shutdown().onExit(exits::add);
        server.server.shutdown().request(new Shutdown.Options(null, true, false), null);
    }

    private Map<String, byte[]> files() {
        Map<String, byte[]> copies = new HashMap<>();
        server.machine.files.forEach((name, bytes) -> copies.put(name, bytes.clone()));
        return copies;
    }

    @ParameterizedTest
    @ValueSource(strings = {"no", "yes"})
    void whatComesAfterTheLastSnapshotIsNeitherExecutedNorAnswered(String appendonly) {
        start("--save", "3600 1", "--appendonly", appendonly);
        TestServer.Peer late = server.connect();
        client.ask("SET", "key", "1");
        end();
        Map<String, byte[]> saved = files();
        assertThat(late.ask("SET", "key", "2")).isEmpty();
        assertThat(late.open).isFalse();
        assertThat(client.ask("PING")).isEmpty();
        assertThat(exits).as("the moment in which replies may leave").isEmpty();
        server.machine.pass(1);
        assertThat(exits).containsExactly(0);
        assertThat(server.machine.files).containsExactlyInAnyOrderEntriesOf(saved);
    }

    @Test
    void whatWasAnsweredBeforeInTheSameIterationStillLeaves() {
        server.machine.execute(this::end);
        assertThat(client.ask("SET", "key", "1")).isEqualTo("+OK|");
        assertThat(client.open).isFalse();
    }

    @Test
    void nothingThatWasPipelinedBehindShutdownIsExecuted() {
        server.server.shutdown().onExit(exits::add);
        assertThat(client.askRaw("SET key 1\r\nSHUTDOWN NOW\r\nSET key 2\r\nGET key\r\n"))
                .isEqualTo("+OK|");
        assertThat(client.open).isFalse();
        server.machine.pass(1);
        assertThat(exits).containsExactly(0);
        Map<String, byte[]> saved = files();
        start("--save", "");
        server.close();
        server = new TestServer(saved, _ -> {});
        assertThat(server.connect().ask("GET", "key")).isEqualTo("$1|1|");
    }

    @Test
    void nobodyIsLetIn() {
        end();
        TestServer.Peer late = server.connect();
        assertThat(late.ask("PING")).isEmpty();
        server.machine.settle();
        assertThat(late.open).isFalse();
    }

    @Test
    void replicasGetAllThatIsInTheFileAndNothingElse() {
        TestServer.Peer replica = server.connect();
        replica.ask("PSYNC", "?", "-1");
        server.machine.pass(2);
        replica.ask("REPLCONF", "ACK", "0");
        replica.taken();
        server.machine.execute(this::end);
        client.ask("SET", "key", "1");
        assertThat(replica.taken()).isEqualTo("*2|$6|SELECT|$1|0|*3|$3|SET|$3|key|$1|1|");
        client.ask("PEXPIRE", "key", "1");
        replica.ask("REPLCONF", "ACK", "10");
        server.machine.pass(20);
        assertThat(replica.taken()).as("no PING, no write, no expiry").isEmpty();
    }

    @Test
    void aKeyThatExpiresMeanwhileStaysForReplicasAndFile() {
        client.ask("SET", "key", "1", "PX", "10");
        TestServer.Peer replica = server.connect();
        replica.ask("PSYNC", "?", "-1");
        server.machine.pass(2);
        client.ask("SET", "short", "1", "PX", "90");
        replica.taken();
        // The cron obeys, and would delete what has expired since in the same round.
        server.server.shutdown().onExit(exits::add);
        server.server.shutdown().signal();
        server.server.shutdown().schedule(new Shutdown.Options(null, true, false));
        server.machine.pass(1);
        assertThat(exits).containsExactly(0);
        assertThat(replica.taken()).doesNotContain("DEL");
    }

    @Test
    void whoWaitsIsClosedWithoutAnAnswer() {
        TestServer.Peer waiting = server.connect();
        waiting.ask("BLPOP", "list", "1");
        TestServer.Peer paused = server.connect();
        client.ask("CLIENT", "PAUSE", "10", "WRITE");
        paused.ask("SET", "key", "1");
        end();
        server.machine.pass(2);
        assertThat(waiting.taken() + paused.taken()).isEmpty();
        assertThat(waiting.open || paused.open).isFalse();
    }

    @Test
    void aReplicaTakesNothingMoreFromItsMaster() {
        client.ask("REPLICAOF", "10.9.9.9", "7000");
        FakeMaster master = new FakeMaster(server.machine);
        byte[] empty = "REDIS0011\u00ff\0\0\0\0\0\0\0\0".getBytes(StandardCharsets.ISO_8859_1);
        master.sendFile(MASTER_ID, 0, empty);
        TestServer.Peer below = server.connect();
        below.ask("PSYNC", MASTER_ID, "1");
        server.machine.pass(2);
        String write = "*3\r\n$3\r\nSET\r\n$3\r\nkey\r\n$1\r\n1\r\n";
        master.say("*2\r\n$6\r\nSELECT\r\n$1\r\n0\r\n" + write);
        assertThat(below.taken()).contains("SET");
        end();
        Map<String, byte[]> saved = files();
        below.taken();
        master.say(write);
        assertThat(below.taken()).isEmpty();
        assertThat(server.machine.files).containsExactlyInAnyOrderEntriesOf(saved);
    }

    @Test
    void aSnapshotThatReplicasWaitForIsNotBegunAnyMore() {
        client.ask("CONFIG", "SET", "repl-diskless-sync", "no");
        client.ask("SET", "key", "1");
        server.machine.hold();
        client.ask("BGSAVE");
        TestServer.Peer replica = server.connect();
        replica.ask("PSYNC", "?", "-1");
        end();
        Map<String, byte[]> saved = files();
        server.machine.release();
        server.machine.pass(2);
        assertThat(server.machine.files.get("dump.rdb")).isEqualTo(saved.get("dump.rdb"));
        assertThat(server.machine.files).containsOnlyKeys("dump.rdb");
        assertThat(replica.open).isFalse();
    }

    @Test
    void aMigrationUnderWayIsGivenUpAndTheKeyStays() {
        client.ask("SET", "key", "1");
        client.ask("MIGRATE", "10.1.1.1", "7000", "key", "0", "1000");
        FakeMaster target = new FakeMaster(server.machine);
        target.taken();
        end();
        target.say("+OK\r\n+OK\r\n");
        server.machine.pass(2);
        assertThat(client.taken()).isEmpty();
        assertThat(server.server.engine().data().db(0).size()).isEqualTo(1);
    }

    @Test
    void aMigrationThatIsStillDialledSendsNothing() {
        client.ask("SET", "key", "1");
        client.ask("MIGRATE", "10.1.1.1", "7000", "key", "0", "1000");
        end();
        assertThat(server.machine.dials.isEmpty()
                        || new FakeMaster(server.machine).taken().isEmpty())
                .isTrue();
    }

    // ---- a start that fails

    private static Map<String, byte[]> damagedDump() {
        TestServer made = new TestServer("--save", "");
        TestServer.Peer peer = made.connect();
        peer.ask("SET", "key", "value");
        peer.ask("SAVE");
        byte[] dump = made.machine.files.get("dump.rdb");
        made.close();
        dump[dump.length - 12] ^= 4;
        return new HashMap<>(Map.of("dump.rdb", dump));
    }

    private static Map<String, byte[]> damagedAof() {
        return new HashMap<>(Map.of(
                "appendonlydir/appendonly.aof.manifest",
                "file appendonly.aof.1.incr.aof seq 1 type i\n".getBytes(StandardCharsets.ISO_8859_1),
                "appendonlydir/appendonly.aof.1.incr.aof",
                "*3\r\n$3\r\nSET\r\nkey\r\n".getBytes(StandardCharsets.ISO_8859_1)));
    }

    private void beginDamaged(boolean aof) {
        server.close();
        FakeMachine machine = new FakeMachine();
        machine.files.putAll(aof ? damagedAof() : damagedDump());
        machine.hold();
        server = new TestServer(machine, _ -> {}, "--save", "3600 1", "--appendonly", aof ? "yes" : "no");
        client = server.connect();
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void aServerWhoseLoadHasFailedServesNobodyAndWritesNothing(boolean aof) {
        beginDamaged(aof);
        Map<String, byte[]> before = files();
        TestServer.Peer saver = server.connect();
        TestServer.Peer replica = server.connect();
        TestServer.Peer idle = server.connect();
        // These wait for the load, as in Redis, whose loop stands still.
        assertThat(client.askRaw("SET key 1\r\nGET key\r\n")).isEmpty();
        assertThat(saver.askRaw("SAVE\r\nBGSAVE\r\nCONFIG REWRITE\r\n")).isEmpty();
        assertThat(replica.ask("PSYNC", "?", "-1")).isEmpty();
        server.machine.release();
        assertThat(server.outcome).isInstanceOf(StartOutcome.Failed.class);
        assertThat(idle.ask("PING")).isEmpty();
        TestServer.Peer late = server.connect();
        assertThat(late.ask("SAVE")).isEmpty();
        server.machine.pass(2);
        for (TestServer.Peer peer : List.of(client, saver, replica, idle, late)) {
            assertThat(peer.taken()).isEmpty();
            assertThat(peer.open).isFalse();
        }
        assertThat(server.machine.files).containsExactlyInAnyOrderEntriesOf(before);
    }

    @Test
    void oneThatCannotListenEverywhereServesNobodyAtThePlacesWhereItDoes() {
        server.close();
        FakeMachine machine = new FakeMachine();
        server = new TestServer(machine, _ -> {}, "--unixsocket", "/tmp/none.sock");
        assertThat(server.outcome).isInstanceOf(StartOutcome.Failed.class);
        client = server.connect();
        assertThat(client.ask("SET", "key", "1")).isEmpty();
        assertThat(client.open).isFalse();
    }

    @Test
    void aShutdownDuringTheLoadLeavesAllAsItIs() {
        server.close();
        FakeMachine machine = new FakeMachine();
        TestServer made = new TestServer("--save", "");
        made.connect().ask("SET", "key", "value");
        made.connect().ask("SAVE");
        machine.files.putAll(made.machine.files);
        made.close();
        machine.hold();
        server = new TestServer(machine, _ -> {}, "--appendonly", "no", "--save", "3600 1");
        server.server.shutdown().onExit(exits::add);
        Map<String, byte[]> before = files();
        server.server.shutdown().signal();
        server.server.shutdown().schedule(Shutdown.Options.DEFAULT);
        server.machine.release();
        server.machine.pass(1);
        assertThat(exits).containsExactly(0);
        assertThat(server.outcome).as("neither ready nor failed").isNull();
        assertThat(server.machine.files).containsExactlyInAnyOrderEntriesOf(before);
        assertThat(server.machine.log).doesNotContain("Ready to accept connections tcp");
    }
}
