// SPDX-License-Identifier: Apache-2.0
package dev.understudy.server.commands;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Clients that wait for keys in BLPOP, BLMOVE, BZPOPMIN, XREAD BLOCK and the like, and what ends their waiting. */
class BlockedClientsTest {
    private static final String NOT_MASTER =
            "-UNBLOCKED force unblock from blocking operation, instance state changed (master -> replica?)|";

    private final TestServer server = new TestServer("--save", "");
    private final TestServer.Peer client = server.connect();
    private final TestServer.Peer first = server.connect();
    private final TestServer.Peer second = server.connect();

    @AfterEach
    void close() {
        server.close();
    }

    private TestServer.Peer replica() {
        TestServer.Peer replica = server.connect();
        assertThat(replica.ask("PSYNC", "?", "-1")).startsWith("+FULLRESYNC ");
        replica.ask("REPLCONF", "ACK", "0");
        return replica;
    }

    /** What the replica got, with the words of commands only. */
    private static String stream(TestServer.Peer replica) {
        return replica.taken().replaceAll("\\$\\d+\\|", "").replaceAll("\\*\\d+\\|", "\n");
    }

    private static void waits(TestServer.Peer peer, String request) {
        assertThat(peer.ask(request.split(" "))).as(request).isEmpty();
    }

    private String ask(String request) {
        return client.ask(request.split(" "));
    }

    // ---- being served

    @ParameterizedTest
    @CsvSource({
        "BLPOP k 0,             RPUSH k a b,          *2|$1|k|$1|a|",
        "BRPOP x k 0,           RPUSH k a b,          *2|$1|k|$1|b|",
        "BLMPOP 0 2 x k LEFT COUNT 5, RPUSH k a b,    *2|$1|k|*2|$1|a|$1|b|",
        "BLMOVE k t RIGHT LEFT 0, RPUSH k a b,        $1|b|",
        "BRPOPLPUSH k t 0,      RPUSH k a b,          $1|b|",
        "BZPOPMIN x k 0,        ZADD k 1 a 2 b,       *3|$1|k|$1|a|$1|1|",
        "BZPOPMAX k 0,          ZADD k 1 a 2 b,       *3|$1|k|$1|b|$1|2|",
        "BZMPOP 0 2 x k MIN,    ZADD k 1 a 2 b,       *2|$1|k|*1|*2|$1|a|$1|1|",
        "XREAD BLOCK 0 STREAMS k $, XADD k 5-1 f v,   *1|*2|$1|k|*1|*2|$3|5-1|*2|$1|f|$1|v|",
        "BLPOP k 0.5,           RPUSH k a,            *2|$1|k|$1|a|"
    })
    void aWaitingCommandIsExecutedAsSoonAsItFindsSomething(String command, String write, String reply) {
        waits(first, command);
        assertThat(client.text("CLIENT", "LIST")).contains(" flags=b ");
        assertThat(client.text("INFO", "clients")).contains("|blocked_clients:1|");
        ask(write);
        assertThat(first.taken()).isEqualTo(reply);
        assertThat(client.text("INFO", "clients")).contains("|blocked_clients:0|", "|total_blocking_keys:0|");
    }

    @ParameterizedTest
    @CsvSource({
        "BLPOP k 0,               RPUSH k a,      LPOP k",
        "BRPOP k 0,               RPUSH k a,      RPOP k",
        "BLMPOP 0 1 k LEFT COUNT 5, RPUSH k a,    LPOP k 1",
        "BLMOVE k t RIGHT LEFT 0, RPUSH k a,      LMOVE k t RIGHT LEFT",
        "BRPOPLPUSH k t 0,        RPUSH k a,      RPOPLPUSH k t",
        "BZPOPMIN k 0,            ZADD k 1 a,     ZPOPMIN k",
        "BZMPOP 0 1 k MAX,        ZADD k 1 a,     ZPOPMAX k 1"
    })
    void replicasGetTheWriteAndThenWhatItServedAsTwoUnits(String command, String write, String effect) {
        TestServer.Peer replica = replica();
        replica.taken();
        waits(first, command);
        ask(write);
        assertThat(stream(replica)).isEqualTo(("\nSELECT|0|\n" + write + "|\n" + effect + "|").replace(' ', '|'));
    }

    @Test
    void whoCameFirstIsServedFirst() {
        waits(first, "BLPOP k 0");
        waits(second, "BLPOP k 0");
        ask("RPUSH k a b");
        assertThat(first.taken()).isEqualTo("*2|$1|k|$1|a|");
        assertThat(second.taken()).isEqualTo("*2|$1|k|$1|b|");
    }

    @Test
    void whatOneServedClientPushesServesTheNext() {
        waits(first, "BLPOP target 0");
        waits(second, "BLMOVE source target LEFT LEFT 0");
        ask("RPUSH source a");
        assertThat(second.taken()).isEqualTo("$1|a|");
        assertThat(first.taken()).isEqualTo("*2|$6|target|$1|a|");
    }

    @Test
    void nobodyIsServedBeforeTheTransactionIsOver() {
        waits(first, "BLPOP k 0");
        ask("MULTI");
        ask("RPUSH k a");
        ask("DEL k");
        ask("RPUSH k b");
        ask("EXEC");
        assertThat(first.taken()).isEqualTo("*2|$1|k|$1|b|");
    }

    @ParameterizedTest
    @ValueSource(strings = {"RENAME l k", "COPY l k", "SWAPDB 0 1", "RPOPLPUSH l k", "MOVE k 0"})
    void aListThatComesInAnotherWayServesTheWaiting(String write) {
        ask("SELECT 0");
        ask("RPUSH l a");
        ask("SELECT 1");
        ask("RPUSH k a");
        waits(first, "BLPOP k 0");
        ask(write.startsWith("MOVE") ? "SELECT 1" : "SELECT 0");
        ask(write);
        assertThat(first.taken()).isEqualTo("*2|$1|k|$1|a|");
    }

    @Test
    void aKeyOfAnotherTypeServesNobodyAndAnErrorServesOne() {
        waits(first, "BLPOP k 0");
        waits(second, "BLMOVE k wrong LEFT LEFT 0");
        ask("SET wrong x");
        ask("SET k x");
        ask("DEL k");
        ask("ZADD k 1 a");
        ask("DEL k");
        assertThat(first.taken() + second.taken()).isEmpty();
        ask("RPUSH k a b");
        assertThat(first.taken()).isEqualTo("*2|$1|k|$1|a|");
        assertThat(second.taken()).startsWith("-WRONGTYPE ");
        assertThat(ask("LRANGE k 0 -1")).isEqualTo("*1|$1|b|");
    }

    @Test
    void requestsThatCameMeanwhileAreExecutedAfterwards() {
        waits(first, "BLPOP k 0");
        waits(first, "LLEN k");
        ask("RPUSH k a b c");
        assertThat(first.taken()).isEqualTo("*2|$1|k|$1|a|:2|");
    }

    @Test
    void aClientThatIsGoneTakesNothing() {
        waits(first, "BLPOP k 0");
        waits(second, "BLPOP k 0");
        first.close();
        ask("RPUSH k a");
        assertThat(second.taken()).isEqualTo("*2|$1|k|$1|a|");
        assertThat(client.text("INFO", "clients")).contains("|total_blocking_keys:0|");
    }

    @Test
    void inATransactionNothingWaits() {
        for (String command : new String[] {
            "BLPOP k 0", "BZPOPMIN k 0", "BLMPOP 0 1 k LEFT", "XREAD BLOCK 0 STREAMS k $", "BLMOVE k t LEFT LEFT 0"
        }) {
            ask("MULTI");
            ask(command);
            assertThat(ask("EXEC")).isIn("*1|*-1|", "*1|$-1|");
        }
    }

    // ---- streams

    @Test
    void aGroupsConsumersGetOneEntryEachAndReplicasLearnIt() {
        ask("XGROUP CREATE s g $ MKSTREAM");
        TestServer.Peer replica = replica();
        waits(first, "XREADGROUP GROUP g one BLOCK 0 STREAMS s >");
        waits(second, "XREADGROUP GROUP g two BLOCK 0 STREAMS s >");
        replica.taken();
        ask("XADD s 5-1 f v");
        assertThat(first.taken()).isEqualTo("*1|*2|$1|s|*1|*2|$3|5-1|*2|$1|f|$1|v|");
        assertThat(second.taken()).isEmpty();
        ask("XADD s 6-1 f v");
        assertThat(second.taken()).isEqualTo("*1|*2|$1|s|*1|*2|$3|6-1|*2|$1|f|$1|v|");
        assertThat(stream(replica)).contains("XADD|s|5-1|f|v|\nXCLAIM|s|g|one|0|5-1|", "\nXCLAIM|s|g|two|0|6-1|");
    }

    @ParameterizedTest
    @CsvSource({
        "DEL s,             -NOGROUP ",
        "XGROUP DESTROY s g, -NOGROUP ",
        "FLUSHALL,          -NOGROUP ",
        "FLUSHDB,           -NOGROUP ",
        "SWAPDB 0 1,        -NOGROUP ",
        "RENAME s t,        -NOGROUP ",
        "SET s x,           -WRONGTYPE "
    })
    void aGroupThatIsGoneEndsTheWaitingWithAnError(String write, String error) {
        ask("XGROUP CREATE s g $ MKSTREAM");
        waits(first, "XREADGROUP GROUP g one BLOCK 0 STREAMS s >");
        waits(second, "XREAD BLOCK 0 STREAMS s $");
        assertThat(client.text("INFO", "clients"))
                .contains("|total_blocking_keys:1|", "|total_blocking_keys_on_nokey:1|");
        ask(write);
        assertThat(first.taken()).startsWith(error);
        assertThat(second.taken()).isEmpty();
    }

    @Test
    void aReadFromTheEndOfAStreamWaitsForWhatComesLaterThanNow() {
        ask("XADD s 5-1 f v");
        waits(first, "XREAD BLOCK 0 STREAMS s $");
        ask("XADD s 5-2 f v");
        assertThat(first.taken()).contains("$3|5-2|").doesNotContain("5-1");
    }

    // ---- ends of waiting

    @ParameterizedTest
    @ValueSource(
            strings = {
                "BLPOP k 1.5",
                "BLMOVE k t LEFT LEFT 1.5",
                "BZPOPMIN k 1.5",
                "BZMPOP 1.5 1 k MIN",
                "BLMPOP 1.5 1 k LEFT",
                "XREAD BLOCK 1500 STREAMS k $",
                "BLPOP k 0x1.8p0"
            })
    void whenTheTimeIsOverThereIsANullArray(String command) {
        waits(first, command);
        server.machine.pass(1);
        assertThat(first.taken()).isEmpty();
        server.machine.pass(1);
        assertThat(first.taken()).isEqualTo("*-1|");
        assertThat(first.ask("PING")).isEqualTo("+PONG|");
        assertThat(client.text("INFO", "clients")).contains("|blocked_clients:0|", "|total_blocking_keys:0|");
    }

    @Test
    void whoFindsNothingAfterAllWaitsForTheRestOfItsTime() {
        ask("XGROUP CREATE s g $ MKSTREAM");
        waits(first, "XREADGROUP GROUP g one BLOCK 3000 STREAMS s >");
        server.machine.pass(2);
        ask("MULTI");
        ask("XADD s 5-1 f v");
        ask("XDEL s 5-1");
        ask("EXEC");
        assertThat(first.taken()).isEmpty();
        server.machine.pass(1);
        assertThat(first.taken()).isEqualTo("*-1|");
    }

    @ParameterizedTest
    @CsvSource({
        "BLPOP k x,        timeout is not a float or out of range",
        "BLPOP k nan,      timeout is not a float or out of range",
        "BLPOP k inf,      timeout is out of range",
        "BZPOPMIN k -1,    timeout is negative",
        "BLMPOP -0.1 1 k LEFT, timeout is negative",
        "BLPOP k 0x7FFFFFFFFFFFFF, timeout is out of range",
        "BLPOP k 9223372036854775, timeout is out of range",
        "XREAD BLOCK 1.5 STREAMS k $, timeout is not an integer or out of range",
        "XREAD BLOCK -1 STREAMS k $, timeout is negative"
    })
    void aTimeThatNobodyCanWaitIsRefused(String command, String error) {
        assertThat(ask(command)).isEqualTo("-ERR " + error + "|");
    }

    @Test
    void clientUnblockEndsTheWaitingAsAskedFor() {
        waits(first, "BLPOP k 0");
        assertThat(ask("CLIENT UNBLOCK 2")).isEqualTo(":1|");
        assertThat(first.taken()).isEqualTo("*-1|");
        waits(first, "BLPOP k 0");
        assertThat(ask("CLIENT UNBLOCK 2 ERROR")).isEqualTo(":1|");
        assertThat(first.taken()).isEqualTo("-UNBLOCKED client unblocked via CLIENT UNBLOCK|");
        assertThat(ask("CLIENT UNBLOCK 2")).isEqualTo(":0|");
        ask("RPUSH k a");
        assertThat(first.ask("LLEN", "k")).isEqualTo(":1|");
        assertThat(client.text("INFO", "commandstats")).contains("cmdstat_blpop:calls=2,", "failed_calls=1");
    }

    @Test
    void whoeverWaitsIsDisconnectedWhenTheServerBecomesAReplica() {
        waits(first, "BLPOP k 0");
        waits(second, "WAIT 1 0");
        ask("REPLICAOF 10.0.0.9 6379");
        assertThat(first.taken()).isEqualTo(NOT_MASTER);
        assertThat(second.taken()).isEqualTo(NOT_MASTER);
        assertThat(first.open || second.open).isFalse();
    }

    @Test
    void aPausedCommandIsExecutedWhenThePauseEndsAndMayWaitThen() {
        ask("CLIENT PAUSE 100000 WRITE");
        waits(first, "BLPOP k 0");
        assertThat(ask("CLIENT UNBLOCK 2")).isEqualTo(":0|");
        ask("CLIENT UNPAUSE");
        assertThat(first.taken()).isEmpty();
        ask("RPUSH k a");
        assertThat(first.taken()).isEqualTo("*2|$1|k|$1|a|");
    }

    @Test
    void aBlockedCommandCountsOnceWhenItIsDone() {
        waits(first, "BLPOP k 1");
        assertThat(client.text("INFO", "commandstats")).doesNotContain("cmdstat_blpop");
        ask("RPUSH k a");
        assertThat(client.text("INFO", "commandstats")).contains("cmdstat_blpop:calls=1,");
        assertThat(first.taken()).isEqualTo("*2|$1|k|$1|a|");
        waits(first, "BLPOP k 1");
        server.machine.pass(2);
        assertThat(client.text("INFO", "commandstats")).contains("cmdstat_blpop:calls=2,");
    }

    // ---- on a replica

    private static String request(String command) {
        StringBuilder text = new StringBuilder("*" + command.split(" ").length + "\r\n");
        for (String word : command.split(" ")) {
            text.append('$').append(word.length()).append("\r\n").append(word).append("\r\n");
        }
        return text.toString();
    }

    @Test
    void theMastersStreamServesAReplicasClientsCommandByCommand() {
        ask("SAVE");
        byte[] dump = server.machine.files.get("dump.rdb");
        ask("REPLICAOF 10.9.9.9 7000");
        FakeMaster master = new FakeMaster(server.machine);
        master.sendFile("1".repeat(40), 100, dump);
        waits(first, "XREAD BLOCK 0 STREAMS s $");
        master.say(request("SELECT 0") + request("XADD s 5-1 f v") + request("XDEL s 5-1"));
        assertThat(first.taken()).isEqualTo("*1|*2|$1|s|*1|*2|$3|5-1|*2|$1|f|$1|v|");
        waits(first, "XREAD BLOCK 0 STREAMS s $");
        master.say(request("MULTI") + request("XADD s 6-1 f v") + request("XDEL s 6-1") + request("EXEC"));
        assertThat(first.taken()).isEmpty();
    }

    @Test
    void aFullSyncServesWhoWaitsForWhatItBrings() {
        ask("XADD s 5-1 f v");
        ask("SAVE");
        byte[] dump = server.machine.files.get("dump.rdb");
        ask("DEL s");
        ask("REPLICAOF 10.9.9.9 7000");
        waits(first, "XREAD BLOCK 0 STREAMS s 0");
        new FakeMaster(server.machine).sendFile("1".repeat(40), 100, dump);
        assertThat(first.taken()).contains("$3|5-1|");
    }

    @Test
    void aBlockingCommandOfTheMasterDoesNotBlockItsStream() {
        ask("SAVE");
        byte[] dump = server.machine.files.get("dump.rdb");
        ask("REPLICAOF 10.9.9.9 7000");
        FakeMaster master = new FakeMaster(server.machine);
        master.sendFile("1".repeat(40), 100, dump);
        master.say(request("SELECT 0") + request("BLPOP none 0") + request("SET k v"));
        assertThat(ask("GET k")).isEqualTo("$1|v|");
    }
}
