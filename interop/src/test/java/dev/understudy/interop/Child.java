// SPDX-License-Identifier: Apache-2.0
package dev.understudy.interop;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;

/** A child process that can be killed and frozen. Ended by its process id when closed, and in any case with this JVM. */
final class Child implements AutoCloseable {
    private static final Set<Process> RUNNING = ConcurrentHashMap.newKeySet();
    private static final SplittableRandom PORTS = new SplittableRandom();
    private static final int PORT_MIN = 12_000;
    private static final int PORT_END = 20_000;
    private static final int SECONDS_MAX = 20;

    static {
        Runtime.getRuntime()
                .addShutdownHook(Thread.ofPlatform().unstarted(() -> RUNNING.forEach(Process::destroyForcibly)));
    }

    private final Process process;
    private final Path output;

    /** Runs a command in a folder; what it prints goes, behind what is there, to {@code output}. */
    Child(List<String> command, Path folder, Path output) {
        this.output = output;
        try {
            process = new ProcessBuilder(command)
                    .directory(folder.toFile())
                    .redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.appendTo(output.toFile()))
                    .start();
        } catch (IOException failure) {
            throw new UncheckedIOException("cannot start " + command, failure);
        }
        RUNNING.add(process);
    }

    /**
     * A free port below those that the system gives to outgoing connections: a server that is started again finds it free, and a connection to it
     * while it is down does not happen to be one to itself.
     */
    static synchronized int freePort() {
        IOException last = new IOException("none tried");
        for (int i = 0; i < 100; i++) {
            int port = PORTS.nextInt(PORT_MIN, PORT_END);
            try (ServerSocket probe = new ServerSocket(port, 1, InetAddress.getLoopbackAddress())) {
                return probe.getLocalPort();
            } catch (IOException taken) {
                last = taken;
            }
        }
        throw new UncheckedIOException("no free port", last);
    }

    boolean isAlive() {
        return process.isAlive();
    }

    /** SIGSTOP: it keeps its connections and answers nothing. */
    void freeze() {
        signal("STOP");
    }

    /** SIGCONT. */
    void thaw() {
        signal("CONT");
    }

    private void signal(String name) {
        try {
            Process kill = new ProcessBuilder("kill", "-" + name, Long.toString(process.pid())).start();
            if (!kill.waitFor(SECONDS_MAX, TimeUnit.SECONDS) || kill.exitValue() != 0) {
                throw new IllegalStateException("kill -" + name + " failed");
            }
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    /** Waits until it has ended by itself. */
    void awaitEnd() {
        try {
            if (!process.waitFor(SECONDS_MAX, TimeUnit.SECONDS)) {
                throw new AssertionError("process " + process.pid() + " does not end:\n" + text());
            }
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
        }
        RUNNING.remove(process);
    }

    /** Of a process that has ended. */
    int exitStatus() {
        return process.exitValue();
    }

    /** All that was printed so far, by this process and those before it. */
    String text() {
        return text(output);
    }

    /** What a file has by now, which may not be there yet. */
    static String text(Path file) {
        try {
            return Files.exists(file) ? Files.readString(file, StandardCharsets.ISO_8859_1) : "";
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }

    /** SIGKILL. */
    @Override
    public void close() {
        process.destroyForcibly();
        awaitEnd();
    }
}
