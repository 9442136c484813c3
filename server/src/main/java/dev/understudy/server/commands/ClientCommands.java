// SPDX-License-Identifier: Apache-2.0
package dev.understudy.server.commands;

import dev.understudy.commands.Call;
import dev.understudy.commands.Command;
import dev.understudy.commands.CommandFailure;
import dev.understudy.commands.CommandTable;
import dev.understudy.commands.Handler;
import dev.understudy.server.Client;
import dev.understudy.server.Introduction;
import dev.understudy.server.Pauses;
import dev.understudy.server.ReplyMode;
import dev.understudy.server.Server;
import dev.understudy.wire.Bytes;
import dev.understudy.wire.Reply;
import org.jspecify.annotations.Nullable;

/** CLIENT: what connections there are, and what they may. */
public final class ClientCommands {
    private static final String PLAIN = "noscript loading stale";
    private static final String ADMIN = "admin noscript loading stale";
    private static final CommandFailure INVALID_ID = CommandFailure.err("Invalid client ID");
    private static final CommandFailure NO_SUCH_CLIENT = CommandFailure.err("No such client");
    private static final CommandFailure UNBLOCK_REASON =
            CommandFailure.err("CLIENT UNBLOCK reason should be TIMEOUT or ERROR");
    private static final CommandFailure PAUSE_MODE = CommandFailure.err("CLIENT PAUSE mode must be WRITE or ALL");
    private static final CommandFailure TIMEOUT = CommandFailure.err("timeout is not an integer or out of range");
    private static final CommandFailure TIMEOUT_NEGATIVE = CommandFailure.err("timeout is negative");
    private static final CommandFailure TIMEOUT_TOO_LARGE = CommandFailure.err("timeout is out of range");
    /** Longest pause, milliseconds: some 146 years, so that the end does not overflow the monotonic clock. */
    private static final long PAUSE_MILLIS_MAX = Long.MAX_VALUE / 2_000_000L;

    private final Server server;

    private ClientCommands(Server server) {
        this.server = server;
    }

    /** Adds the row of CLIENT. */
    public static void register(Server server, CommandTable table) {
        new ClientCommands(server).register(table);
    }

    private void register(CommandTable table) {
        Command client = table.add("client", call -> {
                    throw Answers.unknownSubcommand(call);
                })
                .arity(-2)
                .since("2.4.0")
                .group("connection")
                .docs("Commands about client connections.", "Depends on subcommand.");
        registerOwn(client);
        registerAll(client);
    }

    /** What concerns the caller's own connection. */
    private void registerOwn(Command client) {
        client.sub(sub(
                        "id",
                        2,
                        "5.0.0",
                        PLAIN,
                        call -> call.integer(Answers.client(call).id()))
                .docs("Tells the id of the connection.", "O(1)"));
        client.sub(sub(
                        "info",
                        2,
                        "6.2.0",
                        PLAIN,
                        call -> Answers.text(call, Answers.client(call).describe() + "\n"))
                .tip("nondeterministic_output")
                .docs("Describes the connection.", "O(1)"));
        client.sub(sub("getname", 2, "2.6.9", PLAIN, ClientCommands::getName)
                .docs("Tells the name of the connection.", "O(1)"));
        client.sub(sub("setname", 3, "2.6.9", PLAIN, ClientCommands::setName)
                .tip("request_policy:all_nodes")
                .tip("response_policy:all_succeeded")
                .docs("Names the connection.", "O(1)"));
        client.sub(sub("setinfo", 4, "7.2.0", PLAIN, ClientCommands::setInfo)
                .tip("request_policy:all_nodes")
                .tip("response_policy:all_succeeded")
                .docs("Tells name and version of the client's library.", "O(1)"));
        // In a transaction it would take away replies that EXEC has announced: refused there, as in Valkey 9.
        client.sub(sub("reply", 3, "3.2.0", PLAIN + " no_multi", ClientCommands::reply)
                .docs("Turns replies to this connection on or off.", "O(1)"));
        client.sub(sub(
                        "no-evict",
                        3,
                        "7.0.0",
                        ADMIN,
                        call -> Answers.client(call).introduction().noEvict(onOrOff(call)))
                .docs("Protects the connection from being closed for the memory it takes.", "O(1)"));
        client.sub(
                sub("no-touch", 3, "7.2.0", PLAIN, call -> Answers.client(call).noTouch(onOrOff(call)))
                        .docs("Keeps this connection's commands from changing when keys were used last.", "O(1)"));
        client.sub(sub("getredir", 2, "6.0.0", PLAIN, call -> call.integer(-1))
                .docs("Tells where invalidation messages go.", "O(1)"));
        client.sub(sub("trackinginfo", 2, "6.2.0", PLAIN, ClientCommands::trackingInfo)
                .docs("Tells how keys are tracked for this connection.", "O(1)"));
    }

    /** What concerns others too. */
    private void registerAll(Command client) {
        client.sub(sub("list", -2, "2.4.0", ADMIN, this::list)
                .tip("nondeterministic_output")
                .docs("Describes all connections.", "O(N) where N is the number of connections"));
        client.sub(sub("kill", -3, "2.4.0", ADMIN, this::kill)
                .docs("Closes connections.", "O(N) where N is the number of connections"));
        client.sub(sub("pause", -3, "3.0.0", ADMIN, this::pause).docs("Holds back commands for a while.", "O(1)"));
        client.sub(sub("unpause", 2, "6.2.0", ADMIN, this::unpause)
                .docs("Ends a pause.", "O(N) where N is the number of paused clients"));
        client.sub(sub("unblock", -3, "5.0.0", ADMIN, this::unblock)
                .docs("Ends the waiting of a client in a blocking command.", "O(1)"));
        client.sub(
                sub("help", 2, "5.0.0", "loading stale", ClientCommands::help).docs("Lists the subcommands.", "O(1)"));
    }

    private static Command sub(String name, int arity, String since, String flags, Handler handler) {
        return new Command("client|" + name, handler)
                .arity(arity)
                .flags(flags)
                .acl("connection")
                .since(since)
                .group("connection");
    }

    // ---- own connection

    private static void getName(Call call) {
        Bytes name = Answers.client(call).introduction().name();
        if (name.isEmpty()) {
            call.reply().nil();
        } else {
            call.reply().bulk(name);
        }
    }

    private static void setName(Call call) {
        Answers.client(call).introduction().name(ConnectionCommands.checkedName(call.word(2)));
        call.ok();
    }

    private static void setInfo(Call call) {
        Client client = Answers.client(call);
        Bytes attribute = call.word(2);
        boolean name = attribute.is("lib-name");
        if (!name && !attribute.is("lib-ver")) {
            throw CommandFailure.err("Unrecognized option '" + attribute.printed() + "'");
        }
        if (!ConnectionCommands.isPrintable(call.word(3))) {
            throw CommandFailure.err(attribute + " cannot contain spaces, newlines or special characters.");
        }
        String value = call.word(3).toString();
        Introduction known = client.introduction();
        known.library(name ? value : known.libraryName(), name ? known.libraryVersion() : value);
        call.ok();
    }

    private static void reply(Call call) {
        Client client = Answers.client(call);
        Bytes mode = call.word(2);
        if (mode.is("on")) {
            client.replyMode(ReplyMode.ON);
            client.reply().suppressed(false);
            call.ok();
        } else if (mode.is("off")) {
            client.replyMode(ReplyMode.OFF);
        } else if (mode.is("skip")) {
            if (client.replyMode() != ReplyMode.OFF) {
                client.replyMode(ReplyMode.SKIP_NEXT);
            }
        } else {
            throw CommandFailure.SYNTAX;
        }
    }

    /** Word 2 as ON or OFF; replies OK. */
    private static boolean onOrOff(Call call) {
        boolean on = call.word(2).is("on");
        if (!on && !call.word(2).is("off")) {
            throw CommandFailure.SYNTAX;
        }
        call.ok();
        return on;
    }

    /** Keys are not tracked in this server, which is what this says. */
    private static void trackingInfo(Call call) {
        Reply reply = call.reply();
        reply.map(3);
        reply.bulk("flags");
        reply.set(1);
        reply.bulk("off");
        reply.bulk("redirect");
        reply.integer(-1);
        reply.bulk("prefixes");
        reply.array(0);
    }

    // ---- all connections

    private void list(Call call) {
        if (call.count() == 4 && call.word(2).is("type")) {
            Answers.text(call, lines(ClientFilter.of(ClientFilter.Type.of(call.word(3)))));
        } else if (call.count() > 3 && call.word(2).is("id")) {
            listIds(call);
        } else if (call.count() == 2) {
            Answers.text(call, lines(ClientFilter.ALL));
        } else {
            throw CommandFailure.SYNTAX;
        }
    }

    private void listIds(Call call) {
        StringBuilder text = new StringBuilder();
        for (int i = 3; i < call.count(); i++) {
            long id = call.number(i, INVALID_ID);
            Client found = server.clients().find(id);
            if (found != null) {
                text.append(found.describe()).append('\n');
            } else if (server.replication().master().isLive()
                    && server.replication().master().clientId() == id) {
                text.append(server.replication().master().describe()).append('\n');
            }
        }
        Answers.text(call, text.toString());
    }

    private String lines(ClientFilter filter) {
        StringBuilder text = new StringBuilder();
        for (Client client : server.clients().all()) {
            if (filter.accepts(client, null)) {
                text.append(client.describe()).append('\n');
            }
        }
        if (masterAccepted(filter)) {
            text.append(server.replication().master().describe()).append('\n');
        }
        return text.toString();
    }

    private boolean masterAccepted(ClientFilter filter) {
        var master = server.replication().master();
        return master.isLive() && filter.acceptsMaster(master.clientId(), master.peerAddress(), master.localAddress());
    }

    private void kill(Call call) {
        boolean old = call.count() == 3;
        ClientFilter filter = old ? ClientFilter.ofAddress(call.word(2)) : ClientFilter.parse(call);
        Client caller = call.session() instanceof Client client ? client : null;
        int killed = 0;
        boolean callerToo = false;
        for (Client client : server.clients().snapshot()) {
            if (filter.accepts(client, caller)) {
                killed++;
                if (client == caller) {
                    callerToo = true;
                } else {
                    client.close();
                }
            }
        }
        if (masterAccepted(filter)) {
            killed++;
            server.replication().master().sever();
        }
        if (!old) {
            call.integer(killed);
        } else if (killed > 0) {
            call.ok();
        } else {
            throw NO_SUCH_CLIENT;
        }
        if (callerToo) {
            closeAfterReply(caller);
        }
    }

    private static void closeAfterReply(@Nullable Client client) {
        if (client != null) {
            client.closeAfterReply();
        }
    }

    private void pause(Call call) {
        if (call.count() > 4) {
            throw Answers.unknownSubcommand(call);
        }
        Pauses.Kind kind = Pauses.Kind.ALL;
        if (call.count() == 4) {
            if (call.word(3).is("write")) {
                kind = Pauses.Kind.WRITE;
            } else if (!call.word(3).is("all")) {
                throw PAUSE_MODE;
            }
        }
        long millis = call.number(2, TIMEOUT);
        if (millis < 0) {
            throw TIMEOUT_NEGATIVE;
        }
        if (millis > PAUSE_MILLIS_MAX) {
            throw TIMEOUT_TOO_LARGE;
        }
        server.pauses().pause(Pauses.Purpose.CLIENT_COMMAND, kind, server.nowNanos() + millis * 1_000_000L);
        call.ok();
    }

    private void unpause(Call call) {
        server.pauses().resume(Pauses.Purpose.CLIENT_COMMAND);
        call.ok();
    }

    private void unblock(Call call) {
        boolean error = false;
        if (call.count() > 4) {
            throw Answers.unknownSubcommand(call);
        }
        if (call.count() == 4) {
            error = call.word(3).is("error");
            if (!error && !call.word(3).is("timeout")) {
                throw UNBLOCK_REASON;
            }
        }
        Client target = server.clients().find(call.number(2));
        call.integer(target != null && server.blocked().unblock(target, error) ? 1 : 0);
    }

    private static void help(Call call) {
        Answers.help(
                call,
                "GETNAME | SETNAME <name>",
                "    The name of this connection.",
                "GETREDIR | TRACKINGINFO",
                "    How keys are tracked for this connection.",
                "ID | INFO",
                "    The id of this connection, or all about it.",
                "KILL <ip:port>",
                "    Close the connection from that address.",
                "KILL <option> <value> [<option> <value> ...]",
                "    Close all connections that fit: ID, TYPE (normal, master, replica, pubsub),",
                "    ADDR, LADDR, USER, SKIPME (yes, no).",
                "LIST [TYPE <type> | ID <id> [<id> ...]]",
                "    Describe connections.",
                "NO-EVICT (ON|OFF)",
                "    Protect this connection from client eviction.",
                "NO-TOUCH (ON|OFF)",
                "    Leave the access time of keys alone.",
                "PAUSE <milliseconds> [WRITE|ALL] | UNPAUSE",
                "    Hold commands back for a while, or go on.",
                "REPLY (ON|OFF|SKIP)",
                "    Whether this connection gets replies.",
                "SETINFO (LIB-NAME|LIB-VER) <value>",
                "    Tell what library the client uses.",
                "UNBLOCK <id> [TIMEOUT|ERROR]",
                "    End the waiting of a blocked client.");
    }
}
