// SPDX-License-Identifier: Apache-2.0
package dev.understudy.server.aof;

import dev.understudy.commands.Call;
import dev.understudy.commands.Command;
import dev.understudy.commands.CommandFailure;
import dev.understudy.commands.CommandTable;
import dev.understudy.commands.Effects;
import dev.understudy.commands.Engine;
import dev.understudy.commands.Listener;
import dev.understudy.commands.NotifyClass;
import dev.understudy.commands.QuietConditions;
import dev.understudy.commands.Session;
import dev.understudy.server.Families;
import dev.understudy.server.Server;
import dev.understudy.server.settings.Settings;
import dev.understudy.store.Clock;
import dev.understudy.store.DataSet;
import dev.understudy.store.Db;
import dev.understudy.wire.Bytes;
import dev.understudy.wire.Reply;
import dev.understudy.wire.ReplyChunks;
import dev.understudy.wire.RespWriter;
import org.jspecify.annotations.Nullable;

/**
 * Executes the commands of an append only file on a data set of its own (the fake client of aof.c): nothing is refused, expires, waits, is replied to,
 * propagated or counted as work of the server. It has its own command table, since counters and scratch memory of the server's belong to the loop.
 * Made on the loop; then confined to the thread that loads.
 */
final class AofLoadEngine {
    private static final String LFU = "-lfu";

    private final Server server;
    private final Now now;
    private final Engine engine;
    /** Whether errors are logged and passed over, as Redis does. */
    private final boolean passesOver;

    private Client client = new Client();
    private long errors;
    private @Nullable String fatal;

    /** @param data empty or with what the base held; ours until {@link #data} is taken or closed */
    AofLoadEngine(Server server, DataSet data) {
        this.server = server;
        this.now = new Now(server.ports().clock());
        var behavior = server.settings().propagationErrorBehavior;
        this.passesOver = behavior.isGiven() && !behavior.is("panic");
        this.engine = new Engine(table(server), data, new Loading(server), new Nobody(), now);
        engine.replacing(new Engine.Replacement() {
            @Override
            public DataSet emptyLike(DataSet old) {
                return server.newDataSet();
            }

            @Override
            public void retire(DataSet old, boolean lazy) {
                old.close();
            }
        });
    }

    /**
     * The commands of data, under the names that rename-command gave them. What else the server knows (PING, PUBLISH ...) has no business in such a
     * file, and does nothing to the data: it is passed over. What would do something (MIGRATE) fails.
     */
    private static CommandTable table(Server server) {
        CommandTable table = new CommandTable();
        Families.registerData(table, server.ports().trigonometry());
        for (Command command : server.table().all()) {
            if (table.find(command.name()) == null) {
                table.add(command.name(), command.is(Command.Flag.WRITE) ? AofLoadEngine::fail : _ -> {})
                        .arity(-1);
            }
        }
        for (Settings.Renaming renaming : server.settings().renamings()) {
            table.rename(renaming.from(), renaming.to());
        }
        return table;
    }

    private static void fail(Call call) {
        throw CommandFailure.err("a command that cannot stand in an append only file");
    }

    /** The data set as it is now: FLUSHALL puts another one in its place. */
    DataSet data() {
        return engine.data();
    }

    /** Changes so far (server.dirty). */
    long changes() {
        return engine.statistics().dirty;
    }

    /** Commands that replied with an error so far. */
    long errors() {
        return errors;
    }

    /** Each file begins in database 0, outside of a transaction. */
    void beginFile() {
        engine.forget(client);
        client = new Client();
    }

    /** Time goes on; commands between two calls are executed at the same moment. */
    void refreshClock() {
        now.refresh();
    }

    /** Executes or queues one command; returns why the file cannot be loaded, or null. */
    @Nullable
    String execute(Bytes[] words, int count, String file) {
        Command command = engine.lookUp(words, count);
        if (command == null) {
            return "Unknown command '" + words[0] + "' reading the append only file " + file;
        }
        if (!command.arityAllows(count)) {
            return "Wrong number of arguments for '" + command.name() + "' reading the append only file " + file;
        }
        engine.replay(client, command, words, count);
        return fatal == null ? null : fatal + " reading the append only file " + file;
    }

    /** Who executes: passes as a master's link does, and gets no replies. */
    private final class Client extends Session {
        private final RespWriter reply = new RespWriter(new ReplyChunks(0));

        Client() {
            authenticated(true);
            reply.suppressed(true);
        }

        @Override
        public Reply reply() {
            return reply;
        }

        @Override
        public boolean isMaster() {
            return true;
        }

        @Override
        protected boolean isStopped() {
            return fatal != null;
        }

        /**
         * What was written had worked, so data and file do not fit. Redis passes that over (afterErrorReply), and the next rewrite makes the loss
         * final.
         */
        @Override
        protected void failed(String error, @Nullable Command command) {
            String name = command == null ? "<unknown>" : command.name();
            errors++;
            server.log()
                    .warning("== CRITICAL == This server is sending an error to its AOF-loading-client: '" + error
                            + "' after processing the command '" + name + "'");
            if (!passesOver && fatal == null) {
                fatal = "Command '" + name + "' failed with '" + error + "'";
            }
        }
    }

    /** Everything passes, and nothing expires. */
    private static final class Loading extends QuietConditions {
        private final Server server;
        private final boolean tracksFrequency;
        private final int frequencyLogFactor;
        private final int frequencyDecayMinutes;

        Loading(Server server) {
            Settings settings = server.settings();
            this.server = server;
            tracksFrequency = settings.maxmemoryPolicy.value().endsWith(LFU);
            frequencyLogFactor = (int) settings.lfuLogFactor.value();
            frequencyDecayMinutes = (int) settings.lfuDecayTime.value();
        }

        @Override
        public boolean isLoading() {
            return true;
        }

        @Override
        public boolean tracksFrequency() {
            return tracksFrequency;
        }

        @Override
        public int frequencyLogFactor() {
            return frequencyLogFactor;
        }

        @Override
        public int frequencyDecayMinutes() {
            return frequencyDecayMinutes;
        }

        @Override
        public boolean skipsChecksums() {
            return server.state().skipsChecksums();
        }
    }

    /** Nobody propagates, notifies or waits. */
    private static final class Nobody implements Listener {
        @Override
        public void propagate(Effects effects, boolean wrapped) {}

        @Override
        public void touched(Db db, Bytes key) {}

        @Override
        public void notify(NotifyClass notifyClass, String event, Db db, Bytes key) {}

        @Override
        public boolean postpones(Session session, Command command) {
            return false;
        }
    }

    /** The wall clock, read once for many commands; durations of single commands are not measured. */
    private static final class Now implements Clock {
        private final Clock clock;
        private long wallMillis;

        Now(Clock clock) {
            this.clock = clock;
            refresh();
        }

        void refresh() {
            wallMillis = clock.wallMillis();
        }

        @Override
        public long wallMillis() {
            return wallMillis;
        }

        @Override
        public long nanos() {
            return 0;
        }
    }
}
