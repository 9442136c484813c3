// SPDX-License-Identifier: Apache-2.0
package dev.understudy.commands;

import dev.understudy.store.Clock;
import dev.understudy.store.DataSet;
import dev.understudy.store.Db;
import dev.understudy.store.Limits;
import dev.understudy.store.memory.Memory;
import dev.understudy.wire.Bytes;
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

/** An engine with the stream commands alone, a client, and a memory of what was propagated and announced. */
final class StreamHarness extends QuietConditions implements Listener, Clock {
    final CommandTable table = new CommandTable();
    final Memory memory = Memory.checking();
    final Limits limits = new Limits();
    final DataSet data = new DataSet(memory, 1, limits, new SplittableRandom(1));
    final List<String> effects = new ArrayList<>();
    final List<String> events = new ArrayList<>();
    final RespWriter writer = new RespWriter(new ReplyChunks(16));
    long now = 1000;
    boolean master;
    private final Engine engine;
    private final Session session = new Session() {
        @Override
        public Reply reply() {
            return writer;
        }

        @Override
        public boolean isMaster() {
            return master;
        }
    };

    StreamHarness() {
        StreamCommands.register(table);
        engine = new Engine(table, data, this, this, this);
        session.authenticated(true);
    }

    /** Executes words separated by blanks; returns the protocol's bytes of the reply, lines separated by blanks. */
    String raw(String line) {
        return new String(execute(line.split(" ")), StandardCharsets.ISO_8859_1)
                .replace("\r\n", " ")
                .trim();
    }

    byte[] execute(String... texts) {
        Bytes[] words = new Bytes[texts.length];
        for (int i = 0; i < texts.length; i++) {
            words[i] = Bytes.of(texts[i].getBytes(StandardCharsets.ISO_8859_1));
        }
        engine.execute(session, words, words.length);
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        writer.drainTo((array, offset, length) -> out.write(array, offset, length));
        return out.toByteArray();
    }

    /** Executes words separated by blanks; returns the reply as text, aggregates in brackets without commas. */
    String run(String line) {
        RespReader reader = new RespReader();
        byte[] bytes = execute(line.split(" "));
        reader.feed(bytes, 0, bytes.length);
        Value value = reader.next();
        String text = value == null ? "" : value.text();
        return text.startsWith("[") ? text.replace(", ", " ") : text;
    }

    /** What was propagated since the last call. */
    List<String> takeEffects() {
        List<String> taken = List.copyOf(effects);
        effects.clear();
        return taken;
    }

    List<String> takeEvents() {
        List<String> taken = List.copyOf(events);
        events.clear();
        return taken;
    }

    @Override
    public void propagate(Effects unit, boolean wrapped) {
        for (int i = 0; i < unit.count(); i++) {
            String text =
                    new String(unit.array(), unit.offset(i), unit.end(i) - unit.offset(i), StandardCharsets.ISO_8859_1);
            StringBuilder words = new StringBuilder();
            String[] lines = text.split("\r\n", -1);
            for (int line = 2; line < lines.length; line += 2) {
                words.append(line > 2 ? " " : "").append(lines[line]);
            }
            effects.add(words.toString());
        }
    }

    @Override
    public void touched(Db db, Bytes key) {
        events.add("touched " + key);
    }

    @Override
    public void notify(NotifyClass notifyClass, String event, Db db, Bytes key) {
        if (notifyClass != NotifyClass.KEY_MISS) {
            events.add(notifyClass.letter() + " " + event + " " + key);
        }
    }

    @Override
    public boolean postpones(Session client, Command command) {
        return false;
    }

    @Override
    public long wallMillis() {
        return now;
    }

    @Override
    public long nanos() {
        return 0;
    }
}
