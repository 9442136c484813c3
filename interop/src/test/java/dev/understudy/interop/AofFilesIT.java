// SPDX-License-Identifier: Apache-2.0
package dev.understudy.interop;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import redis.clients.jedis.exceptions.JedisDataException;

/** Append only files: those of real servers, of several files or, from before Redis 7, of one, in ours; ours in theirs. */
@NeedsRedis
class AofFilesIT {
    /** Peers whose bases we read, and that know all commands of the filler. */
    private static final Pattern RECENT = Pattern.compile("redict-.*|redis-7.*|redis-8\\.[01].*|valkey-8.*");
    /** Peers whose snapshots have types that we do not know: what they write as commands is ours all the same. */
    private static final Pattern LATER = Pattern.compile("redis-8\\.[2-9].*|valkey-9.*");
    /** Peers with a single file. */
    private static final Pattern OLD = Pattern.compile("redis-[2-6]\\..*");
    /** Peers that do not read our snapshots unless they are in version 10. */
    private static final Pattern READS_ONLY_10 = Pattern.compile("redis-7\\.0.*");

    @TempDir
    private Path dir;

    private static Stream<Binaries.Peer> peers(Pattern pattern) {
        return Binaries.peers().stream()
                .filter(peer -> pattern.matcher(peer.name()).matches());
    }

    static List<Binaries.Peer> writers() {
        return peers(RECENT).toList();
    }

    static List<Binaries.Peer> laterWriters() {
        return peers(LATER).toList();
    }

    static List<Binaries.Peer> oldWriters() {
        return peers(OLD).toList();
    }

    /** Peers, and whether our base is a snapshot. */
    static List<Arguments> readers() {
        return peers(RECENT)
                .flatMap(peer -> Stream.of("yes", "no").map(preamble -> Arguments.of(peer, preamble)))
                .toList();
    }

    private Path folder(String name) throws IOException {
        return Files.createDirectories(dir.resolve(name));
    }

    private static void copy(Path from, Path to) throws IOException {
        try (Stream<Path> files = Files.walk(from)) {
            for (Path file : files.toList()) {
                Path target = to.resolve(from.relativize(file).toString());
                if (Files.isDirectory(file)) {
                    Files.createDirectories(target);
                } else {
                    Files.copy(file, target);
                }
            }
        }
    }

    private static void rewrite(Node node) {
        node.call("BGREWRITEAOF");
        Waits.until(
                "the rewrite ends",
                () -> node.number("persistence", "aof_rewrite_in_progress") == 0
                        && node.number("persistence", "aof_rewrite_scheduled") == 0,
                node);
        assertThat(node.info("persistence")).containsEntry("aof_last_bgrewrite_status", "ok");
    }

    private static void write(Node node, WriteLoad.Vocabulary vocabulary, long seed) {
        try (WriteLoad load = WriteLoad.on(node, vocabulary, seed)) {
            load.awaitWritten(3_000);
            load.stop();
        }
    }

    /** Starts ours on a copy of a peer's files, and compares. */
    private void assertOurs(RealServer real) throws IOException {
        try (Ours ours = Ours.start("ours", folder("ours"), "--appendonly", "yes")) {
            assertThat(Compare.equal(real, ours)).isGreaterThan(10_000);
            assertThat(ours.log()).doesNotContain("CRITICAL").doesNotContain("Truncating");
        }
        // What ours has made of the directory is what a second start finds.
        try (Ours again = Ours.start("again", folder("ours"), "--appendonly", "yes")) {
            assertThat(Compare.equal(real, again)).isGreaterThan(10_000);
        }
    }

    // ---- theirs in ours

    @Test
    void theFilesOfARedisAreOurs() throws Exception {
        filesOfAPeerAreOurs(Binaries.system());
    }

    @ParameterizedTest(allowZeroInvocations = true)
    @MethodSource("writers")
    void theFilesOfAPeerAreOurs(Binaries.Peer peer) throws Exception {
        filesOfAPeerAreOurs(peer);
    }

    private void filesOfAPeerAreOurs(Binaries.Peer peer) throws Exception {
        try (RealServer real = RealServer.start(peer, "real", folder("real"), "--appendonly", "yes")) {
            Filler.fill(real, Filler.Size.SMALL, 201);
            rewrite(real);
            write(real, WriteLoad.Vocabulary.OF_7, 202);
            copy(real.dir().resolve("appendonlydir"), folder("ours").resolve("appendonlydir"));
            assertOurs(real);
        }
    }

    @ParameterizedTest(allowZeroInvocations = true)
    @MethodSource("laterWriters")
    void theCommandsOfALaterPeerAreOurs(Binaries.Peer peer) throws Exception {
        try (RealServer real =
                RealServer.start(peer, "real", folder("real"), "--appendonly", "yes", "--aof-use-rdb-preamble", "no")) {
            Filler.fillPlainly(real, 203);
            rewrite(real);
            write(real, WriteLoad.Vocabulary.OF_2_8, 204);
            copy(real.dir().resolve("appendonlydir"), folder("ours").resolve("appendonlydir"));
            assertOurs(real);
        }
    }

    @ParameterizedTest(allowZeroInvocations = true)
    @MethodSource("oldWriters")
    void theSingleFileOfAnOldPeerIsTakenOver(Binaries.Peer peer) throws Exception {
        try (RealServer real = RealServer.start(peer, "real", folder("real"), "--appendonly", "yes")) {
            Filler.fillPlainly(real, 205);
            rewrite(real);
            write(real, WriteLoad.Vocabulary.OF_2_8, 206);
            Path file = folder("ours").resolve("appendonly.aof");
            Files.copy(real.dir().resolve("appendonly.aof"), file);
            assertOurs(real);
            assertThat(file).doesNotExist();
            assertThat(folder("ours").resolve("appendonlydir").resolve("appendonly.aof"))
                    .exists();
        }
    }

    /** What failed for a client of theirs is not in their file; ours would not start with it. */
    @ParameterizedTest(allowZeroInvocations = true)
    @MethodSource("allWriters")
    void whatFailedThereIsNotInTheFile(Binaries.Peer peer) throws Exception {
        // A base that is empty tells nothing, and is of a version that 7.2 does not read.
        String[] later = laterWriters().contains(peer) ? new String[] {"--aof-use-rdb-preamble", "no"} : new String[0];
        String[] options = Stream.concat(Stream.of("--appendonly", "yes", "--appendfsync", "always"), Stream.of(later))
                .toArray(String[]::new);
        try (RealServer real = RealServer.start(peer, "real", folder("real"), options)) {
            try (Session session = real.open()) {
                for (String line : List.of(
                        "SET s x",
                        "MULTI",
                        "SET m 1",
                        "LPUSH s 1",
                        "INCR s",
                        "SET m 2",
                        "EXEC",
                        "RESTORE r 0 payload",
                        "SELECT 20",
                        "SELECT 3",
                        "SETEX t 1000 v",
                        "MIGRATE 127.0.0.1 1 nokey 0 10",
                        "RENAME none other",
                        "EXPIRE t -1",
                        "SETNX s y",
                        "EXEC")) {
                    tolerantly(session, line.split(" "));
                }
                if (!peer.name().startsWith("redis-2")) {
                    tolerantly(session, "EVAL", "redis.call('set','e','1'); redis.call('lpush','e','2')", "1", "e");
                    tolerantly(session, "EVAL", "redis.call('select', 5); redis.call('incr','e')", "1", "e");
                }
            }
            Path folder = folder("ours");
            boolean several = Files.isDirectory(real.dir().resolve("appendonlydir"));
            String files = several ? "appendonlydir" : "appendonly.aof";
            copy(real.dir().resolve(files), folder.resolve(files));
            try (Ours ours = Ours.start("ours", folder, "--appendonly", "yes")) {
                assertThat(Compare.equal(real, ours)).isGreaterThanOrEqualTo(2);
                assertThat(ours.log()).doesNotContain("CRITICAL");
            }
        }
    }

    static List<Binaries.Peer> allWriters() {
        return Stream.concat(Stream.of(Binaries.system()), Binaries.peers().stream())
                .toList();
    }

    private static void tolerantly(Session session, String... words) {
        try {
            session.call(words);
        } catch (JedisDataException expected) {
            assertThat(expected).hasMessageMatching("(?s)[A-Z]+ .*");
        }
    }

    // ---- ours in theirs

    @ParameterizedTest(name = "{0}, snapshot {1}", allowZeroInvocations = true)
    @MethodSource("readers")
    void ourFilesAreAPeers(Binaries.Peer peer, String preamble) throws Exception {
        String version = READS_ONLY_10.matcher(peer.name()).matches() ? "10" : "11";
        try (Ours ours = Ours.start(
                "ours",
                folder("ours"),
                "--appendonly",
                "yes",
                "--aof-use-rdb-preamble",
                preamble,
                "--rdb-version",
                version)) {
            Filler.fill(ours, Filler.Size.SMALL, 207);
            rewrite(ours);
            // A replica makes us write positions, which they do not know.
            try (Ours replica = Ours.start("replica", folder("replica"))) {
                replica.replicaOf(ours.port());
                Waits.up(replica);
                write(ours, WriteLoad.Vocabulary.OF_7, 208);
            }
            copy(ours.dir().resolve("appendonlydir"), folder("real").resolve("appendonlydir"));
            try (RealServer real = RealServer.start(peer, "real", folder("real"), "--appendonly", "yes")) {
                assertThat(Compare.equal(ours, real)).isGreaterThan(10_000);
                write(real, WriteLoad.Vocabulary.OF_7, 209);
                copy(real.dir().resolve("appendonlydir"), folder("back").resolve("appendonlydir"));
                try (Ours back = Ours.start("back", folder("back"), "--appendonly", "yes")) {
                    assertThat(Compare.equal(real, back)).isGreaterThan(10_000);
                    assertThat(back.info("replication").get("master_replid2"))
                            .as("commands of a server that tells no positions stand behind ours")
                            .isEqualTo("0".repeat(40));
                }
            }
        }
    }
}
