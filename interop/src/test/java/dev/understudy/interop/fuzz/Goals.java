// SPDX-License-Identifier: Apache-2.0
package dev.understudy.interop.fuzz;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/** How often each command and each option was sent undamaged. */
final class Goals {
    private final Map<String, Long> counts = new TreeMap<>();
    private final Set<String> excused = new TreeSet<>();
    private long commands;

    void add(Step step) {
        commands += Math.max(1, step.more().size());
        step.goals().forEach(goal -> counts.merge(goal, 1L, Long::sum));
    }

    /** Goals that steps would have reached which this server must not get. */
    void excuse(Set<String> goals) {
        excused.addAll(goals);
    }

    long commands() {
        return commands;
    }

    /** Those of {@code wanted} that were not reached. */
    Set<String> missing(Set<String> wanted) {
        Set<String> missing = new TreeSet<>(wanted);
        missing.removeAll(counts.keySet());
        missing.removeAll(excused);
        return missing;
    }

    /** A line for each command: how often it was sent, and how often with which option. */
    String report() {
        List<String> lines = new ArrayList<>();
        StringBuilder line = new StringBuilder();
        for (Map.Entry<String, Long> entry : counts.entrySet()) {
            int blank = entry.getKey().indexOf(' ');
            if (blank < 0) {
                lines.add(line.toString());
                line = new StringBuilder(entry.getKey()).append(' ').append(entry.getValue());
            } else {
                line.append(", ")
                        .append(entry.getKey().substring(blank + 1))
                        .append(' ')
                        .append(entry.getValue());
            }
        }
        lines.add(line.toString());
        return String.join("\n", lines.subList(1, lines.size()));
    }
}
