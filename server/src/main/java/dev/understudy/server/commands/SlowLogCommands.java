// SPDX-License-Identifier: Apache-2.0
package dev.understudy.server.commands;

import dev.understudy.commands.Call;
import dev.understudy.commands.Command;
import dev.understudy.commands.CommandFailure;
import dev.understudy.commands.CommandTable;
import dev.understudy.commands.Handler;
import dev.understudy.server.Server;
import dev.understudy.server.SlowLog;
import dev.understudy.wire.Bytes;
import dev.understudy.wire.Reply;
import java.util.Iterator;

/** SLOWLOG and its subcommands (slowlogCommand). */
public final class SlowLogCommands {
    private static final long COUNT = 10;
    private static final CommandFailure COUNT_TOO_SMALL =
            CommandFailure.err("count should be greater than or equal to -1");
    private static final String FLAGS = "admin loading stale";

    private final Server server;

    private SlowLogCommands(Server server) {
        this.server = server;
    }

    public static void register(Server server, CommandTable table) {
        SlowLogCommands commands = new SlowLogCommands(server);
        Command slowlog = table.add("slowlog", call -> {
                    throw Answers.unknownSubcommand(call);
                })
                .arity(-2)
                .since("2.2.12")
                .group("server")
                .docs("Holds the commands that show slow commands.", "Depends on the subcommand.");
        slowlog.sub(sub("get", commands::get, -2, FLAGS)
                .tip("request_policy:all_nodes")
                .tip("nondeterministic_output")
                .docs("Shows the newest slow commands.", "O(N) where N is the number of commands shown"));
        slowlog.sub(sub("len", call -> call.integer(server.slowLog().entries().size()), 2, FLAGS)
                .tip("request_policy:all_nodes")
                .tip("response_policy:agg_sum")
                .tip("nondeterministic_output")
                .docs("Counts the slow commands that are kept.", "O(1)"));
        slowlog.sub(sub("reset", commands::reset, 2, FLAGS)
                .tip("request_policy:all_nodes")
                .tip("response_policy:all_succeeded")
                .docs("Forgets the slow commands.", "O(N) where N is the number of commands kept"));
        slowlog.sub(sub("help", SlowLogCommands::help, 2, "loading stale")
                .since("6.2.0")
                .docs("Lists the subcommands.", "O(1)"));
    }

    private static Command sub(String name, Handler handler, int arity, String flags) {
        return new Command("slowlog|" + name, handler)
                .arity(arity)
                .flags(flags)
                .since("2.2.12")
                .group("server");
    }

    private void get(Call call) {
        if (call.count() > 3) {
            throw Answers.unknownSubcommand(call);
        }
        long wanted = call.count() == 3 ? call.number(2, -1, Long.MAX_VALUE, COUNT_TOO_SMALL) : COUNT;
        int kept = server.slowLog().entries().size();
        int count = wanted < 0 ? kept : (int) Math.min(wanted, kept);
        Reply reply = call.reply();
        reply.array(count);
        Iterator<SlowLog.Entry> entries = server.slowLog().entries().iterator();
        for (int i = 0; i < count; i++) {
            write(reply, entries.next());
        }
    }

    private static void write(Reply reply, SlowLog.Entry entry) {
        reply.array(6);
        reply.integer(entry.id());
        reply.integer(entry.wallSeconds());
        reply.integer(entry.micros());
        reply.array(entry.words().length);
        for (Bytes word : entry.words()) {
            reply.bulk(word);
        }
        reply.bulk(Bytes.of(entry.client()));
        reply.bulk(entry.clientName());
    }

    private void reset(Call call) {
        server.slowLog().reset();
        call.ok();
    }

    private static void help(Call call) {
        Answers.help(
                call,
                "GET [<count>]",
                "    The newest entries (10 unless told, -1 for all). Each has:",
                "    id, time stamp, microseconds, words, address of the client,",
                "    name of the client",
                "LEN",
                "    The number of entries.",
                "RESET",
                "    Forget all entries.");
    }
}
