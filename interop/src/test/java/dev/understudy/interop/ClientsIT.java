// SPDX-License-Identifier: Apache-2.0
package dev.understudy.interop;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.moilioncircle.redis.replicator.Configuration;
import com.moilioncircle.redis.replicator.RedisReplicator;
import com.moilioncircle.redis.replicator.cmd.impl.SetCommand;
import com.moilioncircle.redis.replicator.rdb.datatype.KeyValuePair;
import io.lettuce.core.ClientOptions;
import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisCommandExecutionException;
import io.lettuce.core.RedisFuture;
import io.lettuce.core.RedisURI;
import io.lettuce.core.TransactionResult;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.api.sync.RedisCommands;
import io.lettuce.core.protocol.ProtocolVersion;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import redis.clients.jedis.AbstractTransaction;
import redis.clients.jedis.DefaultJedisClientConfig;
import redis.clients.jedis.HostAndPort;
import redis.clients.jedis.Jedis;
import redis.clients.jedis.Pipeline;
import redis.clients.jedis.Response;
import redis.clients.jedis.exceptions.JedisDataException;
import redis.clients.jedis.params.SetParams;

/** The usual clients and tools use us. */
@NeedsRedis
class ClientsIT {
    @TempDir
    private Path dir;

    private Ours start(String name, String... options) throws Exception {
        return Ours.start(name, Files.createDirectories(dir.resolve(name)), options);
    }

    @Test
    void jedisSpeaksResp3WithUs() throws Exception {
        try (Ours ours = start("ours");
                Jedis jedis = new Jedis(
                        new HostAndPort(Node.HOST, ours.port()),
                        DefaultJedisClientConfig.builder()
                                .resp3()
                                .clientName("jedis")
                                .build())) {
            assertThat(jedis.set("text", "värde", SetParams.setParams().px(100_000)))
                    .isEqualTo("OK");
            assertThat(jedis.get("text")).isEqualTo("värde");
            assertThat(jedis.pttl("text")).isBetween(90_000L, 100_000L);
            assertThat(jedis.hset("hash", Map.of("a", "1", "b", "2"))).isEqualTo(2);
            assertThat(jedis.hgetAll("hash")).isEqualTo(Map.of("a", "1", "b", "2"));
            assertThat(jedis.sadd("set", "x", "y")).isEqualTo(2);
            assertThat(jedis.smembers("set")).isEqualTo(Set.of("x", "y"));
            assertThat(jedis.zadd("zset", 1.5, "m")).isEqualTo(1);
            assertThat(jedis.zscore("zset", "m")).isEqualTo(1.5);
            assertThat(jedis.zrangeWithScores("zset", 0, -1)).hasSize(1);
            assertThat(jedis.rpush("list", "1", "2", "3")).isEqualTo(3);
            assertThat(jedis.lrange("list", 0, -1)).containsExactly("1", "2", "3");
            assertThat(jedis.clientGetname()).isEqualTo("jedis");
            assertThat(jedis.get("absent")).isNull();
            assertThatThrownBy(() -> jedis.incr("text"))
                    .isInstanceOf(JedisDataException.class)
                    .hasMessage("ERR value is not an integer or out of range");
            assertThatThrownBy(() -> jedis.lpush("text", "x")).hasMessageStartingWith("WRONGTYPE ");
        }
    }

    @Test
    void jedisPipelinesAndTransactsWithUs() throws Exception {
        try (Ours ours = start("ours");
                Jedis jedis = new Jedis(Node.HOST, ours.port())) {
            List<Response<Long>> counts = new ArrayList<>();
            try (Pipeline pipeline = jedis.pipelined()) {
                for (int i = 0; i < 20_000; i++) {
                    counts.add(pipeline.incr("counter"));
                }
            }
            assertThat(counts.getLast().get()).isEqualTo(20_000);
            jedis.watch("counter");
            try (AbstractTransaction transaction = jedis.multi()) {
                Response<Long> next = transaction.incr("counter");
                transaction.set("other", "value");
                assertThat(transaction.exec()).hasSize(2);
                assertThat(next.get()).isEqualTo(20_001);
            }
            jedis.watch("counter");
            try (Jedis rival = new Jedis(Node.HOST, ours.port())) {
                rival.set("counter", "0");
            }
            try (AbstractTransaction transaction = jedis.multi()) {
                transaction.incr("counter");
                assertThat(transaction.exec()).isNull();
            }
        }
    }

    @Test
    void aValueOf64MegabytesComesBack() throws Exception {
        byte[] value = new byte[64 << 20];
        new SplittableRandom(1).nextBytes(value);
        try (Ours ours = start("ours");
                Session session = ours.open()) {
            session.call(Session.bytes("SET"), Session.bytes("big"), value);
            assertThat(Arrays.equals((byte[]) session.call("GET", "big"), value))
                    .isTrue();
            assertThat(session.call("STRLEN", "big")).isEqualTo((long) value.length);
            session.call("APPEND", "big", "tail");
            assertThat(session.text("GETRANGE", "big", "-5", "-1")).endsWith("tail");
        }
    }

    @Test
    void lettuceSpeaksResp3WithUs() throws Exception {
        try (Ours ours = start("ours")) {
            RedisClient client = RedisClient.create(RedisURI.create(Node.HOST, ours.port()));
            client.setOptions(ClientOptions.builder()
                    .protocolVersion(ProtocolVersion.RESP3)
                    .build());
            try (StatefulRedisConnection<String, String> connection = client.connect()) {
                RedisCommands<String, String> commands = connection.sync();
                assertThat(commands.ping()).isEqualTo("PONG");
                commands.hset("hash", Map.of("a", "1"));
                assertThat(commands.hgetall("hash")).isEqualTo(Map.of("a", "1"));
                commands.zadd("zset", 0.1, "m");
                assertThat(commands.zscore("zset", "m")).isEqualTo(0.1);
                commands.sadd("set", "x");
                assertThat(commands.smembers("set")).containsExactly("x");
                assertThat(commands.get("absent")).isNull();
                String id = commands.xadd("stream", Map.of("f", "v"));
                assertThat(commands.xrange("stream", io.lettuce.core.Range.unbounded()))
                        .singleElement()
                        .satisfies(message -> assertThat(message.getId()).isEqualTo(id));
                commands.multi();
                commands.incr("n");
                commands.incr("n");
                TransactionResult result = commands.exec();
                assertThat(result.stream().toList()).isEqualTo(List.of(1L, 2L));
                assertThatThrownBy(() -> commands.incr("hash"))
                        .isInstanceOf(RedisCommandExecutionException.class)
                        .hasMessageStartingWith("WRONGTYPE ");
                List<RedisFuture<Long>> futures = new ArrayList<>();
                for (int i = 0; i < 10_000; i++) {
                    futures.add(connection.async().incr("async"));
                }
                assertThat(futures.getLast().get(30, TimeUnit.SECONDS)).isEqualTo(10_000L);
            } finally {
                client.shutdown(0, 2, TimeUnit.SECONDS);
            }
        }
    }

    @Test
    void redisBenchmarkRunsItsDefaultSet() throws Exception {
        try (Ours ours = start("ours")) {
            String output = Tool.benchmark(ours, "-n", "1000", "-q").succeeds().output();
            assertThat(output)
                    .contains("PING_INLINE", "SET:", "LRANGE_600", "MSET (10 keys)")
                    .doesNotContainIgnoringCase("error");
            output = Tool.benchmark(ours, "-n", "10000", "-q", "-P", "16", "-t", "set,get,incr,lpush,zadd")
                    .succeeds()
                    .output();
            assertThat(output).doesNotContainIgnoringCase("error");
        }
    }

    @Test
    void redisCliHasASessionWithUs() throws Exception {
        try (Ours ours = start("ours")) {
            String input = """
                    SET k "a \\x00 b"
                    GET k
                    INFO
                    CLIENT LIST
                    CLIENT ID
                    CONFIG GET maxmemory
                    DBSIZE
                    TYPE k
                    NOSUCH a
                    HGETALL none
                    SELECT 99
                    TIME
                    COMMAND COUNT
                    ROLE
                    """;
            String output = Tool.cli(ours, input).succeeds().output();
            assertThat(output)
                    .contains(
                            "redis_version:7.2.4",
                            "understudy_version:",
                            "role:master",
                            "cmd=client|list",
                            "maxmemory",
                            "string")
                    .contains("ERR unknown command 'NOSUCH', with args beginning with: 'a'")
                    .contains("ERR DB index is out of range");
            assertThat(Tool.cli(ours, "", "-3", "HELLO").succeeds().output())
                    .contains("proto", "3", "mode", "standalone");
            assertThat(Tool.cli(ours, "", "--scan").succeeds().output()).contains("k");
            assertThat(Tool.cli(ours, "", "--bigkeys").succeeds().output()).contains("Biggest string found");
        }
    }

    @Test
    void redisReplicatorFollowsUs() throws Exception {
        try (Ours ours = start("ours")) {
            Filler.fill(ours, Filler.Size.SMALL, 111);
            deleteInfinities(ours);
            long expected = ours.info("keyspace").values().stream()
                    .mapToLong(value -> Long.parseLong(value.replaceAll("keys=(\\d+),.*", "$1")))
                    .sum();
            Set<String> seen = ConcurrentHashMap.newKeySet();
            Set<String> written = ConcurrentHashMap.newKeySet();
            AtomicReference<Throwable> failure = new AtomicReference<>();
            RedisReplicator replicator = new RedisReplicator(
                    Node.HOST, ours.port(), Configuration.defaultSetting().setRetries(0));
            replicator.addExceptionListener((_, error, _) -> failure.set(error));
            replicator.addEventListener((_, event) -> {
                if (event instanceof KeyValuePair<?, ?> pair) {
                    seen.add(pair.getDb().getDbNumber() + " "
                            + new String((byte[]) pair.getKey(), StandardCharsets.ISO_8859_1));
                } else if (event instanceof SetCommand command) {
                    written.add(new String(command.getKey(), UTF_8) + "=" + new String(command.getValue(), UTF_8));
                }
            });
            Thread thread = Thread.ofPlatform().daemon().start(() -> {
                try {
                    replicator.open();
                } catch (Exception error) {
                    failure.set(error);
                }
            });
            try {
                Waits.until(
                        "it is online",
                        () -> ours.info("replication")
                                        .getOrDefault("slave0", "")
                                        .contains("state=online")
                                || failure.get() != null,
                        ours);
                assertThat(failure.get()).isNull();
                ours.call("SET", "further", "command");
                Waits.until(
                        "it has the command", () -> written.contains("further=command") || failure.get() != null, ours);
                assertThat(failure.get()).isNull();
                // Some keys may have expired since they were counted.
                assertThat((long) seen.size()).isBetween(expected - 200, expected);
                assertThat(seen)
                        .contains("0 stream:large", "2 giant:zset", "15 hash:large", "5 binary:\0\r\n\u00ff key");
            } finally {
                replicator.close();
                thread.join(1_000);
            }
        }
    }

    /** redis-replicator 3.11 cannot read infinite scores in a listpack, whoever wrote them. */
    private static void deleteInfinities(Node node) {
        try (Session session = node.open()) {
            for (int database : new int[] {0, 1, 5, 15}) {
                session.select(database);
                session.call("DEL", "zset:scores");
            }
        }
    }

    @Test
    void aClientOfPlainSyncGetsPayloadAndStream() throws Exception {
        try (Ours ours = start("ours");
                Socket socket = new Socket(InetAddress.getLoopbackAddress(), ours.port())) {
            ours.call("SET", "before", "1");
            socket.setSoTimeout(20_000);
            socket.getOutputStream().write("SYNC\r\n".getBytes(UTF_8));
            InputStream in = socket.getInputStream();
            String announced = line(in);
            assertThat(announced).startsWith("$").doesNotStartWith("$EOF");
            byte[] payload = in.readNBytes(Integer.parseInt(announced.substring(1)));
            assertThat(new String(payload, 0, 5, UTF_8)).isEqualTo("REDIS");
            ours.call("SET", "after", "2");
            String stream = "*2\r\n$6\r\nSELECT\r\n$1\r\n0\r\n*3\r\n$3\r\nSET\r\n$5\r\nafter\r\n$1\r\n2\r\n";
            assertThat(new String(in.readNBytes(stream.length()), UTF_8)).isEqualTo(stream);
        }
    }

    /** The next line that is not empty: a master shows with empty ones that it is alive. */
    private static String line(InputStream in) throws IOException {
        StringBuilder line = new StringBuilder();
        for (int c = in.read(); c >= 0; c = in.read()) {
            if (c == '\n' && !line.isEmpty()) {
                break;
            } else if (c != '\n' && c != '\r') {
                line.append((char) c);
            }
        }
        return line.toString();
    }

    @Test
    void redisCliShowsOurStreamAsAReplica() throws Exception {
        try (Ours ours = start("ours");
                WriteLoad load = WriteLoad.on(ours, 121)) {
            List<String> lines = Tool.cliUntil(ours, "\"SET\"", "--replica");
            assertThat(lines).anyMatch(text -> text.contains("Full resync with master") || text.contains("SYNC"));
            load.stop();
        }
    }
}
