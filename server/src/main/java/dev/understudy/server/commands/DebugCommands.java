// SPDX-License-Identifier: Apache-2.0
package dev.understudy.server.commands;

import dev.understudy.commands.Call;
import dev.understudy.commands.CommandFailure;
import dev.understudy.commands.CommandTable;
import dev.understudy.commands.Handler;
import dev.understudy.server.Server;
import dev.understudy.server.aof.AofStart;
import dev.understudy.store.Value;
import dev.understudy.wire.Bytes;
import dev.understudy.wire.Invariant;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;

/** DEBUG: what tests and the curious need. Works on keys that have expired, too. */
public final class DebugCommands {
    private static final CommandFailure RELOAD_OPTIONS =
            CommandFailure.err("DEBUG RELOAD only supports the MERGE, NOFLUSH and NOSAVE options.");
    private static final CommandFailure RELOAD_CONFLICT =
            CommandFailure.err("DEBUG RELOAD NOFLUSH needs MERGE unless the data set is empty");
    private static final CommandFailure SAVE_FAILED = new CommandFailure("ERR");
    private static final CommandFailure NO_CLIENT_EVICTION = CommandFailure.err("maxmemory-clients is disabled.");
    private static final CommandFailure THRESHOLD =
            CommandFailure.err("argument must be a memory value bigger than 1 and smaller than 4gb");
    private static final long THRESHOLD_MAX = 1L << 32;
    /** Any number of words. */
    private static final int ANY = Integer.MAX_VALUE;

    /** A subcommand, and how many words its request has. */
    private record Sub(int min, int max, Handler handler) {}

    private final Server server;
    private final DataDigest digest = new DataDigest();
    private final Map<String, Sub> subs = new HashMap<>();

    private DebugCommands(Server server) {
        this.server = server;
    }

    /** Adds the row of DEBUG. */
    public static void register(Server server, CommandTable table) {
        DebugCommands debug = new DebugCommands(server);
        debug.addServer();
        debug.addData();
        debug.addSettings();
        table.add("debug", debug::run)
                .arity(-2)
                .flags("admin noscript loading stale protected")
                .group("server")
                .docs("Tools for debugging and testing.", "Depends on subcommand.");
    }

    private void add(String name, int min, int max, Handler handler) {
        subs.put(name, new Sub(min, max, handler));
    }

    /** The subcommands have no rows of their own, as in Redis: their statistics are DEBUG's. */
    private void run(Call call) {
        Sub sub = subs.get(call.word(1).toString().toLowerCase(Locale.ROOT));
        if (sub == null || call.count() < sub.min || call.count() > sub.max) {
            throw Answers.unknownSubcommand(call);
        }
        sub.handler.run(call);
    }

    private void addServer() {
        add("sleep", 3, 3, this::sleep);
        add("log", 3, 3, call -> {
            server.log().warning("DEBUG LOG: " + call.word(2));
            call.ok();
        });
        add("error", 3, 3, call -> call.reply().error(call.word(2).raw()));
        add("protocol", 3, 3, DebugProtocol::reply);
        add("change-repl-id", 2, 2, call -> {
            server.log().notice("Changing replication IDs after receiving DEBUG change-repl-id");
            server.replication().changeId();
            call.ok();
        });
        add("replicate", 3, ANY, call -> {
            server.replication().replicate(call.words(), 2, call.count());
            call.ok();
        });
        add("jmap", 2, 2, DebugCommands::heap);
        add("client-eviction", 2, 2, _ -> {
            throw NO_CLIENT_EVICTION;
        });
        add("aof-flush-sleep", 3, 3, call -> {
            server.appendOnly().flushSleep(call.number(2));
            call.ok();
        });
        add("config-rewrite-force-all", 2, 2, this::rewriteConfig);
        add("panic", 2, 2, _ -> {
            throw new IllegalStateException("DEBUG PANIC");
        });
        add("assert", 2, 2, _ -> Invariant.equal(1, 2, "DEBUG ASSERT: one, two"));
        add("oom", 2, 2, _ -> {
            throw new OutOfMemoryError("DEBUG OOM");
        });
        add("help", 2, 2, DebugCommands::help);
    }

    private void addData() {
        DebugKeys keys = new DebugKeys(server);
        add("digest", 2, 2, call -> call.reply().simple(digest.of(call.data())));
        add("digest-value", 2, ANY, this::digestValues);
        add("reload", 2, ANY, this::reload);
        add("loadaof", 2, 2, this::loadAppendOnlyFile);
        add("populate", 3, 5, keys::populate);
        add("object", 3, 3, keys::object);
        add("sdslen", 3, 3, keys::stringLength);
        add("listpack", 3, 3, keys::listpack);
        add("quicklist", 3, 4, keys::quicklist);
        add("htstats", 3, 4, keys::tables);
        add("htstats-key", 3, 4, keys::tableOfKey);
        add("stringmatch-len", 4, 4, keys::match);
    }

    private void addSettings() {
        add("set-skip-checksum-validation", 3, 3, call -> {
            server.state().skipChecksums(Answers.isOn(call, 2));
            call.ok();
        });
        add("set-active-expire", 3, 3, call -> {
            server.cron().expiry().enable(Answers.isOn(call, 2));
            call.ok();
        });
        add("pause-cron", 3, 3, call -> {
            server.cron().pause(Answers.isOn(call, 2));
            call.ok();
        });
        add("quicklist-packed-threshold", 3, 3, DebugCommands::packedThreshold);
        // Scripts do not run here, and reply buffers grow and shrink by other rules: accepted, without effect.
        add("set-disable-deny-scripts", 3, 3, Call::ok);
        add("replybuffer", 4, 4, DebugCommands::replyBuffer);
    }

    // ---- server

    /** Stops the whole loop, as Redis does; the simulation has no time to lose and goes on at once. */
    private void sleep(Call call) {
        double seconds = Math.max(0, leadingNumber(call.word(2)));
        if (server.ports().blockingWorkers()) {
            long until = System.nanoTime() + (long) (seconds * 1e9);
            for (long left = until - System.nanoTime(); left > 0; left = until - System.nanoTime()) {
                LockSupport.parkNanos(left);
            }
        }
        call.ok();
    }

    private static double leadingNumber(Bytes word) {
        try {
            return Double.parseDouble(word.toString());
        } catch (NumberFormatException none) {
            return 0;
        }
    }

    private static void heap(Call call) {
        Runtime runtime = Runtime.getRuntime();
        Answers.text(
                call,
                "heap used " + (runtime.totalMemory() - runtime.freeMemory()) + " of " + runtime.totalMemory()
                        + " bytes, at most " + runtime.maxMemory() + "\n");
    }

    private void rewriteConfig(Call call) {
        String error = server.rewriteConfig(true);
        if (error != null) {
            throw CommandFailure.err("CONFIG-REWRITE-FORCE-ALL failed: " + error);
        }
        call.ok();
    }

    // ---- data

    private void digestValues(Call call) {
        call.reply().array(call.count() - 2);
        for (int i = 2; i < call.count(); i++) {
            Value value = call.db().open(call.word(i));
            call.reply().simple(value == null ? "0".repeat(2 * DataDigest.BYTES) : digest.of(value));
        }
    }

    private void reload(Call call) {
        boolean merge = false;
        boolean flush = true;
        boolean save = true;
        for (int i = 2; i < call.count(); i++) {
            if (call.word(i).is("merge")) {
                merge = true;
            } else if (call.word(i).is("noflush")) {
                flush = false;
            } else if (call.word(i).is("nosave")) {
                save = false;
            } else {
                throw RELOAD_OPTIONS;
            }
        }
        // Redis dies of a key that is there already; there is nothing to gain from doing the same.
        if (!flush && !merge && call.data().size() > 0) {
            throw RELOAD_CONFLICT;
        }
        if (save && !server.persistence().saver().saveNow()) {
            throw SAVE_FAILED;
        }
        String error = server.persistence().reload(!flush && merge);
        if (error != null) {
            throw new CommandFailure(error);
        }
        if (!save) {
            server.appendOnly().dataReplaced();
        }
        call.ok();
    }

    private void loadAppendOnlyFile(Call call) {
        String error = new AofStart(server).reload();
        if (error != null) {
            throw new CommandFailure(error);
        }
        call.ok();
    }

    // ---- settings

    private static void packedThreshold(Call call) {
        String word = call.word(2).toString().toLowerCase(Locale.ROOT);
        long unit =
                word.endsWith("kb") ? 1L << 10 : word.endsWith("mb") ? 1L << 20 : word.endsWith("gb") ? 1L << 30 : 1;
        String digits = word.replaceFirst("(kb|mb|gb|b)$", "");
        if (!digits.matches("[0-9]{1,10}") || Long.parseLong(digits) * unit >= THRESHOLD_MAX) {
            throw THRESHOLD;
        }
        // Lists here have no plain nodes by threshold: accepted, without effect.
        call.ok();
    }

    private static void replyBuffer(Call call) {
        if (call.word(2).is("peak-reset-time")) {
            if (!call.word(3).is("never") && !call.word(3).is("reset")) {
                call.number(3);
            }
        } else if (!call.word(2).is("resizing")) {
            throw Answers.unknownSubcommand(call);
        }
        call.ok();
    }

    private static void help(Call call) {
        Answers.help(
                call,
                "AOF-FLUSH-SLEEP <microseconds>",
                "    Hold up each write to the append only file.",
                "CHANGE-REPL-ID",
                "    Begin a new replication history.",
                "CONFIG-REWRITE-FORCE-ALL",
                "    CONFIG REWRITE with all directives, those with default values too.",
                "DIGEST | DIGEST-VALUE <key> [<key> ...]",
                "    A hash of the data set, or of the values of keys.",
                "ERROR <text>",
                "    Reply with this error.",
                "HTSTATS <dbid> | HTSTATS-KEY <key>",
                "    Sizes of tables.",
                "JMAP",
                "    Memory of the JVM.",
                "LISTPACK <key> | QUICKLIST <key>",
                "    Log how a value is encoded.",
                "LOADAOF",
                "    Load the append only file as it is on disk.",
                "LOG <message>",
                "    Write to the server's log.",
                "OBJECT <key> | SDSLEN <key>",
                "    What a value takes.",
                "PANIC | ASSERT | OOM",
                "    End the server as a bug of its own would: by an exception, a broken invariant, want of memory.",
                "PAUSE-CRON <0|1>",
                "    Stop or go on with periodic work.",
                "POPULATE <count> [<prefix>] [<size>]",
                "    Make keys prefix:0, prefix:1, ... that are not replicated.",
                "PROTOCOL <type>",
                "    Reply with an example of: string, integer, double, bignum, null, array, set,",
                "    map, attrib, push, verbatim, true, false.",
                "RELOAD [NOSAVE] [NOFLUSH] [MERGE]",
                "    Save and load the data set; without saving; without dropping what is there;",
                "    with keys from the file taking the place of others.",
                "REPLICATE <command> [<arg> ...]",
                "    Send a command to the replicas without executing it.",
                "SET-ACTIVE-EXPIRE <0|1>",
                "    Whether expired keys are deleted without being asked for.",
                "SET-SKIP-CHECKSUM-VALIDATION <0|1>",
                "    Whether RESTORE takes payloads with a wrong checksum.",
                "SLEEP <seconds>",
                "    Stop the server for a while.");
    }
}
