// SPDX-License-Identifier: Apache-2.0
package dev.understudy.replication;

/**
 * How much of the stream is kept for slow replicas, and where.
 *
 * @param memoryBytesMax kept in memory beyond the backlog; what is more goes to the {@link SpillStore}
 * @param storeBytesMax space that the store may take
 */
public record SpillBounds(long memoryBytesMax, long storeBytesMax) {
    /** Everything stays in memory. What was stored before is still read. */
    public static final SpillBounds OFF = new SpillBounds(Long.MAX_VALUE / 2, 0);
}
