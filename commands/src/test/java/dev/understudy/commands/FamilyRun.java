// SPDX-License-Identifier: Apache-2.0
package dev.understudy.commands;

import dev.understudy.store.Clock;
import dev.understudy.store.DataSet;
import dev.understudy.store.Db;
import dev.understudy.store.Limits;
import dev.understudy.store.Value;
import dev.understudy.store.memory.Memory;
import dev.understudy.wire.Bytes;
import dev.understudy.wire.Reply;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.Consumer;

/** Runs the commands of one family on an engine without a server, and collects replies, effects and events as text. */
final class FamilyRun implements AutoCloseable {
    final Memory memory = Memory.checking();
    final Limits limits = new Limits();
    final DataSet data = new DataSet(memory, 2, limits, new SplittableRandom(1));
    long nowMillis = 1_000_000;
    private final List<String> effects = new ArrayList<>();
    private final List<String> events = new ArrayList<>();
    private final TextReply reply = new TextReply();
    private final Engine engine;
    private final Session session = new Session() {
        @Override
        public Reply reply() {
            return reply;
        }
    };

    FamilyRun(Consumer<CommandTable> family) {
        CommandTable table = new CommandTable();
        family.accept(table);
        engine = new Engine(table, data, new QuietConditions(), new Collector(), new Clock() {
            @Override
            public long wallMillis() {
                return nowMillis;
            }

            @Override
            public long nanos() {
                return nowMillis * 1_000_000;
            }
        });
        session.authenticated(true);
    }

    /**
     * Executes a command of words separated by blanks; {@code ''} is an empty word. Returns the reply as {@link
     * TextReply} has it.
     */
    String run(String line) {
        String[] words = line.split(" ");
        for (int i = 0; i < words.length; i++) {
            words[i] = words[i].equals("''") ? "" : words[i];
        }
        return runWords(words);
    }

    String runWords(String... words) {
        Bytes[] bytes = new Bytes[words.length];
        for (int i = 0; i < words.length; i++) {
            bytes[i] = Bytes.of(words[i].getBytes(StandardCharsets.ISO_8859_1));
        }
        effects.clear();
        events.clear();
        reply.clear();
        engine.execute(session, bytes, bytes.length);
        return reply.text();
    }

    /** What the last command would send to replicas, one operation per element. */
    List<String> effects() {
        return List.copyOf(effects);
    }

    /** The keyspace notifications of the last command, misses left out. */
    List<String> events() {
        return List.copyOf(events);
    }

    void resp3(boolean on) {
        reply.resp3 = on;
    }

    /** OBJECT ENCODING. */
    String encoding(String key) {
        Value value = data.db(0).open(Bytes.of(key));
        return value == null ? "none" : value.encoding().word();
    }

    void setString(String key, String value) {
        data.closeWindows();
        data.db(0).setString(Bytes.of(key), Bytes.of(value), false);
    }

    void expire(String key, long expireAt) {
        data.closeWindows();
        Value value = data.db(0).open(Bytes.of(key));
        if (value != null) {
            data.db(0).expire(value, expireAt);
        }
    }

    long expireAt(String key) {
        Value value = data.db(0).open(Bytes.of(key));
        return value == null ? -2 : value.expireAt();
    }

    boolean exists(String key) {
        return data.db(0).contains(Bytes.of(key));
    }

    /** Deletes everything and checks that no block is left. */
    @Override
    public void close() {
        data.closeWindows();
        for (int i = 0; i < data.databases(); i++) {
            data.db(i).clear(false);
        }
        while (data.reap(1000)) {
            data.closeWindows();
        }
        memory.assertEmpty();
        data.close();
    }

    private final class Collector implements Listener {
        @Override
        public void propagate(Effects unit, boolean wrapped) {
            for (int i = 0; i < unit.count(); i++) {
                int begin = unit.offset(i);
                String encoded = new String(unit.array(), begin, unit.end(i) - begin, StandardCharsets.ISO_8859_1);
                String[] lines = encoded.split("\r\n", -1);
                List<String> words = new ArrayList<>();
                for (int line = 2; line < lines.length; line += 2) {
                    words.add(lines[line]);
                }
                assert lines[0].equals("*" + words.size()) : encoded;
                effects.add(String.join(" ", words));
            }
        }

        @Override
        public void touched(Db db, Bytes key) {}

        @Override
        public void notify(NotifyClass notifyClass, String event, Db db, Bytes key) {
            if (notifyClass != NotifyClass.KEY_MISS) {
                events.add(notifyClass.letter() + ":" + event + " " + key);
            }
        }

        @Override
        public boolean postpones(Session client, Command command) {
            return false;
        }
    }
}
