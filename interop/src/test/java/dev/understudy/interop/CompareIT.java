// SPDX-License-Identifier: Apache-2.0
package dev.understudy.interop;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The comparison that all the other tests trust finds a difference of each kind. */
@NeedsRedis
class CompareIT {
    @TempDir
    private Path dir;

    /** After the first word, in most of them, the key. */
    private static final List<String> CHANGES = List.of(
            "SET string other",
            "APPEND string more",
            "SET further key",
            "DEL string",
            "PEXPIREAT string 4102444800124",
            "RPUSH list c",
            "LSET list 0 b",
            "SREM set a",
            "SADD set c",
            "HSET hash a 2",
            "HDEL hash a",
            "ZADD zset 1.0000000000000002 a",
            "ZREM zset b",
            "XADD stream 7-7 a b",
            "XDEL stream 1-1",
            "XACK stream group 1-1",
            "XGROUP CREATECONSUMER stream group more",
            "LSET long 7000 b");

    @Test
    void aDifferenceOfEachKindIsFound() throws Exception {
        try (RealServer real = RealServer.start(
                        "real", Files.createDirectories(dir.resolve("real")), "--repl-diskless-sync", "no");
                Ours ours = Ours.start("ours", Files.createDirectories(dir.resolve("ours")))) {
            fill(real);
            for (String change : CHANGES) {
                ours.replicaOf(real.port());
                Waits.up(ours);
                Waits.sameOffsets(real, ours);
                Compare.equal(real, ours);
                ours.promote();
                String[] words = change.split(" ");
                ours.call(words);
                String key = words[0].equals("XGROUP") ? words[2] : words[1];
                assertThatThrownBy(() -> Compare.equal(real, ours))
                        .as("comparison after %s", change)
                        .isInstanceOf(AssertionError.class)
                        .hasMessageContaining("db 0 \"" + key + "\": ");
            }
        }
    }

    private static void fill(Node node) {
        try (Session session = node.open()) {
            session.send("SET", "string", "value");
            session.send("RPUSH", "list", "a", "b");
            session.send("SADD", "set", "a", "b");
            session.send("HSET", "hash", "a", "1");
            session.send("ZADD", "zset", "1", "a", "2", "b");
            session.send("XADD", "stream", "1-1", "a", "b");
            session.send("XGROUP", "CREATE", "stream", "group", "0");
            session.send("XREADGROUP", "GROUP", "group", "consumer", "STREAMS", "stream", ">");
            for (int i = 0; i < 12_000; i++) {
                session.send("RPUSH", "long", "a");
            }
            session.replies();
        }
    }
}
