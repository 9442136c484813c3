// SPDX-License-Identifier: Apache-2.0
package dev.understudy.interop;

import dev.understudy.server.Instance;
import dev.understudy.server.MachineFiles;
import dev.understudy.server.ServerLog;
import dev.understudy.server.settings.SettingsReader;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;

/** Our server, in this JVM. */
public final class Ours implements Node {
    private final String name;
    private final Path dir;
    private final Instance instance;
    private final Lines lines;

    private Ours(String name, Path dir, Instance instance, Lines lines) {
        this.name = name;
        this.dir = dir;
        this.instance = instance;
        this.lines = lines;
    }

    /** {@code options} as on the command line. */
    public static Ours start(String name, Path dir, String... options) {
        return start(name, dir, UnaryOperator.identity(), options);
    }

    /** @param embedding what an application would change */
    public static Ours start(String name, Path dir, UnaryOperator<Instance.Options> embedding, String... options) {
        List<String> arguments = new ArrayList<>(List.of(
                "--port",
                Integer.toString(Instance.freePort()),
                "--bind",
                HOST,
                "--dir",
                dir.toString(),
                "--save",
                "",
                "--repl-diskless-sync-delay",
                "0",
                "--repl-backlog-size",
                "64mb"));
        arguments.addAll(List.of(options));
        SettingsReader.Outcome read = new SettingsReader(new MachineFiles()).read(arguments);
        if (!(read instanceof SettingsReader.Loaded(var settings, var _))) {
            throw new AssertionError("settings refused: " + read);
        }
        Lines lines = new Lines();
        return switch (Instance.start(settings, embedding.apply(Instance.Options.named(name, lines)))) {
            case Instance.Started(Instance instance) -> new Ours(name, dir, instance, lines);
            case Instance.Refused(String reason) -> throw new AssertionError(reason + "\n" + lines);
        };
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public int port() {
        return instance.port();
    }

    @Override
    public Path dir() {
        return dir;
    }

    @Override
    public String log() {
        return lines.toString();
    }

    @Override
    public void close() {
        instance.close();
    }

    /** The server itself. */
    public Instance instance() {
        return instance;
    }

    /** Waits for the end of what SHUTDOWN has begun. */
    void awaitEnd() {
        instance.closed().join();
    }

    @Override
    public String toString() {
        return name + " (ours)";
    }

    private static final class Lines implements ServerLog {
        private final StringBuilder text = new StringBuilder();

        @Override
        public synchronized void log(Level level, String message) {
            text.append(level.mark()).append(' ').append(message).append('\n');
        }

        @Override
        public boolean isEnabled(Level level) {
            return level.compareTo(Level.VERBOSE) >= 0;
        }

        @Override
        public void role(char letter) {
            // The lines of an instance are told apart by its name.
        }

        @Override
        public synchronized String toString() {
            return text.toString();
        }
    }
}
