// SPDX-License-Identifier: Apache-2.0
package dev.understudy.persist.aof;

import dev.understudy.persist.RdbSource;
import dev.understudy.persist.SaveOptions;
import org.jspecify.annotations.Nullable;

/**
 * What a strict look at the commands of a file found, as redis-check-aof takes it: unlike {@link AofReader}, it wants
 * CR and LF behind every
 * number and word, and MULTI and EXEC in pairs. A file that it finds valid is read to its end by every server. Memory
 * is bounded by a line. Any thread.
 *
 * @param end how it ended
 * @param bytes of the file
 * @param okUpTo end of the last command or annotation outside of a transaction, or of the last EXEC
 * @param lines line ends met, plus those of the files before
 * @param position what the last position line within the first {@code okUpTo} bytes says, null if there is none
 * @param unitsBehind commands outside of transactions, and transactions, behind that line
 */
public record AofCheck(
        End end, long bytes, long okUpTo, long lines, SaveOptions.@Nullable Replication position, long unitsBehind) {
    /** How the look ended. */
    public sealed interface End {}

    /** The file is as it should be. */
    public record Valid() implements End {}

    /**
     * Something is wrong behind {@code okUpTo}.
     *
     * @param what with its place, in the words of redis-check-aof, which has none for a file that ends within a line
     */
    public record Defect(@Nullable String what) implements End {}

    /** Behind {@code okUpTo} stands neither a command nor an annotation. */
    public record Foreign() implements End {}

    /** At {@code offset} begins what was written later than was asked for; it is no place within a transaction. */
    public record Later(long offset) implements End {}

    /** A timestamp is none; only if one was asked for. */
    public record BadTimestamp() implements End {}

    /** The medium failed. */
    public record Unreadable(String reason) implements End {}

    /**
     * Looks at a file.
     *
     * @param file its name, for the texts
     * @param fromOffset offset in the file of the source's next byte, where its commands begin
     * @param untilSeconds the look ends where a timestamp line tells a later second; {@link Long#MAX_VALUE} for none
     * @param linesBefore {@code lines} of the file before, 1 for the first
     */
    public static AofCheck of(String file, RdbSource source, long fromOffset, long untilSeconds, long linesBefore) {
        return new AofChecker(file, source, fromOffset, untilSeconds, linesBefore).check();
    }
}
