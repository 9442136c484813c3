// SPDX-License-Identifier: Apache-2.0
package dev.understudy.app;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.Configurator;
import ch.qos.logback.core.spi.ContextAwareBase;
import dev.understudy.server.ServerLog;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.slf4j.LoggerFactory;

/**
 * Sets logback up without any XML, whose parser would cost start-up time: found by logback as a service before it looks for files. Logger
 * {@value #LOGGER} takes the level of Redis's {@code loglevel}; all others, Netty's among them, speak from warnings on.
 */
public final class LogSetup extends ContextAwareBase implements Configurator {
    static final String LOGGER = "understudy";
    private static final LogAppender APPENDER = new LogAppender();

    @Override
    public ExecutionStatus configure(LoggerContext loggers) {
        APPENDER.setContext(loggers);
        APPENDER.setName("redis-format");
        APPENDER.start();
        Logger root = loggers.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME);
        root.setLevel(Level.WARN);
        root.addAppender(APPENDER);
        loggers.getLogger(LOGGER).setLevel(Level.INFO);
        return ExecutionStatus.DO_NOT_INVOKE_NEXT_IF_ANY;
    }

    /** Sets Redis's {@code loglevel}; at any time, from any thread. Null is {@code nothing}. */
    public static void level(ServerLog.@Nullable Level level) {
        if (LoggerFactory.getLogger(LOGGER) instanceof Logger logger) {
            logger.setLevel(level == null ? Level.OFF : logbackLevel(level));
        }
    }

    /** Sets Redis's {@code logfile}: null for standard output; at any time, from any thread. */
    public static void file(@Nullable Path file) {
        APPENDER.file(file);
    }

    /** Puts text into the log as it is, whatever the level; from any thread. */
    static void raw(String text) {
        APPENDER.raw(text);
    }

    /** The level of SLF4J that stands for Redis's. */
    static org.slf4j.event.Level slf4jLevel(ServerLog.Level level) {
        return switch (level) {
            case DEBUG -> org.slf4j.event.Level.TRACE;
            case VERBOSE -> org.slf4j.event.Level.DEBUG;
            case NOTICE -> org.slf4j.event.Level.INFO;
            case WARNING -> org.slf4j.event.Level.WARN;
        };
    }

    private static Level logbackLevel(ServerLog.Level level) {
        return Level.convertAnSLF4JLevel(slf4jLevel(level));
    }
}
