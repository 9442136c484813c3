// SPDX-License-Identifier: Apache-2.0
package dev.understudy.interop;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** The server of a {@link Soak}: a process of its own, maybe in a control group whose memory is limited, and what can be seen of it from outside. */
final class SoakServer implements Node {
    private static final Pattern OLD_GENERATION = Pattern.compile("(?m)^ *(?:\\S+ )?[Tt]enured.*?used (\\d+)K");
    private static final int SECONDS_MAX = 60;

    private final Soak.Settings settings;
    private final Path folder;
    private final int port;
    private final Child process;
    private final @Nullable Path group;
    private long pid;

    private SoakServer(Soak.Settings settings, Path folder, int port, Child process, @Nullable Path group) {
        this.settings = settings;
        this.folder = folder;
        this.port = port;
        this.process = process;
        this.group = group;
    }

    static SoakServer start(Soak.Settings settings, Path folder) throws IOException {
        int port = Child.freePort();
        Path group = settings.cgroupMegabytes() == 0 ? null : makeGroup(settings.cgroupMegabytes());
        Path dir = Files.createDirectories(folder.resolve("master"));
        List<String> command = new ArrayList<>();
        if (group != null) {
            // The shell moves itself, and becomes the server.
            String script = "echo $$ > " + group.resolve("cgroup.procs") + " && exec \"$@\"";
            command.addAll(List.of("sh", "-c", script, "sh"));
        }
        command.addAll(command(settings, port, dir));
        command.addAll(List.of("--appendonly", "yes", "--maxmemory", "0"));
        Child process = new Child(command, folder, folder.resolve("master.log"));
        SoakServer server = new SoakServer(settings, folder, port, process, group);
        server.awaitAnswer();
        server.pid = server.number("server", "process_id");
        return server;
    }

    private static List<String> command(Soak.Settings settings, int port, Path dir) {
        return List.of(
                settings.program().toAbsolutePath().toString(),
                "--port",
                Integer.toString(port),
                "--bind",
                HOST,
                "--dir",
                dir.toString(),
                "--save",
                "",
                "--repl-diskless-sync-delay",
                "0");
    }

    /** Version 2 of control groups, or the memory controller of version 1. */
    private static Path makeGroup(int megabytes) throws IOException {
        Path root = Path.of("/sys/fs/cgroup");
        boolean unified = Files.exists(root.resolve("cgroup.controllers"));
        Path group = (unified ? root : root.resolve("memory"))
                .resolve("understudy-soak-" + ProcessHandle.current().pid());
        Files.createDirectory(group);
        Path limit = group.resolve(unified ? "memory.max" : "memory.limit_in_bytes");
        Files.writeString(limit, Long.toString((long) megabytes << 20));
        return group;
    }

    private void awaitAnswer() {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(SECONDS_MAX);
        while (true) {
            try {
                call("PING");
                return;
            } catch (redis.clients.jedis.exceptions.JedisConnectionException notYet) {
                if (System.nanoTime() > end || !process.isAlive()) {
                    throw new IllegalStateException("the server does not start:\n" + log(), notYet);
                }
            }
            try {
                Thread.sleep(100);
            } catch (InterruptedException ended) {
                throw new IllegalStateException(ended);
            }
        }
    }

    /** A new, empty replica of the server. */
    Child replica(int round) {
        try {
            Path dir = Files.createDirectories(folder.resolve("replica-" + round));
            List<String> command = new ArrayList<>(command(settings, Child.freePort(), dir));
            command.addAll(List.of("--replicaof", HOST + " " + port));
            return new Child(command, folder, folder.resolve("replica.log"));
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }

    boolean isAlive() {
        return process.isAlive();
    }

    /** VmRSS. */
    long residentBytes() {
        try (var lines = Files.lines(Path.of("/proc", Long.toString(pid), "status"))) {
            String line =
                    lines.filter(each -> each.startsWith("VmRSS:")).findFirst().orElseThrow();
            return Long.parseLong(line.replaceAll("\\D", "")) << 10;
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }

    /** Bytes in use in the old generation of the server's heap, garbage included; 0 if the JVM does not tell. */
    long oldGenerationBytes() {
        Path jcmd = Path.of(System.getProperty("java.home"), "bin", "jcmd");
        try {
            Process tool = new ProcessBuilder(jcmd.toString(), Long.toString(pid), "GC.heap_info")
                    .redirectErrorStream(true)
                    .start();
            String text = new String(tool.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            tool.waitFor();
            Matcher matcher = OLD_GENERATION.matcher(text);
            return matcher.find() ? Long.parseLong(matcher.group(1)) << 10 : 0;
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        } catch (InterruptedException ended) {
            throw new IllegalStateException(ended);
        }
    }

    @Override
    public String name() {
        return "master";
    }

    @Override
    public int port() {
        return port;
    }

    @Override
    public Path dir() {
        return folder.resolve("master");
    }

    @Override
    public String log() {
        return process.text();
    }

    @Override
    public void close() {
        process.close();
        if (group != null) {
            try {
                Files.delete(group);
            } catch (IOException busy) {
                throw new UncheckedIOException(busy);
            }
        }
    }
}
