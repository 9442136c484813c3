// SPDX-License-Identifier: Apache-2.0
package dev.understudy.server.commands;

import dev.understudy.commands.Call;
import dev.understudy.commands.Command;
import dev.understudy.commands.CommandFailure;
import dev.understudy.commands.CommandTable;
import dev.understudy.commands.Handler;
import dev.understudy.server.Server;
import dev.understudy.wire.Bytes;
import dev.understudy.wire.Glob;
import dev.understudy.wire.Reply;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** COMMAND: the command table, shown to clients. */
public final class CommandCommands {
    private static final CommandFailure NO_SUCH_COMMAND = CommandFailure.err("Invalid command specified");
    private static final CommandFailure NO_KEYS = CommandFailure.err("The command has no key arguments");
    private static final CommandFailure WRONG_COUNT =
            CommandFailure.err("Invalid number of arguments specified for command");
    private static final CommandFailure WRONG_WORDS = CommandFailure.err("Invalid arguments specified for command");
    /** Commands that may name no key at all (NO_MANDATORY_KEYS). */
    private static final List<String> MAY_LACK_KEYS =
            List.of("eval", "evalsha", "eval_ro", "evalsha_ro", "fcall", "fcall_ro");

    private final Server server;
    private final CommandTable table;

    private CommandCommands(Server server, CommandTable table) {
        this.server = server;
        this.table = table;
    }

    /** Adds the row of COMMAND. */
    public static void register(Server server, CommandTable table) {
        new CommandCommands(server, table).register();
    }

    private void register() {
        Command command = table.add("command", this::all)
                .arity(-1)
                .flags("loading stale")
                .acl("connection")
                .tip("nondeterministic_output_order")
                .since("2.8.13")
                .group("server")
                .docs("Describes all commands.", "O(N) where N is the number of commands");
        command.sub(sub("count", 2, "2.8.13", call -> call.integer(table.all().size()))
                .docs("Tells the number of commands.", "O(1)"));
        command.sub(sub("docs", -2, "7.0.0", this::docs)
                .tip("nondeterministic_output_order")
                .docs("Documents commands.", "O(N) where N is the number of commands"));
        command.sub(sub("getkeys", -3, "2.8.13", call -> keys(call, false))
                .docs("Tells the keys of a request.", "O(N) where N is the number of arguments"));
        command.sub(sub("getkeysandflags", -3, "7.0.0", call -> keys(call, true))
                .docs("Tells the keys of a request and how they are used.", "O(N) where N is the number of arguments"));
        command.sub(sub("info", -2, "2.8.13", this::info)
                .tip("nondeterministic_output_order")
                .docs("Describes commands.", "O(N) where N is the number of commands"));
        command.sub(sub("list", -2, "7.0.0", this::list)
                .tip("nondeterministic_output_order")
                .docs("Lists the names of commands.", "O(N) where N is the number of commands"));
        command.sub(sub("help", 2, "5.0.0", CommandCommands::help).docs("Lists the subcommands.", "O(1)"));
    }

    private static Command sub(String name, int arity, String since, Handler handler) {
        return new Command("command|" + name, handler)
                .arity(arity)
                .flags("loading stale")
                .acl("connection")
                .since(since)
                .group("server");
    }

    /** A command or, as {@code parent|sub}, a subcommand. */
    private @Nullable Command find(Bytes name) {
        String text = name.toString().toLowerCase(Locale.ROOT);
        int bar = text.indexOf('|');
        if (bar < 0) {
            return table.find(name);
        }
        Command parent = table.find(text.substring(0, bar));
        return parent == null ? null : parent.subcommands().get(text.substring(bar + 1));
    }

    private void all(Call call) {
        call.reply().array(table.all().size());
        for (Command command : table.all()) {
            CommandRows.info(call.reply(), command);
        }
    }

    private void info(Call call) {
        if (call.count() == 2) {
            all(call);
            return;
        }
        call.reply().array(call.count() - 2);
        for (int i = 2; i < call.count(); i++) {
            Command command = find(call.word(i));
            if (command == null) {
                call.reply().nil();
            } else {
                CommandRows.info(call.reply(), command);
            }
        }
    }

    private void docs(Call call) {
        Reply reply = call.reply();
        if (call.count() == 2) {
            reply.map(table.all().size());
            for (Command command : table.all()) {
                reply.bulk(command.name());
                CommandRows.docs(reply, command);
            }
            return;
        }
        long mark = reply.deferred();
        int found = 0;
        for (int i = 2; i < call.count(); i++) {
            Command command = find(call.word(i));
            if (command != null) {
                found++;
                reply.bulk(command.name());
                CommandRows.docs(reply, command);
            }
        }
        reply.finishMap(mark, found);
    }

    // ---- names

    private void list(Call call) {
        Predicate<Command> wanted = _ -> true;
        if (call.count() > 2) {
            if (call.count() != 5 || !call.word(2).is("filterby")) {
                throw CommandFailure.SYNTAX;
            }
            wanted = filter(call.word(3), call.word(4));
        }
        long mark = call.reply().deferred();
        call.reply().finishArray(mark, list(call.reply(), table.all(), wanted));
    }

    private static Predicate<Command> filter(Bytes type, Bytes argument) {
        if (type.is("module")) {
            return _ -> false;
        }
        if (type.is("aclcat")) {
            String category = argument.toString().toLowerCase(Locale.ROOT);
            return command -> CommandRows.categories(command).contains(category);
        }
        if (type.is("pattern")) {
            return command -> Glob.matches(argument, Bytes.of(command.name()), true);
        }
        throw CommandFailure.SYNTAX;
    }

    private static int list(Reply reply, Collection<Command> commands, Predicate<Command> wanted) {
        int count = 0;
        for (Command command : commands) {
            if (wanted.test(command)) {
                reply.bulk(command.name());
                count++;
            }
            count += list(reply, command.subcommands().values(), wanted);
        }
        return count;
    }

    // ---- keys

    private void keys(Call call, boolean withFlags) {
        int count = call.count() - 2;
        Bytes[] words = Arrays.copyOfRange(call.words(), 2, call.count());
        Command command = server.engine().lookUp(words, count);
        if (command == null) {
            throw NO_SUCH_COMMAND;
        }
        if (command.keySpecs().stream().allMatch(KeyPositions::isNoKey)) {
            throw NO_KEYS;
        }
        if (!command.arityAllows(count)) {
            throw WRONG_COUNT;
        }
        List<KeyPositions.Found> found = KeyPositions.find(command, words, 0, count);
        if (found == null || found.isEmpty()) {
            if (!MAY_LACK_KEYS.contains(command.name())) {
                throw WRONG_WORDS;
            }
            call.reply().array(0);
            return;
        }
        call.reply().array(found.size());
        for (KeyPositions.Found key : found) {
            if (withFlags) {
                call.reply().array(2);
            }
            call.reply().bulk(words[key.word()]);
            if (withFlags) {
                CommandRows.keyFlags(call.reply(), key.flags(), false);
            }
        }
    }

    private static void help(Call call) {
        Answers.help(
                call,
                "(no subcommand)",
                "    Describe all commands.",
                "COUNT",
                "    The number of commands.",
                "DOCS [<command> ...]",
                "    Documentation of these commands, or of all.",
                "GETKEYS <request>",
                "    The keys of a request.",
                "GETKEYSANDFLAGS <request>",
                "    The keys of a request and what it does with them.",
                "INFO [<command> ...]",
                "    Describe these commands, or all.",
                "LIST [FILTERBY (MODULE <name>|ACLCAT <category>|PATTERN <pattern>)]",
                "    Names of commands.");
    }
}
