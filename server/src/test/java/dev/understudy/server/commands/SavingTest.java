// SPDX-License-Identifier: Apache-2.0
package dev.understudy.server.commands;

import static org.assertj.core.api.Assertions.assertThat;

import dev.understudy.server.StartOutcome;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** SAVE, BGSAVE and save points: what is written where, what is told meanwhile, and what happens when the disk does not do what it should. */
class SavingTest {
    private static final String MISCONF =
            "-MISCONF Redis is configured to save RDB snapshots, but it's currently unable to persist to disk.";
    private static final long DAY_MILLIS = 24L * 3600 * 1000;

    private TestServer server = new TestServer();
    private TestServer.Peer client = server.connect();

    @AfterEach
    void close() {
        server.close();
    }

    private void start(String... options) {
        start(new FakeMachine(), options);
    }

    private void start(FakeMachine machine, String... options) {
        server.close();
        server = new TestServer(machine, _ -> {}, options);
        client = server.connect();
    }

    /** Another life on the same disk. */
    private void restart(String... options) {
        FakeMachine machine = new FakeMachine();
        machine.files.putAll(server.machine.files);
        machine.wallMillis = server.machine.wallMillis;
        start(machine, options);
    }

    private String info(String field) {
        for (String section : List.of("persistence", "stats")) {
            for (String line : client.text("INFO", section).split("\\|")) {
                if (line.startsWith(field + ":")) {
                    return line.substring(field.length() + 1);
                }
            }
        }
        return "(none)";
    }

    private String header(String file) {
        return new String(server.machine.files.get(file), 0, 9, StandardCharsets.US_ASCII);
    }

    // ---- failures

    @ParameterizedTest(name = "{0}")
    @CsvSource(delimiter = '|', textBlock = """
        open       | Failed opening the temp RDB file temp-4711-1.rdb (in server root dir /data) for saving: Input/output error
        write      | Write error while saving DB to the disk(rdbSaveRio): Input/output error
        full       | Write error while saving DB to the disk(rdbSaveRio): No space left on device
        sync       | Write error while saving DB to the disk(fsync): Input/output error
        rename     | Error moving temp DB file temp-4711-1.rdb on the final destination dump.rdb (in server root dir /data): Input/output error
        """)
    void aSaveThatFailsLeavesTheOldDumpSaysWhyAndStopsWritesUntilOneSucceeds(String fault, String line) {
        start("--save", "900 1");
        assertThat(client.ask("SET", "key", "old")).isEqualTo("+OK|");
        assertThat(client.ask("SAVE")).isEqualTo("+OK|");
        byte[] before =
                Objects.requireNonNull(server.machine.files.get("dump.rdb")).clone();
        client.ask("SET", "key", "new");
        server.machine.diskFaults.add(fault);

        assertThat(client.ask("BGSAVE")).isEqualTo("+Background saving started|");

        assertThat(server.machine.log).containsSubsequence(line, "Background saving error");
        assertThat(server.machine.files).containsOnlyKeys("dump.rdb");
        assertThat(server.machine.files.get("dump.rdb")).isEqualTo(before);
        assertThat(info("rdb_last_bgsave_status")).isEqualTo("err");
        assertThat(client.ask("SET", "key", "newer")).startsWith(MISCONF);
        assertThat(client.ask("PING")).startsWith(MISCONF);
        assertThat(client.ask("GET", "key")).isEqualTo("$3|new|");
        client.ask("CONFIG", "SET", "stop-writes-on-bgsave-error", "no");
        assertThat(client.ask("SET", "key", "newer")).isEqualTo("+OK|");
        client.ask("CONFIG", "SET", "stop-writes-on-bgsave-error", "yes");
        server.machine.diskFaults.clear();
        assertThat(client.ask("BGSAVE")).isEqualTo("+Background saving started|");
        assertThat(client.ask("SET", "key", "newest")).isEqualTo("+OK|");
        assertThat(info("rdb_last_bgsave_status")).isEqualTo("ok");
        assertThat(info("rdb_changes_since_last_save")).isEqualTo("1");
    }

    @Test
    void aFailedSyncOfTheDirectoryIsAFailure() {
        start("--save", "900 1");
        server.machine.diskFaults.add("syncDirectory");
        client.ask("BGSAVE");
        assertThat(server.machine.log).contains("Failed to fsync directory while saving DB: Input/output error");
        assertThat(info("rdb_last_bgsave_status")).isEqualTo("err");
    }

    @Test
    void saveRepliesWithAnErrorAndForgivesTheFailureOfABackgroundSave() {
        start("--save", "900 1");
        server.machine.diskFaults.add("rename");
        assertThat(client.ask("SAVE")).isEqualTo("-ERR|");
        assertThat(info("rdb_last_bgsave_status")).isEqualTo("ok");
        client.ask("BGSAVE");
        assertThat(info("rdb_last_bgsave_status")).isEqualTo("err");
        server.machine.diskFaults.clear();
        assertThat(client.ask("SAVE")).isEqualTo("+OK|");
        assertThat(info("rdb_last_bgsave_status")).isEqualTo("ok");
    }

    @Test
    void afterAFailureTheNextTryByItselfComesAfterFiveSeconds() {
        start("--save", "1 1");
        server.machine.diskFaults.add("write");
        client.ask("SET", "key", "value");
        server.machine.pass(3);
        assertThat(server.machine.log)
                .filteredOn("Background saving error"::equals)
                .hasSize(1);
        server.machine.diskFaults.clear();
        server.machine.pass(2);
        assertThat(server.machine.files).doesNotContainKey("dump.rdb");
        server.machine.pass(3);
        assertThat(server.machine.files).containsKey("dump.rdb");
        assertThat(info("rdb_changes_since_last_save")).isEqualTo("0");
    }

    // ---- progress

    @Test
    void infoTellsHowASaveGoesOnAndCountsSaves() {
        for (int i = 0; i < 20; i++) {
            client.ask("SET", "key:" + i, "value");
        }
        assertThat(info("rdb_current_bgsave_time_sec")).isEqualTo("-1");
        server.machine.hold();
        client.ask("BGSAVE");
        server.machine.pass(3);
        assertThat(info("rdb_bgsave_in_progress")).isEqualTo("1");
        assertThat(info("rdb_current_bgsave_time_sec")).isEqualTo("3");
        assertThat(info("current_save_keys_total")).isEqualTo("20");
        assertThat(client.ask("BGSAVE")).isEqualTo("-ERR Background save already in progress|");
        assertThat(client.ask("BGSAVE", "SCHEDULE")).isEqualTo("-ERR Background save already in progress|");
        assertThat(client.ask("SAVE")).isEqualTo("-ERR Background save already in progress|");
        server.machine.finishHeld();
        assertThat(info("current_save_keys_processed")).isEqualTo("20");
        assertThat(info("current_fork_perc")).isEqualTo("100.00");
        server.machine.release();
        assertThat(info("rdb_bgsave_in_progress")).isEqualTo("0");
        assertThat(info("rdb_last_bgsave_time_sec")).isEqualTo("3");
        assertThat(info("current_fork_perc")).isEqualTo("0.00");
        client.ask("SAVE");
        assertThat(info("rdb_saves")).isEqualTo("2");
        client.ask("CONFIG", "RESETSTAT");
        assertThat(info("rdb_saves")).isEqualTo("0");
    }

    @Test
    void withinATransactionASaveIsScheduled() {
        client.ask("MULTI");
        client.ask("BGSAVE");
        assertThat(client.ask("EXEC")).isEqualTo("*1|+Background saving scheduled|");
        server.machine.pass(1);
        assertThat(server.machine.files).containsKey("dump.rdb");
        assertThat(client.ask("BGSAVE", "NOW")).isEqualTo("-ERR syntax error|");
    }

    // ---- files

    @Test
    void aSaveKeepsTheNameThatTheDumpHadWhenItBegan() {
        start("--enable-protected-configs", "yes");
        server.machine.hold();
        client.ask("BGSAVE");
        client.ask("CONFIG", "SET", "dbfilename", "other.rdb");
        server.machine.release();
        assertThat(server.machine.files).containsOnlyKeys("dump.rdb");
        client.ask("SAVE");
        assertThat(server.machine.files).containsOnlyKeys("dump.rdb", "other.rdb");
    }

    @Test
    void whatSavesThatCrashedHaveLeftIsRemovedAtTheStartAndNothingElse() {
        FakeMachine machine = new FakeMachine();
        for (String name : List.of(
                "temp-4711.rdb",
                "temp-4711-3.rdb",
                "temp-1700000000.4711.rdb",
                "temp-4712.rdb",
                "temp-1700000000.4712.rdb",
                "temp-4711.rdb.bak",
                "temp-rewriteaof-4711.aof",
                "temp-99999999999999999999.rdb")) {
            machine.files.put(name, new byte[] {1});
        }
        start(machine);
        assertThat(machine.files)
                .containsOnlyKeys(
                        "temp-4712.rdb",
                        "temp-1700000000.4712.rdb",
                        "temp-4711.rdb.bak",
                        "temp-rewriteaof-4711.aof",
                        "temp-99999999999999999999.rdb");
    }

    @ParameterizedTest(name = "rdb-version {0}")
    @ValueSource(strings = {"9", "10", "11"})
    void filesAreOfTheVersionThatIsWantedAndComeBack(String version) {
        start("--rdb-version", version);
        client.ask("RPUSH", "list", "a", "1");
        client.ask("HSET", "hash", "field", "value");
        client.ask("SADD", "set", "member");
        client.ask("ZADD", "zset", "1.5", "member");
        client.ask("XADD", "stream", "1-1", "field", "value");
        String digest = client.ask("DEBUG", "DIGEST");
        client.ask("SAVE");
        assertThat(header("dump.rdb")).isEqualTo("REDIS00" + (version.length() == 1 ? "0" : "") + version);
        restart();
        assertThat(client.ask("DEBUG", "DIGEST")).isEqualTo(digest);
    }

    @ParameterizedTest(name = "rdb-version {0}, functions: {1}")
    @CsvSource({"9, false, REDIS0009", "9, true, REDIS0010", "10, true, REDIS0010", "11, true, REDIS0010"})
    void soAreThoseMadeForReplicasUnlessSomethingWereLost(String version, boolean functions, String header) {
        start("--rdb-version", version, "--repl-diskless-sync", "no");
        if (functions) {
            client.ask("FUNCTION", "LOAD", "#!lua name=lib\nredis.register_function('f', function() return 1 end)");
        }
        TestServer.Peer replica = server.connect();
        replica.ask("REPLCONF", "capa", "eof", "capa", "psync2");
        replica.ask("PSYNC", "?", "-1");
        server.machine.pass(2);
        assertThat(header("dump.rdb")).isEqualTo(header);
    }

    @Test
    void payloadsOfDumpStayAtTheVersionOfRedis72() {
        start("--rdb-version", "9");
        client.ask("SET", "key", "10");
        assertThat(client.ask("DUMP", "key")).startsWith("$13|\0\u00c0\n\u000b\0");
    }

    @Test
    void aVersionWithoutFunctionsIsWarnedAbout() {
        start("--rdb-version", "9");
        client.ask("FUNCTION", "LOAD", "#!lua name=lib\nredis.register_function('f', function() return 1 end)");
        client.ask("SAVE");
        assertThat(server.machine.log).contains("Function libraries are not saved: RDB version 9 cannot hold them");
    }

    // ---- the use of keys

    @Test
    void underAnLruPolicyFilesTellHowLongKeysHaveBeenIdle() {
        start("--maxmemory-policy", "allkeys-lru");
        client.ask("SET", "key", "value");
        server.machine.wallMillis += 1_000_000;
        client.ask("SAVE");
        restart("--maxmemory-policy", "allkeys-lru");
        assertThat(client.ask("OBJECT", "IDLETIME", "key")).isEqualTo(":1000|");
        restart();
        assertThat(client.ask("OBJECT", "IDLETIME", "key")).isEqualTo(":0|");
    }

    @Test
    void underAnLfuPolicyFilesTellHowOftenKeysAreUsed() {
        start("--maxmemory-policy", "allkeys-lfu", "--lfu-decay-time", "0");
        client.ask("SET", "key", "value");
        for (int i = 0; i < 200; i++) {
            client.ask("GET", "key");
        }
        String frequency = client.ask("OBJECT", "FREQ", "key");
        server.machine.wallMillis += DAY_MILLIS;
        client.ask("SAVE");
        restart("--maxmemory-policy", "allkeys-lfu", "--lfu-decay-time", "0");
        assertThat(frequency).isNotEqualTo(":5|");
        assertThat(client.ask("OBJECT", "FREQ", "key")).isEqualTo(frequency);
    }

    // ---- sanitize-dump-payload

    /** A set's listpack that has the same member twice. */
    private static final String TWICE = "\u0014\r\r\0\0\0\2\0\u0081a\2\u0081a\2\u00ff\u000b\0\0\0\0\0\0\0\0\0";

    @ParameterizedTest(name = "{0}")
    @CsvSource({"no, +OK|", "yes, -ERR Bad data format|", "clients, -ERR Bad data format|"})
    void repeatedElementsOfAPayloadAreLookedForIfThatIsWanted(String setting, String reply) {
        client.ask("CONFIG", "SET", "sanitize-dump-payload", setting);
        client.ask("DEBUG", "SET-SKIP-CHECKSUM-VALIDATION", "1");
        assertThat(client.ask("RESTORE", "key", "0", TWICE)).isEqualTo(reply);
        if (!setting.equals("no")) {
            assertThat(server.machine.log)
                    .anyMatch(line -> line.contains("-> Set listpack integrity check failed. (duplicate elements)"));
        }
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource({"no, true", "yes, false", "clients, true"})
    void repeatedElementsOfAFileAreLookedForOnlyIfEverythingIs(String setting, boolean starts) {
        client.ask("DEBUG", "SET-SKIP-CHECKSUM-VALIDATION", "1");
        client.ask("RESTORE", "key", "0", TWICE);
        client.ask("SAVE");
        Map<String, byte[]> files = server.machine.files;
        byte[] dump = files.get("dump.rdb");
        restart("--sanitize-dump-payload", setting);
        assertThat(server.outcome instanceof StartOutcome.Ready).isEqualTo(starts);
        if (!starts) {
            assertThat(server.machine.log).contains("Terminating server after rdb file reading failure.");
            assertThat(server.machine.files.get("dump.rdb")).isEqualTo(dump);
        }
    }
}
