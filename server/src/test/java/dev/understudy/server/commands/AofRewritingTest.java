// SPDX-License-Identifier: Apache-2.0
package dev.understudy.server.commands;

import static org.assertj.core.api.Assertions.assertThat;

import dev.understudy.server.Shutdown;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** How the append only file is made anew, when, beside what, and how it is turned on and off. */
class AofRewritingTest {
    private static final String DIRECTORY = "appendonlydir/";
    private static final String PREFIX = DIRECTORY + "appendonly.aof";
    private static final String FIRST_FILES =
            "file appendonly.aof.1.base.rdb seq 1 type b\nfile appendonly.aof.1.incr.aof seq 1 type i\n";
    private static final String SECOND_FILES =
            "file appendonly.aof.2.base.rdb seq 2 type b\nfile appendonly.aof.2.incr.aof seq 2 type i\n";
    private static final String STARTED = "+Background append only file rewriting started|";
    private static final String SCHEDULED = "+Background append only file rewriting scheduled|";
    private static final String FINISHED = "Background AOF rewrite finished successfully";

    private TestServer server = new TestServer();
    private TestServer.Peer client = server.connect();
    private final List<Integer> exits = new ArrayList<>();

    @AfterEach
    void close() {
        server.close();
    }

    private void start(String... options) {
        server.close();
        List<String> words = new ArrayList<>(List.of("--save", ""));
        words.addAll(List.of(options));
        server = new TestServer(words.toArray(String[]::new));
        server.server.shutdown().onExit(exits::add);
        client = server.connect();
        server.machine.pass(2);
    }

    private void startWithAof(String... options) {
        List<String> words = new ArrayList<>(List.of("--appendonly", "yes"));
        words.addAll(List.of(options));
        start(words.toArray(String[]::new));
    }

    private String file(String name) {
        byte[] bytes = server.machine.files.get(name);
        return bytes == null ? "(none)" : new String(bytes, StandardCharsets.ISO_8859_1).replace("\r\n", "|");
    }

    private String manifest() {
        return file(PREFIX + ".manifest");
    }

    private Set<String> files() {
        return server.machine.files.keySet();
    }

    private String info(String field) {
        for (String line : client.text("INFO", "persistence").split("\\|")) {
            if (line.startsWith(field + ":")) {
                return line.substring(field.length() + 1);
            }
        }
        return "(none)";
    }

    private String afterRestart(String... request) {
        try (TestServer other = new TestServer(server.machine.files, _ -> {}, "--appendonly", "yes")) {
            return other.connect().ask(request);
        }
    }

    private void fault(String... what) {
        server.machine.diskFaults.addAll(List.of(what));
    }

    private void mend() {
        server.machine.diskFaults.clear();
    }

    // ---- a rewrite that works

    /** A replica that goes on from the file must hold what its master holds; Redis drops what is pending and deleted. */
    @Test
    void commandsKeepWhatIsPendingAndDeleted() {
        startWithAof("--aof-use-rdb-preamble", "no");
        for (int i = 1; i <= 5; i++) {
            client.ask("XADD", "s", i + "-1", "f", "v");
        }
        client.ask("XGROUP", "CREATE", "s", "g", "0");
        client.ask("XREADGROUP", "GROUP", "g", "c", "COUNT", "4", "STREAMS", "s", ">");
        client.ask("XDEL", "s", "1-1", "3-1", "5-1");
        client.ask("XADD", "only", "7-1", "f", "v");
        client.ask("XGROUP", "CREATE", "only", "g", "0");
        client.ask("XREADGROUP", "GROUP", "g", "c", "STREAMS", "only", ">");
        client.ask("XDEL", "only", "7-1");
        client.ask("XADD", "trimmed", "7-1", "f", "v");
        client.ask("XGROUP", "CREATE", "trimmed", "g", "0");
        client.ask("XREADGROUP", "GROUP", "g", "c", "STREAMS", "trimmed", ">");
        client.ask("XADD", "trimmed", "MAXLEN", "1", "8-1", "f", "v");
        String digest = client.ask("DEBUG", "DIGEST");
        assertThat(client.ask("BGREWRITEAOF")).isEqualTo(STARTED);
        assertThat(server.machine.log).contains(FINISHED);
        assertThat(file(PREFIX + ".2.incr.aof")).isEmpty();
        assertThat(afterRestart("XPENDING", "s", "g"))
                .isEqualTo(client.ask("XPENDING", "s", "g"))
                .startsWith("*4|:4|");
        assertThat(afterRestart("XPENDING", "only", "g")).startsWith("*4|:1|");
        assertThat(afterRestart("XINFO", "STREAM", "s")).isEqualTo(client.ask("XINFO", "STREAM", "s"));
        assertThat(afterRestart("XINFO", "STREAM", "trimmed"))
                .isEqualTo(client.ask("XINFO", "STREAM", "trimmed"))
                .contains("$20|max-deleted-entry-id|$3|0-0|");
        assertThat(afterRestart("DEBUG", "DIGEST")).isEqualTo(digest);
    }

    @Test
    void aRewritePutsANewBaseBesideTheFileBegunWithIt() {
        startWithAof();
        client.ask("SET", "a", "1");
        server.machine.hold(1);
        assertThat(client.ask("BGREWRITEAOF")).isEqualTo(STARTED);
        assertThat(info("aof_rewrite_in_progress")).isEqualTo("1");
        assertThat(info("aof_current_rewrite_time_sec")).isEqualTo("0");
        client.ask("INCR", "a");
        client.ask("SET", "b", "1");
        assertThat(client.ask("BGREWRITEAOF"))
                .isEqualTo("-ERR Background append only file rewriting already in progress|");
        assertThat(manifest()).isEqualTo(FIRST_FILES + "file appendonly.aof.2.incr.aof seq 2 type i\n");
        assertThat(afterRestart("MGET", "a", "b")).isEqualTo("*2|$1|2|$1|1|");
        server.machine.release();
        assertThat(manifest()).isEqualTo(SECOND_FILES);
        assertThat(files())
                .containsExactlyInAnyOrder(PREFIX + ".manifest", PREFIX + ".2.base.rdb", PREFIX + ".2.incr.aof");
        assertThat(file(PREFIX + ".2.incr.aof")).isEqualTo("*2|$6|SELECT|$1|0|*2|$4|INCR|$1|a|*3|$3|SET|$1|b|$1|1|");
        assertThat(info("aof_rewrites")).isEqualTo("1");
        assertThat(info("aof_last_rewrite_time_sec")).isEqualTo("0");
        assertThat(info("aof_last_bgrewrite_status")).isEqualTo("ok");
        assertThat(info("aof_base_size")).isEqualTo(info("aof_current_size"));
        assertThat(afterRestart("MGET", "a", "b")).isEqualTo("*2|$1|2|$1|1|");
        assertThat(server.machine.log)
                .containsSubsequence(
                        "Creating AOF incr file appendonly.aof.2.incr.aof on background rewrite",
                        "Background append only file rewriting started by pid 4711",
                        "Background AOF rewrite terminated with success",
                        "Removing the history file appendonly.aof.1.incr.aof in the background",
                        "Removing the history file appendonly.aof.1.base.rdb in the background",
                        FINISHED);
    }

    @Test
    void theBaseCanBeOfCommands() {
        startWithAof("--aof-use-rdb-preamble", "no", "--aof-timestamp-enabled", "yes");
        client.ask("RPUSH", "list", "a", "b");
        client.ask("BGREWRITEAOF");
        assertThat(file(PREFIX + ".2.base.aof")).startsWith("#TS:").contains("|$5|RPUSH|$4|list|$1|a|$1|b|");
        assertThat(afterRestart("LRANGE", "list", "0", "-1")).isEqualTo("*2|$1|a|$1|b|");
    }

    @Test
    void historyIsKeptIfThatIsWantedAndRemovedWhenItIsNotAnyMore() {
        startWithAof("--aof-disable-auto-gc", "yes");
        client.ask("BGREWRITEAOF");
        assertThat(manifest()).contains("file appendonly.aof.1.base.rdb seq 1 type h\n");
        assertThat(files()).contains(PREFIX + ".1.base.rdb");
        client.ask("CONFIG", "SET", "aof-disable-auto-gc", "no");
        assertThat(manifest()).isEqualTo(SECOND_FILES);
        assertThat(files()).doesNotContain(PREFIX + ".1.base.rdb");
    }

    @Test
    void aRewriteWithoutAofLeavesABaseAlone() {
        start();
        client.ask("SET", "a", "1");
        assertThat(client.ask("BGREWRITEAOF")).isEqualTo(STARTED);
        assertThat(manifest()).isEqualTo("file appendonly.aof.1.base.rdb seq 1 type b\n");
        assertThat(info("aof_enabled")).isEqualTo("0");
        assertThat(info("aof_current_size")).isEqualTo("(none)");
        assertThat(afterRestart("GET", "a")).isEqualTo("$1|1|");
    }

    @Test
    void flushallDuringARewriteIsInTheFileAfterIt() {
        startWithAof();
        client.ask("SET", "a", "1");
        server.machine.hold(1);
        client.ask("BGREWRITEAOF");
        client.ask("FLUSHALL");
        client.ask("SET", "b", "1");
        server.machine.release();
        assertThat(manifest()).isEqualTo(SECOND_FILES);
        assertThat(afterRestart("KEYS", "*")).isEqualTo("*1|$1|b|");
    }

    // ---- beside other work

    @Test
    void aSaveAndARewriteWaitForEachOther() {
        startWithAof();
        server.machine.hold();
        client.ask("BGSAVE");
        assertThat(client.ask("BGREWRITEAOF")).isEqualTo(SCHEDULED);
        assertThat(info("aof_rewrite_scheduled")).isEqualTo("1");
        server.machine.release();
        server.machine.hold();
        server.machine.round();
        assertThat(info("aof_rewrite_in_progress")).isEqualTo("1");
        assertThat(client.ask("BGSAVE"))
                .isEqualTo("-ERR Another child process is active (AOF?): can't BGSAVE right now. Use BGSAVE SCHEDULE in"
                        + " order to schedule a BGSAVE whenever possible.|");
        assertThat(client.ask("BGSAVE", "SCHEDULE")).isEqualTo("+Background saving scheduled|");
        server.machine.round();
        assertThat(info("rdb_bgsave_in_progress")).isEqualTo("0");
        server.machine.release();
        server.machine.round();
        assertThat(files()).contains("dump.rdb");
    }

    @Test
    void inATransactionARewriteIsScheduled() {
        startWithAof();
        client.ask("MULTI");
        client.ask("BGREWRITEAOF");
        assertThat(client.ask("EXEC")).isEqualTo("*1|" + SCHEDULED);
        server.machine.round();
        assertThat(manifest()).isEqualTo(SECOND_FILES);
        start();
        client.ask("MULTI");
        client.ask("CONFIG", "SET", "appendonly", "yes");
        client.ask("SET", "a", "1");
        client.ask("EXEC");
        assertThat(server.machine.log)
                .contains(
                        "AOF was enabled during a transaction. An AOF background was scheduled to start when possible.");
        server.machine.round();
        client.ask("SET", "b", "1");
        assertThat(afterRestart("MGET", "a", "b")).isEqualTo("*2|$1|1|$1|1|");
    }

    @Test
    void aReplicasFullSyncWaitsForARewrite() {
        startWithAof();
        server.machine.hold();
        client.ask("BGREWRITEAOF");
        TestServer.Peer replica = server.connect();
        replica.askRaw("REPLCONF capa eof\r\nPSYNC ? -1\r\n");
        server.machine.pass(10);
        assertThat(replica.taken()).doesNotContain("FULLRESYNC");
        server.machine.release();
        server.machine.pass(10);
        assertThat(replica.taken()).contains("FULLRESYNC");
    }

    // ---- on and off

    @Test
    void turnedOnTheFileIsMadeByARewriteWhatIsWrittenMeanwhileIncluded() {
        start();
        client.ask("SET", "a", "1");
        server.machine.hold();
        assertThat(client.ask("CONFIG", "SET", "appendonly", "yes")).isEqualTo("+OK|");
        assertThat(info("aof_enabled")).isEqualTo("1");
        client.ask("SET", "b", "1");
        assertThat(files()).containsExactlyInAnyOrder(DIRECTORY + "temp-appendonly.aof.incr");
        server.machine.release();
        client.ask("SET", "c", "1");
        assertThat(manifest()).isEqualTo(FIRST_FILES);
        assertThat(server.machine.log)
                .contains("Successfully renamed the temporary AOF incr file temp-appendonly.aof.incr into"
                        + " appendonly.aof.1.incr.aof");
        assertThat(afterRestart("MGET", "a", "b", "c")).isEqualTo("*3|$1|1|$1|1|$1|1|");
    }

    @Test
    void turnedOffNothingIsAppendedAndTurnedOnAgainAllIsMadeAnew() {
        startWithAof();
        client.ask("SET", "a", "1");
        client.ask("CONFIG", "SET", "appendonly", "no");
        assertThat(info("aof_enabled")).isEqualTo("0");
        client.ask("SET", "b", "1");
        assertThat(afterRestart("MGET", "a", "b")).isEqualTo("*2|$1|1|$-1|");
        client.ask("CONFIG", "SET", "appendonly", "yes");
        assertThat(manifest()).isEqualTo(SECOND_FILES);
        assertThat(afterRestart("MGET", "a", "b")).isEqualTo("*2|$1|1|$1|1|");
    }

    @Test
    void turnedOffWhileTheFirstRewriteRunsTheOldFilesStay() {
        startWithAof();
        client.ask("SET", "a", "1");
        client.ask("CONFIG", "SET", "appendonly", "no");
        server.machine.hold();
        client.ask("CONFIG", "SET", "appendonly", "yes");
        client.ask("SET", "b", "1");
        client.ask("CONFIG", "SET", "appendonly", "no");
        assertThat(server.machine.log).contains("Killing running AOF rewrite child: 4711");
        server.machine.release();
        assertThat(manifest()).isEqualTo(FIRST_FILES);
        assertThat(files()).doesNotContain(DIRECTORY + "temp-appendonly.aof.incr");
        assertThat(server.machine.log).doesNotContain(FINISHED);
        assertThat(info("aof_last_bgrewrite_status")).isEqualTo("ok");
        assertThat(afterRestart("MGET", "a", "b")).isEqualTo("*2|$1|1|$-1|");
    }

    @Test
    void aRewriteWithoutAofIsGivenUpForOneWith() {
        start();
        server.machine.hold();
        client.ask("BGREWRITEAOF");
        client.ask("CONFIG", "SET", "appendonly", "yes");
        assertThat(server.machine.log)
                .containsSubsequence(
                        "AOF was enabled but there is already an AOF rewriting in background. Stopping background AOF and"
                                + " starting a rewrite now.",
                        "Killing running AOF rewrite child: 4711",
                        "Background append only file rewriting started by pid 4711");
        server.machine.release();
        assertThat(manifest()).isEqualTo(FIRST_FILES);
        assertThat(files()).noneMatch(name -> name.startsWith("temp"));
    }

    @Test
    void besideASaveTurningItOnIsScheduled() {
        start();
        server.machine.hold();
        client.ask("BGSAVE");
        client.ask("CONFIG", "SET", "appendonly", "yes");
        assertThat(server.machine.log)
                .contains("AOF was enabled but there is already another background operation. An AOF background was"
                        + " scheduled to start when possible.");
        client.ask("SET", "a", "1");
        server.machine.release();
        server.machine.round();
        assertThat(afterRestart("GET", "a")).isEqualTo("$1|1|");
    }

    @Test
    void whatCannotBeTurnedOnStaysOff() {
        start();
        fault("makeDirectory");
        assertThat(client.ask("CONFIG", "SET", "appendonly", "yes"))
                .isEqualTo("-ERR CONFIG SET failed (possibly related to argument 'appendonly') - Unable to turn on AOF."
                        + " Check server logs.|");
        assertThat(client.ask("CONFIG", "GET", "appendonly")).isEqualTo("*2|$10|appendonly|$2|no|");
        assertThat(info("aof_enabled")).isEqualTo("0");
        assertThat(server.machine.log)
                .contains("Can't open or create append-only dir appendonlydir: Input/output error");
    }

    // ---- when rewrites begin by themselves

    @Test
    void growthBeginsARewrite() {
        startWithAof("--auto-aof-rewrite-min-size", "1000");
        client.ask("SET", "a", "x".repeat(500));
        server.machine.pass(1);
        assertThat(manifest()).as("too small").isEqualTo(FIRST_FILES);
        client.ask("SET", "a", "x".repeat(500));
        server.machine.pass(1);
        assertThat(manifest()).isEqualTo(SECOND_FILES);
        assertThat(server.machine.log)
                .anyMatch(line -> line.matches("Starting automatic rewriting of AOF on \\d+% growth"));
        client.ask("SET", "b", "x".repeat(1000));
        server.machine.pass(1);
        assertThat(info("aof_rewrites")).isEqualTo("2");
        client.ask("CONFIG", "SET", "auto-aof-rewrite-percentage", "0");
        client.ask("SET", "b", "x".repeat(10_000));
        server.machine.pass(1);
        assertThat(info("aof_rewrites")).isEqualTo("2");
    }

    @ParameterizedTest(name = "from failure {0} on: {1} minutes")
    @CsvSource({"3, 1", "4, 2", "5, 4", "9, 60", "12, 60"})
    void rewritesThatFailAgainAndAgainAreKeptApart(int failures, int minutes) {
        startWithAof("--auto-aof-rewrite-min-size", "100", "--auto-aof-rewrite-percentage", "1");
        fault("rename appendonlydir/temp-appendonly.aof.manifest");
        client.ask("SET", "a", "x".repeat(500));
        while (Integer.parseInt(info("aof_rewrites_consecutive_failures")) < failures) {
            // A rewrite that cannot even begin is not counted, so the fault is in its end.
            mend();
            server.machine.hold(1);
            long before = Long.parseLong(info("aof_rewrites"));
            for (int i = 0; i < 40_000 && Long.parseLong(info("aof_rewrites")) == before; i++) {
                server.machine.nanos += 10_000_000_000L;
                server.machine.round();
            }
            fault("rename appendonlydir/temp-appendonly.aof.manifest");
            server.machine.release();
        }
        server.machine.log.clear();
        server.machine.round();
        assertThat(server.machine.log)
                .containsExactly("Background AOF rewrite has repeatedly failed and triggered the limit, will retry in "
                        + minutes + " minutes");
        long rewrites = Long.parseLong(info("aof_rewrites"));
        server.machine.nanos += minutes * 60_000_000_000L - 5_000_000_000L;
        server.machine.round();
        assertThat(info("aof_rewrites")).isEqualTo(Long.toString(rewrites));
        mend();
        server.machine.nanos += 6_000_000_000L;
        server.machine.round();
        assertThat(info("aof_rewrites")).isEqualTo(Long.toString(rewrites + 1));
        assertThat(info("aof_rewrites_consecutive_failures")).isEqualTo("0");
    }

    @Test
    void theLimitIsNotForWhoAsks() {
        startWithAof();
        server.machine.hold();
        for (int i = 0; i < 4; i++) {
            client.ask("BGREWRITEAOF");
            fault("rename appendonlydir/temp-appendonly.aof.manifest");
            server.machine.release();
            mend();
            server.machine.hold();
        }
        server.machine.release();
        assertThat(info("aof_rewrites_consecutive_failures")).isEqualTo("4");
        assertThat(client.ask("BGREWRITEAOF")).isEqualTo(STARTED);
        assertThat(info("aof_rewrites_consecutive_failures")).isEqualTo("0");
    }

    // ---- the end

    @Test
    void theServerDoesNotEndBeforeItsFirstAofIsThereUnlessForced() {
        start();
        server.machine.hold();
        client.ask("CONFIG", "SET", "appendonly", "yes");
        assertThat(client.ask("SHUTDOWN")).isEqualTo("-ERR Errors trying to SHUTDOWN. Check logs.|");
        assertThat(server.machine.log)
                .containsSubsequence(
                        "Writing initial AOF, can't exit.",
                        "Errors trying to shut down the server. Check the logs for more information.");
        server.server.shutdown().request(new Shutdown.Options(null, true, true), null);
        server.machine.pass(1);
        assertThat(exits).containsExactly(0);
        assertThat(server.machine.log)
                .containsSubsequence(
                        "Writing initial AOF. Exit anyway.",
                        "There is a child rewriting the AOF. Killing it!",
                        "Killing running AOF rewrite child: 4711",
                        "Calling fsync() on the AOF file.");
    }

    @Test
    void aLaterRewriteIsGivenUpAtTheEnd() {
        startWithAof();
        client.ask("SET", "a", "1");
        server.machine.hold(1);
        client.ask("BGREWRITEAOF");
        client.ask("SET", "b", "1");
        client.ask("SHUTDOWN");
        server.machine.pass(1);
        assertThat(exits).containsExactly(0);
        server.machine.release();
        assertThat(manifest()).isEqualTo(FIRST_FILES + "file appendonly.aof.2.incr.aof seq 2 type i\n");
        assertThat(afterRestart("MGET", "a", "b")).isEqualTo("*2|$1|1|$1|1|");
    }
}
