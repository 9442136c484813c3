// SPDX-License-Identifier: Apache-2.0
package dev.understudy.server;

import dev.understudy.server.settings.NumberSetting;
import dev.understudy.server.settings.SettingsChange;
import dev.understudy.server.transport.Descriptors;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Keeps {@code maxclients} below what {@code ulimit -n} allows (adjustOpenFilesLimit), so that clients beyond it are told, and there is
 * always a descriptor for a file to save or the link to a master. What the JVM has open when the server starts is kept back as well. On the
 * loop.
 */
final class DescriptorLimit {
    /** CONFIG_MIN_RESERVED_FDS: kept back for files and links. */
    private static final int RESERVED = 32;

    private final Server server;
    private Descriptors atStart = Descriptors.UNKNOWN;

    DescriptorLimit(Server server) {
        this.server = server;
        server.settings().onChange(server.settings().maxclients, this::changed);
    }

    /** Before the first client: lowers {@code maxclients} if need be; returns why not even one client can be served, or null. */
    @Nullable
    String adjust() {
        atStart = server.ports().transport().descriptors();
        NumberSetting maxclients = server.settings().maxclients;
        long possible = possible();
        if (maxclients.value() <= possible) {
            return null;
        }
        if (possible <= 0) {
            return "Your current 'ulimit -n' of " + atStart.limit() + " is not enough for the server to start. Please"
                    + " increase your open file limit to at least " + needed() + ". Exiting.";
        }
        warn(possible);
        byte[] lowered = Long.toString(possible).getBytes(StandardCharsets.US_ASCII);
        String error = new SettingsChange(server.settings(), server.log()::warning)
                .apply(List.of(new SettingsChange.Pair(maxclients.name(), lowered)), false, false);
        if (error != null) {
            throw new IllegalStateException("maxclients cannot be lowered: " + error);
        }
        return null;
    }

    private @Nullable String changed() {
        long possible = possible();
        if (server.settings().maxclients.value() <= possible) {
            return null;
        }
        warn(possible);
        return "The operating system is not able to handle the specified number of clients, try with " + possible;
    }

    private long possible() {
        return atStart.limit() - atStart.open() - RESERVED;
    }

    private long needed() {
        return server.settings().maxclients.value() + atStart.open() + RESERVED;
    }

    /** In Redis's words, which tools look for; that the JVM cannot ask for more is all the same to the reader. */
    private void warn(long possible) {
        ServerLog log = server.log();
        log.warning("You requested maxclients of "
                + server.settings().maxclients.value() + " requiring at least " + needed() + " max file descriptors.");
        log.warning("Server can't set maximum open files to " + needed()
                + " because of OS error: Operation not permitted.");
        log.warning("Current maximum open files is " + atStart.limit() + ". maxclients has been reduced to " + possible
                + " to compensate for low ulimit. If you need higher maxclients increase 'ulimit -n'.");
    }
}
