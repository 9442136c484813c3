// SPDX-License-Identifier: Apache-2.0
package dev.understudy.commands;

import dev.understudy.commands.Command.Flag;
import dev.understudy.store.DataSet;
import dev.understudy.store.Db;
import dev.understudy.store.Value;
import dev.understudy.wire.Bytes;
import dev.understudy.wire.Numbers;
import org.jspecify.annotations.Nullable;

/**
 * Tells a command that can be executed on no data from one that fails on ours: its handler is run up to the point where it would look at the data
 * set. Handlers read their words first, as Redis does, but for a few that look at keys among them (ZUNIONSTORE before its WEIGHTS): of
 * these only the words before that are judged.
 *
 * <p>Our master's commands are judged so. What a handler does before it looks at the data may be done twice, and so must leave no trace.
 */
public final class Probe {
    private final Engine engine;
    private final Call call;

    public Probe(Engine engine) {
        this.engine = engine;
        this.call = new Call(new Blind(engine));
    }

    /** The error that the words alone deserve, whatever the data are; null if there is none. The session's replies have to be suppressed. */
    public @Nullable String refusal(Session session, Bytes[] words, int count) {
        Command command = engine.lookUp(words, count);
        if (command == null) {
            return engine.table().unknown(words, count);
        }
        if (!command.arityAllows(count)) {
            return command.wrongArity();
        }
        if (command.name().equals("select")) {
            return selects(words[1]) ? null : DatabaseCommands.OUT_OF_RANGE.reply();
        }
        if (!command.is(Flag.WRITE)) {
            return null;
        }
        call.begin(command, session, session.reply(), words, count);
        try {
            command.handler().run(call);
            return null;
        } catch (CommandFailure failure) {
            return failure.reply();
        } catch (Reached _) {
            return null;
        } catch (RuntimeException | Error _) {
            // The execution meets it again, and says what it means.
            return null;
        }
    }

    private boolean selects(Bytes index) {
        return Numbers.isLong(index)
                && Numbers.parseLong(index) >= 0
                && Numbers.parseLong(index) < engine.data().databases();
    }

    /** The handler is about to look at the data: its words are good. */
    private static final class Reached extends RuntimeException {
        private static final Reached NOW = new Reached();

        private Reached() {
            super("the data", null, false, false);
        }
    }

    /** The surroundings of a call that must not get at the data. */
    private record Blind(Engine engine) implements Execution {
        @Override
        public DataSet data() {
            throw Reached.NOW;
        }

        @Override
        public long nowMillis() {
            return engine.nowMillis();
        }

        @Override
        public int accessClock() {
            return engine.accessClock();
        }

        @Override
        public Value openForRead(Db db, Bytes key, boolean touching) {
            throw Reached.NOW;
        }

        @Override
        public Value openForWrite(Db db, Bytes key) {
            throw Reached.NOW;
        }

        @Override
        public boolean delete(Db db, Bytes key, boolean lazy) {
            throw Reached.NOW;
        }

        @Override
        public boolean expireIfNeeded(Db db, Bytes key) {
            throw Reached.NOW;
        }

        @Override
        public void expiring(Db db, Bytes key) {
            throw Reached.NOW;
        }

        @Override
        public void flush(Db db, boolean lazy) {
            throw Reached.NOW;
        }

        @Override
        public void swap(int first, int second) {
            throw Reached.NOW;
        }

        @Override
        public void flushAll(boolean lazy) {
            throw Reached.NOW;
        }

        @Override
        public void touched(Db db, Bytes key) {
            throw Reached.NOW;
        }

        @Override
        public void signal(Db db, Bytes key) {
            throw Reached.NOW;
        }

        @Override
        public boolean block(Session session, Blocking waiting) {
            throw Reached.NOW;
        }

        @Override
        public void notify(NotifyClass notifyClass, String event, Db db, Bytes key) {
            throw Reached.NOW;
        }

        @Override
        public Effects effects() {
            throw Reached.NOW;
        }

        @Override
        public Conditions conditions() {
            return engine.conditions();
        }

        @Override
        public boolean isNested() {
            return true;
        }

        @Override
        public boolean sanitizesPayloads() {
            return false;
        }

        @Override
        public void payloadSaid(String line, boolean mended) {}

        @Override
        public boolean fromMaster() {
            return true;
        }
    }
}
