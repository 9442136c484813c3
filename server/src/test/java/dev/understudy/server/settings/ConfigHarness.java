// SPDX-License-Identifier: Apache-2.0
package dev.understudy.server.settings;

import dev.understudy.commands.Command;
import dev.understudy.commands.CommandTable;
import dev.understudy.commands.Effects;
import dev.understudy.commands.Engine;
import dev.understudy.commands.Listener;
import dev.understudy.commands.NotifyClass;
import dev.understudy.commands.QuietConditions;
import dev.understudy.commands.Session;
import dev.understudy.store.Clock;
import dev.understudy.store.DataSet;
import dev.understudy.store.Db;
import dev.understudy.store.memory.Memory;
import dev.understudy.wire.Bytes;
import dev.understudy.wire.Reply;
import dev.understudy.wire.ReplyChunks;
import dev.understudy.wire.RespWriter;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/** CONFIG on an engine without a server. */
final class ConfigHarness implements AutoCloseable, ConfigCommands.Host {
    final Settings settings;
    final ConfigCommands commands;
    final List<String> log = new ArrayList<>();
    boolean loading;
    boolean local = true;
    int resets;
    private final Memory memory = Memory.checking();
    private final Engine engine;
    private final Client client = new Client();

    ConfigHarness(Settings settings, ConfigFiles files) {
        this.settings = settings;
        CommandTable table = new CommandTable();
        commands = new ConfigCommands(settings, files, this);
        commands.register(table);
        DataSet data = new DataSet(memory, 1, settings.limits(), new SplittableRandom(1));
        engine = new Engine(table, data, new QuietConditions(), new Deaf(), new Standing());
    }

    /** Executes one command; the reply is as on the wire, with {@code |} for the ends of lines. */
    String run(String... words) {
        Bytes[] bytes = new Bytes[words.length];
        for (int i = 0; i < words.length; i++) {
            bytes[i] = Bytes.of(words[i].getBytes(StandardCharsets.UTF_8));
        }
        engine.execute(client, bytes, bytes.length);
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        client.writer.drainTo(out::write);
        return out.toString(StandardCharsets.UTF_8).replace("\r\n", "|");
    }

    /** The one value that CONFIG GET shows. */
    String get(String name) {
        String[] parts = run("CONFIG", "GET", name).split("\\|", -1);
        assert parts[0].equals("*2") : String.join("|", parts);
        return parts[4];
    }

    void protocol(int version) {
        client.writer.protocol(version);
    }

    @Override
    public void close() {
        engine.data().close();
        memory.close();
    }

    @Override
    public boolean isLoading() {
        return loading;
    }

    @Override
    public boolean isLocal(Session session) {
        return local;
    }

    @Override
    public void resetStatistics() {
        resets++;
    }

    @Override
    public void notice(String line) {
        log.add(line);
    }

    @Override
    public void warning(String line) {
        log.add("# " + line);
    }

    private static final class Client extends Session {
        private final RespWriter writer = new RespWriter(new ReplyChunks(4));

        private Client() {
            authenticated(true);
        }

        @Override
        public Reply reply() {
            return writer;
        }
    }

    private static final class Standing implements Clock {
        @Override
        public long wallMillis() {
            return 0;
        }

        @Override
        public long nanos() {
            return 0;
        }
    }

    private static final class Deaf implements Listener {
        @Override
        public void propagate(Effects effects, boolean wrapped) {
            throw new AssertionError("CONFIG is not propagated");
        }

        @Override
        public void touched(Db db, Bytes key) {}

        @Override
        public void notify(NotifyClass notifyClass, String event, Db db, Bytes key) {}

        @Override
        public boolean postpones(Session session, Command command) {
            return false;
        }
    }
}
