// SPDX-License-Identifier: Apache-2.0
package dev.understudy.interop;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Runs the command line tools of real servers to their end. */
final class Tool {
    /** What a tool printed, both outputs together, and how it ended. */
    record Run(int status, String output) {
        Run succeeds() {
            assertThat(status).as("status; output: %s", output).isZero();
            return this;
        }
    }

    private static final int SECONDS_MAX = 120;

    private Tool() {}

    /** redis-cli connected to a node, with {@code input} as its standard input. */
    static Run cli(Node node, String input, String... arguments) {
        List<String> command = new ArrayList<>(List.of(
                Binaries.system().program("cli").toString(), "-h", Node.HOST, "-p", Integer.toString(node.port())));
        command.addAll(List.of(arguments));
        return run(command, input);
    }

    /** The lines of a redis-cli that does not end by itself, up to one that contains {@code last}. */
    static List<String> cliUntil(Node node, String last, String... arguments) {
        List<String> command = new ArrayList<>(List.of(
                Binaries.system().program("cli").toString(), "-h", Node.HOST, "-p", Integer.toString(node.port())));
        command.addAll(List.of(arguments));
        List<String> lines = new ArrayList<>();
        try {
            Process process =
                    new ProcessBuilder(command).redirectErrorStream(true).start();
            // A tool that prints nothing would be read for ever.
            process.onExit().orTimeout(SECONDS_MAX, TimeUnit.SECONDS).whenComplete((_, _) -> process.destroyForcibly());
            try (BufferedReader out = process.inputReader(StandardCharsets.ISO_8859_1)) {
                for (String line = out.readLine(); line != null; line = out.readLine()) {
                    lines.add(line);
                    if (line.contains(last)) {
                        return lines;
                    }
                }
            } finally {
                process.destroyForcibly();
            }
        } catch (IOException failure) {
            throw new UncheckedIOException(command.toString(), failure);
        }
        throw new AssertionError(command + " ended without " + last + ": " + lines);
    }

    static Run benchmark(Node node, String... arguments) {
        List<String> command = new ArrayList<>(List.of(
                Binaries.system().program("benchmark").toString(),
                "-h",
                Node.HOST,
                "-p",
                Integer.toString(node.port())));
        command.addAll(List.of(arguments));
        return run(command, "");
    }

    static Run checkRdb(Binaries.Peer peer, Path file) {
        return run(List.of(peer.program("check-rdb").toString(), file.toString()), "");
    }

    /** redis-check-aof, with {@code input} as its standard input. */
    static Run checkAof(Binaries.Peer peer, String input, String... arguments) {
        List<String> command = new ArrayList<>(List.of(peer.program("check-aof").toString()));
        command.addAll(List.of(arguments));
        return run(command, input);
    }

    private static Run run(List<String> command, String input) {
        try {
            Path output = Files.createTempFile("tool", ".out");
            Process process = new ProcessBuilder(command)
                    .redirectErrorStream(true)
                    .redirectOutput(output.toFile())
                    .start();
            try {
                try (OutputStream in = process.getOutputStream()) {
                    in.write(input.getBytes(StandardCharsets.ISO_8859_1));
                }
                boolean ended = process.waitFor(SECONDS_MAX, TimeUnit.SECONDS);
                String text = Files.readString(output, StandardCharsets.ISO_8859_1);
                assertThat(ended).as("%s ends; so far: %s", command, text).isTrue();
                return new Run(process.exitValue(), text);
            } finally {
                process.destroyForcibly();
                Files.delete(output);
            }
        } catch (IOException failure) {
            throw new UncheckedIOException(command.toString(), failure);
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(interrupted);
        }
    }
}
