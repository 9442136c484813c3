// SPDX-License-Identifier: Apache-2.0
package dev.understudy.replication;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class StreamSlabsTest {
    private static final int KB = 1024;
    private static final int SLAB = StreamSlabs.SLAB_BYTES;

    private final long reservedBefore = StreamMemory.reservedBytesOfAll();
    private final StreamSlabs memory = new StreamSlabs(Arena::close);

    @AfterEach
    void everythingIsReturned() {
        memory.close();
        assertThat(memory.reservedBytes()).isZero();
        assertThat(StreamMemory.reservedBytesOfAll()).isEqualTo(reservedBefore);
    }

    private List<MemorySegment> take(int count, int bytes) {
        List<MemorySegment> pieces = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            pieces.add(memory.take(bytes));
        }
        return pieces;
    }

    @Test
    void aSlabHoldsAsManyPiecesAsFit() {
        var pieces = take(64, 16 * KB);
        assertThat(memory.reservedBytes()).isEqualTo(SLAB);
        assertThat(StreamMemory.reservedBytesOfAll() - reservedBefore).isEqualTo(SLAB);
        pieces.add(memory.take(16 * KB));
        assertThat(memory.reservedBytes()).isEqualTo(2 * SLAB);
        pieces.forEach(memory::give);
    }

    @Test
    void anEmptySlabIsCutAnewForAnotherSize() {
        take(3, 16 * KB).forEach(memory::give);
        var pieces = take(22, 46_875);
        assertThat(memory.reservedBytes()).isEqualTo(SLAB);
        assertThat(pieces).allMatch(piece -> piece.byteSize() == 46_875);
        pieces.forEach(memory::give);
    }

    @Test
    void aLargePieceIsASlabOfItsOwnAndReturnedAtOnce() {
        MemorySegment large = memory.take(3 * SLAB + 1);
        large.fill((byte) 1);
        assertThat(memory.reservedBytes()).isEqualTo(3 * SLAB + 1);
        memory.give(large);
        assertThat(memory.reservedBytes()).isZero();
    }

    @Test
    void emptySlabsAreReturnedAFewAtATimeAndAFewAreKept() {
        take(640, 16 * KB).forEach(memory::give);
        assertThat(memory.reservedBytes()).isEqualTo(10 * SLAB);
        memory.shrink();
        assertThat(memory.reservedBytes()).isEqualTo((10 - StreamSlabs.RETURNS_MAX) * SLAB);
        memory.shrink();
        memory.shrink();
        assertThat(memory.reservedBytes()).isEqualTo(StreamSlabs.EMPTY_KEPT_MAX * SLAB);
    }

    /** Otherwise a backlog of a megabyte could hold on to a slab with each of its blocks. */
    @Test
    void aSteadyStreamMovesTogetherInFewSlabs() {
        var random = new SplittableRandom(1);
        List<MemorySegment> burst = new ArrayList<>(take(40 * 64, 16 * KB));
        var rest = new ArrayDeque<MemorySegment>();
        while (!burst.isEmpty()) {
            MemorySegment piece = burst.remove(random.nextInt(burst.size()));
            if (burst.size() < 64) {
                rest.add(piece);
            } else {
                memory.give(piece);
            }
        }
        for (int i = 0; i < 1_000; i++) {
            rest.add(memory.take(16 * KB));
            memory.give(rest.remove());
            memory.shrink();
        }
        assertThat(memory.reservedBytes()).isLessThanOrEqualTo((2 + StreamSlabs.EMPTY_KEPT_MAX) * SLAB);
        rest.forEach(memory::give);
    }

    @Test
    void aStrangePieceIsRefused() {
        MemorySegment piece = memory.take(16 * KB);
        assertThatThrownBy(() -> memory.give(MemorySegment.ofArray(new byte[16 * KB])))
                .isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> memory.give(piece.asSlice(0, 8 * KB))).isInstanceOf(IllegalStateException.class);
        memory.give(piece);
        assertThatThrownBy(() -> memory.give(piece)).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void afterTheEndNothingIsGivenAndPiecesCannotBeRead() {
        MemorySegment piece = memory.take(16 * KB);
        memory.give(piece);
        memory.close();
        assertThatThrownBy(() -> piece.get(ValueLayout.JAVA_BYTE, 0)).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> memory.take(1)).isInstanceOf(IllegalStateException.class);
    }

    private record Lent(MemorySegment piece, byte content) {}

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10})
    void noTwoPiecesShareAByteForSeed(long seed) {
        var random = new SplittableRandom(seed);
        int[] sizes = {16 * KB, 46_875, 256 * KB, SLAB + 1};
        var lent = new ArrayList<Lent>();
        for (int i = 0; i < 3_000; i++) {
            if (random.nextInt(2 + i / 1_000) < 1) {
                MemorySegment piece = memory.take(sizes[random.nextInt(random.nextInt(1, 5))]);
                byte content = (byte) random.nextInt();
                lent.add(new Lent(piece.fill(content), content));
            } else if (!lent.isEmpty()) {
                Lent back = lent.remove(random.nextInt(lent.size()));
                for (long at = 0; at < back.piece.byteSize(); at += 999) {
                    assertThat(back.piece.get(ValueLayout.JAVA_BYTE, at)).isEqualTo(back.content);
                }
                memory.give(back.piece);
            }
            memory.shrink();
        }
        lent.forEach(one -> memory.give(one.piece));
    }
}
