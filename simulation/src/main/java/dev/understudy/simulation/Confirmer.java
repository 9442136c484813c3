// SPDX-License-Identifier: Apache-2.0
package dev.understudy.simulation;

import dev.understudy.server.ReplicaPeer;
import dev.understudy.server.aof.AppendOnly;
import dev.understudy.wire.CommandEncoder;
import dev.understudy.wire.Value;
import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

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
    /** The process that the key was written to, and whether all the time since it has had a stream, and an append only file of which writes are in at once. */
    private SimNode.@Nullable Life process;

    private boolean streamed;
    private boolean filed;

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
        SimNode.Life running = node.process();
        process = running;
        streamed = running != null && running.server.replication().log().isWanted();
        filed = running != null && isFiledAtOnce(running);
        out.clear();
        out.command("SELECT", Confirmations.DATABASE).command("SET", key, "made");
        out.command("WAIT", Integer.toString(1 + random.nextInt(3)), Integer.toString(1 + random.nextInt(1_500)));
        client.send(out.array(), out.length(), REQUESTS);
    }

    private void heard(Value reply) {
        refused |= reply instanceof Value.Failure;
        replies++;
        if (replies == 2 && !refused) {
            acknowledged();
        }
        if (replies == REQUESTS && !refused && reply instanceof Value.Int(long replicas)) {
            String written = key;
            key = "";
            look();
            simulation.confirmations.ended(written, node.name, replicas, twice);
        }
    }

    /** What was answered with +OK is in the stream and in the append only file, unless the process has ended since. */
    private void acknowledged() {
        look();
        if (streamed) {
            simulation.confirmations.streamed(key, node.name);
        }
        if (filed && !isInFile(key)) {
            throw new Divergence(
                    node.name + " has answered the write of " + key + ", and its append only file has not got it");
        }
    }

    private boolean isInFile(String wanted) {
        for (String name : node.disk.list(CrashPlace.AOF_DIRECTORY)) {
            byte[] bytes = node.disk.contents(CrashPlace.AOF_DIRECTORY + "/" + name);
            if (bytes != null && new String(bytes, StandardCharsets.ISO_8859_1).contains(wanted)) {
                return true;
            }
        }
        return false;
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
        SimNode.Life running = node.process();
        if (running == null || running != process) {
            streamed = false;
            filed = false;
        } else if (isBusy()) {
            streamed &= running.server.replication().log().isWanted();
            filed &= isFiledAtOnce(running);
        }
        twice |= !twice && isBusy() && isAnyThereTwice();
    }

    /** With everysec a write may be put off while a sync is under way. */
    private boolean isFiledAtOnce(SimNode.Life running) {
        return running.server.appendOnly().state() == AppendOnly.State.ON
                && !running.server.settings().appendfsync.value().equals("everysec")
                && node.disk.failures() == 0;
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
