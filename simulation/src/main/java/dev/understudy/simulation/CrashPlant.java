// SPDX-License-Identifier: Apache-2.0
package dev.understudy.simulation;

import java.util.Locale;

/** A bug of a server's persistence, put between server and disk, to see whether crash points find it. */
enum CrashPlant {
    NONE,
    /** A dump takes the place of the old one before it is durable. */
    UNSYNCED_DUMP,
    /** The base of an append-only file is in the manifest before it is durable. */
    UNSYNCED_BASE,
    /** Replies go out before the commands are durable. */
    UNSYNCED_APPENDS,
    /** A manifest takes the place of the old one before it is durable. */
    UNSYNCED_MANIFEST,
    /** No change of a directory is ever made durable. */
    UNSYNCED_DIRECTORIES,
    /** The position is written before the commands that lead to it. */
    EARLY_POSITION;

    /** Whether a sync is to be forgotten. */
    boolean forgets(DiskFaults.Operation operation, CrashPlace place) {
        boolean file = operation == DiskFaults.Operation.SYNC;
        return switch (this) {
            case NONE, EARLY_POSITION -> false;
            case UNSYNCED_DUMP -> file && place == CrashPlace.SAVE;
            case UNSYNCED_BASE -> file && place == CrashPlace.REWRITE;
            case UNSYNCED_APPENDS -> file && place == CrashPlace.APPEND;
            case UNSYNCED_MANIFEST -> file && place == CrashPlace.MANIFEST;
            case UNSYNCED_DIRECTORIES -> operation == DiskFaults.Operation.SYNC_DIRECTORY;
        };
    }

    /** The plant of a name as on the command line, NONE if there is none. */
    static CrashPlant named(String name) {
        for (CrashPlant known : values()) {
            if (known.name().equals(name.toUpperCase(Locale.ROOT).replace('-', '_'))) {
                return known;
            }
        }
        return NONE;
    }
}
