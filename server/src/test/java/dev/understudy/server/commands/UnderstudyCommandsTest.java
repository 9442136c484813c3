// SPDX-License-Identifier: Apache-2.0
package dev.understudy.server.commands;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import java.util.TreeMap;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** UNDERSTUDY SYNCS and INFO syncs: what became of the resynchronizations with the master and the replicas. */
class UnderstudyCommandsTest {
    private static final String ID = "b".repeat(40);
    private static final String EMPTY_RDB = "REDIS0011\u00ff\0\0\0\0\0\0\0\0";

    private final TestServer server = new TestServer("--save", "", "--repl-diskless-sync", "no");
    private final TestServer.Peer client = server.connect();

    @AfterEach
    void close() {
        server.close();
    }

    /** The newest record. */
    private Map<String, String> newest() {
        return fields(client.ask("UNDERSTUDY", "SYNCS", "1"));
    }

    private static Map<String, String> fields(String reply) {
        assertThat(reply).startsWith("*1|*36|");
        var words = Pattern.compile("\\$\\d+\\|([^|]*)\\||:(\\d+)\\|")
                .matcher(reply)
                .results()
                .map((MatchResult m) -> m.group(1) == null ? m.group(2) : m.group(1))
                .toList();
        Map<String, String> fields = new TreeMap<>();
        for (int i = 0; i < words.size(); i += 2) {
            fields.put(words.get(i), words.get(i + 1));
        }
        return fields;
    }

    private String masterId() {
        String info = client.text("INFO", "replication");
        int at = info.indexOf("master_replid:") + "master_replid:".length();
        return info.substring(at, at + 40);
    }

    private TestServer.Peer replica(String... psync) {
        TestServer.Peer replica = server.connect();
        replica.ask("REPLCONF", "listening-port", "7001", "capa", "eof", "capa", "psync2");
        replica.ask(psync);
        return replica;
    }

    @Test
    void aFullSyncOfAReplicaIsOverWithItsFirstAcknowledgement() {
        client.ask("SET", "key", "value");
        server.machine.hold();
        TestServer.Peer replica = replica("PSYNC", "?", "-1");
        assertThat(newest())
                .containsEntry("number", "0")
                .containsEntry("outcome", "running")
                .containsEntry("direction", "down")
                .containsEntry("mode", "full")
                .containsEntry("peer", "10.0.0.1:7001")
                .containsEntry("asked", "?:-1")
                .containsEntry("reason", "requested");
        server.machine.nanos += 250_000_000L;
        client.ask("SET", "key", "other");
        server.machine.release();
        assertThat(newest()).containsEntry("outcome", "running").containsEntry("snapshot-ms", "250");
        server.machine.nanos += 40_000_000L;
        replica.ask("REPLCONF", "ACK", "0");
        Map<String, String> record = newest();
        assertThat(record)
                .containsEntry("number", "1")
                .containsEntry("outcome", "ok")
                .containsEntry("detail", "")
                .containsEntry("granted", masterId() + ":0")
                .containsEntry("load-ms", "40");
        assertThat(Long.parseLong(record.get("payload-bytes"))).isGreaterThan(30);
        assertThat(Long.parseLong(record.get("stream-bytes"))).isGreaterThan(30);
        assertThat(server.machine.log)
                .anyMatch(line -> line.matches("Sync 1: full to 10\\.0\\.0\\.1:7001 ok\\. Asked for \\?:-1"
                        + " \\(requested\\), payload \\d+ bytes, stream \\d+ bytes; waited 0 ms, snapshot 250"
                        + " ms, transfer 0 ms, load 40 ms"));
    }

    @Test
    void aDisklessSyncHasNoTimeOfItsOwnForTheSnapshot() {
        client.ask("CONFIG", "SET", "repl-diskless-sync", "yes");
        client.ask("CONFIG", "SET", "repl-diskless-sync-delay", "0");
        client.ask("SET", "key", "value");
        server.machine.hold();
        TestServer.Peer replica = server.connect();
        replica.ask("REPLCONF", "listening-port", "7001", "capa", "eof", "capa", "psync2");
        replica.ask("PSYNC", "?", "-1");
        server.machine.nanos += 120_000_000L;
        server.machine.release();
        replica.ask("REPLCONF", "ACK", "0");
        Map<String, String> record = newest();
        assertThat(record)
                .containsEntry("outcome", "ok")
                .containsEntry("snapshot-ms", "0")
                .containsEntry("transfer-ms", "120");
        assertThat(Long.parseLong(record.get("payload-bytes"))).isGreaterThan(30);
    }

    @Test
    void aReplicaThatIsLostBeforeItHasLoadedIsAFailure() {
        replica("PSYNC", "?", "-1").close();
        server.machine.settle();
        assertThat(newest()).containsEntry("outcome", "failed").containsEntry("detail", "connection lost");
    }

    @Test
    void theTestThatRefusedAPartialSyncIsNamed() {
        replica("PSYNC", "?", "-1");
        client.ask("SET", "key", "value");
        replica("PSYNC", ID, "1");
        assertThat(newest()).containsEntry("reason", "id-mismatch").containsEntry("asked", ID + ":1");
        replica("PSYNC", masterId(), "1000");
        assertThat(newest())
                .containsEntry("reason", "ahead-of-master")
                .containsEntry("available", masterId() + ":1-" + end());
        replica("PSYNC", masterId(), "0");
        assertThat(newest()).containsEntry("reason", "out-of-backlog");
        replica("SYNC");
        assertThat(client.text("INFO", "syncs"))
                .containsPattern("asked=SYNC,available=[^,]+,reason=sync-only,granted=[^,]+,outcome=ok,");
        replica("PSYNC", masterId(), "1");
        assertThat(newest())
                .containsEntry("mode", "full")
                .as("what runs comes first")
                .containsEntry("outcome", "running");
        assertThat(client.text("INFO", "syncs"))
                .contains("|syncs_down_partial_ok:1|")
                .contains("reason=same-id");
    }

    private String end() {
        String info = client.text("INFO", "replication");
        return Pattern.compile("master_repl_offset:(\\d+)")
                .matcher(info)
                .results()
                .findFirst()
                .orElseThrow()
                .group(1);
    }

    @Test
    void syncsWithTheMasterAreThereTooWithTheirFailures() {
        client.ask("REPLICAOF", "10.9.9.9", "7000");
        new FakeMaster(server.machine)
                .sendFile(
                        ID,
                        5,
                        EMPTY_RDB.replace("0011", "0099").getBytes(java.nio.charset.StandardCharsets.ISO_8859_1));
        assertThat(newest())
                .containsEntry("direction", "up")
                .containsEntry("mode", "full")
                .containsEntry("peer", "10.9.9.9:7000")
                // A master that becomes a replica asks for the continuation of its own history.
                .containsEntry("reason", "master-refused")
                .containsEntry("granted", ID + ":5")
                .containsEntry("outcome", "failed")
                .containsEntry("payload-bytes", Integer.toString(EMPTY_RDB.length()));
        assertThat(newest().get("detail")).contains("99");
        FakeMaster master = new FakeMaster(server.machine);
        master.sendFile(ID, 5, EMPTY_RDB.getBytes(java.nio.charset.StandardCharsets.ISO_8859_1));
        assertThat(newest()).containsEntry("outcome", "ok").containsEntry("number", "2");
        master.cut();
        master = new FakeMaster(server.machine);
        master.shakeHands();
        master.say("+CONTINUE " + ID + "\r\n");
        assertThat(newest())
                .containsEntry("mode", "partial")
                .containsEntry("reason", "same-id")
                .containsEntry("asked", ID + ":6");
        assertThat(client.text("INFO", "syncs"))
                .startsWith("# Syncs|syncs_running:0|syncs_kept:3|")
                .contains("|syncs_up_full_ok:1|syncs_up_full_failed:1|"
                        + "syncs_up_partial_ok:1|syncs_up_stream_failed:0|syncs_down_full_ok:0|syncs_down_full_failed:0|syncs_down_partial_ok:0|"
                        + "sync0:number=3,direction=up,mode=partial,peer=10.9.9.9:7000,version=,began=");
        assertThat(client.text("INFO", "everything")).doesNotContain("# Syncs");
        assertThat(server.machine.log)
                .anyMatch(line -> line.startsWith("Sync 1: full from 10.9.9.9:7000 failed ("))
                .anyMatch(line -> line.startsWith("Sync 2: full from 10.9.9.9:7000 ok. "));
    }

    @Test
    void theyAreForgottenOnRequestAndBoundedByASetting() {
        for (int i = 0; i < 5; i++) {
            replica("PSYNC", "?", "-1").close();
        }
        server.machine.settle();
        assertThat(client.ask("UNDERSTUDY", "SYNCS")).startsWith("*5|");
        assertThat(client.ask("UNDERSTUDY", "SYNCS", "2")).startsWith("*2|");
        client.ask("CONFIG", "SET", "repl-sync-history", "3");
        assertThat(client.ask("UNDERSTUDY", "SYNCS")).startsWith("*3|");
        assertThat(client.ask("UNDERSTUDY", "SYNCS", "RESET")).isEqualTo("+OK|");
        assertThat(client.ask("UNDERSTUDY", "SYNCS")).isEqualTo("*0|");
    }

    @Test
    void itIsAMapForClientsThatKnowMapsAndItExplainsItself() {
        replica("PSYNC", "?", "-1").close();
        server.machine.settle();
        client.ask("HELLO", "3");
        assertThat(client.ask("UNDERSTUDY", "SYNCS")).startsWith("*1|%18|$6|number|:1|");
        assertThat(client.ask("UNDERSTUDY", "HELP"))
                .contains("+SYNCS [<count>]|")
                .endsWith("|+    Print this help.|");
        assertThat(client.ask("UNDERSTUDY", "SYNCS", "-1")).isEqualTo("-ERR count must not be negative|");
        assertThat(client.ask("UNDERSTUDY", "SYNCS", "x")).startsWith("-ERR value is not an integer");
        assertThat(client.ask("UNDERSTUDY", "NONSENSE")).startsWith("-ERR unknown subcommand 'NONSENSE'");
    }
}
