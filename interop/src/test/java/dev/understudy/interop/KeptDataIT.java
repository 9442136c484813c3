// SPDX-License-Identifier: Apache-2.0
package dev.understudy.interop;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Real masters whose payload our replica cannot or must not take: it keeps what it has, and does not ask without end. */
@NeedsRedis
class KeptDataIT {
    @TempDir
    private Path dir;

    private Path folder(String name) throws Exception {
        return Files.createDirectories(dir.resolve(name));
    }

    private static int count(String text, String part) {
        return text.split(java.util.regex.Pattern.quote(part), -1).length - 1;
    }

    /** A redis-server whose streams are of a type of its own, if there is one, with every way of a payload. */
    static Stream<Arguments> newerMasters() {
        return Binaries.peers().stream()
                .filter(peer -> peer.name().equals("redis-8.6"))
                .flatMap(peer -> Stream.of("yes", "no")
                        .flatMap(sync -> Stream.of("disabled", "swapdb", "on-empty-db")
                                .map(load -> Arguments.of(peer, sync, load))));
    }

    @ParameterizedTest(name = "{0}, diskless sync {1}, diskless load {2}", allowZeroInvocations = true)
    @MethodSource("newerMasters")
    void aMasterWithAnUnknownTypeIsAskedLessAndLessAndFollowedWhenTheKeyIsGone(
            Binaries.Peer newer, String disklessSync, String disklessLoad) throws Exception {
        try (RealServer master =
                        RealServer.start(newer, "master", folder("master"), "--repl-diskless-sync", disklessSync);
                Ours replica = Ours.start("replica", folder("replica"), "--repl-diskless-load", disklessLoad)) {
            master.call("SET", "plain", "value");
            master.call("XADD", "stream", "1-1", "field", "value");
            replica.call("SET", "old", "data");
            replica.replicaOf(master.port());
            Waits.until(
                    "the third refusal",
                    () -> replica.log().contains("failed 3 times in a row: ")
                            && replica.log().contains("Next attempt in 2 seconds."),
                    replica);
            assertThat(count(replica.log(), "Full resync from master: ")).isEqualTo(3);
            assertThat((byte[]) replica.call("GET", "old")).isEqualTo(Session.bytes("data"));
            assertThat(replica.call("DBSIZE")).isEqualTo(1L);
            assertThat(replica.info("replication")).containsEntry("master_sync_refused", "payload");
            assertThat(replica.log()).containsPattern("RDB.* 2[0-9]");
            master.call("DEL", "stream");
            Waits.up(replica);
            assertThat(replica.call("EXISTS", "old")).isEqualTo(0L);
            assertThat((byte[]) replica.call("GET", "plain")).isEqualTo(Session.bytes("value"));
            assertThat(replica.info("replication")).doesNotContainKey("master_sync_refused");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"disabled", "swapdb", "on-empty-db"})
    void aMasterRebornWithoutDataDoesNotEmptyItsReplica(String disklessLoad) throws Exception {
        try (RealServer master = RealServer.start("master", folder("master"));
                RealServer reborn = RealServer.start("reborn", folder("reborn"));
                Ours replica = Ours.start(
                        "replica",
                        folder("replica"),
                        "--repl-diskless-load",
                        disklessLoad,
                        "--replica-accept-empty-master",
                        "no")) {
            master.call("SET", "precious", "data");
            replica.replicaOf(master.port());
            Waits.up(replica);
            Waits.sameOffsets(master, replica);
            replica.replicaOf(reborn.port());
            Waits.until(
                    "the refusal",
                    () -> "empty-master".equals(replica.info("replication").get("master_sync_refused")),
                    replica);
            assertThat((byte[]) replica.call("GET", "precious")).isEqualTo(Session.bytes("data"));
            reborn.call("SET", "new", "data");
            Waits.up(replica);
            Waits.sameOffsets(reborn, replica);
            assertThat(replica.call("EXISTS", "precious")).isEqualTo(0L);
            assertThat((byte[]) replica.call("GET", "new")).isEqualTo(Session.bytes("data"));
        }
    }

    @Test
    void theHistoryOfSyncsNamesEachReason() throws Exception {
        try (RealServer master = RealServer.start("master", folder("master"), "--repl-backlog-size", "16kb");
                CutProxy proxy = new CutProxy(master.port());
                Ours replica = Ours.start("replica", folder("replica"))) {
            Filler.fill(master, Filler.Size.SMALL, 61);
            replica.replicaOf(proxy.port());
            Waits.up(replica);
            proxy.cut();
            Waits.until("a partial sync", () -> replica.number("syncs", "syncs_up_partial_ok") == 1, master, replica);
            Waits.up(replica);
            proxy.refuse(true);
            proxy.cut();
            for (int i = 0; i < 20; i++) {
                master.call("SET", "key", "x".repeat(10_000));
            }
            proxy.refuse(false);
            Waits.until("a full sync", () -> replica.number("syncs", "syncs_up_full_ok") == 2, master, replica);
            assertThat(replica.info("syncs").get("sync0"))
                    .contains("direction=up,mode=full,", ",reason=master-refused,", ",outcome=ok,");
            assertThat(replica.log()).contains("Sync 3: full from 127.0.0.1:" + proxy.port() + " ok. Asked for ");
        }
    }
}
