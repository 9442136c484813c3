// SPDX-License-Identifier: Apache-2.0
package dev.understudy.server;

import dev.understudy.replication.Failover;
import dev.understudy.replication.Failover.Candidate;
import dev.understudy.replication.FailoverAction;
import dev.understudy.replication.FailoverRequest;
import dev.understudy.replication.FailoverState;
import java.util.List;

/** Does what {@link Failover} decides: holds back writes, and changes the role. Owned by the command loop. */
public final class FailoverDriver {
    /** A pause that ends only when it is told to, nanoseconds. */
    private static final long WITHOUT_END_NANOS = Long.MAX_VALUE / 2;

    private final Server server;
    private final Replication replication;
    private final Failover failover = new Failover();

    FailoverDriver(Server server, Replication replication) {
        this.server = server;
        this.replication = replication;
    }

    public FailoverState state() {
        return failover.state();
    }

    /** Whether a failover is going on: REPLICAOF and PSYNC are refused then, and the cron runs ten times as often. */
    public boolean isActive() {
        return failover.state().isActive();
    }

    boolean asksToTakeOver() {
        return failover.asksToTakeOver();
    }

    boolean silencesPings() {
        return failover.silencesPings();
    }

    /** FAILOVER; returns the error reply, without the minus, or nothing for OK. */
    String request(FailoverRequest request) {
        Failover.Outcome outcome = failover.request(request, facts(), server.nowNanos());
        perform(outcome.actions());
        return outcome.error();
    }

    /** Before the loop sleeps, when ACKs may have come, and ten times a second: not inside a command, for clients may be dropped. */
    void check() {
        if (failover.state() instanceof FailoverState.WaitingForSync) {
            perform(failover.check(facts(), server.nowNanos()));
        }
    }

    /** The target's answer to our PSYNC; not from within a step of the link to it, for a refusal ends that link. */
    void answered(boolean accepted, String why) {
        perform(failover.answered(accepted, why));
    }

    private Failover.Facts facts() {
        List<Candidate> replicas =
                replication.replicas().sessions().stream().map(Candidate::of).toList();
        return new Failover.Facts(
                server.settings().clusterEnabled.on(),
                replication.isReplica(),
                replication.log().end(),
                replicas);
    }

    private void perform(List<FailoverAction> actions) {
        for (FailoverAction action : actions) {
            switch (action) {
                case FailoverAction.Log(var line) -> replication.say(line);
                case FailoverAction.PauseWrites _ ->
                    server.pauses()
                            .pause(Pauses.Purpose.FAILOVER, Pauses.Kind.WRITE, server.nowNanos() + WITHOUT_END_NANOS);
                case FailoverAction.ResumeWrites _ -> server.pauses().resume(Pauses.Purpose.FAILOVER);
                case FailoverAction.FollowTarget(String host, int port) -> replication.follow(host, port);
                case FailoverAction.Promote _ -> replication.promote();
            }
        }
    }
}
