// SPDX-License-Identifier: Apache-2.0
package dev.understudy.interop;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Our replica, shut down or killed and started again under a master that goes on writing: each time it has its data and its position from its files, so
 * that the master repeats what it has missed, and nothing more. So many rounds for each kind: {@code -Dinterop.restart.rounds=20}.
 */
@NeedsRedis
class RestartIT {
    /** On a busy machine the load is faster than a replica that is always being started. */
    private static final Duration CATCH_UP_LIMIT = Duration.ofMinutes(3);

    private static final int ROUNDS = Integer.getInteger("interop.restart.rounds", 1);

    @TempDir
    private Path dir;

    /** How the replica keeps its data. */
    enum Keeping {
        DUMPS,
        ALWAYS,
        EVERYSEC,
        /** With a base of commands, and all that is appended rewritten often. */
        REWRITTEN
    }

    static Stream<Arguments> kinds() {
        List<Optional<Binaries.Peer>> masters = new ArrayList<>(List.of(Optional.empty()));
        List<Binaries.Peer> peers = Binaries.peers();
        if (peers.isEmpty()) {
            masters.add(Optional.of(Binaries.system()));
        }
        peers.stream()
                .filter(peer -> List.of("redis-7.0", "valkey-8.1").contains(peer.name()))
                .forEach(peer -> masters.add(Optional.of(peer)));
        return masters.stream()
                .flatMap(master -> Stream.of(Keeping.values())
                        // Without peers, as in the CI run, one kind has to do with a real master.
                        .filter(files -> master.isEmpty() || !peers.isEmpty() || files == Keeping.EVERYSEC)
                        .flatMap(files -> Stream.of(false, true)
                                .map(kill -> Arguments.of(
                                        master.map(Binaries.Peer::name).orElse("ours"), files, kill, master))));
    }

    private Path folder(String name) throws IOException {
        return Files.createDirectories(dir.resolve(name));
    }

    private static List<String> options(Keeping files) {
        return switch (files) {
            case DUMPS -> List.of("--save", "3600 1");
            case ALWAYS, EVERYSEC ->
                List.of("--appendonly", "yes", "--appendfsync", files.name().toLowerCase(Locale.ROOT));
            case REWRITTEN ->
                List.of(
                        "--appendonly",
                        "yes",
                        "--aof-use-rdb-preamble",
                        "no",
                        "--auto-aof-rewrite-min-size",
                        "32kb",
                        "--auto-aof-rewrite-percentage",
                        "20");
        };
    }

    @ParameterizedTest(name = "master {0}, {1}, killed: {2}")
    @MethodSource("kinds")
    void aRestartedReplicaGoesOnWhereItWas(
            String masterName, Keeping files, boolean kill, Optional<Binaries.Peer> masterPeer) throws Exception {
        SplittableRandom random = new SplittableRandom(files.ordinal() * 2L + (kill ? 1 : 0));
        try (Node master = masterPeer.isPresent()
                ? RealServer.start(masterPeer.get(), "master", folder("master"))
                : Ours.start("master", folder("master"))) {
            List<String> options = new ArrayList<>(options(files));
            options.addAll(List.of("--replicaof", Node.HOST + " " + master.port()));
            try (Crashable replica =
                    Crashable.start("replica", dir, Optional.empty(), options.toArray(String[]::new))) {
                replica.awaitReady();
                Waits.up(replica);
                awaitFiles(replica, files);
                rounds(master, replica, files, kill, random);
                Waits.until(
                        "the replica has caught up",
                        CATCH_UP_LIMIT,
                        () -> replica.offset() == master.offset(),
                        replica);
                Waits.sameOffsets(master, replica);
                assertThat(Compare.equal(master, replica)).as(masterName).isPositive();
            }
        }
    }

    /** A full sync leaves no append-only file before the first rewrite. */
    private static void awaitFiles(Crashable replica, Keeping files) {
        if (files != Keeping.DUMPS) {
            Waits.until(
                    "the append-only file of the payload",
                    () -> replica.log().contains("Background AOF rewrite finished successfully"),
                    replica);
        }
    }

    private static void rounds(Node master, Crashable replica, Keeping files, boolean kill, SplittableRandom random) {
        try (WriteLoad load = WriteLoad.on(master, 92)) {
            for (int round = 1; round <= ROUNDS; round++) {
                load.awaitWritten(1 + random.nextInt(2_000));
                long full = master.fullSyncs();
                long partial = master.partialSyncs();
                if (files == Keeping.DUMPS && kill) {
                    replica.call("SAVE");
                    load.awaitWritten(1 + random.nextInt(500));
                }
                if (kill) {
                    replica.kill();
                } else {
                    replica.shutDown();
                }
                load.awaitWritten(1 + random.nextInt(500));
                replica.restart();
                Waits.up(replica);
                assertThat(master.fullSyncs())
                        .as("full syncs after round %s; log: %s", round, replica.log())
                        .isEqualTo(full);
                assertThat(master.partialSyncs()).as("partial syncs").isEqualTo(partial + 1);
            }
            load.stop();
        }
    }
}
