// SPDX-License-Identifier: Apache-2.0
package dev.understudy.commands;

import dev.understudy.store.Clock;
import dev.understudy.wire.Bytes;
import dev.understudy.wire.Invariant;
import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/**
 * The one place where an execution unit begins and ends, and the boundary that no exception crosses unnoticed. A unit is a command of a client, a
 * transaction with all that is inside it, or something that the server does on its own; its effects go to the {@link Listener} when it is over.
 *
 * <p>A handler that throws anything but a {@link CommandFailure} has a bug or has run out of memory. If it has changed nothing, its client gets an
 * error, the reply that it had begun is taken back, and all is as before: the command is <em>refused</em>. Else nobody knows what replicas and append
 * only file should be told, and a {@link FatalFault} leaves the engine: the loop ends the server. Confined to the command loop.
 */
final class ExecutionUnits {
    private final Engine engine;
    private final Listener listener;
    private final Clock clock;
    private final Effects effects = new Effects();
    private final Statistics statistics;
    private final ArrayDeque<Call> idleCalls = new ArrayDeque<>();
    private long nowMillis;
    /** Depth of nested executions: 0 between units. */
    private int depth;

    private boolean nested;
    /** Whether what is executed comes from an append only file, and goes nowhere else. */
    private boolean replaying;

    private @Nullable Session current;
    private @Nullable Command last;
    /** The first effects of the unit, which are complete whatever becomes of the present command. */
    private int settledEffects;

    ExecutionUnits(Engine engine, Listener listener, Clock clock, Statistics statistics) {
        this.engine = engine;
        this.listener = listener;
        this.clock = clock;
        this.statistics = statistics;
        this.nowMillis = clock.wallMillis();
    }

    Effects effects() {
        return effects;
    }

    /** The clock of the present unit, or of the last one. */
    long nowMillis() {
        return nowMillis;
    }

    /** Whose unit this is; null between units and in the server's own. */
    @Nullable
    Session current() {
        return current;
    }

    /** The command that was begun last; null before the first. */
    @Nullable
    Command last() {
        return last;
    }

    /** Whether commands of a transaction are being executed. */
    boolean isNested() {
        return nested;
    }

    /** Between two iterations of the loop no unit is open; throws {@link dev.understudy.wire.BrokenInvariant} else. */
    void checkClosed() {
        Invariant.equal(depth, 0, "depth of execution units between units, expected");
    }

    /** One command as a unit of its own; the effects of several operations go between MULTI and EXEC if {@code wrapped}. */
    void command(Session session, Command command, Bytes[] words, int count, boolean wrapped) {
        checkClosed();
        boolean ended = false;
        begin(session);
        try {
            run(session, command, words, count);
            end(wrapped);
            ended = true;
        } finally {
            if (!ended) {
                abandon();
            }
        }
    }

    /** As {@link #command}, without effects: what an append only file says has been propagated already. */
    void replay(Session session, Command command, Bytes[] words, int count) {
        replaying = true;
        try {
            begin(session);
            run(session, command, words, count);
            effects.clear();
            end(false);
        } finally {
            replaying = false;
            if (depth > 0) {
                abandon();
            }
        }
    }

    /** What the server does on its own (expiry, eviction, MIGRATE), as a unit or as part of the present one. */
    void own(Runnable body) {
        boolean ended = false;
        begin(null);
        try {
            body.run();
            end(true);
            ended = true;
        } finally {
            if (!ended) {
                abandon();
            }
        }
    }

    private void begin(@Nullable Session session) {
        if (depth++ == 0) {
            nowMillis = clock.wallMillis();
            current = session;
            engine.data().closeWindows();
            engine.data().accessClock(engine.accessClock());
        }
    }

    private void end(boolean wrapped) {
        if (--depth == 0) {
            current = null;
            if (effects.count() > 0) {
                listener.propagate(effects, wrapped && effects.count() > 1);
                effects.clear();
            }
        }
    }

    /** An exception leaves the unit, and ends the server: nothing of it may be taken for the next one's. */
    private void abandon() {
        depth = 0;
        nested = false;
        current = null;
        effects.clear();
    }

    /** The commands of a transaction, inside the unit of its EXEC. */
    void nested(Session session, Session.Transaction transaction) {
        nested = true;
        for (Session.Transaction.Queued queued : transaction.queued()) {
            engine.data().closeWindows();
            run(session, queued.command(), queued.words(), queued.words().length);
            if (session.isStopped()) {
                break;
            }
        }
        nested = false;
    }

    private void run(Session session, Command command, Bytes[] words, int count) {
        Call call = idleCalls.isEmpty() ? new Call(engine) : idleCalls.pop();
        call.begin(command, session, session.reply(), words, count);
        session.current(command);
        last = command;
        int database = session.database();
        settledEffects = effects.count();
        long replyBegin = session.reply().position();
        engine.data().memory().forgetChange();
        long begin = clock.nanos();
        try {
            command.handler().run(call);
            if (!replaying && !call.isExplicit() && (call.changes() > 0 || call.isForced())) {
                propagateVerbatim(database, words, count);
            }
        } catch (CommandFailure failure) {
            command.statistics.failed++;
            engine.writeError(session, command, failure.reply());
        } catch (RuntimeException | Error fault) {
            refuseUnlessChanged(call, fault);
            session.reply().rewind(replyBegin);
            command.statistics.failed++;
            engine.writeError(session, command, Engine.REFUSED);
        }
        // One that waits is counted when it is executed again, or gives up.
        if (!call.isBlocked()) {
            long nanos = Math.max(0, clock.nanos() - begin);
            engine.count(command, nanos);
            listener.executed(session, command, words, count, nanos);
        }
        statistics.dirty += call.changes();
        idleCalls.push(call);
    }

    /** Throws {@link FatalFault} unless the command has provably changed nothing; then the listener is told. */
    private void refuseUnlessChanged(Call call, Throwable fault) {
        if (fault instanceof FatalFault fatal) {
            throw fatal;
        }
        Command command = call.command();
        if (mayHaveChanged(call) || replaying) {
            throw new FatalFault(
                    command.name() + " of " + call.count() + " words in database "
                            + call.session().database() + ", after " + call.changes() + " changes and "
                            + effects.count() + " effects",
                    fault);
        }
        statistics.internalErrors++;
        listener.refused(command, fault);
    }

    private boolean mayHaveChanged(Call call) {
        Command command = call.command();
        if (command.changesNothing()) {
            return false;
        }
        return !command.is(Command.Flag.WRITE)
                || call.changes() > 0
                || effects.count() > settledEffects
                || engine.data().memory().isChanged();
    }

    /**
     * Does what is a change with its effects in itself, whatever becomes of the command around it: the deletion of an expired key.
     */
    void settled(Runnable change) {
        boolean clean = !engine.data().memory().isChanged() && effects.count() == settledEffects;
        change.run();
        if (clean) {
            settledEffects = effects.count();
            engine.data().memory().forgetChange();
        }
    }

    private void propagateVerbatim(int database, Bytes[] words, int count) {
        effects.begin(database, count);
        for (int i = 0; i < count; i++) {
            effects.arg(words[i]);
        }
    }
}
