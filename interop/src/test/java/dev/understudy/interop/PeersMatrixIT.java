// SPDX-License-Identifier: Apache-2.0
package dev.understudy.interop;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Every real server at hand as our master and as our replica, by file and by socket: a full sync under load, equal data, a cut, a partial
 * resync, equal data again. With {@code -Dinterop.matrix=FILE} the outcome is written as the table that docs/interop.md shows.
 */
@NeedsRedis
class PeersMatrixIT {
    private static final Pattern VERSION = Pattern.compile("(redis|redict|valkey)-(\\d+)\\.(\\d+).*");
    private static final List<String> ROWS = new ArrayList<>();

    @TempDir
    private Path dir;

    /** One cell. */
    record Cell(Binaries.Peer peer, boolean peerIsMaster, boolean diskless) {
        @Override
        public String toString() {
            return peer + " as our " + (peerIsMaster ? "master" : "replica") + ", "
                    + (diskless ? "diskless" : "by disk");
        }
    }

    private static boolean isOlder(Binaries.Peer peer, int major, int minor) {
        Matcher version = VERSION.matcher(peer.name());
        if (!version.matches() || version.group(1).equals("valkey")) {
            return false;
        }
        int itsMajor = Integer.parseInt(version.group(2));
        return itsMajor < major || itsMajor == major && Integer.parseInt(version.group(3)) < minor;
    }

    /** Whether its streams, in an RDB, have a type that Redis 7.2 does not know. */
    private static boolean hasLaterStreams(Binaries.Peer peer) {
        return peer.name().startsWith("redis-")
                && !isOlder(peer, 8, 2)
                && VERSION.matcher(peer.name()).matches();
    }

    static Stream<Cell> cells() {
        List<Binaries.Peer> peers = Binaries.peers().isEmpty() ? List.of(Binaries.system()) : Binaries.peers();
        return peers.stream()
                .flatMap(peer -> Stream.of(true, false)
                        // Redis 6 reads RDB 9, which we write; Redis 2.8 reads none that we write.
                        .filter(peerIsMaster -> peerIsMaster || !isOlder(peer, 6, 0))
                        .flatMap(peerIsMaster ->
                                Stream.of(false, true).map(diskless -> new Cell(peer, peerIsMaster, diskless))));
    }

    static List<Binaries.Peer> peersWithLaterStreams() {
        return Binaries.peers().stream().filter(PeersMatrixIT::hasLaterStreams).toList();
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("cells")
    void synchronisesIsEqualAndResumesAfterACut(Cell cell) throws Exception {
        String outcome = "failed";
        try {
            outcome = run(cell);
        } finally {
            ROWS.add("| " + cell.peer() + " | " + (cell.peerIsMaster() ? "master" : "replica") + " | "
                    + (cell.diskless() ? "diskless" : "disk") + " | " + outcome + " |");
        }
    }

    private String run(Cell cell) throws Exception {
        boolean old = isOlder(cell.peer(), 7, 0);
        boolean plain = old || cell.peerIsMaster() && hasLaterStreams(cell.peer());
        String[] sync = {"--repl-diskless-sync", cell.diskless() ? "yes" : "no"};
        try (Node real = start(cell.peer(), "real", sync);
                Ours ours = Ours.start(
                        "ours",
                        folder("ours"),
                        "--repl-diskless-sync",
                        sync[1],
                        "--repl-diskless-load",
                        cell.diskless() ? "swapdb" : "disabled",
                        "--enable-debug-command",
                        "yes")) {
            Node master = cell.peerIsMaster() ? real : ours;
            Node replica = cell.peerIsMaster() ? ours : real;
            if (plain) {
                Filler.fillPlainly(master, 81);
            } else {
                Filler.fill(master, Filler.Size.SMALL, 81);
            }
            WriteLoad.Vocabulary words = plain ? WriteLoad.Vocabulary.OF_2_8 : WriteLoad.Vocabulary.OF_7;
            boolean calmStart = cell.peerIsMaster() && cell.diskless() && isOlder(cell.peer(), 3, 0);
            try (CutProxy proxy = new CutProxy(master.port())) {
                if (calmStart) {
                    // It grants the offset of the request, and takes the snapshot later: what is written between the
                    // two is counted
                    // wrongly by every replica (mended in Redis 3.0).
                    replica.replicaOf(proxy.port());
                    Waits.up(replica);
                }
                try (WriteLoad load = WriteLoad.on(master, words, 82)) {
                    load.awaitWritten(300);
                    if (!calmStart) {
                        replica.replicaOf(proxy.port());
                        Waits.up(replica);
                    }
                    load.awaitWritten(1_500);
                    long granted = master.partialSyncs();
                    proxy.cut();
                    Waits.until("a partial resync", () -> master.partialSyncs() > granted, master, replica);
                    Waits.up(replica);
                    load.awaitWritten(1_500);
                    load.stop();
                }
                Waits.sameOffsets(master, replica);
                String equal = "yes, " + Compare.equal(master, replica) + " keys read";
                long full = master.fullSyncs();
                // A replica that cannot read a payload drops the link, and gets an earlier format with its next try.
                assertThat(full).isLessThanOrEqualTo(cell.peerIsMaster() ? 1 : 2);
                return "yes" + (full == 1 ? "" : ", with its second payload (an earlier RDB version)")
                        + (calmStart ? ", without writes meanwhile" : "") + " | " + equal
                        + (plain && !old ? ", streams apart" : "") + " | yes";
            }
        }
    }

    private Node start(Binaries.Peer peer, String name, String... options) throws Exception {
        List<String> all = new ArrayList<>(List.of(options));
        if (!isOlder(peer, 7, 0)) {
            all.addAll(List.of("--enable-debug-command", "yes"));
        }
        return RealServer.start(peer, name, folder(name), all.toArray(String[]::new));
    }

    private Path folder(String name) throws IOException {
        return Files.createDirectories(dir.resolve(name));
    }

    @ParameterizedTest(name = "{0}", allowZeroInvocations = true)
    @MethodSource("peersWithLaterStreams")
    void aPayloadThatWeCannotReadIsRefusedWithItsReasonAndOurDataStay(Binaries.Peer peer) throws Exception {
        for (boolean diskless : new boolean[] {false, true}) {
            try (Node real = start(peer, "real" + diskless, "--repl-diskless-sync", diskless ? "yes" : "no");
                    Ours ours = Ours.start(
                            "ours" + diskless,
                            folder("ours" + diskless),
                            "--repl-diskless-load",
                            diskless ? "swapdb" : "disabled")) {
                Filler.fillPlainly(real, 83);
                real.call("XADD", "stream", "1-1", "field", "value");
                ours.call("SET", "old", "data");
                ours.replicaOf(real.port());
                Waits.until(
                        "the refusal",
                        () -> Pattern.compile("Unknown RDB encoding type \\d+|RDB type \\d+")
                                .matcher(ours.log())
                                .find(),
                        real,
                        ours);
                assertThat((byte[]) ours.call("GET", "old")).isEqualTo(Session.bytes("data"));
                ROWS.add("| " + peer + ", with streams | master | " + (diskless ? "diskless" : "disk")
                        + " | refused: an RDB type that 7.2 does not know, named in the log | our own data stay | - |");
            }
        }
    }

    @AfterAll
    static void writeTable() throws IOException {
        Optional<String> file = Optional.ofNullable(System.getProperty("interop.matrix"));
        if (file.isPresent()) {
            List<String> lines = new ArrayList<>(List.of(
                    "| real server | its role | transfer | synced | equal | partial resync after a cut |",
                    "|---|---|---|---|---|---|"));
            lines.addAll(ROWS);
            Files.write(Path.of(file.get()), lines, UTF_8);
        }
    }
}
