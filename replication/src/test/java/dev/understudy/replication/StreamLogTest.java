// SPDX-License-Identifier: Apache-2.0
package dev.understudy.replication;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class StreamLogTest {
    private static final int KB = 1024;

    private static byte[] bytes(int count) {
        byte[] result = new byte[count];
        for (int i = 0; i < count; i++) {
            result[i] = (byte) (i * 31);
        }
        return result;
    }

    private final CheckingStreamMemory memory = new CheckingStreamMemory();
    private @Nullable StreamLog opened;

    private StreamLog log(long end, long backlogBytesMax) {
        opened = new StreamLog(end, backlogBytesMax, SpillStore.NONE, memory);
        return opened;
    }

    @AfterEach
    void everyBlockIsGivenBack() {
        if (opened != null) {
            opened.close();
        }
        assertThat(memory.lentCount()).isZero();
    }

    private static void append(StreamLog log, int count) {
        log.append(bytes(count), 0, count);
    }

    private static byte[] readAll(StreamLog.Cursor cursor) {
        var out = new ByteArrayOutputStream();
        while (cursor.next()) {
            out.writeBytes(PieceBytes.of(cursor));
            cursor.advance(cursor.length());
        }
        return out.toByteArray();
    }

    @Test
    void aNewBacklogIsEmptyAndBeginsAtTheNextByte() {
        var log = log(500, 1);
        assertThat(log.backlogBytesMax()).isEqualTo(16 * KB);
        assertThat(log.window()).isEqualTo(Window.none(500));
        log.createBacklog();
        assertThat(log.window()).isEqualTo(new Window(true, 501, 500));
        assertThat(log.memoryBytes()).isZero();
        assertThat(readAll(log.openCursor(501))).isEmpty();
    }

    @Test
    void withoutBacklogAndReplicasOnlyTheOffsetMoves() {
        var log = log(0, 1);
        log.skip(3);
        assertThat(log.end()).isEqualTo(3);
        assertThatThrownBy(() -> append(log, 1)).isInstanceOf(IllegalStateException.class);
        log.createBacklog();
        assertThatThrownBy(() -> log.skip(1)).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> log.jump(1)).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void theBacklogHoldsWhatTheSettingPromisesAndNotMuchMore() {
        var log = log(0, 64 * KB);
        log.createBacklog();
        for (int i = 0; i < 1000; i++) {
            append(log, 999);
            assertThat(log.backlogLength()).isGreaterThanOrEqualTo(Math.min(log.end(), 64 * KB));
            assertThat(log.backlogLength()).isLessThanOrEqualTo((64 + 3 * 16) * KB);
        }
    }

    @Test
    void aSlowReplicaKeepsMoreHistoryThanTheSettingForEverybody() {
        var log = log(0, 16 * KB);
        log.createBacklog();
        StreamLog.Cursor slow = log.openCursor(1);
        append(log, 500 * KB);
        assertThat(log.window().reaches(1)).isTrue();
        assertThat(log.memoryBytesAboveBacklog()).isGreaterThan(480 * KB);
        assertThat(slow.behindBytes()).isEqualTo(500 * KB);
        StreamLog.Cursor other = log.openCursor(1);
        assertThat(readAll(other)).isEqualTo(bytes(500 * KB));
        slow.close();
        slow.close();
        assertThat(log.backlogLength()).isLessThanOrEqualTo(48 * KB);
        assertThat(log.window().reaches(1)).isFalse();
    }

    @Test
    void aSteadyStreamAllocatesNothing() {
        var log = new StreamLog(0, 64 * KB, SpillStore.NONE, StreamMemory.inSlabs(Arena::close));
        log.createBacklog();
        StreamLog.Cursor cursor = log.openCursor(1);
        byte[] chunk = bytes(1000);
        for (int i = 0; i < 2000; i++) {
            log.append(chunk, 0, chunk.length);
            drain(cursor);
        }
        var bean = (com.sun.management.ThreadMXBean) java.lang.management.ManagementFactory.getThreadMXBean();
        bean.getCurrentThreadAllocatedBytes();
        long before = bean.getCurrentThreadAllocatedBytes();
        for (int i = 0; i < 20_000; i++) {
            log.append(chunk, 0, chunk.length);
            drain(cursor);
        }
        // 20 MB went through; the measurement itself may cost a little.
        assertThat(bean.getCurrentThreadAllocatedBytes() - before).isLessThan(10_000);
        log.close();
    }

    private static void drain(StreamLog.Cursor cursor) {
        while (cursor.next()) {
            cursor.advance(cursor.length());
        }
    }

    @Test
    void rebaseMovesTheBacklogAndTheOffset() {
        var log = log(0, 16 * KB);
        log.createBacklog();
        append(log, 30);
        log.rebase(1000);
        assertThat(log.window()).isEqualTo(new Window(true, 1001, 1030));
        assertThat(readAll(log.openCursor(1011))).isEqualTo(Arrays.copyOfRange(bytes(30), 10, 30));
    }

    @Test
    void theLastReplicaGoneAndTheBacklogFreedNothingIsKept() {
        var log = log(0, 16 * KB);
        log.createBacklog();
        StreamLog.Cursor cursor = log.openCursor(1);
        append(log, 100 * KB);
        log.freeBacklog();
        assertThat(readAll(cursor)).hasSize(100 * KB);
        cursor.close();
        assertThat(log.memoryBytes()).isZero();
        log.jump(7);
        log.createBacklog();
        append(log, 5);
        assertThat(log.newest(3)).isEqualTo(new byte[] {bytes(5)[2], bytes(5)[3], bytes(5)[4]});
        assertThat(log.window()).isEqualTo(new Window(true, 8, 12));
    }

    /** One operation after another on the log and on a plain list of all bytes; every cursor has to read the same from both. */
    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20})
    void behavesLikeAPlainArrayForSeed(long seed) {
        var random = new SplittableRandom(seed);
        long base = random.nextInt(1000);
        var log = log(base, 16 * KB);
        var model = new ByteArrayOutputStream();
        var cursors = new ArrayList<StreamLog.Cursor>();
        log.createBacklog();
        for (int i = 0; i < 400; i++) {
            switch (random.nextInt(8)) {
                case 0, 1, 2 -> {
                    byte[] chunk = new byte[random.nextInt(1, random.nextInt(2, 20_000))];
                    random.nextBytes(chunk);
                    int skip = random.nextInt(chunk.length);
                    log.append(chunk, skip, chunk.length - skip);
                    model.write(chunk, skip, chunk.length - skip);
                }
                case 3 -> {
                    long from = log.backlogFirst() + random.nextLong(log.backlogLength() + 1);
                    cursors.add(log.openCursor(from));
                }
                case 4 -> {
                    if (!cursors.isEmpty()) {
                        cursors.remove(random.nextInt(cursors.size())).close();
                    }
                }
                case 5 -> log.resize(random.nextInt(200_000));
                default -> readSome(cursors, random, model.toByteArray(), base);
            }
            assertThat(log.end()).isEqualTo(base + model.size());
            assertThat(log.backlogLength()).isGreaterThanOrEqualTo(0);
            for (StreamLog.Cursor cursor : cursors) {
                assertThat(cursor.position()).isBetween(log.backlogFirst(), log.end() + 1);
            }
        }
    }

    private static void readSome(List<StreamLog.Cursor> cursors, SplittableRandom random, byte[] all, long base) {
        for (StreamLog.Cursor cursor : cursors) {
            if (cursor.next()) {
                int count = random.nextInt(cursor.length() + 1);
                int from = (int) (cursor.position() - base - 1);
                assertThat(PieceBytes.matches(cursor, count, all, from)).isTrue();
                cursor.advance(count);
            }
        }
    }
}
