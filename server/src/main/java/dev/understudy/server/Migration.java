// SPDX-License-Identifier: Apache-2.0
package dev.understudy.server;

import dev.understudy.commands.Effects;
import dev.understudy.commands.Engine;
import dev.understudy.commands.NotifyClass;
import dev.understudy.persist.DumpPayload;
import dev.understudy.server.transport.LoopTasks;
import dev.understudy.store.Db;
import dev.understudy.store.Value;
import dev.understudy.wire.Bytes;
import dev.understudy.wire.CommandEncoder;
import dev.understudy.wire.MemoryBudget.Share;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One MIGRATE under way (migrateCommand). Redis stops everything until the other side has answered; here nobody but its client waits, and
 * whoever writes: what is sent must still be what is there when it is deleted. Owned by the command loop.
 */
final class Migration implements MigrationLink.Listener {
    /**
     * What was asked.
     *
     * @param credentials the words behind AUTH, none without
     * @param keys those that existed
     */
    record Request(
            String host,
            int port,
            int database,
            long timeoutMillis,
            boolean copy,
            boolean replace,
            List<Bytes> credentials,
            List<Bytes> keys) {}

    private final Server server;
    private final Client client;
    private final Request request;
    private final int sourceDatabase;
    private final List<Bytes> sent = new ArrayList<>();
    private final List<Bytes> acknowledged = new ArrayList<>();
    private @Nullable MigrationLink link;
    private LoopTasks.@Nullable Timer timer;
    private boolean mayRetry = true;
    private boolean clientGone;
    /** Replies that come before those of the keys, and all that have come. */
    private int preliminary;

    private int replies;
    /** The first error of the other side. */
    private @Nullable String refusal;

    /** AUTH or SELECT has failed, so that what followed came to the wrong place. */
    private boolean wentAstray;

    private long progressNanos;
    private long pendingBytes;

    Migration(Server server, Client client, Request request) {
        this.server = server;
        this.client = client;
        this.request = request;
        this.sourceDatabase = client.database();
    }

    void start() {
        client.stall(() -> clientGone = true);
        server.pauses().pause(Pauses.Purpose.MIGRATION, Pauses.Kind.WRITE, server.nowNanos() + Long.MAX_VALUE / 2);
        connect();
    }

    private long timeoutNanos() {
        return request.timeoutMillis() * 1_000_000L;
    }

    private void connect() {
        server.migrations().link(request.host(), request.port(), timeoutNanos(), made -> {
            if (made == null) {
                end("IOERR error or timeout connecting to the client");
            } else {
                send(made);
            }
        });
    }

    // ---- there

    private void send(MigrationLink target) {
        link = target;
        sent.clear();
        replies = 0;
        if (!target.isOpen()) {
            failed(false);
            return;
        }
        CommandEncoder requests = new CommandEncoder();
        preliminary = 0;
        if (!request.credentials().isEmpty()) {
            requests.begin(1 + request.credentials().size()).argument("AUTH");
            request.credentials().forEach(requests::argument);
            preliminary++;
        }
        if (target.database() != request.database()) {
            requests.begin(2).argument("SELECT").argument(String.valueOf(request.database()));
            preliminary++;
        }
        progressNanos = server.nowNanos();
        pendingBytes = 0;
        target.use(this, progressNanos);
        String tooMuch = sendKeys(target, requests);
        if (tooMuch != null) {
            mayRetry = false;
            leave();
            server.migrations().drop(request.host(), request.port(), target);
            end(tooMuch);
            return;
        }
        watch(timeoutNanos());
        if (preliminary + sent.size() == 0) {
            finish();
        }
    }

    /**
     * Hands the connection one key after the other, so that only one is on the heap; returns why that is impossible, and then nothing of it has gone
     * out.
     */
    private @Nullable String sendKeys(MigrationLink target, CommandEncoder requests) {
        String[] tooMuch = {null};
        Engine engine = server.engine();
        engine.unit(() -> {
            long left = server.memory().outputBytesMax() - server.memory().outputBytes();
            Db db = engine.data().db(sourceDatabase);
            for (Bytes key : request.keys()) {
                if (!restore(requests, db, key, engine.nowMillis())) {
                    tooMuch[0] = "OOM a value needs more heap to be dumped than there is";
                    return;
                }
                left -= requests.length();
                if (left < 0) {
                    tooMuch[0] = "OOM the keys are longer than the memory for output, "
                            + server.memory().outputBytesMax() + " bytes; migrate fewer at a time";
                    return;
                }
                target.send(requests.array(), requests.length());
                requests.clear();
            }
        });
        return tooMuch[0];
    }

    /** Adds the request that makes a key there; false if it does not fit the heap. */
    private boolean restore(CommandEncoder requests, Db db, Bytes key, long nowMillis) {
        Value value = db.open(key);
        if (value == null || value.expireAt() >= 0 && value.expireAt() < nowMillis) {
            return true; // Expired since it was looked up.
        }
        // The payload is made twice, and then copied into the requests, which may double.
        byte[] payload = DumpPayload.dump(value, server.memory().budget().left(Share.WORK) / 5);
        if (payload == null) {
            return false;
        }
        long ttl = value.expireAt() < 0 ? 0 : Math.max(1, value.expireAt() - nowMillis);
        requests.begin(request.replace() ? 5 : 4)
                .argument(server.settings().clusterEnabled.on() ? "RESTORE-ASKING" : "RESTORE")
                .argument(key)
                .argument(String.valueOf(ttl))
                .argument(payload);
        if (request.replace()) {
            requests.argument("REPLACE");
        }
        sent.add(key);
        return true;
    }

    @Override
    public void replied(String line) {
        progressNanos = server.nowNanos();
        int index = replies++ - preliminary;
        if (line.startsWith("-")) {
            refusal = refusal == null ? line.substring(1) : refusal;
            wentAstray |= index < 0;
        } else if (index >= 0 && !wentAstray) {
            acknowledged.add(sent.get(index));
        }
        if (replies == preliminary + sent.size()) {
            finish();
        }
    }

    @Override
    public void lost() {
        failed(false);
    }

    /** Gives up when nothing has moved for the time given: neither bytes to the other side nor a reply from there. */
    private void watch(long nanos) {
        timer = server.loop().schedule(nanos, () -> {
            MigrationLink present = link;
            if (present == null) {
                return;
            }
            long pending = present.pendingBytes();
            long now = server.nowNanos();
            if (pending != pendingBytes) {
                pendingBytes = pending;
                progressNanos = now;
            }
            long left = progressNanos + timeoutNanos() - now;
            if (left > 0) {
                watch(left);
            } else {
                failed(true);
            }
        });
    }

    private void failed(boolean timedOut) {
        MigrationLink used = link;
        boolean writing = used != null && used.pendingBytes() > 0;
        leave();
        if (used != null) {
            server.migrations().drop(request.host(), request.port(), used);
        }
        // A kept connection may have been closed by the other side meanwhile, before it did anything.
        if (!timedOut && mayRetry && refusal == null && replies <= preliminary) {
            mayRetry = false;
            connect();
            return;
        }
        mayRetry = false;
        end(
                refusal == null
                        ? "IOERR error or timeout " + (writing ? "writing" : "reading") + " to target instance"
                        : told());
    }

    private void leave() {
        LoopTasks.Timer running = timer;
        if (running != null) {
            running.cancel();
            timer = null;
        }
        MigrationLink used = link;
        if (used != null) {
            used.leave();
            link = null;
        }
    }

    // ---- here

    private String told() {
        return "ERR Target instance replied with error: " + refusal;
    }

    private void finish() {
        MigrationLink used = link;
        if (used != null) {
            used.selected(refusal == null ? request.database() : -1);
        }
        leave();
        end(refusal == null ? null : told());
    }

    private void end(@Nullable String error) {
        String outcome = error;
        if (!request.copy() && !acknowledged.isEmpty()) {
            if (server.replication().isReplica()
                    && server.settings().replicaReadOnly.on()) {
                outcome = "ERR The role of this instance has changed meanwhile: what was migrated is still here, too";
            } else {
                delete();
            }
        }
        if (!clientGone) {
            if (outcome == null) {
                client.reply().simple("OK");
            } else {
                client.reply().error(outcome);
            }
            client.unblock();
        }
        server.pauses().resume(Pauses.Purpose.MIGRATION);
    }

    /** What the other side has is not ours any more; the stream gets it as DEL. */
    private void delete() {
        server.engine().unit(this::deleteAcknowledged);
    }

    private void deleteAcknowledged() {
        Engine engine = server.engine();
        Db db = engine.data().db(sourceDatabase);
        List<Bytes> gone = new ArrayList<>();
        for (Bytes key : acknowledged) {
            if (engine.delete(db, key, false)) {
                gone.add(key);
            }
        }
        if (!gone.isEmpty()) {
            Effects effect =
                    engine.effects().begin(sourceDatabase, gone.size() + 1).arg("DEL");
            for (Bytes key : gone) {
                effect.arg(key);
                engine.touched(db, key);
                engine.notify(NotifyClass.GENERIC, "del", db, key);
            }
            engine.statistics().dirty += gone.size();
        }
    }
}
