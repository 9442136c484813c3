// SPDX-License-Identifier: Apache-2.0
package dev.understudy.persist.aof;

import dev.understudy.persist.RdbSource;
import dev.understudy.persist.SaveOptions;
import dev.understudy.wire.Bytes;
import org.jspecify.annotations.Nullable;

/**
 * What one pass over the commands of a file shows, without executing them. Memory is bounded by the largest command.
 *
 * @param outcome how the pass ended; {@link AofOutcome.Refused} and {@link AofOutcome.Cancelled} do not occur
 * @param commands complete commands, MULTI and EXEC included
 * @param position what the last position line outside of a transaction says, null if there is none
 * @param positionEnd where that line ends, bytes from the beginning of the file; -1 if there is none
 * @param unitsBehind complete commands outside of transactions, and complete transactions, behind that line (behind
 *     the beginning if
 *     there is none): if there are none, {@code position} is that of the data set once the valid part of the file has
 *     been loaded
 * @param lastTimestampSeconds what the last timestamp line says, -1 if there is none
 */
public record AofScan(
        AofOutcome outcome,
        long commands,
        SaveOptions.@Nullable Replication position,
        long positionEnd,
        long unitsBehind,
        long lastTimestampSeconds) {
    public static AofScan of(RdbSource source) {
        return of(source, 0);
    }

    /**
     * Passes over the commands that follow a snapshot; {@code fromOffset} as in {@link AofReader#read(RdbSource,
     * long, AofReader.Visitor)}.
     */
    public static AofScan of(RdbSource source, long fromOffset) {
        Pass pass = new Pass();
        AofOutcome outcome = AofReader.read(source, fromOffset, pass);
        return new AofScan(
                outcome, pass.commands, pass.position, pass.positionEnd, pass.unitsBehind, pass.lastTimestampSeconds);
    }

    /** Whether commands stand behind the last position line, so that the position of the whole is not known. */
    public boolean commandsFollow() {
        return unitsBehind > 0;
    }

    private static final class Pass implements AofReader.Visitor {
        private long commands;
        private SaveOptions.@Nullable Replication position;
        private long positionEnd = -1;
        private long unitsBehind;
        private long lastTimestampSeconds = -1;
        private boolean multi;

        @Override
        public @Nullable String command(Bytes[] words, int count) {
            commands++;
            multi = multi ? !words[0].is("exec") : words[0].is("multi");
            if (!multi) {
                unitsBehind++;
            }
            return null;
        }

        @Override
        public void position(SaveOptions.Replication told, long endOffset) {
            position = told;
            positionEnd = endOffset;
            unitsBehind = 0;
        }

        @Override
        public void timestamp(long seconds, long offset) {
            lastTimestampSeconds = seconds;
        }
    }
}
