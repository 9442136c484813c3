// SPDX-License-Identifier: Apache-2.0
package dev.understudy.app;

import dev.understudy.server.FileErrors;
import dev.understudy.server.ServerLog;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** The file with the process id. */
final class PidFile implements AutoCloseable {
    private static final String DEFAULT = "/var/run/redis.pid";

    private final @Nullable Path file;

    private PidFile(@Nullable Path file) {
        this.file = file;
    }

    /**
     * Writes it if it is wanted: if it is named, or the server is in the background. That this fails is logged and no reason not to serve.
     *
     * @param name empty for the default
     */
    static PidFile write(String name, boolean background, Path folder, ServerLog log) {
        if (name.isEmpty() && !background) {
            return new PidFile(null);
        }
        Path file = folder.resolve(name.isEmpty() ? DEFAULT : name);
        try {
            Files.writeString(file, ProcessHandle.current().pid() + "\n");
            return new PidFile(file);
        } catch (IOException failure) {
            log.warning("Failed to write PID file: " + FileErrors.text(failure));
            return new PidFile(null);
        }
    }

    /** Removes it. */
    @Override
    public void close() {
        if (file == null) {
            return;
        }
        try {
            Files.deleteIfExists(file);
        } catch (IOException gone) {
            // Whoever forbids that wants it to stay; Redis does not look at the result either.
            return;
        }
    }
}
