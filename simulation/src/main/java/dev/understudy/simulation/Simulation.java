// SPDX-License-Identifier: Apache-2.0
package dev.understudy.simulation;

import dev.understudy.replication.StreamLog;
import dev.understudy.server.ReplicaPeer;
import dev.understudy.server.Replication;
import dev.understudy.server.Server;
import dev.understudy.store.memory.Dict;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/**
 * One run: some servers in a tree, clients that write to the masters, and faults; then all is healed, and within a bounded time every
 * replica has to be connected and to have the very data of its master. Everything follows from the seed.
 */
final class Simulation {
    private static final int NODES_MAX = 5;
    private static final long CONVERGENCE_NANOS_MAX = 240 * Scheduler.SECONDS;
    private static final int EVENTS_PER_COMPARISON = 4_000;
    /** What one iteration may add before limits are looked at. */
    private static final long BUFFER_SLACK_BYTES = 4L << 20;

    final Scheduler scheduler;
    final SimNetwork network;
    final List<SimNode> nodes = new ArrayList<>();
    final Counters counters = new Counters();
    private final long seed;
    private final SplittableRandom random;
    final Oracle oracle = new Oracle();
    final Confirmations confirmations = new Confirmations(oracle);
    private final List<Writer> writers = new ArrayList<>();
    private final List<Confirmer> confirmers = new ArrayList<>();
    private final Chaos chaos;
    private final Planting planting;
    private boolean healed;
    private long healedAtNanos;
    private Lives lives;

    /**
     * How a run went.
     *
     * @param planted whether the bug planted was met
     */
    record Result(long traceHash, Counters counters, boolean planted) {}

    private Simulation(long seed, boolean printing, Plant plant) {
        // The hash of keys is the same for all servers of a JVM; the order of keys in tables follows from it.
        Dict.seed(1);
        this.seed = seed;
        this.scheduler = new Scheduler(seed, printing);
        this.network = new SimNetwork(scheduler);
        this.random = scheduler.random();
        this.chaos = new Chaos(this);
        this.planting = new Planting(this, plant);
        this.lives = new TreeLives(this, chaos);
    }

    private void drawNodes() {
        int count = 2 + random.nextInt(NODES_MAX - 1);
        boolean checksMemory = random.nextInt(16) == 0;
        for (int i = 1; i <= count; i++) {
            add(Configuration.draw(random), checksMemory);
        }
        for (int i = 1; i < count; i++) {
            nodes.get(i).parent(nodes.get(random.nextBoolean() ? i - 1 : random.nextInt(i)));
        }
    }

    private void add(List<String> configuration, boolean checksMemory) {
        SimNode node = new SimNode(this, nodes.size() + 1, configuration, checksMemory);
        nodes.add(node);
        writers.add(new Writer(this, node));
        confirmers.add(new Confirmer(this, node));
    }

    /** Without nodes, for somebody who adds them and decides what becomes of them. */
    static Simulation led(long seed, boolean printing) {
        return new Simulation(seed, printing, Plant.NONE);
    }

    Planting planting() {
        return planting;
    }

    /** Who hears how processes begin and end. */
    Lives lives() {
        return lives;
    }

    /** Adds a node that is not started. */
    SimNode add(List<String> configuration) {
        add(configuration, false);
        return nodes.getLast();
    }

    /** Has {@code leader} hear of lives, and begins to make the servers what they are meant to be. */
    void led(Lives leader) {
        lives = leader;
        scheduler.after(0, "steering", this::steer);
    }

    /** A master with one replica, to be told what happens; no fault comes by itself. */
    static Simulation scripted(List<String> master, List<String> replica) {
        Simulation simulation = staged(master, replica, true);
        simulation.nodes.getLast().start();
        return simulation;
    }

    /** As {@link #scripted}, with the replica still to be started. */
    static Simulation staged(List<String> master, List<String> replica, boolean checksMemory) {
        Simulation simulation = new Simulation(1, false, Plant.NONE);
        simulation.add(master, checksMemory);
        simulation.add(replica, checksMemory);
        simulation.nodes.getLast().parent(simulation.nodes.getFirst());
        simulation.nodes.getFirst().start();
        simulation.scheduler.after(0, "steering", simulation::steer);
        return simulation;
    }

    /** @throws Divergence with seed, the end of the logs and how to run it again, if an invariant does not hold */
    static Result run(long seed, boolean printing, Plant plant) {
        Simulation simulation = new Simulation(seed, printing, plant);
        simulation.drawNodes();
        try {
            simulation.play();
            return simulation.result();
        } catch (Divergence found) {
            throw new Divergence(simulation.report(String.valueOf(found.getMessage())));
        } finally {
            simulation.close();
        }
    }

    /** Ends all processes and gives their memory back. */
    void close() {
        nodes.forEach(node -> node.end(false));
    }

    /** {@code found}, with the end of all logs. */
    String report(String found) {
        StringBuilder out = new StringBuilder("Seed " + seed + ": " + found);
        out.append(String.format(
                java.util.Locale.ROOT,
                "%nat %.6f virtual seconds, event %d",
                scheduler.nowNanos() / 1e9,
                scheduler.count()));
        out.append("\nTo see it again: dev/simulate ")
                .append(lives.option(seed))
                .append(" --trace");
        for (SimNode node : nodes) {
            out.append("\n--- the log of ").append(node.name).append(" ends:\n").append(node.log.tail());
        }
        return out.toString();
    }

    private Result result() {
        counters.seeds = 1;
        counters.events = scheduler.count();
        counters.bytes = network.bytes();
        counters.comparedBytes = oracle.comparedBytes();
        counters.virtualNanos = scheduler.nowNanos();
        for (Oracle.Reason reason : Oracle.Reason.values()) {
            counters.reasons[reason.ordinal()] = oracle.of(reason);
        }
        for (SimNode node : nodes) {
            counters.fullSyncs += node.log.fullSyncs();
            counters.partialSyncs += node.log.partialSyncs();
        }
        for (Writer writer : writers) {
            counters.commands += writer.client().replies();
        }
        scheduler.note(counters.keys);
        return new Result(scheduler.traceHash(), counters, planting.isDone());
    }

    // ---- the play

    private void play() {
        nodes.forEach(SimNode::start);
        writers.forEach(Writer::start);
        confirmers.forEach(Confirmer::start);
        scheduler.after(0, "steering", this::steer);
        runFor((1 + random.nextInt(4)) * Scheduler.SECONDS);
        chaos.start();
        runFor((8 + random.nextInt(25)) * Scheduler.SECONDS);
        heal();
        converge();
        mark();
        converge();
        compareEnd();
    }

    void runFor(long nanos) {
        long untilNanos = scheduler.nowNanos() + nanos;
        while (scheduler.nowNanos() < untilNanos) {
            step();
        }
    }

    private void step() {
        if (!stepUnlessCrashed()) {
            throw new Divergence("nothing will ever happen again");
        }
        if (scheduler.count() % EVENTS_PER_COMPARISON == 0) {
            compareEqualPositions();
        }
    }

    private boolean stepUnlessCrashed() {
        boolean more = true;
        try {
            more = scheduler.step();
        } catch (SimDisk.Crash crash) {
            scheduler.note("world", String.valueOf(crash.getMessage()));
        }
        for (SimNode node : nodes) {
            if (node.disk.isDead()) {
                lives.crashed(node);
            }
        }
        return more;
    }

    /** Ends all faults; one master stays. */
    private void heal() {
        scheduler.note("world", "heals");
        healed = true;
        healedAtNanos = scheduler.nowNanos();
        chaos.stop();
        network.heal();
        writers.forEach(Writer::stop);
        confirmers.forEach(Confirmer::stop);
        List<SimNode> masters = new ArrayList<>();
        for (SimNode node : nodes) {
            SimNode.Life running = node.process();
            if (running != null) {
                running.sabotage.disarm();
            }
            node.disk.fail(0, "");
            node.disk.full(false);
            node.clock.settle();
            if (!node.isUp()) {
                node.start();
            }
            if (node.parent() == null) {
                masters.add(node);
            }
        }
        for (int i = 1; i < masters.size(); i++) {
            masters.get(i).parent(masters.getFirst());
        }
    }

    /** Has the operator of {@code node} send a request; false if there is no connection. */
    boolean request(SimNode node, String... words) {
        return writers.get(nodes.indexOf(node)).request(words);
    }

    private SimNode root() {
        for (SimNode node : nodes) {
            if (node.parent() == null) {
                return node;
            }
        }
        throw new IllegalStateException("a tree without root");
    }

    /** Waits until all have the same position, which has to come. */
    void converge() {
        long untilNanos = scheduler.nowNanos() + CONVERGENCE_NANOS_MAX;
        while (!isConverged()) {
            if (scheduler.nowNanos() > untilNanos) {
                throw new Divergence("not in sync " + CONVERGENCE_NANOS_MAX / Scheduler.SECONDS
                        + " s after all was healed: " + positions());
            }
            step();
        }
    }

    private boolean isConverged() {
        SimNode.Life master = root().ready();
        if (master == null) {
            return false;
        }
        Replication first = master.server.replication();
        for (SimNode node : nodes) {
            SimNode.Life running = node.ready();
            if (running == null
                    || !running.watch.isAt(first.history(), first.log().end())) {
                return false;
            }
            Replication replication = running.server.replication();
            SimNode parent = node.parent();
            boolean follows = parent == null
                    ? !replication.isReplica()
                    : replication.isLinkUp() && replication.masterHost().equals(parent.host);
            if (!follows || replication.failover().isActive() || writerWaits(node)) {
                return false;
            }
        }
        return true;
    }

    private boolean writerWaits(SimNode node) {
        int number = nodes.indexOf(node);
        return writers.get(number).isBusy() || confirmers.get(number).isBusy();
    }

    private String positions() {
        StringBuilder out = new StringBuilder();
        for (SimNode node : nodes) {
            SimNode.Life running = node.process();
            SimNode parent = node.parent();
            out.append("\n  ")
                    .append(node.name)
                    .append(parent == null ? " master" : " under " + parent.name)
                    .append(": ");
            if (running == null) {
                out.append("down");
            } else {
                Replication replication = running.server.replication();
                out.append(replication.position())
                        .append(' ')
                        .append(replication.master().link().state());
                out.append(running.isReady() ? "" : " not ready");
            }
        }
        return out.toString();
    }

    /** One more write, to see that the stream flows to everyone. */
    private void mark() {
        writers.get(nodes.indexOf(root())).mark();
    }

    // ---- steering

    /** Makes the servers what they are meant to be, again and again, since commands may be lost. */
    private void steer() {
        for (Writer writer : writers) {
            writer.steer();
        }
        scheduler.after(250 * Scheduler.MILLIS, "steering", this::steer);
    }

    boolean isHealed() {
        return healed;
    }

    /** For how long there has been no fault, 0 while there are. */
    long healedNanos() {
        return healed ? scheduler.nowNanos() - healedAtNanos : 0;
    }

    int masters() {
        int count = 0;
        for (SimNode node : nodes) {
            count += node.parent() == null ? 1 : 0;
        }
        return count;
    }

    boolean isNode(String host) {
        return node(host) != null;
    }

    /** The node at an address, null if it is another host's. */
    @Nullable
    SimNode node(String host) {
        for (SimNode node : nodes) {
            if (node.host.equals(host)) {
                return node;
            }
        }
        return null;
    }

    // ---- invariants

    /** After each iteration of a server. */
    void afterIteration(SimNode node, SimNode.Life process) {
        Sabotage.Outcome expected = process.sabotage.expected();
        if (expected != null) {
            throw new Divergence(node.name + " goes on as if nothing had been, where " + expected
                    + " was the right outcome of " + process.sabotage.where());
        }
        if (!node.log.broken().isEmpty()) {
            throw new Divergence(node.log.broken());
        }
        if (!process.hasStarted()) {
            return;
        }
        Server server = process.server;
        Replication replication = server.replication();
        planting.iterated(replication, process.watch.history());
        process.watch.look(replication, node.log.fullSyncs(), node.log.partialSyncs(), scheduler.nowNanos());
        confirmers.get(nodes.indexOf(node)).look();
        StreamLog log = replication.log();
        counters.spilledBytes = Math.max(counters.spilledBytes, log.spilledBytes());
        List<ReplicaPeer> peers = replication.replicas().all();
        for (ReplicaPeer peer : peers) {
            if (peer.session().ackedOffset() > log.end()) {
                throw new Divergence(node.name + ": " + peer.session().name() + " has acknowledged "
                        + peer.session().ackedOffset() + " of " + log.end() + " bytes");
            }
        }
        long limit = server.settings()
                .outputLimit(dev.understudy.server.settings.OutputLimit.REPLICA)
                .hardBytes();
        if (limit > 0
                && log.memoryBytes()
                        > log.backlogBytesMax() + Math.max(limit, log.backlogBytesMax()) + BUFFER_SLACK_BYTES) {
            throw new Divergence(node.name + ": the stream log takes " + log.memoryBytes()
                    + " bytes, with a backlog of " + log.backlogBytesMax() + " and a limit of " + limit);
        }
    }

    /** Whoever is at the same offset of the same history has the same data. */
    private void compareEqualPositions() {
        Map<String, SimNode> seen = new LinkedHashMap<>();
        Map<String, Contents> contents = new LinkedHashMap<>();
        for (SimNode node : nodes) {
            SimNode.Life running = node.ready();
            if (running == null || !isSettled(running.server)) {
                continue;
            }
            String position = running.server.replication().position().toString();
            SimNode first = seen.putIfAbsent(position, node);
            if (first != null) {
                Contents known = contents.computeIfAbsent(position, _ -> contents(first));
                compare(first, known, node, position);
            }
        }
    }

    private static boolean isSettled(Server server) {
        Replication replication = server.replication();
        boolean known = replication.isReplica()
                ? replication.isLinkUp()
                : replication.log().isBacklogActive();
        return known
                && !server.persistence().isLoading()
                && !server.persistence().isAsyncLoading();
    }

    private Contents contents(SimNode node) {
        SimNode.Life running = node.ready();
        if (running == null) {
            throw new IllegalStateException(node.name + " is not there");
        }
        return Contents.of(running.server.engine().data(), counters.of(Fault.CLOCK_JUMP) == 0);
    }

    private void compare(SimNode first, Contents known, SimNode other, String position) {
        counters.comparisons++;
        String difference = known.difference(contents(other));
        if (!difference.isEmpty()) {
            throw new Divergence(
                    other.name + " has other data than " + first.name + " at " + position + ":" + difference);
        }
    }

    /** Compares the data of all with the root's, which it returns. */
    Contents compareAll() {
        SimNode root = root();
        Contents known = contents(root);
        for (SimNode node : nodes) {
            compare(root, known, node, "the end");
        }
        return known;
    }

    private void compareEnd() {
        Contents known = compareAll();
        if (!known.contains(Writer.MARK)) {
            throw new Divergence("the last write is missing");
        }
        SimNode.Life root = java.util.Objects.requireNonNull(root().process());
        Replication replication = root.server.replication();
        boolean mayLose = !chaos.isGentle() || counters.of(Fault.RESTART) > 0 || lives.mayHaveLostWrites();
        confirmations.compare(
                known, replication.history().id().toString(), replication.log().end(), mayLose);
        counters.answered = confirmations.answered();
        counters.confirmed = confirmations.count();
        counters.confirmedLost = confirmations.lost();
        counters.keys = known.size();
        scheduler.note(known.digest());
    }
}
