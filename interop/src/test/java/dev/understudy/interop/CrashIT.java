// SPDX-License-Identifier: Apache-2.0
package dev.understudy.interop;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import redis.clients.jedis.exceptions.JedisDataException;
import redis.clients.jedis.exceptions.JedisException;

/**
 * A server that is killed under load, again and again, while saves and rewrites run. What it has written is the system's, so no write that was
 * answered may be missing; only with everysec, where a write waits as long as an fsync is under way, for two seconds at most. And it always
 * starts. So many rounds for each policy: {@code -Dinterop.crash.rounds=67}.
 */
@NeedsRedis
class CrashIT {
    private static final int ROUNDS = Integer.getInteger("interop.crash.rounds", 3);
    private static final int WRITERS = 3;
    private static final Duration PUT_OFF = Duration.ofSeconds(2);

    @TempDir
    private Path dir;

    /** How the server keeps its data. */
    enum Policy {
        ALWAYS,
        EVERYSEC,
        NO,
        /** By dumps only: after a kill it has those of the last one. */
        DUMPS;

        String[] options() {
            return this == DUMPS
                    ? new String[] {"--save", "1 1"}
                    : new String[] {
                        "--appendonly",
                        "yes",
                        "--appendfsync",
                        name().toLowerCase(java.util.Locale.ROOT),
                        "--auto-aof-rewrite-min-size",
                        "64kb",
                        "--auto-aof-rewrite-percentage",
                        "60"
                    };
        }
    }

    @ParameterizedTest(name = "{0}")
    @EnumSource(Policy.class)
    void noAnsweredWriteIsLostWhenTheServerIsKilled(Policy policy) throws Exception {
        run(Optional.empty(), policy, ROUNDS);
    }

    /** The harness itself: what it asserts is true of real servers. */
    @ParameterizedTest(name = "{0}, {1}")
    @MethodSource("realServers")
    void norWhenARealOneIs(Binaries.Peer peer, Policy policy) throws Exception {
        run(Optional.of(peer), policy, 2);
    }

    static Stream<Arguments> realServers() {
        return Stream.of(Policy.EVERYSEC, Policy.DUMPS).map(policy -> Arguments.of(Binaries.system(), policy));
    }

    @SuppressWarnings("SystemOut")
    private void run(Optional<Binaries.Peer> peer, Policy policy, int rounds) throws Exception {
        SplittableRandom random = new SplittableRandom(policy.ordinal() + 17);
        List<OrderedWriter> writers = new ArrayList<>();
        long answered = 0;
        long lost = 0;
        try (Crashable server = Crashable.start("server", dir, peer, policy.options())) {
            for (int i = 0; i < WRITERS; i++) {
                writers.add(new OrderedWriter("w" + i, server, random.nextLong()));
            }
            server.awaitReady();
            for (int round = 1; round <= rounds; round++) {
                List<Long> floors = crash(server, policy, writers, random);
                server.restart();
                for (int i = 0; i < WRITERS; i++) {
                    OrderedWriter writer = writers.get(i);
                    long before = writer.answered();
                    long found = writer.find(floors.get(i));
                    assertThat(found).as("round %s", round).isGreaterThanOrEqualTo(floors.get(i));
                    answered += before;
                    lost += Math.max(0, before - found);
                }
            }
        }
        assertThat(answered).isPositive();
        System.out.println(
                peer.map(Binaries.Peer::name).orElse("ours") + ", " + policy + ": killed " + rounds + " times; of "
                        + answered + " writes that had been answered by then, " + lost + " were lost as promised");
    }

    /** Writes, saves and rewrites until the server is killed; returns how many writes of each writer it has to have again. */
    private static List<Long> crash(
            Crashable server, Policy policy, List<OrderedWriter> writers, SplittableRandom random) {
        Jobs jobs = new Jobs(server, policy, writers, random.nextLong());
        writers.forEach(OrderedWriter::begin);
        long killedNanos;
        try (jobs) {
            writers.getFirst().awaitAnswered(1 + random.nextInt(random.nextBoolean() ? 300 : 6_000));
            killedNanos = System.nanoTime();
            server.kill();
            writers.forEach(OrderedWriter::awaitEnd);
        }
        return switch (policy) {
            case DUMPS -> jobs.saved();
            case EVERYSEC ->
                writers.stream()
                        .map(writer -> writer.answeredBefore(killedNanos, PUT_OFF))
                        .toList();
            case ALWAYS, NO -> answered(writers);
        };
    }

    private static List<Long> answered(List<OrderedWriter> writers) {
        return writers.stream().map(OrderedWriter::answered).toList();
    }

    /** Has the server save or rewrite all the time. */
    private static final class Jobs implements AutoCloseable {
        private static final long PAUSE_NANOS_MAX = 150_000_000;

        private final Crashable server;
        private final Policy policy;
        private final List<OrderedWriter> writers;
        private final SplittableRandom random;
        private final Thread thread;
        private volatile boolean stopping;
        /** What the writers had when the last complete save was asked for, or what the server began with. */
        private volatile List<Long> saved;

        Jobs(Crashable server, Policy policy, List<OrderedWriter> writers, long seed) {
            this.server = server;
            this.policy = policy;
            this.writers = writers;
            this.random = new SplittableRandom(seed);
            this.saved = answered(writers);
            this.thread = Thread.ofPlatform().name("jobs").start(this::run);
        }

        private void run() {
            try (Session session = server.open()) {
                while (!stopping) {
                    one(session);
                    LockSupport.parkNanos(random.nextLong(PAUSE_NANOS_MAX));
                }
            } catch (JedisException _) {
                // The server is gone.
            }
        }

        private void one(Session session) {
            List<Long> now = answered(writers);
            try {
                if (policy == Policy.DUMPS && random.nextInt(3) == 0) {
                    session.call("SAVE");
                    saved = now;
                } else {
                    session.call(policy == Policy.DUMPS || random.nextInt(4) == 0 ? "BGSAVE" : "BGREWRITEAOF");
                }
            } catch (JedisDataException busy) {
                assertThat(String.valueOf(busy.getMessage())).containsPattern("in progress|process is active");
            }
        }

        List<Long> saved() {
            return saved;
        }

        @Override
        public void close() {
            stopping = true;
            try {
                thread.join();
            } catch (InterruptedException interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }
}
