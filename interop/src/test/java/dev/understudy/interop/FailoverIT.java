// SPDX-License-Identifier: Apache-2.0
package dev.understudy.interop;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** FAILOVER between a real server and ours, in both directions, while clients keep writing. */
@NeedsRedis
class FailoverIT {
    /** Those whose streams say as much of themselves as ours. */
    private static final List<String> PEERS = List.of("redict-7.3", "valkey-8.0", "valkey-9.1");

    private static final int WRITERS = 3;

    @TempDir
    private Path dir;

    static Stream<Binaries.Peer> reals() {
        return Stream.concat(
                Stream.of(Binaries.system()), Binaries.peers().stream().filter(peer -> PEERS.contains(peer.name())));
    }

    private Path folder(String name) throws Exception {
        return Files.createDirectories(dir.resolve(name));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("reals")
    void theRoleGoesForthAndBackWithoutLosingAWrite(Binaries.Peer peer) throws Exception {
        try (Ours ours = Ours.start("ours", folder("ours"));
                RealServer real = RealServer.start(peer, "real", folder("real"))) {
            Filler.fill(ours, Filler.Size.SMALL, 71);
            real.replicaOf(ours.port());
            Waits.up(real);
            handOver(List.of(ours, real), 4);
        }
    }

    @Test
    void twoOfOursHandOverToEachOtherWithoutLosingAWrite() throws Exception {
        try (Ours first = Ours.start("first", folder("first"));
                Ours second = Ours.start("second", folder("second"))) {
            Filler.fill(first, Filler.Size.SMALL, 72);
            second.replicaOf(first.port());
            Waits.up(second);
            handOver(List.of(first, second), 6);
        }
    }

    /** So many failovers from one to the other, the first of whom is the master. */
    private static void handOver(List<Node> pair, int times) {
        long fullSyncs = pair.get(0).fullSyncs() + pair.get(1).fullSyncs();
        List<FailoverWriter> writers = new ArrayList<>();
        try {
            for (int i = 0; i < WRITERS; i++) {
                writers.add(new FailoverWriter("w" + i, pair));
            }
            Node master = pair.getFirst();
            Node replica = pair.getLast();
            for (int i = 0; i < times; i++) {
                writers.forEach(writer -> writer.awaitWritten(200));
                long partialSyncs = replica.partialSyncs();
                String target = Integer.toString(replica.port());
                // With and without a name, with and without an end.
                Object reply = i % 2 == 0
                        ? master.call("FAILOVER", "TO", Node.HOST, target)
                        : master.call("FAILOVER", "TIMEOUT", "20000");
                assertThat((byte[]) reply).isEqualTo(Session.bytes("OK"));
                Node old = master;
                Waits.until(
                        "the failover from " + master.name() + " ends",
                        () -> "no-failover".equals(old.info("replication").get("master_failover_state")),
                        master,
                        replica);
                assertThat(master.info("replication")).containsEntry("role", "slave");
                assertThat(replica.info("replication")).containsEntry("role", "master");
                Waits.up(master);
                assertThat(replica.partialSyncs()).isEqualTo(partialSyncs + 1);
                master = replica;
                replica = old;
            }
            writers.forEach(writer -> writer.awaitWritten(200));
            writers.forEach(FailoverWriter::stop);
            Waits.sameOffsets(master, replica);
            for (FailoverWriter writer : writers) {
                assertThat(writer.lostBy(master)).isEmpty();
            }
            Compare.equal(master, replica);
            assertThat(pair.get(0).fullSyncs() + pair.get(1).fullSyncs())
                    .as("no full resync")
                    .isEqualTo(fullSyncs);
        } finally {
            writers.forEach(FailoverWriter::close);
        }
    }

    @Test
    void theSiblingOfTheTargetGoesOnWithTheNewMaster() throws Exception {
        try (Ours master = Ours.start("master", folder("master"));
                RealServer target = RealServer.start("target", folder("target"));
                Ours sibling = Ours.start("sibling", folder("sibling"))) {
            Filler.fill(master, Filler.Size.SMALL, 73);
            target.replicaOf(master.port());
            sibling.replicaOf(master.port());
            Waits.up(target);
            Waits.up(sibling);
            master.call("FAILOVER", "TO", Node.HOST, Integer.toString(target.port()));
            Waits.until(
                    "the master follows",
                    () -> "slave".equals(master.info("replication").get("role")),
                    master,
                    target);
            Waits.up(master);
            sibling.replicaOf(target.port());
            Waits.up(sibling);
            target.call("SET", "after", "1");
            Waits.sameOffsets(target, master, sibling);
            Compare.equal(target, sibling);
            assertThat(target.fullSyncs()).isZero();
            assertThat(target.partialSyncs()).isEqualTo(2);
        }
    }

    @Test
    void aRealTargetThatMayNotBeAskedMakesUsTheMasterAgain() throws Exception {
        try (Ours master = Ours.start("master", folder("master"));
                RealServer target = RealServer.start("target", folder("target"))) {
            target.replicaOf(master.port());
            Waits.up(target);
            target.call("ACL", "SETUSER", "default", "-psync");
            List<Node> nodes = List.of(master);
            try (FailoverWriter writer = new FailoverWriter("w", nodes)) {
                writer.awaitWritten(100);
                master.call("FAILOVER", "TO", Node.HOST, Integer.toString(target.port()));
                Waits.until(
                        "the refusal",
                        () -> master.log().contains("aborted: Failover target rejected psync request"),
                        master,
                        target);
                writer.awaitWritten(100);
                writer.stop();
                assertThat(writer.refusals())
                        .as("writes told that we are a replica")
                        .isZero();
                Waits.sameOffsets(master, target);
                assertThat(writer.lostBy(master)).isEmpty();
            }
            Compare.equal(master, target);
            assertThat(master.info("replication"))
                    .containsEntry("role", "master")
                    .containsEntry("master_failover_state", "no-failover");
            assertThat(master.fullSyncs()).isEqualTo(1);
            assertThat(master.partialSyncs()).isEqualTo(1);
        }
    }

    @Test
    void aTargetThatCannotBeReachedIsGivenUpByAbort() throws Exception {
        // Nothing listens on what it announces.
        try (Ours master = Ours.start("master", folder("master"));
                RealServer target = RealServer.start("target", folder("target"), "--replica-announce-port", "1")) {
            target.replicaOf(master.port());
            Waits.up(target);
            master.call("FAILOVER", "TO", Node.HOST, "1");
            Waits.until(
                    "the target is tried",
                    () -> master.log().contains("Connecting to MASTER 127.0.0.1:1")
                            && master.log().contains("Error condition on socket for SYNC: "),
                    master,
                    target);
            assertThat(master.info("replication"))
                    .containsEntry("role", "slave")
                    .containsEntry("master_failover_state", "failover-in-progress");
            assertThat((byte[]) master.call("FAILOVER", "ABORT")).isEqualTo(Session.bytes("OK"));
            master.call("SET", "key", "value");
            Waits.sameOffsets(master, target);
            Compare.equal(master, target);
            assertThat(master.fullSyncs()).isEqualTo(1);
            assertThat(master.partialSyncs()).isEqualTo(1);
        }
    }
}
