// SPDX-License-Identifier: Apache-2.0
package dev.understudy.server.aof;

import dev.understudy.commands.Effects;
import dev.understudy.persist.SaveOptions;
import dev.understudy.persist.aof.PositionLine;
import dev.understudy.persist.aof.TimestampLine;
import dev.understudy.wire.Numbers;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * Makes bytes of the append only file from what execution units did: a SELECT before an operation of another database than the last one's, MULTI and
 * EXEC around the operations of one unit (feedAppendOnlyFile), and lines that tell time and position. What is meant for
 * replicas only, published messages, stays out. Allocates nothing. Owned by the command loop.
 */
final class AofEncoder {
    /** A restart drops what stands behind the last position, if a backlog holds as much; half of the smallest one. */
    private static final int POSITION_EVERY_BYTES = 8 << 10;

    private static final byte[] MULTI = ascii("*1\r\n$5\r\nMULTI\r\n");
    private static final byte[] EXEC = ascii("*1\r\n$4\r\nEXEC\r\n");
    private static final byte[] SELECT = ascii("*2\r\n$6\r\nSELECT\r\n$");
    private static final byte[] PUBLISH = ascii("*3\r\n$7\r\nPUBLISH\r\n");
    private static final byte[] SHARD_PUBLISH = ascii("*3\r\n$8\r\nSPUBLISH\r\n");

    /** Takes the bytes before it returns. */
    @FunctionalInterface
    interface Target {
        void append(byte[] source, int offset, int count);
    }

    private final Target target;
    private final byte[] line =
            new byte[Math.max(Math.max(PositionLine.MAX_LENGTH, TimestampLine.MAX_LENGTH), SELECT.length + 32)];
    /** The database that the file has selected, -1 when the next operation has to say. */
    private int database = -1;

    private long seconds;
    private SaveOptions.@Nullable Replication position;
    /** Whether commands were written since the last position. */
    private boolean grown;
    /** Bytes of commands since a position was last {@link #isPositionDue asked for} or told. */
    private long unpositionedBytes;

    AofEncoder(Target target) {
        this.target = target;
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }

    /** Another file begins: nothing is known there. */
    void restart() {
        database = -1;
        position = null;
    }

    /** The last {@link #position} of this file, null if there is none. */
    SaveOptions.@Nullable Replication lastPosition() {
        return position;
    }

    /**
     * One unit; {@code wrapped}: between MULTI and EXEC, unless nothing of it is for the file.
     *
     * @return how many bytes of the effects were taken, those that are for replicas only included
     */
    long unit(Effects effects, boolean wrapped) {
        boolean opened = !wrapped;
        long taken = 0;
        int from = -1;
        for (int i = 0; i < effects.count(); i++) {
            byte[] array = effects.array();
            int begin = effects.offset(i);
            if (isForReplicasOnly(array, begin, effects.end(i))) {
                taken += copy(array, from, begin) + effects.end(i) - begin;
                from = -1;
                continue;
            }
            if (!opened) {
                target.append(MULTI, 0, MULTI.length);
                opened = true;
            }
            if (effects.database(i) != database) {
                taken += copy(array, from, begin);
                from = begin;
                select(effects.database(i));
            } else if (from < 0) {
                from = begin;
            }
        }
        taken += copy(effects.array(), from, effects.length());
        if (wrapped && opened) {
            target.append(EXEC, 0, EXEC.length);
        }
        return taken;
    }

    private int copy(byte[] array, int from, int to) {
        if (from < 0 || to <= from) {
            return 0;
        }
        target.append(array, from, to - from);
        grown = true;
        unpositionedBytes += to - from;
        return to - from;
    }

    private void select(int newDatabase) {
        database = newDatabase;
        System.arraycopy(SELECT, 0, line, 0, SELECT.length);
        int at = Numbers.write(Numbers.length(newDatabase), line, SELECT.length);
        line[at++] = '\r';
        line[at++] = '\n';
        at = Numbers.write(newDatabase, line, at);
        line[at++] = '\r';
        line[at++] = '\n';
        target.append(line, 0, at);
    }

    /** A line with the time, unless the last one said the same (genAofTimestampAnnotationIfNeeded). */
    void timestamp(long unixSeconds) {
        if (seconds < unixSeconds) {
            seconds = unixSeconds;
            target.append(line, 0, TimestampLine.write(unixSeconds, line, 0));
        }
    }

    /** Whether so much was written since the last position that another one should come before the next unit; asking clears it. */
    boolean isPositionDue() {
        if (unpositionedBytes < POSITION_EVERY_BYTES) {
            return false;
        }
        unpositionedBytes = 0;
        return true;
    }

    /**
     * A line that says up to where the replication stream is in the file, unless the last one in this file said the same and nothing was written
     * since: what a writable replica does on its own does not move the position, but commands without one behind them count as the remains of a
     * crash.
     */
    void position(SaveOptions.Replication reached) {
        if (grown || !reached.equals(position)) {
            grown = false;
            unpositionedBytes = 0;
            int end = PositionLine.write(reached, position, line, 0);
            position = reached;
            target.append(line, 0, end);
        }
    }

    static boolean isForReplicasOnly(byte[] array, int begin, int end) {
        return begins(array, begin, end, PUBLISH) || begins(array, begin, end, SHARD_PUBLISH);
    }

    /** Whether an operation begins with {@code head}, letters in any case. */
    private static boolean begins(byte[] array, int begin, int end, byte[] head) {
        if (end - begin < head.length) {
            return false;
        }
        for (int i = 0; i < head.length; i++) {
            int b = array[begin + i];
            int upper = b >= 'a' && b <= 'z' ? b - ('a' - 'A') : b;
            if (upper != head[i]) {
                return false;
            }
        }
        return true;
    }
}
