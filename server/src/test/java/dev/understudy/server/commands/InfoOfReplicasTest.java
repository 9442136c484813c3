// SPDX-License-Identifier: Apache-2.0
package dev.understudy.server.commands;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The fields of INFO in every phase of a replica's life: names, order and presence are those that a real server prints. */
class InfoOfReplicasTest {
    private static final String ID = "b".repeat(40);
    private static final List<String> HEAD = List.of(
            "role",
            "master_host",
            "master_port",
            "master_link_status",
            "master_last_io_seconds_ago",
            "master_sync_in_progress",
            "slave_read_repl_offset",
            "slave_repl_offset");
    private static final List<String> SYNC = List.of(
            "master_sync_total_bytes",
            "master_sync_read_bytes",
            "master_sync_left_bytes",
            "master_sync_perc",
            "master_sync_last_io_seconds_ago");
    private static final List<String> DOWN = List.of("master_link_down_since_seconds");
    private static final List<String> TAIL = List.of(
            "slave_priority",
            "slave_read_only",
            "replica_announced",
            "connected_slaves",
            "master_failover_state",
            "master_replid",
            "master_replid2",
            "master_repl_offset",
            "second_repl_offset",
            "repl_backlog_active",
            "repl_backlog_size",
            "repl_backlog_first_byte_offset",
            "repl_backlog_histlen");

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

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.ISO_8859_1);
    }

    private String section(String name) {
        return client.text("INFO", name);
    }

    private List<String> names(String section) {
        return section(section)
                .lines()
                .flatMap(text -> List.of(text.split("\\|")).stream())
                .filter(line -> line.contains(":"))
                .map(line -> line.substring(0, line.indexOf(':')))
                .toList();
    }

    @SafeVarargs
    private static List<String> all(List<String>... parts) {
        List<String> all = new ArrayList<>();
        for (List<String> part : parts) {
            all.addAll(part);
        }
        return all;
    }

    @Test
    void eachPhaseOfASyncHasItsFields() {
        client.ask("REPLICAOF", "10.9.9.9", "7000");
        assertThat(names("replication")).isEqualTo(all(HEAD, DOWN, TAIL));
        FakeMaster master = new FakeMaster(server.machine);
        assertThat(names("replication")).as("handshake").isEqualTo(all(HEAD, DOWN, TAIL));
        master.shakeHands();
        master.say("+FULLRESYNC " + ID + " 100\r\n");
        assertThat(names("replication")).as("awaiting").isEqualTo(all(HEAD, SYNC, DOWN, TAIL));
        assertThat(section("replication"))
                .contains("|master_sync_in_progress:1|", "|master_sync_total_bytes:-1|master_sync_read_bytes:0|");
        master.say("$40\r\nREDIS0011");
        assertThat(names("replication")).as("transfer").isEqualTo(all(HEAD, SYNC, DOWN, TAIL));
        assertThat(section("replication"))
                .contains("|master_sync_total_bytes:40|master_sync_read_bytes:9|master_sync_left_bytes:31|"
                        + "master_sync_perc:22.50|master_sync_last_io_seconds_ago:0|");
        server.machine.hold();
        master.say("\u00fe\0\0\3key\5value\u00fe\0\0\3abc\1c\u00ff\0\0\0\0\0\0\0\0");
        assertThat(names("replication")).as("verifying").isEqualTo(all(HEAD, SYNC, DOWN, TAIL));
        assertThat(section("persistence")).contains("|loading:0|async_loading:0|");
        server.machine.release();
        assertThat(names("replication")).as("connected").isEqualTo(all(HEAD, TAIL));
        assertThat(section("replication"))
                .contains("|master_link_status:up|", "|slave_read_repl_offset:100|slave_repl_offset:100|")
                .contains("|master_replid:" + ID + "|", "|master_repl_offset:100|", "|repl_backlog_active:1|")
                .contains("|repl_backlog_first_byte_offset:101|repl_backlog_histlen:0|");
        master.cut();
        assertThat(names("replication")).as("lost").isEqualTo(all(HEAD, DOWN, TAIL));
        assertThat(section("replication"))
                .contains("|master_link_status:down|", "|slave_read_repl_offset:100|slave_repl_offset:100|");
    }

    @Test
    void whatIsLoadedAsideIsEstimatedByTheMemoryOfItsProducerIfItsLengthIsUnknown() {
        restart("--save", "", "--repl-diskless-load", "swapdb");
        client.ask("REPLICAOF", "10.9.9.9", "7000");
        FakeMaster master = new FakeMaster(server.machine);
        master.shakeHands();
        master.say("+FULLRESYNC " + ID + " 100\r\n$EOF:" + "5".repeat(40) + "\r\n");
        assertThat(names("persistence"))
                .endsWith(
                        "loading_start_time",
                        "loading_total_bytes",
                        "loading_rdb_used_mem",
                        "loading_loaded_bytes",
                        "loading_loaded_perc",
                        "loading_eta_seconds");
        assertThat(section("persistence"))
                .contains("|loading:1|async_loading:0|", "|loading_total_bytes:0|loading_rdb_used_mem:0|");
        assertThat(section("replication")).contains("|master_sync_total_bytes:0|");
    }

    @Test
    void onlyADisklessSyncLeavesSomethingToSave() {
        byte[] payload = bytes("REDIS0011\u00ff\0\0\0\0\0\0\0\0");
        client.ask("REPLICAOF", "10.9.9.9", "7000");
        new FakeMaster(server.machine).sendFile(ID, 100, payload);
        assertThat(section("persistence")).contains("|rdb_changes_since_last_save:0|");
        restart("--save", "", "--repl-diskless-load", "swapdb");
        client.ask("REPLICAOF", "10.9.9.9", "7000");
        new FakeMaster(server.machine).sendFile(ID, 100, payload);
        assertThat(section("persistence")).contains("|rdb_changes_since_last_save:1|");
    }

    @Test
    void aMasterShowsItsReplicasInEveryStateButNotTheirSilentOnes() {
        restart("--save", "", "--repl-diskless-sync", "no", "--min-replicas-to-write", "1");
        server.machine.hold();
        TestServer.Peer replica = server.connect();
        replica.ask("REPLCONF", "listening-port", "7001", "ip-address", "10.7.7.7", "capa", "psync2");
        replica.ask("PSYNC", "?", "-1");
        assertThat(section("replication"))
                .contains("|connected_slaves:1|min_slaves_good_slaves:0|"
                        + "slave0:ip=10.7.7.7,port=7001,state=wait_bgsave,offset=0,lag=0|master_failover_state:");
        server.machine.release();
        replica.ask("REPLCONF", "ACK", "1");
        assertThat(section("replication"))
                .contains("|connected_slaves:1|min_slaves_good_slaves:1|"
                        + "slave0:ip=10.7.7.7,port=7001,state=online,offset=1,lag=0|master_failover_state:");
    }
}
