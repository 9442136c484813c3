// SPDX-License-Identifier: Apache-2.0
package dev.understudy.server;

import dev.understudy.replication.ReplicaSession;
import dev.understudy.server.transport.LoopTasks;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Clients blocked in WAIT until enough replicas have applied what they wrote. Owned by the command loop. */
final class Waiters {
    /** What fits into nanoseconds: some centuries. */
    private static final long MILLIS_MAX = Long.MAX_VALUE / 1_000_000L;

    private final Server server;
    private final Replication replication;
    private final List<Waiter> waiting = new ArrayList<>();
    private boolean ackRequested;

    Waiters(Server server, Replication replication) {
        this.server = server;
        this.replication = replication;
    }

    private static final class Waiter {
        final Client client;
        final long offset;
        final long replicas;
        LoopTasks.@Nullable Timer timer;

        Waiter(Client client, long offset, long replicas) {
            this.client = client;
            this.offset = offset;
            this.replicas = replicas;
        }
    }

    /** How many replicas have applied the stream up to {@code offset}. */
    int acked(long offset) {
        return ReplicaSession.countAcked(replication.replicas().sessions(), offset);
    }

    /** Blocks the client until {@code replicas} have acknowledged {@code offset}, or the time is over (0: for ever). */
    void await(Client client, long offset, long replicas, long timeoutMillis) {
        Waiter waiter = new Waiter(client, offset, replicas);
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

    /** A replica has acknowledged more. */
    void acknowledged() {
        for (Waiter waiter : List.copyOf(waiting)) {
            if (acked(waiter.offset) >= waiter.replicas) {
                answer(waiter);
            }
        }
    }

    private void answer(Waiter waiter) {
        forget(waiter);
        waiter.client.reply().integer(acked(waiter.offset));
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
