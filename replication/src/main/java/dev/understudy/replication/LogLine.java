// SPDX-License-Identifier: Apache-2.0
package dev.understudy.replication;

/** A line for the log; tools and Redis's own test suite grep for the texts, so they are interface ({@link Messages}). */
public record LogLine(Level level, String text) {
    /** Redis's log levels with the character that marks them in the log file. */
    public enum Level {
        DEBUG('.'),
        VERBOSE('-'),
        NOTICE('*'),
        WARNING('#');

        private final char mark;

        Level(char mark) {
            this.mark = mark;
        }

        public char mark() {
            return mark;
        }
    }

    static LogLine notice(String text) {
        return new LogLine(Level.NOTICE, text);
    }

    static LogLine warning(String text) {
        return new LogLine(Level.WARNING, text);
    }

    @Override
    public String toString() {
        return level.mark() + " " + text;
    }
}
