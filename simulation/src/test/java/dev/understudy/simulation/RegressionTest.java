// SPDX-License-Identifier: Apache-2.0
package dev.understudy.simulation;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What simulations have found, each as a short story of its own. */
class RegressionTest {
    private static final List<String> MASTER = List.of("--protected-mode", "no", "--repl-diskless-sync", "no");
    private static final List<String> REPLICA = List.of("--protected-mode", "no", "--repl-diskless-load", "swapdb");

    private final Simulation simulation = Simulation.scripted(MASTER, REPLICA);
    private final SimNode master = simulation.nodes.getFirst();
    private final SimNode replica = simulation.nodes.getLast();

    @AfterEach
    void end() {
        simulation.close();
    }

    private void write(int count) {
        for (int i = 0; i < count; i++) {
            simulation.request(master, "RPUSH", "list", "value" + i);
            simulation.runFor(10 * Scheduler.MILLIS);
        }
    }

    /** The bytes that came meanwhile were applied before the log had jumped to the position of the payload, and then not counted. */
    @Test
    void theStreamThatCameWhileThePayloadWasLoadedCounts() {
        write(10);
        simulation.converge();
        replica.end(false);
        replica.disk.lose();
        replica.workNanosMax(3 * Scheduler.SECONDS);
        replica.start();
        write(700);
        simulation.converge();
        assertThat(replica.log.fullSyncs()).isEqualTo(2);
        assertThat(simulation.compareAll().contains("0/list")).isTrue();
    }

    /** What was dropped from the dump was held against the backlog's size as set, 1 byte here, and not against its real size. */
    @Test
    void keysThatExpiredInTheMastersDumpDoNotCostItsPosition() {
        List<String> tiny = List.of("--protected-mode", "no", "--repl-backlog-size", "1");
        Simulation other = Simulation.scripted(tiny, REPLICA);
        try {
            SimNode first = other.nodes.getFirst();
            other.converge();
            for (String key : List.of("short", "brief", "fleeting")) {
                other.request(first, "SET", key, "value", "PX", "700");
                other.runFor(50 * Scheduler.MILLIS);
            }
            other.request(first, "SAVE");
            other.runFor(50 * Scheduler.MILLIS);
            first.end(false);
            other.runFor(2 * Scheduler.SECONDS);
            first.start();
            other.runFor(2 * Scheduler.SECONDS);
            other.converge();
            assertThat(other.nodes.getLast().log.fullSyncs()).isEqualTo(1);
            assertThat(other.compareAll().contains("0/fleeting")).isFalse();
        } finally {
            other.close();
        }
    }

    /** A master drops what has expired in its dump; replicas that go on with the history of the dump have to hear of it. */
    @Test
    void keysThatExpiredInTheMastersDumpAreDeletedInTheStream() {
        write(10);
        simulation.converge();
        simulation.request(master, "SET", "short", "value", "PX", "700");
        simulation.runFor(50 * Scheduler.MILLIS);
        simulation.converge();
        assertThat(simulation.compareAll().contains("0/short")).isTrue();
        simulation.request(master, "SAVE");
        simulation.runFor(50 * Scheduler.MILLIS);
        master.end(false);
        simulation.runFor(2 * Scheduler.SECONDS);
        master.start();
        simulation.runFor(2 * Scheduler.SECONDS);
        simulation.converge();
        assertThat(replica.log.partialSyncs()).isPositive();
        assertThat(simulation.compareAll().contains("0/short")).isFalse();
        assertThat(simulation.compareAll().contains("0/list")).isTrue();
    }
}
