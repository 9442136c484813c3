// SPDX-License-Identifier: Apache-2.0
package dev.understudy.persist;

import static org.assertj.core.api.Assertions.assertThat;

import dev.understudy.wire.Bytes;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class OldEncodingsTest {
    /** Laid out by hand: "ab", 5, -3, 300, -70000, 5000000000, 100000 as int24, immediate 12. */
    private static final String ZIPLIST = "3a000000" + "34000000" + "0800"
            + "00" + "026162"
            + "04" + "f6"
            + "02" + "fefd"
            + "03" + "c02c01"
            + "04" + "d090eefeff"
            + "06" + "e000f2052a01000000"
            + "0a" + "f0a08601"
            + "05" + "fd"
            + "ff";

    private static Bytes bytes(String hex) {
        return Bytes.of(HexFormat.of().parseHex(hex));
    }

    private static byte[] ziplist() {
        byte[] list = HexFormat.of().parseHex(ZIPLIST);
        list[0] = (byte) list.length;
        list[4] = (byte) (list.length - 3);
        return list;
    }

    private static List<String> walk(Bytes list) {
        List<String> texts = new ArrayList<>();
        Ziplist ziplist = new Ziplist().over(list);
        while (ziplist.hasNext()) {
            texts.add(ziplist.next(new Bytes()).toString());
        }
        return texts;
    }

    @Test
    void aZiplistGivesAllKindsOfEntries() {
        Bytes list = Bytes.of(ziplist());
        assertThat(Ziplist.validate(list)).isNull();
        assertThat(walk(list)).containsExactly("ab", "5", "-3", "300", "-70000", "5000000000", "100000", "12");
        assertThat(Ziplist.count(list)).isEqualTo(8);
    }

    @Test
    void aZiplistOfUnknownCountIsWalked() {
        byte[] list = ziplist();
        list[8] = (byte) 0xFF;
        list[9] = (byte) 0xFF;
        assertThat(Ziplist.validate(Bytes.of(list))).isNull();
        assertThat(Ziplist.count(Bytes.of(list))).isEqualTo(8);
    }

    @Test
    void anEmptyZiplistIsOne() {
        Bytes list = bytes("0b0000000a0000000000ff");
        assertThat(Ziplist.validate(list)).isNull();
        assertThat(walk(list)).isEmpty();
    }

    @Test
    void theExampleOfAZipmapIsRead() {
        Bytes zipmap = bytes("0203666f6f0300626172" + "0568656c6c6f0500776f726c64ff");
        assertThat(Zipmap.validate(zipmap)).isNull();
        assertThat(pairs(zipmap)).containsExactly("foo=bar", "hello=world");
    }

    @Test
    void paddingAndLongLengthsOfAZipmapAreRead() {
        String value = "78".repeat(300);
        Bytes zipmap = bytes("01" + "0161" + "fe2c01000002" + value + "0000" + "ff");
        assertThat(Zipmap.validate(zipmap)).isNull();
        assertThat(pairs(zipmap)).containsExactly("a=" + "x".repeat(300));
    }

    private static List<String> pairs(Bytes bytes) {
        List<String> pairs = new ArrayList<>();
        Zipmap zipmap = new Zipmap().over(bytes);
        Bytes field = new Bytes();
        Bytes value = new Bytes();
        while (zipmap.next(field, value)) {
            pairs.add(field + "=" + value);
        }
        return pairs;
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6})
    void damagedBytesAreRefusedOrCanBeWalked(long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        byte[] zipmap = HexFormat.of().parseHex("0203666f6f03006261720568656c6c6f0500776f726c64ff");
        for (int i = 0; i < 20_000; i++) {
            byte[] list = damaged(random, ziplist());
            if (Ziplist.validate(Bytes.of(list)) == null) {
                assertThat(walk(Bytes.of(list))).hasSize(Ziplist.count(Bytes.of(list)));
            }
            byte[] map = damaged(random, zipmap);
            if (Zipmap.validate(Bytes.of(map)) == null) {
                assertThat(pairs(Bytes.of(map))).isNotEmpty();
            }
        }
    }

    private static byte[] damaged(SplittableRandom random, byte[] bytes) {
        byte[] copy =
                java.util.Arrays.copyOf(bytes, random.nextInt(8) == 0 ? random.nextInt(bytes.length) : bytes.length);
        for (int flips = random.nextInt(3); flips >= 0 && copy.length > 0; flips--) {
            int[] likely = {0, 1, 0xC0, 0xFE, 0xFF, 0x80, 0x40, random.nextInt(256)};
            copy[random.nextInt(copy.length)] = (byte) likely[random.nextInt(likely.length)];
        }
        return copy;
    }
}
