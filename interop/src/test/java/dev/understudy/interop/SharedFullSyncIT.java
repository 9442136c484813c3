// SPDX-License-Identifier: Apache-2.0
package dev.understudy.interop;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Several real replicas take one full sync of ours, each at its own pace. */
@NeedsRedis
class SharedFullSyncIT {
    private static final Duration LONG = Duration.ofMinutes(3);
    private static final long SLOW_BYTES_PER_SECOND = 3L << 20;

    @TempDir
    private Path dir;

    private Path folder(String name) throws Exception {
        return Files.createDirectories(dir.resolve(name));
    }

    private Ours master(String disklessSync, int keys) throws Exception {
        Ours master = Ours.start(
                "master",
                folder("master"),
                "--repl-diskless-sync",
                disklessSync,
                "--repl-diskless-sync-delay",
                "60",
                "--repl-diskless-sync-max-replicas",
                "3",
                "--rdbcompression",
                "no",
                "--enable-debug-command",
                "yes");
        master.call("DEBUG", "POPULATE", Integer.toString(keys), "key", "10000");
        return master;
    }

    private RealServer replica(String name) throws Exception {
        return RealServer.start(name, folder(name), "--enable-debug-command", "yes");
    }

    private static long count(String text, String pattern) {
        return Pattern.compile(pattern).matcher(text).results().count();
    }

    private static void awaitUp(Node replica, Node master) {
        Waits.until(
                replica.name() + "'s link is up",
                LONG,
                () -> "up".equals(replica.info("replication").get("master_link_status")),
                master,
                replica);
    }

    private static void assertDown(Node replica) {
        assertThat(replica.info("replication")).as(replica.log()).containsEntry("master_link_status", "down");
    }

    private static void assertEqualData(Node master, List<? extends Node> replicas) {
        Waits.sameOffsets(master, replicas.toArray(Node[]::new));
        Object digest = master.call("DEBUG", "DIGEST");
        for (Node replica : replicas) {
            assertThat(replica.call("DEBUG", "DIGEST")).as(replica.name()).isEqualTo(digest);
        }
    }

    @Test
    void aSlowReplicaNeitherHoldsUpTheOthersNorStartsAnewAndALateOneJoins() throws Exception {
        try (Ours master = master("yes", 22_000);
                CutProxy proxy = new CutProxy(master.port());
                RealServer fast = replica("fast");
                RealServer second = replica("second");
                RealServer slow = replica("slow");
                RealServer late = replica("late")) {
            proxy.slow(SLOW_BYTES_PER_SECOND);
            try (Writing writing = Writing.to(master)) {
                fast.replicaOf(master.port());
                second.replicaOf(master.port());
                slow.replicaOf(proxy.port());
                awaitUp(fast, master);
                awaitUp(second, master);
                assertDown(slow);
                writing.awaitSome();

                late.replicaOf(master.port());
                awaitUp(late, master);
                assertDown(slow);
                Map<String, String> syncs = master.info("syncs");
                assertThat(syncs).containsEntry("transfer_replicas", "1");
                assertThat(Long.parseLong(syncs.get("transfer_buffer_bytes")))
                        .as("%s", syncs)
                        .isLessThanOrEqualTo(4 * (4L << 20));
                writing.awaitSome();

                proxy.slow(Long.MAX_VALUE);
                awaitUp(slow, master);
                writing.awaitSome();
            }
            assertEqualData(master, List.of(fast, second, slow, late));
            assertThat(master.fullSyncs()).isEqualTo(4);
            String log = master.log();
            assertThat(count(log, "Background RDB transfer started by pid"))
                    .as(log)
                    .isEqualTo(1);
            assertThat(count(log, "joins the current BGSAVE with socket target"))
                    .as(log)
                    .isEqualTo(1);
            assertThat(count(log, "at its own pace")).as(log).isPositive();
            assertThat(log).contains("Diskless rdb transfer, done reading from pipe, 4 replicas still up.");
            assertThat(count(log, "Background RDB transfer terminated with success"))
                    .isEqualTo(1);
            Waits.until("the view is gone", () -> master.number("persistence", "current_cow_size") == 0, master);
            assertThat(master.number("syncs", "transfer_passes")).isZero();
            assertThat(master.number("persistence", "rdb_bgsave_in_progress")).isZero();
        }
    }

    @Test
    void aReplicaKilledInTheMiddleLeavesTheOthersAlone() throws Exception {
        try (Ours master = master("yes", 8_000);
                CutProxy proxy = new CutProxy(master.port());
                RealServer fast = replica("fast");
                RealServer slow = replica("slow")) {
            proxy.slow(SLOW_BYTES_PER_SECOND);
            try (RealServer dying = replica("dying")) {
                fast.replicaOf(master.port());
                slow.replicaOf(proxy.port());
                dying.replicaOf(proxy.port());
                awaitUp(fast, master);
                assertDown(dying);
            }
            Waits.until("it is missed", () -> master.number("replication", "connected_slaves") == 2, master);
            proxy.slow(Long.MAX_VALUE);
            awaitUp(slow, master);
            assertEqualData(master, List.of(fast, slow));
            assertThat(master.fullSyncs()).isEqualTo(3);
            assertThat(count(master.log(), "Background RDB transfer started by pid"))
                    .isEqualTo(1);
            assertThat(master.log())
                    .contains("Diskless rdb transfer, done reading from pipe, 2 replicas still up.")
                    .doesNotContain("last replica dropped");
        }
    }

    @Test
    void aFileIsReadByEachReplicaAtItsOwnPaceToo() throws Exception {
        try (Ours master = master("no", 8_000);
                CutProxy proxy = new CutProxy(master.port());
                RealServer fast = replica("fast");
                RealServer slow = replica("slow")) {
            proxy.slow(SLOW_BYTES_PER_SECOND);
            slow.replicaOf(proxy.port());
            Waits.until(
                    "the file is sent",
                    () -> master.info("replication").getOrDefault("slave0", "").contains("send_bulk"),
                    master);
            fast.replicaOf(master.port());
            awaitUp(fast, master);
            assertDown(slow);
            proxy.slow(Long.MAX_VALUE);
            awaitUp(slow, master);
            assertEqualData(master, List.of(fast, slow));
        }
    }

    /** Writes without expiry, in the background. */
    private static final class Writing implements AutoCloseable {
        private final Session session;
        private final Thread thread;
        private volatile long written;
        private volatile boolean stopping;

        private Writing(Node node) {
            session = node.open();
            thread = Thread.ofPlatform().name("writing").start(this::run);
        }

        static Writing to(Node node) {
            return new Writing(node);
        }

        private void run() {
            for (long i = 0; !stopping; i++) {
                session.call("SET", "key:" + i % 1_000, "changed " + i);
                session.call("RPUSH", "list:" + i % 100, "element " + i);
                written = i;
            }
        }

        void awaitSome() {
            long goal = written + 200;
            Waits.until("writes go on", LONG, () -> written >= goal || !thread.isAlive());
            assertThat(thread.isAlive()).as("the writer").isTrue();
        }

        @Override
        public void close() {
            stopping = true;
            try {
                thread.join();
            } catch (InterruptedException interrupted) {
                Thread.currentThread().interrupt();
            }
            session.close();
        }
    }
}
