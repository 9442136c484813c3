// SPDX-License-Identifier: Apache-2.0
package dev.understudy.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.understudy.replication.StreamMemory;
import dev.understudy.server.settings.SettingsReader;
import dev.understudy.store.memory.Memory;
import java.io.IOException;
import java.io.InputStream;
import java.lang.management.BufferPoolMXBean;
import java.lang.management.ManagementFactory;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(120)
class InstancesTest {
    private static final int INSTANCES = 100;
    private static final long PATIENCE_NANOS = 20_000_000_000L;
    /** Threads of Netty and the JDK that all instances of a JVM share. */
    private static final Set<String> SHARED = Set.of("globalEventExecutor", "Cleaner-");

    @TempDir
    Path folder;

    private Instance start(String... more) {
        for (int i = 0; i < 10; i++) {
            Instance.Outcome outcome = tryStart(more);
            if (outcome instanceof Instance.Started(Instance instance)) {
                return instance;
            }
        }
        throw new AssertionError("no instance starts");
    }

    private Instance.Outcome tryStart(String... more) {
        List<String> arguments = new ArrayList<>(List.of(
                "--port", Integer.toString(Instance.freePort()), "--bind", "127.0.0.1", "--dir", folder.toString()));
        arguments.addAll(List.of("--save", "", "--repl-diskless-sync-delay", "0"));
        arguments.addAll(List.of(more));
        return switch (new SettingsReader(new MachineFiles()).read(arguments)) {
            case SettingsReader.Loaded(var settings, var _) ->
                Instance.start(settings, Instance.Options.named("instance", new SilentLog()));
            case SettingsReader.Refused(var lines) -> throw new AssertionError(lines);
        };
    }

    /** Sends one inline command and returns the reply as far as it has come. */
    private static String ask(int port, String command) throws IOException {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            socket.getOutputStream().write((command + "\r\n").getBytes(StandardCharsets.UTF_8));
            InputStream in = socket.getInputStream();
            byte[] reply = new byte[64 * 1024];
            int count = in.read(reply);
            return count < 0 ? "" : new String(reply, 0, count, StandardCharsets.UTF_8);
        }
    }

    @Test
    void flushallWithSavePointsEmptiesTheDumpAndCountsNoChanges() throws Exception {
        try (Instance instance = start("--save", "3600 1", "--enable-debug-command", "yes")) {
            ask(instance.port(), "SET k v");
            ask(instance.port(), "SAVE");
            ask(instance.port(), "SET k w");
            assertThat(ask(instance.port(), "FLUSHALL")).isEqualTo("+OK\r\n");
            assertThat(ask(instance.port(), "INFO persistence")).contains("rdb_changes_since_last_save:0\r\n");
            assertThat(ask(instance.port(), "DEBUG RELOAD NOSAVE")).isEqualTo("+OK\r\n");
            assertThat(ask(instance.port(), "DBSIZE")).isEqualTo(":0\r\n");
        }
    }

    @Test
    void aHundredInstancesLeaveNothingBehind() throws Exception {
        round(0);
        Set<String> threads = threads();
        List<String> descriptors = descriptors();
        long reserved = Memory.reservedBytesOfAll();
        long stream = StreamMemory.reservedBytesOfAll();
        long direct = directBytes();
        for (int i = 1; i <= INSTANCES; i++) {
            round(i);
        }
        await("threads", () -> threads.containsAll(threads()));
        await("descriptors", () -> descriptors().size() <= descriptors.size());
        assertThat(Memory.reservedBytesOfAll()).isEqualTo(reserved);
        assertThat(StreamMemory.reservedBytesOfAll()).isEqualTo(stream).isZero();
        await("direct memory", () -> directBytes() <= direct);
    }

    /** One instance that listens; every fourth has data, every 25th a replica. */
    private void round(int number) throws Exception {
        try (Instance instance = start()) {
            assertThat(ask(instance.port(), "PING")).isEqualTo("+PONG\r\n");
            if (number % 4 == 0) {
                assertThat(ask(instance.port(), "SET key value")).isEqualTo("+OK\r\n");
            }
            if (number % 25 == 0) {
                try (Instance replica = start("--replicaof", "127.0.0.1", Integer.toString(instance.port()))) {
                    await("link", () -> ask(replica.port(), "INFO replication").contains("master_link_status:up"));
                    assertThat(ask(instance.port(), "SET key streamed")).isEqualTo("+OK\r\n");
                    assertThat(StreamMemory.reservedBytesOfAll()).isPositive();
                }
            }
        }
    }

    @Test
    void aReadOnlyReplicaEndsWhenACommandOfItsMasterFailsAndThatIsToBeAPanic() throws Exception {
        try (Instance master = start("--enable-debug-command", "yes");
                Instance replica = start(
                        "--propagation-error-behavior",
                        "panic",
                        "--replicaof",
                        "127.0.0.1",
                        Integer.toString(master.port()))) {
            await("link", () -> ask(replica.port(), "INFO replication").contains("master_link_status:up"));
            assertThat(ask(master.port(), "DEBUG REPLICATE no-such-command")).isEqualTo("+OK\r\n");
            await("end", () -> isDeaf(replica.port()));
        }
    }

    private static boolean isDeaf(int port) {
        try {
            return ask(port, "PING").isEmpty();
        } catch (IOException refused) {
            return true;
        }
    }

    private interface Condition {
        boolean holds() throws Exception;
    }

    private static void await(String what, Condition condition) throws Exception {
        long begin = System.nanoTime();
        while (!condition.holds()) {
            assertThat(System.nanoTime() - begin)
                    .as(
                            "%s; threads %s, descriptors %s, direct bytes %d",
                            what, threads(), descriptors(), directBytes())
                    .isLessThan(PATIENCE_NANOS);
            TimeUnit.MILLISECONDS.sleep(2);
        }
    }

    private static Set<String> threads() {
        return Thread.getAllStackTraces().keySet().stream()
                .map(Thread::getName)
                .filter(name -> SHARED.stream().noneMatch(name::startsWith))
                .collect(Collectors.toCollection(TreeSet::new));
    }

    /** Open descriptors but for files, which the class loader opens when it likes. */
    private static List<String> descriptors() throws IOException {
        List<String> targets = new ArrayList<>();
        String[] all = Path.of("/proc/self/fd").toFile().list();
        for (String descriptor : all == null ? new String[0] : all) {
            try {
                String target = Files.readSymbolicLink(Path.of("/proc/self/fd", descriptor))
                        .toString();
                if (!target.startsWith("/")) {
                    targets.add(target);
                }
            } catch (NoSuchFileException closed) {
                // That of the listing itself.
            }
        }
        return targets;
    }

    private static long directBytes() {
        return ManagementFactory.getPlatformMXBeans(BufferPoolMXBean.class).stream()
                .filter(pool -> pool.getName().equals("direct"))
                .mapToLong(BufferPoolMXBean::getMemoryUsed)
                .sum();
    }

    @Test
    void aPortThatIsTakenIsAReasonAndNothingIsLeft() throws Exception {
        try (Instance first = start()) {
            Set<String> threads = threads();
            Instance.Outcome outcome = tryStart("--port", Integer.toString(first.port()));
            assertThat(outcome)
                    .isEqualTo(new Instance.Refused("Failed listening on port " + first.port() + " (tcp), aborting."));
            await("threads", () -> threads.containsAll(threads()));
        }
    }

    @Test
    void shutdownClosesTheInstanceBySelf() throws Exception {
        Instance instance = start();
        ask(instance.port(), "SHUTDOWN NOSAVE");
        assertThat(instance.closed().get(20, TimeUnit.SECONDS)).isTrue();
        instance.close();
        await("threads", () -> threads().stream().noneMatch(name -> name.startsWith("instance")));
    }

    @Test
    void anInstanceThatLoadsMayBeClosed() throws Exception {
        Files.write(
                folder.resolve("dump.rdb"), "REDIS0011\u00ff\0\0\0\0\0\0\0\0".getBytes(StandardCharsets.ISO_8859_1));
        long reserved = Memory.reservedBytesOfAll();
        try (Instance instance = start()) {
            assertThat(ask(instance.port(), "DBSIZE")).isEqualTo(":0\r\n");
        }
        assertThat(Memory.reservedBytesOfAll()).isEqualTo(reserved);
        Files.write(folder.resolve("dump.rdb"), "REDIS0011".getBytes(StandardCharsets.ISO_8859_1));
        assertThat(tryStart()).isInstanceOf(Instance.Refused.class);
        assertThat(Memory.reservedBytesOfAll()).isEqualTo(reserved);
    }
}
