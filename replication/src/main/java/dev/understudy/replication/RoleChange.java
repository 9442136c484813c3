// SPDX-License-Identifier: Apache-2.0
package dev.understudy.replication;

import dev.understudy.wire.Bytes;
import dev.understudy.wire.Numbers;
import java.util.List;

/** The outcome of REPLICAOF (or SLAVEOF): who we follow from now on. */
public sealed interface RoleChange {
    /**
     * What the decision looks at.
     *
     * @param masterHost the present master, empty when we are one
     * @param masterPort its port
     * @param callerIsReplica whether the command came over the link of one of our replicas
     * @param clientInfo the caller as the log shows it
     */
    record Facts(
            boolean clusterMode,
            boolean failingOver,
            String masterHost,
            int masterPort,
            boolean callerIsReplica,
            String clientInfo) {
        boolean isMaster() {
            return masterHost.isEmpty();
        }
    }

    /** An error reply, without the minus; nothing changes. */
    record Refused(String error) implements RoleChange {}

    /** {@code NO ONE} while a master: OK, and nothing changes. */
    record Unchanged() implements RoleChange {}

    /** Already the master: {@link #ALREADY} is the reply, and nothing changes. */
    record SameMaster(LogLine line) implements RoleChange {}

    /** Become a master ({@link #promote}); OK. */
    record Promote(LogLine line) implements RoleChange {}

    /** Follow this master (a master becoming a replica: {@link #demote} first); OK, without waiting for a connection. The line is logged after the change. */
    record Follow(String host, int port, LogLine line) implements RoleChange {}

    /** The reply to {@link SameMaster}. */
    String ALREADY = "OK Already connected to specified master";

    /** Judges {@code REPLICAOF host port} in the order of replicaofCommand of Redis. */
    static RoleChange judge(Bytes host, Bytes port, Facts facts) {
        if (facts.clusterMode()) {
            return new Refused(SyncError.CLUSTER);
        }
        if (facts.failingOver()) {
            return new Refused(SyncError.FAILING_OVER);
        }
        if (host.is("no") && port.is("one")) {
            return facts.isMaster() ? new Unchanged() : new Promote(Messages.masterModeEnabled(facts.clientInfo()));
        }
        if (facts.callerIsReplica()) {
            return new Refused(SyncError.CALLER_IS_REPLICA);
        }
        long number = Numbers.isLong(port) ? Numbers.parseLong(port) : -1;
        if (number < 0 || number > 65535) {
            return new Refused(SyncError.MASTER_PORT);
        }
        String name = host.toString();
        int portNumber = (int) number;
        if (name.equalsIgnoreCase(facts.masterHost()) && portNumber == facts.masterPort()) {
            return new SameMaster(Messages.ALREADY_CONNECTED);
        }
        return new Follow(name, portNumber, Messages.replicaOfEnabled(name, portNumber, facts.clientInfo()));
    }

    /** The history after a promotion, to be taken when the old link is closed, so that {@code offset} is final. */
    record Promotion(History history, LogLine line) {}

    /** shiftReplicationId of Redis. */
    static Promotion promote(History before, ReplicationId newId, long offset) {
        History history = before.fork(newId, offset);
        return new Promotion(history, Messages.idShifted(history));
    }

    /** What a master that turns into a replica may ask for, and the lines to log. */
    record Demotion(Upstream upstream, List<LogLine> lines) {}

    /** Makes a cached master of ourselves: the new master may know our id as its previous one. */
    static Demotion demote(Upstream before, History own, long offset) {
        List<LogLine> lines = before.isCached()
                ? List.of(Messages.CACHED_MASTER_DISCARDED, Messages.CACHED_MASTER_SYNTHESISED)
                : List.of(Messages.CACHED_MASTER_SYNTHESISED);
        return new Demotion(Upstream.synthesise(own, offset), lines);
    }
}
