// SPDX-License-Identifier: Apache-2.0
package dev.understudy.server.commands;

import static org.assertj.core.api.Assertions.assertThat;

import dev.understudy.commands.Statistics;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Requests that no client of good faith sends. */
class ProtocolEdgesTest {
    private final TestServer server = new TestServer();
    private final TestServer.Peer client = server.connect();

    @AfterEach
    void close() {
        server.close();
    }

    @Test
    void errorsQuoteBytesAsTheyCame() {
        assertThat(client.ask("a\u00ff\u0080\r\n\u0001", "b\u00e9", "c\u0000d"))
                .isEqualTo("-ERR unknown command 'a\u00ff\u0080  \u0001', with args beginning with: 'b\u00e9' 'c' |");
        assertThat(client.ask("OBJECT", "\u00c3\u00bc", "k"))
                .isEqualTo("-ERR unknown subcommand '\u00c3\u00bc'. Try OBJECT HELP.|");
        client.ask("XADD", "s", "1-1", "a", "b");
        assertThat(client.ask("XREADGROUP", "GROUP", "g\u00ff", "c", "STREAMS", "s", ">"))
                .isEqualTo("-NOGROUP No such key 's' or consumer group 'g\u00ff' in XREADGROUP with GROUP option|");
        assertThat(client.ask("CONFIG", "SET", "\u00ffx", "1"))
                .isEqualTo("-ERR Unknown option or number of arguments for CONFIG SET - '\u00ffx'|");
        assertThat(client.ask("FUNCTION", "LOAD", "#!lua a\u00ff\nreturn"))
                .isEqualTo("-ERR Invalid metadata value given: a\u00ff|");
        assertThat(client.ask("DEBUG", "ERROR", "X a\u00ff\r\nb")).isEqualTo("-X a\u00ff  b|");
    }

    /** Redis counts the quotes and the blank of the arguments before, not those of the one it cuts. */
    @Test
    void argumentsOfUnknownCommandsAreCutAt128Bytes() {
        assertThat(client.ask("foo", "x".repeat(120), "y".repeat(50)))
                .isEqualTo("-ERR unknown command 'foo', with args beginning with: '" + "x".repeat(120) + "' 'yyyyy' |");
        assertThat(client.ask("f".repeat(200)))
                .isEqualTo("-ERR unknown command '" + "f".repeat(128) + "', with args beginning with: |");
    }

    @Test
    void protocolErrorsAreLoggedWithASampleOfWhatCame() {
        server.connect().askRaw("*1\r\n$4\r\nPING\r\n*2\r\nab\u00ff\u0001\ncd\r\n");
        assertThat(logged("Protocol error")).endsWith("Query buffer during protocol error: 'ab...cd..'");
        server.machine.log.clear();
        server.connect().askRaw("*x" + "a".repeat(200) + "\r\n");
        assertThat(logged("Protocol error"))
                .contains("Protocol error (invalid mbulk count) from client: id=")
                .endsWith(". Query buffer during protocol error: '*x" + "a".repeat(62) + "' (... more 76 bytes ...) '"
                        + "a".repeat(62) + "..'");
    }

    @Test
    void browsersAreShutOutBeforeTheirBodyIsExecuted() {
        TestServer.Peer browser = server.connect();
        assertThat(browser.askRaw("SET before 1\r\nPOST / HTTP/1.1\r\nHost: x\r\n\r\nSET k v\r\n"))
                .isEmpty();
        assertThat(browser.open).isFalse();
        assertThat(client.ask("KEYS", "*")).isEqualTo("*1|$6|before|");
        assertThat(logged("Possible SECURITY ATTACK"))
                .isEqualTo(
                        "Possible SECURITY ATTACK detected. It looks like somebody is sending POST or Host: commands to"
                                + " Redis. This is likely due to an attacker attempting to use Cross Protocol Scripting to compromise"
                                + " your Redis instance. Connection from " + browser.peerAddress() + " aborted.");
        assertThat(server.server.engine().statistics().errorReplies).isZero();
    }

    @Test
    void theLogTellsOfBrowsersOnceInAMinute() {
        server.connect().ask("host:", "x");
        server.connect().ask("pOsT");
        server.machine.wallMillis += 60_000;
        server.connect().ask("post");
        assertThat(attacks()).isEqualTo(1);
        server.machine.wallMillis += 1_000;
        server.connect().ask("post");
        assertThat(attacks()).isEqualTo(2);
        assertThat(client.ask("posts")).startsWith("-ERR unknown command 'posts'");
    }

    private long attacks() {
        return server.machine.log.stream()
                .filter(line -> line.contains("SECURITY ATTACK"))
                .count();
    }

    private String logged(String words) {
        return server.machine.log.stream()
                .filter(line -> line.contains(words))
                .reduce((_, last) -> last)
                .orElse("nothing logged of " + words);
    }

    /** EXEC announces as many replies as there are commands; as Valkey 9, and other than Redis, which then sends fewer. */
    @Test
    void repliesCannotBeTurnedOffInTransactions() {
        client.ask("MULTI");
        assertThat(client.ask("CLIENT", "REPLY", "OFF")).isEqualTo("-ERR Command not allowed inside a transaction|");
        assertThat(client.ask("PING")).isEqualTo("+QUEUED|");
        assertThat(client.ask("EXEC")).isEqualTo("-EXECABORT Transaction discarded because of previous errors.|");
        assertThat(client.ask("CLIENT", "REPLY", "OFF")).isEmpty();
        assertThat(client.ask("CLIENT", "REPLY", "ON")).isEqualTo("+OK|");
    }

    @Test
    void execWithWordsTooManyEndsTheTransactionAndSaysWhy() {
        String expected = "-EXECABORT Transaction discarded because of: wrong number of arguments for 'exec' command|";
        client.ask("MULTI");
        client.ask("SET", "k", "v");
        assertThat(client.ask("EXEC", "x")).isEqualTo(expected);
        assertThat(client.ask("EXEC")).isEqualTo("-ERR EXEC without MULTI|");
        assertThat(client.ask("EXEC", "x")).as("without MULTI").isEqualTo(expected);
        assertThat(client.ask("EXISTS", "k")).isEqualTo(":0|");
    }

    @Test
    void countsOfPopsMustBePositive() {
        for (String pop : new String[] {"LPOP", "RPOP", "ZPOPMIN", "ZPOPMAX", "SPOP"}) {
            for (String count : new String[] {"x", "-1", "9223372036854775808", ""}) {
                assertThat(client.ask(pop, "k", count))
                        .as("%s k %s", pop, count)
                        .isEqualTo("-ERR value is out of range, must be positive|");
            }
        }
    }

    @Test
    void errorCodesAreCountedAsRedisFindsThem() {
        Statistics statistics = new Statistics();
        statistics.error("CODE of mine");
        statistics.error("x".repeat(31) + " is too long");
        statistics.error("single");
        assertThat(statistics.errors()).containsOnlyKeys("CODE", "ERR");
        assertThat(statistics.errorReplies).isEqualTo(3);
    }
}
