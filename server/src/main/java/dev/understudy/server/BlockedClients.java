// SPDX-License-Identifier: Apache-2.0
package dev.understudy.server;

import dev.understudy.commands.Blocking;
import dev.understudy.commands.Command;
import dev.understudy.server.transport.LoopTasks;
import dev.understudy.store.Db;
import dev.understudy.store.Value;
import dev.understudy.wire.Bytes;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Clients that wait in a blocking command. Those that wait for keys (BLPOP, XREAD ...) are kept here: a change of such a key makes it ready, and when the
 * command that changed it is over its clients' commands are executed again, as if they had come now, first come first served (blocked.c of Redis). One that
 * still finds nothing waits on, with the time that it has left, behind the others. While nobody waits a change costs one comparison. Owned by the command
 * loop.
 */
public final class BlockedClients {
    private static final String NOT_MASTER =
            "UNBLOCKED force unblock from blocking operation, instance state changed (master -> replica?)";
    private static final String BY_CLIENT = "UNBLOCKED client unblocked via CLIENT UNBLOCK";

    /** What fits into nanoseconds: some centuries. */
    private static final long MILLIS_MAX = Long.MAX_VALUE / 1_000_000L;

    private final Server server;
    /** By key, for each database by its index: SWAPDB leaves clients where they wait. */
    private final List<Map<Bytes, Queue>> databases = new ArrayList<>();

    private final ArrayDeque<Queue> ready = new ArrayDeque<>();
    private int queues;
    private boolean serving;
    private @Nullable Waiter beingServed;

    BlockedClients(Server server) {
        this.server = server;
    }

    /** Those who wait for one key, in the order in which they came. Forgotten when it is empty and not ready. */
    private static final class Queue {
        final int database;
        final Bytes key;

        @Nullable
        Place first;

        @Nullable
        Place last;

        int size;
        boolean ready;

        Queue(int database, Bytes key) {
            this.database = database;
            this.key = key;
        }

        void add(Place place) {
            Place before = last;
            place.previous = before;
            if (before == null) {
                first = place;
            } else {
                before.next = place;
            }
            last = place;
            size++;
        }

        void remove(Place place) {
            Place before = place.previous;
            Place after = place.next;
            if (before == null) {
                first = after;
            } else {
                before.next = after;
            }
            if (after == null) {
                last = before;
            } else {
                after.previous = before;
            }
            size--;
        }
    }

    /** A client's place in one queue. */
    private static final class Place {
        final Waiter waiter;
        final Queue queue;

        @Nullable
        Place previous;

        @Nullable
        Place next;

        Place(Waiter waiter, Queue queue) {
            this.waiter = waiter;
            this.queue = queue;
        }
    }

    /** A client that waits for keys. */
    private static final class Waiter {
        final Client client;
        final @Nullable Command command;
        final List<Place> places = new ArrayList<>();
        Blocking waiting;
        LoopTasks.@Nullable Timer timer;

        Waiter(Client client, Blocking waiting) {
            this.client = client;
            this.command = client.current();
            this.waiting = waiting;
        }
    }

    // ---- waiting for keys

    /** The client's command found nothing. */
    void block(Client client, Blocking waiting) {
        Waiter again = beingServed;
        Waiter waiter = again != null && again.client == client ? again : new Waiter(client, waiting);
        waiter.waiting = waiting;
        for (int i = 0; i < waiting.keys(); i++) {
            Queue queue = queue(client.database(), waiting.words()[waiting.firstKey() + i]);
            if (queue.last == null || queue.last.waiter != waiter) {
                Place place = new Place(waiter, queue);
                queue.add(place);
                waiter.places.add(place);
            }
        }
        client.block(() -> forget(waiter), () -> timeOut(waiter));
        if (waiter != again && waiting.timeoutMillis() > 0) {
            waiter.timer = server.loop().schedule(Math.min(waiting.timeoutMillis(), MILLIS_MAX) * 1_000_000L, () -> {
                waiter.timer = null;
                timeOut(waiter);
            });
        }
    }

    private Queue queue(int database, Bytes key) {
        while (databases.size() <= database) {
            databases.add(new HashMap<>());
        }
        return databases.get(database).computeIfAbsent(key, name -> {
            queues++;
            return new Queue(database, name);
        });
    }

    private void leave(Waiter waiter) {
        for (Place place : waiter.places) {
            place.queue.remove(place);
            drop(place.queue);
        }
        waiter.places.clear();
    }

    private void drop(Queue queue) {
        boolean unused = queue.size == 0 && !queue.ready;
        if (unused && databases.get(queue.database).remove(queue.key, queue)) {
            queues--;
        }
    }

    private void forget(Waiter waiter) {
        leave(waiter);
        LoopTasks.Timer timer = waiter.timer;
        if (timer != null) {
            timer.cancel();
            waiter.timer = null;
        }
    }

    private void timeOut(Waiter waiter) {
        forget(waiter);
        waiter.client.reply().nilArray();
        count(waiter.command, false);
        server.slowLog().gaveUp(waiter.client, waiter.command, waiter.waiting.words());
        waiter.client.unblock();
    }

    /** A command that ends without having been executed again counts as executed. */
    private void count(@Nullable Command command, boolean failed) {
        if (command != null) {
            server.engine().count(command, 0);
            command.statistics.failed += failed ? 1 : 0;
        }
    }

    // ---- keys become ready

    /** A key has changed: whoever waits for it looks at it when the present command is over. */
    void touched(Db db, Bytes key) {
        if (queues > 0 && db.index() < databases.size()) {
            Queue queue = databases.get(db.index()).get(key);
            if (queue != null) {
                ready(queue);
            }
        }
    }

    /** All keys of a database (-1: of all) are others now. */
    void replaced(int database) {
        if (queues == 0) {
            return;
        }
        for (int i = 0; i < databases.size(); i++) {
            if (database < 0 || database == i) {
                databases.get(i).values().forEach(this::ready);
            }
        }
    }

    private void ready(Queue queue) {
        if (!queue.ready) {
            queue.ready = true;
            ready.add(queue);
        }
    }

    /** Serves who waits for keys that have become ready; called between commands. */
    void serve() {
        if (ready.isEmpty()
                || serving
                || server.state().isLoading() && !server.state().isAsyncLoading()) {
            return;
        }
        serving = true;
        try {
            // Serving makes further keys ready: those that BLMOVE pushes to.
            for (Queue queue = ready.poll(); queue != null; queue = ready.poll()) {
                queue.ready = false;
                serve(queue);
                drop(queue);
            }
        } finally {
            serving = false;
        }
    }

    private void serve(Queue queue) {
        Place place = queue.first;
        // Who waits again comes last, and is not asked twice.
        for (int left = queue.size; left > 0 && place != null; left--) {
            Place next = place.next;
            Waiter waiter = place.waiter;
            if (waiter.client.isOpen() && concerns(queue, waiter.waiting)) {
                executeAgain(waiter);
            }
            place = next;
        }
    }

    private boolean concerns(Queue queue, Blocking waiting) {
        if (waiting.alsoWithoutKey()) {
            return true;
        }
        server.engine().data().closeWindows();
        Value value = server.engine().data().db(queue.database).open(queue.key);
        return value != null && value.type() == waiting.type() && !hasExpired(value);
    }

    /** One that has expired is left to those who will delete it. */
    private boolean hasExpired(Value value) {
        return value.expireAt() >= 0
                && value.expireAt() < server.ports().clock().wallMillis();
    }

    private void executeAgain(Waiter waiter) {
        leave(waiter);
        beingServed = waiter;
        waiter.client.executeKept(waiter.waiting.words());
        beingServed = null;
        if (waiter.places.isEmpty()) {
            forget(waiter);
        }
    }

    // ---- ending the waiting, for whatever it is

    /**
     * CLIENT UNBLOCK: ends the waiting in a blocking command, as if its time were over or, {@code asError}, with -UNBLOCKED.
     *
     * @return false if the client does not wait in a command that has a time-out
     */
    public boolean unblock(Client client, boolean asError) {
        Runnable whenTimedOut = client.whenTimedOut();
        if (whenTimedOut == null) {
            return false;
        }
        if (asError) {
            fail(client, BY_CLIENT);
        } else {
            whenTimedOut.run();
        }
        return true;
    }

    private void fail(Client client, String error) {
        client.leaveWaiting();
        server.engine().statistics().error(error);
        count(client.current(), true);
        client.reply().error(error);
        client.unblock();
    }

    /** The server is no master any more, or of another one: what was waited for may never come. Postponed commands are not concerned. */
    void disconnectAll() {
        for (Client client : server.clients().snapshot()) {
            if (client.isBlocked() && !client.isPostponed()) {
                fail(client, NOT_MASTER);
                client.closeAfterReply();
            }
        }
    }

    // ---- what INFO tells

    /** Number of keys that somebody waits for. */
    public int keys() {
        return queues;
    }

    /** Number of those keys whose deletion would end somebody's waiting. */
    public int keysWatchedForDeletion() {
        int count = 0;
        for (Map<Bytes, Queue> database : databases) {
            for (Queue queue : database.values()) {
                count += isWatchedForDeletion(queue) ? 1 : 0;
            }
        }
        return count;
    }

    private static boolean isWatchedForDeletion(Queue queue) {
        for (Place place = queue.first; place != null; place = place.next) {
            if (place.waiter.waiting.alsoWithoutKey()) {
                return true;
            }
        }
        return false;
    }
}
