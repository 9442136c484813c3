// SPDX-License-Identifier: Apache-2.0
package dev.understudy.simulation;

import dev.understudy.server.ServerLog;
import java.util.ArrayDeque;
import java.util.List;

/** One node's log: part of the trace; some lines mean that something is broken. */
final class SimLog implements ServerLog {
    private static final int KEPT_MAX = 60;
    private static final List<String> NEVER = List.of(
            "== CRITICAL ==", "Bug: ", "AssertionError", "Protocol error", "Wrong signature", "Fatal error",
            "Internal error in RDB", "I can't understand");

    private final Scheduler scheduler;
    private final String name;
    private final ArrayDeque<String> lines = new ArrayDeque<>();
    private char role = 'M';
    private String broken = "";

    SimLog(Scheduler scheduler, String name) {
        this.scheduler = scheduler;
        this.name = name;
    }

    @Override
    public void log(Level level, String message) {
        String line = role + " " + level.mark() + " " + message;
        scheduler.note(name, line);
        if (lines.size() == KEPT_MAX) {
            lines.remove();
        }
        lines.add(String.format(java.util.Locale.ROOT, "%.6f %s %s", scheduler.nowNanos() / 1e9, name, line));
        for (String never : NEVER) {
            if (message.contains(never) && broken.isEmpty()) {
                broken = name + " logged: " + message;
            }
        }
    }

    @Override
    public boolean isEnabled(Level level) {
        return true;
    }

    @Override
    public void role(char letter) {
        role = letter;
    }

    /** The first line that should not be there, empty if all is well. */
    String broken() {
        return broken;
    }

    /** The last lines, oldest first. */
    String tail() {
        return String.join("\n", lines);
    }
}
