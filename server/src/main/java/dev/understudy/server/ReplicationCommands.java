// SPDX-License-Identifier: Apache-2.0
package dev.understudy.server;

import dev.understudy.commands.Call;
import dev.understudy.commands.CommandFailure;
import dev.understudy.commands.CommandTable;
import dev.understudy.replication.Messages;
import dev.understudy.replication.Replconf;
import dev.understudy.replication.ReplicaSession;
import dev.understudy.replication.RoleChange;
import dev.understudy.replication.SessionState;
import dev.understudy.replication.SyncRequest;
import dev.understudy.wire.Reply;
import java.util.List;

/** REPLICAOF, SLAVEOF, ROLE, REPLCONF, PSYNC, SYNC, WAIT, WAITAOF. */
final class ReplicationCommands {
    private static final CommandFailure NEGATIVE_TIMEOUT = CommandFailure.err("timeout is negative");
    private static final CommandFailure TIMEOUT = CommandFailure.err("timeout is not an integer or out of range");
    private static final CommandFailure TIMEOUT_TOO_LARGE = CommandFailure.err("timeout is out of range");
    private static final CommandFailure WAIT_ON_REPLICA = CommandFailure.err(
            "WAIT cannot be used with replica instances. Please also note that since Redis 4.0 if a replica is"
                    + " configured to be writable (which is not the default) writes to replicas are just local and are not"
                    + " propagated.");

    private static final CommandFailure WAITAOF_ON_REPLICA = CommandFailure.err(
            "WAITAOF cannot be used with replica instances. Please also note that writes to replicas are just local and are"
                    + " not propagated.");
    private static final CommandFailure WITHOUT_AOF = new CommandFailure(Waiters.NO_AOF);
    private static final CommandFailure LOCAL_RANGE =
            CommandFailure.err("value is out of range, value must between 0 and 1");
    private static final CommandFailure NEGATIVE_REPLICAS =
            CommandFailure.err("value is out of range, must be positive");

    private final Server server;

    ReplicationCommands(Server server) {
        this.server = server;
    }

    void register(CommandTable table) {
        for (String name : List.of("replicaof", "slaveof")) {
            table.add(name, this::replicaOf)
                    .arity(3)
                    .flags("admin noscript stale no_async_loading")
                    .since(name.equals("replicaof") ? "5.0.0" : "1.0.0")
                    .group("server")
                    .docs("Makes the server a replica of another one, or a master again (NO ONE).", "O(1)");
        }
        table.add("role", this::role)
                .arity(1)
                .flags("noscript loading stale fast")
                .acl("admin dangerous")
                .since("2.8.12")
                .group("server")
                .docs("Tells the role in replication, with its counterparts and offsets.", "O(1)");
        table.add("replconf", this::replconf)
                .arity(-1)
                .flags("admin noscript loading stale allow_busy")
                .since("3.0.0")
                .group("server")
                .docs("What replicas and masters tell each other beside the data.", "O(1)");
        table.add("psync", this::sync)
                .arity(-3)
                .flags("admin noscript no_async_loading no_multi")
                .since("2.8.0")
                .group("server")
                .docs("Asks for the stream from an offset of a history on.", "O(1)");
        table.add("sync", this::sync)
                .arity(1)
                .flags("admin noscript no_async_loading no_multi")
                .since("1.0.0")
                .group("server")
                .docs("Asks for a whole data set and the stream after it.", "O(1)");
        table.add("wait", this::await)
                .arity(3)
                .flags("blocking")
                .acl("connection")
                .tip("request_policy:all_shards")
                .tip("response_policy:agg_min")
                .since("3.0.0")
                .group("generic")
                .docs("Waits until so many replicas have applied what this client wrote.", "O(1)");
        table.add("waitaof", this::awaitLog)
                .arity(4)
                .flags("blocking")
                .acl("connection")
                .tip("request_policy:all_shards")
                .tip("response_policy:agg_min")
                .since("7.2.0")
                .group("generic")
                .docs("Waits until what this client wrote is on so many disks.", "O(1)");
    }

    private void replicaOf(Call call) {
        Replication replication = server.replication();
        Client client = call.session() instanceof Client caller ? caller : null;
        String info = client == null ? "" : client.describe();
        RoleChange change = RoleChange.judge(
                call.word(1),
                call.word(2),
                new RoleChange.Facts(
                        server.settings().clusterEnabled.on(),
                        replication.failover().isActive(),
                        replication.masterHost(),
                        replication.masterPort(),
                        call.session().isReplica(),
                        info));
        switch (change) {
            case RoleChange.Refused(String error) -> throw new CommandFailure(error);
            case RoleChange.Unchanged _ -> call.ok();
            case RoleChange.SameMaster(var line) -> {
                replication.say(line);
                replication.master().retryNow();
                call.reply().simple(RoleChange.ALREADY);
            }
            case RoleChange.Promote(var line) -> {
                replication.promote();
                replication.say(line);
                call.ok();
            }
            case RoleChange.Follow(String host, int port, var line) -> {
                replication.follow(host, port);
                replication.say(line);
                call.ok();
            }
        }
    }

    private void role(Call call) {
        Replication replication = server.replication();
        Reply reply = call.reply();
        if (replication.isReplica()) {
            reply.array(5);
            reply.bulk("slave");
            reply.bulk(replication.masterHost());
            reply.integer(replication.masterPort());
            reply.bulk(replication.master().link().state().roleWord());
            reply.integer(replication.master().link().roleOffset());
            return;
        }
        List<ReplicaSession> online = replication.replicas().sessions().stream()
                .filter(session -> session.state() instanceof SessionState.Online
                        && !session.address().isEmpty())
                .toList();
        reply.array(3);
        reply.bulk("master");
        reply.integer(replication.log().end());
        reply.array(online.size());
        for (ReplicaSession session : online) {
            reply.array(3);
            reply.bulk(session.address());
            reply.bulkLong(session.peer().listeningPort());
            reply.bulkLong(session.ackedOffset());
        }
    }

    private void replconf(Call call) {
        if (!(call.session() instanceof Client client)) {
            masterSays(call);
            return;
        }
        ReplicaSession session = client.replicationSession();
        long told = session.peer().listeningPort();
        Replconf.Answer answer = session.replconf(call.words(), call.count(), server.nowNanos());
        switch (answer) {
            case Replconf.Answer.Ok _ -> {
                call.ok();
                if (told == 0 && session.peer().listeningPort() != 0 && call.count() == 3) {
                    server.replication().replicas().older().portTold(client);
                }
            }
            case Replconf.Answer.Silence _ -> {}
            case Replconf.Answer.Refused(String error) -> throw new CommandFailure(error);
            case Replconf.Answer.Acked _ -> {
                ReplicaPeer peer = client.replica();
                if (peer != null) {
                    peer.acknowledged();
                }
            }
            case Replconf.Answer.AckRequested _ -> {
                // Only our master may ask for our ACK.
            }
        }
    }

    /** REPLCONF in the stream of our master. */
    private void masterSays(Call call) {
        if (call.count() == 3 && call.word(1).is("getack")) {
            server.replication().master().acknowledgeNow();
        }
    }

    private void sync(Call call) {
        if (!(call.session() instanceof Client client)) {
            return;
        }
        Replication replication = server.replication();
        // What was replied to earlier requests of the pipeline goes first.
        client.output().handOver();
        SyncRequest request = check(client, call, call.count());
        if (request instanceof SyncRequest.TakeOver(var line)) {
            replication.say(line);
            replication.promote();
            replication.say(Messages.failoverEnabled(client.describe()));
            request = check(client, call, SyncRequest.WORDS_OF_PSYNC);
        }
        switch (request) {
            case SyncRequest.Ignored _ -> {}
            case SyncRequest.TakeOver _ -> throw new IllegalStateException("asked twice to take over");
            case SyncRequest.Refused(String error, var lines) -> {
                replication.say(lines);
                throw new CommandFailure(error);
            }
            case SyncRequest.Accepted accepted -> {
                String tooOld = replication.replicas().older().judge(client.replicationSession(), accepted);
                if (tooOld != null) {
                    throw new CommandFailure(tooOld);
                }
                replication.replicas().accept(client, client.replicationSession(), accepted);
            }
        }
    }

    private SyncRequest check(Client client, Call call, int count) {
        Replication replication = server.replication();
        return SyncRequest.check(
                client.replicationSession(),
                call.words(),
                count,
                new SyncRequest.Facts(
                        client.isReplica(),
                        replication.isReplica(),
                        replication.isLinkUp(),
                        replication.failover().isActive(),
                        false,
                        replication.history().id()));
    }

    private void await(Call call) {
        Replication replication = server.replication();
        if (replication.isReplica()) {
            throw WAIT_ON_REPLICA;
        }
        long wanted = call.number(1);
        long timeout = timeout(call, 2);
        long offset = call.session().lastWriteOffset();
        await(call, new Waiters.Goal(false, offset, false, wanted), timeout);
    }

    private void awaitLog(Call call) {
        long local = call.number(1);
        if (local < 0 || local > 1) {
            throw LOCAL_RANGE;
        }
        long wanted = call.number(2, 0, Long.MAX_VALUE, NEGATIVE_REPLICAS);
        long timeout = timeout(call, 3);
        if (server.replication().isReplica()) {
            throw WAITAOF_ON_REPLICA;
        }
        if (local == 1 && !server.settings().appendonly.on()) {
            throw WITHOUT_AOF;
        }
        await(call, new Waiters.Goal(true, call.session().lastWriteOffset(), local == 1, wanted), timeout);
    }

    private void await(Call call, Waiters.Goal goal, long timeoutMillis) {
        Waiters waiters = server.replication().waiters();
        boolean mayBlock = call.session() instanceof Client && call.session().transaction() == null && !call.isNested();
        if (mayBlock && !waiters.isReached(goal)) {
            waiters.await((Client) call.session(), goal, timeoutMillis);
            return;
        }
        waiters.reply(goal, call.reply());
    }

    private long timeout(Call call, int index) {
        long timeout = call.number(index, TIMEOUT);
        if (timeout < 0) {
            throw NEGATIVE_TIMEOUT;
        }
        if (timeout > Long.MAX_VALUE - server.ports().clock().wallMillis()) {
            throw TIMEOUT_TOO_LARGE;
        }
        return timeout;
    }
}
