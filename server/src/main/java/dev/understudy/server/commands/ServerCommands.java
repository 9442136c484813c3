// SPDX-License-Identifier: Apache-2.0
package dev.understudy.server.commands;

import dev.understudy.commands.Call;
import dev.understudy.commands.Command;
import dev.understudy.commands.CommandFailure;
import dev.understudy.commands.CommandTable;
import dev.understudy.server.BackgroundSave;
import dev.understudy.server.Client;
import dev.understudy.server.Server;
import dev.understudy.server.Shutdown;
import dev.understudy.wire.Bytes;
import org.jspecify.annotations.Nullable;

/** TIME, LASTSAVE, SAVE, BGSAVE, SHUTDOWN, LOLWUT, MODULE, ACL: what concerns the server as a whole. */
public final class ServerCommands {
    private static final CommandFailure SAVE_RUNNING = CommandFailure.err("Background save already in progress");
    private static final CommandFailure SAVE_FAILED = new CommandFailure("ERR");
    private static final CommandFailure REWRITE_RUNNING =
            CommandFailure.err("Background append only file rewriting already in progress");
    private static final CommandFailure REWRITE_IMPOSSIBLE = CommandFailure.err(
            "Can't execute an AOF background rewriting. Please check the server logs for more information.");
    private static final CommandFailure REWRITE_EXCLUDES_SAVE = CommandFailure.err(
            "Another child process is active (AOF?): can't BGSAVE right now. Use BGSAVE SCHEDULE in order"
                    + " to schedule a BGSAVE whenever possible.");
    private static final CommandFailure SHUTDOWN_MAY_NOT_BLOCK =
            CommandFailure.err("SHUTDOWN without NOW or ABORT isn't allowed for DENY BLOCKING client");
    private static final String UNDERSTUDY = """
              .-''''-.        .-''''-.
             /  o  o  \\  ..  /  o  o  \\
            |     >    | .. |     >    |
             \\  \\__/  /  ..  \\  ____  /
              '-.__.-'        '-.__.-'
            the one plays, the other knows every line
            """;

    private final Server server;

    private ServerCommands(Server server) {
        this.server = server;
    }

    /** Adds the rows of this family. */
    public static void register(Server server, CommandTable table) {
        ServerCommands family = new ServerCommands(server);
        family.registerSaving(table);
        family.registerOthers(table);
    }

    private void registerSaving(CommandTable table) {
        table.add("lastsave", call -> call.integer(server.persistence().saver().lastSaveSeconds()))
                .arity(1)
                .flags("loading stale fast")
                .acl("admin dangerous")
                .tip("nondeterministic_output")
                .group("server")
                .docs("Tells when the data were saved last, in Unix seconds.", "O(1)");
        table.add("save", this::save)
                .arity(1)
                .flags("no_async_loading admin noscript no_multi")
                .group("server")
                .docs("Saves the data at once; nobody is served meanwhile.", "O(N) where N is the number of keys");
        table.add("bgsave", this::backgroundSave)
                .arity(-1)
                .flags("no_async_loading admin noscript")
                .group("server")
                .docs("Saves the data in the background.", "O(1)");
        table.add("bgrewriteaof", this::rewriteLog)
                .arity(1)
                .flags("no_async_loading admin noscript")
                .group("server")
                .docs("Makes the append only file anew in the background.", "O(1)");
        table.add("shutdown", this::shutdown)
                .arity(-1)
                .flags("admin noscript loading stale no_multi allow_busy")
                .group("server")
                .docs("Ends the server.", "O(N) when saving, where N is the number of keys, otherwise O(1)");
    }

    private void registerOthers(CommandTable table) {
        table.add("time", this::time)
                .arity(1)
                .flags("loading stale fast")
                .tip("nondeterministic_output")
                .since("2.6.0")
                .group("server")
                .docs("Tells the time in Unix seconds and microseconds.", "O(1)");
        table.add("lolwut", ServerCommands::lolwut)
                .arity(-1)
                .flags("readonly fast")
                .since("5.0.0")
                .group("server")
                .docs("Shows a picture and the version.", "O(1)");
        Command module = container(table, "module", "4.0.0", "Commands about modules.");
        module.sub(new Command("module|list", call -> call.reply().array(0))
                .arity(2)
                .flags("admin noscript")
                .tip("nondeterministic_output_order")
                .since("4.0.0")
                .group("server")
                .docs("Lists the modules, of which there are none.", "O(N) where N is the number of modules"));
        Command acl = container(table, "acl", "6.0.0", "Commands about users and their rights.");
        acl.sub(new Command("acl|whoami", call -> call.reply().bulk("default"))
                .arity(2)
                .flags("noscript loading stale")
                .since("6.0.0")
                .group("server")
                .docs("Tells the name of the connection's user.", "O(1)"));
    }

    private static Command container(CommandTable table, String name, String since, String line) {
        return table.add(name, call -> {
                    throw Answers.unknownSubcommand(call);
                })
                .arity(-2)
                .since(since)
                .group("server")
                .docs(line, "Depends on subcommand.");
    }

    // ---- time and pictures

    private void time(Call call) {
        long millis = server.ports().clock().wallMillis();
        // Below the millisecond the wall clock tells nothing; the monotonic one at least does not stand still there.
        long micros = Math.floorMod(server.nowNanos() / 1000, 1000L);
        call.reply().array(2);
        call.reply().bulkLong(millis / 1000);
        call.reply().bulkLong(millis % 1000 * 1000 + micros);
    }

    private static void lolwut(Call call) {
        if (call.count() > 2 && call.word(1).is("version")) {
            // There is one picture; a version that is no number is refused nevertheless.
            call.number(2);
        }
        Answers.text(call, UNDERSTUDY + "\nRedis ver. " + Server.REDIS_VERSION + "\n");
    }

    // ---- saving

    private boolean isSaving() {
        return server.persistence().saver().isRunning()
                || server.replication().replicas().isTransferring();
    }

    private void save(Call call) {
        if (isSaving()) {
            throw SAVE_RUNNING;
        }
        if (!server.persistence().saver().saveOnDemand()) {
            throw SAVE_FAILED;
        }
        call.ok();
    }

    private void backgroundSave(Call call) {
        boolean schedule = call.count() == 2 && call.word(1).is("schedule");
        if (call.count() > 1 && !schedule) {
            throw CommandFailure.SYNTAX;
        }
        if (isSaving()) {
            throw SAVE_RUNNING;
        }
        BackgroundSave saver = server.persistence().saver();
        boolean rewriting = server.appendOnly().rewrites().isRunning();
        if (rewriting && !schedule && !call.isNested()) {
            throw REWRITE_EXCLUDES_SAVE;
        }
        if (rewriting || call.isNested()) {
            saver.schedule();
            call.reply().simple("Background saving scheduled");
            return;
        }
        saver.start();
        call.reply().simple("Background saving started");
    }

    private void rewriteLog(Call call) {
        switch (server.appendOnly().rewrites().request(call.isNested())) {
            case STARTED -> call.reply().simple("Background append only file rewriting started");
            case SCHEDULED -> call.reply().simple("Background append only file rewriting scheduled");
            case ALREADY_RUNNING -> throw REWRITE_RUNNING;
            case IMPOSSIBLE -> throw REWRITE_IMPOSSIBLE;
        }
    }

    // ---- the end

    private void shutdown(Call call) {
        Boolean save = null;
        boolean now = false;
        boolean force = false;
        boolean abort = false;
        for (int i = 1; i < call.count(); i++) {
            Bytes word = call.word(i);
            if (word.is("save") || word.is("nosave")) {
                boolean wanted = word.is("save");
                if (save != null && save != wanted) {
                    throw CommandFailure.SYNTAX;
                }
                save = wanted;
            } else if (word.is("now")) {
                now = true;
            } else if (word.is("force")) {
                force = true;
            } else if (word.is("abort")) {
                abort = true;
            } else {
                throw CommandFailure.SYNTAX;
            }
        }
        if (!abort) {
            begin(call, new Shutdown.Options(save, now, force));
            return;
        }
        if (save != null || now || force) {
            throw CommandFailure.SYNTAX;
        }
        failIf(server.shutdown().abort());
        call.ok();
    }

    private void begin(Call call, Shutdown.Options options) {
        Client client = call.session() instanceof Client caller ? caller : null;
        if (!options.now() && call.isNested()) {
            throw SHUTDOWN_MAY_NOT_BLOCK;
        }
        failIf(server.shutdown().request(options, client));
    }

    private static void failIf(@Nullable String error) {
        if (error != null) {
            throw new CommandFailure(error);
        }
    }
}
