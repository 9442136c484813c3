// SPDX-License-Identifier: Apache-2.0
package dev.understudy.store.encoding;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.SortedSet;
import java.util.SplittableRandom;
import java.util.TreeSet;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class IntsetTest {
    private final Intset intset = new Intset();

    static LongStream seeds() {
        return LongStream.range(0, 60);
    }

    @ParameterizedTest(name = "an intset is a sorted set of integers, seed {0}")
    @MethodSource("seeds")
    void anIntsetIsASortedSetOfIntegers(long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        TreeSet<Long> model = new TreeSet<>();
        int narrow = random.nextInt(40, 62);
        for (int step = 0; step < 600; step++) {
            long value = random.nextLong() >> random.nextInt(narrow, 63);
            if (random.nextInt(100) == 0) {
                narrow = random.nextInt(63);
            }
            assertThat(intset.contains(value)).isEqualTo(model.contains(value));
            if (random.nextInt(3) > 0) {
                long bytes = intset.totalBytesWith(value);
                boolean added = intset.add(value);
                assertThat(added).isEqualTo(model.add(value));
                assertThat(!added || bytes == intset.totalBytes()).isTrue();
            } else {
                assertThat(intset.remove(value)).isEqualTo(model.remove(value));
            }
            if (step % 20 == 0) {
                assertSame(model);
                assertThat(model.isEmpty() || model.contains(intset.random(random)))
                        .isTrue();
                byte[] bytes = intset.toArray();
                assertThat(Intset.validate(bytes, 0, bytes.length, true) == null)
                        .isEqualTo(!model.isEmpty());
                intset.empty().load(bytes, 0, bytes.length);
            }
        }
        assertSame(model);
    }

    private void assertSame(SortedSet<Long> model) {
        List<Long> found = new ArrayList<>();
        for (int i = 0; i < intset.size(); i++) {
            found.add(intset.at(i));
        }
        assertThat(found).containsExactlyElementsOf(model);
    }

    @Test
    void theBytesAreRedissOwn() {
        intset.add(70_000);
        intset.add(2);
        intset.add(1);
        assertThat(HexFormat.of().formatHex(intset.toArray())).isEqualTo("0400000003000000010000000200000070110100");
    }

    @ParameterizedTest(name = "validation never throws on corrupted bytes, seed {0}")
    @MethodSource("seeds")
    void validationNeverThrows(long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        int count = random.nextInt(12);
        for (int i = 0; i < count; i++) {
            intset.add(random.nextLong() >> random.nextInt(64));
        }
        byte[] good = intset.toArray();
        for (int round = 0; round < 500; round++) {
            byte[] bad = good.clone();
            bad[random.nextInt(bad.length)] = (byte) random.nextInt();
            int offset = random.nextInt(3) == 0 ? random.nextInt(-1, 4) : 0;
            if (Intset.validate(bad, offset, bad.length - Math.max(0, offset), true) == null) {
                intset.load(bad, offset, bad.length - offset);
                for (int i = 0; i < intset.size(); i++) {
                    assertThat(intset.contains(intset.at(i))).isTrue();
                }
            }
        }
    }
}
