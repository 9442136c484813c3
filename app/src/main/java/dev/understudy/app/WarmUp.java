// SPDX-License-Identifier: Apache-2.0
package dev.understudy.app;

import dev.understudy.app.demo.TemporaryFolder;
import dev.understudy.server.Instance;
import dev.understudy.server.MachineFiles;
import dev.understudy.server.settings.OtherDirectives;
import dev.understudy.server.settings.SettingsReader;
import dev.understudy.wire.Value;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.LockSupport;

/**
 * {@code warm-up}: two servers, one the replica of the other, and a few commands, so that the JVM loads what a server needs in its first
 * second and the launcher can keep that in a start-up cache. Prints nothing.
 */
final class WarmUp {
    private static final int LINK_POLLS_MAX = 200;
    private static final long LINK_POLL_NANOS = 10_000_000L;

    private WarmUp() {}

    /** Returns the exit status. */
    static int run() {
        try (TemporaryFolder folder = TemporaryFolder.create("understudy-warm-up-")) {
            Path home = folder.path();
            LogSetup.file(home.resolve("log"));
            int port = Instance.freePort();
            int replicaPort = Instance.freePort();
            try (Instance _ = start(port, home, List.of());
                    Instance _ = start(replicaPort, home, List.of("--replicaof", "127.0.0.1", Integer.toString(port)));
                    RespClient client = new RespClient(port);
                    RespClient replica = new RespClient(replicaPort)) {
                exercise(client);
                exercise(replica);
                awaitLink(replica);
                client.call("SET", "last", "word");
            }
            return 0;
        } catch (IOException failure) {
            System.err.println("warm-up: " + failure.getMessage());
            return 1;
        }
    }

    private static Instance start(int port, Path home, List<String> more) throws IOException {
        List<String> arguments = new ArrayList<>(List.of(
                "--port", Integer.toString(port), "--bind", "127.0.0.1", "--dir", home.toString(), "--save", ""));
        arguments.addAll(List.of("--repl-diskless-sync-delay", "0", "--loglevel", "verbose"));
        arguments.addAll(more);
        var reader = new SettingsReader(new MachineFiles(), OtherDirectives.UNCHECKED);
        return switch (reader.read(arguments)) {
            case SettingsReader.Refused(List<String> lines) -> throw new IOException(String.join(" ", lines));
            case SettingsReader.Loaded(var settings, _) -> {
                LogbackLog log = new LogbackLog(ProcessHandle.current().pid());
                yield switch (Instance.start(settings, Instance.Options.named("warm-up-" + port, log))) {
                    case Instance.Started(Instance instance) -> instance;
                    case Instance.Refused(String reason) -> throw new IOException(reason);
                };
            }
        };
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
        for (int i = 0; i < LINK_POLLS_MAX; i++) {
            Value info = replica.call("INFO", "replication");
            if (info.text().contains("master_link_status:up")) {
                return;
            }
            LockSupport.parkNanos(LINK_POLL_NANOS);
        }
    }
}
