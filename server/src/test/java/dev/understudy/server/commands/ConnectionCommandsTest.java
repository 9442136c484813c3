// SPDX-License-Identifier: Apache-2.0
package dev.understudy.server.commands;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class ConnectionCommandsTest {
    private TestServer server = new TestServer();
    private TestServer.Peer client = server.connect();

    @AfterEach
    void close() {
        server.close();
    }

    private void restart(String... options) {
        server.close();
        server = new TestServer(options);
        client = server.connect();
    }

    @Test
    void pingAnswersPongOrWhatItWasGiven() {
        assertThat(client.ask("PING")).isEqualTo("+PONG|");
        assertThat(client.ask("ping", "hi")).isEqualTo("$2|hi|");
        assertThat(client.ask("ping", "a", "b")).isEqualTo("-ERR wrong number of arguments for 'ping' command|");
        assertThat(client.ask("ECHO", "x")).isEqualTo("$1|x|");
    }

    @Test
    void authWithoutConfiguredPasswordIsRefusedInTheOldFormOnly() {
        assertThat(client.ask("AUTH", "x"))
                .isEqualTo("-ERR AUTH <password> called without any password configured for the default user. Are you"
                        + " sure your configuration is correct?|");
        assertThat(client.ask("AUTH", "default", "whatever")).isEqualTo("+OK|");
        assertThat(client.ask("AUTH", "alice", "x"))
                .isEqualTo("-WRONGPASS invalid username-password pair or user is disabled.|");
        assertThat(client.ask("AUTH", "a", "b", "c")).isEqualTo("-ERR syntax error|");
    }

    @Test
    void nothingWorksBeforeThePasswordIsGiven() {
        restart("--requirepass", "secret");
        assertThat(client.ask("PING")).isEqualTo("-NOAUTH Authentication required.|");
        assertThat(client.ask("HELLO", "3")).startsWith("-NOAUTH HELLO must be called with the client already auth");
        assertThat(client.ask("AUTH", "wrong")).startsWith("-WRONGPASS ");
        assertThat(client.ask("HELLO", "2", "AUTH", "default", "wrong")).startsWith("-WRONGPASS ");
        assertThat(client.ask("AUTH", "secret")).isEqualTo("+OK|");
        assertThat(client.ask("PING")).isEqualTo("+PONG|");
        assertThat(client.text("INFO", "stats")).contains("acl_access_denied_auth:2|");
        assertThat(client.ask("RESET")).isEqualTo("+RESET|");
        assertThat(client.ask("PING")).isEqualTo("-NOAUTH Authentication required.|");
    }

    @Test
    void helloSwitchesTheProtocolAndIntroducesTheServer() {
        assertThat(client.ask("HELLO", "3", "SETNAME", "joe"))
                .isEqualTo(
                        "%7|$6|server|$5|redis|$7|version|$5|7.2.4|$5|proto|:3|$2|id|:1|$4|mode|$10|standalone|$4|role|"
                                + "$6|master|$7|modules|*0|");
        assertThat(client.ask("CLIENT", "GETNAME")).isEqualTo("$3|joe|");
        assertThat(client.ask("HELLO", "2")).startsWith("*14|");
        assertThat(client.ask("HELLO", "4")).isEqualTo("-NOPROTO unsupported protocol version|");
        assertThat(client.ask("HELLO", "x")).isEqualTo("-ERR Protocol version is not an integer or out of range|");
        assertThat(client.ask("HELLO", "2", "FOO")).isEqualTo("-ERR Syntax error in HELLO option 'FOO'|");
        assertThat(client.ask("HELLO", "2", "SETNAME", "a b"))
                .isEqualTo("-ERR Client names cannot contain spaces, newlines or special characters.|");
    }

    @Test
    void quitClosesBehindItsReply() {
        assertThat(client.ask("QUIT")).isEqualTo("+OK|");
        assertThat(client.open).isFalse();
        assertThat(server.server.clients().all()).isEmpty();
    }

    @Test
    void resetForgetsTransactionNameAndProtocol() {
        client.ask("HELLO", "3", "SETNAME", "joe");
        client.ask("MULTI");
        assertThat(client.ask("RESET")).isEqualTo("+RESET|");
        assertThat(client.ask("EXEC")).isEqualTo("-ERR EXEC without MULTI|");
        assertThat(client.ask("CLIENT", "GETNAME")).isEqualTo("$-1|");
    }

    @Test
    void repliesCanBeTurnedOffSkippedAndOn() {
        assertThat(client.ask("CLIENT", "REPLY", "OFF")).isEmpty();
        assertThat(client.ask("PING")).isEmpty();
        assertThat(client.ask("CLIENT", "REPLY", "ON")).isEqualTo("+OK|");
        assertThat(client.ask("CLIENT", "REPLY", "SKIP")).isEmpty();
        assertThat(client.ask("PING", "1")).isEmpty();
        assertThat(client.ask("PING", "2")).isEqualTo("$1|2|");
        client.ask("CLIENT", "REPLY", "SKIP");
        assertThat(client.ask("CLIENT", "REPLY", "ON")).isEqualTo("+OK|");
        assertThat(client.ask("PING")).isEqualTo("+PONG|");
        assertThat(client.ask("CLIENT", "REPLY", "PERHAPS")).isEqualTo("-ERR syntax error|");
    }

    @Test
    void clientsTellWhoTheyAre() {
        assertThat(client.ask("CLIENT", "ID")).isEqualTo(":1|");
        assertThat(client.ask("CLIENT", "SETINFO", "lib-name", "redis.py")).isEqualTo("+OK|");
        assertThat(client.ask("CLIENT", "SETINFO", "LIB-VER", "1.2.3")).isEqualTo("+OK|");
        assertThat(client.ask("CLIENT", "SETINFO", "lib-name", "redis py"))
                .isEqualTo("-ERR lib-name cannot contain spaces, newlines or special characters.|");
        assertThat(client.ask("CLIENT", "SETINFO", "badger", "x")).isEqualTo("-ERR Unrecognized option 'badger'|");
        assertThat(client.text("CLIENT", "INFO"))
                .startsWith("id=1 addr=10.0.0.1:")
                .contains(" flags=N db=0 sub=0 psub=0 ssub=0 multi=-1 ")
                .contains(" cmd=client|info user=default redir=-1 resp=2 lib-name=redis.py lib-ver=1.2.3\n");
        client.ask("RESET");
        assertThat(client.text("CLIENT", "INFO")).contains("lib-name=redis.py");
    }

    @Test
    void clientsAreListedByTypeAndId() {
        var second = server.connect();
        second.ask("CLIENT", "SETNAME", "second");
        assertThat(client.text("CLIENT", "LIST").lines().filter(line -> line.startsWith("id=")))
                .hasSize(2);
        assertThat(client.text("CLIENT", "LIST", "TYPE", "replica")).isEqualTo("|");
        assertThat(client.text("CLIENT", "LIST", "ID", "2", "77"))
                .startsWith("id=2 ")
                .contains(" name=second ");
        assertThat(client.ask("CLIENT", "LIST", "TYPE", "x")).isEqualTo("-ERR Unknown client type 'x'|");
        assertThat(client.ask("CLIENT", "LIST", "ID", "x")).isEqualTo("-ERR Invalid client ID|");
        assertThat(client.ask("CLIENT", "LIST", "ID")).isEqualTo("-ERR syntax error|");
    }

    @Test
    void killsAreCountedAndTheCallerGoesAfterItsReply() {
        var second = server.connect();
        var third = server.connect();
        assertThat(client.ask("CLIENT", "KILL", "ID", "2", "TYPE", "normal")).isEqualTo(":1|");
        assertThat(second.open).isFalse();
        assertThat(client.ask("CLIENT", "KILL", "10.9.9.9:1")).isEqualTo("-ERR No such client|");
        assertThat(client.ask("CLIENT", "KILL", third.peerAddress())).isEqualTo("+OK|");
        assertThat(third.open).isFalse();
        assertThat(client.ask("CLIENT", "KILL", "LADDR", "10.0.0.2:6379")).isEqualTo(":0|");
        assertThat(client.ask("CLIENT", "KILL", "SKIPME", "no")).isEqualTo(":1|");
        assertThat(client.open).isFalse();
    }

    @Test
    void wrongKillsAreRefused() {
        assertThat(client.ask("CLIENT", "KILL")).isEqualTo("-ERR wrong number of arguments for 'client|kill' command|");
        assertThat(client.ask("CLIENT", "KILL", "ID", "10", "wrong")).isEqualTo("-ERR syntax error|");
        assertThat(client.ask("CLIENT", "KILL", "ID", "str")).isEqualTo("-ERR client-id should be greater than 0|");
        assertThat(client.ask("CLIENT", "KILL", "ID", "0")).isEqualTo("-ERR client-id should be greater than 0|");
        assertThat(client.ask("CLIENT", "KILL", "TYPE", "w")).isEqualTo("-ERR Unknown client type 'w'|");
        assertThat(client.ask("CLIENT", "KILL", "USER", "w")).isEqualTo("-ERR No such user 'w'|");
        assertThat(client.ask("CLIENT", "KILL", "SKIPME", "w")).isEqualTo("-ERR syntax error|");
        assertThat(client.ask("CLIENT", "NONSENSE")).isEqualTo("-ERR unknown subcommand 'NONSENSE'. Try CLIENT HELP.|");
    }

    @Test
    void aPauseHoldsCommandsBackUntilItEnds() {
        var second = server.connect();
        assertThat(client.ask("CLIENT", "PAUSE", "100000", "WRITE")).isEqualTo("+OK|");
        assertThat(second.ask("PING")).isEqualTo("+PONG|");
        assertThat(client.ask("CLIENT", "PAUSE", "100000", "x"))
                .isEqualTo("-ERR CLIENT PAUSE mode must be WRITE or ALL|");
        assertThat(client.ask("CLIENT", "PAUSE", "x")).isEqualTo("-ERR timeout is not an integer or out of range|");
        assertThat(client.ask("CLIENT", "PAUSE", "-1")).isEqualTo("-ERR timeout is negative|");
        assertThat(client.ask("CLIENT", "UNPAUSE")).isEqualTo("+OK|");
    }

    @Test
    void aClientBlockedInWaitIsUnblockedAsAskedFor() {
        var waiting = server.connect();
        assertThat(waiting.ask("WAIT", "1", "0")).isEmpty();
        assertThat(client.text("INFO", "clients")).contains("blocked_clients:1|");
        assertThat(client.ask("CLIENT", "UNBLOCK", "2")).isEqualTo(":1|");
        assertThat(waiting.taken()).isEqualTo(":0|");
        assertThat(client.ask("CLIENT", "UNBLOCK", "2", "ERROR")).isEqualTo(":0|");
        waiting.ask("WAIT", "1", "0");
        assertThat(client.ask("CLIENT", "UNBLOCK", "2", "ERROR")).isEqualTo(":1|");
        assertThat(waiting.taken()).isEqualTo("-UNBLOCKED client unblocked via CLIENT UNBLOCK|");
        assertThat(client.ask("CLIENT", "UNBLOCK", "2", "x"))
                .isEqualTo("-ERR CLIENT UNBLOCK reason should be TIMEOUT or ERROR|");
        assertThat(waiting.ask("PING")).isEqualTo("+PONG|");
    }

    @Test
    void trackingIsHonestlyOff() {
        assertThat(client.ask("CLIENT", "GETREDIR")).isEqualTo(":-1|");
        assertThat(client.ask("CLIENT", "TRACKINGINFO"))
                .isEqualTo("*6|$5|flags|*1|$3|off|$8|redirect|:-1|$8|prefixes|*0|");
        assertThat(client.ask("CLIENT", "NO-EVICT", "on")).isEqualTo("+OK|");
        assertThat(client.ask("CLIENT", "NO-TOUCH", "on")).isEqualTo("+OK|");
        assertThat(client.text("CLIENT", "INFO")).contains(" flags=eT ");
        assertThat(client.ask("CLIENT", "NO-TOUCH", "x")).isEqualTo("-ERR syntax error|");
        assertThat(client.ask("CLIENT", "HELP")).contains("|+CLIENT <subcommand> [<arg> [value] [opt] ...]. Sub");
    }
}
