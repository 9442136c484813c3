// SPDX-License-Identifier: Apache-2.0
package dev.understudy.simulation;

import dev.understudy.server.BackgroundSave;
import dev.understudy.server.Replication;
import dev.understudy.wire.CommandEncoder;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/** The user of one node: a client that writes while the node is meant to be a master, and an operator beside the server. */
final class Writer {
    /** Database and key of the last write of a run. */
    static final String MARK = "3/the mark";

    private static final int WAITING_MAX = 300;
    private static final long FAILOVER_NANOS_MAX = 30 * Scheduler.SECONDS;

    private final Simulation simulation;
    private final SimNode node;
    private final SplittableRandom random;
    private final SimClient client;
    private final SimClient operator;
    private final CommandEncoder out = new CommandEncoder();
    private final long pauseNanosMax;
    private @Nullable Workload workload;
    private boolean stopped;
    private boolean marking;
    /** Replies that the operator has got when the mark is made; 0 until it was sent. */
    private long markedAtReplies;

    private long errorsBefore;
    private boolean refused;

    Writer(Simulation simulation, SimNode node) {
        this.simulation = simulation;
        this.node = node;
        this.random = simulation.scheduler.random();
        String number = node.name.substring(1);
        this.client = new SimClient(simulation, "client" + number, "10.1.0." + number, node.host);
        this.operator = new SimClient(simulation, "operator" + number, node.host, node.host);
        this.pauseNanosMax = (random.nextInt(10) == 0 ? 10 : 40 + random.nextInt(360)) * Scheduler.MILLIS;
    }

    SimClient client() {
        return client;
    }

    void start() {
        simulation.scheduler.after(random.nextLong(pauseNanosMax), "client", () -> {
            if (!stopped) {
                write();
                start();
            }
        });
    }

    void stop() {
        stopped = true;
    }

    private void write() {
        SimNode.Life running = node.ready();
        boolean wanted = node.parent() == null || random.nextInt(30) == 0;
        if (running == null || !wanted || !client.isConnected() || client.waiting() > WAITING_MAX) {
            return;
        }
        Workload mine = workload;
        if (mine == null) {
            mine = new Workload(random.split(), running.server.table());
            workload = mine;
        }
        out.clear();
        int requests = mine.append(out, 1 + random.nextInt(12));
        client.send(out.array(), out.length(), requests);
    }

    /** Writes one more key as soon as there is a connection. */
    void mark() {
        marking = true;
    }

    /** Has the operator send a request; there has to be a connection, or there will be one for the next request. */
    boolean request(String... words) {
        if (!operator.isConnected()) {
            return false;
        }
        out.clear();
        out.command(words);
        operator.send(out.array(), out.length(), 1);
        return true;
    }

    /** Whether a request is on its way, or to come. */
    boolean isBusy() {
        return marking || client.waiting() > 0 || operator.waiting() > 0;
    }

    /** Four times a second: tells the server whom to follow, if it does not know. */
    void steer() {
        SimNode.Life running = node.ready();
        client.giveUpIfSilent();
        operator.giveUpIfSilent();
        judgeMark();
        if (running == null) {
            return;
        }
        Replication replication = running.server.replication();
        if (replication.failover().isActive()) {
            // One that waits for a replica which has gone elsewhere waits for ever.
            if (simulation.healedNanos() > FAILOVER_NANOS_MAX && operator.waiting() == 0) {
                request("FAILOVER", "ABORT");
            }
            return;
        }
        if (simulation.healedNanos() > 0 && isStoppedByAFailedSave(running) && request("BGSAVE")) {
            return;
        }
        SimNode master = node.parent();
        boolean right = replication.masterHost().equals(master == null ? "" : master.host);
        if (right && !marking || !operator.isConnected() || operator.waiting() > 0) {
            return;
        }
        out.clear();
        if (!right) {
            out.command("REPLICAOF", master == null ? "NO" : master.host, master == null ? "ONE" : "" + SimNode.PORT);
            operator.send(out.array(), out.length(), 1);
        } else if (refused) {
            // A save that failed is in the way of writes until another one works.
            refused = false;
            out.command("BGSAVE");
            operator.send(out.array(), out.length(), 1);
        } else {
            markedAtReplies = operator.replies() + 2;
            errorsBefore = operator.errors();
            out.command("SELECT", "3").command("SET", "the mark", "made");
            operator.send(out.array(), out.length(), 2);
        }
    }

    /** A save that failed is in the way of writes, and of a replica's PING, until another one works. */
    private boolean isStoppedByAFailedSave(SimNode.Life running) {
        BackgroundSave saver = running.server.persistence().saver();
        return !saver.lastOk() && !saver.isRunning() && operator.waiting() == 0;
    }

    /** Whether the mark has been made, as far as the replies say. */
    private void judgeMark() {
        if (marking && markedAtReplies > 0 && operator.replies() >= markedAtReplies) {
            refused = operator.errors() > errorsBefore;
            marking = refused;
            markedAtReplies = 0;
        }
    }
}
