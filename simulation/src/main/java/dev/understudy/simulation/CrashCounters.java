// SPDX-License-Identifier: Apache-2.0
package dev.understudy.simulation;

import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/** Crash points that were met: at which operation, what happened there, under which policy. */
final class CrashCounters {
    private final Map<String, EnumMap<CrashPlan.Kind, TreeMap<String, Long>>> points = new TreeMap<>();
    private final EnumMap<Sabotage.Place, Long> struck = new EnumMap<>(Sabotage.Place.class);
    /** Stands for all that has happened in one run. */
    long traceHash;

    long seeds;
    long lives;
    long writes;
    long units;
    long partialSyncs;
    long fullSyncs;
    long refusals;
    long rewrites;
    long failedOperations;

    /** A fault has struck inside of the process. */
    void struck(Sabotage.Place place) {
        struck.merge(place, 1L, Long::sum);
    }

    long struckAt(Sabotage.Place place) {
        return struck.getOrDefault(place, 0L);
    }

    void count(CrashPlan.Point point, String policy) {
        String where = point.operation() == null
                ? "between operations"
                : point.place().word() + ": " + point.operation().word();
        points.computeIfAbsent(where, _ -> new EnumMap<>(CrashPlan.Kind.class))
                .computeIfAbsent(point.kind(), _ -> new TreeMap<>())
                .merge(policy, 1L, Long::sum);
    }

    void add(CrashCounters other) {
        other.points.forEach((where, kinds) -> kinds.forEach((kind, policies) -> policies.forEach(
                (policy, count) -> points.computeIfAbsent(where, _ -> new EnumMap<>(CrashPlan.Kind.class))
                        .computeIfAbsent(kind, _ -> new TreeMap<>())
                        .merge(policy, count, Long::sum))));
        other.struck.forEach((place, count) -> struck.merge(place, count, Long::sum));
        seeds += other.seeds;
        lives += other.lives;
        writes += other.writes;
        units += other.units;
        partialSyncs += other.partialSyncs;
        fullSyncs += other.fullSyncs;
        refusals += other.refusals;
        rewrites += other.rewrites;
        failedOperations += other.failedOperations;
    }

    /** Points met of a kind, at operations whose description begins so. */
    long of(CrashPlan.Kind kind, String where) {
        long sum = 0;
        for (Map.Entry<String, EnumMap<CrashPlan.Kind, TreeMap<String, Long>>> entry : points.entrySet()) {
            if (entry.getKey().startsWith(where)) {
                TreeMap<String, Long> policies = entry.getValue().getOrDefault(kind, new TreeMap<>());
                sum += policies.values().stream().mapToLong(Long::longValue).sum();
            }
        }
        return sum;
    }

    /** A table, for people. */
    String text(double wallSeconds) {
        StringBuilder out = new StringBuilder();
        long all = 0;
        for (Map.Entry<String, EnumMap<CrashPlan.Kind, TreeMap<String, Long>>> entry : points.entrySet()) {
            out.append(String.format(Locale.ROOT, "  %-28s", entry.getKey()));
            String between = "";
            for (Map.Entry<CrashPlan.Kind, TreeMap<String, Long>> kind :
                    entry.getValue().entrySet()) {
                long sum = kind.getValue().values().stream()
                        .mapToLong(Long::longValue)
                        .sum();
                all += sum;
                out.append(between).append(kind.getKey().word()).append(' ').append(sum);
                String policies = kind.getValue().toString();
                out.append(" (")
                        .append(policies.substring(1, policies.length() - 1).replace('=', ' '))
                        .append(')');
                between = "; ";
            }
            out.append('\n');
        }
        String head = String.format(
                Locale.ROOT,
                "seeds %d, crash points %d, lives %d, writes acknowledged %d, found again after ends %d, rewrites %d,"
                        + " partial resyncs %d, full resyncs %d, operations that failed %d, refusals to start on a failing"
                        + " disk %d, wall seconds %.1f%n",
                seeds,
                all,
                lives,
                writes,
                units,
                rewrites,
                partialSyncs,
                fullSyncs,
                failedOperations,
                refusals,
                wallSeconds);
        out.append("  faults inside of processes:");
        String between = " ";
        for (Sabotage.Place place : Sabotage.Place.values()) {
            out.append(between).append(place.word()).append(' ').append(struckAt(place));
            between = ", ";
        }
        return head + out + '\n';
    }
}
