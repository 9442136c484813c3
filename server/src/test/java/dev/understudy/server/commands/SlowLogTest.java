// SPDX-License-Identifier: Apache-2.0
package dev.understudy.server.commands;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** SLOWLOG: which commands are kept, and what of them. Everything counts as slow here but where it says otherwise. */
class SlowLogTest {
    private final TestServer server = new TestServer("--slowlog-log-slower-than", "0", "--save", "");
    private final TestServer.Peer client = server.connect();

    @AfterEach
    void close() {
        server.close();
    }

    private String ask(String request) {
        return client.ask(request.split(" "));
    }

    @Test
    void anEntryHasIdTimeDurationWordsAddressAndName() {
        ask("CLIENT SETNAME me");
        ask("SLOWLOG RESET");
        ask("SET key value");
        assertThat(ask("SLOWLOG GET 1"))
                .matches("\\*1\\|\\*6\\|:\\d+\\|:1700000000\\|:\\d+\\|\\*3\\|\\$3\\|SET\\|\\$3\\|key\\|\\$5\\|value\\|"
                        + "\\$14\\|10\\.0\\.0\\.1:50000\\|\\$2\\|me\\|");
    }

    @Test
    void theNewestComeFirstAndAsManyAsAskedFor() {
        for (int i = 0; i < 15; i++) {
            ask("ECHO " + i);
        }
        assertThat(ask("SLOWLOG LEN")).isEqualTo(":15|");
        assertThat(ask("SLOWLOG GET 3")).startsWith("*3|").contains("$7|SLOWLOG|$3|LEN|", "$2|14|", "$2|13|");
        assertThat(ask("SLOWLOG GET")).startsWith("*10|");
        assertThat(ask("SLOWLOG GET -1")).startsWith("*18|");
        assertThat(ask("SLOWLOG GET -2")).isEqualTo("-ERR count should be greater than or equal to -1|");
        assertThat(ask("SLOWLOG GET 1 2")).startsWith("-ERR unknown subcommand or wrong number of arguments for 'GET'");
        assertThat(ask("SLOWLOG RESET")).isEqualTo("+OK|");
        assertThat(ask("SLOWLOG LEN")).isEqualTo(":1|");
    }

    @Test
    void notMoreAreKeptThanTheSettingSays() {
        ask("CONFIG SET slowlog-max-len 3");
        for (int i = 0; i < 5; i++) {
            ask("ECHO " + i);
        }
        assertThat(ask("SLOWLOG LEN")).isEqualTo(":3|");
        ask("CONFIG SET slowlog-max-len 1");
        assertThat(ask("SLOWLOG LEN")).isEqualTo(":1|");
        ask("CONFIG SET slowlog-max-len 0");
        assertThat(ask("SLOWLOG LEN")).isEqualTo(":0|");
    }

    @Test
    void quickCommandsAreNotKeptAndNoneIfTheLogIsOff() {
        ask("CONFIG SET slowlog-log-slower-than 1000000");
        ask("SLOWLOG RESET");
        ask("PING");
        assertThat(ask("SLOWLOG LEN")).isEqualTo(":0|");
        ask("CONFIG SET slowlog-log-slower-than -1");
        ask("PING");
        assertThat(ask("SLOWLOG LEN")).isEqualTo(":0|");
    }

    @Test
    void longWordsAndManyWordsAreCutWithANote() {
        String[] words = new String[40];
        Arrays.fill(words, "k");
        words[0] = "DEL";
        words[1] = "x".repeat(130);
        client.ask(words);
        assertThat(ask("SLOWLOG GET 1"))
                .contains("|*32|$3|DEL|$146|" + "x".repeat(128) + "... (2 more bytes)|$1|k|")
                .contains("|$22|... (9 more arguments)|");
    }

    @Test
    void theCommandsOfATransactionAreKeptButNotExec() {
        ask("MULTI");
        ask("PING one");
        ask("EXEC");
        assertThat(ask("SLOWLOG GET 2"))
                .contains("|$4|PING|$3|one|", "|$5|MULTI|")
                .doesNotContain("EXEC");
    }

    @Test
    void passwordsAreNotKept() {
        ask("AUTH secret1");
        ask("AUTH default secret2");
        ask("HELLO 2 AUTH default secret3");
        ask("CONFIG SET hz 20 masterauth secret4 maxclients 5000");
        String log = ask("SLOWLOG GET -1");
        assertThat(log).doesNotContain("secret").contains("|$4|AUTH|$10|(redacted)|", "|$10|maxclients|$4|5000|");
    }

    @Test
    void aBlockedCommandIsKeptOnceItIsOver() {
        TestServer.Peer blocked = server.connect();
        assertThat(blocked.ask("BLPOP", "k", "1")).isEmpty();
        assertThat(ask("SLOWLOG GET 1")).doesNotContain("BLPOP");
        ask("RPUSH k a");
        assertThat(ask("SLOWLOG GET 2")).containsOnlyOnce("BLPOP");
        blocked.taken();
        ask("SLOWLOG RESET");
        blocked.ask("BLPOP", "k", "1");
        server.machine.pass(2);
        assertThat(ask("SLOWLOG GET 1")).contains("BLPOP");
    }
}
