// SPDX-License-Identifier: Apache-2.0
package dev.understudy.server;

import dev.understudy.commands.Call;
import dev.understudy.commands.CommandFailure;
import dev.understudy.commands.CommandTable;
import dev.understudy.replication.FailoverRequest;

/** FAILOVER. It is answered as soon as the waiting for the target has begun; INFO replication tells how it goes on. */
final class FailoverCommand {
    private final Server server;

    FailoverCommand(Server server) {
        this.server = server;
    }

    void register(CommandTable table) {
        table.add("failover", this::failover)
                .arity(-1)
                .flags("admin noscript stale")
                .since("6.2.0")
                .group("server")
                .docs("Hands the role of the master over to a replica that has everything.", "O(1)");
    }

    private void failover(Call call) {
        String error = server.replication().failover().request(FailoverRequest.parse(call.words(), call.count()));
        if (!error.isEmpty()) {
            throw new CommandFailure(error);
        }
        call.ok();
    }
}
