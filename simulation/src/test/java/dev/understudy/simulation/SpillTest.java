// SPDX-License-Identifier: Apache-2.0
package dev.understudy.simulation;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The stream grows while a replica is in a full sync or slow, and what memory does not keep goes to a file of the master. */
class SpillTest {
    private static final String VALUE = "x".repeat(20_000);

    private final List<Simulation> simulations = new ArrayList<>();

    @AfterEach
    void end() {
        simulations.forEach(Simulation::close);
    }

    /** A master whose workers are slow, and a replica that has just begun to follow it. */
    private Simulation begin(String disklessSync, int memory, String... more) {
        List<String> options = new ArrayList<>(List.of(
                "--protected-mode",
                "no",
                "--save",
                "",
                "--repl-diskless-sync",
                disklessSync,
                "--repl-diskless-sync-delay",
                "0",
                "--repl-backlog-size",
                "1",
                "--repl-stream-spill-memory",
                Integer.toString(memory)));
        options.addAll(List.of(more));
        Simulation simulation = Simulation.scripted(options, List.of("--protected-mode", "no"));
        simulations.add(simulation);
        SimNode replica = simulation.nodes.getLast();
        replica.end(false);
        SimNode master = simulation.nodes.getFirst();
        master.end(false);
        master.workNanosMax(2_000 * Scheduler.MILLIS);
        master.start();
        simulation.runFor(2 * Scheduler.SECONDS);
        write(simulation, 20);
        replica.start();
        return simulation;
    }

    private static long write(Simulation simulation, int count) {
        SimNode master = simulation.nodes.getFirst();
        long spilledMost = 0;
        for (int i = 0; i < count; i++) {
            simulation.request(master, "SET", "key" + i % 7, VALUE + i);
            simulation.runFor(20 * Scheduler.MILLIS);
            spilledMost = Math.max(spilledMost, spilled(simulation));
        }
        return spilledMost;
    }

    private static long spilled(Simulation simulation) {
        SimNode.Life running = simulation.nodes.getFirst().ready();
        return running == null ? 0 : running.server.replication().log().spilledBytes();
    }

    private static boolean hasFiles(Simulation simulation) {
        return simulation.nodes.getFirst().disk.list("").stream().anyMatch(name -> name.endsWith(".spill"));
    }

    @ParameterizedTest(name = "diskless {0}, {1} bytes in memory")
    @CsvSource({"no, 0", "no, 50000", "yes, 0", "yes, 50000"})
    void aSlowReplicaReadsItBackFromTheFile(String disklessSync, int memory) {
        Simulation simulation = begin(disklessSync, memory);
        assertThat(write(simulation, 120)).isGreaterThan(100_000);
        simulation.converge();
        simulation.compareAll();
        assertThat(simulation.nodes.getLast().log.fullSyncs()).isEqualTo(1);
        simulation.runFor(5 * Scheduler.SECONDS);
        assertThat(spilled(simulation)).isZero();
        assertThat(hasFiles(simulation)).isFalse();
    }

    @ParameterizedTest(name = "one call in {0} fails")
    @CsvSource({"1", "4", "20"})
    void aDiskThatFailsCostsNoData(int oneIn) {
        Simulation simulation = begin("yes", 0);
        SimNode master = simulation.nodes.getFirst();
        write(simulation, 50);
        master.disk.fail(oneIn, "Input/output error");
        write(simulation, 100);
        simulation.runFor(5 * Scheduler.SECONDS);
        master.disk.fail(0, "");
        simulation.converge();
        simulation.compareAll();
    }

    @ParameterizedTest(name = "power {0}")
    @CsvSource({"false", "true"})
    void whatACrashLeavesIsRemovedByTheNextStart(boolean power) {
        Simulation simulation = begin("no", 0);
        assertThat(write(simulation, 100)).isPositive();
        assertThat(hasFiles(simulation)).isTrue();
        SimNode master = simulation.nodes.getFirst();
        master.end(power);
        master.workNanosMax(Scheduler.MILLIS);
        master.start();
        simulation.runFor(Scheduler.SECONDS);
        assertThat(hasFiles(simulation)).isFalse();
        write(simulation, 10);
        simulation.converge();
        simulation.compareAll();
    }

    @ParameterizedTest(name = "{0} bytes")
    @CsvSource({"0", "100000"})
    void aFullFileLeavesTheRestInMemory(int size) {
        Simulation simulation = begin("no", 0, "--repl-stream-spill-size", Integer.toString(size));
        assertThat(write(simulation, 120)).isLessThanOrEqualTo(size);
        simulation.converge();
        simulation.compareAll();
        assertThat(simulation.nodes.getLast().log.fullSyncs()).isEqualTo(1);
    }
}
