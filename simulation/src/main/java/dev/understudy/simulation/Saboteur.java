// SPDX-License-Identifier: Apache-2.0
package dev.understudy.simulation;

import dev.understudy.commands.Blocking;
import dev.understudy.commands.Command;
import dev.understudy.commands.CommandTable;
import dev.understudy.commands.Effects;
import dev.understudy.commands.Engine;
import dev.understudy.commands.Handler;
import dev.understudy.commands.Listener;
import dev.understudy.commands.NotifyClass;
import dev.understudy.commands.Session;
import dev.understudy.replication.StreamMemory;
import dev.understudy.store.Db;
import dev.understudy.wire.Bytes;
import java.lang.foreign.MemorySegment;
import java.lang.reflect.Field;

/**
 * Puts {@link Sabotage} where the server has no door for it, and needs none: round the handlers of all commands, round what a unit's effects are handed
 * to, and round the memory of the stream.
 */
final class Saboteur {
    private Saboteur() {}

    static void enter(Engine engine, CommandTable table, Sabotage sabotage, Planting planting) {
        for (Command command : table.all()) {
            around(command, sabotage, planting);
            command.subcommands().values().forEach(sub -> around(sub, sabotage, planting));
        }
        Object units = get(engine, "units");
        set(units, "listener", new Propagating((Listener) get(units, "listener"), sabotage, planting));
    }

    private static void around(Command command, Sabotage sabotage, Planting planting) {
        Handler handler = command.handler();
        boolean refusable = command.is(Command.Flag.WRITE) || command.changesNothing();
        Sabotage.Outcome early = refusable ? Sabotage.Outcome.REFUSED : Sabotage.Outcome.FATAL;
        Handler sabotaged = call -> {
            sabotage.inTransaction(call.isNested());
            if (!call.session().isMaster()) {
                sabotage.reach(Sabotage.Place.HANDLER, early, command.name());
            }
            handler.run(call);
            if (planting.swallows(call)) {
                return;
            }
            Sabotage.Outcome late = call.changes() > 0 ? Sabotage.Outcome.FATAL : Sabotage.Outcome.EITHER;
            sabotage.reach(Sabotage.Place.LATE_HANDLER, late, command.name());
            sabotage.inTransaction(false);
        };
        set(command, "handler", sabotaged);
    }

    private static Object get(Object owner, String name) {
        try {
            return field(owner, name).get(owner);
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException(name + " is elsewhere by now", e);
        }
    }

    private static void set(Object owner, String name, Object value) {
        try {
            field(owner, name).set(owner, value);
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException(name + " is elsewhere by now", e);
        }
    }

    private static Field field(Object owner, String name) throws NoSuchFieldException {
        Field field = owner.getClass().getDeclaredField(name);
        field.setAccessible(true);
        return field;
    }

    /** Hands on what the engine tells, unless a fault strikes. */
    private record Propagating(Listener server, Sabotage sabotage, Planting planting) implements Listener {
        @Override
        public void propagate(Effects effects, boolean wrapped) {
            if (planting.ends(server)) {
                return;
            }
            sabotage.reach(Sabotage.Place.PROPAGATION, Sabotage.Outcome.FATAL, "propagation");
            server.propagate(effects, wrapped);
            sabotage.reach(Sabotage.Place.LATE_PROPAGATION, Sabotage.Outcome.FATAL, "propagation");
        }

        @Override
        public void touched(Db db, Bytes key) {
            server.touched(db, key);
        }

        @Override
        public void replaced(int database) {
            server.replaced(database);
        }

        @Override
        public boolean block(Session session, Blocking waiting) {
            return server.block(session, waiting);
        }

        @Override
        public void notify(NotifyClass notifyClass, String event, Db db, Bytes key) {
            server.notify(notifyClass, event, db, key);
        }

        @Override
        public void executed(Session session, Command command, Bytes[] words, int count, long nanos) {
            server.executed(session, command, words, count, nanos);
        }

        @Override
        public void refused(Command command, Throwable fault) {
            server.refused(command, fault);
        }

        @Override
        public void refusedPayload(String reason) {
            server.refusedPayload(reason);
        }

        @Override
        public boolean postpones(Session session, Command command) {
            return server.postpones(session, command);
        }

        @Override
        public boolean awaitsLoad(Session session) {
            return server.awaitsLoad(session);
        }
    }

    /** The stream's memory, which may be exhausted. */
    record Streaming(StreamMemory memory, Sabotage sabotage) implements StreamMemory {
        @Override
        public MemorySegment take(int bytes) {
            sabotage.reach(Sabotage.Place.STREAM_MEMORY, Sabotage.Outcome.FATAL, "the stream's memory");
            return memory.take(bytes);
        }

        @Override
        public void give(MemorySegment piece) {
            memory.give(piece);
        }

        @Override
        public void shrink() {
            memory.shrink();
        }

        @Override
        public long reservedBytes() {
            return memory.reservedBytes();
        }

        @Override
        public void close() {
            memory.close();
        }
    }
}
