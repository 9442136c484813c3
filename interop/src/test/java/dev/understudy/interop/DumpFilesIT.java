// SPDX-License-Identifier: Apache-2.0
package dev.understudy.interop;

import static dev.understudy.interop.Session.bytes;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Snapshots as files: ours in real servers and their tools, theirs in ours. */
@NeedsRedis
class DumpFilesIT {
    /** Peers that know all commands of the filler and the load, which Redis does from 7.0; earlier ones are another story. */
    private static final Pattern RECENT = Pattern.compile("redict-.*|redis-([7-9]|\\d\\d).*|valkey-.*");
    /** Peers whose snapshots have a format that is later than what we read; they read ours. */
    private static final Pattern WRITES_LATER_FORMAT = Pattern.compile("redis-8\\.[2-9].*|redis-9.*|valkey-9.*");
    /** Of those, the ones that do not write an earlier format for a replica like us. */
    private static final Pattern SENDS_LATER_FORMAT = Pattern.compile("redis-8\\.[2-9].*|redis-9.*");
    /** Peers that know too few commands to be filled as the others. */
    private static final Pattern OLD = Pattern.compile("redis-[2-6]\\..*");
    /** Peers that read no later version than 9, and have streams. */
    private static final Pattern READS_ONLY_9 = Pattern.compile("redis-[56]\\..*");
    /** Peers that do not read our files' version, which is 11, that of Redis 7.2. */
    private static final Pattern READS_ONLY_10 = Pattern.compile("redis-7\\.0.*");

    @TempDir
    private Path dir;

    private Path folder(String name) throws Exception {
        return Files.createDirectories(dir.resolve(name));
    }

    private static List<Binaries.Peer> peersBut(Pattern excluded) {
        return Binaries.peers().stream()
                .filter(peer -> RECENT.matcher(peer.name()).matches())
                .filter(peer -> !excluded.matcher(peer.name()).matches())
                .toList();
    }

    private static List<Binaries.Peer> peersLike(Pattern pattern) {
        return Binaries.peers().stream()
                .filter(peer -> pattern.matcher(peer.name()).matches())
                .toList();
    }

    static List<Binaries.Peer> oldWriters() {
        return peersLike(OLD);
    }

    /** Peers with the version that has to be written for them. */
    static List<Arguments> earlierReaders() {
        List<Arguments> readers = new ArrayList<>();
        readers.add(Arguments.of(Binaries.system(), "10"));
        peersLike(READS_ONLY_10).forEach(peer -> readers.add(Arguments.of(peer, "10")));
        peersLike(READS_ONLY_9).forEach(peer -> readers.add(Arguments.of(peer, "9")));
        return readers;
    }

    static List<Binaries.Peer> writers() {
        return peersBut(WRITES_LATER_FORMAT);
    }

    static List<Binaries.Peer> laterWriters() {
        return peersLike(WRITES_LATER_FORMAT);
    }

    static List<Binaries.Peer> readers() {
        return peersBut(READS_ONLY_10);
    }

    static List<Binaries.Peer> senders() {
        return peersBut(SENDS_LATER_FORMAT);
    }

    @Test
    void theDumpOfARedisIsOurs() throws Exception {
        dumpOfAPeerIsOurs(Binaries.system());
    }

    @ParameterizedTest(allowZeroInvocations = true)
    @MethodSource("writers")
    void theDumpOfAPeerIsOurs(Binaries.Peer peer) throws Exception {
        dumpOfAPeerIsOurs(peer);
    }

    @ParameterizedTest(allowZeroInvocations = true)
    @MethodSource("laterWriters")
    void aDumpOfALaterFormatIsRefusedWithItsReasonAndLeftAlone(Binaries.Peer peer) throws Exception {
        try (RealServer real = RealServer.start(peer, "real", folder("real"))) {
            real.call("SET", "key", "value");
            // A stream of Redis 8.6 has a type of its own; Valkey 9 says by its header that it differs.
            real.call("XADD", "stream", "1-1", "field", "value");
            real.call("SAVE");
            byte[] dump = Files.readAllBytes(real.dir().resolve("dump.rdb"));
            Path file = folder("ours").resolve("dump.rdb");
            Files.write(file, dump);
            String version = header(file).replaceFirst("^[A-Z]+0*", "");
            assertThat(catchThrowable(() -> Ours.start("ours", folder("ours")).close()))
                    .isInstanceOf(AssertionError.class)
                    .hasMessageMatching("(?s).*(Can't handle RDB format version 0*" + version
                            + "|Unknown RDB encoding type \\d+).*");
            assertThat(Files.readAllBytes(file)).isEqualTo(dump);
        }
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
    @MethodSource("readers")
    void ourDumpIsAPeers(Binaries.Peer peer) throws Exception {
        try (Ours ours = Ours.start("ours", folder("ours"))) {
            Filler.fill(ours, Filler.Size.SMALL, 102);
            ours.call("SAVE");
            assertThat(Tool.checkRdb(peer, ours.dir().resolve("dump.rdb"))
                            .succeeds()
                            .output())
                    .contains("RDB looks OK");
            Files.copy(ours.dir().resolve("dump.rdb"), folder("real").resolve("dump.rdb"));
            try (RealServer real = RealServer.start(peer, "real", folder("real"))) {
                assertThat(Compare.equal(ours, real)).isGreaterThan(10_000);
            }
        }
    }

    /** And back: what the peer makes of it, and saves in its own way, is still the same. */
    @ParameterizedTest(name = "{0}, version {1}")
    @MethodSource("earlierReaders")
    void ourDumpInAnEarlierVersionIsAPeersAndItsIsOurs(Binaries.Peer peer, String version) throws Exception {
        try (Ours ours = Ours.start("ours", folder("ours"), "--rdb-version", version)) {
            Filler.fill(ours, Filler.Size.SMALL, 110);
            ours.call("SAVE");
            Path dump = ours.dir().resolve("dump.rdb");
            assertThat(header(dump)).isEqualTo("REDIS%04d".formatted(Integer.parseInt(version)));
            if (Files.exists(peer.program("check-rdb"))) {
                assertThat(Tool.checkRdb(peer, dump).succeeds().output()).contains("RDB looks OK");
            }
            Files.copy(dump, folder("real").resolve("dump.rdb"));
            try (RealServer real = RealServer.start(peer, "real", folder("real"))) {
                assertThat(Compare.equal(ours, real)).isGreaterThan(10_000);
                real.call("SAVE");
                Files.copy(real.dir().resolve("dump.rdb"), folder("back").resolve("dump.rdb"));
                try (Ours back = Ours.start("back", folder("back"))) {
                    assertThat(Compare.equal(real, back)).isGreaterThan(10_000);
                }
            }
        }
    }

    @ParameterizedTest(allowZeroInvocations = true)
    @MethodSource("oldWriters")
    void theDumpOfAnOldPeerIsOurs(Binaries.Peer peer) throws Exception {
        try (RealServer real = RealServer.start(peer, "real", folder("real"))) {
            Filler.fillPlainly(real, 111);
            real.call("SAVE");
            Files.copy(real.dir().resolve("dump.rdb"), folder("ours").resolve("dump.rdb"));
            try (Ours ours = Ours.start("ours", folder("ours"))) {
                assertThat(Compare.equal(real, ours)).isGreaterThan(10_000);
            }
        }
    }

    @ParameterizedTest(allowZeroInvocations = true)
    @MethodSource("senders")
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
            Waits.until("the save ends", () -> before.number("persistence", "rdb_bgsave_in_progress") == 0, before);
            assertThat(before.info("persistence")).containsEntry("rdb_last_bgsave_status", "ok");
            assertThat(header(before.dir().resolve("dump.rdb"))).isEqualTo("REDIS0011");
            try (Ours after =
                    Ours.start("after", folder("other"), "--dir", before.dir().toString())) {
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
            assertThat(Tool.checkRdb(Binaries.system(), file).succeeds().output())
                    .contains("RDB looks OK");
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
    void everyDumpOfARedisIsRestoredAndDumpedAgain() throws Exception {
        try (RealServer real = RealServer.start("real", folder("real"));
                Ours ours = Ours.start("ours", folder("ours"));
                Session from = real.open();
                Session to = ours.open()) {
            Filler.fill(real, Filler.Size.SMALL, 108);
            Waits.calm(real);
            for (int database = 0; database < Keys.DATABASES; database++) {
                from.select(database);
                to.select(database);
                List<String> keys = List.copyOf(Keys.scan(from));
                List<Object> expiries = Keys.pipeline(from, keys, key -> List.of("PEXPIRETIME", key));
                restore(to, keys, Keys.pipeline(from, keys, key -> List.of("DUMP", key)), expiries);
                restore(to, keys, Keys.pipeline(to, keys, key -> List.of("DUMP", key)), expiries);
            }
            Compare.equal(real, ours);
        }
    }

    private static void restore(Session session, List<String> keys, List<Object> payloads, List<Object> expiries) {
        for (int i = 0; i < keys.size(); i++) {
            long expiry = Math.max(0, (Long) expiries.get(i));
            session.send(
                    bytes("RESTORE"),
                    bytes(keys.get(i)),
                    bytes(Long.toString(expiry)),
                    (byte[]) payloads.get(i),
                    bytes("ABSTTL"),
                    bytes("REPLACE"));
        }
        assertThat(session.replies()).allSatisfy(reply -> assertThat(reply).isEqualTo(bytes("OK")));
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
            assertThat(catchThrowable(() -> Ours.start("ours", folder("ours")).close()))
                    .isInstanceOf(AssertionError.class);
            assertThat(Files.readAllBytes(file)).isEqualTo(dump);
            try (var files = Files.list(folder("ours"))) {
                assertThat(files.toList()).containsExactly(file);
            }
        }
    }
}
