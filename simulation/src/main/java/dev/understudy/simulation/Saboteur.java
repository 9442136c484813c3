// SPDX-License-Identifier: Apache-2.0
package dev.understudy.simulation;

import dev.understudy.commands.Command;
import dev.understudy.commands.CommandTable;
import dev.understudy.commands.Engine;
import dev.understudy.commands.Handler;
import dev.understudy.commands.Listener;
import dev.understudy.replication.StreamMemory;
import java.lang.foreign.MemorySegment;
import java.lang.reflect.Field;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;

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
        set(units, "listener", listener((Listener) get(units, "listener"), sabotage, planting));
    }

    private static void around(Command command, Sabotage sabotage, Planting planting) {
        Handler handler = command.handler();
        boolean refusable = command.is(Command.Flag.WRITE) || command.changesNothing();
        Sabotage.Outcome early = refusable ? Sabotage.Outcome.REFUSED : Sabotage.Outcome.FATAL;
        Handler sabotaged = call -> {
            if (!(call.execution() instanceof Engine)) {
                // A probe of the words of a queued command: the execution that follows is the one that counts.
                handler.run(call);
                return;
            }
            sabotage.inTransaction(call.isNested());
            sabotage.reach(Sabotage.Place.HANDLER, early, command.name());
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
    private static Listener listener(Listener server, Sabotage sabotage, Planting planting) {
        InvocationHandler handler = (_, method, arguments) -> {
            boolean propagates = method.getName().equals("propagate");
            if (propagates && planting.ends(server)) {
                return null;
            }
            if (propagates) {
                sabotage.reach(Sabotage.Place.PROPAGATION, Sabotage.Outcome.FATAL, "propagation");
            }
            Object result;
            try {
                result = method.invoke(server, arguments);
            } catch (InvocationTargetException thrown) {
                throw thrown.getCause();
            }
            if (propagates) {
                sabotage.reach(Sabotage.Place.LATE_PROPAGATION, Sabotage.Outcome.FATAL, "propagation");
            }
            return result;
        };
        return (Listener)
                Proxy.newProxyInstance(Listener.class.getClassLoader(), new Class<?>[] {Listener.class}, handler);
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
