// SPDX-License-Identifier: Apache-2.0
package dev.understudy.interop;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;

/** A running server on the loopback address, a real one or ours. From any thread. */
public interface Node extends AutoCloseable {
    String HOST = "127.0.0.1";

    /** For messages. */
    String name();

    int port();

    /** Its working directory, where its {@code dump.rdb} is. */
    Path dir();

    /** All that it has logged so far. */
    String log();

    /** Ends it at once, without saving; nothing of it is left. */
    @Override
    void close();

    /** A new connection to it, in RESP2. */
    default Session open() {
        return new Session(HOST, port());
    }

    /** The reply to one command over a connection of its own. */
    default Object call(String... words) {
        try (Session session = open()) {
            return session.call(words);
        }
    }

    default void replicaOf(int masterPort) {
        call("REPLICAOF", HOST, Integer.toString(masterPort));
    }

    default void promote() {
        call("REPLICAOF", "NO", "ONE");
    }

    /** The fields of a section of INFO. */
    default Map<String, String> info(String section) {
        Map<String, String> fields = new LinkedHashMap<>();
        try (Session session = open()) {
            for (String line : session.text("INFO", section).split("\r?\n")) {
                int colon = line.indexOf(':');
                if (colon > 0 && !line.startsWith("#")) {
                    fields.put(line.substring(0, colon), line.substring(colon + 1));
                }
            }
        }
        return fields;
    }

    /** A field of INFO that is a number. */
    default long number(String section, String field) {
        String value = info(section).get(field);
        if (value == null) {
            throw new AssertionError(name() + ": INFO " + section + " has no " + field);
        }
        return Long.parseLong(value);
    }

    default long fullSyncs() {
        return number("stats", "sync_full");
    }

    default long partialSyncs() {
        return number("stats", "sync_partial_ok");
    }

    default long offset() {
        return number("replication", "master_repl_offset");
    }
}
