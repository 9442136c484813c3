// SPDX-License-Identifier: Apache-2.0
package dev.understudy.simulation;

import dev.understudy.server.Shutdown;
import dev.understudy.server.transport.ConnectionHandler;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/** Makes things go wrong, at random moments, until it is told to stop. */
final class Chaos {
    private final Simulation simulation;
    private final Scheduler scheduler;
    private final SimNetwork network;
    private final SplittableRandom random;
    private final long meanNanos;
    /** Nobody ends, and no role changes but by failovers. */
    private final boolean gentle;

    private boolean stopped;

    Chaos(Simulation simulation) {
        this.simulation = simulation;
        this.scheduler = simulation.scheduler;
        this.network = simulation.network;
        this.random = scheduler.random();
        this.meanNanos = (200 + random.nextInt(1500)) * Scheduler.MILLIS;
        this.gentle = random.nextInt(5) == 0;
    }

    void start() {
        next();
    }

    boolean isGentle() {
        return gentle;
    }

    void stop() {
        stopped = true;
    }

    private void next() {
        scheduler.after(1 + random.nextLong(2 * meanNanos), "chaos", () -> {
            if (!stopped) {
                act(draw());
                next();
            }
        });
    }

    private Fault draw() {
        int total = 0;
        for (Fault fault : Fault.values()) {
            total += weight(fault);
        }
        int at = random.nextInt(total);
        for (Fault fault : Fault.values()) {
            at -= weight(fault);
            if (at < 0) {
                return fault;
            }
        }
        throw new IllegalStateException("no fault drawn");
    }

    private int weight(Fault fault) {
        return gentle && !fault.isGentle() ? 0 : fault.weight;
    }

    private void act(Fault fault) {
        SimNode node = simulation.nodes.get(random.nextInt(simulation.nodes.size()));
        switch (fault) {
            case CUT, HALF_OPEN, STALL, SLOW_READER -> {
                SimConnection connection = connection();
                if (connection != null) {
                    happens(fault, connection.localAddress() + " - " + connection.peerAddress());
                    hurt(fault, connection);
                }
            }
            case PARTITION -> partition(node);
            case FREEZE -> {
                SimNode.Life running = node.process();
                if (running != null) {
                    happens(fault, node.name);
                    running.loop.freeze(nanos(12_000));
                }
            }
            case CRASH, POWER_LOSS -> {
                if (node.isUp()) {
                    happens(fault, node.name);
                    node.end(fault == Fault.POWER_LOSS);
                    restartLater(node);
                }
            }
            case SHUTDOWN -> shutDown(node);
            case PROMOTION -> {
                if (node.parent() != null) {
                    happens(fault, node.name);
                    node.parent(null);
                }
            }
            case REPARENTING -> reparent(node);
            case CLOCK_JUMP -> {
                happens(fault, node.name);
                node.clock.jump(random.nextLong(-20_000, 20_000));
            }
            case DISK_FAULT -> failDisk(node);
            case DISK_FULL -> fillDisk(node);
            case FAILOVER -> failOver(node);
            case SAVE -> save(node);
            case LOST_DUMP, RESTART, HEAP_EXHAUSTION -> throw new IllegalStateException("never drawn: " + fault);
            default -> actInside(fault, node);
        }
    }

    private void happens(Fault fault, String what) {
        simulation.counters.count(fault);
        scheduler.note("chaos", fault + " " + what);
    }

    /** Mostly short, sometimes as long as {@code millisMax}. */
    private long nanos(int millisMax) {
        return (1 + random.nextInt(random.nextInt(3) == 0 ? millisMax : millisMax / 20)) * Scheduler.MILLIS;
    }

    // ---- inside of processes

    /** Nodes whose process is not there are left alone. */
    private void actInside(Fault fault, SimNode node) {
        SimNode.Life running = node.process();
        if (running == null) {
            return;
        }
        switch (fault) {
            case HANDLER_FAULT -> arm(node, Sabotage.Place.HANDLER, 20);
            case LATE_HANDLER_FAULT -> arm(node, Sabotage.Place.LATE_HANDLER, 20);
            case PROPAGATION_FAULT -> {
                boolean late = random.nextBoolean();
                arm(node, late ? Sabotage.Place.LATE_PROPAGATION : Sabotage.Place.PROPAGATION, late ? 20 : 5);
            }
            case NATIVE_EXHAUSTION -> {
                boolean data = random.nextInt(3) > 0;
                arm(node, data ? Sabotage.Place.DATA_MEMORY : Sabotage.Place.STREAM_MEMORY, data ? 40 : 3);
            }
            case WORK_FAULT -> arm(node, Sabotage.Place.WORK, 2);
            case CALLBACK_FAULT -> arm(node, Sabotage.Place.CALLBACK, 2);
            case WORK_REFUSAL -> arm(node, Sabotage.Place.REFUSED_WORK, 2);
            case WRITE_FAULT -> arm(node, Sabotage.Place.WRITE, 10);
            case SHORT_WRITE -> {
                happens(fault, node.name);
                running.transport.shortWrites(1 + random.nextInt(40));
            }
            case CLOSE -> {
                happens(fault, node.name);
                node.close();
                restartLater(node);
            }
            default -> throw new IllegalStateException("not inside of a process: " + fault);
        }
    }

    /** Counted when it strikes. */
    private void arm(SimNode node, Sabotage.Place place, int waitMax) {
        SimNode.Life running = node.process();
        if (running != null) {
            scheduler.note("chaos", "arms " + place.word() + " in " + node.name);
            running.sabotage.arm(place, random.nextInt(waitMax));
        }
    }

    void struck(SimNode node, Sabotage.Place place, Throwable thrown) {
        Fault fault = switch (place) {
            case HANDLER -> Fault.HANDLER_FAULT;
            case LATE_HANDLER -> Fault.LATE_HANDLER_FAULT;
            case PROPAGATION, LATE_PROPAGATION -> Fault.PROPAGATION_FAULT;
            case STREAM_MEMORY, DATA_MEMORY -> Fault.NATIVE_EXHAUSTION;
            case WORK -> Fault.WORK_FAULT;
            case CALLBACK -> Fault.CALLBACK_FAULT;
            case REFUSED_WORK -> Fault.WORK_REFUSAL;
            case WRITE -> Fault.WRITE_FAULT;
        };
        happens(fault, node.name);
        if (fault != Fault.NATIVE_EXHAUSTION && thrown instanceof OutOfMemoryError) {
            simulation.counters.count(Fault.HEAP_EXHAUSTION);
        }
    }

    // ---- network

    /** Mostly one of the replication's. */
    private @Nullable SimConnection connection() {
        boolean any = random.nextInt(10) == 0;
        List<SimConnection> found = network.alive(connection -> !connection.outgoing.isDead()
                && !connection.outgoing.isFinished()
                && !connection.isLocal()
                && (any || simulation.isNode(connection.localHost())));
        return found.isEmpty() ? null : found.get(random.nextInt(found.size()));
    }

    private void hurt(Fault fault, SimConnection connection) {
        Wire there = connection.outgoing;
        Wire back = connection.peer().outgoing;
        switch (fault) {
            case CUT -> {
                there.reset();
                back.reset();
                // One side may learn of it much later than the other one.
                if (random.nextInt(3) == 0) {
                    (random.nextBoolean() ? there : back).stall(nanos(3_000));
                }
            }
            case HALF_OPEN -> {
                there.die();
                back.die();
                if (random.nextBoolean()) {
                    SimConnection told = random.nextBoolean() ? connection : connection.peer();
                    told.ended(ConnectionHandler.Cause.FAILURE, SimNetwork.TIMED_OUT);
                }
            }
            case STALL -> {
                if (random.nextBoolean()) {
                    there.stall(nanos(15_000));
                }
                back.stall(nanos(15_000));
            }
            default -> back.limit(200L << random.nextInt(12));
        }
    }

    private void partition(SimNode node) {
        SimNode other = simulation.nodes.get(random.nextInt(simulation.nodes.size()));
        if (other == node) {
            return;
        }
        happens(Fault.PARTITION, node.name + " - " + other.name);
        long nanos = nanos(20_000);
        network.block(node.host, other.host, nanos);
        if (random.nextInt(4) > 0) {
            network.block(other.host, node.host, nanos);
        }
    }

    // ---- processes

    private void restartLater(SimNode node) {
        scheduler.after(nanos(8_000), "restart", () -> {
            if (node.isUp()) {
                return;
            }
            if (random.nextInt(4) == 0) {
                happens(Fault.LOST_DUMP, node.name);
                node.disk.lose();
            }
            happens(Fault.RESTART, node.name);
            node.start();
        });
    }

    /** A node whose process has ended by itself is started again. */
    void exited(SimNode node) {
        restartLater(node);
    }

    private void shutDown(SimNode node) {
        SimNode.Life running = node.ready();
        if (running == null) {
            return;
        }
        happens(Fault.SHUTDOWN, node.name);
        Boolean save = random.nextInt(3) == 0 ? null : Boolean.valueOf(random.nextInt(3) > 0);
        var options = new Shutdown.Options(save, random.nextBoolean(), random.nextBoolean());
        running.loop.execute(() -> {
            if (running.isReady() && running.server.shutdown().request(options, null) == null) {
                running.leaving();
            }
        });
        scheduler.after(8 * Scheduler.SECONDS, "kill", () -> {
            if (node.process() == running && !running.isReady()) {
                node.end(false);
                restartLater(node);
            }
        });
    }

    // ---- roles

    private void reparent(SimNode node) {
        List<SimNode> choices = new ArrayList<>();
        for (SimNode other : simulation.nodes) {
            if (!node.isAbove(other) && other != node.parent()) {
                choices.add(other);
            }
        }
        if (!choices.isEmpty() && (node.parent() != null || simulation.masters() > 1)) {
            SimNode chosen = choices.get(random.nextInt(choices.size()));
            happens(Fault.REPARENTING, node.name + " under " + chosen.name);
            node.parent(chosen);
        }
    }

    /** FAILOVER by command, of whatever kind; sometimes to a replica that is not one, and sometimes it is taken back. */
    private void failOver(SimNode node) {
        SimNode.Life running = node.ready();
        if (running == null || node.parent() != null) {
            return;
        }
        List<String> words = new ArrayList<>(List.of("FAILOVER"));
        if (random.nextInt(3) > 0) {
            SimNode other = simulation.nodes.get(random.nextInt(simulation.nodes.size()));
            words.addAll(List.of("TO", other.host, Integer.toString(SimNode.PORT)));
        }
        if (words.size() > 1 && !gentle && random.nextInt(3) == 0) {
            words.addAll(List.of("FORCE", "TIMEOUT", Integer.toString(1 + random.nextInt(2_000))));
        } else if (random.nextBoolean()) {
            words.addAll(List.of("TIMEOUT", Integer.toString(1 + random.nextInt(8_000))));
        }
        if (simulation.request(node, words.toArray(String[]::new))) {
            happens(Fault.FAILOVER, node.name + " " + words);
            if (random.nextInt(6) == 0) {
                scheduler.after(nanos(2_000), "abort", () -> simulation.request(node, "FAILOVER", "ABORT"));
            }
        }
    }

    // ---- disks

    /** No byte more can be written; what is there can be read. */
    private void fillDisk(SimNode node) {
        happens(Fault.DISK_FULL, node.name);
        node.disk.full(true);
        scheduler.after(nanos(12_000), "disk", () -> node.disk.full(false));
    }

    private void failDisk(SimNode node) {
        happens(Fault.DISK_FAULT, node.name);
        node.disk.fail(1 + random.nextInt(30), random.nextBoolean() ? "No space left on device" : "Input/output error");
        scheduler.after(nanos(5_000), "disk", () -> node.disk.fail(0, ""));
    }

    private void save(SimNode node) {
        SimNode.Life running = node.ready();
        if (running == null) {
            return;
        }
        happens(Fault.SAVE, node.name);
        boolean onLoop = random.nextInt(3) == 0;
        running.loop.execute(() -> {
            if (running.server.persistence().isLoading()) {
                return;
            }
            if (onLoop && !running.server.persistence().saver().isRunning()) {
                running.server.persistence().saver().saveNow();
            } else {
                running.server.persistence().saver().schedule();
            }
        });
    }
}
