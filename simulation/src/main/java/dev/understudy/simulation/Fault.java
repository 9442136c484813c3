// SPDX-License-Identifier: Apache-2.0
package dev.understudy.simulation;

/** What the simulation does to the nodes, and counts. */
enum Fault {
    CUT(20),
    HALF_OPEN(6),
    STALL(10),
    PARTITION(6),
    SLOW_READER(6),
    FREEZE(4),
    CRASH(5),
    POWER_LOSS(4),
    SHUTDOWN(4),
    LOST_DUMP(0),
    RESTART(0),
    PROMOTION(5),
    REPARENTING(10),
    CLOCK_JUMP(3),
    DISK_FAULT(3),
    SAVE(4);

    /** How often it is chosen, in relation to the others; 0: only as a consequence of others. */
    final int weight;

    Fault(int weight) {
        this.weight = weight;
    }

    /** As reports call it: {@code half-opens}. */
    String plural() {
        String word = name().toLowerCase(java.util.Locale.ROOT).replace('_', '-');
        return word.endsWith("s") ? word + "es" : word.endsWith("crash") ? word + "es" : word + "s";
    }
}
