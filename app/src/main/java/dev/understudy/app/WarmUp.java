// SPDX-License-Identifier: Apache-2.0
package dev.understudy.app;

import dev.understudy.app.demo.TemporaryFolder;
import dev.understudy.server.Instance;
import dev.understudy.wire.Value;
import java.io.IOException;
import java.net.ConnectException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.LockSupport;

/**
 * {@code warm-up}: two servers, one the replica of the other, and the work of a second, so that the JVM loads what a server needs at first and
 * learns how its busiest methods are used; the launcher keeps both in a start-up cache. Prints nothing.
 */
final class WarmUp {
    private static final int POLLS_MAX = 500;
    private static final long POLL_NANOS = 10_000_000L;
    private static final long END_MILLIS_MAX = 5_000;

    private static final int WRITES = 60_000;
    private static final int STREAMED = 5_000;
    private static final int READS = 10_000;
    private static final int WAITS = 500;

    /** How a full sync goes. */
    private enum Transfer {
        DISKLESS("yes", "disabled"),
        FROM_SOCKET("yes", "swapdb"),
        BY_DISK("no", "disabled");

        private final String diskless;
        private final String load;

        Transfer(String diskless, String load) {
            this.diskless = diskless;
            this.load = load;
        }
    }

    private WarmUp() {}

    /** Returns the exit status. */
    static int run() {
        try (TemporaryFolder folder = TemporaryFolder.create("understudy-warm-up-")) {
            String port = Integer.toString(Instance.freePort());
            String replicaPort = Integer.toString(Instance.freePort());
            Thread master = serve(folder.path(), port);
            Thread follower = serve(folder.path(), replicaPort, "--replicaof", "127.0.0.1", port);
            try (RespClient client = connect(port);
                    RespClient replica = connect(replicaPort)) {
                exercise(client);
                exercise(replica);
                awaitLink(replica);
                work(client, replica, port);
                end(replica, follower);
                end(client, master);
            }
            return 0;
        } catch (IOException failure) {
            System.err.println("warm-up: " + failure.getMessage());
            return 1;
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            return 1;
        }
    }

    /** As the program itself serves, so that the cache knows that way too. */
    private static Thread serve(Path home, String port, String... more) {
        List<String> arguments = new ArrayList<>(List.of("--port", port, "--bind", "127.0.0.1", "--save", ""));
        arguments.addAll(List.of("--dir", home.toString(), "--logfile", "log", "--pidfile", port + ".pid"));
        arguments.addAll(List.of("--always-show-logo", "yes", "--repl-diskless-sync-delay", "0"));
        arguments.addAll(List.of(more));
        return Thread.ofPlatform().name("warm-up-" + port).daemon().start(() -> Serve.run(arguments));
    }

    private static RespClient connect(String port) throws IOException {
        for (int i = 1; ; i++) {
            try {
                return new RespClient(Integer.parseInt(port));
            } catch (ConnectException notYet) {
                if (i == POLLS_MAX) {
                    throw notYet;
                }
                LockSupport.parkNanos(POLL_NANOS);
            }
        }
    }

    /** What the first busy second of a server consists of, in both roles: commands, full syncs of each kind, the stream. */
    private static void work(RespClient client, RespClient replica, String port) throws IOException {
        WarmUpLoad load = new WarmUpLoad(client);
        load.write(WRITES);
        for (Transfer way : Transfer.values()) {
            client.call("CONFIG", "SET", "repl-diskless-sync", way.diskless);
            replica.call("CONFIG", "SET", "repl-diskless-load", way.load);
            // With a history of its own, which the master refuses to continue.
            replica.call("REPLICAOF", "NO", "ONE");
            replica.call("REPLICAOF", "127.0.0.1", port);
            awaitLink(replica);
            load.write(STREAMED);
        }
        load.read(READS);
        load.writeAndWait(WAITS);
        client.call("CLIENT", "KILL", "TYPE", "replica");
        load.write(STREAMED);
        awaitLink(replica);
        persist(client, load);
    }

    /** A save, and the append only file from its first rewrite to the next. */
    private static void persist(RespClient client, WarmUpLoad load) throws IOException {
        client.call("BGSAVE");
        load.write(STREAMED);
        await(client, "persistence", "rdb_bgsave_in_progress:0");
        client.call("CONFIG", "SET", "appendonly", "yes");
        await(client, "persistence", "aof_rewrite_in_progress:0");
        load.write(STREAMED);
        client.call("BGREWRITEAOF");
        load.write(STREAMED);
        await(client, "persistence", "aof_rewrite_in_progress:0");
    }

    private static void end(RespClient client, Thread server) throws IOException, InterruptedException {
        client.add("SHUTDOWN", "NOSAVE", "NOW");
        client.flush();
        server.join(END_MILLIS_MAX);
    }

    /** What clients send first; errors are as good as answers here. */
    private static void exercise(RespClient client) throws IOException {
        client.call("PING");
        client.call("HELLO", "3");
        client.call("CLIENT", "SETNAME", "warm-up");
        client.call("COMMAND", "COUNT");
        client.call("CONFIG", "GET", "*");
        client.call("SET", "key", "value", "EX", "100");
        client.call("GET", "key");
        client.call("INCR", "counter");
        client.call("HSET", "hash", "field", "value");
        client.call("LPUSH", "list", "a", "b");
        client.call("SADD", "set", "a", "1");
        client.call("ZADD", "sorted", "1", "a");
        client.call("XADD", "stream", "*", "field", "value");
        client.call("MULTI");
        client.call("DEL", "key");
        client.call("EXEC");
        client.call("INFO");
        client.call("SCAN", "0");
    }

    private static void awaitLink(RespClient replica) throws IOException {
        await(replica, "replication", "master_link_status:up");
    }

    private static void await(RespClient client, String section, String field) throws IOException {
        for (int i = 0; i < POLLS_MAX; i++) {
            Value info = client.call("INFO", section);
            if (info.text().contains(field)) {
                return;
            }
            LockSupport.parkNanos(POLL_NANOS);
        }
    }
}
