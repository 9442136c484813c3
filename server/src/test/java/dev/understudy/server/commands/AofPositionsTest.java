// SPDX-License-Identifier: Apache-2.0
package dev.understudy.server.commands;

import static org.assertj.core.api.Assertions.assertThat;

import dev.understudy.persist.SaveOptions;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Which position in the replication history is known after a start with an append only file, and the way there and back. */
class AofPositionsTest extends AofOnDisk {
    // ---- positions

    private String offset() {
        return info("replication", "master_repl_offset");
    }

    private String secondId() {
        return info("replication", "master_replid2");
    }

    @Test
    void aMasterContinuesTheHistoryOfItsFile() {
        file(MANIFEST, ONE_INCR);
        file(INCR, set("a", "1") + position(1000) + set("b", "1") + "#POS:1031\r\n");
        start();
        assertThat(secondId()).isEqualTo(ID);
        assertThat(offset()).isEqualTo("1031");
        assertThat(info("replication", "second_repl_offset")).isEqualTo("1032");
        assertThat(info("replication", "master_replid")).isNotEqualTo(ID);
    }

    @Test
    void aPositionWithCommandsBehindItCountsForNothing() {
        file(MANIFEST, TWO_INCRS);
        file(INCR, set("a", "1") + position(1000));
        file(SECOND, set("b", "1"));
        start();
        assertThat(secondId()).isEqualTo("0".repeat(40));
        assertThat(offset()).isEqualTo("0");
    }

    @Test
    void thePositionOfOurOwnBaseCountsUntilTheNextCommand() {
        file(MANIFEST, ONE_BASE_RDB + ONE_INCR);
        SaveOptions options = SaveOptions.of("7.2.4", 0, 0).with(new SaveOptions.Replication(0, ID, 500));
        files.put(BASE_RDB, snapshot(options.asAofBase()));
        file(INCR, "#TS:1700000000\r\n");
        start();
        assertThat(secondId()).isEqualTo(ID);
        assertThat(offset()).isEqualTo("500");
        server.close();
        file(INCR, set("b", "1"));
        start();
        assertThat(secondId()).isEqualTo("0".repeat(40));
        server.close();
        file(INCR, "");
        files.put(BASE_RDB, snapshot(options));
        start();
        assertThat(secondId()).as("a dump is no base of ours").isEqualTo("0".repeat(40));
    }

    @Test
    void aReplicaAsksToContinueWhereItsFileEnds() {
        file(MANIFEST, ONE_INCR);
        file(INCR, set("a", "1") + position(1000));
        start("--replicaof", "10.0.0.9", "6379");
        assertThat(info("replication", "master_replid")).isEqualTo(ID);
        assertThat(offset()).isEqualTo("1000");
    }

    @Test
    void theTornFileOfAReplicaGoesBackToItsLastPosition() {
        file(MANIFEST, ONE_INCR);
        String good = set("a", "1") + position(1000);
        file(INCR, good + set("b", "1") + set("c", "1").substring(0, 20));
        TestServer.Peer client = start("--replicaof", "10.0.0.9", "6379");
        assertReady();
        assertThat(offset()).isEqualTo("1000");
        assertThat(client.ask("KEYS", "*")).isEqualTo("*1|$1|a|");
        file(INCR).startsWith(good).doesNotContain("$1\r\nb");
        assertThat(server.machine.log)
                .contains("!!! Truncating the AOF appendonly.aof.1.incr.aof at offset " + good.length() + " !!!");
    }

    @Test
    void commandsBehindTheLastPositionOfAReplicaAreCutOffToo() {
        file(MANIFEST, ONE_INCR);
        String good = set("a", "1") + position(1000);
        file(INCR, good + set("b", "1"));
        start("--replicaof", "10.0.0.9", "6379");
        assertThat(offset()).isEqualTo("1000");
        file(INCR).startsWith(good).doesNotContain("$1\r\nb");
    }

    @Test
    void aTornTransactionDoesNotCostThePosition() {
        file(MANIFEST, ONE_INCR);
        String good = set("a", "1") + position(1000);
        file(INCR, good + command("MULTI") + set("b", "1"));
        start();
        assertReady();
        assertThat(secondId()).isEqualTo(ID);
        assertThat(offset()).isEqualTo("1000");
        file(INCR).startsWith(good).doesNotContain("MULTI");
    }

    /** The first write to it may be torn, and with it the position behind the first commands. */
    @Test
    void theFileThatARewriteBeginsTellsItsPositionFirst() {
        file(MANIFEST, ONE_INCR);
        file(INCR, set("a", "1") + position(1000));
        TestServer.Peer client = start();
        client.ask("BGREWRITEAOF");
        server.machine.settle();
        client.ask("SET", "b", "1");
        file(SECOND).startsWith("#POS:" + info("replication", "master_replid") + ":1000:");
    }

    @Test
    void whatLooksLikeAPositionInATornValueIsNone() {
        file(MANIFEST, ONE_INCR);
        file(INCR, set("a", "1") + position(1000) + "*3\r\n$3\r\nSET\r\n$1\r\nb\r\n$9999\r\n\n#POS:2000\r\n");
        TestServer.Peer client = start("--replicaof", "10.0.0.9", "6379");
        assertReady();
        assertThat(client.ask("KEYS", "*")).isEqualTo("*1|$1|a|");
        assertThat(offset()).isEqualTo("1000");
    }

    /** Whichever read it is: the pass that looks for the position must not pass it over. */
    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2, 3})
    void aReadErrorEndsTheStartOfAReplicaAndLeavesItsFileAlone(int reads) {
        file(MANIFEST, ONE_INCR);
        String torn = set("a", "1") + position(1000) + set("b", "1").substring(0, 20);
        file(INCR, torn);
        FakeMachine machine = new FakeMachine();
        machine.unreadFile = INCR;
        machine.readsUntilFault = reads;
        start(machine, "--replicaof", "10.0.0.9", "6379");
        assertFailed("Unrecoverable error reading the append only file appendonly.aof.1.incr.aof: Input/output error");
        file(INCR).isEqualTo(torn);
    }

    @Test
    void moreThanABacklogHoldsIsNotCutOff() {
        file(MANIFEST, ONE_INCR);
        file(INCR, set("a", "1") + position(1000) + set("b", "x".repeat(20_000)));
        TestServer.Peer client = start("--replicaof", "10.0.0.9", "6379", "--repl-backlog-size", "16kb");
        assertThat(client.ask("DBSIZE")).isEqualTo(":2|");
        assertThat(offset()).isEqualTo("0");
    }

    // ---- DEBUG LOADAOF

    @Test
    void debugLoadaofTakesTheFileFromDisk() {
        file(MANIFEST, ONE_INCR);
        file(INCR, set("a", "1"));
        TestServer.Peer client = start();
        server.machine.files.put(INCR, (set("a", "2") + set("b", "1")).getBytes(StandardCharsets.ISO_8859_1));
        assertThat(client.ask("DEBUG", "LOADAOF")).isEqualTo("+OK|");
        assertThat(client.ask("MGET", "a", "b")).isEqualTo("*2|$1|2|$1|1|");
        assertThat(info("persistence", "rdb_changes_since_last_save")).isEqualTo("0");
        assertThat(server.machine.log).contains("Append Only File loaded by DEBUG LOADAOF");
    }

    @Test
    void debugLoadaofThatFailsLeavesTheDataAsTheyAre() {
        file(MANIFEST, ONE_INCR);
        file(INCR, set("a", "1"));
        TestServer.Peer client = start();
        server.machine.files.put(INCR, "hello\r\n".getBytes(StandardCharsets.ISO_8859_1));
        assertThat(client.ask("DEBUG", "LOADAOF"))
                .isEqualTo("-ERR Error trying to load the AOF files, check server logs.|");
        assertThat(client.ask("GET", "a")).isEqualTo("$1|1|");
        assertThat(info("persistence", "loading")).isEqualTo("0");
    }

    // ---- there and back

    /** What the server has on its disk when its machine goes. */
    private void restart(String... options) {
        server.close();
        files.clear();
        files.putAll(server.machine.files);
        start(options);
    }

    @Test
    void whatWasWrittenIsThereAfterARestartAndASecondOne() {
        TestServer.Peer client = start();
        client.ask("SET", "a", "1");
        client.ask("SELECT", "3");
        client.askRaw("MULTI\r\nINCR n\r\nINCR n\r\nEXEC\r\n");
        restart();
        assertReady();
        server.connect().ask("SET", "b", "1");
        restart();
        assertThat(server.connect().ask("MGET", "a", "b")).isEqualTo("*2|$1|1|$1|1|");
        assertThat(server.connect().askRaw("SELECT 3\r\nGET n\r\n")).isEqualTo("+OK|$1|2|");
    }

    @Test
    void dataThatDebugReloadPutInThePlaceOfOthersAreThereAfterARestart() {
        TestServer.Peer client = start();
        client.ask("SET", "a", "saved");
        client.ask("SAVE");
        client.ask("SET", "a", "later");
        client.ask("SET", "b", "later");
        assertThat(client.ask("DEBUG", "RELOAD", "NOSAVE")).isEqualTo("+OK|");
        server.machine.settle();
        server.machine.pass(1);
        client.ask("APPEND", "a", " and more");
        restart();
        assertThat(server.connect().ask("MGET", "a", "b")).isEqualTo("*2|$14|saved and more|$-1|");
    }

    @Test
    void whatAWritableReplicaDidOnItsOwnIsNoRemainsOfACrash() {
        file(MANIFEST, ONE_INCR);
        file(INCR, set("a", "1") + position(1000));
        String[] options = {"--replicaof", "10.0.0.9", "6379", "--replica-read-only", "no"};
        start(options).ask("SET", "own", "1");
        restart(options);
        assertThat(server.connect().ask("MGET", "a", "own")).isEqualTo("*2|$1|1|$1|1|");
        assertThat(offset()).isEqualTo("1000");
    }
}
