// SPDX-License-Identifier: Apache-2.0
package dev.understudy.server;

import dev.understudy.persist.SaveOptions;
import dev.understudy.replication.Peer;
import dev.understudy.replication.Position;
import dev.understudy.replication.RdbVersions;
import dev.understudy.replication.ReplicaSession;
import dev.understudy.replication.SessionState;
import dev.understudy.replication.SnapshotPlan;
import dev.understudy.replication.SyncRequest;
import dev.understudy.replication.SyncVerdict;
import dev.understudy.server.settings.Settings;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Our replicas: grants partial and full syncs, makes snapshots for them, feeds them the stream. Owned by the command loop. */
public final class Downstreams {
    private final Server server;
    private final Replication replication;
    private final Map<ReplicaSession, ReplicaPeer> peers = new LinkedHashMap<>();
    private final RdbVersions versions = new RdbVersions();
    private @Nullable SocketTransfer transfer;
    /** RDB version of the file that is being made for replicas. */
    private int fileVersion = RdbVersions.NEWEST;

    private boolean grew;
    private final OlderReplicas older;

    Downstreams(Server server, Replication replication) {
        this.server = server;
        this.replication = replication;
        this.older = new OlderReplicas(server);
    }

    public List<ReplicaPeer> all() {
        return new ArrayList<>(peers.values());
    }

    public List<ReplicaSession> sessions() {
        return new ArrayList<>(peers.keySet());
    }

    RdbVersions versions() {
        return versions;
    }

    OlderReplicas older() {
        return older;
    }

    boolean isAny() {
        return !peers.isEmpty();
    }

    boolean hasOnline() {
        for (ReplicaPeer peer : peers.values()) {
            if (peer.isOnline()) {
                return true;
            }
        }
        return false;
    }

    int countGood(long lagSecondsMax) {
        return ReplicaSession.countGood(peers.keySet(), lagSecondsMax, server.nowNanos());
    }

    /** Whether a snapshot is going to sockets. */
    public boolean isTransferring() {
        return transfer != null;
    }

    /** The snapshot that is going to sockets. */
    public Optional<SocketTransfer> transfer() {
        return Optional.ofNullable(transfer);
    }

    // ---- SYNC and PSYNC

    /** Grants what was asked for; the replies have been flushed before. */
    void accept(Client client, ReplicaSession session, SyncRequest.Accepted request) {
        replication.say(request.line());
        ReplicaPeer peer = new ReplicaPeer(server, client, session);
        if (!request.bySync()) {
            SyncVerdict verdict =
                    SyncVerdict.judge(replication.history(), replication.log().window(), request.asked());
            replication.say(SyncRequest.explain(verdict, session.name()));
            replication.journal().judged(session, request, verdict);
            if (verdict instanceof SyncVerdict.Continue granted) {
                server.traffic().syncPartialOk++;
                add(peer);
                peer.write(session.resume(granted, replication.history(), replication.log(), server.nowNanos()));
                replication.countGoodReplicas();
                server.events()
                        .tell(new ServerEvent.ReplicaOnline(
                                session.address(), session.peer().listeningPort()));
                peer.feed();
                return;
            }
            boolean error = verdict instanceof SyncVerdict.FullSync(var why) && why.isError();
            server.traffic().syncPartialErr += error ? 1 : 0;
        } else {
            replication.journal().askedForAll(session);
        }
        server.traffic().syncFull++;
        session.awaitSnapshot(request.bySync());
        if (server.settings().replDisableTcpNodelay.on()) {
            client.connection().noDelay(false);
        }
        boolean first = peers.isEmpty();
        add(peer);
        if (first) {
            replication.ensureBacklog();
        }
        place(peer);
    }

    private void add(ReplicaPeer peer) {
        peer.client().becomeReplica(peer);
        peers.put(peer.session(), peer);
    }

    private SnapshotPlan.Settings plan() {
        Settings s = server.settings();
        return new SnapshotPlan.Settings(
                s.replDisklessSync.on(), s.replDisklessSyncDelay.value() * 1_000_000_000L, (int)
                        s.replDisklessSyncMaxReplicas.value());
    }

    private SnapshotPlan.Job job() {
        if (transfer != null) {
            return SnapshotPlan.Job.SNAPSHOT_TO_SOCKETS;
        }
        if (server.persistence().saver().isRunning()) {
            return SnapshotPlan.Job.SNAPSHOT_TO_DISK;
        }
        return server.appendOnly().rewrites().isRunning() ? SnapshotPlan.Job.OTHER : SnapshotPlan.Job.NONE;
    }

    private void place(ReplicaPeer newcomer) {
        SocketTransfer running = transfer;
        int version = version(List.of(newcomer.session()));
        boolean open = running == null ? fileVersion <= version : running.isOpenTo(version);
        switch (SnapshotPlan.place(newcomer.session(), job(), open, sessions(), plan())) {
            case SnapshotPlan.Decision.Join(ReplicaSession other, var line) -> {
                replication.say(line);
                newcomer.write(newcomer.session().joinSnapshot(other, replication.log()));
                if (newcomer.session().state()
                        instanceof SessionState.SnapshotRunning(Position base, boolean toSocket)) {
                    replication.journal().snapshotBegun(newcomer.session(), base, toSocket);
                }
                if (running != null) {
                    running.join(newcomer);
                }
            }
            case SnapshotPlan.Decision.Wait(var line) -> replication.say(line);
            case SnapshotPlan.Decision.StartNow _ ->
                SnapshotPlan.now(sessions(), plan()).ifPresent(this::start);
        }
    }

    /** Starts a snapshot for those that wait if one is due: each second, and when another job has ended. */
    private void startDue() {
        if (job() != SnapshotPlan.Job.NONE
                || server.persistence().isLoading()
                || server.shutdown().isOver()) {
            return;
        }
        Optional<SnapshotPlan.Start> due =
                SnapshotPlan.due(sessions(), plan(), session -> peer(session).waitedNanos());
        due.ifPresent(this::start);
    }

    private ReplicaPeer peer(ReplicaSession session) {
        ReplicaPeer peer = peers.get(session);
        if (peer == null) {
            throw new IllegalStateException("no peer of " + session.name());
        }
        return peer;
    }

    /** The RDB version for replicas that share a snapshot: the lowest of theirs. */
    private int version(Iterable<ReplicaSession> sessions) {
        int lowest = RdbVersions.NEWEST;
        for (ReplicaSession session : sessions) {
            boolean again = wantedVersion() == RdbVersions.AUTO && older.insists(session);
            lowest = Math.min(lowest, again ? RdbVersions.USUAL : versions.choose(wantedVersion(), session));
        }
        return lowest;
    }

    private int wantedVersion() {
        String setting = server.settings().replRdbVersion.value();
        return setting.equals("auto") ? RdbVersions.AUTO : Integer.parseInt(setting);
    }

    /** Takes view, offset and the reset of the stream's database in one step of the loop. */
    private void start(SnapshotPlan.Start start) {
        replication.say(start.line());
        int wanted = wantedVersion();
        int version = version(start.replicas());
        if (version == RdbVersions.OLDEST && wanted == RdbVersions.AUTO) {
            server.log()
                    .notice("Sending RDB version " + version
                            + " because a replica is older, or dropped the link right after an earlier payload");
        }
        Peer.Filter filter = start.filter();
        SaveOptions options = server.persistence()
                .saveOptions(start.toSockets() ? version : server.persistence().fileVersion(version))
                .only(!filter.withoutData(), !filter.withoutFunctions());
        Position base = replication.position();
        List<ReplicaPeer> served = new ArrayList<>();
        if (start.toSockets()) {
            for (ReplicaSession session : start.replicas()) {
                served.add(peer(session));
                peer(session).write(session.beginSnapshot(base, replication.log(), true));
                replication.journal().snapshotBegun(session, base, true);
            }
            var started = new SocketTransfer(
                    server,
                    server.engine().data().view(),
                    options,
                    base,
                    RandomIds.fortyHex(server.ports().random()));
            transfer = started;
            server.traffic().backgroundJobBegun();
            replication.forgetStreamDatabase();
            started.start(served);
            return;
        }
        for (ReplicaSession session : start.replicas()) {
            peer(session).write(session.beginSnapshot(base, replication.log(), false));
            replication.journal().snapshotBegun(session, base, false);
        }
        replication.forgetStreamDatabase();
        fileVersion = version;
        server.persistence().saver().start(options, true, this::fileReady);
    }

    /** The dump for those in {@link SessionState.SnapshotRunning} is there, or is not. */
    private void fileReady(@Nullable DumpFile dump) {
        for (ReplicaPeer peer : all()) {
            if (!(peer.session().state() instanceof SessionState.SnapshotRunning(var _, boolean toSocket))
                    || toSocket) {
                continue;
            }
            if (dump == null) {
                replication.say(dev.understudy.replication.Messages.SNAPSHOT_FAILED);
                replication.journal().failing(peer.session(), "the snapshot failed");
                peer.drop();
                continue;
            }
            try {
                peer.sendFile(dump.name(), dump.length(), dump.read());
            } catch (IOException failure) {
                replication.say(
                        dev.understudy.replication.Messages.dumpNotOpened(String.valueOf(failure.getMessage())));
                peer.drop();
            }
        }
    }

    /** A save to disk has ended, whoever wanted it. */
    void jobEnded() {
        startDue();
    }

    /** Gives up the snapshot that is going to sockets, if there is one. */
    void cancelTransfer() {
        SocketTransfer running = transfer;
        if (running != null) {
            running.cancel();
        }
    }

    void transferEnded(SocketTransfer ended) {
        if (transfer == ended) {
            transfer = null;
            startDue();
        }
    }

    // ---- the stream

    void streamGrew() {
        grew = true;
    }

    /** At the end of an iteration: what was appended goes out. */
    void feed() {
        if (grew) {
            grew = false;
            for (ReplicaPeer peer : all()) {
                peer.feed();
            }
        }
    }

    void acknowledged() {
        replication.waiters().acknowledged();
    }

    /** A replica's connection has room again. */
    void writable(ReplicaPeer peer) {
        SocketTransfer running = transfer;
        if (running != null) {
            running.writable(peer);
        }
    }

    // ---- ends

    void gone(ReplicaPeer peer) {
        if (peers.remove(peer.session()) == null) {
            return;
        }
        SocketTransfer running = transfer;
        if (running != null) {
            running.remove(peer);
        }
        if (peers.isEmpty()) {
            replication.lastReplicaGone();
        }
        cancelUselessSave();
        replication.countGoodReplicas();
    }

    /** A save that only replicas wanted is given up with the last of them, unless save points make it useful anyhow. */
    private void cancelUselessSave() {
        boolean wanted = false;
        for (ReplicaPeer peer : peers.values()) {
            wanted |= peer.session().state() instanceof SessionState.SnapshotRunning;
        }
        BackgroundSave saver = server.persistence().saver();
        if (!wanted
                && saver.isRunning()
                && saver.lastWasForReplication()
                && server.settings().savePoints().isEmpty()) {
            saver.cancel(false);
        }
    }

    /** Disconnects all: the history they follow ends here, or they have to learn of a new one. */
    void dropAll() {
        for (ReplicaPeer peer : all()) {
            peer.drop();
            peer.closed();
        }
    }

    /** The loop has ended, and all connections with it: lets go of what was being sent. */
    void abandonTransfers() {
        SocketTransfer running = transfer;
        if (running != null) {
            running.abandon();
        }
        peers.values().forEach(ReplicaPeer::abandonTransfer);
    }

    /** Disconnects those that are not {@link ReplicaPeer#isOnline}, and gives up the snapshots made for them. */
    void dropUnfinished() {
        cancelTransfer();
        for (ReplicaPeer peer : all()) {
            if (!peer.isOnline()) {
                peer.drop();
                peer.closed();
            }
        }
    }

    // ---- cron

    void tick() {
        long silence = server.settings().replTimeout.value() * 1_000_000_000L;
        for (ReplicaPeer peer : all()) {
            peer.tick(silence);
        }
        startDue();
        boolean busy = false;
        for (ReplicaPeer peer : peers.values()) {
            busy |= !peer.isOnline();
        }
        if (!busy && server.persistence().saver().takeReplicationDump()) {
            server.persistence()
                    .removeSyncFile("Removing the RDB file used to feed replicas in a persistence-less instance");
        }
    }
}
