// SPDX-License-Identifier: Apache-2.0
package dev.understudy.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.understudy.server.settings.OtherDirectives;
import dev.understudy.server.settings.SettingsReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Whole servers on the real network that end under load, or that cannot start. */
@Timeout(240)
class OrderlyEndTest {
    private static final int ENDS = 5;
    private static final int STARTS = 24;
    private static final int CLIENTS = 3;
    /** As long as a process may take to be gone after a failure. */
    private static final long WINDOW_NANOS = 60_000_000;

    private final long seed = Long.getLong("seed", System.nanoTime());
    private final SplittableRandom random = new SplittableRandom(seed);

    @TempDir
    Path folder;

    private Instance begin(Path dir, String... more) {
        List<String> arguments = new ArrayList<>(List.of("--port", Integer.toString(Instance.freePort())));
        arguments.addAll(List.of("--bind", "127.0.0.1", "--dir", dir.toString(), "--enable-debug-command", "yes"));
        arguments.addAll(List.of("--repl-diskless-sync-delay", "0"));
        arguments.addAll(List.of(more));
        return switch (new SettingsReader(new MachineFiles(), OtherDirectives.UNCHECKED).read(arguments)) {
            case SettingsReader.Loaded(var settings, var _) ->
                switch (Instance.begin(settings, Instance.Options.named("ending", new SilentLog()))) {
                    case Instance.Started(Instance instance) -> instance;
                    case Instance.Refused(String reason) -> throw new AssertionError(reason);
                };
            case SettingsReader.Refused(var lines) -> throw new AssertionError(lines);
        };
    }

    private Instance start(Path dir, String... more) {
        return switch (begin(dir, more).await()) {
            case Instance.Started(Instance instance) -> instance;
            case Instance.Refused(String reason) -> throw new AssertionError(reason);
        };
    }

    /** As SIGTERM does. */
    private static void terminate(Instance instance) throws Exception {
        Shutdown shutdown = instance.server().shutdown();
        assertThat(shutdown.signal()).isTrue();
        instance.onLoop(() -> shutdown.schedule(Shutdown.Options.DEFAULT));
        assertThat(instance.closed().get(60, TimeUnit.SECONDS)).isTrue();
    }

    /** Counts {@code key} up, some requests at a time, until the connection ends. */
    private static void count(LineClient client, String key, long from, AtomicLong answered) {
        try (client) {
            for (long next = from + 1; ; next += 4) {
                for (int i = 0; i < 4; i++) {
                    client.send("SET " + key + " " + (next + i));
                }
                for (int i = 0; i < 4; i++) {
                    if (!"+OK".equals(client.line())) {
                        return;
                    }
                    answered.set(next + i);
                }
            }
        } catch (IOException ended) {
            // So ends every connection of a server that has ended.
        }
    }

    @ParameterizedTest(name = "appendonly {0}, a replica: {1}")
    @CsvSource({"no, false", "yes, false", "no, true", "yes, true"})
    void whatWasAnsweredIsInTheFilesAndReplicasAreNotAheadOfThem(String appendonly, boolean replicated)
            throws Exception {
        String[] options = {"--save", "3600 1", "--appendonly", appendonly};
        Path replicaFolder = Files.createDirectory(folder.resolve("replica"));
        for (int round = 0; round < ENDS; round++) {
            String what = "seed " + seed + ", round " + round;
            Instance master = start(folder, options);
            Instance replica = null;
            if (replicated) {
                replica =
                        start(replicaFolder, "--save", "", "--replicaof", "127.0.0.1", Integer.toString(master.port()));
                awaitLink(replica);
            }
            AtomicLong[] answered = new AtomicLong[CLIENTS];
            List<Thread> clients = new ArrayList<>();
            for (int i = 0; i < CLIENTS; i++) {
                String key = "counter" + i;
                LineClient client = new LineClient(master.port());
                long from = client.number(key);
                AtomicLong mine = new AtomicLong(from);
                answered[i] = mine;
                clients.add(Thread.ofPlatform().start(() -> count(client, key, from, mine)));
            }
            LockSupport.parkNanos(random.nextLong(150_000_000));
            terminate(master);
            for (Thread client : clients) {
                client.join();
            }
            try (Instance again = start(folder, options);
                    LineClient asker = new LineClient(again.port())) {
                for (int i = 0; i < CLIENTS; i++) {
                    long kept = asker.number("counter" + i);
                    assertThat(kept).as(what).isGreaterThanOrEqualTo(answered[i].get());
                    if (replica != null) {
                        try (LineClient below = new LineClient(replica.port())) {
                            assertThat(below.number("counter" + i))
                                    .as("on the replica, %s", what)
                                    .isEqualTo(kept);
                        }
                    }
                }
            }
            if (replica != null) {
                replica.close();
            }
        }
    }

    private static void awaitLink(Instance replica) throws IOException {
        boolean up = false;
        while (!up) {
            try (LineClient asker = new LineClient(replica.port())) {
                asker.send("INFO replication");
                String line;
                do {
                    line = asker.line();
                    up |= "master_link_status:up".equals(line);
                } while (line != null && !line.startsWith("repl_backlog_histlen"));
            }
        }
    }

    /** Clients that come from the first moment on, each again and again with one command. */
    private static final class Hammer {
        private final AtomicBoolean over = new AtomicBoolean();
        private final ConcurrentLinkedQueue<String> replies = new ConcurrentLinkedQueue<>();
        private final List<Thread> threads = new ArrayList<>();

        Hammer(int port, String... commands) {
            for (String command : commands) {
                threads.add(Thread.ofPlatform().start(() -> run(port, command)));
            }
        }

        private void run(int port, String command) {
            while (!over.get()) {
                try (LineClient client = new LineClient(port)) {
                    String reply;
                    while ((reply = client.ask(command)) != null) {
                        replies.add(reply);
                    }
                } catch (IOException ended) {
                    // Not there yet, or not any more.
                }
            }
        }

        List<String> end() throws InterruptedException {
            over.set(true);
            for (Thread thread : threads) {
                thread.join();
            }
            return new ArrayList<>(replies);
        }
    }

    @Test
    void aStartThatFailsServesNobodyAndLeavesTheDumpAsItWas() throws Exception {
        try (Instance made = start(folder, "--save", "");
                LineClient asker = new LineClient(made.port())) {
            assertThat(asker.ask("DEBUG POPULATE 20000 key 100")).isEqualTo("+OK");
            assertThat(asker.ask("SAVE")).isEqualTo("+OK");
        }
        Path dump = folder.resolve("dump.rdb");
        byte[] good = Files.readAllBytes(dump);
        for (int i = 0; i < STARTS; i++) {
            byte[] damaged = good.clone();
            int bit = random.nextInt(good.length / 2, good.length) * 8 + random.nextInt(8);
            damaged[bit / 8] ^= (byte) (1 << bit % 8);
            Files.write(dump, damaged);
            refuses("bit " + bit, damaged, "--save", "3600 1");
        }
    }

    @Test
    void aStartWithADamagedAppendOnlyFileServesNobodyAndLeavesAllAsItWas() throws Exception {
        try (Instance made = start(folder, "--save", "", "--appendonly", "yes");
                LineClient asker = new LineClient(made.port())) {
            assertThat(asker.ask("DEBUG POPULATE 20000 key 100")).isEqualTo("+OK");
            assertThat(asker.ask("CONFIG SET appendonly no")).isEqualTo("+OK");
        }
        Path incr = folder.resolve("appendonlydir/appendonly.aof.1.incr.aof");
        byte[] damaged = "*3\r\n$3\r\nSET\r\n$1\r\na\r\n$1\r\nb\r\n*1\r\nPING\r\n"
                .getBytes(java.nio.charset.StandardCharsets.UTF_8);
        for (int i = 0; i < STARTS / 4; i++) {
            Files.write(incr, damaged);
            refuses("append only file", null, "--save", "3600 1", "--appendonly", "yes");
            assertThat(Files.readAllBytes(incr)).isEqualTo(damaged);
            assertThat(folder.resolve("dump.rdb")).doesNotExist();
        }
    }

    private void refuses(String how, byte @Nullable [] dump, String... options) throws Exception {
        Instance instance = begin(folder, options);
        Hammer hammer = new Hammer(
                (int) instance.server().settings().port.value(), "SAVE", "SET key value", "PSYNC ? -1", "GET key:1");
        Instance.Outcome outcome;
        try {
            assertThat(instance.outcome()).as("seed %d, %s", seed, how).isInstanceOf(StartOutcome.Failed.class);
            LockSupport.parkNanos(WINDOW_NANOS);
        } finally {
            outcome = instance.await();
        }
        List<String> replies = hammer.end();
        assertThat(outcome).as("seed %d, %s", seed, how).isInstanceOf(Instance.Refused.class);
        assertThat(replies).as("seed %d, %s", seed, how).allMatch(reply -> reply.startsWith("-LOADING"));
        if (dump != null) {
            assertThat(Files.readAllBytes(folder.resolve("dump.rdb")))
                    .as("seed %d, %s", seed, how)
                    .isEqualTo(dump);
        }
    }
}
