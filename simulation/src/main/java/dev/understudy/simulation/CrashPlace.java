// SPDX-License-Identifier: Apache-2.0
package dev.understudy.simulation;

import java.util.Locale;

/** What a server is about when it changes something on its disk, as names of files tell. */
enum CrashPlace {
    SAVE,
    FULL_SYNC,
    APPEND,
    REWRITE,
    MANIFEST,
    HISTORY,
    MIGRATION,
    OTHER;

    /** The file of a server that had a single append-only file. */
    static final String LEGACY = "appendonly.aof";

    static final String AOF_DIRECTORY = "appendonlydir";

    /** @param name of the file or directory */
    static CrashPlace of(DiskFaults.Operation operation, String name) {
        String file = name.substring(name.lastIndexOf('/') + 1);
        if (file.endsWith(".manifest")) {
            return MANIFEST;
        }
        if (name.equals(AOF_DIRECTORY)) {
            return operation == DiskFaults.Operation.CREATE ? MIGRATION : MANIFEST;
        }
        if (file.equals(LEGACY)) {
            return MIGRATION;
        }
        if (operation == DiskFaults.Operation.DELETE && name.startsWith(AOF_DIRECTORY)) {
            return HISTORY;
        }
        if (file.endsWith(".incr.aof")) {
            return APPEND;
        }
        if (file.contains(".base.") || file.startsWith("temp-rewriteaof")) {
            return REWRITE;
        }
        if (file.endsWith(".rdb")) {
            return file.matches("temp-\\d+\\.\\d+\\.rdb") ? FULL_SYNC : SAVE;
        }
        return name.isEmpty() ? SAVE : OTHER;
    }

    String word() {
        return name().toLowerCase(Locale.ROOT).replace('_', ' ');
    }
}
