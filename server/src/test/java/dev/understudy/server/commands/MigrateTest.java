// SPDX-License-Identifier: Apache-2.0
package dev.understudy.server.commands;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** MIGRATE, with the other side played in bytes. */
class MigrateTest {
    private final TestServer server = new TestServer();
    private final TestServer.Peer client = server.connect();
    private final TestServer.Peer other = server.connect();

    @AfterEach
    void close() {
        server.close();
    }

    private FakeMaster target() {
        return new FakeMaster(server.machine);
    }

    private String sockets() {
        return client.text("INFO", "stats").replaceFirst("(?s).*migrate_cached_sockets:(\\d+).*", "$1");
    }

    @Test
    void keysGoOverAndAreDeletedWhenTheOtherSideHasThem() {
        client.ask("MSET", "a", "1", "b", "2");
        client.ask("PEXPIRE", "b", "5000");
        assertThat(client.ask("MIGRATE", "10.1.1.1", "7000", "", "9", "1000", "REPLACE", "KEYS", "a", "none", "b"))
                .isEmpty();
        FakeMaster target = target();
        assertThat(target.taken())
                .startsWith("*2|$6|SELECT|$1|9|*5|$7|RESTORE|$1|a|$1|0|$13|\0\u00c0\1")
                .contains("*5|$7|RESTORE|$1|b|$4|5000|$13|\0\u00c0\2")
                .endsWith("$7|REPLACE|");
        target.say("+OK\r\n+OK\r\n");
        assertThat(client.taken()).isEmpty();
        assertThat(other.ask("EXISTS", "a", "b")).isEqualTo(":2|");
        target.say("+OK\r\n");
        assertThat(client.taken()).isEqualTo("+OK|");
        assertThat(other.ask("EXISTS", "a", "b")).isEqualTo(":0|");
    }

    @Test
    void whoWritesMeanwhileWaitsSoThatNothingIsLost() {
        client.ask("SET", "key", "1");
        client.ask("MIGRATE", "10.1.1.1", "7000", "key", "0", "1000");
        assertThat(other.ask("INCR", "key")).isEmpty();
        FakeMaster target = target();
        target.say("+OK\r\n+OK\r\n");
        assertThat(client.taken()).isEqualTo("+OK|");
        assertThat(other.taken()).isEqualTo(":1|");
    }

    /** In Redis the end of the client's side would not be seen before the reply is out. */
    @Test
    void whoHasNothingMoreToSayIsAnsweredAllTheSame() {
        client.ask("SET", "key", "1");
        assertThat(client.ask("MIGRATE", "10.1.1.1", "7000", "key", "0", "1000"))
                .isEmpty();
        client.end();
        target().say("+OK\r\n+OK\r\n");
        assertThat(client.taken()).isEqualTo("+OK|");
        assertThat(client.open).isFalse();
        assertThat(other.ask("EXISTS", "key")).isEqualTo(":0|");
    }

    @Test
    void aCopyStays() {
        client.ask("SET", "key", "1");
        client.ask("MIGRATE", "10.1.1.1", "7000", "key", "0", "1000", "COPY");
        target().say("+OK\r\n+OK\r\n");
        assertThat(client.taken()).isEqualTo("+OK|");
        assertThat(client.ask("GET", "key")).isEqualTo("$1|1|");
    }

    @Test
    void onlyWhatWasAcknowledgedIsDeletedAndTheFirstErrorTold() {
        client.ask("MSET", "a", "1", "b", "2", "c", "3");
        client.ask("MIGRATE", "10.1.1.1", "7000", "", "0", "1000", "KEYS", "a", "b", "c");
        target().say("+OK\r\n+OK\r\n-BUSYKEY Target key name already exists.\r\n+OK\r\n");
        assertThat(client.taken())
                .isEqualTo("-ERR Target instance replied with error: BUSYKEY Target key name already exists.|");
        assertThat(client.ask("MGET", "a", "b", "c")).isEqualTo("*3|$-1|$1|2|$-1|");
    }

    @Test
    void nothingIsDeletedThatWentToTheWrongPlace() {
        client.ask("SET", "key", "1");
        client.ask("MIGRATE", "10.1.1.1", "7000", "key", "99", "1000", "AUTH2", "user", "secret");
        FakeMaster target = target();
        assertThat(target.taken()).startsWith("*3|$4|AUTH|$4|user|$6|secret|*2|$6|SELECT|$2|99|*4|$7|RESTORE|");
        target.say("+OK\r\n-ERR DB index is out of range\r\n+OK\r\n");
        assertThat(client.taken()).isEqualTo("-ERR Target instance replied with error: ERR DB index is out of range|");
        assertThat(client.ask("GET", "key")).isEqualTo("$1|1|");
    }

    @Test
    void theDeletionGoesToReplicas() {
        client.ask("SET", "key", "1");
        TestServer.Peer replica = server.connect();
        replica.ask("REPLCONF", "capa", "eof", "capa", "psync2");
        replica.ask("PSYNC", "?", "-1");
        server.machine.pass(10);
        replica.taken();
        replica.ask("REPLCONF", "ACK", "0");
        client.ask("MIGRATE", "10.1.1.1", "7000", "key", "0", "1000");
        target().say("+OK\r\n+OK\r\n");
        assertThat(replica.taken()).contains("*2|$3|DEL|$3|key|").doesNotContain("MIGRATE");
    }

    @Test
    void connectionsAreKeptForTenSecondsWithTheirDatabase() {
        client.ask("MSET", "a", "1", "b", "2");
        assertThat(sockets()).isEqualTo("0");
        client.ask("MIGRATE", "10.1.1.1", "7000", "a", "9", "1000");
        FakeMaster target = target();
        target.say("+OK\r\n+OK\r\n");
        target.taken();
        assertThat(sockets()).isEqualTo("1");
        client.ask("MIGRATE", "10.1.1.1", "7000", "b", "9", "1000");
        assertThat(server.machine.dials).isEmpty();
        assertThat(target.taken()).startsWith("*4|$7|RESTORE|");
        target.say("+OK\r\n");
        assertThat(client.taken()).endsWith("+OK|");
        server.machine.pass(9);
        assertThat(sockets()).isEqualTo("1");
        server.machine.pass(3);
        assertThat(sockets()).isEqualTo("0");
    }

    @Test
    void aKeptConnectionThatTheOtherSideClosesIsMadeAnewOnce() {
        client.ask("MSET", "a", "1", "b", "2");
        client.ask("MIGRATE", "10.1.1.1", "7000", "a", "9", "1000");
        FakeMaster target = target();
        target.say("+OK\r\n+OK\r\n");
        client.ask("MIGRATE", "10.1.1.1", "7000", "b", "9", "1000");
        client.taken();
        target.cut();
        FakeMaster again = target();
        assertThat(again.taken()).startsWith("*2|$6|SELECT|");
        again.cut();
        assertThat(client.taken()).isEqualTo("-IOERR error or timeout reading to target instance|");
        assertThat(client.ask("GET", "b")).isEqualTo("$1|2|");
    }

    @Test
    void silenceForTheTimeGivenIsAnError() {
        client.ask("SET", "key", "1");
        client.ask("MIGRATE", "10.1.1.1", "7000", "key", "9", "500");
        target();
        server.machine.pass(1);
        assertThat(client.taken()).isEqualTo("-IOERR error or timeout reading to target instance|");
        assertThat(client.ask("GET", "key")).isEqualTo("$1|1|");
        assertThat(other.ask("SET", "key", "2")).isEqualTo("+OK|");
    }

    @Test
    void whoeverDoesNotAnswerIsAnError() {
        client.ask("SET", "key", "1");
        client.ask("MIGRATE", "10.1.1.1", "7000", "key", "9", "500");
        server.machine.dials.remove().onFailed("Connection refused");
        server.machine.settle();
        assertThat(client.taken()).isEqualTo("-IOERR error or timeout connecting to the client|");
    }

    @Test
    void aClientThatLeavesChangesNothing() {
        client.ask("SET", "key", "1");
        client.ask("MIGRATE", "10.1.1.1", "7000", "key", "9", "500");
        FakeMaster target = target();
        client.hangUp();
        target.say("+OK\r\n+OK\r\n");
        assertThat(other.ask("EXISTS", "key")).isEqualTo(":0|");
        assertThat(other.ask("SET", "key", "2")).isEqualTo("+OK|");
    }

    @Test
    void requestsAreChecked() {
        assertThat(client.ask("MIGRATE", "h", "1", "none", "0", "0")).isEqualTo("+NOKEY|");
        assertThat(client.ask("MIGRATE", "h", "1", "key", "0", "0", "KEYS", "a"))
                .isEqualTo("-ERR When using MIGRATE KEYS option, the key argument must be set to the empty string|");
        assertThat(client.ask("MIGRATE", "h", "1", "key", "0", "x"))
                .isEqualTo("-ERR value is not an integer or out of range|");
        assertThat(client.ask("MIGRATE", "h", "1", "key", "0", "0", "AUTH")).isEqualTo("-ERR syntax error|");
        assertThat(client.ask("MIGRATE", "h", "1", "key", "0", "0", "MAYBE")).isEqualTo("-ERR syntax error|");
        client.ask("SET", "key", "1");
        client.ask("MULTI");
        client.ask("MIGRATE", "h", "1", "key", "0", "0");
        assertThat(client.ask("EXEC"))
                .isEqualTo("*1|-ERR MIGRATE waits for the other server, which is impossible within a transaction|");
        assertThat(client.ask("COMMAND", "GETKEYS", "MIGRATE", "h", "1", "", "0", "0", "KEYS", "a", "b"))
                .isEqualTo("*2|$1|a|$1|b|");
    }

    @Test
    void passwordsDoNotGoToTheSlowLog() {
        client.ask("CONFIG", "SET", "slowlog-log-slower-than", "0");
        client.ask("MIGRATE", "h", "1", "none", "0", "0", "AUTH2", "user", "secret");
        assertThat(client.ask("SLOWLOG", "GET"))
                .contains("$5|AUTH2|$10|(redacted)|$10|(redacted)|")
                .doesNotContain("secret");
    }
}
