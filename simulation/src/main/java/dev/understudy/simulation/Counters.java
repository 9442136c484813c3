// SPDX-License-Identifier: Apache-2.0
package dev.understudy.simulation;

import java.util.Locale;

/** What has happened in one run, or in several together. */
final class Counters {
    private final long[] faults = new long[Fault.values().length];
    final long[] reasons = new long[Oracle.Reason.values().length];
    long seeds;
    long fullSyncs;
    long partialSyncs;
    long commands;
    long confirmed;
    long confirmedLost;
    long keys;
    long bytes;
    long comparedBytes;
    long comparisons;
    long events;
    long virtualNanos;
    /** Bytes that slow replicas left in files at one moment, the most of each run. */
    long spilledBytes;
    /** Writes that were answered, and then looked for in their master's stream. */
    long answered;
    /** Faults inside of processes that were refused. */
    long refused;
    /** Faults inside of processes that have ended them. */
    long fatal;

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
        for (int i = 0; i < reasons.length; i++) {
            reasons[i] += other.reasons[i];
        }
        seeds += other.seeds;
        fullSyncs += other.fullSyncs;
        partialSyncs += other.partialSyncs;
        commands += other.commands;
        confirmed += other.confirmed;
        confirmedLost += other.confirmedLost;
        keys += other.keys;
        bytes += other.bytes;
        comparedBytes += other.comparedBytes;
        comparisons += other.comparisons;
        events += other.events;
        virtualNanos += other.virtualNanos;
        spilledBytes += other.spilledBytes;
        answered += other.answered;
        refused += other.refused;
        fatal += other.fatal;
    }

    /** One line, for people and scripts. */
    String text(double wallSeconds) {
        StringBuilder out = new StringBuilder();
        out.append("seeds ").append(seeds);
        for (Fault fault : Fault.values()) {
            out.append(", ").append(fault.plural()).append(' ').append(of(fault));
        }
        out.append(", of the faults inside of processes refused ")
                .append(refused)
                .append(" and fatal ")
                .append(fatal);
        out.append(", full resyncs ")
                .append(fullSyncs)
                .append(", partial resyncs ")
                .append(partialSyncs);
        for (Oracle.Reason reason : Oracle.Reason.values()) {
            out.append(reason.ordinal() == 0 ? " (asked for fully " : ", ");
            String word = reason.name().toLowerCase(Locale.ROOT).replace('_', ' ');
            out.append(reason.ordinal() == 0 ? "" : word + " ").append(reasons[reason.ordinal()]);
        }
        out.append("), replies ").append(commands).append(", keys at the end ").append(keys);
        out.append(", writes answered and found in the stream ").append(answered);
        out.append(", writes confirmed ")
                .append(confirmed)
                .append(" of which promotions lost ")
                .append(confirmedLost);
        out.append(", bytes ").append(bytes).append(", stream bytes compared ").append(comparedBytes);
        out.append(", bytes spilled ").append(spilledBytes);
        out.append(", data sets compared ")
                .append(comparisons)
                .append(", events ")
                .append(events);
        out.append(String.format(
                Locale.ROOT, ", virtual seconds %.0f, wall seconds %.1f", virtualNanos / 1e9, wallSeconds));
        return out.toString();
    }
}
