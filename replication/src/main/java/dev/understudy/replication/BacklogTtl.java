// SPDX-License-Identifier: Apache-2.0
package dev.understudy.replication;

/**
 * repl-backlog-ttl: a master without replicas frees its backlog after a while.
 *
 * <p>It takes a new id too ({@link History#renew}): it may write on without anybody keeping the bytes, and were it to become a replica, it
 * would ask under the old id with an offset that misses its own writes.
 *
 * @param ttlSeconds the setting, 0 for never
 */
public record BacklogTtl(long ttlSeconds) {
    private static final long NANOS_PER_SECOND = 1_000_000_000L;

    /**
     * Whether the backlog is to be freed and the id renewed; asked each tick.
     *
     * @param emptySinceNanos when the last replica left, or when this server became a master
     */
    public boolean isOver(boolean master, int replicas, StreamLog log, long emptySinceNanos, long nowNanos) {
        return master
                && replicas == 0
                && log.isBacklogActive()
                && ttlSeconds > 0
                && nowNanos - emptySinceNanos > ttlSeconds * NANOS_PER_SECOND;
    }

    /** The line to log then. */
    public LogLine line() {
        return Messages.backlogFreed(ttlSeconds);
    }
}
