// SPDX-License-Identifier: Apache-2.0
package dev.understudy.replication;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The stream log with a store for what slow cursors keep. */
class StreamLogSpillTest {
    private static final int KB = 1024;
    private static final SpillBounds BOUNDS = new SpillBounds(100 * KB, 10_000 * KB);

    private final MemorySpillStore store = new MemorySpillStore();
    private final CheckingStreamMemory memory = new CheckingStreamMemory();
    private final StreamLog log = new StreamLog(0, 32 * KB, store, memory);
    private final ByteArrayOutputStream all = new ByteArrayOutputStream();
    private final SplittableRandom random = new SplittableRandom(1);

    StreamLogSpillTest() {
        log.createBacklog();
    }

    @AfterEach
    void everyBlockIsGivenBack() {
        log.close();
        assertThat(memory.lentCount()).isZero();
    }

    private void append(int count) {
        byte[] bytes = new byte[count];
        random.nextBytes(bytes);
        log.append(bytes, 0, count);
        all.writeBytes(bytes);
    }

    /** Appends piece by piece, with a store that is as fast as the stream. */
    private void grow(int count, SpillBounds bounds) {
        for (int left = count; left > 0; left -= 10 * KB) {
            append(Math.min(left, 10 * KB));
            settle(bounds);
        }
    }

    private void settle(SpillBounds bounds) {
        log.spill(bounds);
        store.work();
        log.spill(bounds);
        store.work();
    }

    private byte[] readAll(StreamLog.Cursor cursor) {
        var out = new ByteArrayOutputStream();
        for (boolean more = true; more; ) {
            while (cursor.next()) {
                out.writeBytes(PieceBytes.of(cursor));
                cursor.advance(cursor.length());
            }
            more = cursor.behindBytes() > 0 && cursor.failure() == null;
            store.work();
        }
        return out.toByteArray();
    }

    @Test
    void whatASlowCursorKeepsLeavesMemoryAndIsReadBack() {
        StreamLog.Cursor slow = log.openCursor(1);
        grow(3_000 * KB, BOUNDS);
        assertThat(log.spilledBytes()).isGreaterThan(2_800 * KB);
        assertThat(log.memoryBytes()).isLessThan((32 + 100 + 2 * 256 + 2 * 16 + 3) * KB);
        assertThat(slow.usageBytes()).isGreaterThan(3_000 * KB);
        assertThat(slow.memoryBytes()).isLessThan(700 * KB);
        assertThat(slow.behindBytes()).isEqualTo(3_000 * KB);
        assertThat(log.backlogLength()).isBetween(32L * KB, 150L * KB);
        assertThat(readAll(slow)).isEqualTo(all.toByteArray());
        assertThat(log.spilledBytes()).isZero();
        grow(200 * KB, BOUNDS);
        assertThat(readAll(slow)).isEqualTo(Arrays.copyOfRange(all.toByteArray(), 3_000 * KB, 3_200 * KB));
        assertThat(log.memoryBytes()).isLessThan(100 * KB);
    }

    @Test
    void theBacklogIsNeverShorterThanTheSettingAndStaysInMemory() {
        log.resize(400 * KB);
        StreamLog.Cursor slow = log.openCursor(1);
        SpillBounds nothing = new SpillBounds(0, 10_000 * KB);
        for (int i = 0; i < 100; i++) {
            grow(10 * KB, nothing);
            assertThat(log.backlogLength()).isGreaterThanOrEqualTo(Math.min(log.end(), 400 * KB));
        }
        StreamLog.Cursor partial = log.openCursor(log.backlogFirst());
        byte[] bytes = all.toByteArray();
        assertThat(readAll(partial)).isEqualTo(Arrays.copyOfRange(bytes, (int) log.backlogFirst() - 1, bytes.length));
        assertThat(readAll(slow)).isEqualTo(bytes);
    }

    @Test
    void aCursorJoinsWhereASlowOneStands() {
        StreamLog.Cursor slow = log.openCursor(1);
        grow(1_000 * KB, BOUNDS);
        assertThat(log.window().reaches(1)).isFalse();
        StreamLog.Cursor joined = log.openCursor(slow.position());
        slow.close();
        assertThat(log.spilledBytes()).isPositive();
        assertThat(readAll(joined)).isEqualTo(all.toByteArray());
    }

    @Test
    void nothingIsStoredWhenNobodyNeedsIt() {
        StreamLog.Cursor slow = log.openCursor(1);
        grow(1_000 * KB, BOUNDS);
        slow.close();
        assertThat(log.spilledBytes()).isZero();
        grow(1_000 * KB, BOUNDS);
        assertThat(log.spilledBytes()).isZero();
        assertThat(log.memoryBytes()).isLessThan(100 * KB);
    }

    @Test
    void aWriteWhoseCursorsAreGoneIsGivenUp() {
        StreamLog.Cursor slow = log.openCursor(1);
        append(500 * KB);
        log.spill(BOUNDS);
        slow.close();
        log.freeBacklog();
        assertThat(log.memoryBytes()).isZero();
        log.jump(7);
        log.createBacklog();
        StreamLog.Cursor next = log.openCursor(8);
        all.reset();
        append(500 * KB);
        settle(BOUNDS);
        assertThat(log.spilledBytes()).isPositive();
        assertThat(readAll(next)).isEqualTo(all.toByteArray());
        assertThat(log.spilledBytes()).isZero();
    }

    @Test
    void aFullStoreIsToldAndMemoryKeepsTheRest() {
        SpillBounds small = new SpillBounds(100 * KB, 300 * KB);
        StreamLog.Cursor slow = log.openCursor(1);
        grow(400 * KB, small);
        assertThat(log.spillState()).isEqualTo(new SpillState.Fine());
        StreamLog.Cursor fast = log.openCursor(log.end() + 1);
        grow(1_000 * KB, small);
        assertThat(log.spillState()).isEqualTo(new SpillState.Full());
        assertThat(log.spilledBytes()).isBetween(280L * KB, 300L * KB);
        assertThat(slow.isLast()).isTrue();
        assertThat(fast.isLast()).isFalse();
        assertThat(readAll(slow)).isEqualTo(all.toByteArray());
        assertThat(readAll(fast)).hasSize(1_000 * KB);
        settle(small);
        assertThat(log.spillState()).isEqualTo(new SpillState.Fine());
    }

    @Test
    void aFailedWriteIsToldUntilNobodyIsSlow() {
        StreamLog.Cursor slow = log.openCursor(1);
        grow(500 * KB, BOUNDS);
        store.fail("No space left on device");
        grow(500 * KB, BOUNDS);
        store.fail(null);
        grow(500 * KB, BOUNDS);
        assertThat(log.spillState()).isEqualTo(new SpillState.Failed("No space left on device"));
        assertThat(log.memoryBytes()).isGreaterThan(900 * KB);
        assertThat(readAll(slow)).isEqualTo(all.toByteArray());
        settle(BOUNDS);
        assertThat(log.spillState()).isEqualTo(new SpillState.Fine());
        StreamLog.Cursor other = log.openCursor(log.end() + 1);
        grow(500 * KB, BOUNDS);
        assertThat(log.spilledBytes()).isPositive();
        assertThat(readAll(other)).hasSize(500 * KB);
    }

    @Test
    void aFailedReadEndsTheCursorOnly() {
        StreamLog.Cursor one = log.openCursor(1);
        StreamLog.Cursor two = log.openCursor(1);
        grow(1_000 * KB, BOUNDS);
        store.fail("Input/output error");
        readAll(one);
        assertThat(one.failure()).isEqualTo("Input/output error");
        store.fail(null);
        assertThat(one.next()).isFalse();
        one.close();
        assertThat(readAll(two)).isEqualTo(all.toByteArray());
        assertThat(two.failure()).isNull();
    }

    @Test
    void switchedOffItTakesNothingMoreAndGivesBackWhatItHas() {
        StreamLog.Cursor slow = log.openCursor(1);
        grow(500 * KB, BOUNDS);
        long before = log.spilledBytes();
        grow(500 * KB, SpillBounds.OFF);
        assertThat(log.spilledBytes()).isEqualTo(before).isPositive();
        assertThat(readAll(slow)).isEqualTo(all.toByteArray());
        assertThat(log.spilledBytes()).isZero();
    }

    /** One operation after another on the log and on a plain list of all bytes; every cursor has to read the same from both. */
    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25})
    void behavesLikeAPlainArrayForSeed(long seed) {
        new Walk(seed).run();
    }

    private static final class Walk {
        private final SplittableRandom random;
        private final MemorySpillStore store = new MemorySpillStore();
        private final CheckingStreamMemory memory = new CheckingStreamMemory();
        private final long base;
        private final StreamLog log;
        private byte[] model = new byte[1 << 20];
        private int modelBytes;
        private final List<StreamLog.Cursor> cursors = new ArrayList<>();
        private SpillBounds bounds = new SpillBounds(0, 1_000 * KB);
        private long spilledMost;

        Walk(long seed) {
            random = new SplittableRandom(seed);
            base = random.nextInt(1000);
            log = new StreamLog(base, 16 * KB, store, memory);
        }

        void run() {
            log.createBacklog();
            for (int i = 0; i < 1_000; i++) {
                act();
                log.spill(bounds);
                spilledMost = Math.max(spilledMost, log.spilledBytes());
                check();
            }
            store.fail(null);
            for (StreamLog.Cursor cursor : List.copyOf(cursors)) {
                while (cursor.behindBytes() > 0 && cursor.failure() == null) {
                    read(cursor, Integer.MAX_VALUE);
                    store.work();
                }
                cursor.close();
            }
            log.spill(bounds);
            store.work();
            assertThat(log.spilledBytes()).isZero();
            assertThat(spilledMost).isPositive();
            log.freeBacklog();
            assertThat(memory.lentCount()).isZero();
            log.close();
        }

        private void act() {
            switch (random.nextInt(20)) {
                case 0, 1, 2, 3, 4 -> append();
                case 5 -> {
                    long from = log.backlogFirst() + random.nextLong(log.backlogLength() + 1);
                    cursors.add(log.openCursor(from));
                }
                case 6 -> join();
                case 7 -> {
                    if (!cursors.isEmpty() && random.nextInt(3) == 0) {
                        cursors.remove(random.nextInt(cursors.size())).close();
                    }
                }
                case 8 -> log.resize(random.nextInt(200_000));
                case 9 -> bounds = new SpillBounds(random.nextInt(200 * KB), random.nextInt(2_000 * KB));
                case 10 -> store.fail(random.nextInt(3) == 0 ? "broken" : null);
                case 11 -> store.work();
                case 12, 13, 14 -> store.work(random);
                default -> {
                    if (!cursors.isEmpty()) {
                        read(cursors.get(random.nextInt(cursors.size())), 200 * KB);
                    }
                }
            }
        }

        private void append() {
            byte[] chunk = new byte[random.nextInt(1, random.nextInt(2, 100_000))];
            random.nextBytes(chunk);
            log.append(chunk, 0, chunk.length);
            if (modelBytes + chunk.length > model.length) {
                model = Arrays.copyOf(model, 2 * model.length);
            }
            System.arraycopy(chunk, 0, model, modelBytes, chunk.length);
            modelBytes += chunk.length;
        }

        private void join() {
            if (!cursors.isEmpty()) {
                StreamLog.Cursor other = cursors.get(random.nextInt(cursors.size()));
                if (other.position() < log.backlogFirst() && other.usageBytes() == other.memoryBytes()) {
                    return; // In memory, but not in the backlog: nothing promises it.
                }
                cursors.add(log.openCursor(other.position()));
            }
        }

        private void read(StreamLog.Cursor cursor, int most) {
            for (int left = random.nextInt(most); left > 0 && cursor.next(); ) {
                int count = Math.min(left, random.nextInt(cursor.length() + 1));
                int from = (int) (cursor.position() - base - 1);
                assertThat(PieceBytes.matches(cursor, count, model, from)).isTrue();
                cursor.advance(count);
                left -= Math.max(count, 1);
            }
            if (cursor.failure() != null) {
                cursor.close();
                cursors.remove(cursor);
            }
        }

        private void check() {
            assertThat(log.end()).isEqualTo(base + modelBytes);
            assertThat(log.backlogLength()).isGreaterThanOrEqualTo(0);
            assertThat(log.window().reaches(log.end() + 1)).isTrue();
            for (StreamLog.Cursor cursor : cursors) {
                assertThat(cursor.position()).isBetween(base + 1, log.end() + 1);
                assertThat(cursor.memoryBytes()).isPositive();
            }
        }
    }
}
