// SPDX-License-Identifier: Apache-2.0
package dev.understudy.server.commands;

import dev.understudy.commands.Call;
import dev.understudy.commands.CommandFailure;
import dev.understudy.commands.CommandTable;
import dev.understudy.server.Client;
import dev.understudy.server.ReplyMode;
import dev.understudy.server.Server;
import dev.understudy.wire.Bytes;
import dev.understudy.wire.Reply;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import org.jspecify.annotations.Nullable;

/** PING, ECHO, AUTH, HELLO, QUIT, RESET: what a client tells of itself before anything else. */
public final class ConnectionCommands {
    private static final String DEFAULT_USER = "default";
    private static final CommandFailure WRONG_PASSWORD =
            new CommandFailure("WRONGPASS invalid username-password pair or user is disabled.");
    private static final CommandFailure NO_PASSWORD_CONFIGURED = CommandFailure.err(
            "AUTH <password> called without any password configured for the default user. Are you sure"
                    + " your configuration is correct?");
    private static final CommandFailure PROTOCOL_NOT_A_NUMBER =
            CommandFailure.err("Protocol version is not an integer or out of range");
    private static final CommandFailure PROTOCOL_UNKNOWN = new CommandFailure("NOPROTO unsupported protocol version");
    private static final CommandFailure HELLO_NEEDS_AUTH =
            new CommandFailure("NOAUTH HELLO must be called with the client already authenticated, otherwise the HELLO"
                    + " <proto> AUTH <user> <pass> option can be used to authenticate the client and select the RESP"
                    + " protocol version at the same time");
    private static final CommandFailure BAD_NAME =
            CommandFailure.err("Client names cannot contain spaces, newlines or special characters.");
    private static final CommandFailure NO_RESET = CommandFailure.err("can only reset normal client connections");

    private final Server server;

    private ConnectionCommands(Server server) {
        this.server = server;
    }

    /** Adds the rows of this family. */
    public static void register(Server server, CommandTable table) {
        new ConnectionCommands(server).register(table);
    }

    private void register(CommandTable table) {
        table.add("ping", ConnectionCommands::ping)
                .arity(-1)
                .flags("fast")
                .acl("connection")
                .tip("request_policy:all_shards")
                .tip("response_policy:all_succeeded")
                .group("connection")
                .docs("Answers PONG, or what it was given.", "O(1)");
        table.add("echo", call -> call.reply().bulk(call.word(1)))
                .arity(2)
                .flags("loading stale fast")
                .acl("connection")
                .group("connection")
                .docs("Answers what it was given.", "O(1)");
        table.add("auth", this::auth)
                .arity(-2)
                .flags("noscript loading stale fast no_auth allow_busy")
                .acl("connection")
                .group("connection")
                .docs("Authenticates the connection.", "O(N) where N is the number of passwords of the user");
        table.add("hello", this::hello)
                .arity(-1)
                .flags("noscript loading stale fast no_auth allow_busy")
                .acl("connection")
                .since("6.0.0")
                .group("connection")
                .docs("Chooses the protocol version and introduces client and server to each other.", "O(1)");
        table.add("quit", ConnectionCommands::quit)
                .arity(-1)
                .flags("allow_busy noscript loading stale fast no_auth")
                .acl("connection")
                .group("connection")
                .docs("Closes the connection after the replies that are due.", "O(1)");
        table.add("reset", this::reset)
                .arity(1)
                .flags("noscript loading stale fast no_auth allow_busy")
                .acl("connection")
                .since("6.2.0")
                .group("connection")
                .docs("Puts the connection into the state of a new one.", "O(1)");
    }

    private static void ping(Call call) {
        if (call.count() > 2) {
            throw CommandFailure.err("wrong number of arguments for 'ping' command");
        }
        boolean subscriber = call.session() instanceof Client client && client.isSubscriber();
        if (subscriber && !call.reply().resp3()) {
            call.reply().array(2);
            call.reply().bulk("pong");
            call.reply().bulk(call.count() == 1 ? new Bytes() : call.word(1));
        } else if (call.count() == 1) {
            call.reply().simple("PONG");
        } else {
            call.reply().bulk(call.word(1));
        }
    }

    // ---- authentication

    private void auth(Call call) {
        if (call.count() > 3) {
            throw CommandFailure.SYNTAX;
        }
        if (call.count() == 2 && !server.needsPassword()) {
            throw NO_PASSWORD_CONFIGURED;
        }
        Bytes user = call.count() == 2 ? Bytes.of(DEFAULT_USER) : call.word(1);
        authenticate(Answers.client(call), user, call.word(call.count() - 1));
        call.ok();
    }

    /** Lets the client in, or throws; a user without password takes any. */
    private void authenticate(Client client, Bytes user, Bytes password) {
        boolean known = user.equalTo(DEFAULT_USER.getBytes(StandardCharsets.UTF_8));
        byte[] wanted = server.settings().requirepass.value().getBytes(StandardCharsets.UTF_8);
        // In constant time, so that the reply's delay tells nothing of the password.
        boolean fits = !server.needsPassword() || MessageDigest.isEqual(wanted, password.toArray());
        if (!known || !fits) {
            server.traffic().authenticationFailed();
            throw WRONG_PASSWORD;
        }
        client.admit();
    }

    private void hello(Call call) {
        int version = 0;
        if (call.count() >= 2) {
            long number = call.number(1, PROTOCOL_NOT_A_NUMBER);
            if (number < 2 || number > 3) {
                throw PROTOCOL_UNKNOWN;
            }
            version = (int) number;
        }
        Client client = Answers.client(call);
        Bytes user = null;
        Bytes password = null;
        Bytes name = null;
        for (int i = 2; i < call.count(); i++) {
            int left = call.count() - 1 - i;
            if (call.word(i).is("auth") && left >= 2) {
                user = call.word(++i);
                password = call.word(++i);
            } else if (call.word(i).is("setname") && left >= 1) {
                name = checkedName(call.word(++i));
            } else {
                throw CommandFailure.err(
                        "Syntax error in HELLO option '" + call.word(i).printed() + "'");
            }
        }
        if (user != null && password != null) {
            authenticate(client, user, password);
        }
        if (!client.isAuthenticated()) {
            throw HELLO_NEEDS_AUTH;
        }
        introduce(client, version, name);
    }

    private void introduce(Client client, int version, @Nullable Bytes name) {
        if (name != null) {
            client.introduction().name(name);
        }
        if (version != 0) {
            client.reply().protocol(version);
        }
        Reply reply = client.reply();
        reply.map(7);
        reply.bulk("server");
        reply.bulk("redis");
        reply.bulk("version");
        reply.bulk(Server.REDIS_VERSION);
        reply.bulk("proto");
        reply.integer(reply.resp3() ? 3 : 2);
        reply.bulk("id");
        reply.integer(client.id());
        reply.bulk("mode");
        reply.bulk("standalone");
        reply.bulk("role");
        reply.bulk(server.replication().isReplica() ? "replica" : "master");
        reply.bulk("modules");
        reply.array(0);
    }

    /** A name that may stand in CLIENT LIST, where blanks separate the fields; empty for none (validateClientName). */
    static Bytes checkedName(Bytes name) {
        if (!isPrintable(name)) {
            throw BAD_NAME;
        }
        return name;
    }

    /** Whether all bytes are visible ASCII characters (validateClientAttr). */
    static boolean isPrintable(Bytes text) {
        for (int i = 0; i < text.length; i++) {
            if (text.at(i) < '!' || text.at(i) > '~') {
                return false;
            }
        }
        return true;
    }

    // ---- ends

    private static void quit(Call call) {
        Client client = Answers.client(call);
        call.ok();
        client.closeAfterReply();
    }

    private void reset(Call call) {
        Client client = Answers.client(call);
        if (client.isReplica()) {
            throw NO_RESET;
        }
        server.engine().forget(client);
        server.pubSub().leave(client);
        client.select(0);
        client.introduction().name(new Bytes());
        client.introduction().noEvict(false);
        client.noTouch(false);
        client.replyMode(ReplyMode.ON);
        client.reply().suppressed(false);
        client.reply().protocol(2);
        if (server.needsPassword()) {
            client.expel();
        }
        call.reply().simple("RESET");
    }
}
