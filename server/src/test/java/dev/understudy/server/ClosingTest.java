// SPDX-License-Identifier: Apache-2.0
package dev.understudy.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.understudy.replication.StreamMemory;
import dev.understudy.server.settings.OtherDirectives;
import dev.understudy.server.settings.SettingsReader;
import dev.understudy.store.memory.Memory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Instances that are closed at any moment of what takes long: all native memory, threads and descriptors come back, no temporary file stays, and
 * what was answered is in the append only file. One directory goes through all rounds, so that each start checks the end before.
 */
@Timeout(600)
class ClosingTest {
    private static final int ROUNDS = Integer.getInteger("closing.rounds", 210);
    private static final int KEYS = 2_000;
    private static final long MOMENT_NANOS_MAX = 40_000_000;
    /** What one close may take: the machine may be busy. */
    private static final long CLOSE_NANOS_MAX = 20_000_000_000L;

    private final long seed = Long.getLong("seed", System.nanoTime());
    private final SplittableRandom random = new SplittableRandom(seed);
    private final AtomicLong lines = new AtomicLong();
    private final ConcurrentLinkedQueue<String> suspicious = new ConcurrentLinkedQueue<>();

    private static final long CLOSER_MILLIS_MAX = 30_000;

    @TempDir
    Path folder;

    private Path subjectFolder = Path.of("");
    private Path peerFolder = Path.of("");
    /** The counter's value: what a restart has to find at least. */
    private long floor;

    private long sent;
    private String what = "";

    @BeforeEach
    void makeFolders() throws IOException {
        subjectFolder = Files.createDirectory(folder.resolve("subject"));
        peerFolder = Files.createDirectory(folder.resolve("peer"));
    }

    private String said() {
        return "seed " + seed + ", " + what;
    }

    private Instance begin(Path dir, String name, String... more) {
        List<String> arguments = new ArrayList<>(List.of("--port", Integer.toString(Instance.freePort())));
        arguments.addAll(List.of("--bind", "127.0.0.1", "--dir", dir.toString(), "--save", ""));
        arguments.addAll(List.of("--repl-diskless-sync-delay", "0", "--enable-debug-command", "yes"));
        arguments.addAll(List.of(more));
        return switch (new SettingsReader(new MachineFiles(), OtherDirectives.UNCHECKED).read(arguments)) {
            case SettingsReader.Loaded(var settings, var _) ->
                switch (Instance.begin(
                        settings, Instance.Options.named(name, log()).memory(Memory::checking))) {
                    case Instance.Started(Instance instance) -> instance;
                    case Instance.Refused(String reason) -> throw new AssertionError(said() + ": " + reason);
                };
            case SettingsReader.Refused(var refused) -> throw new AssertionError(refused);
        };
    }

    private ServerLog log() {
        return new ServerLog() {
            @Override
            public void log(Level level, String message) {
                lines.incrementAndGet();
                if (message.contains("Bug:") || message.contains("are lost") || message.contains("Cannot remove")) {
                    suspicious.add(message);
                }
            }

            @Override
            public boolean isEnabled(Level level) {
                return true;
            }

            @Override
            public void role(char letter) {}
        };
    }

    private Instance await(Instance instance) {
        return switch (instance.await()) {
            case Instance.Started(Instance ready) -> ready;
            case Instance.Refused(String reason) -> throw new AssertionError(said() + ": " + reason);
        };
    }

    private Instance subject(String... more) {
        List<String> all = new ArrayList<>(List.of("--appendonly", "yes", "--rdb-key-save-delay", "20"));
        all.addAll(List.of("--repl-diskless-sync", random.nextBoolean() ? "yes" : "no"));
        all.addAll(List.of(more));
        return begin(subjectFolder, "subject", all.toArray(String[]::new));
    }

    private Instance peer(String... more) {
        return await(begin(peerFolder, "peer", more));
    }

    /** Counts up until its connection ends, and remembers what was answered. */
    private Thread writer(Instance instance, AtomicLong answered) throws IOException {
        LineClient asker = new LineClient(instance.port());
        return Thread.ofPlatform().name("writer").start(() -> {
            try (asker) {
                for (long next = sent + 1; "+OK".equals(asker.ask("SET counter " + next)); next++) {
                    answered.set(next);
                }
            } catch (IOException ended) {
                // The server is gone.
            }
        });
    }

    private long counter(Instance instance) throws IOException {
        try (LineClient asker = new LineClient(instance.port())) {
            return asker.number("counter");
        }
    }

    @Test
    void whateverGoesOnACloseLeavesNothingBehindAndLosesNothing() throws Exception {
        try (Instance first = await(subject());
                LineClient asker = new LineClient(first.port())) {
            assertThat(asker.ask("DEBUG POPULATE " + KEYS + " key 100")).isEqualTo("+OK");
            assertThat(asker.ask("CONFIG SET appendonly no")).isEqualTo("+OK");
            assertThat(asker.ask("SAVE")).isEqualTo("+OK");
        }
        Files.delete(subjectFolder.resolve("dump.rdb"));
        assertNothingIsLeft();
        long descriptors = sockets();
        for (int round = 0; round < ROUNDS; round++) {
            what = "round " + round;
            round(random.nextInt(10));
            assertNothingIsLeft();
            assertThat(sockets()).as("%s: %s", said(), descriptors()).isLessThanOrEqualTo(descriptors);
        }
        what = "the last start";
        try (Instance last = await(subject())) {
            assertThat(counter(last)).as(said()).isBetween(floor, sent);
        }
        assertNothingIsLeft();
        System.out.println(
                "closing: seed " + seed + ", " + ROUNDS + " rounds, counter " + sent + ", log lines " + lines);
    }

    private void round(int kind) throws Exception {
        switch (kind) {
            case 0 -> working("BGSAVE", "BGSAVE");
            case 1 -> working("rewrite", "BGREWRITEAOF");
            case 2 -> firstRewrite();
            case 3 -> working("writes", "PING");
            case 4 -> whileLoading();
            case 5 -> asMaster();
            case 6 -> asReplica();
            case 7 -> whileMigrating();
            case 8 -> byAFault();
            default -> working("BGSAVE and flush", "BGSAVE", "DEBUG SLEEP 0");
        }
    }

    private void moment() {
        LockSupport.parkNanos(random.nextLong(MOMENT_NANOS_MAX));
    }

    private void close(Instance instance) {
        long begin = System.nanoTime();
        instance.close();
        assertThat(System.nanoTime() - begin).as(said()).isLessThan(CLOSE_NANOS_MAX);
    }

    private void working(String name, String... commands) throws Exception {
        what += ", " + name;
        Instance subject = await(subject());
        try (LineClient asker = new LineClient(subject.port())) {
            sent = counter(subject);
            assertThat(sent).as(said()).isGreaterThanOrEqualTo(floor);
            floor = sent;
            AtomicLong answered = new AtomicLong(sent);
            Thread writer = writer(subject, answered);
            for (String command : commands) {
                asker.ask(command);
            }
            moment();
            close(subject);
            writer.join();
            floor = answered.get();
            sent = floor + 1;
        }
    }

    /** Its files are of no use before the rewrite has ended: a close before leaves those of before. */
    private void firstRewrite() throws Exception {
        what += ", first rewrite";
        Instance subject = await(subject());
        try (LineClient asker = new LineClient(subject.port())) {
            sent = counter(subject);
            floor = sent;
            assertThat(asker.ask("CONFIG SET appendonly no")).isEqualTo("+OK");
            AtomicLong answered = new AtomicLong(sent);
            Thread writer = writer(subject, answered);
            assertThat(asker.ask("CONFIG SET appendonly yes")).isEqualTo("+OK");
            moment();
            close(subject);
            writer.join();
            sent = answered.get() + 1;
        }
    }

    private void whileLoading() {
        what += ", load";
        Instance subject = subject("--key-load-delay", "20");
        moment();
        close(subject);
    }

    private void asMaster() throws Exception {
        what += ", full sync of a replica";
        Instance subject = await(subject());
        try (Instance peer = peer("--replicaof", "127.0.0.1", Integer.toString(subject.port()))) {
            assertThat(peer.port()).isPositive();
            moment();
            close(subject);
        }
    }

    /** With files of its own, for its data become those of the master. */
    private void asReplica() throws Exception {
        what += ", full sync from a master";
        String[] modes = {"disabled", "swapdb", "on-empty-db"};
        try (Instance master = peer("--rdb-key-save-delay", random.nextBoolean() ? "20" : "0");
                LineClient asker = new LineClient(master.port())) {
            assertThat(asker.ask("DEBUG POPULATE " + KEYS + " key 100")).isEqualTo("+OK");
            String mode = modes[random.nextInt(modes.length)];
            what += ", " + mode;
            Path files = folder.resolve("replica");
            Files.createDirectories(files);
            Instance replica = await(begin(
                    files,
                    "subject",
                    "--repl-diskless-load",
                    mode,
                    "--appendonly",
                    random.nextBoolean() ? "yes" : "no",
                    "--key-load-delay",
                    random.nextBoolean() ? "20" : "0",
                    "--replicaof",
                    "127.0.0.1",
                    Integer.toString(master.port())));
            moment();
            close(replica);
        }
    }

    /** A fault halts the loop in the middle of it all, and the instance closes itself. */
    private void byAFault() throws Exception {
        what += ", fault";
        Instance subject = await(subject());
        try (Instance peer = peer("--replicaof", "127.0.0.1", Integer.toString(subject.port()));
                LineClient asker = new LineClient(subject.port())) {
            sent = counter(subject);
            floor = sent;
            AtomicLong answered = new AtomicLong(sent);
            Thread writer = writer(subject, answered);
            if (random.nextBoolean()) {
                asker.send("BGREWRITEAOF");
            }
            assertThat(peer.port()).isPositive();
            moment();
            subject.server().loop().execute(() -> {
                throw new IllegalStateException("planted");
            });
            assertThat(subject.closed().get(60, TimeUnit.SECONDS)).isTrue();
            writer.join();
            // What was answered in the last seconds may have waited for a slow fsync, as everysec allows.
            sent = answered.get() + 1;
        }
    }

    private void whileMigrating() throws Exception {
        what += ", MIGRATE";
        Instance subject = await(subject());
        try (Instance peer = peer();
                LineClient asker = new LineClient(subject.port())) {
            StringBuilder keys = new StringBuilder();
            for (int i = 0; i < KEYS / 2; i++) {
                keys.append(" key:").append(i);
            }
            asker.send("MIGRATE 127.0.0.1 " + peer.port() + " \"\" 0 5000 COPY REPLACE KEYS" + keys);
            moment();
            close(subject);
        }
    }

    // ---- what may be left

    /** The thread that closes an instance which ended by itself tells of the end, and then ends too. */
    private static void awaitClosers() {
        for (Thread thread : Thread.getAllStackTraces().keySet()) {
            if (thread.getName().endsWith("-end")) {
                try {
                    thread.join(CLOSER_MILLIS_MAX);
                } catch (InterruptedException interrupted) {
                    Thread.currentThread().interrupt();
                }
            }
        }
    }

    private void assertNothingIsLeft() throws IOException {
        awaitClosers();
        assertThat(suspicious).as(said()).isEmpty();
        assertThat(Memory.reservedBytesOfAll()).as("native memory, %s", said()).isZero();
        assertThat(StreamMemory.reservedBytesOfAll())
                .as("memory of the stream, %s", said())
                .isZero();
        assertThat(Thread.getAllStackTraces().keySet())
                .extracting(Thread::getName)
                .as(said())
                .noneMatch(name -> name.startsWith("subject") || name.startsWith("peer"));
        assertThat(descriptors())
                .as("open files, %s", said())
                .noneMatch(target -> target.startsWith(folder.toString()));
        try (Stream<Path> files = Files.walk(folder)) {
            assertThat(files.map(Path::getFileName).map(Path::toString).filter(name -> name.contains("temp")))
                    .as("temporary files, %s", said())
                    .isEmpty();
        }
    }

    /** Descriptors of what is no file: the class loader opens files when it likes. */
    private static long sockets() throws IOException {
        return descriptors().stream().filter(target -> !target.startsWith("/")).count();
    }

    private static List<String> descriptors() throws IOException {
        List<String> targets = new ArrayList<>();
        String[] all = Path.of("/proc/self/fd").toFile().list();
        for (String descriptor : all == null ? new String[0] : all) {
            try {
                targets.add(Files.readSymbolicLink(Path.of("/proc/self/fd", descriptor))
                        .toString());
            } catch (NoSuchFileException closed) {
                // That of the listing itself.
            }
        }
        return targets;
    }
}
