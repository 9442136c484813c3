// SPDX-License-Identifier: Apache-2.0
package dev.understudy.server.commands;

import static org.assertj.core.api.Assertions.assertThat;

import dev.understudy.server.StartOutcome;
import dev.understudy.server.aof.AppendOnly;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The append only file under random faults of the disk, rewrites and switching on and off: whenever the server is killed, the next one starts
 * with data that were there at some moment, and with the last ones unless the server has said that it cannot write.
 */
class AofFaultsTest {
    private static final int STEPS = 120;
    private static final List<String> FAULTS = List.of(
            "write",
            "full",
            "truncate",
            "sync",
            "open",
            "rename",
            "syncDirectory",
            "makeDirectory",
            "rename appendonlydir/temp-appendonly.aof.manifest",
            "rename appendonlydir/temp-appendonly.aof.incr",
            "write appendonlydir/temp-appendonly.aof.manifest");

    private final Set<String> states = new HashSet<>();
    private int written;

    static List<Integer> seeds() {
        Integer one = Integer.getInteger("seed");
        return one != null
                ? List.of(one)
                : IntStream.rangeClosed(1, Integer.getInteger("seeds", 4))
                        .boxed()
                        .toList();
    }

    @ParameterizedTest(name = "seed {0}")
    @MethodSource("seeds")
    void whateverTheDiskDoesTheFilesHoldWhatWasThere(int seed) {
        SplittableRandom random = new SplittableRandom(seed);
        String policy = random.nextBoolean() ? "everysec" : "no";
        try (TestServer server = new TestServer(
                "--appendonly",
                "yes",
                "--appendfsync",
                policy,
                "--save",
                "",
                "--aof-use-rdb-preamble",
                preamble(random))) {
            TestServer.Peer client = server.connect();
            states.add(digest(client));
            for (int step = 0; step < STEPS; step++) {
                String what = act(server, client, random);
                states.add(digest(client));
                check(server, client, "seed " + seed + ", step " + step + " (" + what + ")");
            }
            server.machine.diskFaults.clear();
            server.machine.directorySyncsUntilFault = Integer.MAX_VALUE;
            server.machine.release();
            server.machine.pass(3);
            client.ask("CONFIG", "SET", "appendonly", "yes");
            // Rewrites that failed again and again have to wait.
            for (int i = 0; i < 70 && server.server.appendOnly().state() != AppendOnly.State.ON; i++) {
                server.machine.nanos += 60_000_000_000L;
                server.machine.round();
            }
            server.machine.pass(3);
            assertThat(server.server.appendOnly().state()).isEqualTo(AppendOnly.State.ON);
            assertThat(server.server.appendOnly().error()).isNull();
            check(server, client, "seed " + seed + ", at the end");
        }
    }

    private static String preamble(SplittableRandom random) {
        return random.nextBoolean() ? "yes" : "no";
    }

    private String act(TestServer server, TestServer.Peer client, SplittableRandom random) {
        int choice = random.nextInt(100);
        if (choice < 45) {
            write(client);
            return "write";
        } else if (choice < 60) {
            String fault = FAULTS.get(random.nextInt(FAULTS.size()));
            server.machine.diskFaults.add(fault);
            write(client);
            return fault;
        } else if (choice < 72) {
            server.machine.diskFaults.clear();
            server.machine.directorySyncsUntilFault = random.nextInt(4) == 0 ? random.nextInt(4) : Integer.MAX_VALUE;
            server.machine.round();
            return "mend";
        } else if (choice < 80) {
            return "rewrite: " + client.ask("BGREWRITEAOF");
        } else if (choice < 85) {
            server.machine.hold();
            return "hold";
        } else if (choice < 92) {
            server.machine.release();
            return "release";
        } else if (choice < 95) {
            return "off: " + client.ask("CONFIG", "SET", "appendonly", "no");
        } else if (choice < 98) {
            return "on: " + client.ask("CONFIG", "SET", "appendonly", "yes");
        }
        server.machine.pass(2);
        return "time";
    }

    private void write(TestServer.Peer client) {
        String value = Integer.toString(++written);
        client.ask("MULTI");
        client.ask("RPUSH", "list", value);
        client.ask("SELECT", Integer.toString(written % 3));
        client.ask("SET", "key" + written % 7, value);
        client.ask("INCR", "counter");
        client.ask("EXEC");
    }

    private static String digest(TestServer.Peer client) {
        return client.ask("DEBUG", "DIGEST");
    }

    private void check(TestServer server, TestServer.Peer client, String when) {
        AppendOnly aof = server.server.appendOnly();
        boolean whole = aof.state() == AppendOnly.State.ON && aof.error() == null && aof.bufferedBytes() == 0;
        try (TestServer next = new TestServer(Map.copyOf(server.machine.files), _ -> {}, "--appendonly", "yes")) {
            assertThat(next.outcome).as(when).isInstanceOf(StartOutcome.Ready.class);
            String found = digest(next.connect());
            if (whole) {
                assertThat(found).as(when).isEqualTo(digest(client));
            } else {
                assertThat(states).as(when).contains(found);
            }
        }
    }
}
