// SPDX-License-Identifier: Apache-2.0
package dev.understudy.persist.aof;

/** How reading the commands of a file ended. All offsets are bytes from the beginning of the file. */
public sealed interface AofOutcome {
    /**
     * All was read, and no transaction is open.
     *
     * @param bytes of the file
     */
    record Complete(long bytes) implements AofOutcome {}

    /**
     * The file ends within a command or a line, or within a transaction: what a crash leaves.
     *
     * @param validBytes end of the last command or annotation outside of a transaction, or of the last EXEC: cut
     *     there, the file is complete and holds all that was executed
     * @param insideMulti whether a transaction is open, whose commands the visitor was given without an EXEC
     * @param insideCommand whether the last command or line is incomplete
     * @param bytes of the file
     */
    record Truncated(long validBytes, boolean insideMulti, boolean insideCommand, long bytes) implements AofOutcome {}

    /**
     * What stands at {@code offset} is neither a command nor an annotation, nor the beginning of one.
     *
     * @param validBytes as in {@link Truncated}
     * @param what stands there or is wrong with it, for people
     */
    record BadFormat(long offset, long validBytes, String what) implements AofOutcome {}

    /** The visitor did not take the command that begins at {@code offset}. */
    record Refused(long offset, String reason) implements AofOutcome {}

    /** The medium failed. */
    record Unreadable(long offset, String reason) implements AofOutcome {}

    /** {@link AofReader.Visitor#progress} gave up. */
    record Cancelled() implements AofOutcome {}
}
