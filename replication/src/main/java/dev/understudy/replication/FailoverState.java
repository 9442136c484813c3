// SPDX-License-Identifier: Apache-2.0
package dev.understudy.replication;

/** Where a coordinated failover of this master stands; drawn in {@link Failover}. */
public sealed interface FailoverState {
    /** Deadline that never comes. */
    long NEVER = Long.MAX_VALUE;

    /**
     * Who is to become the master.
     *
     * @param host as the operator wrote it, or as the replica is known; empty for {@link #ANY}
     * @param port 1 to 65535; 0 for {@link #ANY}
     */
    record Target(String host, int port) {
        /** The first replica that has everything. */
        public static final Target ANY = new Target("", 0);

        public boolean isAny() {
            return host.isEmpty();
        }

        /** As the log names it. */
        @Override
        public String toString() {
            return isAny() ? "any replica" : host + ":" + port;
        }
    }

    record None() implements FailoverState {}

    /**
     * Writes are paused until the target has applied all that was written.
     *
     * @param force whether to fail over at the deadline even if the target has not; only with a target
     * @param deadlineNanos when the waiting ends, {@link #NEVER} without TIMEOUT
     */
    record WaitingForSync(Target target, boolean force, long deadlineNanos) implements FailoverState {
        public WaitingForSync {
            assert !force || !target.isAny() && deadlineNanos != NEVER : target;
        }

        boolean isOver(long nowNanos) {
            return deadlineNanos != NEVER && nowNanos - deadlineNanos >= 0;
        }
    }

    /** We are a replica of the target by now, and ask it to take over until it answers. */
    record InProgress(Target target) implements FailoverState {
        public InProgress {
            assert !target.isAny();
        }
    }

    default boolean canBecome(FailoverState next) {
        return switch (this) {
            case None _ -> next instanceof WaitingForSync;
            case WaitingForSync _ -> next instanceof InProgress || next instanceof None;
            case InProgress _ -> next instanceof None;
        };
    }

    default boolean isActive() {
        return !(this instanceof None);
    }

    /** The word of master_failover_state in INFO. */
    default String infoWord() {
        return switch (this) {
            case None _ -> "no-failover";
            case WaitingForSync _ -> "waiting-for-sync";
            case InProgress _ -> "failover-in-progress";
        };
    }
}
