// SPDX-License-Identifier: Apache-2.0
package dev.understudy.server.commands;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The full sync, by way of the disk, of a replica that has no data: there is nothing to keep, so the file is read once. */
class FirstFullSyncTest {
    private static final String ID = "d".repeat(40);
    private static final String GOOD = "REDIS0011\u00fe\0\0\3one\0011\0\3two\0012\u00ff\0\0\0\0\0\0\0\0";

    private final TestServer server = new TestServer("--save", "", "--repl-diskless-load", "disabled");
    private final TestServer.Peer client = server.connect();

    @AfterEach
    void close() {
        server.close();
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.ISO_8859_1);
    }

    private void sync(String payload) {
        client.ask("REPLICAOF", "10.9.9.9", "7000");
        new FakeMaster(server.machine).sendFile(ID, 100, bytes(payload));
    }

    private int logged(String text) {
        for (int i = 0; i < server.machine.log.size(); i++) {
            if (server.machine.log.get(i).contains(text)) {
                return i;
            }
        }
        return -1;
    }

    @Test
    void theFileIsReadOnceAndBecomesTheDump() {
        sync(GOOD);
        assertThat(client.ask("GET", "two")).isEqualTo("$1|2|");
        assertThat(client.ask("DBSIZE")).isEqualTo(":2|");
        assertThat(server.machine.filesRead).isEqualTo(1);
        assertThat(server.machine.files).containsOnlyKeys("dump.rdb").containsEntry("dump.rdb", bytes(GOOD));
        assertThat(client.text("INFO", "replication")).contains("master_link_status:up");
    }

    @Test
    void theLogTellsItInTheUsualOrder() {
        sync(GOOD);
        assertThat(logged("MASTER <-> REPLICA sync: Loading DB in memory"))
                .isNotNegative()
                .isLessThan(logged("Done loading RDB, keys loaded: 2, keys expired: 0."));
        assertThat(logged("Done loading RDB")).isLessThan(logged("MASTER <-> REPLICA sync: Finished with success"));
    }

    @Test
    void dataOfOnesOwnStayUntilTheFileHasBeenChecked() {
        client.ask("SET", "old", "data");
        sync(GOOD);
        assertThat(server.machine.filesRead).isEqualTo(2);
        assertThat(client.ask("DBSIZE")).isEqualTo(":2|");
    }

    @ParameterizedTest
    @ValueSource(strings = {"two\0012", "REDIS0011", "\0\3two"})
    void aFileThatCannotBeReadLeavesNothingBehind(String harmed) {
        sync(GOOD.replace(harmed, harmed.equals("REDIS0011") ? "REDIS0099" : "\u00f0"));
        assertThat(client.ask("DBSIZE")).isEqualTo(":0|");
        assertThat(server.machine.files).isEmpty();
        assertThat(client.text("INFO", "replication"))
                .contains("master_link_status:down", "master_sync_refused:payload");
        server.machine.pass(1);
        new FakeMaster(server.machine).sendFile(ID, 100, bytes(GOOD));
        assertThat(client.ask("DBSIZE")).isEqualTo(":2|");
    }

    @Test
    void whatWasMadeForALinkThatIsGivenUpIsNotPutInPlace() {
        server.machine.diskFaults.add("sync");
        sync(GOOD);
        assertThat(client.ask("DBSIZE")).isEqualTo(":0|");
        assertThat(client.text("INFO", "replication")).contains("master_sync_refused:storage");
    }
}
