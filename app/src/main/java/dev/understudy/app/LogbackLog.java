// SPDX-License-Identifier: Apache-2.0
package dev.understudy.app;

import dev.understudy.server.ServerLog;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.Marker;
import org.slf4j.helpers.BasicMarkerFactory;

/**
 * A server's log through SLF4J, marked with the process id and the server's role, which {@link LogAppender} prints in front. From any
 * thread.
 */
public final class LogbackLog implements ServerLog {
    private static final BasicMarkerFactory MARKERS = new BasicMarkerFactory();

    private final Logger logger = LoggerFactory.getLogger(LogSetup.LOGGER);
    private final long pid;
    private volatile Marker owner;

    /** For a server that calls itself process {@code pid}; a master until told otherwise. */
    public LogbackLog(long pid) {
        this.pid = pid;
        owner = marker('M');
    }

    private Marker marker(char letter) {
        return MARKERS.getDetachedMarker(pid + ":" + letter);
    }

    @Override
    public void log(Level level, String message) {
        Marker mine = owner;
        // Not the fluent API: it takes the text for a pattern with arguments.
        switch (level) {
            case DEBUG -> logger.trace(mine, message);
            case VERBOSE -> logger.debug(mine, message);
            case NOTICE -> logger.info(mine, message);
            case WARNING -> logger.warn(mine, message);
        }
    }

    @Override
    public boolean isEnabled(Level level) {
        return logger.isEnabledForLevel(LogSetup.slf4jLevel(level));
    }

    @Override
    public void role(char letter) {
        owner = marker(letter);
    }
}
