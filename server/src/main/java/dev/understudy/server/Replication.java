// SPDX-License-Identifier: Apache-2.0
package dev.understudy.server;

import dev.understudy.commands.Effects;
import dev.understudy.replication.BacklogTtl;
import dev.understudy.replication.History;
import dev.understudy.replication.LogLine;
import dev.understudy.replication.Messages;
import dev.understudy.replication.Position;
import dev.understudy.replication.ReplicationId;
import dev.understudy.replication.RoleChange;
import dev.understudy.replication.SpillGrace;
import dev.understudy.replication.StreamLog;
import dev.understudy.replication.Upstream;
import dev.understudy.server.settings.HostPort;
import dev.understudy.wire.Bytes;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * The replication of one server: its history and stream log, the link to its master ({@link MasterLink}) and its replicas
 * ({@link Downstreams}). The decisions are made in the replication module; here they meet sockets, files and the data set. Owned by the
 * command loop.
 */
public final class Replication {
    private static final byte[] PING = "*1\r\n$4\r\nping\r\n".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] GETACK =
            "*3\r\n$8\r\nREPLCONF\r\n$6\r\nGETACK\r\n$1\r\n*\r\n".getBytes(StandardCharsets.US_ASCII);

    /** Blocks of the stream freed per iteration beside those that new bytes free: some tens of microseconds. */
    private static final int TRIM_PER_ITERATION = 640;

    private final Server server;
    private final SpillFiles spillFiles;
    private final StreamLog log;
    private final Propagator propagator = new Propagator();
    private final SyncJournal journal;
    private final MasterLink master;
    private final Downstreams replicas;
    private final Waiters waiters;
    private final FailoverDriver failover;
    private History history;
    private String masterHost = "";
    private int masterPort;
    private long ticks;
    private long noReplicasSinceNanos;
    private int goodReplicas;
    private long receptionSeconds;

    Replication(Server server) {
        this.server = server;
        this.history = History.begin(newId());
        this.spillFiles = new SpillFiles(server);
        this.log = new StreamLog(
                0,
                server.settings().replBacklogSize.value(),
                spillFiles,
                server.ports().streamMemory().get());
        this.journal = new SyncJournal(server);
        this.master = new MasterLink(server, this);
        this.replicas = new Downstreams(server, this);
        this.waiters = new Waiters(server, this);
        this.failover = new FailoverDriver(server, this);
        this.noReplicasSinceNanos = server.nowNanos();
    }

    ReplicationId newId() {
        return new ReplicationId(RandomIds.fortyHex(server.ports().random()));
    }

    // ---- state

    public boolean isReplica() {
        return !masterHost.isEmpty();
    }

    public boolean isLinkUp() {
        return master.link().state().isStreaming();
    }

    /** Host of our master as configured, empty when we are one. */
    public String masterHost() {
        return masterHost;
    }

    public int masterPort() {
        return masterPort;
    }

    public History history() {
        return history;
    }

    void history(History next) {
        history = next;
    }

    public StreamLog log() {
        return log;
    }

    public MasterLink master() {
        return master;
    }

    public Downstreams replicas() {
        return replicas;
    }

    /** What became of the resynchronisations in both directions. */
    public SyncJournal journal() {
        return journal;
    }

    public Waiters waiters() {
        return waiters;
    }

    public FailoverDriver failover() {
        return failover;
    }

    /** Our position: the history and the last byte produced or applied. */
    public Position position() {
        return new Position(history.id(), log.end());
    }

    /** Bytes of stream buffers. */
    long bufferBytes() {
        return log.memoryBytes();
    }

    boolean lacksGoodReplicas() {
        long wanted = server.settings().minReplicasToWrite.value();
        return wanted > 0 && server.settings().minReplicasMaxLag.value() > 0 && !isReplica() && goodReplicas < wanted;
    }

    /** Replicas whose last ACK is not older than min-replicas-max-lag. */
    public int goodReplicas() {
        return goodReplicas;
    }

    void countGoodReplicas() {
        goodReplicas = replicas.countGood(server.settings().minReplicasMaxLag.value());
    }

    /** During a failover the handshake has to go on quickly, and time-outs are in milliseconds. */
    boolean wantsFastCron() {
        return failover.isActive();
    }

    /**
     * A name for the file of a payload, as Redis gives it: the time, and our process id. Never the same twice, for the file of an earlier
     * attempt may still be being removed.
     */
    String receptionName() {
        receptionSeconds = Math.max(receptionSeconds + 1, server.ports().clock().wallMillis() / 1000);
        return "temp-" + receptionSeconds + "." + server.ports().processId() + ".rdb";
    }

    /** Writes a line to the log. */
    public void say(LogLine line) {
        server.log().log(ServerLog.Level.valueOf(line.level().name()), line.text());
    }

    void say(List<LogLine> lines) {
        lines.forEach(this::say);
    }

    // ---- the stream

    /**
     * Effects of a unit executed here. A replica's own writes stay with it: its stream is that of its master.
     *
     * @return how many bytes of the effects the stream has got, all of them if it wants none
     */
    long propagate(Effects effects, boolean wrapped) {
        if (isReplica() || !log.isWanted()) {
            return effects.length();
        }
        long taken = propagator.append(log, effects, wrapped);
        replicas.older().streamed(effects.array(), 0, effects.length());
        replicas.streamGrew();
        return taken;
    }

    /**
     * DEBUG REPLICATE: puts words {@code from} to {@code to} (exclusive) into the stream as one command, without executing it here and
     * without selecting a database. Nothing happens on a replica or without a backlog.
     */
    public void replicate(Bytes[] words, int from, int to) {
        if (isReplica() || !log.isWanted()) {
            return;
        }
        Effects effects = new Effects().begin(0, to - from);
        for (int i = from; i < to; i++) {
            effects.arg(words[i]);
        }
        log.append(effects.array(), 0, effects.length());
        replicas.streamGrew();
    }

    /** Bytes of our master's stream, applied: our replicas get exactly them. */
    void proxy(byte[] array, int offset, int length) {
        if (log.isWanted()) {
            log.append(array, offset, length);
            replicas.older().streamed(array, offset, offset + length);
            replicas.streamGrew();
        } else {
            log.skip(length);
        }
    }

    /**
     * So many commands were executed: a master whose stream nobody wants counts each as a byte, so that WAITAOF can tell writes apart
     * (replicationFeedSlaves). Only for the AOF.
     */
    public void countUnwanted(int commands) {
        if (!isReplica() && !log.isWanted()) {
            log.skip(commands);
        }
    }

    /** More of the stream is in our AOF and on disk, or there is no AOF any more. */
    public void aofAdvanced() {
        waiters.acknowledged();
    }

    /** A save or a rewrite has ended, for which a snapshot for replicas may have had to wait. */
    public void snapshotMayStart() {
        replicas.jobEnded();
    }

    /** The database selected in the stream, which a snapshot of now has to name. */
    int streamDatabase() {
        return isReplica() ? master.link().streamDb() : Math.max(propagator.database(), 0);
    }

    /** The next write is preceded by a SELECT. */
    void forgetStreamDatabase() {
        propagator.forgetDatabase();
    }

    /** Asks all replicas for an ACK, through the stream, so that offsets stay the same everywhere. */
    private void askForAcks() {
        if (!isReplica()
                && log.isWanted()
                && replicas.hasOnline()
                && !server.pauses().writesArePaused()) {
            log.append(GETACK, 0, GETACK.length);
            replicas.streamGrew();
        }
    }

    /** At the beginning of a shutdown that waits for replicas. */
    void askForAcksNow() {
        if (!isReplica() && log.isWanted() && replicas.hasOnline()) {
            log.append(GETACK, 0, GETACK.length);
            replicas.streamGrew();
        }
    }

    /** Hands the connections all that the replicas have not got yet, whatever piles up. */
    void flushForShutdown() {
        replicas.streamGrew();
        replicas.feed();
    }

    /** At the end of an iteration, before the AOF is written: what may still be added to the stream. */
    void beforeWriting() {
        if (waiters.takeAckRequest()) {
            askForAcks();
        }
        failover.check();
    }

    void beforeSleep() {
        replicas.feed();
        // What a slow replica kept goes when the replica has gone, even if nothing is written any more.
        log.trim(TRIM_PER_ITERATION);
        log.shrinkMemory();
        log.spill(spillFiles.bounds());
    }

    /** Under which conditions a replica that is far behind is spared. */
    SpillGrace.Terms spillTerms() {
        return spillFiles.terms();
    }

    /** The server ends: nothing more is taken from the master, and only those replicas stay that have nothing but the stream to get. */
    void end() {
        master.end();
        replicas.dropUnfinished();
    }

    /** When loop and workers have ended. */
    void close() {
        log.close();
        spillFiles.close();
    }

    // ---- life

    /** After the data have been loaded: follows the configured master. */
    void start() {
        spillFiles.removeOld();
        HostPort configured = server.settings().replicaOf();
        if (configured != null && !isReplica()) {
            masterHost = configured.host();
            masterPort = configured.port();
            updateRole();
            master.follow(false);
        }
    }

    /**
     * The position saved in the RDB that was loaded at the start, for whichever role we have.
     *
     * @param deletions of keys that a master dropped while it loaded, which replicas that go on from there still have
     */
    void restored(Position saved, int streamDb, Effects deletions) {
        HostPort configured = server.settings().replicaOf();
        if (configured != null) {
            history = history.restartAsReplica(saved);
            log.jump(saved.offset());
            master.link().prepare(new Upstream(saved, streamDb));
            say(new LogLine(
                    LogLine.Level.NOTICE,
                    "Before turning into a replica, using my own master parameters to synthesize a cached master: I may be"
                            + " able to synchronize with the new master with just a partial transfer."));
            return;
        }
        history = history.restartAsMaster(saved);
        if (!log.isBacklogActive()) {
            log.createBacklog();
        }
        propagator.append(log, deletions, false);
        log.rebase(saved.offset());
        noReplicasSinceNanos = server.nowNanos();
    }

    /** REPLICAOF host port. */
    void follow(String host, int port) {
        boolean wasMaster = !isReplica();
        if (!wasMaster) {
            master.abandon(true);
        }
        server.blocked().disconnectAll();
        masterHost = host;
        masterPort = port;
        if (wasMaster) {
            RoleChange.Demotion demotion = RoleChange.demote(master.link().upstream(), history, log.end());
            say(demotion.lines());
            master.link().prepare(demotion.upstream());
        }
        updateRole();
        server.events().tell(new ServerEvent.BecameReplica(host, port));
        master.follow(true);
    }

    /** REPLICAOF NO ONE: a new history that continues the old one. */
    void promote() {
        master.abandon(false);
        masterHost = "";
        RoleChange.Promotion promotion = RoleChange.promote(history, newId(), log.end());
        history = promotion.history();
        say(promotion.line());
        replicas.dropAll();
        propagator.forgetDatabase();
        noReplicasSinceNanos = server.nowNanos();
        updateRole();
        server.appendOnly().restart();
        server.events().tell(new ServerEvent.BecameMaster());
    }

    void updateRole() {
        boolean replica = isReplica() || server.settings().replicaOf() != null && ticks == 0 && !started();
        server.log().role(replica ? 'S' : 'M');
    }

    private boolean started() {
        return server.cron().isRunning();
    }

    /** DEBUG CHANGE-REPL-ID. */
    public void changeId() {
        history = history.renew(newId());
    }

    /** A first replica is here: a master without backlog begins a new history, for nobody kept what it did until now. */
    void ensureBacklog() {
        if (!log.isBacklogActive()) {
            history = history.renew(newId());
            log.createBacklog();
            say(Messages.backlogCreated(history));
        }
    }

    void lastReplicaGone() {
        noReplicasSinceNanos = server.nowNanos();
    }

    // ---- cron

    /** Once a second, and ten times as often while {@link #wantsFastCron}: {@code second} tells whether another one is over. */
    void tick(boolean second) {
        failover.check();
        master.tick();
        if (second) {
            ticks++;
            ping();
        }
        replicas.tick();
        expireBacklog();
        countGoodReplicas();
    }

    /** In the stream, so that chained replicas hear of us too. A pause by CLIENT PAUSE may be longer than their patience, so it does not count. */
    private void ping() {
        boolean due = ticks % server.settings().replPingReplicaPeriod.value() == 0;
        if (due && !isReplica() && replicas.isAny() && log.isWanted() && !failover.silencesPings()) {
            log.append(PING, 0, PING.length);
            replicas.streamGrew();
        }
    }

    private void expireBacklog() {
        BacklogTtl ttl = new BacklogTtl(server.settings().replBacklogTtl.value());
        int count = replicas.all().size();
        if (ttl.isOver(!isReplica(), count, log, noReplicasSinceNanos, server.nowNanos())) {
            history = history.renew(newId());
            log.freeBacklog();
            say(ttl.line());
        }
    }

    /** The pause that held back commands is over. */
    void pauseEnded() {
        master.resumeStream();
    }

    /** A command of our master has to wait for the end of a pause. */
    void masterCommandPostponed() {
        master.postponed();
    }

    /** What INFO, ROLE and others list. */
    List<ReplicaPeer> peers() {
        return new ArrayList<>(replicas.all());
    }
}
