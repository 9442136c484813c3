// SPDX-License-Identifier: Apache-2.0
package dev.understudy.simulation;

import dev.understudy.replication.Messages;
import dev.understudy.server.ServerLog;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Locale;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;

/** One node's log: part of the trace; some lines mean that something is broken. */
final class SimLog implements ServerLog {
    private static final int KEPT_MAX = 60;
    private static final List<String> NEVER = List.of(
            "== CRITICAL ==",
            "Fault, ",
            "Fatal fault",
            "AssertionError",
            "Protocol error",
            "protocol from master",
            "I can't understand");
    /** Only disks that fail are an excuse. */
    private static final List<String> NEVER_WITH_GOOD_DISKS = List.of(
            "Fatal error", "Internal error in RDB", "Wrong signature", "Bad file format", "Unexpected end of file");

    private final Scheduler scheduler;
    private final String name;
    private final ArrayDeque<Line> lines = new ArrayDeque<>();
    private char role = 'M';
    private final BooleanSupplier diskHasFailed;
    private Consumer<String> listener = _ -> {};
    private String broken = "";
    private long fullSyncs;
    private long partialSyncs;

    private record Line(long nanos, String text) {}

    SimLog(Scheduler scheduler, String name, BooleanSupplier diskHasFailed) {
        this.scheduler = scheduler;
        this.name = name;
        this.diskHasFailed = diskHasFailed;
    }

    @Override
    public void log(Level level, String message) {
        String line = role + " " + level.mark() + " " + message;
        // Stack traces and figures of the heap are others each time.
        int more = line.indexOf('\n');
        scheduler.note(name, more < 0 ? line : line.substring(0, more));
        if (lines.size() == KEPT_MAX) {
            lines.remove();
        }
        lines.add(new Line(scheduler.nowNanos(), line));
        if (message.equals(Messages.FINISHED.text())) {
            fullSyncs++;
        } else if (message.equals(Messages.PARTIAL_GRANTED.text())) {
            partialSyncs++;
        }
        listener.accept(message);
        check(NEVER, message);
        if (!diskHasFailed.getAsBoolean()) {
            check(NEVER_WITH_GOOD_DISKS, message);
        }
    }

    /** Has {@code newListener} hear every message at the moment at which it is logged. */
    void listener(Consumer<String> newListener) {
        listener = newListener;
    }

    private void check(List<String> never, String message) {
        if (message.contains(Sabotage.MARK)) {
            return;
        }
        for (String part : never) {
            if (message.contains(part) && broken.isEmpty()) {
                broken = name + " logged: " + message;
            }
        }
    }

    /** Full syncs that the node has finished as a replica. */
    long fullSyncs() {
        return fullSyncs;
    }

    /** Partial syncs that the node was granted as a replica. */
    long partialSyncs() {
        return partialSyncs;
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
        StringBuilder out = new StringBuilder();
        for (Line line : lines) {
            out.append(String.format(Locale.ROOT, "%.6f %s %s%n", line.nanos() / 1e9, name, line.text()));
        }
        return out.toString();
    }
}
