// SPDX-License-Identifier: Apache-2.0
package dev.understudy.store.memory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.Arena;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class MemoryTest {
    static LongStream seeds() {
        return LongStream.range(0, 50);
    }

    @ParameterizedTest(name = "seed {0}")
    @MethodSource("seeds")
    void blocksKeepWhatIsWrittenAndNeverOverlap(long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        try (Memory memory = random.nextBoolean() ? Memory.checking() : Memory.create()) {
            Map<Long, byte[]> contents = new HashMap<>();
            List<Long> handles = new ArrayList<>();
            long used = 0;
            for (int step = 0; step < 2000; step++) {
                boolean grow = random.nextInt(100) < (step % 1000 < 500 ? 70 : 35);
                if (grow || handles.isEmpty()) {
                    byte[] bytes = new byte[size(random)];
                    random.nextBytes(bytes);
                    long handle = memory.allocate(bytes.length);
                    assertThat(handle).isBetween(1L, (1L << 47) - 1);
                    assertThat(memory.capacity(handle))
                            .isGreaterThanOrEqualTo(bytes.length)
                            .isEqualTo(Memory.capacityFor(bytes.length));
                    memory.write(handle, 0, bytes, 0, bytes.length);
                    assertThat(contents.put(handle, bytes)).isNull();
                    handles.add(handle);
                    used += memory.capacity(handle);
                } else {
                    int index = random.nextInt(handles.size());
                    long handle = handles.set(index, handles.getLast());
                    handles.removeLast();
                    verify(memory, handle, contents.remove(handle));
                    used -= memory.capacity(handle);
                    memory.free(handle);
                }
                assertThat(memory.usedBytes()).isEqualTo(used);
                assertThat(memory.liveBlocks()).isEqualTo(handles.size());
            }
            Memory reader = memory.reader();
            contents.forEach((handle, bytes) -> verify(reader, handle, bytes));
            handles.forEach(memory::free);
            memory.assertEmpty();
        }
    }

    private static int size(SplittableRandom random) {
        int kind = random.nextInt(100);
        if (kind < 80) {
            return 1 + random.nextInt(300);
        }
        if (kind < 98) {
            return 1 + random.nextInt(20_000);
        }
        boolean huge = kind == 99 && random.nextInt(20) == 0;
        return huge ? 4_000_000 + random.nextInt(1_000_000) : 1 + random.nextInt(300_000);
    }

    private static void verify(Memory memory, long handle, byte[] expected) {
        byte[] actual = new byte[expected.length];
        memory.read(handle, 0, actual, 0, actual.length);
        assertThat(Arrays.equals(actual, expected)).isTrue();
        assertThat(memory.equal(handle, 0, expected, 0, expected.length)).isTrue();
        assertThat(memory.compare(handle, 0, expected.length, expected, 0, expected.length))
                .isZero();
    }

    @Test
    void numbersAreLittleEndianAtAnyOffset() {
        try (Memory memory = Memory.checking()) {
            long block = memory.allocate(40);
            memory.putLong(block, 3, 0x0102030405060708L);
            assertThat(memory.getByte(block, 3)).isEqualTo((byte) 8);
            assertThat(memory.getShort(block, 3)).isEqualTo((short) 0x0708);
            assertThat(memory.getInt(block, 4)).isEqualTo(0x04050607);
            memory.putInt(block, 21, -2);
            memory.putShort(block, 25, (short) -3);
            memory.putByte(block, 27, (byte) -4);
            assertThat(memory.getLong(block, 21) & 0xFF_FFFF_FFFF_FFFFL).isEqualTo(0xFC_FFFD_FFFF_FFFEL);
            memory.copy(block, 3, block, 5, 8);
            assertThat(memory.getLong(block, 5)).isEqualTo(0x0102030405060708L);
        }
    }

    @ParameterizedTest(name = "seed {0}")
    @MethodSource("seeds")
    void comparesAsMemcmpDoes(long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        try (Memory memory = Memory.checking()) {
            long block = memory.allocate(64);
            for (int round = 0; round < 200; round++) {
                byte[] a = new byte[random.nextInt(30)];
                random.nextBytes(a);
                byte[] b = Arrays.copyOf(a, random.nextInt(30));
                if (b.length > 0 && random.nextBoolean()) {
                    b[random.nextInt(b.length)]++;
                }
                memory.write(block, 5, a, 0, a.length);
                int expected = Integer.signum(Arrays.compareUnsigned(a, b));
                assertThat(Integer.signum(memory.compare(block, 5, a.length, b, 0, b.length)))
                        .isEqualTo(expected);
                if (a.length == b.length) {
                    assertThat(memory.equal(block, 5, b, 0, b.length)).isEqualTo(expected == 0);
                }
            }
        }
    }

    @Test
    void checkingFindsDoubleFreesForeignHandlesAndAccessOutsideOfBlocks() {
        try (Memory memory = Memory.checking()) {
            long block = memory.allocate(24);
            assertThat(memory.getByte(block, 0)).isEqualTo(Memory.POISON);
            assertThatThrownBy(() -> memory.getLong(block, 17)).isInstanceOf(AssertionError.class);
            assertThatThrownBy(() -> memory.putByte(block, -1, (byte) 0)).isInstanceOf(AssertionError.class);
            assertThatThrownBy(() -> memory.free(block + 1)).isInstanceOf(AssertionError.class);
            assertThatThrownBy(memory::assertEmpty).hasMessageContaining("leaked");
            memory.putLong(block, 0, 1);
            memory.free(block);
            assertThat(memory.segment(block).get(ValueLayout.JAVA_BYTE, memory.base(block)))
                    .isEqualTo(Memory.POISON);
            assertThatThrownBy(() -> memory.getLong(block, 0)).isInstanceOf(AssertionError.class);
            assertThatThrownBy(() -> memory.free(block)).hasMessageContaining("double free");
            assertThat(memory.allocate(24)).isNotEqualTo(block);
        }
    }

    @Test
    void anEmptiedMemoryGivesItsChunksBack() {
        try (Memory memory = Memory.create()) {
            List<Long> handles = new ArrayList<>();
            for (int i = 0; i < 20_000; i++) {
                handles.add(memory.allocate(1 + i % 2000));
            }
            long huge = memory.allocate(20 << 20);
            assertThat(memory.reservedBytes()).isGreaterThan(40 << 20);
            handles.forEach(memory::free);
            memory.free(huge);
            assertThat(memory.reservedBytes()).isEqualTo(4 << 20);
            assertThat(memory.allocate(100)).isPositive();
        }
    }

    @Test
    void aHundredInstancesLeaveNothingBehind() {
        long before = Memory.reservedBytesOfAll();
        for (int i = 0; i < 100; i++) {
            Memory memory = Memory.create();
            memory.allocate(100);
            if (i % 3 == 0) {
                memory.offerSpare(Memory.prepareChunk());
                memory.offerSpare(Memory.prepareChunk());
            }
            memory.close();
            if (i % 3 == 1) {
                memory.offerSpare(Memory.prepareChunk());
            }
        }
        assertThat(Memory.reservedBytesOfAll()).isEqualTo(before);
    }

    @Test
    void aClosedMemoryCannotBeUsed() {
        Memory memory = Memory.create();
        long block = memory.allocate(8);
        Memory reader = memory.reader();
        memory.close();
        memory.close();
        assertThatThrownBy(() -> memory.getLong(block, 0)).isInstanceOf(RuntimeException.class);
        assertThatThrownBy(() -> reader.getLong(block, 0)).isInstanceOf(RuntimeException.class);
        assertThatThrownBy(() -> memory.allocate(8)).isInstanceOf(RuntimeException.class);
    }

    @Test
    void aSpareChunkIsWantedWhenRoomGetsShortAndUsedNext() {
        try (Memory memory = Memory.create()) {
            assertThat(memory.wantsSpare(2 << 20)).as("no data").isFalse();
            memory.allocate(8);
            assertThat(memory.wantsSpare(2 << 20)).isFalse();
            memory.allocate(2 << 20);
            memory.allocate(1 << 20);
            assertThat(memory.wantsSpare(2 << 20)).isTrue();
            memory.offerSpare(Memory.prepareChunk());
            assertThat(memory.wantsSpare(2 << 20)).isFalse();
            long before = Memory.reservedBytesOfAll();
            memory.allocate(2 << 20);
            assertThat(Memory.reservedBytesOfAll()).isEqualTo(before);
        }
    }

    @Test
    void spareChunksAreFewAndCanBeDropped() {
        long before = Memory.reservedBytesOfAll();
        try (Memory memory = Memory.create()) {
            memory.allocate(2 << 20);
            memory.allocate(2 << 20);
            long used = Memory.reservedBytesOfAll();
            for (int i = 0; i < 6; i++) {
                memory.offerSpare(Memory.prepareChunk());
            }
            assertThat(memory.spares()).isEqualTo(4);
            assertThat(memory.wantsSpare(Long.MAX_VALUE)).isFalse();
            assertThat(Memory.reservedBytesOfAll()).isEqualTo(used + (16 << 20));
            memory.dropSpare();
            assertThat(memory.spares()).isEqualTo(3);
            assertThat(memory.wantsSpare(16 << 20)).isTrue();
            assertThat(memory.wantsSpare(12 << 20)).isFalse();
            assertThat(Memory.reservedBytesOfAll()).isEqualTo(used + (12 << 20));
        }
        assertThat(Memory.reservedBytesOfAll()).isEqualTo(before);
    }

    @Test
    void emptyChunksGoWhereTheOwnerSays() {
        List<Arena> waiting = new ArrayList<>();
        Memory memory = Memory.create(waiting::add);
        long[] blocks = new long[6];
        for (int i = 0; i < blocks.length; i++) {
            blocks[i] = memory.allocate(2 << 20);
        }
        for (long block : blocks) {
            memory.free(block);
        }
        assertThat(waiting).as("one empty chunk is kept").hasSize(2);
        assertThat(waiting).allMatch(arena -> arena.scope().isAlive());
        memory.close();
        assertThat(waiting).as("the last one too, which is not closed here").hasSize(3);
        assertThat(waiting).allMatch(arena -> arena.scope().isAlive());
        waiting.forEach(Arena::close);
    }

    /** Nine tenths of the blocks go, the others lie in every page. */
    @ParameterizedTest(name = "seed {0}")
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10})
    void sparseChunksBecomeEmptyWhenTheirBlocksAreMoved(long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        boolean checking = seed % 2 == 0;
        try (Memory memory = checking ? Memory.checking() : Memory.create()) {
            int classes = random.nextInt(1, 6);
            int[] sizes = random.ints(classes, 8, checking ? 1_000 : 40_000).toArray();
            List<Long> kept = new ArrayList<>();
            List<Long> freed = new ArrayList<>();
            long bytes = 0;
            while (bytes < 30 << 20) {
                long handle = memory.allocate(sizes[random.nextInt(classes)]);
                memory.putLong(handle, 0, handle);
                (random.nextInt(10) == 0 ? kept : freed).add(handle);
                bytes += memory.capacity(handle);
            }
            freed.forEach(memory::free);
            long before = memory.reservedBytes();
            int chosen = memory.vacate();
            assertThat(chosen).as("seed %d", seed).isPositive();
            long used = memory.usedBytes();
            for (long handle : kept) {
                long now = memory.isLeaving(handle) ? memory.relocate(handle) : handle;
                assertThat(memory.isLeaving(now)).isFalse();
                assertThat(memory.getLong(now, 0)).isEqualTo(handle);
            }
            assertThat(memory.usedBytes()).isEqualTo(used);
            memory.settle();
            // What a checking memory keeps from being used again lies in chunks too.
            long bound = checking ? before : 2 * used + (12 << 20);
            assertThat(memory.reservedBytes()).as("seed %d", seed).isLessThan(bound);
            assertThat(memory.allocate(sizes[0])).isPositive();
        }
    }

    @Test
    void nothingComesIntoAChunkThatIsBeingEmptied() {
        try (Memory memory = Memory.create()) {
            List<Long> blocks = new ArrayList<>();
            for (int i = 0; i < 40_000; i++) {
                blocks.add(memory.allocate(1000));
            }
            for (int i = 0; i < blocks.size(); i++) {
                if (i % 10 != 0) {
                    memory.free(blocks.get(i));
                }
            }
            assertThat(memory.vacate()).isGreaterThan(7);
            for (int i = 0; i < 20_000; i++) {
                assertThat(memory.isLeaving(memory.allocate(i % 3 == 0 ? 1000 : 8 + i % 3000)))
                        .isFalse();
            }
            long reserved = memory.reservedBytes();
            for (int i = 0; i < blocks.size(); i += 10) {
                memory.free(blocks.get(i));
            }
            assertThat(memory.settle()).isZero();
            assertThat(memory.reservedBytes()).isLessThan(reserved - (28 << 20));
        }
    }

    @Test
    void chunksThatAreNotEmptiedTakeBlocksAgain() {
        try (Memory memory = Memory.create()) {
            List<Long> blocks = new ArrayList<>();
            for (int i = 0; i < 40_000; i++) {
                blocks.add(memory.allocate(1000));
            }
            for (int i = 0; i < blocks.size(); i++) {
                if (i % 10 != 0) {
                    memory.free(blocks.get(i));
                }
            }
            long reserved = memory.reservedBytes();
            int chosen = memory.vacate();
            assertThat(memory.settle()).isEqualTo(chosen);
            for (int i = 0; i < 36_000; i++) {
                memory.allocate(1000);
            }
            assertThat(memory.reservedBytes()).isEqualTo(reserved);
        }
    }
}
