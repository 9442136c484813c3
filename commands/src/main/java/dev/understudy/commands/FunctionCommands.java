// SPDX-License-Identifier: Apache-2.0
package dev.understudy.commands;

import dev.understudy.persist.FunctionPayload;
import dev.understudy.store.Functions;
import dev.understudy.wire.Bytes;
import dev.understudy.wire.Glob;
import dev.understudy.wire.Numbers;
import dev.understudy.wire.Reply;
import java.util.ArrayList;
import java.util.List;

/**
 * FUNCTION and FCALL, as functions.c of Redis 7.2, without an engine: libraries are kept, listed, dumped and replicated
 * as sources; whether they compile
 * nobody asks, and calling a function is refused.
 */
public final class FunctionCommands {
    private static final CommandFailure NOT_EXECUTED =
            CommandFailure.err("Functions cannot be executed by this server yet");
    private static final CommandFailure NO_FUNCTION = CommandFailure.err("Function not found");
    private static final CommandFailure NO_LIBRARY = CommandFailure.err("Library not found");
    private static final CommandFailure BAD_KEYS = CommandFailure.err("Bad number of keys provided");
    private static final CommandFailure MANY_KEYS =
            CommandFailure.err("Number of keys can't be greater than number of args");
    private static final CommandFailure NEGATIVE_KEYS = CommandFailure.err("Number of keys can't be negative");
    private static final CommandFailure NO_CODE = CommandFailure.err("Function code is missing");
    private static final CommandFailure NO_PATTERN = CommandFailure.err("library name argument was not given");
    private static final CommandFailure BAD_POLICY =
            CommandFailure.err("Wrong restore policy given, value should be either FLUSH, APPEND or REPLACE.");
    private static final CommandFailure BAD_FLUSH =
            CommandFailure.err("FUNCTION FLUSH only supports SYNC|ASYNC option");
    private static final CommandFailure NOT_BUSY = new CommandFailure("NOTBUSY No scripts in execution right now.");

    private static final List<String> HELP = List.of(
            "LOAD [REPLACE] <FUNCTION CODE>",
            "    Make a library from its source.",
            "DELETE <LIBRARY NAME>",
            "    Delete a library.",
            "LIST [LIBRARYNAME PATTERN] [WITHCODE]",
            "    Return what is known of the libraries, of those whose name matches PATTERN, with their sources.",
            "STATS",
            "    Return the function that is running, and the engines.",
            "KILL",
            "    End the function that is running.",
            "FLUSH [ASYNC|SYNC]",
            "    Delete all libraries.",
            "DUMP",
            "    Return all libraries in the form in which FUNCTION RESTORE takes them.",
            "RESTORE <PAYLOAD> [FLUSH|APPEND|REPLACE]",
            "    Make libraries from what FUNCTION DUMP returned, beside those there are (the default), or in the place of",
            "    all of them or of those with the same names.");

    private FunctionCommands() {}

    public static void register(CommandTable table) {
        Command function = table.add("function", call -> {
                    throw StreamReplies.subcommandSyntax(call);
                })
                .arity(-2)
                .acl("scripting")
                .since("7.0.0")
                .group("scripting")
                .docs("Holds the commands on functions.", "Depends on the subcommand.");
        function.sub(sub("load", FunctionCommands::load, -3, "noscript write denyoom")
                .docs("Makes a library from its source.", "O(1)"));
        function.sub(
                sub("delete", FunctionCommands::delete, 3, "noscript write").docs("Deletes a library.", "O(1)"));
        function.sub(sub("flush", FunctionCommands::flush, -2, "noscript write")
                .docs("Deletes all libraries.", "O(N), N being the number of functions"));
        function.sub(sub("list", FunctionCommands::list, -2, "noscript")
                .docs("Returns what is known of the libraries.", "O(N), N being the number of functions"));
        function.sub(sub("dump", FunctionCommands::dump, 2, "noscript")
                .docs("Returns all libraries as one payload.", "O(N), N being the number of functions"));
        function.sub(sub("restore", FunctionCommands::restore, -3, "noscript write denyoom")
                .docs("Makes libraries from a payload.", "O(N), N being the number of functions"));
        function.sub(sub("stats", FunctionCommands::statistics, 2, "noscript allow_busy")
                .docs("Tells what function is running.", "O(1)"));
        function.sub(sub("kill", FunctionCommands::kill, 2, "noscript allow_busy")
                .docs("Ends the running function.", "O(1)"));
        function.sub(sub("help", call -> StreamReplies.help(call, HELP), 2, "loading stale")
                .docs("Tells of the subcommands.", "O(1)"));
        for (String name : new String[] {"fcall", "fcall_ro"}) {
            boolean writes = name.equals("fcall");
            String flags = "noscript stale skip_monitor " + (writes ? "may_replicate" : "readonly");
            table.add(name, FunctionCommands::call)
                    .arity(-3)
                    .flags(flags)
                    .acl("scripting")
                    .keyNumber(2, writes ? "RW ACCESS UPDATE" : "RO ACCESS")
                    .since("7.0.0")
                    .group("scripting")
                    .docs("Calls a function.", "Depends on the function");
        }
    }

    private static Command sub(String name, Handler handler, int arity, String flags) {
        return new Command("function|" + name, handler)
                .arity(arity)
                .flags(flags)
                .acl("scripting")
                .since("7.0.0")
                .group("scripting");
    }

    private static void load(Call call) {
        boolean replace = false;
        for (int i = 2; i < call.count() - 1; i++) {
            if (!call.word(i).is("replace")) {
                throw CommandFailure.err("Unknown option given: " + call.word(i).printed());
            }
            replace = true;
        }
        if (call.count() < 3) {
            throw NO_CODE;
        }
        FunctionLibrary library =
                FunctionLibrary.parse(call.word(call.count() - 1).toArray());
        Functions functions = call.data().functions();
        if (!replace && functions.contains(library.name())) {
            throw exists(library);
        }
        functions.put(library.name(), library.source());
        call.changed(1);
        call.reply().bulk(library.name());
    }

    private static CommandFailure exists(FunctionLibrary library) {
        return CommandFailure.err("Library '" + library.name() + "' already exists");
    }

    private static void delete(Call call) {
        if (!call.data().functions().remove(call.word(2).toString())) {
            throw NO_LIBRARY;
        }
        call.changed(1);
        call.ok();
    }

    private static void flush(Call call) {
        if (call.count() > 3) {
            throw StreamReplies.subcommandSyntax(call);
        }
        if (call.count() == 3 && !call.word(2).is("sync") && !call.word(2).is("async")) {
            throw BAD_FLUSH;
        }
        call.data().functions().clear();
        call.changed(1);
        call.ok();
    }

    private static void dump(Call call) {
        call.reply().bulk(FunctionPayload.dump(call.data().functions().all().values()));
    }

    private static void restore(Call call) {
        if (call.count() > 4) {
            throw StreamReplies.subcommandSyntax(call);
        }
        boolean replaces = call.count() == 4 && call.word(3).is("replace");
        boolean flushes = call.count() == 4 && call.word(3).is("flush");
        if (call.count() == 4 && !replaces && !flushes && !call.word(3).is("append")) {
            throw BAD_POLICY;
        }
        List<FunctionLibrary> libraries = parse(call.word(2));
        Functions functions = call.data().functions();
        for (FunctionLibrary library : libraries) {
            if (!replaces && !flushes && functions.contains(library.name())) {
                throw CommandFailure.err("Library " + library.name() + " already exists");
            }
        }
        if (flushes) {
            functions.clear();
        }
        for (FunctionLibrary library : libraries) {
            functions.put(library.name(), library.source());
        }
        call.changed(1);
        call.ok();
    }

    private static List<FunctionLibrary> parse(Bytes payload) {
        return switch (FunctionPayload.parse(payload)) {
            case FunctionPayload.Parsed.Failure(String error) -> throw CommandFailure.err(error);
            case FunctionPayload.Parsed.Sources(List<byte[]> sources) -> {
                List<FunctionLibrary> libraries = new ArrayList<>();
                for (byte[] source : sources) {
                    libraries.add(FunctionLibrary.parse(source));
                }
                yield libraries;
            }
        };
    }

    private static List<FunctionLibrary> libraries(Call call) {
        List<FunctionLibrary> libraries = new ArrayList<>();
        for (byte[] source : call.data().functions().all().values()) {
            libraries.add(FunctionLibrary.parse(source));
        }
        return libraries;
    }

    private static void list(Call call) {
        boolean withCode = false;
        Bytes pattern = null;
        for (int i = 2; i < call.count(); i++) {
            if (!withCode && call.word(i).is("withcode")) {
                withCode = true;
            } else if (pattern == null && call.word(i).is("libraryname")) {
                if (++i == call.count()) {
                    throw NO_PATTERN;
                }
                pattern = call.word(i);
            } else {
                throw CommandFailure.err("Unknown argument " + call.word(i).printed());
            }
        }
        Reply reply = call.reply();
        long mark = reply.deferred();
        int count = 0;
        for (FunctionLibrary library : libraries(call)) {
            if (pattern == null || Glob.matches(pattern, Bytes.of(library.name()), true)) {
                describe(reply, library, withCode);
                count++;
            }
        }
        reply.finishArray(mark, count);
    }

    private static void describe(Reply reply, FunctionLibrary library, boolean withCode) {
        reply.map(withCode ? 4 : 3);
        reply.bulk("library_name");
        reply.bulk(library.name());
        reply.bulk("engine");
        reply.bulk("LUA");
        reply.bulk("functions");
        reply.array(library.functions().size());
        for (String function : library.functions()) {
            reply.map(3);
            reply.bulk("name");
            reply.bulk(function);
            reply.bulk("description");
            reply.nil();
            reply.bulk("flags");
            reply.set(0);
        }
        if (withCode) {
            reply.bulk("library_code");
            reply.bulk(library.source());
        }
    }

    private static void statistics(Call call) {
        List<FunctionLibrary> libraries = libraries(call);
        int functions = 0;
        for (FunctionLibrary library : libraries) {
            functions += library.functions().size();
        }
        Reply reply = call.reply();
        reply.map(2);
        reply.bulk("running_script");
        reply.nil();
        reply.bulk("engines");
        reply.map(1);
        reply.bulk("LUA");
        reply.map(2);
        reply.bulk("libraries_count");
        reply.integer(libraries.size());
        reply.bulk("functions_count");
        reply.integer(functions);
    }

    private static void kill(Call call) {
        throw NOT_BUSY;
    }

    private static void call(Call call) {
        String name = call.word(1).toString();
        boolean known = false;
        for (FunctionLibrary library : libraries(call)) {
            known |= library.functions().stream().anyMatch(name::equalsIgnoreCase);
        }
        if (!known) {
            throw NO_FUNCTION;
        }
        if (!Numbers.isLong(call.word(2))) {
            throw BAD_KEYS;
        }
        long keys = call.number(2);
        if (keys > call.count() - 3) {
            throw MANY_KEYS;
        }
        if (keys < 0) {
            throw NEGATIVE_KEYS;
        }
        throw NOT_EXECUTED;
    }
}
