// SPDX-License-Identifier: Apache-2.0
package dev.understudy.simulation;

import java.util.Locale;

/** What has happened in one run, or in several together. */
final class Counters {
    private final long[] faults = new long[Fault.values().length];
    long seeds;
    long fullSyncs;
    long partialSyncs;
    long commands;
    long keys;
    long bytes;
    long comparedBytes;
    long comparisons;
    long events;
    long virtualNanos;

    void count(Fault fault) {
        faults[fault.ordinal()]++;
    }

    long of(Fault fault) {
        return faults[fault.ordinal()];
    }

    void add(Counters other) {
        for (int i = 0; i < faults.length; i++) {
            faults[i] += other.faults[i];
        }
        seeds += other.seeds;
        fullSyncs += other.fullSyncs;
        partialSyncs += other.partialSyncs;
        commands += other.commands;
        keys += other.keys;
        bytes += other.bytes;
        comparedBytes += other.comparedBytes;
        comparisons += other.comparisons;
        events += other.events;
        virtualNanos += other.virtualNanos;
    }

    /** One line, for people and scripts. */
    String text(double wallSeconds) {
        StringBuilder out = new StringBuilder();
        out.append("seeds ").append(seeds);
        for (Fault fault : Fault.values()) {
            out.append(", ").append(fault.plural()).append(' ').append(of(fault));
        }
        out.append(", full resyncs ")
                .append(fullSyncs)
                .append(", partial resyncs ")
                .append(partialSyncs);
        out.append(", replies ").append(commands).append(", keys at the end ").append(keys);
        out.append(", bytes ").append(bytes).append(", stream bytes compared ").append(comparedBytes);
        out.append(", data sets compared ")
                .append(comparisons)
                .append(", events ")
                .append(events);
        out.append(String.format(
                Locale.ROOT, ", virtual seconds %.0f, wall seconds %.1f", virtualNanos / 1e9, wallSeconds));
        return out.toString();
    }
}
