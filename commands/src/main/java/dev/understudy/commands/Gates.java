// SPDX-License-Identifier: Apache-2.0
package dev.understudy.commands;

import dev.understudy.commands.Command.Flag;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The conditions under which a command is refused before its handler runs, in the order of Redis's processCommand. */
final class Gates {
    static final String LOADING = "LOADING Redis is loading the dataset in memory";
    static final String MASTER_DOWN =
            "MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'.";
    static final String READ_ONLY = "READONLY You can't write against a read only replica.";
    static final String OUT_OF_MEMORY = "OOM command not allowed when used memory > 'maxmemory'.";
    static final String NO_REPLICAS = "NOREPLICAS Not enough good replicas to write.";
    static final String NO_AUTH = "NOAUTH Authentication required.";

    /** A command about to run, with the union of flags of what EXEC would run. */
    record Request(
            Command command, Session session, boolean writes, boolean deniesOom, boolean stale, boolean loading) {
        static Request of(Command command, Session session) {
            Session.Transaction transaction = session.transaction();
            if (!command.name().equals("exec") || transaction == null) {
                boolean writes = command.is(Flag.WRITE);
                return new Request(
                        command,
                        session,
                        writes,
                        command.is(Flag.DENYOOM),
                        command.is(Flag.STALE),
                        command.is(Flag.LOADING));
            }
            return new Request(
                    command,
                    session,
                    transaction.any(Flag.WRITE),
                    transaction.any(Flag.DENYOOM),
                    transaction.all(Flag.STALE),
                    transaction.all(Flag.LOADING));
        }
    }

    /** One condition: the error with its code, or null to let the command pass. */
    private interface Gate {
        @Nullable
        String refuse(Request request, Conditions now);
    }

    private static final List<Gate> IN_ORDER = List.of(
            Gates::protectedCommand,
            Gates::authentication,
            Gates::transaction,
            Gates::memory,
            Gates::disk,
            Gates::goodReplicas,
            Gates::readOnly,
            Gates::subscriber,
            Gates::stale,
            Gates::loading,
            Gates::asyncLoading,
            Gates::replicaLink);

    private Gates() {}

    static @Nullable String refuse(Request request, Conditions now) {
        for (Gate gate : IN_ORDER) {
            String error = gate.refuse(request, now);
            if (error != null) {
                return error;
            }
        }
        return null;
    }

    /** Whether nothing in the server's state could refuse this command: the hot path needs no list. */
    static boolean open(Command command, Session session, Conditions now) {
        return session.isAuthenticated()
                && session.transaction() == null
                && !command.is(Flag.PROTECTED)
                && !session.isReplica()
                && !session.isSubscriber()
                && !now.isReplica()
                && !now.isLoading()
                && !now.isAsyncLoading()
                && now.diskError() == null
                && !now.lacksGoodReplicas()
                && !(command.is(Flag.DENYOOM) && now.outOfMemory());
    }

    private static @Nullable String protectedCommand(Request request, Conditions now) {
        Command command = request.command();
        if (!command.is(Flag.PROTECTED) || now.allowsProtected(command, request.session())) {
            return null;
        }
        String name = command.name().startsWith("module") ? "MODULE" : "DEBUG";
        String option = name.equals("MODULE") ? "enable-module-command" : "enable-debug-command";
        return "ERR " + name + " command not allowed. If the " + option
                + " option is set to \"local\", you can run it from"
                + " a local connection, otherwise you need to set this option in the configuration file, and then restart"
                + " the server.";
    }

    private static @Nullable String authentication(Request request, Conditions now) {
        boolean open = request.session().isAuthenticated()
                || request.session().isMaster()
                || request.command().is(Flag.NO_AUTH);
        return open ? null : NO_AUTH;
    }

    /** What EXEC answers when it was refused with {@code error}, whether there is a transaction or not (execCommandAbort). */
    static String abortOfExec(String error) {
        return "EXECABORT Transaction discarded because of: " + (error.startsWith("ERR ") ? error.substring(4) : error);
    }

    private static @Nullable String transaction(Request request, Conditions now) {
        boolean refused =
                request.session().transaction() != null && request.command().is(Flag.NO_MULTI);
        return refused ? "ERR Command not allowed inside a transaction" : null;
    }

    private static @Nullable String memory(Request request, Conditions now) {
        boolean refused = request.deniesOom() && !request.session().isMaster() && now.outOfMemory();
        return refused ? OUT_OF_MEMORY : null;
    }

    private static @Nullable String disk(Request request, Conditions now) {
        boolean concerned = request.writes() || request.command().name().equals("ping");
        return concerned && !request.session().isMaster() ? now.diskError() : null;
    }

    private static @Nullable String goodReplicas(Request request, Conditions now) {
        boolean refused = request.writes() && !request.session().isMaster() && now.lacksGoodReplicas();
        return refused ? NO_REPLICAS : null;
    }

    private static @Nullable String readOnly(Request request, Conditions now) {
        boolean refused = request.writes()
                && now.isReplica()
                && now.replicaIsReadOnly()
                && !request.session().isMaster();
        return refused ? READ_ONLY : null;
    }

    /** In RESP2 replies could not be told from messages. */
    private static @Nullable String subscriber(Request request, Conditions now) {
        Session session = request.session();
        if (!session.isSubscriber() || session.reply().resp3()) {
            return null;
        }
        String name = request.command().name();
        return switch (name) {
            case "ping", "subscribe", "ssubscribe", "unsubscribe", "sunsubscribe" -> null;
            case "psubscribe", "punsubscribe", "quit", "reset" -> null;
            default ->
                "ERR Can't execute '" + name + "': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / RESET are"
                        + " allowed in this context";
        };
    }

    private static @Nullable String stale(Request request, Conditions now) {
        boolean refused =
                now.refusesStaleData() && !request.stale() && !request.session().isMaster();
        return refused ? MASTER_DOWN : null;
    }

    private static @Nullable String loading(Request request, Conditions now) {
        return now.isLoading() && !now.isAsyncLoading() && !request.loading() ? LOADING : null;
    }

    private static @Nullable String asyncLoading(Request request, Conditions now) {
        return now.isAsyncLoading() && request.command().is(Flag.NO_ASYNC_LOADING) ? LOADING : null;
    }

    private static @Nullable String replicaLink(Request request, Conditions now) {
        Command command = request.command();
        boolean keyspace = command.is(Flag.WRITE) || command.is(Flag.READONLY) || command.is(Flag.MAY_REPLICATE);
        return request.session().isReplica() && keyspace ? "ERR Replica can't interact with the keyspace" : null;
    }
}
