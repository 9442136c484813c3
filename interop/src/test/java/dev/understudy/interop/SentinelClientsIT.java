// SPDX-License-Identifier: Apache-2.0
package dev.understudy.interop;

import static org.assertj.core.api.Assertions.assertThat;

import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisException;
import io.lettuce.core.RedisURI;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.pubsub.RedisPubSubAdapter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import redis.clients.jedis.DefaultJedisClientConfig;
import redis.clients.jedis.HostAndPort;
import redis.clients.jedis.JedisClientConfig;
import redis.clients.jedis.RedisSentinelClient;

/** Clients that ask Sentinel for the master follow a failover of our servers, and their subscriptions work on each. */
@NeedsRedis
class SentinelClientsIT {
    private static final JedisClientConfig RESP2 = DefaultJedisClientConfig.builder()
            .resp2()
            .autoNegotiateProtocol(false)
            .timeoutMillis(2_000)
            .build();

    @TempDir
    private Path dir;

    private Ours start(String name, String... options) throws Exception {
        return Ours.start(name, Files.createDirectories(dir.resolve(name)), options);
    }

    @Test
    void jedisAndLettuceFollowAFailover() throws Exception {
        try (Ours first = start("first");
                Ours second = start("second", "--replicaof", Node.HOST, Integer.toString(first.port()));
                Ours third = start("third", "--replicaof", Node.HOST, Integer.toString(first.port()))) {
            Waits.up(second);
            Waits.up(third);
            try (Sentinels sentinels = new Sentinels(Binaries.system(), dir, first.port());
                    RedisSentinelClient jedis = jedis(sentinels);
                    RedisClient lettuce = RedisClient.create(uri(sentinels))) {
                Waits.until("the group is whole", () -> sentinels.restOn(first.port(), 2), first, second, third);
                StatefulRedisConnection<String, String> connection = lettuce.connect();
                jedis.set("jedis", "before");
                connection.sync().set("lettuce", "before");
                Tool.cli(first, "", "SHUTDOWN", "NOSAVE");
                Waits.until(
                        "a new master",
                        () -> sentinels.agreeOn(second.port()) || sentinels.agreeOn(third.port()),
                        second,
                        third);
                Ours master = sentinels.agreeOn(second.port()) ? second : third;
                Waits.until("Jedis follows", () -> "OK".equals(jedis.set("jedis", "after")), master);
                Waits.until("Lettuce follows", () -> writes(connection), master);
                assertThat((byte[]) master.call("GET", "jedis")).isEqualTo(Session.bytes("after"));
                assertThat((byte[]) master.call("GET", "lettuce")).isEqualTo(Session.bytes("after"));
                subscribe(lettuce, master);
            }
        }
    }

    private static boolean writes(StatefulRedisConnection<String, String> connection) {
        try {
            return "OK".equals(connection.sync().set("lettuce", "after"));
        } catch (RedisException _) {
            return false;
        }
    }

    /** A message published on the master reaches a client that found it through Sentinel. */
    private static void subscribe(RedisClient lettuce, Node master) throws InterruptedException {
        BlockingQueue<String> received = new LinkedBlockingQueue<>();
        try (var connection = lettuce.connectPubSub()) {
            connection.addListener(new RedisPubSubAdapter<>() {
                @Override
                public void message(String channel, String message) {
                    received.add(channel + " " + message);
                }
            });
            connection.sync().subscribe("news");
            master.call("PUBLISH", "news", "hello");
            assertThat(received.poll(10, TimeUnit.SECONDS)).isEqualTo("news hello");
        }
    }

    private static RedisSentinelClient jedis(Sentinels sentinels) {
        return RedisSentinelClient.builder()
                .masterName(Sentinels.GROUP)
                .sentinels(sentinels.ports().stream()
                        .map(port -> new HostAndPort(Node.HOST, port))
                        .collect(Collectors.toSet()))
                .sentinelClientConfig(RESP2)
                .clientConfig(RESP2)
                .build();
    }

    private static RedisURI uri(Sentinels sentinels) {
        List<Integer> ports = new ArrayList<>(sentinels.ports());
        RedisURI.Builder uri = RedisURI.Builder.sentinel(Node.HOST, ports.removeFirst(), Sentinels.GROUP);
        ports.forEach(port -> uri.withSentinel(Node.HOST, port));
        return uri.withTimeout(Duration.ofSeconds(2)).build();
    }
}
