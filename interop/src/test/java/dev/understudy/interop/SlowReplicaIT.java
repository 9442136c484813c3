// SPDX-License-Identifier: Apache-2.0
package dev.understudy.interop;

import static dev.understudy.interop.Session.bytes;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A real redis-server that follows us is slow, and the stream grows meanwhile far beyond client-output-buffer-limit. */
@NeedsRedis
class SlowReplicaIT {
    private static final int MB = 1 << 20;
    private static final long SLOW_BYTES_PER_SECOND = 2 * MB;
    private static final Duration LIMIT = Duration.ofMinutes(2);
    private static final String SPILLED = "repl_stream_spilled_bytes";

    private final SplittableRandom random = new SplittableRandom(1);

    @TempDir
    private Path dir;

    private Path folder(String name) throws IOException {
        return Files.createDirectories(dir.resolve(name));
    }

    private byte[] noise(int length) {
        byte[] value = new byte[length];
        random.nextBytes(value);
        return value;
    }

    /** Writes so much to a few keys, one command after another. */
    private void write(Node master, int megabytes) {
        try (Session session = master.open()) {
            for (int i = 0; i < megabytes; i++) {
                session.call(bytes("SET"), bytes("key" + i % 30), noise(MB));
            }
        }
    }

    private static boolean hasSpillFiles(Node master) throws IOException {
        try (Stream<Path> files = Files.list(master.dir())) {
            return files.anyMatch(file -> file.toString().endsWith(".spill"));
        }
    }

    private static void follow(RealServer replica, CutProxy proxy, Ours master) {
        replica.replicaOf(proxy.port());
        Waits.until("the full sync has begun", () -> master.fullSyncs() == 1, master, replica);
    }

    private static void assertSame(Ours master, RealServer replica) {
        Waits.until(
                "the replica has everything",
                LIMIT,
                () -> "up".equals(replica.info("replication").get("master_link_status"))
                        && replica.offset() == master.offset(),
                master,
                replica);
        assertThat((byte[]) replica.call("DEBUG", "DIGEST")).isEqualTo((byte[]) master.call("DEBUG", "DIGEST"));
    }

    private RealServer replica() throws IOException {
        return RealServer.start("replica", folder("replica"), "--enable-debug-command", "yes");
    }

    private Ours master(String... options) throws IOException {
        String[] all = Stream.concat(
                        Stream.of("--enable-debug-command", "yes", "--repl-backlog-size", "1mb"), Stream.of(options))
                .toArray(String[]::new);
        return Ours.start("master", folder("master"), all);
    }

    @ParameterizedTest(name = "diskless sync {0}")
    @ValueSource(strings = {"no", "yes"})
    void aReplicaThatAdvancesIsNotDroppedThoughTheStreamGrowsDuringItsFullSync(String disklessSync) throws Exception {
        try (Ours master = master("--repl-diskless-sync", disklessSync, "--repl-timeout", "5");
                CutProxy proxy = new CutProxy(master.port());
                RealServer replica = replica()) {
            write(master, 30);
            proxy.slow(SLOW_BYTES_PER_SECOND);
            follow(replica, proxy, master);
            write(master, 320);
            Waits.until("the stream spills", () -> master.number("memory", SPILLED) > 200L * MB, master, replica);
            assertThat(master.number("memory", "mem_total_replication_buffers")).isLessThan(150L * MB);
            assertThat(hasSpillFiles(master)).isTrue();
            write(master, 30);
            proxy.slow(Long.MAX_VALUE);
            assertSame(master, replica);
            assertThat(master.fullSyncs()).isEqualTo(1);
            Waits.until("nothing is spilled", () -> !hasSpillFiles(master), master);
            assertThat(master.number("memory", SPILLED)).isZero();
            assertThat(master.log()).doesNotContain("output buffer limits");
        }
    }

    @Test
    void withoutTheSpillItIsDroppedAsByRedis() throws Exception {
        try (Ours master = master("--repl-stream-spill", "no");
                CutProxy proxy = new CutProxy(master.port());
                RealServer replica = replica()) {
            write(master, 30);
            proxy.slow(SLOW_BYTES_PER_SECOND);
            follow(replica, proxy, master);
            write(master, 270);
            Waits.until(
                    "the replica is dropped",
                    () -> master.log().contains("scheduled to be closed ASAP for overcoming of output buffer limits."),
                    master);
            assertThat(master.log())
                    .contains("bytes of the replication stream are kept for it, and repl-stream-spill is off: set it to"
                            + " yes");
            assertThat(hasSpillFiles(master)).isFalse();
        }
    }

    @Test
    void aReplicaThatTakesNothingIsNotSpared() throws Exception {
        try (Ours master = master("--repl-diskless-sync", "no", "--repl-timeout", "5");
                CutProxy proxy = new CutProxy(master.port());
                RealServer replica = replica()) {
            write(master, 30);
            proxy.slow(SLOW_BYTES_PER_SECOND);
            follow(replica, proxy, master);
            proxy.stall(true);
            write(master, 280);
            Waits.until(
                    "the replica is dropped",
                    () -> master.log().contains("it has taken nothing for 5 seconds: raise repl-timeout"),
                    master);
            Waits.until("nothing is spilled", () -> !hasSpillFiles(master), master);
        }
    }

    @Test
    void anExplicitLimitActsAsInRedis() throws Exception {
        try (Ours master = master("--client-output-buffer-limit", "replica", "20mb", "0", "0");
                CutProxy proxy = new CutProxy(master.port());
                RealServer replica = replica()) {
            write(master, 30);
            proxy.slow(SLOW_BYTES_PER_SECOND);
            follow(replica, proxy, master);
            write(master, 25);
            Waits.until(
                    "the replica is dropped",
                    () -> master.log().contains("client-output-buffer-limit replica is 20971520 0 0: raise it"),
                    master);
            assertThat(hasSpillFiles(master)).isFalse();
        }
    }

    @Test
    void aFileThatIsFullEndsWithTheSettingToRaise() throws Exception {
        try (Ours master = master("--repl-stream-spill-size", "64mb");
                CutProxy proxy = new CutProxy(master.port());
                RealServer replica = replica()) {
            write(master, 30);
            proxy.slow(SLOW_BYTES_PER_SECOND);
            follow(replica, proxy, master);
            write(master, 280);
            Waits.until(
                    "the replica is dropped",
                    () -> master.log().contains("the file it spills to is full: raise repl-stream-spill-size"),
                    master);
            proxy.slow(Long.MAX_VALUE);
            assertSame(master, replica);
            Waits.until("nothing is spilled", () -> !hasSpillFiles(master), master);
        }
    }

    @Test
    void aDiskThatFailsLeavesTheLimitOfRedisAndAReason() throws Exception {
        try (Ours master = master("--repl-diskless-sync", "yes");
                CutProxy proxy = new CutProxy(master.port());
                RealServer replica = replica()) {
            write(master, 30);
            proxy.slow(SLOW_BYTES_PER_SECOND);
            follow(replica, proxy, master);
            Files.delete(master.dir());
            write(master, 200);
            Waits.until(
                    "the failure is logged",
                    () -> master.log().contains("to which the stream for slow replicas spills"),
                    master);
            assertThat(master.log()).doesNotContain("output buffer limits");
            write(master, 80);
            Waits.until(
                    "the replica is dropped",
                    () -> master.log()
                            .contains("it cannot spill to a file (No such file or directory): make room in dir"),
                    master);
            Files.createDirectories(master.dir());
            proxy.slow(Long.MAX_VALUE);
            assertSame(master, replica);
        }
    }

    /** Each of them is more than the backlog holds: 64 MB and 16 KB. */
    @Test
    void commandsLargerThanTheBacklogCauseNoLoop() throws Exception {
        try (Ours master = master("--repl-backlog-size", "16kb");
                CutProxy proxy = new CutProxy(master.port());
                RealServer replica = replica()) {
            write(master, 30);
            proxy.slow(SLOW_BYTES_PER_SECOND);
            follow(replica, proxy, master);
            try (Session session = master.open()) {
                for (int i = 0; i < 5; i++) {
                    session.call(bytes("SET"), bytes("giant"), noise(64 * MB));
                }
                proxy.slow(Long.MAX_VALUE);
                Waits.up(replica);
                for (int i = 0; i < 5; i++) {
                    session.call(bytes("SET"), bytes("giant"), noise(64 * MB));
                }
                assertSame(master, replica);
                assertThat(master.fullSyncs()).isEqualTo(1);
                proxy.refuse(true);
                proxy.cut();
                session.call(bytes("SET"), bytes("giant"), noise(64 * MB));
                proxy.refuse(false);
                Waits.until("a second full sync", () -> master.fullSyncs() == 2, master, replica);
                for (int i = 0; i < 5; i++) {
                    session.call(bytes("SET"), bytes("giant"), noise(64 * MB));
                }
            }
            assertSame(master, replica);
            assertThat(master.fullSyncs()).isEqualTo(2);
            assertThat(master.log()).doesNotContain("output buffer limits");
        }
    }
}
