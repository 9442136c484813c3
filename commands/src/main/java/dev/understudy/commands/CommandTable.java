// SPDX-License-Identifier: Apache-2.0
package dev.understudy.commands;

import dev.understudy.wire.Bytes;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The command table of one server: filled at start by the families of commands and by the server, looked up without allocation. */
public final class CommandTable {
    private final Map<String, Command> byName = new LinkedHashMap<>();
    private @Nullable Command[] slots = new Command[512];
    private int mask = slots.length - 1;

    /** Adds a row; the name must be new. Returns the row for the fluent calls. */
    public Command add(String name, Handler handler) {
        Command command = new Command(name, handler);
        if (byName.putIfAbsent(name, command) != null) {
            throw new IllegalStateException("command twice: " + name);
        }
        if (byName.size() * 2 > slots.length) {
            grow();
        }
        place(command);
        return command;
    }

    private void grow() {
        slots = new Command[slots.length * 2];
        mask = slots.length - 1;
        for (Command command : byName.values()) {
            place(command);
        }
    }

    private void place(Command command) {
        int slot = hash(Bytes.of(command.name())) & mask;
        while (slots[slot] != null && slots[slot] != command) {
            slot = slot + 1 & mask;
        }
        slots[slot] = command;
    }

    /** The command of that name in any case, null if there is none. */
    public @Nullable Command find(Bytes name) {
        for (int slot = hash(name) & mask; ; slot = slot + 1 & mask) {
            Command command = slots[slot];
            if (command == null || name.is(command.name())) {
                return command;
            }
        }
    }

    public @Nullable Command find(String name) {
        return byName.get(name.toLowerCase(Locale.ROOT));
    }

    /** All rows in the order in which they were added. */
    public Collection<Command> all() {
        return byName.values();
    }

    /** Sets the counters of all commands to zero. */
    public void resetStatistics() {
        for (Command command : byName.values()) {
            command.statistics.reset();
            command.subcommands().values().forEach(sub -> sub.statistics.reset());
        }
    }

    private static int hash(Bytes name) {
        int hash = 7;
        for (int i = 0; i < name.length; i++) {
            hash = hash * 31 + (name.at(i) | 0x20);
        }
        return hash ^ hash >>> 15;
    }
}
