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
    SAVE(4),
    /** A handler throws before it has done anything. */
    HANDLER_FAULT(2),
    /** A handler throws when it has done everything. */
    LATE_HANDLER_FAULT(2),
    /** What hands a unit's effects to append only file and stream throws, before or after. */
    PROPAGATION_FAULT(2),
    /** The memory of the stream, or of the data, is exhausted. */
    NATIVE_EXHAUSTION(3),
    /** Of the faults of handlers, propagation and workers: those that were an OutOfMemoryError. */
    HEAP_EXHAUSTION(0),
    /** A worker's job throws. */
    WORK_FAULT(2),
    /** What a job calls on the loop throws. */
    CALLBACK_FAULT(1),
    /** The workers take no more jobs for a moment. */
    WORK_REFUSAL(2),
    /** A connection fails in the middle of a write. */
    WRITE_FAULT(2),
    /** A connection takes less than was to be written. */
    SHORT_WRITE(2),
    /** An embedder closes the server. */
    CLOSE(2);

    /** How often it is chosen, in relation to the others; 0: only as a consequence of others. */
    final int weight;

    Fault(int weight) {
        this.weight = weight;
    }

    /** Whether it leaves all processes and roles as they are, but for failovers without force: such a run must not lose a byte. */
    boolean isGentle() {
        return switch (this) {
            case CRASH,
                    POWER_LOSS,
                    SHUTDOWN,
                    LOST_DUMP,
                    RESTART,
                    PROMOTION,
                    REPARENTING,
                    HANDLER_FAULT,
                    LATE_HANDLER_FAULT,
                    PROPAGATION_FAULT,
                    NATIVE_EXHAUSTION,
                    HEAP_EXHAUSTION,
                    CALLBACK_FAULT,
                    WORK_FAULT,
                    WORK_REFUSAL,
                    CLOSE -> false;
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
