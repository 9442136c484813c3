// SPDX-License-Identifier: Apache-2.0
package dev.understudy.simulation;

import dev.understudy.commands.Trigonometry;
import dev.understudy.replication.StreamMemory;
import dev.understudy.server.Ports;
import dev.understudy.server.Server;
import dev.understudy.server.StartOutcome;
import dev.understudy.server.settings.Settings;
import dev.understudy.store.memory.Memory;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/** A machine that runs a server: its disk and its clock outlive the server's processes. */
final class SimNode {
    static final int PORT = 6379;
    private static final String DUMP = "dump.rdb";

    final String name;
    final String host;
    final SimDisk disk;
    final SimClock clock;
    final SimLog log;
    private final Simulation simulation;
    private final SplittableRandom random;
    private final List<String> configuration;
    private final boolean checksMemory;
    private long workNanosMax;
    private @Nullable SimNode parent;
    private @Nullable Life process;
    private int starts;

    /** One life of the server. */
    final class Life {
        final SimLoop loop;
        final SimTransport transport;
        final SimWorkers workers;
        final Sabotage sabotage;
        final List<Memory> memories = new ArrayList<>();
        final Server server;
        final Watch watch;
        private boolean ready;
        private boolean leaving;

        Life(long seed) {
            loop = new SimLoop(
                    simulation.scheduler, random.split(), () -> simulation.afterIteration(SimNode.this, this));
            sabotage = new Sabotage(random.split(), this::struck);
            transport = new SimTransport(simulation.network, host, loop);
            transport.sabotage(sabotage);
            workers = new SimWorkers(simulation.scheduler, random.split(), loop, workNanosMax, sabotage);
            Settings settings = settings();
            server = new Server(
                    new Ports(
                            clock,
                            transport,
                            workers,
                            disk,
                            new SplittableRandom(seed),
                            log,
                            false,
                            this::memory,
                            () -> new Saboteur.Streaming(StreamMemory.checking(), sabotage),
                            Trigonometry.STRICT,
                            SettingsReading.NO_FILES,
                            starts),
                    settings);
            Saboteur.enter(server.engine(), server.table(), sabotage, simulation.planting());
            watch = new Watch(name, simulation.oracle, saved(settings));
            watch.promises()
                    .of(server.replication(), server.settings().replBacklogSize.value());
            log.listener(this::heard);
            disk.onRename(file -> {
                if (file.equals(DUMP)) {
                    watch.promises().saved(DumpHead.read(disk.contents(DUMP)), clock.nanos());
                }
            });
        }

        private void struck(Sabotage.Place place, Throwable thrown) {
            simulation.scheduler.note("sabotage", name + " " + place.word() + ": " + thrown);
            simulation.lives().struck(SimNode.this, place, thrown);
        }

        private void heard(String message) {
            if (message.contains(Sabotage.MARK)) {
                judge(message);
            }
            watch.promises().heard(message);
            simulation.lives().heard(SimNode.this, message);
        }

        /** What the server makes of a fault, as it says. */
        private void judge(String message) {
            Sabotage.Outcome expected = sabotage.expected();
            if (message.startsWith("Fault, nothing was changed, refused")) {
                if (expected == Sabotage.Outcome.FATAL) {
                    throw new Divergence(name + " refuses where something may have changed: " + sabotage.where());
                }
                sabotage.settled();
                simulation.counters.refused++;
            } else if (message.startsWith("Fatal fault")) {
                if (expected == Sabotage.Outcome.REFUSED) {
                    throw new Divergence(name + " ends where nothing has changed: " + sabotage.where());
                }
                sabotage.settled();
                simulation.counters.fatal++;
            }
        }

        private Memory memory() {
            Memory made = checksMemory ? Memory.checking() : Memory.create();
            made.onAllocate(
                    () -> sabotage.reach(Sabotage.Place.DATA_MEMORY, Sabotage.Outcome.EITHER, "the data's memory"));
            memories.add(made);
            return made;
        }

        /** Whether it has loaded its data and serves. */
        boolean isReady() {
            return ready && !leaving;
        }

        boolean hasStarted() {
            return ready;
        }

        /** A process that is asked to end in good order counts as gone. */
        void leaving() {
            leaving = true;
        }
    }

    SimNode(Simulation simulation, int number, List<String> configuration, boolean checksMemory) {
        this.simulation = simulation;
        this.random = simulation.scheduler.random();
        this.name = "n" + number;
        this.host = "10.0.0." + number;
        this.disk = new SimDisk(random.split());
        this.clock = new SimClock(simulation.scheduler);
        this.log = new SimLog(simulation.scheduler, name, () -> disk.failures() > 0 || isSabotaged());
        this.configuration = new ArrayList<>(configuration);
        this.checksMemory = checksMemory;
        this.workNanosMax = 1 + random.nextLong(random.nextInt(4) == 0 ? 400 * Scheduler.MILLIS : 5 * Scheduler.MILLIS);
    }

    private boolean isSabotaged() {
        Life running = process;
        return running != null && running.sabotage.hasStruck();
    }

    /** How long work on a worker waits at most, and then takes at most. */
    long workNanosMax() {
        return workNanosMax;
    }

    /** Sets how long work on a worker takes at most, from the next start on. */
    void workNanosMax(long nanos) {
        workNanosMax = nanos;
    }

    /** Sets an option from the next start on. */
    void configure(String option, String value) {
        configuration.addAll(List.of(option, value));
    }

    // ---- what it is meant to be

    /** Whom it is meant to follow, null if it is meant to be a master. */
    @Nullable
    SimNode parent() {
        return parent;
    }

    void parent(@Nullable SimNode newParent) {
        parent = newParent;
    }

    /** Whether following {@code other} would make a circle. */
    boolean isAbove(SimNode other) {
        for (SimNode node = other; node != null; node = node.parent) {
            if (node == this) {
                return true;
            }
        }
        return false;
    }

    // ---- life

    @Nullable
    Life process() {
        return process;
    }

    boolean isUp() {
        return process != null;
    }

    /** The process if it serves. */
    @Nullable
    Life ready() {
        Life running = process;
        return running != null && running.isReady() ? running : null;
    }

    void start() {
        starts++;
        simulation.network.dark(host, false);
        Life begun = new Life(random.nextLong());
        process = begun;
        begun.server.shutdown().onExit(_ -> simulation.scheduler.after(0, "exit", () -> exited(begun)));
        begun.server.start(outcome -> {
            if (outcome instanceof StartOutcome.Failed(String reason)) {
                simulation.lives().refused(this, reason);
            } else {
                begun.ready = true;
                simulation.lives().ready(this);
            }
        });
    }

    private Settings settings() {
        List<String> options = new ArrayList<>(configuration);
        SimNode master = parent;
        if (master != null) {
            options.addAll(List.of("--replicaof", master.host, Integer.toString(PORT)));
        }
        return SettingsReading.read(options);
    }

    /** The position that the next start finds. */
    private @Nullable DumpHead saved(Settings settings) {
        return settings.appendonly.on()
                ? AofHead.read(disk, parent != null, settings.replBacklogSize.value())
                : DumpHead.read(disk.contents(DUMP));
    }

    /** Whether a start at this moment would find a position. */
    boolean isPositionKept() {
        return saved(settings()) != null;
    }

    private void exited(Life ended) {
        if (process == ended) {
            end(false);
            simulation.scheduler.note("world", name + " has ended");
            simulation.lives().exited(this);
        }
    }

    /** The process ends at once; {@code power}: and so does the machine. */
    void end(boolean power) {
        Life running = process;
        if (running == null) {
            return;
        }
        process = null;
        if (power) {
            simulation.network.dark(host, true);
            simulation.network.machineGone(running.transport);
            disk.losePower();
        } else {
            simulation.network.processGone(running.transport);
            disk.processGone();
        }
        running.transport.close();
        running.workers.close();
        running.server.replication().log().close();
        for (Memory memory : running.memories) {
            memory.close();
        }
    }

    /** An embedder closes the server, at this moment; it has to leave its files in order. */
    void close() {
        Life running = process;
        if (running == null) {
            return;
        }
        process = null;
        running.loop.within(running.server::close);
        simulation.network.processGone(running.transport);
        disk.processGone();
        for (Memory memory : running.memories) {
            if (memory.reservedBytes() != 0) {
                throw new Divergence(
                        name + " was closed and keeps " + memory.reservedBytes() + " bytes of native memory");
            }
        }
    }
}
