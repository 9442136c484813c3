// SPDX-License-Identifier: Apache-2.0
package dev.understudy.interop;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import redis.clients.jedis.exceptions.JedisException;

/** A server, ours or a real one, as a process of its own that can be killed and shut down, and started again with the same port, folder and options. */
final class Crashable implements Node {
    private static final Duration START_LIMIT = Duration.ofMinutes(2);

    private final String name;
    private final Optional<Binaries.Peer> peer;
    private final Path dir;
    private final int port = Child.freePort();
    private final List<String> options;
    private Child child;

    private Crashable(String name, Optional<Binaries.Peer> peer, Path dir, List<String> options) {
        this.name = name;
        this.peer = peer;
        this.dir = dir;
        this.options = options;
        this.child = run();
    }

    /** Starts a server in a folder of its own under {@code parent}; ours if there is no peer. Without save points unless {@code options} have them. */
    static Crashable start(String name, Path parent, Optional<Binaries.Peer> peer, String... options) {
        try {
            return new Crashable(name, peer, Files.createDirectories(parent.resolve(name)), List.of(options));
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
                    "-ea",
                    "--enable-native-access=ALL-UNNAMED",
                    "-XX:+UseSerialGC",
                    "-XX:TieredStopAtLevel=1",
                    "-Xmx256m",
                    "-cp",
                    System.getProperty("java.class.path"),
                    "dev.understudy.app.Main"));
        }
        command.addAll(List.of("--port", Integer.toString(port), "--bind", HOST, "--dir", dir.toString()));
        command.addAll(List.of("--save", "", "--repl-diskless-sync-delay", "0", "--repl-backlog-size", "64mb"));
        command.addAll(options);
        return new Child(command, dir, dir.resolve("out"));
    }

    /** Waits until it has loaded its data; fails as soon as it has ended instead. */
    Crashable awaitReady() {
        Waits.until(name + " answers", START_LIMIT, () -> {
            if (!child.isAlive()) {
                throw new AssertionError(name + " does not start:\n" + log());
            }
            return call("PING") != null;
        });
        return this;
    }

    /** SIGKILL. */
    void kill() {
        child.close();
    }

    /** SHUTDOWN with these words; waits for its end. */
    void shutDown(String... words) {
        List<String> command = new ArrayList<>(List.of("SHUTDOWN"));
        command.addAll(List.of(words));
        try {
            call(command.toArray(String[]::new));
            throw new AssertionError(name + " refuses to end:\n" + log());
        } catch (JedisException ended) {
            child.awaitEnd();
        }
    }

    /** Waits until it has ended by itself; returns its exit status. */
    int awaitEnd() {
        child.awaitEnd();
        return child.exitStatus();
    }

    /** Starts it again with what is in its folder. */
    void restart() {
        child = run();
        awaitReady();
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
        return Child.text(dir.resolve("out"));
    }

    @Override
    public void close() {
        child.close();
    }

    @Override
    public String toString() {
        return name + " (" + peer.map(Binaries.Peer::name).orElse("ours") + ")";
    }
}
