// SPDX-License-Identifier: Apache-2.0
package dev.understudy.commands;

import dev.understudy.store.Clock;
import dev.understudy.store.DataSet;
import dev.understudy.store.Db;
import dev.understudy.store.Limits;
import dev.understudy.store.memory.Memory;
import dev.understudy.wire.Bytes;
import dev.understudy.wire.InlineSplitter;
import dev.understudy.wire.Numbers;
import dev.understudy.wire.Reply;
import dev.understudy.wire.ReplyChunks;
import dev.understudy.wire.RespReader;
import dev.understudy.wire.RespWriter;
import dev.understudy.wire.Value;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.Consumer;
import java.util.stream.Collectors;

/**
 * An engine without a server, for tests of commands: a data set in checking memory, a settable clock, conditions as
 * plain fields, and a
 * record of what was propagated, announced and touched since it was last asked for.
 *
 * <pre>
 * try (var redis = new CommandHarness(StringCommands::register)) {
 *     assertThat(redis.run("SET k 'a b' EX 10")).isEqualTo("OK");
 *     assertThat(redis.effects()).containsExactly("SET k \"a b\" PXAT 1010000");
 * }
 * </pre>
 *
 * Replies are shown as redis-cli does, but in one line: {@code OK}, {@code (error) ERR ...}, {@code (integer) 1},
 * {@code "text"},
 * {@code (nil)}, {@code ["a" (integer) 2]}, in RESP3 also {@code {"k" => "v"}}, {@code ~["a"]}, {@code (double) 1.5},
 * {@code (true)}.
 */
public final class CommandHarness implements AutoCloseable {
    public static final long START_MILLIS = 1_000_000;

    public final Memory memory = Memory.checking();
    public final Limits limits = new Limits();
    public final CommandTable table = new CommandTable();
    public final Engine engine;
    /** Milliseconds since the epoch, for the next command on. */
    public long now = START_MILLIS;

    public boolean replica;
    public boolean replicaIsReadOnly = true;
    public boolean loading;
    public boolean outOfMemory;
    public boolean expiryIsPaused;
    public boolean lazyExpire;
    public boolean lazyServerDel;
    public boolean lazyUserDel;
    public boolean lazyUserFlush;

    private final List<String> effects = new ArrayList<>();
    private final List<String> events = new ArrayList<>();
    private final List<String> touched = new ArrayList<>();
    private final Client first = new Client(false);

    /** @param families the registrations of the commands to be tested; MULTI and its like are there always */
    @SafeVarargs
    public CommandHarness(Consumer<CommandTable>... families) {
        TransactionCommands.register(table);
        for (Consumer<CommandTable> family : families) {
            family.accept(table);
        }
        DataSet data = new DataSet(memory, 16, limits, new SplittableRandom(1));
        engine = new Engine(table, data, new HarnessConditions(), new Recorder(), new Clock() {
            @Override
            public long wallMillis() {
                return now;
            }

            @Override
            public long nanos() {
                return now * 1_000_000;
            }
        });
    }

    /** One connected client; {@link #run} of the harness is that of its first. */
    public final class Client extends Session {
        private final RespWriter writer = new RespWriter(new ReplyChunks(4));
        private final boolean master;

        private Client(boolean master) {
            this.master = master;
            authenticated(true);
        }

        @Override
        public Reply reply() {
            return writer;
        }

        @Override
        public boolean isMaster() {
            return master;
        }

        /** Executes one command, words and quotes as in an inline command. */
        public String run(String line) {
            InlineSplitter splitter = new InlineSplitter();
            byte[] bytes = line.getBytes(StandardCharsets.ISO_8859_1);
            int count = splitter.split(bytes, 0, bytes.length);
            assert count > 0 : "unbalanced quotes: " + line;
            Bytes[] words = new Bytes[count];
            for (int i = 0; i < count; i++) {
                words[i] = new Bytes(splitter.text(), splitter.offset(i), splitter.length(i)).copy();
            }
            return show(value(words));
        }

        /** Executes one command of words as they are, one byte per char. */
        public String runWords(String... words) {
            Bytes[] bytes = new Bytes[words.length];
            for (int i = 0; i < words.length; i++) {
                bytes[i] = Bytes.of(words[i].getBytes(StandardCharsets.ISO_8859_1));
            }
            return show(value(bytes));
        }

        /** Executes one command and returns its reply; exactly one must have been written. */
        public Value value(Bytes... words) {
            engine.execute(this, words, words.length);
            ByteArrayOutputStream out = new ByteArrayOutputStream();
            assert !writer.hasOpenMarks() : "an aggregate was not finished";
            writer.drainTo((array, offset, length) -> out.write(array, offset, length));
            RespReader reader = new RespReader();
            reader.feed(out.toByteArray(), 0, out.size());
            Value value = reader.next();
            if (value == null || reader.waitingBytes() > 0) {
                throw new AssertionError("not one reply: " + out.toString(StandardCharsets.ISO_8859_1));
            }
            return value;
        }

        /** 2 or 3. */
        public void protocol(int version) {
            writer.protocol(version);
        }
    }

    /** A further client. */
    public Client client() {
        return new Client(false);
    }

    /** A client that is the link to our master; set {@link #replica} too. */
    public Client master() {
        return new Client(true);
    }

    public DataSet data() {
        return engine.data();
    }

    public String run(String line) {
        return first.run(line);
    }

    public String runWords(String... words) {
        return first.runWords(words);
    }

    public Value value(Bytes... words) {
        return first.value(words);
    }

    public void protocol(int version) {
        first.protocol(version);
    }

    /**
     * What was propagated since the last call: one line per operation, words quoted where they must be, {@code MULTI}
     * and {@code EXEC} around
     * units that are wrapped, {@code N:} before operations on databases other than 0.
     */
    public List<String> effects() {
        return taken(effects);
    }

    /**
     * Keyspace notifications since the last call but for misses: {@code $ set key}; {@code N:} as in {@link #effects}.
     */
    public List<String> events() {
        return taken(events);
    }

    /** Keys touched since the last call. */
    public List<String> touched() {
        return taken(touched);
    }

    private static List<String> taken(List<String> lines) {
        List<String> taken = List.copyOf(lines);
        lines.clear();
        return taken;
    }

    /** A reply in one line. */
    public static String show(Value value) {
        return switch (value) {
            case Value.Simple(var text) -> text;
            case Value.Failure(var message) -> "(error) " + message;
            case Value.Int(var number) -> "(integer) " + number;
            case Value.Bulk(var bytes) -> quoted(bytes.toArray());
            case Value.Nil() -> "(nil)";
            case Value.Real(var number) -> "(double) " + Numbers.format(number);
            case Value.Bool(var yes) -> yes ? "(true)" : "(false)";
            case Value.BigNumber(var digits) -> "(big number) " + digits;
            case Value.Array(var elements) -> joined("[", elements);
            case Value.Set(var elements) -> joined("~[", elements);
            case Value.Push(var elements) -> joined(">[", elements);
            case Value.Map(var elements) -> pairs(elements);
        };
    }

    private static String joined(String open, List<Value> elements) {
        return elements.stream().map(CommandHarness::show).collect(Collectors.joining(" ", open, "]"));
    }

    private static String pairs(List<Value> elements) {
        List<String> pairs = new ArrayList<>();
        for (int i = 0; i < elements.size(); i += 2) {
            pairs.add(show(elements.get(i)) + " => " + show(elements.get(i + 1)));
        }
        return "{" + String.join(", ", pairs) + "}";
    }

    private static String quoted(byte[] bytes) {
        StringBuilder text = new StringBuilder("\"");
        for (byte b : bytes) {
            switch (b) {
                case '"', '\\' -> text.append('\\').append((char) b);
                case '\n' -> text.append("\\n");
                case '\r' -> text.append("\\r");
                case '\t' -> text.append("\\t");
                default -> {
                    if (b >= ' ' && b < 127) {
                        text.append((char) b);
                    } else {
                        text.append(String.format("\\x%02x", b & 0xFF));
                    }
                }
            }
        }
        return text.append('"').toString();
    }

    /** A word as it is, or quoted if it is empty or has blanks or unprintable bytes. */
    private static String word(byte[] bytes) {
        String quoted = quoted(bytes);
        boolean plain = bytes.length > 0 && quoted.length() == bytes.length + 2 && quoted.indexOf(' ') < 0;
        return plain ? quoted.substring(1, quoted.length() - 1) : quoted;
    }

    /** Deletes all keys and checks that no memory is left in use. */
    @Override
    public void close() {
        DataSet data = data();
        data.closeWindows();
        for (int i = 0; i < data.databases(); i++) {
            data.db(i).clear(false);
        }
        data.results().clear(false);
        while (data.reap(1000)) {
            // As long as it takes.
        }
        memory.assertEmpty();
        data.close();
    }

    private static String prefix(int database) {
        return database == 0 ? "" : database + ": ";
    }

    private final class Recorder implements Listener {
        @Override
        public void propagate(Effects unit, boolean wrapped) {
            if (wrapped) {
                effects.add("MULTI");
            }
            for (int i = 0; i < unit.count(); i++) {
                RespReader reader = new RespReader();
                reader.feed(unit.array(), unit.offset(i), unit.end(i) - unit.offset(i));
                if (!(reader.next() instanceof Value.Array(var words)) || reader.waitingBytes() > 0) {
                    throw new AssertionError("an effect is not one command");
                }
                effects.add(words.stream()
                        .map(part -> part instanceof Value.Bulk(var bytes) ? word(bytes.toArray()) : "?")
                        .collect(Collectors.joining(" ", prefix(unit.database(i)), "")));
            }
            if (wrapped) {
                effects.add("EXEC");
            }
        }

        @Override
        public void touched(Db db, Bytes key) {
            touched.add(prefix(db.index()) + word(key.toArray()));
        }

        @Override
        public void notify(NotifyClass notifyClass, String event, Db db, Bytes key) {
            if (notifyClass != NotifyClass.KEY_MISS) {
                events.add(prefix(db.index()) + notifyClass.letter() + " " + event + " " + word(key.toArray()));
            }
        }

        @Override
        public boolean postpones(Session session, Command command) {
            return false;
        }
    }

    private final class HarnessConditions extends QuietConditions {
        @Override
        public boolean isReplica() {
            return replica;
        }

        @Override
        public boolean replicaIsReadOnly() {
            return replicaIsReadOnly;
        }

        @Override
        public boolean isLoading() {
            return loading;
        }

        @Override
        public boolean outOfMemory() {
            return outOfMemory;
        }

        @Override
        public boolean expiryIsPaused() {
            return expiryIsPaused;
        }

        @Override
        public boolean lazyExpire() {
            return lazyExpire;
        }

        @Override
        public boolean lazyServerDel() {
            return lazyServerDel;
        }

        @Override
        public boolean lazyUserDel() {
            return lazyUserDel;
        }

        @Override
        public boolean lazyUserFlush() {
            return lazyUserFlush;
        }
    }
}
