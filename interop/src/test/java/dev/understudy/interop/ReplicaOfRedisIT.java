// SPDX-License-Identifier: Apache-2.0
package dev.understudy.interop;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** We follow a real redis-server. */
@NeedsRedis
class ReplicaOfRedisIT {
    @TempDir
    private Path dir;

    private Path folder(String name) throws Exception {
        return Files.createDirectories(dir.resolve(name));
    }

    @ParameterizedTest(name = "diskless sync {0}, diskless load {1}, giants {2}")
    @CsvSource({
        "no, disabled, FULL",
        "yes, swapdb, FULL",
        "yes, on-empty-db, SMALL",
        "yes, disabled, SMALL",
        "no, swapdb, SMALL",
        "no, on-empty-db, SMALL"
    })
    void weTakeAllDataOfARedisUnderLoad(String disklessSync, String disklessLoad, Filler.Size giants) throws Exception {
        Filler.Size size = giants == Filler.Size.FULL ? Filler.Size.full() : giants;
        try (RealServer master = RealServer.start("master", folder("master"), "--repl-diskless-sync", disklessSync);
                Ours replica = Ours.start("replica", folder("replica"), "--repl-diskless-load", disklessLoad)) {
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
    void aCutLinkGoesOnWhereItEndedWhileWritesGoOn(String disklessSync) throws Exception {
        try (RealServer master = RealServer.start("master", folder("master"), "--repl-diskless-sync", disklessSync);
                CutProxy proxy = new CutProxy(master.port());
                Ours replica = Ours.start("replica", folder("replica"))) {
            Filler.fill(master, Filler.Size.SMALL, 21);
            replica.replicaOf(proxy.port());
            Waits.up(replica);
            try (WriteLoad load = WriteLoad.on(master, 22)) {
                for (int cut = 1; cut <= 4; cut++) {
                    load.awaitWritten(1_500);
                    long expected = cut;
                    if (cut == 2) {
                        proxy.cutNextAfter(40_000);
                    }
                    proxy.cut();
                    Waits.until("partial sync " + cut, () -> master.partialSyncs() >= expected, master, replica);
                    Waits.up(replica);
                }
                load.stop();
            }
            Waits.sameOffsets(master, replica);
            Compare.equal(master, replica);
            assertThat(master.fullSyncs()).isEqualTo(1);
            assertThat(replica.log()).contains("MASTER <-> REPLICA sync: Master accepted a Partial Resynchronization");
        }
    }

    @Test
    void aLinkThatStallsIsNoReasonForAFullSync() throws Exception {
        try (RealServer master = RealServer.start("master", folder("master"));
                CutProxy proxy = new CutProxy(master.port());
                Ours replica = Ours.start("replica", folder("replica"))) {
            replica.replicaOf(proxy.port());
            Waits.up(replica);
            replica.call("CONFIG", "SET", "repl-timeout", "2");
            try (WriteLoad load = WriteLoad.on(master, 31)) {
                load.awaitWritten(1_000);
                proxy.stall(true);
                Waits.until(
                        "the replica notices the silence",
                        () -> "down".equals(replica.info("replication").get("master_link_status")),
                        master,
                        replica);
                load.awaitWritten(1_000);
                proxy.cut();
                proxy.stall(false);
                replica.call("CONFIG", "SET", "repl-timeout", "60");
                Waits.up(replica);
                load.stop();
            }
            Waits.sameOffsets(master, replica);
            Compare.equal(master, replica);
            assertThat(master.fullSyncs()).isEqualTo(1);
        }
    }

    @ParameterizedTest(name = "diskless sync {0}, diskless load {1}")
    @CsvSource({"no, disabled", "yes, disabled", "yes, swapdb", "yes, on-empty-db"})
    void aFullSyncThatIsCutStartsOverAndTheOldDataStay(String disklessSync, String disklessLoad) throws Exception {
        try (RealServer master = RealServer.start("master", folder("master"), "--repl-diskless-sync", disklessSync);
                CutProxy proxy = new CutProxy(master.port());
                Ours replica = Ours.start("replica", folder("replica"), "--repl-diskless-load", disklessLoad)) {
            Filler.fill(master, Filler.Size.SMALL, 41);
            replica.call("SET", "old", "data");
            proxy.cutNextAfter(1_500_000);
            proxy.refuseAfterNext();
            replica.replicaOf(proxy.port());
            Waits.until("the full sync fails", () -> saysThatItFailed(replica.log()), master, replica);
            assertThat((byte[]) replica.call("GET", "old")).isEqualTo(Session.bytes("data"));
            assertThat(replica.call("DBSIZE")).isEqualTo(1L);
            try (WriteLoad load = WriteLoad.on(master, 42)) {
                proxy.refuse(false);
                Waits.up(replica);
                load.awaitWritten(500);
                load.stop();
            }
            Waits.sameOffsets(master, replica);
            Compare.equal(master, replica);
            assertThat(replica.call("EXISTS", "old")).isEqualTo(0L);
        }
    }

    private static boolean saysThatItFailed(String log) {
        return log.contains("I/O error trying to sync with MASTER: connection lost")
                || log.contains("Failed trying to load the MASTER synchronization DB");
    }

    @ParameterizedTest(name = "diskless sync {0}, diskless load {1}")
    @CsvSource({"no, disabled", "yes, disabled", "yes, swapdb", "yes, on-empty-db"})
    void aCorruptPayloadNeverReplacesTheData(String disklessSync, String disklessLoad) throws Exception {
        try (RealServer master = RealServer.start("master", folder("master"), "--repl-diskless-sync", disklessSync);
                CutProxy proxy = new CutProxy(master.port());
                Ours replica = Ours.start("replica", folder("replica"), "--repl-diskless-load", disklessLoad)) {
            Filler.fill(master, Filler.Size.SMALL, 51);
            replica.call("SET", "old", "data");
            replica.call("SAVE");
            byte[] dump = Files.readAllBytes(replica.dir().resolve("dump.rdb"));
            String before = replica.log();
            proxy.flipNextAt(1_234_567);
            proxy.refuseAfterNext();
            replica.replicaOf(proxy.port());
            Waits.until(
                    "the corruption is noticed",
                    () -> namesCorruption(replica.log().substring(before.length())),
                    replica);
            assertThat((byte[]) replica.call("GET", "old")).isEqualTo(Session.bytes("data"));
            assertThat(Files.readAllBytes(replica.dir().resolve("dump.rdb"))).isEqualTo(dump);
            proxy.refuse(false);
            Waits.up(replica);
            Waits.sameOffsets(master, replica);
            Compare.equal(master, replica);
        }
    }

    private static boolean namesCorruption(String log) {
        return log.contains("Internal error in RDB reading offset ")
                && log.contains("Failed trying to load the MASTER synchronization DB");
    }

    @Test
    void aPasswordIsGivenToTheMaster() throws Exception {
        try (RealServer master = RealServer.start("master", folder("master"));
                Ours replica = Ours.start("replica", folder("replica"))) {
            master.call("CONFIG", "SET", "requirepass", "secret");
            replica.replicaOf(master.port());
            Waits.until("the refusal is logged", () -> replica.log().contains("NOAUTH"), replica);
            replica.call("CONFIG", "SET", "masterauth", "secret");
            Waits.up(replica);
        }
    }

    @Test
    void keysExpireHereWhenTheMasterSaysSo() throws Exception {
        try (RealServer master = RealServer.start("master", folder("master"));
                Ours replica = Ours.start("replica", folder("replica"))) {
            replica.replicaOf(master.port());
            Waits.up(replica);
            for (int i = 0; i < 100; i++) {
                master.call("SET", "k" + i, "v", "PX", Integer.toString(100 + i));
            }
            Waits.until(
                    "the master has removed them", () -> master.call("DBSIZE").equals(0L), master);
            Waits.until("the replica as well", () -> replica.call("DBSIZE").equals(0L), replica);
            Waits.sameOffsets(master, replica);
        }
    }
}
