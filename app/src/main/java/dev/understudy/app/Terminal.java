// SPDX-License-Identifier: Apache-2.0
package dev.understudy.app;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Whether somebody looks on. */
public final class Terminal {
    private static final Path STANDARD_OUTPUT = Path.of("/proc/self/fd/1");

    private Terminal() {}

    /** Whether the standard output is a terminal. */
    @SuppressWarnings("SystemConsoleNull") // The JDK 25 went back to the console that is null without a terminal.
    public static boolean isStandardOutput() {
        try {
            if (Files.exists(STANDARD_OUTPUT)) {
                // Quicker than the JDK's console, which brings an editor of lines along.
                String target = Files.readSymbolicLink(STANDARD_OUTPUT).toString();
                return target.startsWith("/dev/pts/") || target.startsWith("/dev/tty") || target.equals("/dev/console");
            }
        } catch (IOException unreadable) {
            return false;
        }
        var console = System.console();
        return console != null && console.isTerminal();
    }
}
