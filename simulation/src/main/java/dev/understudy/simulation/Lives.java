// SPDX-License-Identifier: Apache-2.0
package dev.understudy.simulation;

/** Hears how the processes of a simulation begin and end, and decides what happens then. */
interface Lives {
    /** The server has loaded its data and begins to serve; still in the iteration in which it does. */
    void ready(SimNode node);

    /** The process has ended inside an operation of its disk, and is buried. */
    void crashed(SimNode node);

    /** The server does not start; its process is still there. */
    void refused(SimNode node, String reason);

    /** The server has ended by itself. */
    void exited(SimNode node);

    /** A node has logged something. */
    void heard(SimNode node, String message);

    /** A fault has struck inside of the node's process. */
    void struck(SimNode node, Sabotage.Place place, Throwable thrown);

    /** Whether confirmed writes may be gone though nobody has ended. */
    default boolean mayHaveLostWrites() {
        return false;
    }

    /** What {@code dev/simulate} has to be told to do the same run again. */
    String option(long seed);
}
