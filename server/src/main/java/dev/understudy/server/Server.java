// SPDX-License-Identifier: Apache-2.0
package dev.understudy.server;

import dev.understudy.commands.Blocking;
import dev.understudy.commands.Command;
import dev.understudy.commands.CommandTable;
import dev.understudy.commands.Effects;
import dev.understudy.commands.Engine;
import dev.understudy.commands.KeyUse;
import dev.understudy.commands.Listener;
import dev.understudy.commands.NotifyClass;
import dev.understudy.commands.Session;
import dev.understudy.server.aof.AppendOnly;
import dev.understudy.server.settings.ConfigCommands;
import dev.understudy.server.settings.HostPort;
import dev.understudy.server.settings.Settings;
import dev.understudy.server.transport.LoopTasks;
import dev.understudy.store.DataSet;
import dev.understudy.store.Db;
import dev.understudy.wire.Bytes;
import dev.understudy.wire.Invariant;
import dev.understudy.wire.ReplyChunks;
import dev.understudy.wire.ShownText;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One data server: the command loop's state and wiring. Everything here runs on the loop of its {@link Ports#transport}, apart from
 * {@link #start} and {@link #close}, which any other thread calls.
 *
 * <p>One iteration: sockets are read, requests executed, their effects appended to the stream log; then {@link #beforeSleep} feeds the
 * replicas and flushes the replies, once.
 */
public final class Server implements Listener, AutoCloseable {
    /** What INFO and HELLO report: clients and Sentinel decide by it. */
    public static final String REDIS_VERSION = "7.2.4";

    private static final int REPLY_CHUNKS_KEPT = 64;

    private final Ports ports;
    private final Settings settings;
    private final CommandTable table = new CommandTable();
    private final Engine engine;
    private final Clients clients;
    private final Replication replication;
    private final Persistence persistence;
    private final AppendOnly appendOnly;
    private final State state;
    private final Traffic traffic = new Traffic();
    private final Events events;
    private final FaultHandler faults = new FaultHandler(this);
    private final StallHistogram stalls = new StallHistogram();
    private final SpareMemory spareMemory = new SpareMemory(this);
    private final MemoryPlan memory = new MemoryPlan(this);
    private final ReplyChunks replyChunks = new ReplyChunks(REPLY_CHUNKS_KEPT, memory.budget());
    private final PubSub pubSub = new PubSub();
    private final KeyspaceEvents keyspaceEvents;
    private final Pauses pauses;
    private final LoadWaiters loadWaiters;
    private final CrossProtocol crossProtocol;
    private final Migrations migrations;
    private final BlockedClients blocked;
    private final SlowLog slowLog;
    private final Cron cron;
    private final Front front;
    private final Shutdown shutdown;
    private final ConfigCommands config;
    private final String runId;
    private final long startNanos;
    private long peakMemory;
    private List<Client> toFlush = new ArrayList<>();
    private List<Client> flushing = new ArrayList<>();

    public Server(Ports ports, Settings settings) {
        this.ports = ports;
        this.settings = settings;
        this.events = new Events(ports.log());
        this.startNanos = ports.clock().nanos();
        this.runId = RandomIds.fortyHex(ports.random());
        this.state = new State(this);
        this.engine = new Engine(table, newDataSet(), state, this, ports.clock());
        this.keyspaceEvents = new KeyspaceEvents(settings.notifyKeyspaceEvents, pubSub);
        this.clients = new Clients(this);
        this.replication = new Replication(this);
        this.persistence = new Persistence(this);
        this.appendOnly = new AppendOnly(this);
        this.pauses = new Pauses(this);
        this.loadWaiters = new LoadWaiters(this);
        this.crossProtocol = new CrossProtocol(ports);
        this.blocked = new BlockedClients(this);
        this.migrations = new Migrations(this);
        this.slowLog = new SlowLog(this);
        this.cron = new Cron(this);
        this.front = new Front(this);
        this.shutdown = new Shutdown(this);
        this.config = new ConfigCommands(settings, ports.configFiles(), new ConfigHost(this));
        config.register(table);
        settings.replicaof.liveBy(() ->
                replication.isReplica() ? new HostPort(replication.masterHost(), replication.masterPort()) : null);
        engine.replacing(new Engine.Replacement() {
            @Override
            public DataSet emptyLike(DataSet old) {
                return newDataSet();
            }

            @Override
            public void retire(DataSet old, boolean lazy) {
                old.close();
                persistence.flushed();
            }
        });
        Families.register(this, table);
        SettingEffects.register(this);
    }

    // ---- life

    /**
     * Loads the data, listens, and begins to serve. Waits for neither a master nor the load: clients get -LOADING meanwhile.
     *
     * @param outcome told on the loop when the server is ready, or why it is not
     */
    public void start(Consumer<StartOutcome> outcome) {
        loop().execute(() -> {
            loop().beforeSleep(this::beforeSleep);
            loop().observeIterations(nanos -> stalls.record(nanos, engine.statistics().commandsProcessed));
            loop().onFault(faults::fatal);
            memory.warn();
            front.start(outcome);
        });
    }

    /**
     * Ends everything at once, without saving, but loses nothing that was answered and promised to the append only file: for embedders and tests;
     * {@link #shutdown} is the orderly way. The loop ends last, so that all who hold views, data sets or files are told to let go of them.
     */
    @Override
    public void close() {
        try {
            shutdown.closeOnLoop();
            if (loop().isOver()) {
                ports.transport().close();
                shutdown.giveUpWork();
            }
            ports.workers().close();
        } finally {
            ports.transport().close();
            replication.close();
            appendOnly.close();
            engine.data().close();
        }
    }

    public Shutdown shutdown() {
        return shutdown;
    }

    /** An empty data set under the present settings; what is loaded into it counts as used now. */
    public DataSet newDataSet() {
        DataSet data =
                new DataSet(ports.memory().get(), (int) settings.databases.value(), settings.limits(), ports.random());
        data.accessClock(KeyUse.ofNewKey(state.tracksFrequency(), ports.clock().wallMillis()));
        return data;
    }

    // ---- executing

    /** Executes one request of a client. */
    void execute(Client client, Bytes[] words, int count) {
        long before = replication.log().end();
        engine.execute(client, words, count);
        long after = replication.log().end();
        if (after != before) {
            client.lastWriteOffset(after);
        }
        blocked.serve();
        if (engine.data().results().size() > 0) {
            // Of a command that did not come to its end.
            engine.data().results().clear(true);
        }
    }

    /** Has the client's replies flushed at the end of this iteration. */
    void flushLater(Client client) {
        toFlush.add(client);
    }

    /** Hands over the replies that wait for the end of this iteration, because there is no heap for more; returns whether there were any. */
    boolean handOverReplies() {
        boolean any = false;
        for (Client client : toFlush) {
            any |= !client.isExecuting() && client.output().handOver();
        }
        return any;
    }

    /** Has the client's waiting requests executed in the next iteration. */
    void resumeLater(Client client) {
        loop().execute(client::resume);
    }

    private void beforeSleep() {
        if (shutdown.isOver()) {
            flushReplies();
            return;
        }
        blocked.serve();
        engine.checkBetweenUnits();
        replication.beforeWriting();
        if (!appendOnly.beforeSleep()) {
            // Nobody may hear of what is not on disk.
            toFlush.forEach(Client::close);
            return;
        }
        memory.iterationEnds();
        replication.beforeSleep();
        flushReplies();
        spareMemory.prepare();
    }

    private void flushReplies() {
        List<Client> ready = toFlush;
        toFlush = flushing;
        flushing = ready;
        for (Client client : ready) {
            if (!replication.replicas().older().holdsReplies(client)) {
                client.flush();
            }
        }
        ready.clear();
    }

    @Override
    public void propagate(Effects effects, boolean wrapped) {
        long toFile = appendOnly.propagate(effects, wrapped);
        long toStream = replication.propagate(effects, wrapped);
        Invariant.equal(toFile, effects.length(), "bytes that the append only file took, bytes of the effects");
        Invariant.equal(toStream, effects.length(), "bytes that the stream log took, bytes of the effects");
    }

    @Override
    public void touched(Db db, Bytes key) {
        blocked.touched(db, key);
    }

    @Override
    public void replaced(int database) {
        blocked.replaced(database);
    }

    @Override
    public boolean block(Session session, Blocking waiting) {
        if (session instanceof Client client) {
            blocked.block(client, waiting);
            return true;
        }
        return false;
    }

    @Override
    public void notify(NotifyClass notifyClass, String event, Db db, Bytes key) {
        keyspaceEvents.happened(notifyClass, event, db, key);
    }

    @Override
    public void executed(Session session, Command command, Bytes[] words, int count, long nanos) {
        slowLog.executed(session, command, words, count, nanos);
    }

    @Override
    public void refused(Command command, Throwable fault) {
        faults.refused("command '" + command.name() + "'", fault);
    }

    @Override
    public void payloadSaid(String line, boolean mended) {
        log().log(mended ? ServerLog.Level.WARNING : ServerLog.Level.VERBOSE, line);
    }

    @Override
    public boolean postpones(Session session, Command command) {
        return pauses.postpone(session, command) || memory.refuses(session, command);
    }

    @Override
    public boolean shutsOut(Session session, Bytes name) {
        return crossProtocol.shutsOut(session, name);
    }

    @Override
    public boolean awaitsLoad(Session session) {
        return loadWaiters.postpone(session);
    }

    /** A replica's own command failed; replicas may not cause errors. */
    void replicaCausedError(String error, @Nullable Command command) {
        engine.statistics().unexpectedErrorReplies++;
        log().warning("== CRITICAL == This master is sending an error to its replica: '-" + ShownText.of(error)
                + "' after processing the command '" + (command == null ? "<unknown>" : command.name()) + "'");
    }

    void clientClosed(Client client) {
        memory.disconnected();
        engine.forget(client);
        pubSub.leave(client);
        clients.remove(client);
    }

    // ---- parts

    public Ports ports() {
        return ports;
    }

    public Settings settings() {
        return settings;
    }

    public Engine engine() {
        return engine;
    }

    public CommandTable table() {
        return table;
    }

    public Clients clients() {
        return clients;
    }

    public Replication replication() {
        return replication;
    }

    public Persistence persistence() {
        return persistence;
    }

    /** The append only file. */
    public AppendOnly appendOnly() {
        return appendOnly;
    }

    public State state() {
        return state;
    }

    Events events() {
        return events;
    }

    /** What becomes of exceptions that nobody foresaw. */
    public FaultHandler faults() {
        return faults;
    }

    /** Has {@code listener} told what happens; before {@link #start}. */
    public void listen(ServerListener listener) {
        events.add(listener);
    }

    public Traffic traffic() {
        return traffic;
    }

    public StallHistogram stalls() {
        return stalls;
    }

    public PubSub pubSub() {
        return pubSub;
    }

    public SlowLog slowLog() {
        return slowLog;
    }

    public BlockedClients blocked() {
        return blocked;
    }

    /** The connections that MIGRATE keeps. */
    public Migrations migrations() {
        return migrations;
    }

    LoadWaiters loadWaiters() {
        return loadWaiters;
    }

    public Pauses pauses() {
        return pauses;
    }

    public Cron cron() {
        return cron;
    }

    public Front front() {
        return front;
    }

    /** The memory that clients may make the server use. */
    public MemoryPlan memory() {
        return memory;
    }

    ReplyChunks replyChunks() {
        return replyChunks;
    }

    public ServerLog log() {
        return ports.log();
    }

    /** The loop that owns all this. */
    public LoopTasks loop() {
        return ports.transport().loop();
    }

    public long nowNanos() {
        return ports.clock().nanos();
    }

    public long uptimeSeconds() {
        return (nowNanos() - startNanos) / 1_000_000_000L;
    }

    public long startNanos() {
        return startNanos;
    }

    /** 40 hex digits that are new with each start. */
    public String runId() {
        return runId;
    }

    /** Native memory of the data, of what only snapshots still need, and of the buffers of replication: used_memory of INFO. */
    public long usedMemory() {
        return engine.data().memory().usedBytes() + replication.bufferBytes();
    }

    /**
     * What of {@link #usedMemory} maxmemory does not limit (freeMemoryGetNotCountedMemory): the stream that only replicas need, and what only
     * snapshots need, which in Redis is the memory of a child.
     */
    public long memoryNotCounted() {
        return replication.log().memoryBytesAboveBacklog() + engine.data().retainedBytes();
    }

    /** Called by the cron: remembers the highest {@link #usedMemory}. */
    void notePeakMemory() {
        peakMemory = Math.max(peakMemory, usedMemory());
    }

    /** Highest {@link #usedMemory} seen by the cron, bytes. */
    public long peakMemory() {
        return peakMemory;
    }

    /** CONFIG REWRITE; {@code all}: with the directives that have their defaults. Returns why that was impossible, or null. */
    public @Nullable String rewriteConfig(boolean all) {
        return config.rewrite(all);
    }

    /** CONFIG RESETSTAT. */
    void resetStatistics() {
        engine.statistics().reset();
        table.resetStatistics();
        traffic.reset();
        memory.resetStatistics();
        stalls.reset();
        persistence.saver().resetStatistics();
        appendOnly.resetStatistics();
        cron.compactor().resetStatistics();
    }

    public boolean needsPassword() {
        return !settings.requirepass.value().isEmpty();
    }
}
