// SPDX-License-Identifier: Apache-2.0
package dev.understudy.replication;

/** Where the payload of a full sync goes, decided by repl-diskless-load. */
public enum Destination {
    /** A temporary file, loaded when it is complete; the old data go just before. */
    DISK("to disk"),
    /** The RDB parser, fed from the socket; the old data go before the first byte. */
    PARSER("to parser"),
    /** The RDB parser, filling a second data set that replaces the old one on success. */
    PARSER_ASIDE("to parser");

    private final String words;

    Destination(String words) {
        this.words = words;
    }

    /** The words of the log line that announces the transfer. */
    String words() {
        return words;
    }

    /** The values of repl-diskless-load. */
    public enum DisklessLoad {
        DISABLED,
        ON_EMPTY_DB,
        SWAPDB
    }

    /** useDisklessLoad of Redis. */
    public static Destination choose(DisklessLoad setting, boolean dataSetIsEmpty) {
        return switch (setting) {
            case DISABLED -> DISK;
            case ON_EMPTY_DB -> dataSetIsEmpty ? PARSER : DISK;
            case SWAPDB -> PARSER_ASIDE;
        };
    }
}
