// SPDX-License-Identifier: Apache-2.0
package dev.understudy.interop;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A real redis-server follows us. */
@NeedsRedis
class MasterOfRedisIT {
    @TempDir
    private Path dir;

    private Path folder(String name) throws Exception {
        return Files.createDirectories(dir.resolve(name));
    }

    @ParameterizedTest(name = "diskless sync {0}, diskless load {1}, giants {2}")
    @CsvSource({"no, disabled, FULL", "yes, swapdb, FULL", "yes, disabled, SMALL", "no, on-empty-db, SMALL"})
    void aRedisTakesAllOurDataUnderLoad(String disklessSync, String disklessLoad, Filler.Size giants) throws Exception {
        Filler.Size size = giants == Filler.Size.FULL ? Filler.Size.full() : giants;
        try (Ours master = Ours.start("master", folder("master"), "--repl-diskless-sync", disklessSync);
                RealServer replica =
                        RealServer.start("replica", folder("replica"), "--repl-diskless-load", disklessLoad)) {
            Filler.fill(master, size, 11);
            try (WriteLoad load = WriteLoad.on(master, 12)) {
                load.awaitWritten(500);
                replica.replicaOf(master.port());
                Waits.up(replica);
                load.awaitWritten(3_000);
                load.stop();
            }
            Waits.sameOffsets(master, replica);
            assertThat(Compare.equal(master, replica)).isGreaterThan(10_000);
            assertThat(master.fullSyncs()).isEqualTo(1);
        }
    }

    @ParameterizedTest(name = "diskless sync {0}")
    @ValueSource(strings = {"yes", "no"})
    void aRedisWhoseLinkIsCutGoesOnWhereItEnded(String disklessSync) throws Exception {
        try (Ours master = Ours.start("master", folder("master"), "--repl-diskless-sync", disklessSync);
                CutProxy proxy = new CutProxy(master.port());
                RealServer replica = RealServer.start("replica", folder("replica"))) {
            Filler.fill(master, Filler.Size.SMALL, 21);
            replica.replicaOf(proxy.port());
            Waits.up(replica);
            try (WriteLoad load = WriteLoad.on(master, 22)) {
                for (int cut = 1; cut <= 4; cut++) {
                    load.awaitWritten(1_500);
                    long expected = cut;
                    proxy.cut();
                    Waits.until("partial sync " + cut, () -> master.partialSyncs() >= expected, master, replica);
                    Waits.up(replica);
                }
                load.stop();
            }
            Waits.sameOffsets(master, replica);
            Compare.equal(master, replica);
            assertThat(master.fullSyncs()).isEqualTo(1);
        }
    }

    @ParameterizedTest(name = "diskless sync {0}")
    @ValueSource(strings = {"yes", "no"})
    void aRedisWhoseFullSyncIsCutStartsOver(String disklessSync) throws Exception {
        try (Ours master = Ours.start("master", folder("master"), "--repl-diskless-sync", disklessSync);
                CutProxy proxy = new CutProxy(master.port());
                RealServer replica = RealServer.start("replica", folder("replica"))) {
            Filler.fill(master, Filler.Size.SMALL, 41);
            proxy.cutNextAfter(1_500_000);
            try (WriteLoad load = WriteLoad.on(master, 42)) {
                replica.replicaOf(proxy.port());
                Waits.until("a second try", () -> proxy.connections() >= 2, master, replica);
                Waits.up(replica);
                load.awaitWritten(500);
                load.stop();
            }
            Waits.sameOffsets(master, replica);
            Compare.equal(master, replica);
        }
    }

    @Test
    void severalReplicasShareOneSnapshot() throws Exception {
        try (Ours master = Ours.start("master", folder("master"), "--repl-diskless-sync-delay", "1");
                RealServer first = RealServer.start("first", folder("first"));
                RealServer second = RealServer.start("second", folder("second"));
                Ours third = Ours.start("third", folder("third"))) {
            Filler.fill(master, Filler.Size.SMALL, 61);
            try (WriteLoad load = WriteLoad.on(master, 62)) {
                first.replicaOf(master.port());
                second.replicaOf(master.port());
                third.replicaOf(master.port());
                Waits.up(first);
                Waits.up(second);
                Waits.up(third);
                load.awaitWritten(500);
                load.stop();
            }
            Waits.sameOffsets(master, first, second, third);
            Compare.equal(master, first);
            Compare.equal(first, second);
            Compare.equal(first, third);
            assertThat(master.call("WAIT", "3", "5000")).isEqualTo(3L);
            assertThat(master.info("replication")).containsEntry("connected_slaves", "3");
            for (Node replica : List.of(first, second, third)) {
                assertThat(master.info("replication").values())
                        .anyMatch(line ->
                                line.startsWith("ip=127.0.0.1,port=" + replica.port() + ",state=online,offset="));
            }
        }
    }

    @Test
    void aPasswordIsAskedOfTheReplica() throws Exception {
        try (Ours master = Ours.start("master", folder("master"), "--requirepass", "secret");
                RealServer replica = RealServer.start("replica", folder("replica"))) {
            replica.replicaOf(master.port());
            Waits.until("the refusal is logged", () -> replica.log().contains("NOAUTH"), replica);
            replica.call("CONFIG", "SET", "masterauth", "secret");
            Waits.up(replica);
        }
    }
}
