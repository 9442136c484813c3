// SPDX-License-Identifier: Apache-2.0
package dev.understudy.simulation;

import dev.understudy.wire.CommandEncoder;
import java.util.List;

/**
 * What a server does whole or not at all: one command, or those of a transaction.
 *
 * @param number tells it apart
 * @param db in which it is executed
 */
record WriteUnit(int number, int db, List<String[]> commands, boolean transaction) {
    /** Appends it as requests; returns how many replies there will be. */
    int append(CommandEncoder out) {
        if (transaction) {
            out.command("MULTI");
        }
        commands.forEach(out::command);
        if (transaction) {
            out.command("EXEC");
        }
        return commands.size() + (transaction ? 2 : 0);
    }

    void apply(NaiveData data) {
        int selected = db;
        for (String[] command : commands) {
            selected = data.apply(selected, command);
        }
    }

    @Override
    public String toString() {
        StringBuilder out = new StringBuilder("#" + number + " in " + db + (transaction ? " MULTI" : ""));
        for (String[] command : commands) {
            String text = String.join(" ", command);
            out.append(" | ").append(text, 0, Math.min(60, text.length()));
        }
        return out.toString();
    }
}
