// SPDX-License-Identifier: Apache-2.0
package dev.understudy.server.commands;

import dev.understudy.replication.History;
import dev.understudy.replication.ReplicaSession;
import dev.understudy.replication.StreamLog;
import dev.understudy.server.Replication;
import dev.understudy.server.Server;
import java.util.List;

/** The section Replication of INFO, which Sentinel lives on: order and names are part of its protocol. */
final class InfoReplication {
    private final Server server;

    InfoReplication(Server server) {
        this.server = server;
    }

    void write(InfoText text) {
        Replication replication = server.replication();
        text.section("Replication");
        text.field("role", replication.isReplica() ? "slave" : "master");
        if (replication.isReplica()) {
            upstream(text, replication);
        }
        downstreams(text, replication);
        History history = replication.history();
        StreamLog log = replication.log();
        boolean backlog = log.isBacklogActive();
        text.field("master_failover_state", replication.failover().state().infoWord())
                .field("master_replid", history.id().toString())
                .field("master_replid2", history.previousId().toString())
                .field("master_repl_offset", log.end())
                .field("second_repl_offset", history.previousIdValidTo())
                .flag("repl_backlog_active", backlog)
                .field("repl_backlog_size", log.backlogBytesMax())
                .field("repl_backlog_first_byte_offset", backlog ? log.backlogFirst() : 0)
                .field("repl_backlog_histlen", backlog ? log.backlogLength() : 0);
    }

    private void upstream(InfoText text, Replication replication) {
        var settings = server.settings();
        text.field("master_host", replication.masterHost()).field("master_port", replication.masterPort());
        replication.master().link().describe(server.nowNanos(), text::field);
        text.field("slave_priority", settings.replicaPriority.value())
                .flag("slave_read_only", settings.replicaReadOnly.on())
                .flag("replica_announced", settings.replicaAnnounced.on());
    }

    private void downstreams(InfoText text, Replication replication) {
        var settings = server.settings();
        List<ReplicaSession> sessions = replication.replicas().sessions();
        text.field("connected_slaves", sessions.size());
        if (settings.minReplicasToWrite.value() != 0 && settings.minReplicasMaxLag.value() != 0) {
            text.field("min_slaves_good_slaves", replication.goodReplicas());
        }
        int number = 0;
        for (ReplicaSession session : sessions) {
            var line = session.infoLine(server.nowNanos());
            if (line.isPresent()) {
                text.field("slave" + number++, line.get());
            }
        }
    }
}
