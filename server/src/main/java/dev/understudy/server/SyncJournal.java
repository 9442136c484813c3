// SPDX-License-Identifier: Apache-2.0
package dev.understudy.server;

import dev.understudy.replication.LinkJournal;
import dev.understudy.replication.LinkState;
import dev.understudy.replication.Position;
import dev.understudy.replication.ReplicaSession;
import dev.understudy.replication.RunningSync;
import dev.understudy.replication.Setbacks;
import dev.understudy.replication.StreamLog;
import dev.understudy.replication.SyncHistory;
import dev.understudy.replication.SyncReason;
import dev.understudy.replication.SyncRecord;
import dev.understudy.replication.SyncRecord.Direction;
import dev.understudy.replication.SyncRecord.Mode;
import dev.understudy.replication.SyncRequest;
import dev.understudy.replication.SyncVerdict;
import dev.understudy.replication.Upstream;
import java.util.HashMap;
import java.util.Map;

/**
 * Keeps the {@link SyncHistory} of this server: what {@link MasterLink}, {@link Downstreams} and {@link ReplicaPeer} tell it here. A full sync is one
 * line in the log when it ends. Owned by the command loop.
 */
public final class SyncJournal {
    private final Server server;
    private final SyncHistory history;
    private final LinkJournal upstream;
    private final Map<ReplicaSession, RunningSync> replicas = new HashMap<>();

    SyncJournal(Server server) {
        this.server = server;
        this.history = new SyncHistory((int) server.settings().replSyncHistory.value());
        this.upstream = new LinkJournal(history);
    }

    public SyncHistory history() {
        return history;
    }

    // ---- with our master

    void linkChanged(
            Upstream known, Setbacks setbacks, long payloadBytes, LinkState from, LinkState to, String reason) {
        Replication replication = server.replication();
        upstream.changed(
                        from,
                        to,
                        reason,
                        known,
                        setbacks,
                        payloadBytes,
                        replication.masterHost() + ":" + replication.masterPort(),
                        server.ports().clock().wallMillis(),
                        server.nowNanos())
                .ifPresent(this::report);
    }

    /** The last byte of our master's payload is here. */
    void payloadReceived(long bytes) {
        upstream.received(bytes, server.nowNanos());
    }

    // ---- with our replicas

    /** A replica asked with SYNC, which knows no offsets. */
    void askedForAll(ReplicaSession session) {
        replicas.put(session, begin(session, Mode.FULL, "SYNC", SyncReason.SYNC_ONLY));
    }

    /** A replica asked with PSYNC and was judged. */
    void judged(ReplicaSession session, SyncRequest.Accepted request, SyncVerdict verdict) {
        SyncVerdict.Asked asked = request.asked();
        String text = asked.id() + ":" + asked.offset();
        switch (verdict) {
            case SyncVerdict.FullSync(var why) ->
                replicas.put(session, begin(session, Mode.FULL, text, SyncReason.of(why)));
            case SyncVerdict.Continue(long from, long bytes) -> {
                SyncReason why = SyncReason.granted(server.replication().history(), asked.id());
                RunningSync sync = begin(session, Mode.PARTIAL, text, why);
                sync.granted(new Position(server.replication().history().id(), from - 1));
                sync.streamBytes(bytes);
                report(history.succeeded(sync, server.nowNanos()));
            }
        }
    }

    private RunningSync begin(ReplicaSession session, Mode mode, String asked, SyncReason why) {
        StreamLog log = server.replication().log();
        String window = log.isBacklogActive() ? log.backlogFirst() + "-" + log.end() : "none";
        RunningSync begun = history.begin(
                Direction.DOWN,
                mode,
                session.name(),
                asked,
                server.replication().history().id() + ":" + window,
                why,
                server.ports().clock().wallMillis(),
                server.nowNanos());
        begun.version(session.version());
        return begun;
    }

    /** A snapshot for the replica has begun, or one that runs is its own too. */
    void snapshotBegun(ReplicaSession session, Position base, boolean toSocket) {
        RunningSync sync = replicas.get(session);
        if (sync != null) {
            sync.granted(base);
            sync.enter(toSocket ? RunningSync.Phase.TRANSFER : RunningSync.Phase.SNAPSHOT, server.nowNanos());
        }
    }

    /** A file of that size is being sent. */
    void sending(ReplicaSession session, long bytes) {
        RunningSync sync = replicas.get(session);
        if (sync != null) {
            sync.payloadBytes(bytes);
            sync.enter(RunningSync.Phase.TRANSFER, server.nowNanos());
        }
    }

    /** The payload sent while it was made had that size. */
    void sent(ReplicaSession session, long bytes) {
        RunningSync sync = replicas.get(session);
        if (sync != null) {
            sync.payloadBytes(bytes);
        }
    }

    /** The last byte of the payload has been handed to the connection. */
    void transferred(ReplicaSession session) {
        RunningSync sync = replicas.get(session);
        if (sync == null) {
            return;
        }
        sync.enter(RunningSync.Phase.LOAD, server.nowNanos());
        if (session.isOldProtocol() || session.peer().snapshotOnly()) {
            // No ACK will come that tells more.
            succeeded(session, sync);
        }
    }

    /** The replica acknowledged; the first time it says that it has loaded the payload. */
    void acknowledged(ReplicaSession session) {
        RunningSync sync = replicas.isEmpty() ? null : replicas.get(session);
        if (sync != null && sync.phase() == RunningSync.Phase.LOAD) {
            succeeded(session, sync);
        }
    }

    private void succeeded(ReplicaSession session, RunningSync sync) {
        replicas.remove(session);
        sync.streamBytes(
                Math.max(0, server.replication().log().end() - sync.granted().offset()));
        report(history.succeeded(sync, server.nowNanos()));
    }

    /** The link to the replica is about to be closed, for this reason. */
    void failing(ReplicaSession session, String why) {
        RunningSync sync = replicas.get(session);
        if (sync != null) {
            sync.trouble(why);
        }
    }

    /** The link to the replica is gone. */
    void closed(ReplicaSession session) {
        RunningSync sync = replicas.remove(session);
        if (sync != null) {
            report(history.failed(sync, "connection lost", server.nowNanos()));
        }
    }

    /** Partial ones have their lines in Redis's words already. */
    private void report(SyncRecord ended) {
        if (ended.mode() == Mode.FULL) {
            server.replication().say(ended.line());
        }
    }
}
