// SPDX-License-Identifier: Apache-2.0
package dev.understudy.interop;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Snapshots as files: ours in real servers and their tools, theirs in ours. */
@NeedsRedis
class DumpFilesIT {
    /** Those that know our files' version, which is 11, that of Redis 7.2. */
    private static final List<String> READS_11 = List.of("redict-7.3", "redis-7.2", "redis-8", "valkey-8", "valkey-9");

    @TempDir
    private Path dir;

    private Path folder(String name) throws Exception {
        return Files.createDirectories(dir.resolve(name));
    }

    static List<Binaries.Peer> peers() {
        return Binaries.peers().stream()
                .filter(peer -> !peer.name().startsWith("redis-2"))
                .toList();
    }

    @Test
    void theDumpOfARedisIsOurs() throws Exception {
        dumpOfAPeerIsOurs(Binaries.system());
    }

    @ParameterizedTest(allowZeroInvocations = true)
    @MethodSource("peers")
    void theDumpOfAPeerIsOurs(Binaries.Peer peer) throws Exception {
        dumpOfAPeerIsOurs(peer);
    }

    private void dumpOfAPeerIsOurs(Binaries.Peer peer) throws Exception {
        try (RealServer real = RealServer.start(peer, "real", folder("real"))) {
            Filler.fill(real, Filler.Size.SMALL, 101);
            real.call("SAVE");
            Files.copy(real.dir().resolve("dump.rdb"), folder("ours").resolve("dump.rdb"));
            try (Ours ours = Ours.start("ours", folder("ours"))) {
                assertThat(Compare.equal(real, ours)).isGreaterThan(10_000);
            }
        }
    }

    @ParameterizedTest(allowZeroInvocations = true)
    @MethodSource("peers")
    void ourDumpIsAPeers(Binaries.Peer peer) throws Exception {
        if (READS_11.stream().noneMatch(prefix -> peer.name().startsWith(prefix))) {
            return;
        }
        try (Ours ours = Ours.start("ours", folder("ours"))) {
            Filler.fill(ours, Filler.Size.SMALL, 102);
            ours.call("SAVE");
            assertThat(Tool.checkRdb(peer, ours.dir().resolve("dump.rdb")).succeeds().output())
                    .contains("RDB looks OK");
            Files.copy(ours.dir().resolve("dump.rdb"), folder("real").resolve("dump.rdb"));
            try (RealServer real = RealServer.start(peer, "real", folder("real"))) {
                assertThat(Compare.equal(ours, real)).isGreaterThan(10_000);
            }
        }
    }

    @ParameterizedTest(allowZeroInvocations = true)
    @MethodSource("peers")
    void aPeerFollowsUsAndWeFollowIt(Binaries.Peer peer) throws Exception {
        try (RealServer top = RealServer.start(peer, "top", folder("top"));
                Ours middle = Ours.start("middle", folder("middle"));
                RealServer bottom = RealServer.start(peer, "bottom", folder("bottom"))) {
            Filler.fill(top, Filler.Size.SMALL, 103);
            middle.replicaOf(top.port());
            Waits.up(middle);
            bottom.replicaOf(middle.port());
            Waits.up(bottom);
            try (WriteLoad load = WriteLoad.on(top, 104)) {
                load.awaitWritten(2_000);
                load.stop();
            }
            Waits.sameOffsets(top, middle, bottom);
            Compare.equal(top, middle);
            Compare.equal(middle, bottom);
        }
    }

    @ParameterizedTest(name = "{0}")
    @ValueSource(strings = {"SAVE", "BGSAVE"})
    void ourDumpComesBackAfterARestart(String how) throws Exception {
        try (Ours before = Ours.start("before", folder("ours"))) {
            Filler.fill(before, Filler.Size.SMALL, 105);
            before.call(how);
            Waits.until(
                    "the save ends",
                    () -> before.number("persistence", "rdb_bgsave_in_progress") == 0,
                    before);
            assertThat(before.info("persistence")).containsEntry("rdb_last_bgsave_status", "ok");
            assertThat(header(before.dir().resolve("dump.rdb"))).isEqualTo("REDIS0011");
            try (Ours after = Ours.start("after", folder("other"), "--dir", before.dir().toString())) {
                assertThat(Compare.equal(before, after)).isGreaterThan(10_000);
            }
        }
    }

    @Test
    void redisCliTakesADumpThatRedisChecksAndLoads() throws Exception {
        try (Ours ours = Ours.start("ours", folder("ours"))) {
            Filler.fill(ours, Filler.Size.full(), 106);
            Path file = folder("real").resolve("dump.rdb");
            assertThat(Tool.cli(ours, "", "--rdb", file.toString()).succeeds().output())
                    .contains("Transfer finished with success");
            assertThat(header(file)).isEqualTo("REDIS0010");
            assertThat(Tool.checkRdb(Binaries.system(), file).succeeds().output()).contains("RDB looks OK");
            try (RealServer real = RealServer.start("real", folder("real"))) {
                assertThat(Compare.equal(ours, real)).isGreaterThan(10_000);
            }
        }
    }

    @Test
    void debugReloadChangesNothing() throws Exception {
        try (RealServer real = RealServer.start("real", folder("real"));
                Ours ours = Ours.start("ours", folder("ours"), "--enable-debug-command", "yes")) {
            Filler.fill(real, Filler.Size.SMALL, 107);
            ours.replicaOf(real.port());
            Waits.up(ours);
            Waits.sameOffsets(real, ours);
            ours.promote();
            ours.call("DEBUG", "RELOAD");
            assertThat(Compare.equal(real, ours)).isGreaterThan(10_000);
        }
    }

    @Test
    void everyDumpedValueIsRestoredByTheOther() throws Exception {
        try (RealServer real = RealServer.start("real", folder("real"));
                Ours ours = Ours.start("ours", folder("ours"));
                Session from = real.open();
                Session to = ours.open()) {
            Filler.fill(real, Filler.Size.SMALL, 108);
            for (int database : new int[] {0, 2}) {
                from.select(database);
                to.select(database);
                for (Object key : (List<?>) from.call("KEYS", "*:[a-l]*")) {
                    byte[] name = (byte[]) key;
                    byte[] payload = (byte[]) from.call(Session.bytes("DUMP"), name);
                    to.call(Session.bytes("RESTORE"), name, Session.bytes("0"), payload);
                    byte[] ourPayload = (byte[]) to.call(Session.bytes("DUMP"), name);
                    from.call(Session.bytes("RESTORE"), name, Session.bytes("0"), downgraded(ourPayload), Session.bytes("REPLACE"));
                }
            }
        }
    }

    /** A payload names the version of its RDB, then has a checksum, which 0 switches off; ours are of version 11, Redis 7.0 reads 10. */
    private static byte[] downgraded(byte[] payload) {
        byte[] copy = payload.clone();
        assertThat(copy[copy.length - 10]).isEqualTo((byte) 11);
        copy[copy.length - 10] = 10;
        for (int i = copy.length - 8; i < copy.length; i++) {
            copy[i] = 0;
        }
        return copy;
    }

    private static String header(Path file) throws Exception {
        return new String(Files.readAllBytes(file), 0, 9, StandardCharsets.US_ASCII);
    }

    @Test
    void aBrokenDumpIsRefusedAndLeftAlone() throws Exception {
        try (RealServer real = RealServer.start("real", folder("real"))) {
            Filler.fill(real, Filler.Size.SMALL, 109);
            real.call("SAVE");
            byte[] dump = Files.readAllBytes(real.dir().resolve("dump.rdb"));
            dump[dump.length / 2] ^= 4;
            Path file = folder("ours").resolve("dump.rdb");
            Files.write(file, dump);
            assertThat(catchThrowable(() -> Ours.start("ours", folder("ours"))))
                    .isInstanceOf(AssertionError.class);
            assertThat(Files.readAllBytes(file)).isEqualTo(dump);
            try (var files = Files.list(folder("ours"))) {
                assertThat(files.toList()).containsExactly(file);
            }
        }
    }
}
