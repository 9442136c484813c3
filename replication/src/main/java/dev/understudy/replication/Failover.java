// SPDX-License-Identifier: Apache-2.0
package dev.understudy.replication;

import dev.understudy.replication.FailoverAction.FollowTarget;
import dev.understudy.replication.FailoverAction.Log;
import dev.understudy.replication.FailoverAction.PauseWrites;
import dev.understudy.replication.FailoverAction.Promote;
import dev.understudy.replication.FailoverAction.ResumeWrites;
import dev.understudy.replication.FailoverState.InProgress;
import dev.understudy.replication.FailoverState.None;
import dev.understudy.replication.FailoverState.Target;
import dev.understudy.replication.FailoverState.WaitingForSync;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * FAILOVER: a master hands its role over to one of its replicas without losing a write. Texts and order follow failoverCommand,
 * updateFailoverStatus and abortFailover of Redis 7.2.
 *
 * <pre>
 *   from            on                                          to              does
 *   None            FAILOVER                                    WaitingForSync  writes are paused
 *   WaitingForSync  the target, or any replica, has all         InProgress      we follow it, with PSYNC ... FAILOVER
 *                   the deadline, with FORCE                    InProgress      the same
 *                   the deadline; FAILOVER ABORT                None            writes go on
 *   InProgress      +CONTINUE, +FULLRESYNC                      None            writes go on: they are refused by a replica
 *                   another answer; FAILOVER ABORT              None            we are the master again, writes go on
 *                   no connection                               InProgress      tried again for ever
 * </pre>
 *
 * <p>Confined to one thread. Times are nanoseconds of any origin that never go back.
 */
public final class Failover {
    private static final long NANOS_PER_MILLI = 1_000_000L;

    /** A replica that says it listens nowhere cannot be connected to, so it is no candidate. */
    private static final int PORT_MAX = 65535;

    /**
     * One of our replicas.
     *
     * @param host announced, or that of its socket
     * @param port where it says it listens, not checked
     * @param online whether it follows the stream
     * @param ackedOffset what it said to have applied
     */
    public record Candidate(String host, long port, boolean online, long ackedOffset) {
        public static Candidate of(ReplicaSession session) {
            return new Candidate(
                    session.address(),
                    session.peer().listeningPort(),
                    session.state() instanceof SessionState.Online,
                    session.ackedOffset());
        }

        /**
         * Redis does not ask for online here, and takes a replica that waits for its first snapshot for one that has everything as long
         * as nothing was ever written.
         */
        private boolean hasAll(long offset) {
            return online && isReachable() && ackedOffset == offset;
        }

        private boolean isReachable() {
            return !host.isEmpty() && port > 0 && port <= PORT_MAX;
        }

        private boolean is(String otherHost, long otherPort) {
            return isReachable() && host.equalsIgnoreCase(otherHost) && port == otherPort;
        }
    }

    /**
     * What the decisions look at.
     *
     * @param isReplica whether we have a master
     * @param offset the last byte of the stream
     * @param replicas in the order in which they came
     */
    public record Facts(boolean clusterMode, boolean isReplica, long offset, List<Candidate> replicas) {
        public Facts {
            replicas = List.copyOf(replicas);
        }

        private Optional<Candidate> find(String host, long port) {
            return replicas.stream().filter(each -> each.is(host, port)).findFirst();
        }
    }

    /** The answer to the command: an error, without the minus and empty for OK, and what to do. */
    public record Outcome(String error, List<FailoverAction> actions) {
        public Outcome {
            actions = List.copyOf(actions);
        }

        private static Outcome refused(String error) {
            return new Outcome(error, List.of());
        }

        public boolean isRefused() {
            return !error.isEmpty();
        }
    }

    private FailoverState state = new None();

    public FailoverState state() {
        return state;
    }

    /** Whether a PSYNC that is sent now asks the other end to take over. */
    public boolean asksToTakeOver() {
        return state instanceof InProgress;
    }

    /**
     * Whether the stream must not grow by PINGs: with a TIMEOUT, as in Redis. Without one the waiting may take for ever, and replicas that
     * hear nothing for so long would drop the link.
     */
    public boolean silencesPings() {
        return state instanceof WaitingForSync waiting && waiting.deadlineNanos() != FailoverState.NEVER;
    }

    /** The command. */
    public Outcome request(FailoverRequest request, Facts facts, long nowNanos) {
        if (facts.clusterMode()) {
            return Outcome.refused(SyncError.FAILOVER_CLUSTER);
        }
        return switch (request) {
            case FailoverRequest.Malformed(String error) -> Outcome.refused(error);
            case FailoverRequest.Abort _ ->
                state.isActive()
                        ? new Outcome("", abort("Failover manually aborted"))
                        : Outcome.refused(SyncError.FAILOVER_NONE);
            case FailoverRequest.Begin begin -> {
                String error = objection(begin, facts);
                yield error.isEmpty() ? new Outcome("", begin(begin, nowNanos)) : Outcome.refused(error);
            }
        };
    }

    private String objection(FailoverRequest.Begin begin, Facts facts) {
        if (state.isActive()) {
            return SyncError.FAILOVER_RUNNING;
        }
        if (facts.isReplica()) {
            return SyncError.FAILOVER_ON_REPLICA;
        }
        if (facts.replicas().isEmpty()) {
            return SyncError.FAILOVER_WITHOUT_REPLICAS;
        }
        if (begin.force() && (begin.timeoutMillis() == 0 || !begin.named())) {
            return SyncError.FAILOVER_FORCE;
        }
        if (!begin.named()) {
            return "";
        }
        Optional<Candidate> target = facts.find(begin.host(), begin.port());
        if (target.isEmpty()) {
            return SyncError.FAILOVER_TARGET_UNKNOWN;
        }
        return target.get().online() ? "" : SyncError.FAILOVER_TARGET_OFFLINE;
    }

    private List<FailoverAction> begin(FailoverRequest.Begin begin, long nowNanos) {
        long limit = Long.MAX_VALUE / 2 / NANOS_PER_MILLI;
        long deadlineNanos = begin.timeoutMillis() == 0
                ? FailoverState.NEVER
                : nowNanos + Math.min(begin.timeoutMillis(), limit) * NANOS_PER_MILLI;
        become(new WaitingForSync(begin.target(), begin.force(), deadlineNanos));
        return List.of(new Log(Messages.failoverRequested(begin.target())), new PauseWrites());
    }

    /** To be asked ten times a second, and when ACKs may have come, but not while one is being handled: following drops clients. */
    public List<FailoverAction> check(Facts facts, long nowNanos) {
        if (!(state instanceof WaitingForSync waiting)) {
            return List.of();
        }
        Target target = waiting.target();
        if (waiting.isOver(nowNanos)) {
            return waiting.force()
                    ? follow(target, Messages.failoverForced(target))
                    : abort("Replica never caught up before timeout");
        }
        Optional<Candidate> caughtUp = target.isAny()
                ? facts.replicas().stream()
                        .filter(each -> each.hasAll(facts.offset()))
                        .findFirst()
                : facts.find(target.host(), target.port()).filter(each -> each.hasAll(facts.offset()));
        return caughtUp.map(found -> {
                    Target chosen = target.isAny() ? new Target(found.host(), (int) found.port()) : target;
                    return follow(chosen, Messages.failoverSynced(chosen));
                })
                .orElse(List.of());
    }

    private List<FailoverAction> follow(Target target, LogLine line) {
        become(new InProgress(target));
        return List.of(new Log(line), new FollowTarget(target.host(), target.port()));
    }

    /** The target's answer to our PSYNC: accepted, or why not. */
    public List<FailoverAction> answered(boolean accepted, String why) {
        if (!(state instanceof InProgress)) {
            return List.of();
        }
        if (!accepted) {
            return abort(why);
        }
        become(new None());
        return List.of(new ResumeWrites());
    }

    private List<FailoverAction> abort(String why) {
        var actions = new ArrayList<FailoverAction>();
        switch (state) {
            case None _ -> throw new IllegalStateException("no failover to abort: " + why);
            case WaitingForSync waiting -> actions.add(new Log(Messages.failoverAborted(waiting.target(), why)));
            case InProgress progress -> {
                actions.add(new Log(Messages.failoverAborted(progress.target(), why)));
                actions.add(new Promote());
            }
        }
        actions.add(new ResumeWrites());
        become(new None());
        return List.copyOf(actions);
    }

    /** The only place where the state changes. */
    private void become(FailoverState next) {
        if (!state.canBecome(next)) {
            throw new IllegalStateException(state + " cannot become " + next);
        }
        state = next;
    }
}
