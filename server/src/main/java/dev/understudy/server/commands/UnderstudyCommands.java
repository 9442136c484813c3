// SPDX-License-Identifier: Apache-2.0
package dev.understudy.server.commands;

import dev.understudy.commands.Call;
import dev.understudy.commands.Command;
import dev.understudy.commands.CommandFailure;
import dev.understudy.commands.CommandTable;
import dev.understudy.commands.Handler;
import dev.understudy.replication.SyncHistory;
import dev.understudy.replication.SyncRecord;
import dev.understudy.server.Server;
import dev.understudy.wire.Reply;
import java.util.List;

/** UNDERSTUDY: what Redis has no command for. */
public final class UnderstudyCommands {
    private static final CommandFailure NEGATIVE_COUNT = CommandFailure.err("count must not be negative");
    private static final int FIELDS = 18;

    private final Server server;

    private UnderstudyCommands(Server server) {
        this.server = server;
    }

    /** Adds the row of UNDERSTUDY. */
    public static void register(Server server, CommandTable table) {
        UnderstudyCommands family = new UnderstudyCommands(server);
        Command container = table.add("understudy", call -> {
                    throw Answers.unknownSubcommand(call);
                })
                .arity(-2)
                .group("server")
                .docs("Commands that Redis does not have.", "Depends on subcommand.");
        container.sub(sub("syncs", -2, family::syncs)
                .tip("nondeterministic_output")
                .docs(
                        "Tells of the last resynchronizations: why, how long, and with what outcome.",
                        "O(N) where N is the number of records returned"));
        container.sub(sub("help", 2, UnderstudyCommands::help).docs("Lists the subcommands.", "O(1)"));
    }

    private static Command sub(String name, int arity, Handler handler) {
        return new Command("understudy|" + name, handler)
                .arity(arity)
                .flags("admin loading stale noscript")
                .group("server");
    }

    private static void help(Call call) {
        Answers.help(
                call,
                "SYNCS [<count>]",
                "    The last <count> full and partial resynchronizations with the master and the",
                "    replicas, the newest first; all that are kept if no count is given.",
                "SYNCS RESET",
                "    Forget them.");
    }

    private void syncs(Call call) {
        SyncHistory history = server.replication().journal().history();
        if (call.count() > 3) {
            throw CommandFailure.SYNTAX;
        }
        if (call.count() == 3 && call.word(2).is("reset")) {
            history.reset();
            call.ok();
            return;
        }
        long count = call.count() == 3 ? call.number(2) : Long.MAX_VALUE;
        if (count < 0) {
            throw NEGATIVE_COUNT;
        }
        List<SyncRecord> records = history.latest(count, server.nowNanos());
        call.reply().array(records.size());
        for (SyncRecord record : records) {
            write(call.reply(), record);
        }
    }

    private static void write(Reply reply, SyncRecord record) {
        SyncRecord.Durations durations = record.durations();
        reply.map(FIELDS);
        field(reply, "number", record.number());
        field(reply, "direction", SyncRecord.word(record.direction()));
        field(reply, "mode", SyncRecord.word(record.mode()));
        field(reply, "peer", record.peer());
        field(reply, "version", record.version());
        field(reply, "began", record.beganWallMillis());
        field(reply, "asked", record.asked());
        field(reply, "available", record.available());
        field(reply, "reason", record.reason().word());
        field(
                reply,
                "granted",
                record.granted().isNowhere() ? "" : record.granted().toString());
        field(reply, "outcome", SyncRecord.word(record.outcome()));
        field(reply, "detail", record.detail());
        field(reply, "payload-bytes", record.payloadBytes());
        field(reply, "stream-bytes", record.streamBytes());
        field(reply, "wait-ms", durations.waitMillis());
        field(reply, "snapshot-ms", durations.snapshotMillis());
        field(reply, "transfer-ms", durations.transferMillis());
        field(reply, "load-ms", durations.loadMillis());
    }

    private static void field(Reply reply, String name, String value) {
        reply.bulk(name);
        reply.bulk(value);
    }

    private static void field(Reply reply, String name, long value) {
        reply.bulk(name);
        reply.integer(value);
    }
}
