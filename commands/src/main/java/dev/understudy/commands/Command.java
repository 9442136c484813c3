// SPDX-License-Identifier: Apache-2.0
package dev.understudy.commands;

import dev.understudy.wire.Bytes;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * One row of the command table: everything that COMMAND, ACLs, the gates and the docs need to know about a command. Built by the fluent
 * calls at start, read only afterwards.
 */
public final class Command {
    /** Properties of a command, named as COMMAND shows them in lower case. */
    public enum Flag {
        WRITE,
        READONLY,
        DENYOOM,
        ADMIN,
        PUBSUB,
        NOSCRIPT,
        BLOCKING,
        LOADING,
        STALE,
        SKIP_MONITOR,
        SKIP_SLOWLOG,
        ASKING,
        FAST,
        NO_AUTH,
        MAY_REPLICATE,
        NO_ASYNC_LOADING,
        NO_MULTI,
        ALLOW_BUSY,
        MOVABLEKEYS,
        /** DEBUG, MODULE: refused unless enabled. Not shown. */
        PROTECTED
    }

    /**
     * Where keys stand among the arguments.
     *
     * @param begin index of the first key, or of the search for {@code keyword} when that is not null
     * @param keyword the argument before the first key (STREAMS, STORE ...), null for a fixed index
     * @param kind RANGE: {@code last} (relative to begin, negative from the end), {@code step}, {@code limit}; KEYNUM: {@code last} is
     *     the index of the number of keys relative to begin, {@code limit} the index of the first key relative to begin
     * @param flags such as {@code RW ACCESS UPDATE}
     */
    public record KeySpec(
            int begin,
            @Nullable String keyword,
            Kind kind,
            int last,
            int step,
            int limit,
            String flags,
            boolean incomplete) {
        public enum Kind {
            RANGE,
            KEYNUM,
            UNKNOWN
        }
    }

    /** Commands and subcommands without the READONLY flag, which is for keys, that only tell something. */
    private static final Set<String> QUERIES = Set.of(
            "ping",
            "echo",
            "time",
            "info",
            "role",
            "lastsave",
            "lolwut",
            "command",
            "command|count",
            "command|docs",
            "command|getkeys",
            "command|getkeysandflags",
            "command|help",
            "command|info",
            "command|list",
            "client|getname",
            "client|help",
            "client|id",
            "client|info",
            "client|list",
            "config|get",
            "config|help",
            "function|dump",
            "function|help",
            "function|list",
            "function|stats",
            "latency|help",
            "latency|histogram",
            "memory|doctor",
            "memory|help",
            "memory|malloc-stats",
            "memory|stats",
            "pubsub|channels",
            "pubsub|help",
            "pubsub|numpat",
            "pubsub|numsub",
            "pubsub|shardchannels",
            "pubsub|shardnumsub",
            "slowlog|get",
            "slowlog|help",
            "slowlog|len",
            "understudy|syncs");

    private final String name;
    private Handler handler;
    private final List<KeySpec> keySpecs = new ArrayList<>();
    private final Set<String> categories = new TreeSet<>();
    private final Map<String, Command> subcommands = new LinkedHashMap<>();
    private final List<String> tips = new ArrayList<>();
    private int arity;
    private long flags;
    private String since = "1.0.0";
    private String group = "generic";
    private String summary = "";
    private String complexity = "";
    /** Calls, microseconds, rejected and failed calls, as INFO commandstats counts them. */
    public final Statistics statistics = new Statistics();

    /** Counters of one command; owned by the command loop. */
    public static final class Statistics {
        public long calls;
        public long microseconds;
        public long rejected;
        public long failed;
        /** Durations, as INFO latencystats shows them. */
        public final LatencyHistogram latency = new LatencyHistogram();

        public void reset() {
            calls = 0;
            microseconds = 0;
            rejected = 0;
            failed = 0;
            latency.reset();
        }
    }

    /** @param name lower case; a subcommand's whole name is {@code parent|sub} */
    public Command(String name, Handler handler) {
        this.name = name;
        this.handler = handler;
    }

    /** @param count number of words, negative for at least that many */
    public Command arity(int count) {
        arity = count;
        return this;
    }

    /** @param words names of {@link Flag}s, in lower or upper case, separated by blanks */
    public Command flags(String words) {
        for (String word : words.split(" ")) {
            flags |= 1L << Flag.valueOf(word.toUpperCase(Locale.ROOT)).ordinal();
        }
        return this;
    }

    /** ACL categories without {@code @}, blank separated, apart from those that follow from flags (write, read, fast, slow, admin...). */
    public Command acl(String words) {
        categories.addAll(List.of(words.split(" ")));
        return this;
    }

    /** Keys at fixed places, as COMMAND's first key, last key and step: {@code keys(1, 1, 1, "RW UPDATE")}; last may be negative. */
    public Command keys(int first, int last, int step, String specFlags) {
        keySpecs.add(new KeySpec(
                first, null, KeySpec.Kind.RANGE, last >= 0 ? last - first : last, step, 0, specFlags, false));
        return this;
    }

    /** Keys counted by an argument: {@code keyNumber(1, "RO ACCESS")} for {@code CMD numkeys key...}. */
    public Command keyNumber(int at, String specFlags) {
        keySpecs.add(new KeySpec(at, null, KeySpec.Kind.KEYNUM, 0, 1, 1, specFlags, false));
        flags |= 1L << Flag.MOVABLEKEYS.ordinal();
        return this;
    }

    public Command keySpec(KeySpec spec) {
        keySpecs.add(spec);
        return this;
    }

    public Command since(String version) {
        since = version;
        return this;
    }

    public Command group(String word) {
        group = word;
        return this;
    }

    /** Our own one-line description and the complexity, for COMMAND DOCS and the docs page. */
    public Command docs(String line, String bigO) {
        summary = line;
        complexity = bigO;
        return this;
    }

    public Command tip(String tip) {
        tips.add(tip);
        return this;
    }

    /** Adds a subcommand under {@code sub.name()} (lower case, without the parent's name). */
    public Command sub(Command sub) {
        subcommands.put(sub.name.substring(sub.name.indexOf('|') + 1), sub);
        return this;
    }

    public String name() {
        return name;
    }

    public Handler handler() {
        return handler;
    }

    /** Has the command executed by another handler, made of its present one: so tests put faults in. On the loop, between commands. */
    public void plant(UnaryOperator<Handler> fault) {
        handler = fault.apply(handler);
    }

    public int arity() {
        return arity;
    }

    public boolean is(Flag flag) {
        return (flags & 1L << flag.ordinal()) != 0;
    }

    /**
     * Whether its handler only looks at things: no data, no state of the server, and of its client's nothing that a repetition would not set as well.
     * Then an exception in the middle of it leaves all as it was.
     */
    public boolean changesNothing() {
        return is(Flag.READONLY) || QUERIES.contains(name);
    }

    public boolean arityAllows(int words) {
        return arity >= 0 ? words == arity : words >= -arity;
    }

    /** The error of a request that {@link #arityAllows} not. */
    String wrongArity() {
        return "ERR wrong number of arguments for '" + name + "' command";
    }

    public List<KeySpec> keySpecs() {
        return keySpecs;
    }

    public Set<String> categories() {
        return categories;
    }

    public Map<String, Command> subcommands() {
        return subcommands;
    }

    /** The row of the subcommand that {@code word} names in any case; null if there is none. */
    @Nullable
    Command subcommand(Bytes word) {
        for (Command sub : subcommands.values()) {
            int bar = sub.name().indexOf('|');
            if (word.length == sub.name().length() - bar - 1
                    && word.is(sub.name().substring(bar + 1))) {
                return sub;
            }
        }
        return null;
    }

    public List<String> tips() {
        return tips;
    }

    public String since() {
        return since;
    }

    public String group() {
        return group;
    }

    public String summary() {
        return summary;
    }

    public String complexity() {
        return complexity;
    }
}
