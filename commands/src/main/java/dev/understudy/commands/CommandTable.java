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
    /** Unknown commands are quoted back up to this many bytes. */
    private static final int QUOTED_MAX = 128;

    private final Map<String, Command> byName = new LinkedHashMap<>();
    /** A name and its command; names differ from {@link Command#name()} when renamed. */
    private record Slot(String name, Command command) {}

    private @Nullable Slot[] slots = new Slot[512];
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
        place(name, command);
        return command;
    }

    private void grow() {
        slots = new Slot[slots.length * 2];
        mask = slots.length - 1;
        byName.forEach(this::place);
    }

    private void place(String name, Command command) {
        int slot = hash(Bytes.of(name)) & mask;
        Slot present;
        while ((present = slots[slot]) != null && !present.name().equals(name)) {
            slot = slot + 1 & mask;
        }
        slots[slot] = new Slot(name, command);
    }

    /**
     * Lets a command be found under another name only (rename-command).
     *
     * @param to the new name, empty to make the command unknown
     * @return false if there is no such command, or the new name is taken
     */
    public boolean rename(String from, String to) {
        String key = to.toLowerCase(Locale.ROOT);
        Command command = byName.get(from.toLowerCase(Locale.ROOT));
        if (command == null || byName.containsKey(key) && !from.equalsIgnoreCase(to)) {
            return false;
        }
        byName.remove(from.toLowerCase(Locale.ROOT));
        if (!key.isEmpty()) {
            byName.put(key, command);
        }
        slots = new Slot[slots.length];
        byName.forEach(this::place);
        return true;
    }

    /** The command of that name in any case, null if there is none. */
    public @Nullable Command find(Bytes name) {
        for (int slot = hash(name) & mask; ; slot = slot + 1 & mask) {
            Slot found = slots[slot];
            if (found == null) {
                return null;
            }
            if (name.is(found.name())) {
                return found.command();
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

    /** The error for a request of which no row is in the table. */
    String unknown(Bytes[] words, int count) {
        Command parent = find(words[0]);
        if (parent != null && count > 1) {
            return "ERR unknown subcommand '" + quote(words[1], QUOTED_MAX) + "'. Try "
                    + parent.name().toUpperCase(Locale.ROOT) + " HELP.";
        }
        StringBuilder args = new StringBuilder();
        for (int i = 1; i < count && args.length() < QUOTED_MAX; i++) {
            String word = quote(words[i], QUOTED_MAX - args.length());
            args.append('\'').append(word).append("' ");
        }
        return "ERR unknown command '" + quote(words[0], QUOTED_MAX) + "', with args beginning with: " + args;
    }

    private static String quote(Bytes word, int max) {
        return new Bytes(word.array, word.offset, Math.min(word.length, max)).printed();
    }
}
