// SPDX-License-Identifier: Apache-2.0
package dev.understudy.server.commands;

import static org.assertj.core.api.Assertions.assertThat;

import dev.understudy.server.StartOutcome;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Workers that have too much to do and refuse a piece of work, each in turn of all that something takes: it fails by name or is done later, and nothing hangs. */
class RefusedWorkTest {
    private static final String ID = "b".repeat(40);
    private static final String REFUSED = "no worker is free";
    /** More pieces of work than anything here takes. */
    private static final int PIECES_MAX = 12;

    private TestServer server = new TestServer("--save", "");
    private TestServer.Peer client = server.connect();

    @AfterEach
    void close() {
        server.close();
    }

    private void restart(Map<String, byte[]> files, String... options) {
        server.close();
        server = new TestServer(files, _ -> {}, options);
        client = server.connect();
    }

    private String info(String section, String field) {
        String text = client.text("INFO", section);
        int at = text.indexOf("|" + field + ":");
        return at < 0 ? "" : text.substring(at + field.length() + 2, text.indexOf('|', at + 1));
    }

    private static byte[] payload() {
        ByteArrayOutputStream rdb = new ByteArrayOutputStream();
        rdb.writeBytes("REDIS0011\u00fe\0\0\3key\5value\u00ff\0\0\0\0\0\0\0\0".getBytes(StandardCharsets.ISO_8859_1));
        return rdb.toByteArray();
    }

    @ParameterizedTest
    @CsvSource({"disabled, 0", "disabled, 3", "swapdb, 3", "on-empty-db, 0"})
    void aFullSyncIsTriedAgain(String mode, int ownKeys) {
        boolean met = true;
        for (int piece = 0; met; piece++) {
            assertThat(piece).isLessThan(PIECES_MAX);
            restart(Map.of(), "--save", "", "--repl-diskless-load", mode);
            for (int i = 0; i < ownKeys; i++) {
                client.ask("SET", "own" + i, "1");
            }
            client.ask("REPLICAOF", "10.9.9.9", "7000");
            server.machine.workers.refuse(piece, 1);
            new FakeMaster(server.machine).sendFile(ID, 100, payload());
            server.machine.pass(1);
            met = server.machine.workers.refusalsLeft() == 0;
            server.machine.workers.refuse(0, 0);
            if (info("replication", "master_link_status").equals("down")) {
                server.machine.pass(10);
                new FakeMaster(server.machine).sendFile(ID, 100, payload());
                server.machine.pass(1);
            }
            assertThat(info("replication", "master_link_status"))
                    .as("refused: piece %d", piece)
                    .isEqualTo("up");
            assertThat(client.ask("GET", "key")).isEqualTo("$5|value|");
            assertThat(info("persistence", "loading")).isEqualTo("0");
            assertThat(server.machine.files.keySet())
                    .as("files, piece %d", piece)
                    .isSubsetOf("dump.rdb");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"yes", "no"})
    void aReplicaThatWasNotServedAsksAgain(String diskless) {
        boolean met = true;
        for (int piece = 0; met; piece++) {
            assertThat(piece).isLessThan(PIECES_MAX);
            restart(Map.of(), "--save", "", "--repl-diskless-sync", diskless, "--repl-diskless-sync-delay", "0");
            client.ask("SET", "key", "value");
            server.machine.workers.refuse(piece, 1);
            TestServer.Peer replica = server.connect();
            replica.ask("REPLCONF", "capa", "eof", "capa", "psync2");
            String first = replica.ask("PSYNC", "?", "-1");
            server.machine.pass(2);
            first += replica.taken();
            met = server.machine.workers.refusalsLeft() == 0;
            server.machine.workers.refuse(0, 0);
            if (!replica.open) {
                replica = server.connect();
                replica.ask("REPLCONF", "capa", "eof", "capa", "psync2");
                first = replica.ask("PSYNC", "?", "-1");
                server.machine.pass(10);
                first += replica.taken();
            }
            assertThat(first).as("refused: piece %d", piece).contains("key\5value");
            assertThat(replica.open).isTrue();
        }
    }

    @Test
    void aBackgroundSaveFailsByName() {
        server.machine.workers.refuse(0, 1);
        client.ask("BGSAVE");
        assertThat(server.machine.log).containsSubsequence(REFUSED, "Background saving error");
        assertThat(info("persistence", "rdb_last_bgsave_status")).isEqualTo("err");
        assertThat(info("persistence", "rdb_bgsave_in_progress")).isEqualTo("0");
        client.ask("BGSAVE");
        assertThat(info("persistence", "rdb_last_bgsave_status")).isEqualTo("ok");
    }

    @ParameterizedTest
    @ValueSource(strings = {"dump", "aof"})
    void aStartThatFindsNoWorkerFails(String kind) {
        boolean aof = kind.equals("aof");
        String[] options = {"--save", "", "--appendonly", aof ? "yes" : "no"};
        restart(Map.of(), options);
        client.ask("SET", "key", "value");
        client.ask("SAVE");
        FakeMachine machine = new FakeMachine();
        server.machine.files.forEach((name, bytes) -> machine.files.put(name, bytes.clone()));
        Map<String, byte[]> before = new HashMap<>(machine.files);
        machine.workers.refuse(0, 1);
        server.close();
        server = new TestServer(machine, _ -> {}, options);
        assertThat(server.outcome).isInstanceOf(StartOutcome.Failed.class);
        assertThat(String.join("|", machine.log)).contains(REFUSED);
        assertThat(machine.files).containsExactlyInAnyOrderEntriesOf(before);
    }

    @ParameterizedTest
    @ValueSource(strings = {"BGREWRITEAOF", "CONFIG SET appendonly yes"})
    void theAppendOnlyFileComesToHoldEverything(String command) {
        boolean met = true;
        for (int piece = 0; met; piece++) {
            assertThat(piece).isLessThan(PIECES_MAX);
            String[] options = {"--save", "", "--appendonly", command.startsWith("BG") ? "yes" : "no"};
            restart(Map.of(), options);
            client.ask("SET", "before", "1");
            server.machine.workers.refuse(piece, 1);
            client.ask(command.split(" "));
            client.ask("SET", "beside", "1");
            server.machine.pass(3);
            met = server.machine.workers.refusalsLeft() == 0;
            server.machine.workers.refuse(0, 0);
            client.ask("SET", "after", "1");
            server.machine.pass(3);
            assertThat(info("persistence", "aof_enabled")).isEqualTo("1");
            assertThat(info("persistence", "aof_rewrite_in_progress")).isEqualTo("0");
            assertThat(info("persistence", "aof_pending_bio_fsync")).isEqualTo("0");
            assertThat(String.join(" ", server.machine.files.keySet())).doesNotContain("temp");
            Map<String, byte[]> files = new HashMap<>(server.machine.files);
            restart(files, "--save", "", "--appendonly", "yes");
            assertThat(client.ask("EXISTS", "before", "beside", "after"))
                    .as("refused: piece %d", piece)
                    .isEqualTo(":3|");
        }
    }
}
