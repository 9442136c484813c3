// SPDX-License-Identifier: Apache-2.0
package dev.understudy.store.encoding;

import static org.assertj.core.api.Assertions.assertThat;

import dev.understudy.store.memory.Memory;
import dev.understudy.wire.Bytes;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

class ListpackTest {
    private final Listpack listpack = new Listpack();
    private final Bytes window = new Bytes();
    private final byte[] scratch = new byte[64];

    static LongStream seeds() {
        return LongStream.range(0, 60);
    }

    private static Bytes text(String latin) {
        return Bytes.of(latin.getBytes(StandardCharsets.ISO_8859_1));
    }

    private static String latin(Bytes bytes) {
        return new String(bytes.array, bytes.offset, bytes.length, StandardCharsets.ISO_8859_1);
    }

    private static String element(SplittableRandom random) {
        return switch (random.nextInt(8)) {
            case 0 -> Long.toString(random.nextInt(128));
            case 1 -> Long.toString(random.nextLong() >> random.nextInt(64));
            case 2 ->
                List.of("", "-", "-0", "007", "+1", "9223372036854775808", "-9223372036854775808", "1.5")
                        .get(random.nextInt(8));
            case 3 -> "y".repeat(random.nextInt(60, 200));
            case 4 -> random.nextInt(10) == 0 ? "z".repeat(random.nextInt(4000, 20000)) : "\u00ff\u0000";
            default -> "f" + random.nextInt(20);
        };
    }

    private List<String> contents() {
        List<String> found = new ArrayList<>();
        for (int at = listpack.first(); at != Listpack.NONE; at = listpack.next(at)) {
            found.add(latin(listpack.get(at, window, scratch)));
            assertThat(listpack.length(at)).isEqualTo(window.length);
        }
        return found;
    }

    @ParameterizedTest(name = "a listpack is a list of texts, seed {0}")
    @MethodSource("seeds")
    void aListpackIsAListOfTexts(long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        List<String> model = new ArrayList<>();
        for (int step = 0; step < 300; step++) {
            edit(random, model);
            assertThat(contents()).isEqualTo(model);
            assertThat(listpack.count()).isEqualTo(model.size());
            byte[] bytes = listpack.toArray();
            assertThat(bytes).hasSize(listpack.totalBytes());
            assertThat(Listpack.validate(bytes, 0, bytes.length, true)).isNull();
            if (random.nextInt(20) == 0) {
                listpack.load(bytes, 0, bytes.length);
            }
            int index = random.nextInt(-model.size() - 1, model.size() + 1);
            int at = listpack.at(index);
            int forward = index < 0 ? model.size() + index : index;
            assertThat(at != Listpack.NONE).isEqualTo(forward >= 0 && forward < model.size());
            if (at != Listpack.NONE) {
                assertThat(listpack.equal(at, text(model.get(forward)))).isTrue();
                assertThat(listpack.previous(at)).isEqualTo(forward == 0 ? Listpack.NONE : listpack.at(forward - 1));
            }
        }
    }

    private void edit(SplittableRandom random, List<String> model) {
        String element = element(random);
        if (model.isEmpty() || random.nextInt(4) == 0) {
            long before = listpack.totalBytes();
            if (random.nextBoolean()) {
                listpack.append(text(element));
                model.add(element);
            } else {
                listpack.prepend(text(element));
                model.addFirst(element);
            }
            assertThat(listpack.totalBytes() - before).isEqualTo(Listpack.entryBytes(text(element)));
            return;
        }
        int index = random.nextInt(model.size());
        int at = listpack.at(index);
        switch (random.nextInt(7)) {
            case 0 -> {
                assertThat(listpack.insertBefore(at, text(element))).isEqualTo(at);
                model.add(index, element);
            }
            case 1 -> {
                int put = listpack.insertAfter(at, text(element));
                assertThat(listpack.equal(put, text(element))).isTrue();
                model.add(index + 1, element);
            }
            case 2 -> {
                listpack.replace(at, text(element));
                model.set(index, element);
            }
            case 3 -> {
                int next = listpack.delete(at);
                model.remove(index);
                assertThat(next).isEqualTo(index == model.size() ? Listpack.NONE : at);
            }
            case 4 -> {
                int n = random.nextInt(4);
                listpack.deleteRange(index - model.size(), n);
                model.subList(index, Math.min(model.size(), index + n)).clear();
            }
            case 5 -> {
                long value = random.nextLong() >> random.nextInt(64);
                listpack.replace(at, value);
                model.set(index, Long.toString(value));
            }
            default -> {
                Listpack other = new Listpack();
                other.append(text(element));
                other.append(5);
                listpack.appendAll(other);
                listpack.prependAll(other);
                model.addAll(List.of(element, "5"));
                model.addAll(0, List.of(element, "5"));
            }
        }
    }

    @ParameterizedTest(name = "find compares every other element, seed {0}")
    @MethodSource("seeds")
    void findComparesEveryOtherElement(long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        List<String> model = new ArrayList<>();
        for (int i = 0; i < 40; i++) {
            model.add(element(random));
            listpack.append(text(model.getLast()));
        }
        for (int i = 0; i < 40; i++) {
            String wanted = random.nextInt(3) == 0 ? element(random) : model.get(random.nextInt(40));
            int skip = random.nextInt(3);
            int index = 0;
            while (index < 40 && !model.get(index).equals(wanted)) {
                index += skip + 1;
            }
            assertThat(listpack.find(text(wanted), listpack.first(), skip))
                    .isEqualTo(index < 40 ? listpack.at(index) : Listpack.NONE);
        }
    }

    @ParameterizedTest(name = "a view over native memory reads the same, seed {0}")
    @MethodSource("seeds")
    void aViewOverNativeMemoryReadsTheSame(long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        int count = random.nextInt(60);
        for (int i = 0; i < count; i++) {
            listpack.append(text(element(random)));
        }
        try (Memory memory = Memory.checking()) {
            int offset = random.nextInt(20);
            long block = memory.allocate(offset + listpack.totalBytes());
            listpack.store(memory, block, offset);
            ListpackView view = new ListpackView(memory).bind(block, offset);
            assertThat(view.count()).isEqualTo(count);
            assertThat(view.first()).isEqualTo(listpack.first());
            assertThat(view.last()).isEqualTo(listpack.last());
            Bytes other = new Bytes();
            for (int at = listpack.first(); at != Listpack.NONE; at = listpack.next(at)) {
                assertThat(view.next(at)).isEqualTo(listpack.next(at));
                assertThat(view.previous(at)).isEqualTo(listpack.previous(at));
                assertThat(view.isLong(at)).isEqualTo(listpack.isLong(at));
                assertThat(view.length(at)).isEqualTo(listpack.length(at));
                Bytes expected = listpack.get(at, window, scratch).copy();
                assertThat(view.get(at, other, new byte[32])).isEqualTo(expected);
                assertThat(view.equal(at, expected)).isTrue();
                byte[] target = new byte[expected.length];
                assertThat(view.read(at, target, 0)).isEqualTo(expected.length);
                assertThat(view.find(expected, view.first(), 0))
                        .isEqualTo(listpack.find(expected, listpack.first(), 0));
            }
            byte[] before = listpack.toArray();
            listpack.empty().append(1);
            assertThat(listpack.load(memory, block, offset, view.totalBytes()).toArray())
                    .isEqualTo(before);
            int index = random.nextInt(-62, 62);
            assertThat(view.at(index)).isEqualTo(listpack.at(index));
            memory.free(block);
        }
    }

    @ParameterizedTest(name = "the bytes of {1} are Redis's")
    @CsvSource({
        "1200000004008166 02 8176 02 816e 02 0c01 ff, f v n 12",
        "1c000000060081610201018162 0283322e35 0481630283696e66 04ff, a 1 b 2.5 c inf",
        "140000000400816102 0101 df3802 f2a0860104 ff, a 1 -200 100000",
    })
    void theBytesAreRedissOwn(String hex, String elements) {
        for (String element : elements.split(" ")) {
            listpack.append(text(element));
        }
        assertThat(HexFormat.of().formatHex(listpack.toArray())).isEqualTo(hex.replace(" ", ""));
    }

    @Test
    void theFirstListpackOfAStreamIsReadAndWritten() {
        byte[] bytes = HexFormat.of()
                .parseHex("270000000f000201000101018161020001020100010001010104010201" + "0101dfff0202010401ff");
        assertThat(Listpack.validate(bytes, 0, bytes.length, true)).isNull();
        listpack.load(bytes, 0, bytes.length);
        assertThat(contents())
                .containsExactly("2", "0", "1", "a", "0", "2", "0", "0", "1", "4", "2", "1", "-1", "2", "4");
        List<String> elements = contents();
        listpack.empty();
        elements.forEach(element -> listpack.append(text(element)));
        assertThat(listpack.toArray()).isEqualTo(bytes);
    }

    @ParameterizedTest(name = "an element of {0} bytes has a backlen of {1}")
    @CsvSource({"127, 1", "128, 2", "16382, 2", "16383, 3", "2097150, 3", "2097151, 4", "268435454, 4", "268435455, 5"})
    void backlensTakeAByteMoreAtTheLimits(long size, int bytes) {
        assertThat(ListpackFormat.backlenBytes(size)).isEqualTo(bytes);
        if (size < 3_000_000) {
            listpack.append(7);
            listpack.append(Bytes.of(new byte[(int) size - (size < 4000 ? 2 : 5)]));
            listpack.append(8);
            byte[] whole = listpack.toArray();
            assertThat(whole).hasSize(7 + 2 + 2 + (int) size + bytes - (size < 66 ? 1 : 0));
            assertThat(Listpack.validate(whole, 0, whole.length, true)).isNull();
            assertThat(listpack.previous(listpack.last())).isEqualTo(8);
        }
    }

    @Test
    void elementsBeyond65534AreCountedByWalking() {
        for (int i = 0; i < 65_540; i++) {
            listpack.append(i & 1);
        }
        byte[] bytes = listpack.toArray();
        assertThat(bytes[4]).isEqualTo((byte) -1);
        assertThat(bytes[5]).isEqualTo((byte) -1);
        assertThat(Listpack.validate(bytes, 0, bytes.length, true)).isNull();
        assertThat(listpack.load(bytes, 0, bytes.length).at(-65_540)).isEqualTo(6);
        assertThat(listpack.count()).isEqualTo(65_540);
        listpack.deleteRange(0, 10);
        assertThat(listpack.toArray()[4]).isEqualTo((byte) 65_530);
    }

    @Test
    void anElementMayBeCopiedFromTheListpackItself() {
        listpack.append(text("first"));
        listpack.append(text("second"));
        listpack.prepend(listpack.get(listpack.last(), window, scratch));
        assertThat(contents()).containsExactly("second", "first", "second");
    }

    @ParameterizedTest(name = "validation never throws on corrupted bytes, seed {0}")
    @MethodSource("seeds")
    void validationNeverThrows(long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        int count = random.nextInt(12);
        for (int i = 0; i < count; i++) {
            listpack.append(text(element(random)));
        }
        byte[] good = listpack.toArray();
        for (int round = 0; round < 2000; round++) {
            int offset = random.nextInt(4);
            byte[] bad = new byte[offset + good.length + random.nextInt(4)];
            System.arraycopy(good, 0, bad, offset, good.length);
            for (int n = random.nextInt(1, 4); n > 0; n--) {
                bad[random.nextInt(bad.length)] = (byte) random.nextInt();
            }
            int length = random.nextInt(4) == 0 ? random.nextInt(-1, bad.length + 3) : good.length;
            if (Listpack.validate(bad, offset, length, true) == null) {
                assertThat(length).isLessThanOrEqualTo(bad.length - offset);
                int walked = 0;
                listpack.load(bad, offset, length);
                for (int at = listpack.first(); at != Listpack.NONE; at = listpack.next(at)) {
                    listpack.get(at, window, scratch);
                    walked++;
                }
                assertThat(listpack.count()).isEqualTo(walked);
            }
        }
    }
}
