// SPDX-License-Identifier: Apache-2.0
package dev.understudy.server.commands;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What goes into the append only file, when it is written and forced to disk, and what happens when the disk does not do what it should. */
class AofWritingTest {
    private static final String INCR = "appendonlydir/appendonly.aof.1.incr.aof";
    private static final String MISCONF = "-MISCONF Errors writing to the AOF file: ";

    private TestServer server = new TestServer();
    private TestServer.Peer client = server.connect();
    private final List<Integer> exits = new ArrayList<>();

    @AfterEach
    void close() {
        server.close();
    }

    private void start(String... options) {
        server.close();
        List<String> words = new ArrayList<>(List.of("--appendonly", "yes", "--save", ""));
        words.addAll(List.of(options));
        server = new TestServer(words.toArray(String[]::new));
        server.server.shutdown().onExit(exits::add);
        client = server.connect();
        server.machine.pass(2);
    }

    private String file(String name) {
        byte[] bytes = server.machine.files.get(name);
        return bytes == null ? "(none)" : new String(bytes, StandardCharsets.ISO_8859_1).replace("\r\n", "|");
    }

    private int length(String name) {
        return files().getOrDefault(name, new byte[0]).length;
    }

    private String incr() {
        return file(INCR);
    }

    private String info(String field) {
        for (String line : client.text("INFO", "persistence").split("\\|")) {
            if (line.startsWith(field + ":")) {
                return line.substring(field.length() + 1);
            }
        }
        return "(none)";
    }

    private Map<String, byte[]> files() {
        return server.machine.files;
    }

    /** What a server that starts with these files has. */
    private String afterRestart(String... request) {
        try (TestServer other = new TestServer(files(), _ -> {}, "--appendonly", "yes")) {
            return other.connect().ask(request);
        }
    }

    private void fault(String... what) {
        server.machine.diskFaults.addAll(List.of(what));
    }

    private void mend() {
        server.machine.diskFaults.clear();
    }

    // ---- content

    @Test
    void aStartWithoutFilesMakesThemAll() {
        start();
        assertThat(file("appendonlydir/appendonly.aof.manifest"))
                .isEqualTo(
                        "file appendonly.aof.1.base.rdb seq 1 type b\nfile appendonly.aof.1.incr.aof seq 1 type i\n");
        assertThat(file("appendonlydir/appendonly.aof.1.base.rdb"))
                .startsWith("REDIS0011")
                .contains("aof-base\u00c0\1");
        assertThat(incr()).isEmpty();
        assertThat(server.machine.log)
                .containsSubsequence(
                        "Creating AOF base file appendonly.aof.1.base.rdb on server start",
                        "Creating AOF incr file appendonly.aof.1.incr.aof on server start");
        assertThat(info("aof_enabled")).isEqualTo("1");
    }

    @Test
    void changesAreAppendedAsTheStreamHasThemWithSelectsOfTheirOwn() {
        start();
        client.ask("SET", "key", "1");
        client.ask("GET", "key");
        client.ask("SELECT", "3");
        client.ask("INCR", "key");
        client.ask("INCR", "key");
        assertThat(incr())
                .isEqualTo("*2|$6|SELECT|$1|0|*3|$3|SET|$3|key|$1|1|"
                        + "*2|$6|SELECT|$1|3|*2|$4|INCR|$3|key|*2|$4|INCR|$3|key|");
        assertThat(afterRestart("GET", "key")).isEqualTo("$1|1|");
    }

    @Test
    void transactionsAreWrappedAndWhatIsPublishedStaysOut() {
        start();
        client.ask("PUBLISH", "channel", "before");
        client.ask("MULTI");
        client.ask("PUBLISH", "channel", "message");
        client.ask("SET", "a", "1");
        client.ask("sPublish", "channel", "message");
        client.ask("SET", "b", "2");
        client.ask("EXEC");
        client.ask("MULTI");
        client.ask("PUBLISH", "channel", "one");
        client.ask("PUBLISH", "channel", "two");
        client.ask("EXEC");
        assertThat(incr())
                .isEqualTo("*1|$5|MULTI|*2|$6|SELECT|$1|0|*3|$3|SET|$1|a|$1|1|*3|$3|SET|$1|b|$1|2|*1|$4|EXEC|");
    }

    @Test
    void withTimestampsEachSecondIsToldOnce() {
        start("--aof-timestamp-enabled", "yes");
        client.ask("SET", "a", "1");
        client.ask("SET", "b", "2");
        server.machine.wallMillis = 1_700_000_123_000L;
        client.ask("SET", "c", "3");
        assertThat(incr())
                .startsWith("#TS:1700000002|*2|$6|SELECT|")
                .endsWith("|$1|b|$1|2|#TS:1700000123|*3|$3|SET|$1|c|$1|3|");
        assertThat(afterRestart("GET", "c")).isEqualTo("$1|3|");
    }

    @Test
    void aMasterTellsThePositionOnceItHasAHistoryToTell() {
        start();
        client.ask("SET", "a", "1");
        assertThat(incr()).doesNotContain("#POS");
        TestServer.Peer replica = server.connect();
        replica.askRaw("PSYNC ? -1\r\n");
        server.machine.pass(1);
        client.ask("SET", "b", "2");
        client.ask("SET", "c", "3");
        String id = server.server.replication().history().id().toString();
        long end = server.server.replication().log().end();
        long step = "*3|$3|SET|$1|c|$1|3|".replace("|", "||").length();
        assertThat(incr())
                .contains("#POS:" + id + ":")
                .endsWith("#POS:" + (end - step) + "|*3|$3|SET|$1|c|$1|3|#POS:" + end + "|");
        assertThat(afterRestart("GET", "c")).isEqualTo("$1|3|");
    }

    @Test
    void largeUnitsGoStraightToTheFile() {
        start();
        String large = "x".repeat(3 << 20);
        client.ask("SET", "small", "1");
        client.ask("SET", "large", large);
        client.ask("SET", "small", "2");
        assertThat(incr()).endsWith(large + "|*3|$3|SET|$5|small|$1|2|");
        assertThat(info("aof_current_size"))
                .isEqualTo(Integer.toString(length(INCR) + length("appendonlydir/appendonly.aof.1.base.rdb")));
    }

    // ---- when

    @Test
    void everySecondForcesToDiskOnAWorkerAtMostOnceASecond() {
        start();
        int before = server.machine.syncs;
        client.ask("SET", "a", "1");
        assertThat(incr()).contains("SET");
        client.ask("SET", "a", "2");
        assertThat(server.machine.syncs).isLessThanOrEqualTo(before + 1);
        server.machine.pass(2);
        int idle = server.machine.syncs;
        assertThat(idle).isBetween(before + 1, before + 2);
        server.machine.pass(5);
        assertThat(server.machine.syncs).as("nothing was written").isEqualTo(idle);
    }

    @Test
    void alwaysForcesToDiskBeforeTheReplyAndNeverNever() {
        start("--appendfsync", "always");
        int before = server.machine.syncs;
        client.ask("SET", "a", "1");
        assertThat(server.machine.syncs).isEqualTo(before + 1);
        start("--appendfsync", "no");
        before = server.machine.syncs;
        client.ask("SET", "a", "1");
        server.machine.pass(5);
        assertThat(server.machine.syncs).isEqualTo(before);
        client.ask("CONFIG", "SET", "appendfsync", "always");
        assertThat(server.machine.syncs).isEqualTo(before + 1);
    }

    @Test
    void aSlowFsyncHoldsUpWritesForTwoSecondsAndNotLonger() {
        start();
        server.machine.pass(2);
        server.machine.hold();
        client.ask("SET", "a", "1");
        assertThat(info("aof_pending_bio_fsync")).isEqualTo("1");
        String before = incr();
        assertThat(client.ask("SET", "b", "2")).as("everysec promises no more").isEqualTo("+OK|");
        server.machine.pass(1);
        assertThat(incr()).isEqualTo(before);
        assertThat(info("aof_buffer_length")).isNotEqualTo("0");
        server.machine.pass(1);
        server.machine.round();
        assertThat(incr()).isEqualTo(before + "*3|$3|SET|$1|b|$1|2|");
        assertThat(info("aof_delayed_fsync")).isEqualTo("1");
        assertThat(server.machine.log)
                .contains("Asynchronous AOF fsync is taking too long (disk is busy?). Writing the AOF buffer without"
                        + " waiting for fsync to complete, this may slow down Redis.");
        server.machine.release();
        client.ask("CONFIG", "RESETSTAT");
        assertThat(info("aof_delayed_fsync")).isEqualTo("0");
    }

    @Test
    void aSlowFsyncHoldsUpOnlySoManyBytes() {
        start();
        server.machine.pass(2);
        server.machine.hold();
        client.ask("SET", "a", "1");
        String large = "x".repeat(9 << 20);
        client.ask("SET", "b", large);
        assertThat(length(INCR)).isLessThan(1 << 20);
        client.ask("SET", "c", large);
        assertThat(length(INCR)).isGreaterThan(18 << 20);
        server.machine.release();
    }

    @Test
    void aRewriteIsSparedTheFsyncsIfThatIsWanted() {
        start("--no-appendfsync-on-rewrite", "yes", "--appendfsync", "always");
        server.machine.hold();
        client.ask("BGREWRITEAOF");
        int before = server.machine.syncs;
        client.ask("SET", "a", "1");
        assertThat(server.machine.syncs).isEqualTo(before);
        server.machine.release();
        client.ask("SET", "a", "2");
        assertThat(server.machine.syncs).isGreaterThan(before);
    }

    @Test
    void shutdownWritesAndForcesToDiskAllThereIs() {
        start();
        server.machine.pass(2);
        server.machine.hold();
        client.ask("SET", "a", "1");
        client.ask("SET", "b", "2");
        int before = server.machine.syncs;
        client.ask("SHUTDOWN");
        assertThat(server.machine.syncs).isEqualTo(before + 1);
        assertThat(incr()).endsWith("*3|$3|SET|$1|b|$1|2|");
        assertThat(server.machine.log).contains("Calling fsync() on the AOF file.");
    }

    // ---- when the disk does not

    @Test
    void aFailedWriteRefusesWritesUntilOneWorks() {
        start();
        fault("write");
        assertThat(client.ask("SET", "a", "1")).isEqualTo("+OK|");
        assertThat(client.ask("SET", "b", "2")).isEqualTo(MISCONF + "Input/output error|");
        assertThat(client.ask("GET", "a")).isEqualTo("$1|1|");
        assertThat(info("aof_last_write_status")).isEqualTo("err");
        assertThat(server.machine.log).containsOnlyOnce("Error writing to the AOF file: Input/output error");
        mend();
        server.machine.round();
        assertThat(server.machine.log).contains("AOF write error looks solved, Redis can write again.");
        assertThat(client.ask("SET", "b", "2")).isEqualTo("+OK|");
        assertThat(info("aof_last_write_status")).isEqualTo("ok");
        assertThat(afterRestart("MGET", "a", "b")).isEqualTo("*2|$1|1|$1|2|");
    }

    @Test
    void aShortWriteIsCutOffAgain() {
        start();
        client.ask("SET", "a", "1");
        String before = incr();
        fault("full");
        client.ask("SET", "a", "2");
        assertThat(incr()).isEqualTo(before);
        assertThat(server.machine.log)
                .contains("Short write while writing to the AOF file: (nwritten=13, expected=27)");
        assertThat(client.ask("SET", "b", "2")).isEqualTo(MISCONF + "No space left on device|");
        mend();
        server.machine.round();
        assertThat(incr()).isEqualTo(before + "*3|$3|SET|$1|a|$1|2|");
    }

    @Test
    void aShortWriteThatCannotBeCutOffIsGoneOnFrom() {
        start();
        client.ask("SET", "a", "1");
        String before = incr();
        fault("full", "truncate");
        client.ask("SET", "a", "2");
        assertThat(incr()).startsWith(before + "*3|$3|");
        assertThat(server.machine.log)
                .contains(
                        "Could not remove short write from the append-only file.  Redis may refuse to load the AOF the"
                                + " next time it starts.  ftruncate: Input/output error");
        mend();
        server.machine.round();
        assertThat(incr()).isEqualTo(before + "*3|$3|SET|$1|a|$1|2|");
    }

    @Test
    void aLargeValueThatDoesNotFitWaitsWhole() {
        start();
        String large = "x".repeat(3 << 20);
        fault("full");
        client.ask("SET", "large", large);
        fault("truncate");
        server.machine.round();
        mend();
        server.machine.round();
        assertThat(incr()).isEqualTo("*2|$6|SELECT|$1|0|*3|$3|SET|$5|large|$" + large.length() + "|" + large + "|");
    }

    @ParameterizedTest
    @ValueSource(strings = {"write", "full", "sync"})
    void withAlwaysTheServerEndsBeforeItTellsOfWhatIsNotOnDisk(String what) {
        start("--appendfsync", "always");
        fault(what);
        assertThat(client.ask("SET", "a", "1")).isEmpty();
        assertThat(exits).containsExactly(1);
        assertThat(client.ask("GET", "a")).isEmpty();
        assertThat(exits).containsExactly(1);
        assertThat(server.machine.log)
                .contains(
                        what.equals("sync")
                                ? "Can't persist AOF for fsync error when the AOF fsync policy is 'always':"
                                        + " Input/output error. Exiting..."
                                : "Can't recover from AOF write error when the AOF fsync policy is 'always'. Exiting...");
    }

    @Test
    void aFailedFsyncRefusesWritesAndIsMadeGoodByARewrite() {
        start();
        fault("sync");
        client.ask("SET", "a", "1");
        server.machine.pass(2);
        assertThat(server.machine.log).containsOnlyOnce("Fail to fsync the AOF file: Input/output error");
        assertThat(client.ask("SET", "a", "2")).isEqualTo(MISCONF + "Input/output error|");
        long synced = server.server.appendOnly().fsyncedOffset();
        mend();
        server.machine.pass(3);
        assertThat(client.ask("SET", "a", "2")).isEqualTo("+OK|");
        assertThat(server.machine.log)
                .containsSubsequence(
                        "AOF fsync works again. What it failed for may not be on disk, so the AOF is going to be"
                                + " rewritten.",
                        "Background AOF rewrite finished successfully");
        server.machine.pass(2);
        assertThat(server.server.appendOnly().fsyncedOffset())
                .isGreaterThan(synced)
                .isEqualTo(server.server.replication().log().end());
        assertThat(server.machine.log)
                .filteredOn(line -> line.startsWith("AOF fsync works again"))
                .hasSize(1);
    }

    @Test
    void aFailedFsyncIsTriedAgainEvenIfNoneIsDue() {
        start("--appendfsync", "no");
        client.ask("SET", "a", "1");
        server.machine.hold();
        client.ask("BGREWRITEAOF");
        fault("sync " + INCR);
        server.machine.release();
        assertThat(client.ask("SET", "b", "1")).isEqualTo(MISCONF + "Input/output error|");
        mend();
        server.machine.pass(2);
        assertThat(client.ask("SET", "b", "1")).isEqualTo("+OK|");
        assertThat(afterRestart("MGET", "a", "b")).isEqualTo("*2|$1|1|$1|1|");
    }

    @Test
    void moreThanMayWaitIsDroppedAndMadeGoodByARewrite() {
        start();
        client.ask("SET", "a", "1");
        fault("write");
        client.ask("SET", "large", "x".repeat(40 << 20));
        // What comes in one iteration is executed before anything is known to be wrong.
        client.ask("CONFIG", "SET", "appendonly", "yes");
        client.askRaw("MULTI\r\nEXEC\r\n");
        assertThat(info("aof_buffer_length")).isNotEqualTo("0");
        server.server.appendOnly().propagate(effects(40 << 20), false);
        server.machine.settle();
        assertThat(server.machine.log)
                .contains(
                        "The AOF could not be written and its buffer is full. The file is given up; it will be rewritten"
                                + " as soon as that is possible.");
        assertThat(info("aof_enabled")).isEqualTo("1");
        assertThat(afterRestart("GET", "a")).as("what was there before").isEqualTo("$1|1|");
        mend();
        server.machine.pass(2);
        assertThat(client.ask("SET", "b", "2")).isEqualTo("+OK|");
        assertThat(afterRestart("STRLEN", "large")).isEqualTo(":" + (40 << 20) + "|");
    }

    private static dev.understudy.commands.Effects effects(int bytes) {
        var effects = new dev.understudy.commands.Effects();
        effects.begin(0, 3).arg("SET").arg("other").arg(new byte[bytes]);
        return effects;
    }
}
