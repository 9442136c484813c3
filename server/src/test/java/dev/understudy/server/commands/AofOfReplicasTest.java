// SPDX-License-Identifier: Apache-2.0
package dev.understudy.server.commands;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The append only file of a replica: what of the stream is in it, which position it tells, and what a full sync does to it. */
class AofOfReplicasTest {
    private static final String ID = "b".repeat(40);
    private static final String PREFIX = "appendonlydir/appendonly.aof";
    private static final byte[] EMPTY = bytes("REDIS0011\u00ff\0\0\0\0\0\0\0\0");
    private static final byte[] ONE_KEY = bytes("REDIS0011\u00fe\0\0\3new\4data\u00ff\0\0\0\0\0\0\0\0");
    private static final byte[] BROKEN = bytes("REDIS0011\u00fe\0\0\3new\4da");

    private TestServer server = new TestServer();
    private TestServer.Peer client = server.connect();
    private final List<Integer> exits = new ArrayList<>();

    @AfterEach
    void close() {
        server.close();
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.ISO_8859_1);
    }

    private void start(String... options) {
        server.close();
        List<String> words = new ArrayList<>(List.of("--save", "", "--appendonly", "yes"));
        words.addAll(List.of(options));
        server = new TestServer(words.toArray(String[]::new));
        server.server.shutdown().onExit(exits::add);
        client = server.connect();
        server.machine.pass(2);
    }

    private FakeMaster follow() {
        client.ask("REPLICAOF", "10.9.9.9", "7000");
        return new FakeMaster(server.machine);
    }

    private static String command(String... words) {
        StringBuilder text = new StringBuilder("*" + words.length + "\r\n");
        for (String word : words) {
            text.append('$').append(word.length()).append("\r\n").append(word).append("\r\n");
        }
        return text.toString();
    }

    private String file(String name) {
        byte[] bytes = server.machine.files.get(name);
        return bytes == null ? "(none)" : new String(bytes, StandardCharsets.ISO_8859_1).replace("\r\n", "|");
    }

    /** The incremental file that follows the first full sync. */
    private String incr() {
        return file(PREFIX + ".2.incr.aof");
    }

    private String afterRestart(String... request) {
        try (TestServer other = new TestServer(server.machine.files, _ -> {}, "--appendonly", "yes")) {
            return other.connect().ask(request);
        }
    }

    private static String position(long offset) {
        return "#POS:" + offset + "|";
    }

    // ---- the stream

    @Test
    void eachBatchOfTheStreamIsFollowedByTheOffsetWhoseEffectsAreAllThere() {
        start();
        FakeMaster master = follow();
        master.sendFile(ID, 100, EMPTY);
        String set = command("SELECT", "0") + command("SET", "a", "1");
        String rest = command("INCR", "a") + command("PING");
        String head = "#POS:" + ID + ":100:0|";
        assertThat(incr()).isEqualTo(head);
        master.say(set);
        master.say(rest);
        long first = 100L + set.length();
        assertThat(incr())
                .isEqualTo(head + "*2|$6|SELECT|$1|0|*3|$3|SET|$1|a|$1|1|" + position(first) + "*2|$4|INCR|$1|a|"
                        + position(first + rest.length()));
        String getack = command("REPLCONF", "GETACK", "*");
        master.say(getack);
        assertThat(incr())
                .endsWith(position(first + rest.length()) + position(first + rest.length() + getack.length()));
        assertThat(afterRestart("GET", "a")).isEqualTo("$1|2|");
    }

    /** A long batch is written at once, and power may fail in the middle: what a restart has to drop must be less than its backlog. */
    @Test
    void aLongBatchHasPositionsInBetween() {
        start("--repl-backlog-size", "16384");
        FakeMaster master = follow();
        master.sendFile(ID, 100, EMPTY);
        StringBuilder stream = new StringBuilder(command("SELECT", "0"));
        for (int i = 0; i < 300; i++) {
            stream.append(command("SET", "key" + i, "x".repeat(i * 7 % 1000)));
        }
        master.say(stream.toString());
        byte[] whole = server.machine.files.get(PREFIX + ".2.incr.aof");
        for (int end = whole.length; end > whole.length - 140_000; end -= 7_777) {
            Map<String, byte[]> files = new HashMap<>(server.machine.files);
            files.put(PREFIX + ".2.incr.aof", Arrays.copyOf(whole, end));
            assertKnowsItsPosition(files, stream);
        }
    }

    /** Asks to continue where its data end. */
    private static void assertKnowsItsPosition(Map<String, byte[]> files, CharSequence stream) {
        try (TestServer other = new TestServer(
                files,
                _ -> {},
                "--appendonly",
                "yes",
                "--repl-backlog-size",
                "16384",
                "--replicaof",
                "10.9.9.9",
                "7000")) {
            TestServer.Peer peer = other.connect();
            assertThat(peer.text("INFO", "replication")).contains("master_replid:" + ID);
            int offset = (int) other.server.replication().position().offset();
            long sets = stream.subSequence(0, offset - 100)
                    .toString()
                    .lines()
                    .filter("SET"::equals)
                    .count();
            assertThat(peer.ask("DBSIZE")).isEqualTo(":" + sets + "|");
        }
    }

    @Test
    void aTransactionIsNotThereBeforeItsEnd() {
        start();
        FakeMaster master = follow();
        master.sendFile(ID, 100, EMPTY);
        String before = incr();
        String begin = command("MULTI") + command("SELECT", "3") + command("SET", "a", "1");
        String middle = command("SET", "b", "2");
        String end = command("EXEC");
        master.say(begin);
        master.say(middle.substring(0, 10));
        assertThat(incr()).isEqualTo(before);
        master.say(middle.substring(10));
        assertThat(incr()).isEqualTo(before);
        master.say(end);
        long offset = 100L + begin.length() + middle.length() + end.length();
        assertThat(incr())
                .isEqualTo(before + "*1|$5|MULTI|*2|$6|SELECT|$1|3|*3|$3|SET|$1|a|$1|1|*3|$3|SET|$1|b|$1|2|*1|$4|EXEC|"
                        + "#POS:" + ID + ":" + offset + ":3|");
    }

    @Test
    void whatAPauseHoldsBackIsNotThere() {
        start();
        FakeMaster master = follow();
        master.sendFile(ID, 100, EMPTY);
        String ping = command("PING");
        String set = command("SET", "a", "1");
        client.ask("CLIENT", "PAUSE", "100000", "WRITE");
        master.say(ping + set + command("SET", "b", "1"));
        assertThat(incr()).doesNotContain("SET").endsWith(position(100 + ping.length()));
        client.ask("CLIENT", "UNPAUSE");
        server.machine.pass(1);
        assertThat(incr())
                .contains("|$1|a|$1|1|")
                .contains("|$1|b|$1|1|")
                .endsWith(position(100 + ping.length() + 2L * set.length()));
    }

    @Test
    void theReplicasOwnWritesDoNotMoveThePosition() {
        start("--replica-read-only", "no");
        FakeMaster master = follow();
        master.sendFile(ID, 100, EMPTY);
        client.ask("SET", "own", "1");
        assertThat(incr()).as("told again, since something came").endsWith("*3|$3|SET|$3|own|$1|1|" + position(100));
        master.say(command("PING"));
        assertThat(incr())
                .endsWith("*3|$3|SET|$3|own|$1|1|" + position(100)
                        + position(100 + command("PING").length()));
    }

    // ---- what it says to its master

    @Test
    void acksTellWhatIsOnDiskUnlessTheAofIsOff() {
        start();
        FakeMaster master = follow();
        master.sendFile(ID, 100, EMPTY);
        server.machine.pass(3);
        assertThat(master.taken()).endsWith("*5|$8|REPLCONF|$3|ACK|$3|100|$4|FACK|$3|100|");
        String set = command("SET", "a", "1");
        server.machine.hold();
        master.say(set);
        server.machine.pass(1);
        String offset = Integer.toString(100 + set.length());
        assertThat(master.taken()).endsWith("*5|$8|REPLCONF|$3|ACK|$3|" + offset + "|$4|FACK|$3|100|");
        server.machine.release();
        server.machine.pass(2);
        assertThat(master.taken()).endsWith("|$4|FACK|$3|" + offset + "|");
        client.ask("CONFIG", "SET", "appendonly", "no");
        server.machine.pass(1);
        assertThat(master.taken()).endsWith("*3|$8|REPLCONF|$3|ACK|$3|" + offset + "|");
        server.machine.hold();
        client.ask("CONFIG", "SET", "appendonly", "yes");
        server.machine.pass(1);
        assertThat(master.taken()).endsWith("|$3|ACK|$3|" + offset + "|$4|FACK|$1|0|");
        server.machine.release();
    }

    // ---- full syncs

    @ParameterizedTest(name = "repl-diskless-load {0}")
    @ValueSource(strings = {"disabled", "on-empty-db", "swapdb"})
    void aFullSyncLeavesTheOldFilesUntilNewOnesAreThere(String mode) {
        start("--repl-diskless-load", mode);
        client.ask("SET", "old", "data");
        FakeMaster master = follow();
        server.machine.hold();
        master.sendMarked(ID, 100, ONE_KEY);
        server.machine.round();
        assertThat(afterRestart("MGET", "old", "new")).isEqualTo("*2|$4|data|$-1|");
        server.machine.release();
        server.machine.pass(1);
        master.say(command("SET", "later", "1"));
        assertThat(client.text("INFO", "persistence")).contains("|aof_enabled:1|");
        assertThat(file(PREFIX + ".manifest"))
                .isEqualTo(
                        "file appendonly.aof.2.base.rdb seq 2 type b\nfile appendonly.aof.2.incr.aof seq 2 type i\n");
        assertThat(file(PREFIX + ".2.base.rdb")).contains("repl-id").contains("repl-offset\u00c0d");
        assertThat(incr()).startsWith("#POS:" + ID + ":100:0|");
        assertThat(afterRestart("MGET", "old", "new", "later")).isEqualTo("*3|$-1|$4|data|$1|1|");
    }

    @Test
    void afterAFullSyncThatFailedTheAofIsOffUntilOneWorksOrThePromotion() {
        start("--repl-diskless-load", "on-empty-db");
        FakeMaster master = follow();
        master.sendMarked(ID, 100, BROKEN);
        server.machine.pass(1);
        assertThat(client.text("INFO", "persistence"))
                .contains("|aof_enabled:0|")
                .contains("|aof_current_size:");
        assertThat(client.ask("CONFIG", "GET", "appendonly")).isEqualTo("*2|$10|appendonly|$3|yes|");
        client.ask("REPLICAOF", "NO", "ONE");
        server.machine.pass(1);
        assertThat(client.text("INFO", "persistence")).contains("|aof_enabled:1|");
        client.ask("SET", "a", "1");
        assertThat(afterRestart("GET", "a")).isEqualTo("$1|1|");
    }

    @Test
    void whenTheAofCannotComeBackTheServerTriesTenTimesAndEnds() {
        start();
        FakeMaster master = follow();
        server.machine.diskFaults.add("makeDirectory");
        master.sendFile(ID, 100, ONE_KEY);
        assertThat(exits).isEmpty();
        server.machine.pass(12);
        assertThat(exits).containsExactly(1);
        assertThat(server.machine.log)
                .filteredOn(line -> line.startsWith("Failed enabling the AOF after successful master synchronization!"))
                .hasSize(10);
        assertThat(server.machine.log)
                .contains("FATAL: this replica instance finished the synchronization with its master, but the AOF can't"
                        + " be turned on. Exiting now.");
    }

    @Test
    void whenTheAofComesBackInTimeNothingIsLost() {
        start();
        FakeMaster master = follow();
        server.machine.diskFaults.add("makeDirectory");
        master.sendFile(ID, 100, ONE_KEY);
        master.say(command("SET", "a", "1"));
        server.machine.pass(3);
        server.machine.diskFaults.clear();
        server.machine.pass(2);
        master.say(command("SET", "b", "1"));
        server.machine.pass(10);
        assertThat(exits).isEmpty();
        assertThat(afterRestart("MGET", "new", "a", "b")).isEqualTo("*3|$4|data|$1|1|$1|1|");
    }
}
