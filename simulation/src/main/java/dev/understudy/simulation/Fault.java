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
    DISK_FULL(3),
    FAILOVER(6),
    SAVE(4);

    /** How often it is chosen, in relation to the others; 0: only as a consequence of others. */
    final int weight;

    Fault(int weight) {
        this.weight = weight;
    }

    /** Whether it leaves all processes and roles as they are, but for failovers without force: such a run must not lose a byte. */
    boolean isGentle() {
        return switch (this) {
            case CRASH, POWER_LOSS, SHUTDOWN, LOST_DUMP, RESTART, PROMOTION, REPARENTING -> false;
            default -> true;
        };
    }

    /** As reports call it: {@code half-opens}. */
    String plural() {
        String word = name().toLowerCase(java.util.Locale.ROOT).replace('_', '-');
        return switch (this) {
            case DISK_FULL -> "full-disks";
            case CRASH, POWER_LOSS -> word + "es";
            default -> word + "s";
        };
    }
}
