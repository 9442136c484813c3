// SPDX-License-Identifier: Apache-2.0
package dev.understudy.app;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * {@code daemonize yes} without fork, which a JVM cannot do: the program starts itself once more, in a session of its own (setsid(1), where
 * there is one) and without terminal, and the first process ends when the second serves, with status 0, or has failed, with its message and
 * status: later than Redis's, which ends before it is known whether the server can start.
 */
final class Daemon {
    /** In the second process: the file that holds its standard error, and that it deletes as soon as it serves. */
    private static final String REPORT = "UNDERSTUDY_DAEMON_REPORT";

    private static final int POLL_MILLIS = 10;

    private Daemon() {}

    /** Whether this process is the one in the background. */
    static boolean isBackground() {
        return System.getenv(REPORT) != null;
    }

    /** In the background: we serve, the first process may go. */
    static void serving() {
        String report = System.getenv(REPORT);
        if (report != null) {
            try {
                Files.deleteIfExists(Path.of(report));
            } catch (IOException stays) {
                // The first process then waits for ever, which somebody will see.
                System.err.println("Cannot delete " + report + ": " + stays);
            }
        }
    }

    /**
     * Starts the process in the background and waits until it serves.
     *
     * @param standardInput what has been read from it, for the other process to read; null for nothing
     * @return the exit status for this process
     */
    static int start(byte @Nullable [] standardInput) {
        Path report = null;
        try {
            report = Files.createTempFile("understudy-daemon-", ".log");
            ProcessBuilder builder = new ProcessBuilder(command())
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .redirectError(report.toFile());
            builder.environment().put(REPORT, report.toString());
            Process process = builder.start();
            try (OutputStream in = process.getOutputStream()) {
                if (standardInput != null) {
                    in.write(standardInput);
                }
            }
            while (!process.waitFor(POLL_MILLIS, TimeUnit.MILLISECONDS)) {
                if (!Files.exists(report)) {
                    return 0;
                }
            }
            System.err.print(Files.readString(report, StandardCharsets.UTF_8));
            return process.exitValue() == 0 ? 1 : process.exitValue();
        } catch (IOException failure) {
            System.err.println("Can't daemonize: " + failure.getMessage());
            return 1;
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            return 1;
        } finally {
            delete(report);
        }
    }

    private static void delete(@Nullable Path report) {
        try {
            if (report != null) {
                Files.deleteIfExists(report);
            }
        } catch (IOException stays) {
            System.err.println("Cannot delete " + report + ": " + stays);
        }
    }

    /** The command line of this process, to be run in a new session. */
    private static List<String> command() throws IOException {
        ProcessHandle.Info self = ProcessHandle.current().info();
        List<String> command = new ArrayList<>();
        setsid(command);
        command.add(self.command().orElseThrow(() -> new IOException("the path of the JVM is not known")));
        Path words = Path.of("/proc/self/cmdline");
        if (Files.exists(words)) {
            // The JDK cuts long command lines.
            String[] all = Files.readString(words, StandardCharsets.UTF_8).split("\0", -1);
            command.addAll(List.of(all).subList(1, all.length - 1));
        } else {
            command.addAll(List.of(self.arguments().orElseThrow(() -> new IOException("the arguments are not known"))));
        }
        return command;
    }

    private static void setsid(List<String> command) {
        for (String folder : List.of("/usr/bin", "/bin", "/usr/local/bin")) {
            Path program = Path.of(folder, "setsid");
            if (Files.isExecutable(program)) {
                command.add(program.toString());
                return;
            }
        }
    }
}
