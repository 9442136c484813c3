// SPDX-License-Identifier: Apache-2.0
package dev.understudy.commands;

import dev.understudy.store.DataSet;
import dev.understudy.store.StringValue;
import dev.understudy.store.Value;
import dev.understudy.wire.Reply;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** OBJECT and MEMORY: how values are held, as object.c of Redis 7.2. */
final class ObjectCommands {
    private static final String AFTER_SWITCHING = " Please note that when switching between policies at runtime LRU and"
            + " LFU data will take some time to adjust.";
    private static final CommandFailure IDLE_UNKNOWN =
            CommandFailure.err("An LFU maxmemory policy is selected, idle time not tracked." + AFTER_SWITCHING);
    private static final CommandFailure FREQUENCY_UNKNOWN = CommandFailure.err(
            "An LFU maxmemory policy is not selected, access frequency not tracked." + AFTER_SWITCHING);
    /** Redis shares the objects of these integers, and shows them as referred to without end. */
    private static final long SHARED_INTEGERS = 10_000;

    private static final int SAMPLES_DEFAULT = 5;
    /** Below this, MEMORY DOCTOR does not judge. */
    private static final long DOCTOR_BYTES_MIN = 5 << 20;

    private static final List<String> OBJECT_HELP = List.of(
            "ENCODING <key>",
            "    Return how the value under <key> is represented in memory.",
            "FREQ <key>",
            "    Return the logarithmic access counter of <key>, under an LFU policy.",
            "IDLETIME <key>",
            "    Return the seconds since <key> was last used, under an LRU policy.",
            "REFCOUNT <key>",
            "    Return the number of references to the value under <key>.");
    private static final List<String> MEMORY_HELP = List.of(
            "DOCTOR",
            "    Return a report of memory problems.",
            "MALLOC-STATS",
            "    Return statistics of the allocator.",
            "PURGE",
            "    Ask the allocator to give back memory.",
            "STATS",
            "    Return figures of the memory in use.",
            "USAGE <key> [SAMPLES <count>]",
            "    Return the bytes of memory that <key> and its value take. Of nested values up to <count> are",
            "    sampled (default: 5, 0 for all).");

    private ObjectCommands() {}

    static void register(CommandTable table) {
        registerObject(table);
        registerMemory(table);
    }

    private static void registerObject(CommandTable table) {
        Command object = KeyCommands.add(table, "object", ObjectCommands::unknown, -2, "readonly", "2.2.3")
                .docs("Holds the commands that look into values.", "Depends on the subcommand.");
        object.sub(objectSub("encoding", ObjectCommands::encoding, "2.2.3")
                .docs("Returns how a value is represented.", "O(1)"));
        object.sub(objectSub("freq", ObjectCommands::frequency, "4.0.0")
                .docs("Returns the access counter of a key.", "O(1)"));
        object.sub(objectSub("idletime", ObjectCommands::idleTime, "2.2.3")
                .docs("Returns the time since a key was last used.", "O(1)"));
        object.sub(objectSub("refcount", ObjectCommands::references, "2.2.3")
                .docs("Returns the number of references to a value.", "O(1)"));
        object.sub(new Command("object|help", call -> StreamReplies.help(call, OBJECT_HELP))
                .arity(2)
                .flags("loading stale")
                .acl("keyspace")
                .since("6.2.0")
                .group("generic")
                .docs("Tells of the subcommands.", "O(1)"));
    }

    private static Command objectSub(String name, Handler handler, String since) {
        return new Command("object|" + name, handler)
                .arity(3)
                .flags("readonly")
                .acl("keyspace")
                .keys(2, 2, 1, "RO")
                .tip("nondeterministic_output")
                .since(since)
                .group("generic");
    }

    private static void registerMemory(CommandTable table) {
        Command memory = table.add("memory", ObjectCommands::unknown)
                .arity(-2)
                .since("4.0.0")
                .group("server")
                .docs("Holds the commands on memory.", "Depends on the subcommand.");
        memory.sub(memorySub("usage", ObjectCommands::usage, -3)
                .flags("readonly")
                .keys(2, 2, 1, "RO")
                .docs("Estimates the memory of a key.", "O(N), N being the number of samples"));
        memory.sub(memorySub("doctor", ObjectCommands::doctor, 2).docs("Reports memory problems.", "O(1)"));
        memory.sub(memorySub("stats", ObjectCommands::statistics, 2).docs("Returns figures of memory.", "O(1)"));
        memory.sub(memorySub("purge", Call::ok, 2).docs("Asks the allocator to give back memory.", "O(1)"));
        memory.sub(memorySub("malloc-stats", ObjectCommands::allocator, 2)
                .docs("Returns statistics of the allocator.", "O(1)"));
        memory.sub(memorySub("help", call -> StreamReplies.help(call, MEMORY_HELP), 2)
                .flags("loading stale")
                .docs("Tells of the subcommands.", "O(1)"));
    }

    private static Command memorySub(String name, Handler handler, int arity) {
        return new Command("memory|" + name, handler)
                .arity(arity)
                .since("4.0.0")
                .group("server");
    }

    private static void unknown(Call call) {
        throw StreamReplies.subcommandSyntax(call);
    }

    // ---- OBJECT

    /** Opens word 2, or answers nil. */
    private static @Nullable Value open(Call call) {
        Value value = call.peek(2);
        if (value == null) {
            call.reply().nil();
        }
        return value;
    }

    private static void encoding(Call call) {
        Value value = open(call);
        if (value != null) {
            call.reply().bulk(value.encoding().word());
        }
    }

    private static void references(Call call) {
        Value value = open(call);
        if (value != null) {
            boolean shared = value instanceof StringValue string
                    && string.isLong()
                    && string.asLong() >= 0
                    && string.asLong() < SHARED_INTEGERS;
            call.integer(shared ? Integer.MAX_VALUE : 1);
        }
    }

    private static void idleTime(Call call) {
        Value value = open(call);
        if (value == null) {
            return;
        }
        if (call.execution().tracksFrequency()) {
            throw IDLE_UNKNOWN;
        }
        call.integer(call.execution().accessClock() - value.accessClock() & 0xFF_FFFF);
    }

    private static void frequency(Call call) {
        Value value = open(call);
        if (value == null) {
            return;
        }
        if (!call.execution().tracksFrequency()) {
            throw FREQUENCY_UNKNOWN;
        }
        int decay = call.execution().frequencyDecayMinutes();
        call.integer(AccessFrequency.counter(value.accessClock(), call.nowMillis(), decay));
    }

    // ---- MEMORY

    private static void usage(Call call) {
        long samples = SAMPLES_DEFAULT;
        for (int i = 3; i < call.count(); i += 2) {
            if (!call.word(i).is("samples") || i + 1 == call.count()) {
                throw CommandFailure.SYNTAX;
            }
            samples = call.number(i + 1);
            if (samples < 0) {
                throw CommandFailure.SYNTAX;
            }
            samples = samples == 0 ? Integer.MAX_VALUE : Math.min(samples, Integer.MAX_VALUE);
        }
        Value value = call.db().open(call.word(2));
        if (value == null) {
            call.reply().nil();
        } else {
            call.integer(value.usageBytes((int) samples));
        }
    }

    private static void doctor(Call call) {
        boolean small = call.data().memory().usedBytes() < DOCTOR_BYTES_MIN;
        String report = small
                ? "Hi Sam, this instance is empty or is using very little memory, my issues detector can't be used in"
                        + " these conditions.\n"
                : "Hi Sam, I can't find any memory issue in your instance.\n";
        call.reply().verbatim("txt", report.getBytes(StandardCharsets.UTF_8));
    }

    private static void allocator(Call call) {
        DataSet data = call.data();
        String report = "native blocks: " + data.memory().liveBlocks()
                + "\nbytes in blocks: " + data.memory().usedBytes()
                + "\nbytes reserved: " + data.memory().reservedBytes() + "\n";
        call.reply().verbatim("txt", report.getBytes(StandardCharsets.UTF_8));
    }

    /** The figures that a data set knows of itself; INFO memory has those of the process. */
    private static void statistics(Call call) {
        DataSet data = call.data();
        Reply reply = call.reply();
        long used = data.memory().usedBytes();
        long reserved = data.memory().reservedBytes();
        long keys = data.size();
        reply.map(9);
        pair(reply, "total.allocated", used);
        pair(reply, "overhead.total", Math.max(0, reserved - used));
        pair(reply, "keys.count", keys);
        pair(reply, "keys.bytes-per-key", keys == 0 ? 0 : used / keys);
        pair(reply, "dataset.bytes", used);
        pair(reply, "views.retained", data.retainedBytes());
        pair(reply, "allocator.allocated", used);
        pair(reply, "allocator.resident", reserved);
        reply.bulk("fragmentation");
        reply.real(used == 0 ? 1 : (double) reserved / used);
    }

    private static void pair(Reply reply, String name, long value) {
        reply.bulk(name);
        reply.integer(value);
    }
}
