// SPDX-License-Identifier: Apache-2.0
package dev.understudy.server;

/**
 * Where a server writes its log, in Redis's four levels. One per instance, so that several servers in one JVM each have their own role
 * letter; the program prints Redis's format, an embedder gets SLF4J, the simulation keeps the lines. From any thread.
 */
public interface ServerLog {
    /** Redis's log levels, from the least important. */
    enum Level {
        DEBUG('.'),
        VERBOSE('-'),
        NOTICE('*'),
        WARNING('#');

        private final char mark;

        Level(char mark) {
            this.mark = mark;
        }

        /** The character that stands for the level in a log line. */
        public char mark() {
            return mark;
        }
    }

    /** Writes one line. */
    void log(Level level, String message);

    /** Whether lines of this level are written: spares the making of costly ones. */
    boolean isEnabled(Level level);

    /** The letter of the server's role in further lines: {@code M} master, {@code S} replica, {@code C} saver, {@code X} sentinel. */
    void role(char letter);

    default void debug(String message) {
        log(Level.DEBUG, message);
    }

    default void verbose(String message) {
        log(Level.VERBOSE, message);
    }

    default void notice(String message) {
        log(Level.NOTICE, message);
    }

    default void warning(String message) {
        log(Level.WARNING, message);
    }
}
