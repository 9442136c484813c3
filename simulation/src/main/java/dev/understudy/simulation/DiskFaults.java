// SPDX-License-Identifier: Apache-2.0
package dev.understudy.simulation;

import java.io.IOException;

/** Decides what becomes of each operation of a {@link SimDisk} that changes something. */
interface DiskFaults {
    /** Every operation does what it should. */
    DiskFaults NONE = (_, _, _) -> Outcome.DONE;

    /** What is done to a disk; reading is not among it. */
    enum Operation {
        CREATE,
        WRITE,
        TRUNCATE,
        SYNC,
        RENAME,
        DELETE,
        SYNC_DIRECTORY;

        /** As reports call it. */
        String word() {
            return name().toLowerCase(java.util.Locale.ROOT).replace('_', ' ');
        }
    }

    /** What becomes of an operation. */
    enum Outcome {
        DONE,
        /** The disk says that it is done, and does nothing. */
        IGNORED,
        /** The process ends before it. */
        CRASH_BEFORE,
        /** The process ends in the middle of it; of what cannot be half done, before or after it. */
        CRASH_WITHIN,
        /** The process ends after it. */
        CRASH_AFTER
    }

    /**
     * Asked before an operation.
     *
     * @param name of the file as it was opened; of a rename, the new one
     * @param bytes that are to be written, empty unless that is the operation; may be changed, not kept
     * @throws IOException if the operation fails, with the words of the system
     */
    Outcome of(Operation operation, String name, Piece bytes) throws IOException;

    /**
     * Bytes to write.
     *
     * @param array may be written to
     */
    record Piece(byte[] array, int offset, int length) {
        static final Piece NONE = new Piece(new byte[0], 0, 0);
    }
}
