// SPDX-License-Identifier: Apache-2.0
package dev.understudy.interop;

import static org.assertj.core.api.Assertions.assertThat;

import dev.understudy.server.Instance;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import redis.clients.jedis.exceptions.JedisException;

/** A redis-server, or a fork of it, as a child process. Ended by its process id when closed, and in any case with this JVM. */
public final class RealServer implements Node {
    private static final Duration START_LIMIT = Duration.ofSeconds(30);
    private static final Set<Process> RUNNING = ConcurrentHashMap.newKeySet();

    static {
        Runtime.getRuntime()
                .addShutdownHook(Thread.ofPlatform().unstarted(() -> RUNNING.forEach(Process::destroyForcibly)));
    }

    private final Binaries.Peer peer;
    private final String name;
    private final int port;
    private final Path dir;
    private final Path logFile;
    private final Process process;

    private RealServer(Binaries.Peer peer, String name, int port, Path dir, Process process) {
        this.peer = peer;
        this.name = name;
        this.port = port;
        this.dir = dir;
        this.logFile = dir.resolve(name + ".log");
        this.process = process;
    }

    /** The system's redis-server; {@code options} as on its command line. */
    static RealServer start(String name, Path dir, String... options) {
        return start(Binaries.system(), name, dir, options);
    }

    public static RealServer start(Binaries.Peer peer, String name, Path dir, String... options) {
        int port = Instance.freePort();
        List<String> command = new ArrayList<>(List.of(
                peer.program("server").toString(),
                "--port",
                Integer.toString(port),
                "--bind",
                HOST,
                "--dir",
                dir.toString(),
                "--logfile",
                dir.resolve(name + ".log").toString(),
                "--save",
                "",
                "--daemonize",
                "no",
                "--repl-diskless-sync-delay",
                "0",
                "--repl-backlog-size",
                "64mb"));
        command.addAll(List.of(options));
        RealServer server;
        try {
            Process process = new ProcessBuilder(command)
                    .directory(dir.toFile())
                    .redirectErrorStream(true)
                    .redirectOutput(dir.resolve(name + ".out").toFile())
                    .start();
            RUNNING.add(process);
            server = new RealServer(peer, name, port, dir, process);
        } catch (IOException failure) {
            throw new UncheckedIOException("cannot start " + command, failure);
        }
        try {
            Awaitility.await(name + " answers")
                    .atMost(START_LIMIT)
                    .pollDelay(Duration.ZERO)
                    .pollInterval(Duration.ofMillis(20))
                    .untilAsserted(server::assertServing);
        } catch (Throwable failure) {
            server.close();
            throw failure;
        }
        return server;
    }

    private void assertServing() {
        assertThat(process.isAlive()).as("%s lives; its log: %s", name, log()).isTrue();
        try {
            assertThat((byte[]) call("PING")).isEqualTo(Session.bytes("PONG"));
        } catch (JedisException refused) {
            throw new AssertionError(name + " does not answer", refused);
        }
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public int port() {
        return port;
    }

    @Override
    public Path dir() {
        return dir;
    }

    @Override
    public String log() {
        StringBuilder text = new StringBuilder();
        for (Path file : List.of(dir.resolve(name + ".out"), logFile)) {
            try {
                if (Files.exists(file)) {
                    text.append(new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1));
                }
            } catch (IOException failure) {
                throw new UncheckedIOException(failure);
            }
        }
        return text.toString();
    }

    boolean isAlive() {
        return process.isAlive();
    }

    @Override
    public void close() {
        process.destroyForcibly();
        try {
            if (!process.waitFor(10, TimeUnit.SECONDS)) {
                throw new IllegalStateException(name + " (pid " + process.pid() + ") does not end");
            }
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
        } finally {
            RUNNING.remove(process);
        }
    }

    @Override
    public String toString() {
        return name + " (" + peer.name() + ")";
    }
}
