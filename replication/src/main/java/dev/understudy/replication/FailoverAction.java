// SPDX-License-Identifier: Apache-2.0
package dev.understudy.replication;

/** What the owner of a {@link Failover} has to do, in the order given. */
public sealed interface FailoverAction {
    record Log(LogLine line) implements FailoverAction {}

    /** Hold back writes, expiry and eviction without end, so that the offset stands still. */
    record PauseWrites() implements FailoverAction {}

    /** End that pause; what was postponed is executed by the role that we have then. */
    record ResumeWrites() implements FailoverAction {}

    /** Become a replica of the target. While {@link Failover#asksToTakeOver}, PSYNC carries FAILOVER. */
    record FollowTarget(String host, int port) implements FailoverAction {}

    /** Be the master again, with a new id: the target may have taken over all the same. */
    record Promote() implements FailoverAction {}
}
