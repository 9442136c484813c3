// SPDX-License-Identifier: Apache-2.0
package dev.understudy.server.commands;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What is left of the append only file when its rewrite, or turning it on, fails at any point: all that was there. */
class AofRewriteFailuresTest {
    private static final String DIRECTORY = "appendonlydir/";
    private static final String PREFIX = DIRECTORY + "appendonly.aof";
    private static final String FIRST_FILES =
            "file appendonly.aof.1.base.rdb seq 1 type b\nfile appendonly.aof.1.incr.aof seq 1 type i\n";
    private static final String SECOND_FILES =
            "file appendonly.aof.2.base.rdb seq 2 type b\nfile appendonly.aof.2.incr.aof seq 2 type i\n";
    private static final String STARTED = "+Background append only file rewriting started|";

    private TestServer server = new TestServer();
    private TestServer.Peer client = server.connect();

    @AfterEach
    void close() {
        server.close();
    }

    private void start(String... options) {
        server.close();
        List<String> words = new ArrayList<>(List.of("--save", ""));
        words.addAll(List.of(options));
        server = new TestServer(words.toArray(String[]::new));
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

    // ---- failures

    @ParameterizedTest(name = "{0}")
    @ValueSource(
            strings = {
                "write temp-rewriteaof-bg-4711-2.aof",
                "sync temp-rewriteaof-bg-4711-2.aof",
                "open temp-rewriteaof-bg-4711-2.aof",
                "rename temp-rewriteaof-bg-4711-2.aof",
                "rename appendonlydir/temp-appendonly.aof.manifest",
                "write appendonlydir/temp-appendonly.aof.manifest",
                "sync appendonlydir/temp-appendonly.aof.manifest"
            })
    void aRewriteThatFailsLeavesAllThatWasThere(String what) {
        startWithAof();
        client.ask("SET", "a", "1");
        server.machine.hold(1);
        client.ask("BGREWRITEAOF");
        client.ask("SET", "b", "1");
        fault(what);
        server.machine.release();
        mend();
        assertThat(manifest()).isEqualTo(FIRST_FILES + "file appendonly.aof.2.incr.aof seq 2 type i\n");
        assertThat(files()).doesNotContain(PREFIX + ".2.base.rdb").noneMatch(name -> name.startsWith("temp-rewrite"));
        assertThat(info("aof_last_bgrewrite_status")).isEqualTo("err");
        assertThat(info("aof_rewrites_consecutive_failures")).isEqualTo("1");
        server.machine.pass(2);
        client.ask("SET", "c", "1");
        assertThat(afterRestart("MGET", "a", "b", "c")).isEqualTo("*3|$1|1|$1|1|$1|1|");
        client.ask("BGREWRITEAOF");
        assertThat(manifest())
                .isEqualTo(
                        "file appendonly.aof.2.base.rdb seq 2 type b\nfile appendonly.aof.3.incr.aof seq 3 type i\n");
        assertThat(info("aof_rewrites_consecutive_failures")).isEqualTo("0");
        assertThat(afterRestart("MGET", "a", "b", "c")).isEqualTo("*3|$1|1|$1|1|$1|1|");
    }

    @ParameterizedTest(name = "{0}")
    @ValueSource(
            strings = {
                "rename appendonlydir/temp-appendonly.aof.manifest",
                "write appendonlydir/temp-appendonly.aof.manifest",
                "sync appendonlydir/temp-appendonly.aof.manifest",
                "sync appendonlydir/appendonly.aof.1.incr.aof",
                "syncDirectory appendonlydir"
            })
    void aRewriteWhosePreparationFailsLeavesAllAsItIs(String what) {
        startWithAof();
        client.ask("SET", "a", "1");
        fault(what);
        assertThat(client.ask("BGREWRITEAOF")).isEqualTo(STARTED);
        mend();
        assertThat(manifest()).isEqualTo(FIRST_FILES);
        assertThat(files()).doesNotContain(PREFIX + ".2.incr.aof");
        assertThat(info("aof_last_bgrewrite_status")).isEqualTo("err");
        assertThat(info("aof_rewrites_consecutive_failures")).isEqualTo("1");
        server.machine.pass(2);
        client.ask("SET", "b", "1");
        assertThat(afterRestart("MGET", "a", "b")).isEqualTo("*2|$1|1|$1|1|");
        client.ask("BGREWRITEAOF");
        assertThat(info("aof_last_bgrewrite_status")).isEqualTo("ok");
        assertThat(afterRestart("MGET", "a", "b")).isEqualTo("*2|$1|1|$1|1|");
    }

    @Test
    void whatIsWrittenWhileARewriteIsPreparedIsInTheOldFile() {
        startWithAof();
        client.ask("SET", "a", "1");
        server.machine.hold();
        client.ask("BGREWRITEAOF");
        assertThat(info("aof_rewrite_in_progress")).isEqualTo("1");
        client.ask("SET", "b", "1");
        assertThat(file(PREFIX + ".1.incr.aof")).contains("|$1|b|");
        assertThat(afterRestart("MGET", "a", "b")).isEqualTo("*2|$1|1|$1|1|");
        server.machine.release();
        assertThat(manifest()).isEqualTo(SECOND_FILES);
        assertThat(file(PREFIX + ".2.incr.aof")).isEmpty();
        assertThat(afterRestart("MGET", "a", "b")).isEqualTo("*2|$1|1|$1|1|");
    }

    @Test
    void aPreparationCanBeGivenUp() {
        startWithAof();
        client.ask("SET", "a", "1");
        server.machine.hold();
        client.ask("BGREWRITEAOF");
        client.ask("CONFIG", "SET", "appendonly", "no");
        client.ask("CONFIG", "SET", "appendonly", "yes");
        client.ask("SET", "b", "1");
        server.machine.release();
        assertThat(manifest()).isEqualTo(SECOND_FILES);
        assertThat(afterRestart("MGET", "a", "b")).isEqualTo("*2|$1|1|$1|1|");
    }

    @Test
    void aChangeOfTheManifestBetweenPreparationAndSwitchIsNotLost() {
        startWithAof("--aof-disable-auto-gc", "yes");
        client.ask("BGREWRITEAOF");
        server.machine.hold();
        client.ask("BGREWRITEAOF");
        server.machine.finishHeld();
        client.ask("CONFIG", "SET", "aof-disable-auto-gc", "no");
        server.machine.release();
        assertThat(manifest())
                .isEqualTo(
                        "file appendonly.aof.3.base.rdb seq 3 type b\nfile appendonly.aof.3.incr.aof seq 3 type i\n");
    }

    @ParameterizedTest(name = "{0}")
    @ValueSource(strings = {"open appendonlydir/appendonly.aof.2.incr.aof", "makeDirectory"})
    void aRewriteThatCannotBeginLeavesAllAsItIs(String what) {
        startWithAof();
        client.ask("SET", "a", "1");
        fault(what);
        assertThat(client.ask("BGREWRITEAOF"))
                .isEqualTo("-ERR Can't execute an AOF background rewriting. Please check the server logs for more"
                        + " information.|");
        mend();
        client.ask("SET", "b", "1");
        assertThat(manifest()).isEqualTo(FIRST_FILES);
        assertThat(file(PREFIX + ".1.incr.aof")).contains("|$1|b|");
        assertThat(info("aof_last_bgrewrite_status")).isEqualTo("err");
        assertThat(afterRestart("MGET", "a", "b")).isEqualTo("*2|$1|1|$1|1|");
    }

    @Test
    void whatIsNotInTheOldFileKeepsARewriteFromBeginning() {
        startWithAof();
        fault("write");
        client.ask("SET", "a", "1");
        assertThat(client.ask("BGREWRITEAOF")).startsWith("-ERR Can't execute an AOF background rewriting.");
        mend();
        assertThat(client.ask("BGREWRITEAOF")).isEqualTo(STARTED);
        assertThat(afterRestart("GET", "a")).isEqualTo("$1|1|");
    }

    @Test
    void theManifestNamesNoFileThatIsNotThereForSure() {
        startWithAof();
        client.ask("SET", "a", "1");
        server.machine.hold(1);
        client.ask("BGREWRITEAOF");
        client.ask("SET", "b", "1");
        server.machine.directorySyncsUntilFault = 1;
        server.machine.release();
        server.machine.directorySyncsUntilFault = Integer.MAX_VALUE;
        assertThat(manifest()).isEqualTo(FIRST_FILES + "file appendonly.aof.2.incr.aof seq 2 type i\n");
        assertThat(files()).doesNotContain(PREFIX + ".2.base.rdb");
        assertThat(info("aof_last_bgrewrite_status")).isEqualTo("err");
        assertThat(client.ask("SET", "c", "1")).isEqualTo("+OK|");
        assertThat(afterRestart("MGET", "a", "b", "c")).isEqualTo("*3|$1|1|$1|1|$1|1|");
    }

    @Test
    void afterARewriteWhoseDirectoryIsNotDurableOldAndNewFilesAreKept() {
        startWithAof();
        client.ask("SET", "a", "1");
        server.machine.hold(1);
        client.ask("BGREWRITEAOF");
        client.ask("SET", "b", "1");
        server.machine.directorySyncsUntilFault = 2;
        server.machine.release();
        assertThat(manifest())
                .isEqualTo(SECOND_FILES.replace(
                        "file appendonly.aof.2.incr",
                        "file appendonly.aof.1.incr.aof seq 1 type h\nfile appendonly.aof.1.base.rdb seq 1 type h\n"
                                + "file appendonly.aof.2.incr"));
        assertThat(files()).contains(PREFIX + ".1.base.rdb", PREFIX + ".2.base.rdb");
        assertThat(server.machine.log).contains("Fail to fsync AOF directory appendonlydir: Input/output error");
        long synced = server.server.appendOnly().fsyncedOffset();
        server.machine.pass(3);
        assertThat(server.server.appendOnly().fsyncedOffset())
                .as("what a power failure would leave is unknown")
                .isEqualTo(synced);
        server.machine.directorySyncsUntilFault = Integer.MAX_VALUE;
        server.machine.pass(3);
        assertThat(server.server.appendOnly().fsyncedOffset())
                .isEqualTo(server.server.replication().log().end());
        assertThat(afterRestart("MGET", "a", "b")).isEqualTo("*2|$1|1|$1|1|");
    }

    @Test
    void theFirstRewriteIsTriedUntilItWorksAndWhatCameMeanwhileIsInIt() {
        start();
        client.ask("SET", "a", "1");
        server.machine.hold();
        client.ask("CONFIG", "SET", "appendonly", "yes");
        client.ask("SET", "b", "1");
        fault("rename temp-rewriteaof-bg-4711-1.aof");
        server.machine.release();
        assertThat(server.machine.log)
                .containsSubsequence(
                        "Error trying to rename the temporary AOF base file temp-rewriteaof-bg-4711-1.aof into"
                                + " appendonly.aof.1.base.rdb: Input/output error",
                        "Removing the temp incr aof file temp-appendonly.aof.incr in the background");
        assertThat(files()).isEmpty();
        client.ask("SET", "c", "1");
        server.machine.round();
        client.ask("SET", "d", "1");
        assertThat(manifest()).isEqualTo(FIRST_FILES);
        assertThat(afterRestart("MGET", "a", "b", "c", "d")).isEqualTo("*4|$1|1|$1|1|$1|1|$1|1|");
    }

    @ParameterizedTest(name = "{0}")
    @ValueSource(
            strings = {
                "rename appendonlydir/temp-appendonly.aof.incr",
                "sync appendonlydir/temp-appendonly.aof.manifest"
            })
    void theFirstRewriteFailsWithoutATraceAtAnyStep(String what) {
        start();
        fault(what);
        client.ask("SET", "a", "1");
        client.ask("CONFIG", "SET", "appendonly", "yes");
        assertThat(files()).allMatch(name -> name.startsWith(DIRECTORY + "temp-"));
        mend();
        server.machine.round();
        assertThat(manifest()).isEqualTo(FIRST_FILES);
        assertThat(afterRestart("GET", "a")).isEqualTo("$1|1|");
    }
}
