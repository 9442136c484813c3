// SPDX-License-Identifier: Apache-2.0
package dev.understudy.app.demo;

import dev.understudy.server.ServerLog;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Locale;

/** What happened last, in a few lines: our own doings and what the servers log about replication. From any thread. */
final class Events {
    private static final List<String> WORTHY = List.of(
            "synchronization", "resynchronization", "Partial", "Full resync", "Connection with", "MASTER <->", "Link");

    private final int linesMax;
    private final long beginNanos;
    private final ArrayDeque<String> lines = new ArrayDeque<>();

    Events(int linesMax, long beginNanos) {
        this.linesMax = linesMax;
        this.beginNanos = beginNanos;
    }

    synchronized void add(String who, String what) {
        double seconds = (System.nanoTime() - beginNanos) / 1e9;
        if (lines.size() == linesMax) {
            lines.removeFirst();
        }
        lines.addLast(String.format(Locale.ROOT, "%6.1f s  %-8s %s", seconds, who, what));
    }

    synchronized List<String> lines() {
        return List.copyOf(lines);
    }

    /** A log that keeps what it says about replication, and every warning. */
    ServerLog log(String who) {
        return new ServerLog() {
            @Override
            public void log(Level level, String message) {
                if (isEnabled(level)
                        && (level == Level.WARNING || WORTHY.stream().anyMatch(message::contains))) {
                    add(who, message);
                }
            }

            @Override
            public boolean isEnabled(Level level) {
                return level.compareTo(Level.NOTICE) >= 0;
            }

            @Override
            public void role(char letter) {
                // The column of the name says more.
            }
        };
    }
}
