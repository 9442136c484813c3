// SPDX-License-Identifier: Apache-2.0
package dev.understudy.commands;

import dev.understudy.commands.Command.Flag;
import dev.understudy.store.Clock;
import dev.understudy.store.DataSet;
import dev.understudy.store.Db;
import dev.understudy.store.Value;
import dev.understudy.wire.Bytes;
import org.jspecify.annotations.Nullable;

/**
 * Executes commands on a data set: looks them up, lets the gates judge, queues them in transactions, runs handlers and hands the effects of each
 * execution unit to the {@link Listener}. Confined to the command loop.
 */
public final class Engine implements Execution {
    /** The reply when a fault kept a command from being executed. */
    public static final String REFUSED = "ERR internal error, nothing was changed; the server's log has the details";

    private final CommandTable table;
    private final Conditions conditions;
    private final Listener listener;
    private final Watches watches = new Watches();
    private final KeyAccesses accesses;
    private final LocalExpiries localExpiries = new LocalExpiries();
    private final Statistics statistics = new Statistics();
    private final ExecutionUnits units;
    private DataSet data;
    private @Nullable Replacement replacement;

    /** How a whole data set is exchanged for an empty one, which takes no time whatever its size. Implemented by the server. */
    public interface Replacement {
        /** Makes an empty data set with as many databases and the limits of {@code old}. */
        DataSet emptyLike(DataSet old);

        /** Gives back the memory of a data set that is no longer in use: before it returns, unless {@code lazy}. */
        void retire(DataSet old, boolean lazy);
    }

    public Engine(CommandTable table, DataSet data, Conditions conditions, Listener listener, Clock clock) {
        this.table = table;
        this.data = data;
        this.conditions = conditions;
        this.accesses = new KeyAccesses(conditions);
        this.listener = listener;
        this.units = new ExecutionUnits(this, listener, clock, statistics);
    }

    public CommandTable table() {
        return table;
    }

    public Statistics statistics() {
        return statistics;
    }

    public LocalExpiries localExpiries() {
        return localExpiries;
    }

    @Override
    public DataSet data() {
        return data;
    }

    /** Replaces the whole data set; returns the old one, which the caller closes. Watchers of keys that are in either are told. */
    public DataSet replaceData(DataSet replacement) {
        DataSet old = data;
        for (int i = 0; i < old.databases(); i++) {
            watches.flushed(i, old, replacement.db(i), units.nowMillis());
        }
        data = replacement;
        localExpiries.clear();
        listener.replaced(-1);
        return old;
    }

    @Override
    public long nowMillis() {
        return units.nowMillis();
    }

    // ---- one command of a client

    /** Executes (or queues, or refuses) one request; the reply is written to the session. */
    public void execute(Session session, Bytes[] words, int count) {
        Command command = lookUp(words, count);
        session.current(command);
        if (command == null) {
            if (!listener.shutsOut(session, words[0])) {
                refuse(session, null, table.unknown(words, count));
            }
            return;
        }
        if (!command.arityAllows(count)) {
            refuse(session, command, command.wrongArity());
            return;
        }
        if (!Gates.open(command, session, conditions)) {
            String error = Gates.refuse(Gates.Request.of(command, session), conditions);
            if (error != null) {
                if (!error.equals(Gates.LOADING) || !listener.awaitsLoad(session)) {
                    refuse(session, command, error);
                }
                return;
            }
        }
        if (listener.postpones(session, command)) {
            return;
        }
        Session.Transaction transaction = session.transaction();
        if (transaction != null && !runsInsideMulti(command)) {
            transaction.add(command, words, count);
            session.reply().simple("QUEUED");
            return;
        }
        boolean wrapped = !command.name().equals("scan") && !command.name().equals("randomkey");
        units.command(session, command, words, count, wrapped);
    }

    /**
     * Executes (or queues) one command of an append only file (loadSingleAppendOnlyFile): it was let through when it was written, so nothing judges
     * it, and it states no effects.
     * @param command what {@link #lookUp} has found, of an arity that the words have
     */
    public void replay(Session session, Command command, Bytes[] words, int count) {
        assert command.arityAllows(count);
        session.current(command);
        Session.Transaction transaction = session.transaction();
        if (transaction != null && !runsInsideMulti(command)) {
            transaction.add(command, words, count);
            return;
        }
        units.replay(session, command, words, count);
    }

    private static boolean runsInsideMulti(Command command) {
        return switch (command.name()) {
            case "exec", "discard", "multi", "watch", "quit", "reset" -> true;
            default -> false;
        };
    }

    /** The row of a command or of a subcommand; null if unknown. */
    public @Nullable Command lookUp(Bytes[] words, int count) {
        Command command = table.find(words[0]);
        if (command == null || command.subcommands().isEmpty() || count < 2) {
            return command;
        }
        return command.subcommand(words[1]);
    }

    /** Refuses a request before its handler has run. */
    private void refuse(Session session, @Nullable Command command, String error) {
        Session.Transaction transaction = session.transaction();
        if (command != null) {
            command.statistics.rejected++;
        }
        if (command != null && command.name().equals("exec")) {
            discard(session);
            writeError(session, command, Gates.abortOfExec(error));
            return;
        }
        if (transaction != null) {
            transaction.breakUp();
        }
        writeError(session, command, error);
    }

    void writeError(Session session, @Nullable Command command, String error) {
        statistics.error(error);
        session.reply().error(error);
        session.failed(error, command);
    }

    // ---- execution units

    /**
     * Does something of the server's own (expiry, MIGRATE) as an execution unit, or as part of the one under way: its effects go to the listener at the
     * unit's end.
     */
    public void unit(Runnable body) {
        units.own(body);
    }

    /** Name of the command that was begun last, for crash reports; empty before the first. */
    public String lastCommand() {
        Command last = units.last();
        return last == null ? "" : last.name();
    }

    /** Throws {@link dev.understudy.wire.BrokenInvariant} if a unit is open; called by the server between two iterations of its loop. */
    public void checkBetweenUnits() {
        units.checkClosed();
    }

    /** Whether the unit under way is one of this session. */
    @SuppressWarnings("ReferenceEquality") // The very same client.
    public boolean isExecuting(Session session) {
        return units.current() == session;
    }

    /** Counts an execution of a command that took {@code nanos}. */
    public void count(Command command, long nanos) {
        command.statistics.calls++;
        command.statistics.microseconds += nanos / 1000;
        command.statistics.latency.record(nanos);
        statistics.commandsProcessed++;
    }

    // ---- transactions

    void exec(Call call) {
        Session session = call.session();
        Session.Transaction transaction = session.transaction();
        if (transaction == null) {
            throw CommandFailure.err("EXEC without MULTI");
        }
        boolean broken = transaction.broken();
        boolean watchBroken = session.watchBroken() || Watches.anyExpired(session, data, units.nowMillis());
        discard(session);
        if (broken) {
            throw new CommandFailure("EXECABORT Transaction discarded because of previous errors.");
        }
        if (watchBroken) {
            call.reply().nilArray();
            return;
        }
        call.silent();
        call.reply().array(transaction.size());
        units.nested(session, transaction);
    }

    /** Ends a transaction without executing it. */
    void discard(Session session) {
        session.transaction(null);
        watches.unwatchAll(session);
    }

    void watch(Session session, Bytes key) {
        Value value = data.db(session.database()).open(key);
        boolean expired = value != null && value.expireAt() >= 0 && value.expireAt() < units.nowMillis();
        watches.watch(session, session.database(), key, expired);
    }

    void unwatchAll(Session session) {
        watches.unwatchAll(session);
    }

    /** A client is gone or has been reset: its transaction and watches go too. */
    public void forget(Session session) {
        discard(session);
    }

    /** All keys of database {@code index} (-1: of all) are about to be deleted. */
    public void flushing(int index) {
        watches.flushed(index, data, null, units.nowMillis());
    }

    @Override
    public void flush(Db db, boolean lazy) {
        data.memory().noteChange();
        flushing(db.index());
        db.clear(lazy);
        listener.replaced(db.index());
    }

    @Override
    public void swap(int first, int second) {
        if (first != second) {
            data.memory().noteChange();
            swapping(first, second);
            data.swap(first, second);
            listener.replaced(first);
            listener.replaced(second);
        }
    }

    /** Two databases are about to be exchanged. */
    public void swapping(int first, int second) {
        watches.flushed(first, data, data.db(second), units.nowMillis());
        watches.flushed(second, data, data.db(first), units.nowMillis());
    }

    /** Says how FLUSHALL empties the data set from now on; until then each database is cleared where it is. */
    public void replacing(Replacement newReplacement) {
        replacement = newReplacement;
    }

    @Override
    public void flushAll(boolean lazy) {
        statistics.dirty += data.size();
        data.memory().noteChange();
        Replacement hook = replacement;
        if (hook == null) {
            flushing(-1);
            localExpiries.clear();
            for (int i = 0; i < data.databases(); i++) {
                data.db(i).clear(lazy);
            }
            listener.replaced(-1);
            return;
        }
        DataSet empty = hook.emptyLike(data);
        data.functions().all().forEach(empty.functions()::put);
        empty.accessClock(accessClock());
        empty.memory().noteChange();
        hook.retire(replaceData(empty), lazy);
    }

    // ---- Execution

    @Override
    public int accessClock() {
        return accesses.clock(units.nowMillis());
    }

    @Override
    public @Nullable Value openForRead(Db db, Bytes key, boolean touching) {
        Value value = live(db, key, false);
        if (value == null) {
            statistics.keyspaceMisses++;
            notify(NotifyClass.KEY_MISS, "keymiss", db, key);
            return null;
        }
        statistics.keyspaceHits++;
        if (touching) {
            accesses.note(units.current(), db, value, units.nowMillis(), data.random());
        }
        return value;
    }

    @Override
    public @Nullable Value openForWrite(Db db, Bytes key) {
        Value value = live(db, key, true);
        if (value != null) {
            accesses.note(units.current(), db, value, units.nowMillis(), data.random());
        }
        return value;
    }

    @Override
    public boolean expireIfNeeded(Db db, Bytes key) {
        return db.contains(key) && live(db, key, false) == null;
    }

    private @Nullable Value live(Db db, Bytes key, boolean forWrite) {
        Value value = db.open(key);
        if (value == null || value.expireAt() < 0 || value.expireAt() >= units.nowMillis() || conditions.isLoading()) {
            return value;
        }
        if (conditions.isReplica()) {
            if (fromMaster()) {
                return value;
            }
            if (!forWrite) {
                return null;
            }
        } else if (conditions.expiryIsPaused()) {
            return null;
        }
        expire(db, key);
        return null;
    }

    /** Deletes a key that has expired, with its effect and event. Inside a unit. */
    public void expire(Db db, Bytes key) {
        boolean lazy = conditions.lazyExpire();
        units.settled(() -> {
            db.delete(key, lazy);
            effects().begin(db.index(), 2).arg(lazy ? "UNLINK" : "DEL").arg(key);
        });
        touched(db, key);
        notify(NotifyClass.EXPIRED, "expired", db, key);
        statistics.expiredKeys++;
    }

    @Override
    public void expiring(Db db, Bytes key) {
        if (conditions.isReplica() && !conditions.replicaIsReadOnly() && !fromMaster()) {
            localExpiries.remember(db, key);
        }
    }

    @Override
    public boolean delete(Db db, Bytes key, boolean lazy) {
        return db.delete(key, lazy);
    }

    @Override
    public void touched(Db db, Bytes key) {
        watches.touched(db, key);
        listener.touched(db, key);
    }

    @Override
    public void signal(Db db, Bytes key) {
        listener.touched(db, key);
    }

    @Override
    public boolean block(Session session, Blocking waiting) {
        return listener.block(session, waiting);
    }

    @Override
    public void notify(NotifyClass notifyClass, String event, Db db, Bytes key) {
        listener.notify(notifyClass, event, db, key);
    }

    @Override
    public Effects effects() {
        return units.effects();
    }

    @Override
    public Conditions conditions() {
        return conditions;
    }

    @Override
    public boolean isNested() {
        return units.isNested();
    }

    @Override
    public boolean sanitizesPayloads() {
        Session current = units.current();
        return current != null && conditions.sanitizesPayloads(current);
    }

    @Override
    public void payloadSaid(String line, boolean mended) {
        listener.payloadSaid(line, mended);
    }

    @Override
    public boolean fromMaster() {
        Session current = units.current();
        return current != null && current.isMaster();
    }

    /** Whether flags of a command make it one that pausing writes holds back. */
    public static boolean mayWrite(Command command, Session session) {
        Session.Transaction transaction = session.transaction();
        return command.is(Flag.WRITE)
                || command.is(Flag.MAY_REPLICATE)
                || command.name().equals("exec") && transaction != null && transaction.writes();
    }
}
