// SPDX-License-Identifier: Apache-2.0
package dev.understudy.simulation;

import dev.understudy.server.ReplicaPeer;
import dev.understudy.wire.CommandEncoder;
import dev.understudy.wire.Value;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;

/** A client of one node that writes a key now and then while the node is a master, and waits until replicas have it. */
final class Confirmer {
    private static final int REQUESTS = 3;
    private static final int PAUSE_MILLIS_MAX = 3_000;

    private final Simulation simulation;
    private final SimNode node;
    private final SplittableRandom random;
    private final SimClient client;
    private final CommandEncoder out = new CommandEncoder();
    private String key = "";
    private int replies;
    private boolean refused;
    private boolean stopped;
    /** Whether some replica had two links to the master since the write. */
    private boolean twice;

    Confirmer(Simulation simulation, SimNode node) {
        this.simulation = simulation;
        this.node = node;
        this.random = simulation.scheduler.random();
        this.client = new SimClient(simulation, "waiter-" + node.name, "10.2.0." + node.name.substring(1), node.host);
        client.listener(this::heard);
    }

    void start() {
        simulation.scheduler.after(1 + random.nextInt(PAUSE_MILLIS_MAX) * Scheduler.MILLIS, "waiter", () -> {
            client.giveUpIfSilent();
            if (!isBusy()) {
                forget();
                if (!stopped && node.ready() != null && node.parent() == null && client.isConnected()) {
                    write();
                }
            }
            start();
        });
    }

    void stop() {
        stopped = true;
    }

    boolean isBusy() {
        return client.waiting() > 0;
    }

    private void write() {
        key = simulation.confirmations.begin();
        replies = 0;
        refused = false;
        twice = false;
        out.clear();
        out.command("SELECT", Confirmations.DATABASE).command("SET", key, "made");
        out.command("WAIT", Integer.toString(1 + random.nextInt(3)), Integer.toString(1 + random.nextInt(1_500)));
        client.send(out.array(), out.length(), REQUESTS);
    }

    private void heard(Value reply) {
        refused |= reply instanceof Value.Failure;
        replies++;
        if (replies == REQUESTS && !refused && reply instanceof Value.Int(long replicas)) {
            String written = key;
            key = "";
            look();
            simulation.confirmations.ended(written, node.name, replicas, twice);
        }
    }

    /** The connection was lost, or the write refused. */
    private void forget() {
        if (!key.isEmpty()) {
            key = "";
            simulation.confirmations.ended("", node.name, 0, false);
        }
    }

    /** After each iteration of the master: a replica may have two links to it, one of which is half-open, and Redis counts both. */
    void look() {
        twice |= !twice && isBusy() && isAnyThereTwice();
    }

    private boolean isAnyThereTwice() {
        SimNode.Life running = node.process();
        if (running == null) {
            return true;
        }
        List<ReplicaPeer> peers = running.server.replication().replicas().all();
        Set<String> hosts = new HashSet<>();
        peers.forEach(peer -> hosts.add(peer.session().name()));
        return hosts.size() < peers.size();
    }
}
