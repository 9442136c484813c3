// SPDX-License-Identifier: Apache-2.0
package dev.understudy.interop;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A server of a group that Sentinel watches, ours or a real one, as a process of its own with a configuration file: it can be killed, frozen, cut off
 * and started again. The others know it by the address of a proxy; {@link #port} is its own port, which no cut concerns.
 */
final class Member implements Node {
    private static final Duration START_LIMIT = Duration.ofMinutes(2);

    private final String name;
    private final Optional<Binaries.Peer> peer;
    private final Path dir;
    private final int port = Child.freePort();
    private final CutProxy proxy = new CutProxy(port);
    private Child child;

    private Member(String name, Optional<Binaries.Peer> peer, Path dir) {
        this.name = name;
        this.peer = peer;
        this.dir = dir;
        append(
                "port " + port,
                "bind " + HOST,
                "dir " + dir,
                "save \"\"",
                "repl-diskless-sync-delay 0",
                "repl-backlog-size 16mb",
                // A ping sent by a master that has been replaced but does not know yet would part its ways from the
                // others'.
                "repl-ping-replica-period 3600",
                "replica-announce-ip " + HOST,
                "replica-announce-port " + proxy.port());
        this.child = run();
    }

    /** Starts a server in a folder of its own under {@code parent}; ours if there is no peer. */
    static Member start(String name, Path parent, Optional<Binaries.Peer> peer) {
        try {
            return new Member(name, peer, Files.createDirectories(parent.resolve(name)));
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }

    private Path config() {
        return dir.resolve("node.conf");
    }

    private Path output() {
        return dir.resolve("out");
    }

    private void append(String... lines) {
        try {
            String before = Files.exists(config()) ? Files.readString(config()) : "";
            Files.writeString(config(), before + String.join("\n", lines) + "\n");
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }

    private Child run() {
        List<String> command = new ArrayList<>();
        if (peer.isPresent()) {
            command.add(peer.get().program("server").toString());
        } else {
            command.addAll(List.of(
                    System.getProperty("java.home") + File.separator + "bin" + File.separator + "java",
                    "--enable-native-access=ALL-UNNAMED",
                    "-XX:+UseSerialGC",
                    "-XX:TieredStopAtLevel=1",
                    "-Xmx128m",
                    "-cp",
                    System.getProperty("java.class.path"),
                    "dev.understudy.app.Main"));
        }
        command.add(config().toString());
        Child started = new Child(command, dir, output());
        Waits.until(name + " answers", START_LIMIT, () -> call("PING") != null, this);
        return started;
    }

    /** What the others connect to. */
    int address() {
        return proxy.port();
    }

    CutProxy proxy() {
        return proxy;
    }

    Child child() {
        return child;
    }

    boolean isOurs() {
        return peer.isEmpty();
    }

    /** Starts it again where it was, with its configuration file as it is by now. */
    void restart() {
        child = run();
    }

    /** As {@link #restart}, as a replica. */
    void restartAsReplicaOf(Member master) {
        append("replicaof " + HOST + " " + master.address());
        child = run();
    }

    /** The master that its configuration file names. */
    Optional<Integer> configuredMaster() {
        try (var lines = Files.lines(config(), StandardCharsets.ISO_8859_1)) {
            return lines.filter(line -> line.startsWith("replicaof ") || line.startsWith("slaveof "))
                    .map(line -> Integer.valueOf(line.replaceAll(".*[ \"]([0-9]+)\"?$", "$1")))
                    .findFirst();
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
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
        return Child.text(output());
    }

    @Override
    public void close() {
        proxy.close();
        child.close();
    }

    @Override
    public String toString() {
        return name;
    }
}
