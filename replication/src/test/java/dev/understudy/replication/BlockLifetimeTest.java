// SPDX-License-Identifier: Apache-2.0
package dev.understudy.replication;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A block's memory is freed exactly with the end of the last of its users: the chain, the cursors in it, a write to the spill. */
class BlockLifetimeTest {
    private static final int KB = 1024;
    private static final SpillBounds NOTHING_IN_MEMORY = new SpillBounds(0, 100_000 * KB);

    private final MemorySpillStore store = new MemorySpillStore();
    private final CheckingStreamMemory memory = new CheckingStreamMemory();
    private final StreamLog log = new StreamLog(0, 16 * KB, store, memory);
    private final ByteArrayOutputStream all = new ByteArrayOutputStream();
    private final SplittableRandom random = new SplittableRandom(1);

    private void append(int count) {
        byte[] bytes = new byte[count];
        random.nextBytes(bytes);
        log.append(bytes, 0, count);
        all.writeBytes(bytes);
    }

    private static boolean isPoisoned(MemorySegment piece) {
        return piece.get(ValueLayout.JAVA_BYTE, 0) == CheckingStreamMemory.POISON
                && piece.get(ValueLayout.JAVA_BYTE, piece.byteSize() - 1) == CheckingStreamMemory.POISON;
    }

    @Test
    void trimmingFreesAtOnce() {
        log.createBacklog();
        for (int i = 0; i < 1_000; i++) {
            append(1_000);
            assertThat(memory.lentCount()).isLessThanOrEqualTo(3);
        }
        log.freeBacklog();
        assertThat(memory.lentCount()).isZero();
    }

    @Test
    void theLastCursorOfABlockThatHasLeftMemoryFreesIt() {
        log.createBacklog();
        StreamLog.Cursor one = log.openCursor(1);
        StreamLog.Cursor two = log.openCursor(1);
        append(160 * KB);
        one.next();
        one.advance(7);
        two.next();
        MemorySegment first = two.segment();
        log.spill(NOTHING_IN_MEMORY);
        store.work();
        assertThat(log.spilledBytes()).isGreaterThan(100 * KB);
        // The backlog and its neighbour, and the block in which the two stand.
        assertThat(memory.lentCount()).isEqualTo(3);
        assertThat(PieceBytes.matches(one, 16 * KB - 7, all.toByteArray(), 7)).isTrue();
        one.close();
        assertThat(memory.lentCount()).isEqualTo(3);
        assertThat(PieceBytes.of(two)).isEqualTo(Arrays.copyOf(all.toByteArray(), 16 * KB));
        two.advance(16 * KB);
        store.work();
        assertThat(two.next()).isTrue();
        assertThat(memory.lentCount()).isEqualTo(2);
        assertThat(isPoisoned(first)).isTrue();
    }

    @Test
    void aWriteThatNobodyNeedsAnyMoreKeepsItsBlocksUntilItEnds() {
        StreamLog.Cursor slow = log.openCursor(1);
        append(160 * KB);
        log.spill(NOTHING_IN_MEMORY);
        int before = memory.lentCount();
        slow.close();
        assertThat(log.memoryBytes()).isZero();
        // But for the last one, which was not in the write.
        assertThat(memory.lentCount()).isEqualTo(before - 1).isPositive();
        log.jump(1_000);
        log.createBacklog();
        append(100);
        // The store finds what it was given, unchanged.
        store.work();
        assertThat(memory.lentCount()).isEqualTo(1);
        assertThat(log.spilledBytes()).isZero();
    }

    @Test
    void aFailedWriteFreesNothingThatIsStillRead() {
        StreamLog.Cursor slow = log.openCursor(1);
        append(160 * KB);
        int before = memory.lentCount();
        store.fail("No space left on device");
        log.spill(NOTHING_IN_MEMORY);
        store.work();
        assertThat(memory.lentCount()).isEqualTo(before);
        for (int at = 0; slow.next(); ) {
            int count = slow.length();
            assertThat(PieceBytes.matches(slow, count, all.toByteArray(), at)).isTrue();
            slow.advance(count);
            at += count;
        }
        // Without a backlog what has been read is gone.
        assertThat(memory.lentCount()).isEqualTo(1);
    }

    @Test
    void aClosedCursorHasNothingToRead() {
        log.createBacklog();
        StreamLog.Cursor cursor = log.openCursor(1);
        append(100);
        cursor.close();
        assertThat(cursor.length()).isZero();
        assertThat(cursor.segment().byteSize()).isZero();
        cursor.close();
        assertThat(memory.lentCount()).isEqualTo(1);
    }

    /** Whatever is going on. */
    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2, 3})
    void theEndFreesEverything(int stage) {
        log.createBacklog();
        StreamLog.Cursor slow = log.openCursor(1);
        append(160 * KB);
        log.openCursor(log.end() + 1);
        if (stage > 0) {
            log.spill(NOTHING_IN_MEMORY);
        }
        if (stage == 2) {
            store.work();
        }
        if (stage == 3) {
            log.freeBacklog();
            append(16 * KB);
        }
        log.close();
        assertThat(memory.lentCount()).isZero();
        assertThat(log.isWanted()).isFalse();
        // What comes too late does no harm.
        store.fail("the end");
        store.work();
        slow.close();
        log.close();
        assertThatThrownBy(() -> append(1)).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void withNativeMemoryTheEndLeavesNothingReserved() {
        long before = StreamMemory.reservedBytesOfAll();
        var real = new StreamLog(0, 100 * KB, store, StreamMemory.inSlabs(Arena::close));
        real.createBacklog();
        real.openCursor(1);
        real.append(new byte[9_000 * KB], 0, 9_000 * KB);
        real.spill(NOTHING_IN_MEMORY);
        assertThat(StreamMemory.reservedBytesOfAll() - before).isGreaterThanOrEqualTo(9_000 * KB);
        real.close();
        assertThat(StreamMemory.reservedBytesOfAll()).isEqualTo(before);
    }

    @Test
    void theCheckingMemoryFindsWhatItIsFor() {
        var checking = new CheckingStreamMemory();
        MemorySegment piece = checking.take(10);
        assertThatThrownBy(checking::close).isInstanceOf(AssertionError.class);
        checking.give(piece);
        assertThatThrownBy(() -> checking.give(piece)).isInstanceOf(AssertionError.class);
        piece.set(ValueLayout.JAVA_BYTE, 9, (byte) 1);
        assertThatThrownBy(checking::shrink).isInstanceOf(AssertionError.class);
    }
}
