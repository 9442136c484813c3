// SPDX-License-Identifier: Apache-2.0
package dev.understudy.simulation;

import dev.understudy.wire.CommandEncoder;
import dev.understudy.wire.Value;
import java.util.ArrayDeque;
import java.util.SplittableRandom;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** The only client that writes to a node: some writes in one piece, then nothing until all of them are answered. */
final class UnitWriter {
    private static final int BATCH_MAX = 10;

    private final Simulation simulation;
    private final SimNode node;
    private final Timeline timeline;
    private final Consumer<UnitWriter> acknowledged;
    private final SplittableRandom random;
    private final UnitWorkload workload;
    private final SimClient client;
    private final CommandEncoder out = new CommandEncoder();
    private final ArrayDeque<Expected> replies = new ArrayDeque<>();
    private final long pauseNanosMax;
    private int database;
    private boolean refused;
    private boolean stopped;

    /** A reply to come: the last or another one of a write, or one that somebody else waits for. */
    private record Expected(
            @Nullable WriteUnit unit,
            boolean last,
            @Nullable Consumer<Value> listener) {}

    /** @param acknowledged told after each reply to a write that was executed */
    UnitWriter(Simulation simulation, SimNode node, Timeline timeline, Consumer<UnitWriter> acknowledged) {
        this.simulation = simulation;
        this.node = node;
        this.timeline = timeline;
        this.acknowledged = acknowledged;
        this.random = simulation.scheduler.random();
        this.workload = new UnitWorkload(random.split());
        this.client = new SimClient(simulation, "units", "10.3.0.1", node.host);
        this.pauseNanosMax = (10 + random.nextInt(random.nextBoolean() ? 40 : 400)) * Scheduler.MILLIS;
        client.listener(this::heard);
        client.onLost(this::lost);
        next();
    }

    private void next() {
        simulation.scheduler.after(1 + random.nextLong(pauseNanosMax), "units", () -> {
            if (!stopped && isFree()) {
                write(1 + random.nextInt(BATCH_MAX));
            }
            next();
        });
    }

    /** Whether a request could be sent now. */
    boolean isFree() {
        return node.ready() != null
                && replies.isEmpty()
                && timeline.isSettled()
                && client.isConnected()
                && client.waiting() == 0;
    }

    boolean isBusy() {
        return !replies.isEmpty();
    }

    void stop(boolean nowStopped) {
        stopped = nowStopped;
    }

    /** Nothing will come any more from the server as it was. */
    void hangUp() {
        client.hangUp();
        lost();
    }

    private void lost() {
        replies.clear();
        database = 0;
        refused = false;
    }

    WriteUnit draw() {
        return workload.draw(timeline.expected());
    }

    private void write(int count) {
        out.clear();
        int requests = 0;
        for (int i = 0; i < count; i++) {
            WriteUnit unit = workload.draw(timeline.expected());
            if (unit.db() != database) {
                database = unit.db();
                out.command("SELECT", Integer.toString(database));
                replies.add(new Expected(null, true, null));
                requests++;
            }
            timeline.sent(unit);
            int own = unit.append(out);
            for (int k = 1; k <= own; k++) {
                replies.add(new Expected(unit, k == own, null));
            }
            requests += own;
        }
        client.send(out.array(), out.length(), requests);
    }

    /** Sends a request of another kind, if {@link #isFree}; returns whether it did. */
    boolean request(Consumer<Value> listener, String... words) {
        if (!isFree()) {
            return false;
        }
        out.clear();
        out.command(words);
        replies.add(new Expected(null, true, listener));
        client.send(out.array(), out.length(), 1);
        return true;
    }

    private void heard(Value reply) {
        Expected expected = replies.poll();
        if (expected == null) {
            throw new Divergence("a reply that nobody waits for: " + reply);
        }
        if (expected.listener() != null) {
            expected.listener().accept(reply);
        }
        WriteUnit unit = expected.unit();
        if (unit == null) {
            return;
        }
        refused |= reply instanceof Value.Failure;
        if (expected.last()) {
            boolean executed = !refused;
            refused = false;
            timeline.answered(unit, executed);
            if (executed) {
                acknowledged.accept(this);
            }
        }
    }
}
