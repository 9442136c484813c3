// SPDX-License-Identifier: Apache-2.0
package dev.understudy.interop;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Replicas of replicas, promotion, demotion and restart. */
@NeedsRedis
class ChainIT {
    /** Who is at the ends of the chain; we are always in the middle. */
    enum Ends {
        REAL,
        OURS
    }

    @TempDir
    private Path dir;

    private Path folder(String name) throws Exception {
        return Files.createDirectories(dir.resolve(name));
    }

    private Node start(Ends kind, String name) throws Exception {
        return kind == Ends.REAL ? RealServer.start(name, folder(name)) : Ours.start(name, folder(name));
    }

    @ParameterizedTest(name = "ends {0}")
    @EnumSource(Ends.class)
    void aChainIsEqualAtEqualOffsets(Ends kind) throws Exception {
        try (Node top = start(kind, "top");
                Ours middle = Ours.start("middle", folder("middle"));
                CutProxy proxy = new CutProxy(top.port());
                CutProxy lowerProxy = new CutProxy(middle.port());
                Node bottom = start(kind, "bottom")) {
            Filler.fill(top, Filler.Size.SMALL, 71);
            middle.replicaOf(proxy.port());
            bottom.replicaOf(lowerProxy.port());
            Waits.up(middle);
            Waits.up(bottom);
            long fullSyncs = middle.fullSyncs();
            try (WriteLoad load = WriteLoad.on(top, 72)) {
                load.awaitWritten(1_000);
                proxy.cut();
                load.awaitWritten(1_000);
                lowerProxy.cut();
                load.awaitWritten(1_000);
                Waits.until("the middle resumes", () -> top.partialSyncs() > 0, top, middle);
                Waits.until("the bottom resumes", () -> middle.partialSyncs() > 0, middle, bottom);
                load.stop();
            }
            Waits.sameOffsets(top, middle, bottom);
            Compare.equal(top, middle);
            Compare.equal(top, bottom);
            assertThat(top.fullSyncs()).isEqualTo(1);
            assertThat(middle.fullSyncs()).isEqualTo(fullSyncs);
        }
    }

    @ParameterizedTest(name = "ends {0}")
    @EnumSource(Ends.class)
    void promotionOfTheMiddleKeepsItsReplicasAndTakesTheOldMasterBack(Ends kind) throws Exception {
        try (Node top = start(kind, "top");
                Ours middle = Ours.start("middle", folder("middle"));
                Node bottom = start(kind, "bottom");
                Ours sibling = Ours.start("sibling", folder("sibling"))) {
            Filler.fill(top, Filler.Size.SMALL, 81);
            middle.replicaOf(top.port());
            Waits.up(middle);
            bottom.replicaOf(middle.port());
            sibling.replicaOf(top.port());
            Waits.up(bottom);
            Waits.up(sibling);
            try (WriteLoad load = WriteLoad.on(top, 82)) {
                load.awaitWritten(1_000);
                load.stop();
            }
            // A ping or the removal of an expired key, sent by the old master after the promotion, would part its ways
            // from the others.
            top.call("CONFIG", "SET", "repl-ping-replica-period", "3600");
            Waits.calm(top);
            Waits.sameOffsets(top, middle, bottom, sibling);
            long fullSyncs = middle.fullSyncs();
            middle.promote();
            try (WriteLoad load = WriteLoad.on(middle, 83)) {
                load.awaitWritten(500);
                sibling.replicaOf(middle.port());
                top.replicaOf(middle.port());
                Waits.up(sibling);
                Waits.up(top);
                load.awaitWritten(500);
                load.stop();
            }
            Waits.sameOffsets(middle, bottom, sibling, top);
            Compare.equal(middle, bottom);
            Compare.equal(middle, sibling);
            Compare.equal(middle, top);
            assertThat(middle.fullSyncs())
                    .as("full syncs; log: %s", middle.log())
                    .isEqualTo(fullSyncs);
            assertThat(middle.info("replication"))
                    .containsEntry("role", "master")
                    .containsEntry("connected_slaves", "3");
        }
    }

    @Test
    void weResumeAfterARestartFromOurDump() throws Exception {
        try (RealServer master = RealServer.start("master", folder("master"))) {
            Filler.fill(master, Filler.Size.SMALL, 91);
            try (Ours replica = Ours.start("replica", folder("replica"))) {
                replica.replicaOf(master.port());
                Waits.up(replica);
                Waits.sameOffsets(master, replica);
                shutdown(replica, "SAVE");
                replica.awaitEnd();
            }
            try (WriteLoad load = WriteLoad.on(master, 92)) {
                load.awaitWritten(1_000);
                load.stop();
            }
            try (Ours replica = Ours.start(
                    "replica-again", folder("replica"), "--replicaof", Node.HOST, Integer.toString(master.port()))) {
                Waits.up(replica);
                Waits.sameOffsets(master, replica);
                Compare.equal(master, replica);
                assertThat(master.fullSyncs()).isEqualTo(1);
                assertThat(master.partialSyncs()).isEqualTo(1);
            }
        }
    }

    @Test
    void aRedisResumesWithUsAfterItsRestart() throws Exception {
        try (Ours master = Ours.start("master", folder("master"))) {
            Filler.fill(master, Filler.Size.SMALL, 95);
            try (RealServer replica = RealServer.start("replica", folder("replica"))) {
                replica.replicaOf(master.port());
                Waits.up(replica);
                Waits.sameOffsets(master, replica);
                shutdown(replica, "SAVE");
                Waits.until("it has ended", () -> !replica.isAlive(), replica);
            }
            try (WriteLoad load = WriteLoad.on(master, 96)) {
                load.awaitWritten(1_000);
                load.stop();
            }
            try (RealServer replica = RealServer.start(
                    "replica-again", folder("replica"), "--replicaof", Node.HOST + " " + master.port())) {
                Waits.up(replica);
                Waits.sameOffsets(master, replica);
                Compare.equal(master, replica);
                assertThat(master.fullSyncs()).isEqualTo(1);
                assertThat(master.partialSyncs()).isEqualTo(1);
            }
        }
    }

    /** SHUTDOWN has no reply: the connection ends. */
    private static void shutdown(Node node, String how) {
        Tool.cli(node, "", "SHUTDOWN", how);
    }
}
