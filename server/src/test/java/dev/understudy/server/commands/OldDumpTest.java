// SPDX-License-Identifier: Apache-2.0
package dev.understudy.server.commands;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Dumps of servers before Redis 7.0, with ziplists. Expected replies are those of redict 7.3. */
class OldDumpTest {
    /** A dump of RDB version 9, without a checksum, that holds the sorted set {@code z}: members and scores in turn, as texts. */
    private static byte[] dump(String... elements) {
        ByteArrayOutputStream entries = new ByteArrayOutputStream();
        int before = 0;
        int tail = 10;
        for (String element : elements) {
            tail = 10 + entries.size();
            entries.write(before);
            entries.write(element.length());
            entries.writeBytes(element.getBytes(StandardCharsets.US_ASCII));
            before = 2 + element.length();
        }
        int total = 11 + entries.size();
        ByteArrayOutputStream dump = new ByteArrayOutputStream();
        dump.writeBytes("REDIS0009".getBytes(StandardCharsets.US_ASCII));
        dump.writeBytes(new byte[] {(byte) 0xFE, 0, 12, 1, 'z', (byte) (0x40 | total >> 8), (byte) total});
        dump.writeBytes(new byte[] {(byte) total, (byte) (total >> 8), 0, 0, (byte) tail, (byte) (tail >> 8), 0, 0});
        dump.writeBytes(new byte[] {(byte) elements.length, 0});
        dump.writeBytes(entries.toByteArray());
        dump.writeBytes(new byte[] {(byte) 0xFF, (byte) 0xFF, 0, 0, 0, 0, 0, 0, 0, 0});
        return dump.toByteArray();
    }

    private static TestServer with(byte[] dump) {
        return new TestServer(Map.of("dump.rdb", dump), _ -> {});
    }

    @Test
    void scoresStayAsTheyWereWritten() {
        try (TestServer server = with(dump("a", "-0", "b", "0", "c", "-0.0", "d", "1.50", "f", "1e3"))) {
            TestServer.Peer client = server.connect();
            assertThat(client.ask("ZRANGE", "z", "0", "-1", "WITHSCORES"))
                    .isEqualTo("*10|$1|a|$2|-0|$1|b|$1|0|$1|c|$2|-0|$1|d|$3|1.5|$1|f|$4|1000|");
            assertThat(client.ask("OBJECT", "ENCODING", "z")).isEqualTo("$8|listpack|");
            assertThat(client.ask("DUMP", "z"))
                    .startsWith(
                            "$57|\u0011--\0\0\0\n\0\u0081a\2\u0082-0\3\u0081b\2\0\1\u0081c\2\u0084-0.0\5\u0081d\2\u00841.50\5"
                                    + "\u0081f\2\u00831e3\4\u00ff");
        }
    }

    @Test
    void aSetOutOfOrderIsPutInOrder() {
        try (TestServer server = with(dump("a", "3", "b", "-0", "c", "1"))) {
            assertThat(server.connect().ask("ZRANGE", "z", "0", "-1")).isEqualTo("*3|$1|b|$1|c|$1|a|");
        }
    }

    @Test
    void aMemberThatIsThereTwiceIsCorruption() {
        try (TestServer server = with(dump("a", "1", "a", "2"))) {
            assertThat(server.machine.log).anyMatch(line -> line.contains("Zset ziplist integrity check failed."));
        }
    }
}
