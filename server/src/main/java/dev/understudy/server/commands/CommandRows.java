// SPDX-License-Identifier: Apache-2.0
package dev.understudy.server.commands;

import dev.understudy.commands.Command;
import dev.understudy.commands.Command.Flag;
import dev.understudy.commands.Command.KeySpec;
import dev.understudy.wire.Reply;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;

/** Rows of the command table as COMMAND shows them. */
final class CommandRows {
    /** In the order in which COMMAND shows them; the others are not shown. */
    private static final List<Flag> SHOWN = List.of(
            Flag.WRITE,
            Flag.READONLY,
            Flag.DENYOOM,
            Flag.ADMIN,
            Flag.PUBSUB,
            Flag.NOSCRIPT,
            Flag.BLOCKING,
            Flag.LOADING,
            Flag.STALE,
            Flag.SKIP_MONITOR,
            Flag.SKIP_SLOWLOG,
            Flag.ASKING,
            Flag.FAST,
            Flag.NO_AUTH,
            Flag.NO_ASYNC_LOADING,
            Flag.NO_MULTI,
            Flag.MOVABLEKEYS,
            Flag.ALLOW_BUSY);

    /** ACL categories in Redis's order. */
    private static final List<String> CATEGORIES = List.of(
            "keyspace",
            "read",
            "write",
            "set",
            "sortedset",
            "list",
            "hash",
            "string",
            "bitmap",
            "hyperloglog",
            "geo",
            "stream",
            "pubsub",
            "admin",
            "fast",
            "slow",
            "blocking",
            "dangerous",
            "connection",
            "transaction",
            "scripting");

    /** Flags of key specifications, in order and as they are written. */
    private static final List<String> KEY_FLAGS = List.of(
            "RO", "RW", "OW", "RM", "access", "update", "insert", "delete", "not_key", "incomplete", "variable_flags");

    private CommandRows() {}

    /** Categories of a command: those of its row, and those that follow from its flags (setImplicitACLCategories). */
    static List<String> categories(Command command) {
        Set<String> own = new TreeSet<>(command.categories());
        addIf(own, command.is(Flag.WRITE), "write");
        addIf(own, command.is(Flag.READONLY) && !own.contains("scripting"), "read");
        addIf(own, command.is(Flag.ADMIN), "admin");
        addIf(own, command.is(Flag.ADMIN), "dangerous");
        addIf(own, command.is(Flag.PUBSUB), "pubsub");
        addIf(own, command.is(Flag.FAST), "fast");
        addIf(own, command.is(Flag.BLOCKING), "blocking");
        addIf(own, !own.contains("fast"), "slow");
        List<String> ordered = new ArrayList<>();
        for (String category : CATEGORIES) {
            addIf(ordered, own.contains(category), category);
        }
        return ordered;
    }

    private static void addIf(java.util.Collection<String> target, boolean condition, String word) {
        if (condition) {
            target.add(word);
        }
    }

    /** The ten elements of COMMAND INFO. */
    static void info(Reply reply, Command command) {
        KeyPositions.Legacy keys = KeyPositions.legacy(command);
        reply.array(10);
        reply.bulk(command.name());
        reply.integer(command.arity());
        flags(reply, command);
        reply.integer(keys.first());
        reply.integer(keys.last());
        reply.integer(keys.step());
        List<String> categories = categories(command);
        reply.set(categories.size());
        for (String category : categories) {
            reply.simple("@" + category);
        }
        reply.set(command.tips().size());
        for (String tip : command.tips()) {
            reply.bulk(tip);
        }
        reply.set(command.keySpecs().size());
        for (KeySpec spec : command.keySpecs()) {
            keySpec(reply, spec);
        }
        // An empty collection of subcommands is a set in Redis, a filled one an array.
        if (command.subcommands().isEmpty()) {
            reply.set(0);
        } else {
            reply.array(command.subcommands().size());
        }
        for (Command sub : command.subcommands().values()) {
            info(reply, sub);
        }
    }

    private static void flags(Reply reply, Command command) {
        List<String> words = new ArrayList<>();
        for (Flag flag : SHOWN) {
            boolean on = flag == Flag.MOVABLEKEYS ? KeyPositions.areMovable(command) : command.is(flag);
            addIf(words, on, flag.name().toLowerCase(Locale.ROOT));
        }
        reply.set(words.size());
        for (String word : words) {
            reply.simple(word);
        }
    }

    /** What a command does with a key. */
    static void keyFlags(Reply reply, String flags, boolean incomplete) {
        List<String> given = List.of(flags.toLowerCase(Locale.ROOT).split(" "));
        List<String> words = new ArrayList<>();
        for (String flag : KEY_FLAGS) {
            String lower = flag.toLowerCase(Locale.ROOT);
            addIf(words, given.contains(lower) || incomplete && lower.equals("incomplete"), flag);
        }
        reply.set(words.size());
        for (String word : words) {
            reply.simple(word);
        }
    }

    private static void keySpec(Reply reply, KeySpec spec) {
        reply.map(3);
        reply.bulk("flags");
        keyFlags(reply, spec.flags(), spec.incomplete());
        reply.bulk("begin_search");
        beginSearch(reply, spec);
        reply.bulk("find_keys");
        switch (spec.kind()) {
            case RANGE -> {
                search(reply, "range", 3);
                entry(reply, "lastkey", spec.last());
                entry(reply, "keystep", spec.step());
                entry(reply, "limit", spec.limit());
            }
            case KEYNUM -> {
                search(reply, "keynum", 3);
                entry(reply, "keynumidx", spec.last());
                entry(reply, "firstkey", spec.limit());
                entry(reply, "keystep", spec.step());
            }
            case UNKNOWN -> search(reply, "unknown", 0);
        }
    }

    private static void beginSearch(Reply reply, KeySpec spec) {
        String keyword = spec.keyword();
        if (keyword != null) {
            search(reply, "keyword", 2);
            reply.bulk("keyword");
            reply.bulk(keyword);
            entry(reply, "startfrom", spec.begin());
        } else if (spec.begin() == 0) {
            search(reply, "unknown", 0);
        } else {
            search(reply, "index", 1);
            entry(reply, "index", spec.begin());
        }
    }

    /** Begins the map of a search: its type, and the header of what specifies it. */
    private static void search(Reply reply, String type, int entries) {
        reply.map(2);
        reply.bulk("type");
        reply.bulk(type);
        reply.bulk("spec");
        reply.map(entries);
    }

    private static void entry(Reply reply, String name, int value) {
        reply.bulk(name);
        reply.integer(value);
    }

    /** The map of COMMAND DOCS. */
    static void docs(Reply reply, Command command) {
        boolean nested = !command.subcommands().isEmpty();
        int pairs = 2
                + (command.summary().isEmpty() ? 0 : 1)
                + (command.complexity().isEmpty() ? 0 : 1)
                + (nested ? 1 : 0);
        reply.map(pairs);
        pair(reply, "summary", command.summary());
        pair(reply, "since", command.since());
        pair(reply, "group", command.group());
        pair(reply, "complexity", command.complexity());
        if (nested) {
            reply.bulk("subcommands");
            reply.map(command.subcommands().size());
            for (Command sub : command.subcommands().values()) {
                reply.bulk(sub.name());
                docs(reply, sub);
            }
        }
    }

    private static void pair(Reply reply, String name, String value) {
        if (!value.isEmpty()) {
            reply.bulk(name);
            reply.bulk(value);
        }
    }
}
