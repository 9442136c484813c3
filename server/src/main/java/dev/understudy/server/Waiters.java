// SPDX-License-Identifier: Apache-2.0
package dev.understudy.server;

import dev.understudy.replication.ReplicaSession;
import dev.understudy.server.transport.LoopTasks;
import dev.understudy.wire.Reply;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Clients blocked in WAIT until enough replicas have applied what they wrote, or in WAITAOF until it is on enough disks. Owned by the command
 * loop.
 */
final class Waiters {
    /** The reply to who waits for our own AOF when there is none. */
    static final String NO_AOF = "ERR WAITAOF cannot be used when numlocal is set but appendonly is disabled.";

    /** What fits into nanoseconds: some centuries. */
    private static final long MILLIS_MAX = Long.MAX_VALUE / 1_000_000L;

    private final Server server;
    private final Replication replication;
    /** In the order in which they came; each leaves in constant time. */
    private final Set<Waiter> waiting = new LinkedHashSet<>();

    private boolean ackRequested;

    Waiters(Server server, Replication replication) {
        this.server = server;
        this.replication = replication;
    }

    /**
     * What is waited for.
     *
     * @param onDisk whether it has to be on disk, as WAITAOF asks
     * @param offset of the stream, up to which the client has written
     * @param local whether it has to be in our own AOF too
     * @param replicas how many of them have to have it
     */
    record Goal(boolean onDisk, long offset, boolean local, long replicas) {}

    private static final class Waiter {
        final Client client;
        final Goal goal;
        LoopTasks.@Nullable Timer timer;

        Waiter(Client client, Goal goal) {
            this.client = client;
            this.goal = goal;
        }
    }

    private int reached(Goal goal) {
        List<ReplicaSession> sessions = replication.replicas().sessions();
        return goal.onDisk
                ? ReplicaSession.countFsynced(sessions, goal.offset)
                : ReplicaSession.countAcked(sessions, goal.offset);
    }

    private boolean isLocal(Goal goal) {
        return server.appendOnly().fsyncedOffset() >= goal.offset;
    }

    boolean isReached(Goal goal) {
        return (!goal.local || isLocal(goal)) && reached(goal) >= goal.replicas;
    }

    /** Tells how far things are. */
    void reply(Goal goal, Reply reply) {
        if (goal.onDisk) {
            reply.array(2);
            reply.integer(isLocal(goal) ? 1 : 0);
        }
        reply.integer(reached(goal));
    }

    /** Blocks the client until the goal is reached, or the time is over (0: for ever). */
    void await(Client client, Goal goal, long timeoutMillis) {
        Waiter waiter = new Waiter(client, goal);
        waiting.add(waiter);
        ackRequested = true;
        client.block(() -> forget(waiter), () -> answer(waiter));
        if (timeoutMillis > 0) {
            waiter.timer = server.loop().schedule(Math.min(timeoutMillis, MILLIS_MAX) * 1_000_000L, () -> {
                waiter.timer = null;
                answer(waiter);
            });
        }
    }

    /** Whether replicas have to be asked for ACKs; asking clears it. */
    boolean takeAckRequest() {
        boolean asked = ackRequested;
        ackRequested = false;
        return asked;
    }

    /** A replica has acknowledged more, or our own AOF got further, or there is none any more. */
    void acknowledged() {
        for (Waiter waiter : List.copyOf(waiting)) {
            if (waiter.goal.local && !server.settings().appendonly.on()) {
                forget(waiter);
                waiter.client.reply().error(NO_AOF);
                waiter.client.unblock();
            } else if (isReached(waiter.goal)) {
                answer(waiter);
            }
        }
    }

    private void answer(Waiter waiter) {
        forget(waiter);
        reply(waiter.goal, waiter.client.reply());
        waiter.client.unblock();
    }

    private void forget(Waiter waiter) {
        waiting.remove(waiter);
        LoopTasks.Timer timer = waiter.timer;
        if (timer != null) {
            timer.cancel();
        }
    }
}
