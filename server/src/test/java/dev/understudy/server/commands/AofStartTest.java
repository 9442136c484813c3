// SPDX-License-Identifier: Apache-2.0
package dev.understudy.server.commands;

import static org.assertj.core.api.Assertions.assertThat;

import dev.understudy.persist.SaveOptions;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The start with an append only file: what is loaded, what is cut off, what is refused. */
class AofStartTest extends AofOnDisk {
    // ---- loading

    @Test
    void baseAndIncrementalFilesAreLoadedInTheirOrder() {
        file(MANIFEST, ONE_BASE + TWO_INCRS);
        file(BASE, set("a", "base") + command("RPUSH", "list", "1", "2"));
        file(INCR, command("SELECT", "3") + set("other", "x"));
        file(
                SECOND,
                "#TS:1700000000\r\n" + set("a", "incr") + command("MULTI") + command("RPUSH", "list", "3")
                        + command("INCR", "n") + command("EXEC"));
        TestServer.Peer client = start();
        assertReady();
        assertThat(client.ask("GET", "a")).isEqualTo("$4|incr|");
        assertThat(client.ask("LRANGE", "list", "0", "-1")).isEqualTo("*3|$1|1|$1|2|$1|3|");
        assertThat(client.ask("GET", "n")).isEqualTo("$1|1|");
        client.ask("SELECT", "3");
        assertThat(client.ask("KEYS", "*")).isEqualTo("*1|$5|other|");
        assertThat(server.machine.log.stream().map(line -> line.replaceAll("[0-9.]+ seconds", "N seconds")))
                .containsSubsequence(
                        "DB loaded from base file appendonly.aof.1.base.aof: N seconds",
                        "DB loaded from incr file appendonly.aof.1.incr.aof: N seconds",
                        "DB loaded from incr file appendonly.aof.2.incr.aof: N seconds",
                        "DB loaded from append only file: N seconds");
    }

    @Test
    void aSnapshotMayBeTheBaseAndCommandsMayFollowInTheSameFile() throws Exception {
        file(MANIFEST, ONE_BASE_RDB + ONE_INCR);
        byte[] rdb = snapshot(SaveOptions.of("7.2.4", 0, 0).asAofBase());
        ByteArrayOutputStream base = new ByteArrayOutputStream();
        base.write(rdb);
        base.write(set("behind", "1").getBytes(StandardCharsets.ISO_8859_1));
        files.put(BASE_RDB, base.toByteArray());
        file(INCR, set("incr", "1"));
        TestServer.Peer client = start();
        assertReady();
        assertThat(client.ask("MGET", "saved", "behind", "incr")).isEqualTo("*3|$5|value|$1|1|$1|1|");
        assertThat(server.machine.log).contains("Reading RDB base file on AOF loading...");
        assertThat(info("persistence", "rdb_last_load_keys_loaded")).isEqualTo("1");
    }

    @Test
    void theDumpIsNotLookedAtEvenIfThereIsNothingElse() {
        files.put("dump.rdb", snapshot(SaveOptions.of("7.2.4", 0, 0)));
        TestServer.Peer client = start();
        assertReady();
        assertThat(client.ask("DBSIZE")).isEqualTo(":0|");
    }

    @Test
    void filesWithoutAByteAreAnEmptyDataSet() {
        file(MANIFEST, ONE_INCR);
        file(INCR, "");
        TestServer.Peer client = start();
        assertReady();
        assertThat(client.ask("DBSIZE")).isEqualTo(":0|");
        assertThat(server.machine.log).anyMatch(line -> line.startsWith("DB loaded from append only file: "));
    }

    @Test
    void nothingExpiresMeanwhileAndWhatHasExpiredGoesAfterwards() {
        file(MANIFEST, ONE_INCR);
        file(
                INCR,
                set("k", "1")
                        + command("PEXPIREAT", "k", "1600000000000")
                        + command("INCR", "k")
                        + command("PERSIST", "k")
                        + command("SET", "gone", "1", "PXAT", "1600000000000"));
        TestServer.Peer client = start();
        assertThat(client.ask("DBSIZE")).isEqualTo(":2|");
        assertThat(client.ask("GET", "k")).isEqualTo("$1|2|");
        assertThat(client.ask("GET", "gone")).isEqualTo("$-1|");
        assertThat(client.ask("DBSIZE")).isEqualTo(":1|");
    }

    @Test
    void flushesBlockingCommandsAndServerCommandsAreHarmless() {
        file(MANIFEST, ONE_INCR);
        file(
                INCR,
                set("before", "1")
                        + command("FLUSHALL")
                        + command("BLPOP", "none", "0")
                        + command("PING")
                        + command("PUBLISH", "channel", "text")
                        + set("after", "1"));
        TestServer.Peer client = start();
        assertReady();
        assertThat(client.ask("KEYS", "*")).isEqualTo("*1|$5|after|");
    }

    @Test
    void loadedCommandsAreNotPropagatedOrCountedAsWorkOfTheServer() {
        file(MANIFEST, ONE_INCR);
        file(INCR, set("a", "1") + set("b", "1"));
        start();
        assertThat(server.server.replication().log().end()).isZero();
        assertThat(info("stats", "total_commands_processed")).isEqualTo("0");
        assertThat(info("persistence", "rdb_changes_since_last_save")).isEqualTo("2");
    }

    @Test
    void renamedCommandsAreFoundUnderTheirNewNames() {
        file(MANIFEST, ONE_INCR);
        file(INCR, command("PUT", "a", "1"));
        TestServer.Peer client = start("--rename-command", "set", "put");
        assertReady();
        assertThat(client.ask("GET", "a")).isEqualTo("$1|1|");
    }

    /** With a file that is loaded when the machine's workers are released. */
    private TestServer.Peer startLoading() {
        file(MANIFEST, ONE_INCR);
        file(INCR, set("a", "1"));
        FakeMachine machine = new FakeMachine();
        machine.hold();
        return start(machine);
    }

    @Test
    void clientsLearnThatTheDataAreBeingLoaded() {
        TestServer.Peer client = startLoading();
        assertThat(client.ask("GET", "a")).as("may be there in a moment").isEmpty();
        server.machine.round();
        assertThat(client.taken()).isEqualTo("-LOADING Redis is loading the dataset in memory|");
        assertThat(client.ask("GET", "a")).isEqualTo("-LOADING Redis is loading the dataset in memory|");
        assertThat(info("persistence", "loading")).isEqualTo("1");
        assertThat(info("persistence", "loading_total_bytes"))
                .isEqualTo(Integer.toString(set("a", "1").length()));
        server.machine.release();
        assertThat(client.ask("GET", "a")).isEqualTo("$1|1|");
        assertThat(info("persistence", "loading")).isEqualTo("0");
    }

    /** As with Redis, which would not see the end of the client's side before. */
    @Test
    void whoHasNothingMoreToSayMeanwhileIsAnsweredAllTheSame() {
        TestServer.Peer client = startLoading();
        assertThat(client.askRaw("GET a\r\nPING\r\n")).isEmpty();
        client.end();
        assertThat(client.open).isTrue();
        server.machine.release();
        assertThat(client.taken()).isEqualTo("$1|1|+PONG|");
        assertThat(client.open).isFalse();
    }

    /** As with Redis, whose loop stands still until the first megabytes are loaded. */
    @Test
    void whoComesWhileALittleIsLoadedGetsItsReplyAfterwards() {
        TestServer.Peer client = startLoading();
        TestServer.Peer gone = server.connect();
        TestServer.Peer transaction = server.connect();
        assertThat(client.askRaw("GET a\r\nSET b 2\r\nECHO whole\r\n")).isEmpty();
        assertThat(gone.ask("SET", "never", "1")).isEmpty();
        assertThat(transaction.askRaw("MULTI\r\nINCR a\r\nEXEC\r\n")).isEqualTo("+OK|");
        gone.close();
        server.machine.release();
        assertThat(client.taken()).isEqualTo("$1|1|+OK|$5|whole|");
        assertThat(transaction.taken()).isEqualTo("+QUEUED|*1|:2|");
        assertThat(client.ask("EXISTS", "never")).isEqualTo(":0|");
        assertThat(info("clients", "blocked_clients")).isEqualTo("0");
    }

    // ---- migration

    @Test
    void theSingleFileOfOldBecomesTheBase() {
        file("appendonly.aof", command("SELECT", "0") + set("a", "1"));
        TestServer.Peer client = start();
        assertReady();
        assertThat(client.ask("GET", "a")).isEqualTo("$1|1|");
        assertThat(server.machine.files)
                .doesNotContainKey("appendonly.aof")
                .containsKey("appendonlydir/appendonly.aof");
        file(MANIFEST).startsWith("file appendonly.aof seq 1 type b\n");
        assertThat(server.machine.log)
                .contains(
                        "Successfully migrated an old-style AOF file (appendonly.aof) into the AOF directory (appendonlydir).");
    }

    @Test
    void aMigrationThatWasInterruptedIsDoneAgain() {
        file("appendonly.aof", set("a", "1"));
        file(MANIFEST, "file appendonly.aof seq 1 type b\n");
        assertThat(start().ask("GET", "a")).isEqualTo("$1|1|");
        assertReady();
        assertThat(server.machine.files).doesNotContainKey("appendonly.aof");
    }

    @Test
    void anOldFileBesideAnUsedDirectoryIsLeftAlone() {
        file("appendonly.aof", set("old", "1"));
        file(MANIFEST, ONE_INCR);
        file(INCR, set("new", "1"));
        assertThat(start().ask("KEYS", "*")).isEqualTo("*1|$3|new|");
        assertThat(server.machine.files).containsKey("appendonly.aof");
    }

    @Test
    void theSnapshotBeforeTheCommandsOfAnOldFileIsAPreamble() {
        byte[] rdb = snapshot(SaveOptions.of("6.2.0", 0, 0));
        String tail = set("tail", "1");
        byte[] whole = Arrays.copyOf(rdb, rdb.length + tail.length());
        System.arraycopy(tail.getBytes(StandardCharsets.ISO_8859_1), 0, whole, rdb.length, tail.length());
        files.put("appendonly.aof", whole);
        assertThat(start().ask("MGET", "saved", "tail")).isEqualTo("*2|$5|value|$1|1|");
        assertThat(server.machine.log)
                .containsSubsequence("Reading RDB preamble from AOF file...", "Reading the remaining AOF tail...");
    }

    @Test
    void aMigrationThatCannotBeDoneEndsTheStart() {
        FakeMachine machine = new FakeMachine();
        machine.files.put("appendonly.aof", set("a", "1").getBytes(StandardCharsets.ISO_8859_1));
        machine.diskFaults.add("makeDirectory");
        server = new TestServer(machine, _ -> {}, "--appendonly", "yes");
        assertFailed("Can't open or create append-only dir appendonlydir: Input/output error");
        assertThat(machine.files).containsKey("appendonly.aof");
    }

    /** What was there before us could not be forced to disk: clients may not write until that is made good, and under each policy it is. */
    @ParameterizedTest
    @ValueSource(strings = {"always", "everysec", "no"})
    void aFailedFsyncOfTheFilesOfBeforeIsMadeGood(String policy) {
        FakeMachine machine = new FakeMachine();
        machine.files.put(MANIFEST, (ONE_BASE + ONE_INCR).getBytes(StandardCharsets.ISO_8859_1));
        machine.files.put(BASE, set("a", "1").getBytes(StandardCharsets.ISO_8859_1));
        machine.files.put(INCR, set("b", "1").getBytes(StandardCharsets.ISO_8859_1));
        machine.diskFaults.add("sync " + BASE);
        server = new TestServer(machine, _ -> {}, "--appendonly", "yes", "--appendfsync", policy);
        assertReady();
        TestServer.Peer client = server.connect();
        assertThat(client.ask("SET", "c", "1"))
                .isEqualTo("-MISCONF Errors writing to the AOF file: Input/output error|");
        machine.diskFaults.clear();
        machine.pass(3);
        assertThat(client.ask("SET", "c", "1")).isEqualTo("+OK|");
        assertThat(machine.log)
                .containsSubsequence(
                        "AOF fsync works again. What it failed for may not be on disk, so the AOF is going to be"
                                + " rewritten.",
                        "Background AOF rewrite finished successfully");
    }

    /** The process before may have been killed between the rename of its manifest and what makes that durable. */
    @Test
    void nothingIsPromisedBeforeTheManifestFoundIsDurable() {
        FakeMachine machine = new FakeMachine();
        machine.files.put(MANIFEST, ONE_INCR.getBytes(StandardCharsets.ISO_8859_1));
        machine.files.put(INCR, new byte[0]);
        machine.diskFaults.add("syncDirectory appendonlydir");
        server = new TestServer(machine, _ -> {}, "--appendonly", "yes", "--appendfsync", "always");
        assertThat(server.connect().ask("SET", "a", "1")).isEmpty();
        assertThat(machine.log)
                .contains("Fail to fsync AOF directory appendonlydir: Input/output error")
                .contains("Can't persist AOF for fsync error when the AOF fsync policy is 'always': Input/output error."
                        + " Exiting...");
    }

    @Test
    void anOldFileDoesNotTakeThePlaceOfAnother() {
        file("appendonly.aof", set("a", "1"));
        file("appendonlydir/appendonly.aof", set("b", "1"));
        start();
        assertFailed("Error trying to move the old AOF file appendonly.aof into dir appendonlydir: File exists");
        assertThat(server.machine.files).containsKey("appendonly.aof").doesNotContainKey(MANIFEST);
        file("appendonlydir/appendonly.aof").isEqualTo(set("b", "1"));
    }

    // ---- what cannot be loaded

    @Test
    void aManifestThatIsNoneEndsTheStartWithOrWithoutAppendonly() {
        file(MANIFEST, "file appendonly.aof.1.incr.aof seq 1 type z\n");
        start();
        assertFailed("\n*** FATAL AOF MANIFEST FILE ERROR ***\n");
        assertThat(server.machine.log)
                .containsSubsequence(
                        "\n*** FATAL AOF MANIFEST FILE ERROR ***\n",
                        "Reading the manifest file, at line 1\n",
                        ">>> 'file appendonly.aof.1.incr.aof seq 1 type z'\n",
                        "Unknown AOF file type\n");
        server.close();
        server = new TestServer(files, _ -> {});
        assertFailed("Unknown AOF file type\n");
    }

    @Test
    void aListedFileThatIsMissingEndsTheStart() {
        file(MANIFEST, ONE_BASE + ONE_INCR);
        file(BASE, set("a", "1"));
        start();
        assertFailed("Unable to obtain the AOF file appendonly.aof.1.incr.aof length. stat: No such file or directory");
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(
            quoteCharacter = '`',
            value = {
                "`*1|$4|NONE|`, `Unknown command 'NONE' reading the append only file appendonly.aof.1.incr.aof at offset 27`",
                "`*2|$6|CONFIG|$4|NONE|*1|$3|GET|`, `Wrong number of arguments for 'get' reading the append only file"
                        + " appendonly.aof.1.incr.aof at offset 53`",
                "`*2|$8|FUNCTION|$4|NONE|`, `Unknown command 'FUNCTION' reading the append only file"
                        + " appendonly.aof.1.incr.aof at offset 27`",
                "`hello|`, `Bad file format reading the append only file appendonly.aof.1.incr.aof: make a backup of your"
                        + " AOF file, then use ./redis-check-aof --fix <filename.manifest>`",
                "`*1|hello|`, `Bad file format reading the append only file appendonly.aof.1.incr.aof: make a backup of"
                        + " your AOF file, then use ./redis-check-aof --fix <filename.manifest>`",
            })
    void aFileThatCannotBeReadEndsTheStart(String content, String line) {
        file(MANIFEST, ONE_INCR);
        String bytes = set("a", "1") + content.replace("|", "\r\n");
        file(INCR, bytes);
        start();
        assertFailed(line);
        file(INCR).isEqualTo(bytes);
    }

    @Test
    void aBrokenSnapshotIsNotRepaired() {
        file(MANIFEST, ONE_BASE_RDB);
        byte[] rdb = snapshot(SaveOptions.of("7.2.4", 0, 0).asAofBase());
        files.put(BASE_RDB, Arrays.copyOf(rdb, rdb.length - 3));
        start();
        assertFailed("Error reading the RDB base file appendonly.aof.1.base.rdb, AOF loading aborted");
        assertThat(server.machine.files.get(BASE_RDB)).hasSize(rdb.length - 3);
    }

    @Test
    void anErrorOfACommandEndsTheStartUnlessItIsToBePassedOver() {
        file(MANIFEST, ONE_INCR);
        String content = set("a", "1") + command("LPUSH", "a", "1") + set("b", "1");
        file(INCR, content);
        String line = "== CRITICAL == This server is sending an error to its AOF-loading-client: 'WRONGTYPE Operation"
                + " against a key holding the wrong kind of value' after processing the command 'lpush'";
        start();
        assertFailed(line);
        assertFailed("Command 'lpush' failed with 'WRONGTYPE Operation against a key holding the wrong kind of value'"
                + " reading the append only file appendonly.aof.1.incr.aof at offset 27");
        file(INCR).isEqualTo(content);
        start("--propagation-error-behavior", "panic");
        assertFailed(line);
        assertThat(start("--propagation-error-behavior", "ignore").ask("DBSIZE"))
                .isEqualTo(":2|");
        assertThat(server.machine.log).contains(line);
        assertThat(info("stats", "unexpected_error_replies")).isEqualTo("1");
    }

    /** What a rewrite would make final: the payload cannot be loaded, the database is not there, the key is another. */
    @ParameterizedTest(name = "{0}")
    @CsvSource({
        "RESTORE r 0 payload, restore, ERR DUMP payload version or checksum are wrong",
        "SELECT 20, select, ERR DB index is out of range",
        "COPY a c DB 20, copy, ERR DB index is out of range",
        "SET a 2 IFEQ 1, set, ERR syntax error",
        "INCR a, incr, ERR value is not an integer or out of range",
        "EXEC, exec, ERR EXEC without MULTI",
        "MIGRATE h 1 a 0 1, migrate, ERR a command that cannot stand in an append only file",
    })
    void noCommandThatFailsIsPassedOver(String words, String name, String error) {
        file(MANIFEST, ONE_INCR);
        for (boolean transaction : words.equals("EXEC") ? new boolean[] {false} : new boolean[] {false, true}) {
            String failing = command(words.split(" "));
            String unit = transaction ? command("MULTI") + set("m", "1") + failing + command("EXEC") : failing;
            String content = set("a", "x") + unit + set("b", "1");
            file(INCR, content);
            start();
            int offset = content.indexOf(
                    transaction ? command("EXEC") : unit, set("a", "x").length());
            assertFailed("Command '" + name + "' failed with '" + error
                    + "' reading the append only file appendonly.aof.1.incr.aof at offset " + offset);
            file(INCR).isEqualTo(content);
        }
    }

    // ---- torn ends

    @Test
    void aTornEndOfTheLastFileIsCutOff() {
        file(MANIFEST, TWO_INCRS);
        file(INCR, set("a", "1"));
        file(SECOND, set("b", "1") + set("c", "1").substring(0, 20));
        assertThat(start().ask("DBSIZE")).isEqualTo(":2|");
        assertReady();
        file(SECOND).isEqualTo(set("b", "1"));
        assertThat(server.machine.log)
                .containsSubsequence(
                        "!!! Warning: short read while loading the AOF file appendonly.aof.2.incr.aof!!!",
                        "!!! Truncating the AOF appendonly.aof.2.incr.aof at offset 27 !!!",
                        "AOF appendonly.aof.2.incr.aof loaded anyway because aof-load-truncated is enabled");
    }

    @Test
    void aTransactionWithoutItsEndIsReverted() {
        file(MANIFEST, ONE_INCR);
        file(INCR, set("a", "1") + command("MULTI") + set("b", "1"));
        assertThat(start().ask("KEYS", "*")).isEqualTo("*1|$1|a|");
        file(INCR).isEqualTo(set("a", "1"));
        assertThat(server.machine.log)
                .contains("Revert incomplete MULTI/EXEC transaction in AOF file appendonly.aof.1.incr.aof");
    }

    @Test
    void aTornEndIsFatalIfItIsNotToBeRepaired() {
        file(MANIFEST, ONE_INCR);
        String torn = set("a", "1") + "*2\r\n";
        file(INCR, torn);
        start("--aof-load-truncated", "no");
        assertFailed("Unexpected end of file reading the append only file appendonly.aof.1.incr.aof. You can: 1) Make a"
                + " backup of your AOF file, then use ./redis-check-aof --fix <filename.manifest>. 2) Alternatively you"
                + " can set the 'aof-load-truncated' configuration option to yes and restart the server.");
        file(INCR).isEqualTo(torn);
    }

    @Test
    void aTornFileThatIsNotTheLastIsFatalAndLeftAsItIs() {
        file(MANIFEST, TWO_INCRS);
        String torn = set("a", "1") + "*2\r\n";
        file(INCR, torn);
        file(SECOND, set("b", "1"));
        start();
        assertFailed("Fatal error: the truncated file is not the last file");
        file(INCR).isEqualTo(torn);
    }
}
