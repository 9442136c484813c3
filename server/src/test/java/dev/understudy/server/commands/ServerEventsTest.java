// SPDX-License-Identifier: Apache-2.0
package dev.understudy.server.commands;

import static org.assertj.core.api.Assertions.assertThat;

import dev.understudy.server.ServerEvent;
import dev.understudy.server.ServerEvent.LoadSource;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What listeners are told, and in which order. */
class ServerEventsTest {
    private static final String ID = "b".repeat(40);
    private static final byte[] GOOD = bytes("REDIS0011\u00fe\0\0\3key\5value\u00ff\0\0\0\0\0\0\0\0");
    private static final byte[] BAD = bytes("REDIS0011\u00fe\0\0\3key");
    private static final ServerEvent UP = new ServerEvent.MasterLinkUp("10.9.9.9", 7000);
    private static final ServerEvent DOWN = new ServerEvent.MasterLinkDown("10.9.9.9", 7000);
    private static final ServerEvent REPLICA = new ServerEvent.BecameReplica("10.9.9.9", 7000);
    private static final ServerEvent SYNCED = new ServerEvent.StatusChanged(
            "MASTER <-> REPLICA sync: Finished with success. Ready to accept connections in read-write mode.");

    private TestServer server = new TestServer("--save", "");
    private TestServer.Peer client = server.connect();
    private final List<ServerEvent> events = new ArrayList<>();

    ServerEventsTest() {
        server.server.listen(events::add);
    }

    @AfterEach
    void close() {
        server.close();
    }

    private void restart(String... options) {
        server.close();
        server = new TestServer(options);
        server.server.listen(events::add);
        client = server.connect();
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.ISO_8859_1);
    }

    private static ServerEvent started(long bytes) {
        return new ServerEvent.LoadingStarted(LoadSource.REPLICATION, bytes);
    }

    private static ServerEvent ended(boolean ok) {
        return new ServerEvent.LoadingEnded(LoadSource.REPLICATION, ok);
    }

    private List<ServerEvent> taken() {
        List<ServerEvent> taken = List.copyOf(events);
        events.clear();
        return taken;
    }

    @Test
    void aReplicasLifeFromItsFirstSyncToItsPromotion() {
        client.ask("REPLICAOF", "10.9.9.9", "7000");
        FakeMaster master = new FakeMaster(server.machine);
        master.sendFile(ID, 100, GOOD);
        assertThat(taken()).containsExactly(REPLICA, started(GOOD.length), ended(true), UP, SYNCED);
        master.cut();
        assertThat(taken()).containsExactly(DOWN);
        master = new FakeMaster(server.machine);
        master.shakeHands();
        master.say("+CONTINUE\r\n");
        assertThat(taken())
                .containsExactly(
                        UP,
                        new ServerEvent.StatusChanged("MASTER <-> REPLICA sync: Partial Resynchronization accepted."
                                + " Ready to accept connections in read-write mode."));
        client.ask("REPLICAOF", "10.9.9.8", "7000");
        assertThat(taken()).containsExactly(DOWN, new ServerEvent.BecameReplica("10.9.9.8", 7000));
        client.ask("REPLICAOF", "NO", "ONE");
        assertThat(taken()).containsExactly(new ServerEvent.BecameMaster());
    }

    @Test
    void loadingAsideEndsWithTheSwapOrWithoutIt() {
        restart("--save", "", "--repl-diskless-load", "swapdb");
        client.ask("REPLICAOF", "10.9.9.9", "7000");
        new FakeMaster(server.machine).sendMarked(ID, 100, BAD);
        assertThat(taken())
                .containsExactly(
                        REPLICA,
                        new ServerEvent.AsyncLoadStarted(),
                        started(0),
                        ended(false),
                        new ServerEvent.AsyncLoadEnded(false));
        new FakeMaster(server.machine).sendMarked(ID, 100, GOOD);
        assertThat(taken())
                .containsExactly(
                        new ServerEvent.AsyncLoadStarted(),
                        started(0),
                        ended(true),
                        new ServerEvent.AsyncLoadEnded(true),
                        UP,
                        SYNCED);
    }

    @Test
    void aPayloadThatBreaksOffEndsItsLoading() {
        restart("--save", "", "--repl-diskless-load", "on-empty-db");
        client.ask("REPLICAOF", "10.9.9.9", "7000");
        FakeMaster master = new FakeMaster(server.machine);
        master.shakeHands();
        master.say("+FULLRESYNC " + ID + " 100\r\n$1000\r\nREDIS");
        assertThat(taken()).containsExactly(REPLICA, started(1000));
        master.cut();
        assertThat(taken()).containsExactly(ended(false));
    }

    @Test
    void theOwnDumpIsLoadedBeforeAnythingElse() {
        server.machine.files.put("dump.rdb", GOOD);
        List<ServerEvent> told = new ArrayList<>();
        try (TestServer loading = new TestServer(server.machine.files, told::add)) {
            assertThat(loading.connect().ask("DBSIZE")).isEqualTo(":1|");
        }
        assertThat(told)
                .containsExactly(
                        new ServerEvent.LoadingStarted(LoadSource.DUMP, GOOD.length),
                        new ServerEvent.LoadingEnded(LoadSource.DUMP, true));
    }

    @Test
    void replicasComeAndGo() {
        TestServer.Peer replica = server.connect();
        replica.ask("REPLCONF", "listening-port", "7001", "capa", "psync2");
        server.machine.hold();
        replica.ask("PSYNC", "?", "-1");
        assertThat(taken()).isEmpty();
        server.machine.release();
        ServerEvent online = new ServerEvent.ReplicaOnline("10.0.0.1", 7001);
        ServerEvent offline = new ServerEvent.ReplicaOffline("10.0.0.1", 7001);
        assertThat(taken()).containsExactly(online);
        replica.close();
        server.machine.settle();
        assertThat(taken()).containsExactly(offline);
        String id = client.text("ROLE") + client.text("INFO", "replication");
        id = id.replaceAll("(?s).*master_replid:([0-9a-f]{40}).*", "$1");
        TestServer.Peer again = server.connect();
        again.ask("PSYNC", id, "1");
        assertThat(taken()).containsExactly(new ServerEvent.ReplicaOnline("10.0.0.1", 0));
        client.ask("REPLICAOF", "10.9.9.9", "7000");
        client.ask("REPLICAOF", "NO", "ONE");
        assertThat(taken())
                .containsExactly(
                        REPLICA, new ServerEvent.ReplicaOffline("10.0.0.1", 0), new ServerEvent.BecameMaster());
    }

    @Test
    void aReplicaThatNeverGotItsDataIsNeitherOnlineNorOffline() {
        server.machine.hold();
        TestServer.Peer replica = server.connect();
        replica.ask("PSYNC", "?", "-1");
        replica.close();
        server.machine.release();
        assertThat(taken()).isEmpty();
    }

    @Test
    void aListenerThatFailsHarmsNobody() {
        List<ServerEvent> told = new ArrayList<>();
        server.server.listen(_ -> {
            throw new IllegalStateException("my fault");
        });
        server.server.listen(_ -> {
            throw new AssertionError("mine too");
        });
        server.server.listen(told::add);
        assertThat(client.ask("REPLICAOF", "10.9.9.9", "7000")).isEqualTo("+OK|");
        assertThat(told).containsExactly(REPLICA);
        assertThat(server.machine.log)
                .anyMatch(line -> line.startsWith("A listener failed at BecameReplica[host=10.9.9.9, port=7000]: ")
                        && line.contains("my fault"))
                .anyMatch(line -> line.contains("mine too"));
    }

    @Test
    void theEndIsAnnounced() {
        client.ask("SHUTDOWN", "SAVE");
        assertThat(taken())
                .containsExactly(
                        new ServerEvent.Stopping(), new ServerEvent.StatusChanged("Saving the final RDB snapshot"));
    }
}
