// SPDX-License-Identifier: Apache-2.0
package dev.understudy.server;

import dev.understudy.commands.Command;
import dev.understudy.commands.Engine;
import dev.understudy.commands.Probe;
import dev.understudy.commands.Session;
import dev.understudy.replication.Messages;
import dev.understudy.replication.Setbacks;
import dev.understudy.replication.StreamRefusal;
import dev.understudy.server.settings.Settings;
import dev.understudy.wire.Bytes;
import dev.understudy.wire.Quoted;
import org.jspecify.annotations.Nullable;

/**
 * What becomes of a command of our master's stream that fails here (afterErrorReply of Redis, which by default logs it and goes on). What a
 * master sends has worked there, so each error says that the two are no longer the same, or will not be if we go on:
 *
 * <pre>
 *   replica-unknown-command stop      what we do not know (command, arity, subcommand, option, payload, database): the link is closed, and
 *                                     asks for the same again later
 *                                     what a fault of ours, or want of memory, has refused: likewise
 *                                     what fails on our data: they differ already, and the next attempt asks for all of them; but
 *                                     on a writable replica, where clients may have made the difference, it is passed over
 *   ignore                            passed over
 *   propagation-error-behavior given  as Redis: passed over, or the end of a read only replica (panic, panic-on-replicas)
 * </pre>
 *
 * Owned by the command loop.
 */
final class StreamErrors {
    private static final int LATEST_BYTES = 256;
    private static final String UNKNOWN = "<unknown>";

    private final Server server;
    private final Replication replication;
    private final Probe probe;
    private @Nullable StreamRefusal refusal;

    StreamErrors(Server server, Replication replication) {
        this.server = server;
        this.replication = replication;
        this.probe = new Probe(server.engine());
    }

    /** A new stream: nothing has failed yet. */
    void reset() {
        refusal = null;
    }

    /** Whether a command has failed that is not passed over: nothing may be executed after it. */
    boolean isStopped() {
        return refusal != null;
    }

    /**
     * The end of the stream, for the link.
     *
     * @param changed whether the data are no longer those before the command or the transaction that failed
     */
    StreamRefusal refusal(boolean changed) {
        StreamRefusal failed = refusal;
        if (failed == null) {
            throw new IllegalStateException("nothing has failed");
        }
        boolean resumable = failed.resumable() && !changed;
        return new StreamRefusal(failed.kind(), failed.command(), failed.error(), resumable);
    }

    /** Whether this command is about to be queued whose words alone make it fail: then its transaction has to end before it begins. */
    boolean refusesToQueue(Session session, Bytes[] words, int count) {
        if (session.transaction() == null || passesOver()) {
            return false;
        }
        String error = probe.refusal(session, words, count);
        if (error == null) {
            return false;
        }
        server.engine().statistics().unexpectedErrorReplies++;
        stop(unknown(error), words[0].toString(), error);
        return true;
    }

    /**
     * A command has failed.
     *
     * @param command null if we have none of that name
     * @param words of the request that is being executed: those of EXEC for a command of a transaction, which has been probed before
     */
    void failed(Session session, String error, @Nullable Command command, Bytes[] words, int count) {
        String name = command == null ? UNKNOWN : command.name();
        server.engine().statistics().unexpectedErrorReplies++;
        if (passesOver()) {
            passOver(error, name);
            return;
        }
        Setbacks.Kind kind = kind(session, error, words, count);
        if (kind == Setbacks.Kind.DIVERGED && !server.settings().replicaReadOnly.on()) {
            passOver(error, name);
        } else if (refusal == null) {
            stop(kind, command == null ? words[0].toString() : name, error);
        }
    }

    private void stop(Setbacks.Kind kind, String command, String error) {
        refusal = new StreamRefusal(kind, command, error, kind != Setbacks.Kind.DIVERGED);
    }

    private Setbacks.Kind kind(Session session, String error, Bytes[] words, int count) {
        if (error.equals(Engine.REFUSED)) {
            return Setbacks.Kind.FAULT;
        }
        boolean ofWords =
                isAlwaysOfWords(error) || !server.engine().isNested() && probe.refusal(session, words, count) != null;
        return ofWords ? unknown(error) : Setbacks.Kind.DIVERGED;
    }

    /** Errors that no data explain, though some handlers find them only after a look at a key. */
    private static boolean isAlwaysOfWords(String error) {
        return error.equals("ERR syntax error")
                || error.equals("ERR DB index is out of range")
                || error.startsWith("ERR DUMP payload version")
                || error.startsWith("ERR Bad data format");
    }

    private static Setbacks.Kind unknown(String error) {
        return error.equals("ERR DB index is out of range") ? Setbacks.Kind.DATABASE : Setbacks.Kind.UNKNOWN_COMMAND;
    }

    private boolean passesOver() {
        Settings settings = server.settings();
        return settings.replicaUnknownCommand.is("ignore") || settings.propagationErrorBehavior.isGiven();
    }

    private void passOver(String error, String command) {
        replication.say(Messages.errorToMaster(error, command));
        byte[] newest = replication.log().isWanted() ? replication.log().newest(LATEST_BYTES) : new byte[0];
        if (newest.length > 0) {
            replication.say(Messages.latestBacklog(Quoted.of(newest)));
        }
        Settings settings = server.settings();
        if (settings.replicaReadOnly.on() && !settings.propagationErrorBehavior.is("ignore")) {
            server.shutdown()
                    .panic("This replica panicked sending an error to its master after processing the command '"
                            + command + "'");
        }
    }
}
