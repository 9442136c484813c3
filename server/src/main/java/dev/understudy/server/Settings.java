// SPDX-License-Identifier: Apache-2.0
package dev.understudy.server;

/**
 * SKELETON: the directives of redis.conf, each declared once (name, aliases, type, default, range, mutability, doc), which drives
 * parsing, CONFIG GET/SET/REWRITE, --help and the docs page. A field per directive, named as the directive in camel case.
 */
public final class Settings {
    /** A yes/no directive. */
    public static final class Flag {
        private boolean value;

        Flag(boolean value) {
            this.value = value;
        }

        public boolean on() {
            return value;
        }
    }

    /** A number: count, bytes, seconds... as its doc says. */
    public static final class Number {
        private long value;

        Number(long value) {
            this.value = value;
        }

        public long value() {
            return value;
        }
    }

    /** A string; empty when not set. Also an enumeration: lower case. */
    public static final class Text {
        private String value;

        Text(String value) {
            this.value = value;
        }

        public String value() {
            return value;
        }
    }

    public final Number port = new Number(6379);
    public final Text requirepass = new Text("");
    public final Number protoMaxBulkLen = new Number(512L << 20);
    public final Number clientQueryBufferLimit = new Number(1L << 30);

    /** The limits of a class of clients ({@link OutputLimit#NORMAL} ...). */
    public OutputLimit outputLimit(int clientClass) {
        throw new UnsupportedOperationException();
    }
}
