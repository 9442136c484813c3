// SPDX-License-Identifier: Apache-2.0
package dev.understudy.server.commands;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Full syncs that go wrong, from the side of the replica: what happens to its data, and how often it tries. */
class FullSyncAsReplicaTest {
    private static final String ID = "b".repeat(40);
    private static final String OTHER_ID = "c".repeat(40);

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

    /** An RDB with so many strings, without checksum. */
    private static byte[] payload(int keys) {
        ByteArrayOutputStream rdb = new ByteArrayOutputStream();
        rdb.writeBytes(bytes("REDIS0011"));
        if (keys > 0) {
            rdb.writeBytes(bytes("\u00fe\0"));
        }
        for (int i = 0; i < keys; i++) {
            rdb.writeBytes(bytes("\0\4key" + (char) ('0' + i) + "\5value"));
        }
        rdb.writeBytes(bytes("\u00ff\0\0\0\0\0\0\0\0"));
        return rdb.toByteArray();
    }

    private static byte[] broken(String how) {
        String good = new String(payload(3), StandardCharsets.ISO_8859_1);
        return bytes(
                switch (how) {
                    case "truncated" -> good.substring(0, good.length() - 20);
                    case "checksum" -> good.substring(0, good.length() - 1) + "\1";
                    case "version" -> good.replace("REDIS0011", "REDIS0099");
                    case "type" -> good.replace("\0\4key1", "\u001a\4key1");
                    case "magic" -> good.replace("REDIS", "RODIS");
                    default -> throw new IllegalArgumentException(how);
                });
    }

    private void follow() {
        assertThat(client.ask("REPLICAOF", "10.9.9.9", "7000")).isEqualTo("+OK|");
    }

    private Map<String, String> info() {
        Map<String, String> fields = new TreeMap<>();
        for (String line : client.text("INFO", "replication").split("\\|")) {
            int colon = line.indexOf(':');
            if (colon > 0) {
                fields.put(line.substring(0, colon), line.substring(colon + 1));
            }
        }
        return fields;
    }

    private void assertOldDataAreThere() {
        assertThat(client.ask("GET", "old")).isEqualTo("$4|data|");
        assertThat(client.ask("DBSIZE")).isEqualTo(":1|");
        assertThat(client.text("INFO", "persistence")).contains("|loading:0|async_loading:0|");
    }

    /** Redis does not turn its loop for a small payload, so that nobody is told -LOADING. */
    @ParameterizedTest
    @ValueSource(strings = {"disabled", "swapdb", "on-empty-db"})
    void aChangeOfTheMasterWhileALittleIsLoadedWaits(String mode) {
        restart("--save", "", "--repl-diskless-load", mode);
        follow();
        FakeMaster master = new FakeMaster(server.machine);
        for (int held = 0; !client.text("INFO", "persistence").contains("|loading:1|"); held++) {
            assertThat(held).as("pieces of work until the payload is loaded").isLessThan(10);
            restart("--save", "", "--repl-diskless-load", mode);
            follow();
            master = new FakeMaster(server.machine);
            server.machine.hold(held);
            master.sendFile(ID, 100, payload(3));
        }
        assertThat(client.ask("REPLICAOF", "NO", "ONE")).isEmpty();
        server.machine.release();
        assertThat(client.taken()).isEqualTo("+OK|");
        assertThat(client.ask("DBSIZE")).isEqualTo(":3|");
        assertThat(info()).containsEntry("role", "master").containsEntry("master_replid2", ID);
    }

    @ParameterizedTest(name = "repl-diskless-load {0}, {1}")
    @CsvSource({
        "disabled, truncated",
        "disabled, checksum",
        "disabled, version",
        "disabled, type",
        "disabled, magic",
        "swapdb, truncated",
        "swapdb, checksum",
        "swapdb, version",
        "swapdb, type",
        "swapdb, magic",
        "on-empty-db, truncated",
        "on-empty-db, checksum",
        "on-empty-db, version",
        "on-empty-db, type",
        "on-empty-db, magic"
    })
    void aPayloadThatCannotBeReadCostsNoData(String mode, String how) {
        restart("--save", "", "--repl-diskless-load", mode);
        client.ask("SET", "old", "data");
        client.ask("SAVE");
        byte[] dump = server.machine.files.get("dump.rdb");
        String id = info().get("master_replid");
        follow();
        for (boolean marked : new boolean[] {false, true}) {
            FakeMaster master = new FakeMaster(server.machine);
            if (marked) {
                master.sendMarked(ID, 100, broken(how));
            } else {
                master.sendFile(ID, 100, broken(how));
            }
            assertThat(master.isOpen()).isFalse();
            assertOldDataAreThere();
            assertThat(server.machine.files).containsOnlyKeys("dump.rdb").containsEntry("dump.rdb", dump);
            assertThat(info())
                    .containsEntry("master_link_status", "down")
                    .containsEntry("master_sync_refused", "payload")
                    .containsEntry("master_replid", id);
        }
        server.machine.pass(1);
        new FakeMaster(server.machine).sendFile(ID, 100, payload(3));
        assertThat(client.ask("DBSIZE")).isEqualTo(":3|");
        assertThat(info())
                .containsEntry("master_link_status", "up")
                .doesNotContainKeys("master_sync_refused", "master_sync_failures", "master_sync_retry_in_seconds");
    }

    @ParameterizedTest
    @ValueSource(strings = {"disabled", "swapdb", "on-empty-db"})
    void attemptsBecomeRareWhileTheMastersPayloadCannotBeRead(String mode) {
        restart("--save", "", "--repl-diskless-load", mode);
        client.ask("SET", "old", "data");
        follow();
        int attempts = 0;
        for (int second = 0; second < 300; second++) {
            while (!server.machine.dials.isEmpty()) {
                new FakeMaster(server.machine).sendFile(ID, 100, broken("type"));
                attempts++;
            }
            server.machine.pass(1);
        }
        // At 0, 0, 1, 3, 7, 15, 31, 63 seconds, then each minute.
        assertThat(attempts).isEqualTo(11);
        assertOldDataAreThere();
        assertThat(server.machine.log)
                .filteredOn(line -> line.startsWith("Full resync from master failed"))
                .hasSize(11)
                .anyMatch(line -> line.matches("Full resync from master failed 3 times in a row: .*26.*"
                        + "\\. Next attempt in 2 seconds\\."));
    }

    @Test
    void aLostConnectionIsDialledAtOnceHoweverOften() {
        client.ask("SET", "old", "data");
        follow();
        for (int i = 0; i < 20; i++) {
            FakeMaster master = new FakeMaster(server.machine);
            master.shakeHands();
            master.say("+FULLRESYNC " + ID + " 100\r\n$1000\r\nREDIS");
            master.cut();
        }
        assertOldDataAreThere();
        assertThat(info()).doesNotContainKey("master_sync_refused");
    }

    @Test
    void replicaofTheSameMasterTriesAtOnce() {
        follow();
        for (int i = 0; i < 2; i++) {
            new FakeMaster(server.machine).sendFile(ID, 100, broken("version"));
        }
        assertThat(server.machine.dials).isEmpty();
        assertThat(client.ask("REPLICAOF", "10.9.9.9", "7000")).startsWith("+OK");
        new FakeMaster(server.machine).sendFile(ID, 100, payload(1));
        assertThat(info()).containsEntry("master_link_status", "up");
    }

    @Test
    void aDiskThatFailsBeforeTheLoadCostsNoData() {
        client.ask("SET", "old", "data");
        follow();
        server.machine.diskFaults.add("sync");
        new FakeMaster(server.machine).sendFile(ID, 100, payload(3));
        assertOldDataAreThere();
        assertThat(info()).containsEntry("master_sync_refused", "storage");
        assertThat(server.machine.log)
                .contains("Failed trying to sync the temp DB to disk in MASTER <-> REPLICA synchronization:"
                        + " Input/output error");
        server.machine.diskFaults.clear();
        server.machine.pass(1);
        new FakeMaster(server.machine).sendFile(ID, 100, payload(3));
        assertThat(client.ask("DBSIZE")).isEqualTo(":3|");
    }

    @Test
    void aFileThatCannotBecomeTheDumpIsLoadedAllTheSame() {
        client.ask("SET", "old", "data");
        follow();
        server.machine.diskFaults.add("rename");
        new FakeMaster(server.machine).sendFile(ID, 100, payload(3));
        assertThat(client.ask("DBSIZE")).isEqualTo(":3|");
        assertThat(info()).containsEntry("master_link_status", "up");
        assertThat(server.machine.files).isEmpty();
        assertThat(server.machine.log)
                .contains("Failed trying to rename the temp DB into dump.rdb in MASTER <-> REPLICA synchronization:"
                        + " Input/output error");
    }

    @ParameterizedTest
    @ValueSource(strings = {"disabled", "swapdb", "on-empty-db"})
    void anEmptyMasterUnderANewIdIsRefusedIfThatIsWantedUntilItHasData(String mode) {
        restart("--save", "", "--repl-diskless-load", mode, "--replica-accept-empty-master", "no");
        follow();
        FakeMaster master = new FakeMaster(server.machine);
        master.sendFile(ID, 100, payload(2));
        master.cut();
        master = new FakeMaster(server.machine);
        master.sendFile(OTHER_ID, 0, payload(0));
        assertThat(client.ask("DBSIZE")).isEqualTo(":2|");
        assertThat(info())
                .containsEntry("master_link_status", "down")
                .containsEntry("master_sync_refused", "empty-master")
                .containsEntry("master_sync_retry_in_seconds", "1")
                .containsEntry("master_replid", ID);
        assertThat(server.machine.log).contains(warning("2 keys. They are kept and the sync is refused", "no"));
        server.machine.pass(1);
        master = new FakeMaster(server.machine);
        assertThat(master.shakeHands()).contains("PSYNC|$40|" + ID + "|$3|101|");
        master.say("+FULLRESYNC " + OTHER_ID + " 7\r\n$" + payload(4).length + "\r\n");
        master.send(payload(4));
        assertThat(client.ask("DBSIZE")).isEqualTo(":4|");
        assertThat(info()).containsEntry("master_link_status", "up").containsEntry("master_replid", OTHER_ID);
    }

    @ParameterizedTest
    @ValueSource(strings = {"disabled", "swapdb", "on-empty-db"})
    void anEmptyMasterEmptiesItsReplicaByDefaultAndTheLogCountsTheLoss(String mode) {
        restart("--save", "", "--repl-diskless-load", mode);
        client.ask("SET", "old", "data");
        follow();
        new FakeMaster(server.machine).sendMarked(OTHER_ID, 0, payload(0));
        assertThat(client.ask("DBSIZE")).isEqualTo(":0|");
        assertThat(server.machine.log).contains(warning("1 key. They are dropped", "yes"));
    }

    private static String warning(String outcome, String setting) {
        return "The master comes without any key under the unknown replication ID " + OTHER_ID
                + ", while this replica holds " + outcome + ", as replica-accept-empty-master is " + setting + ".";
    }

    @Test
    void allowingItMakesTheReplicaTryAtOnce() {
        restart("--save", "", "--replica-accept-empty-master", "no");
        client.ask("SET", "old", "data");
        follow();
        new FakeMaster(server.machine).sendFile(OTHER_ID, 0, payload(0));
        assertOldDataAreThere();
        assertThat(server.machine.dials).isEmpty();
        assertThat(client.ask("CONFIG", "SET", "replica-accept-empty-master", "yes"))
                .isEqualTo("+OK|");
        new FakeMaster(server.machine).sendFile(OTHER_ID, 0, payload(0));
        assertThat(client.ask("DBSIZE")).isEqualTo(":0|");
    }
}
