// SPDX-License-Identifier: Apache-2.0
package dev.understudy.store;

import static org.assertj.core.api.Assertions.assertThat;

import dev.understudy.store.encoding.Listpack;
import dev.understudy.store.memory.Memory;
import dev.understudy.wire.Bytes;
import dev.understudy.wire.Numbers;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Objects;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class ListValueTest {
    private static final int CHECKS = 40;

    private final Memory memory = Memory.checking();
    private final Limits limits = new Limits();
    private final DataSet data = new DataSet(memory, 1, limits, new SplittableRandom(1));
    private final Db db = data.db(0);

    private static ListValue list(Db db) {
        return (ListValue) Objects.requireNonNull(db.open(Bytes.of("l")));
    }

    private static List<String> contents(ListValue list) {
        List<String> contents = new ArrayList<>();
        assertThat(list.forEach(element -> contents.add(element.toString()))).isTrue();
        assertThat(list.size()).isEqualTo(contents.size());
        return contents;
    }

    private static List<String> contentsByNode(ListValue list) {
        List<String> contents = new ArrayList<>();
        Listpack pack = new Listpack();
        list.forEachNode((content, plain) -> {
            if (plain) {
                return contents.add(content.toString());
            }
            pack.load(content.array, content.offset, content.length);
            assertThat(Listpack.validate(content.array, content.offset, content.length, true))
                    .isNull();
            for (int at = pack.first(); at != Listpack.NONE; at = pack.next(at)) {
                contents.add(pack.get(at, new Bytes(), new byte[Numbers.LONG_TEXT_MAX])
                        .toString());
            }
            return true;
        });
        return contents;
    }

    private void assertNothingLeaked() {
        data.closeWindows();
        db.clear(false);
        while (data.reap(1000)) {
            data.closeWindows();
        }
        memory.assertEmpty();
        data.close();
    }

    private record Taken(View view, List<String> contents) {}

    @ParameterizedTest(name = "seed {0}, list-max-listpack-size {1}, large elements from {2} bytes on")
    @CsvSource({
        "1, -1, 1000000",
        "2, -2, 200",
        "3, 4, 1000000",
        "4, 4, 30",
        "5, 1, 1000000",
        "6, -1, 100",
        "7, 128, 90",
        "8, 20, 1000000",
        "9, 3, 12"
    })
    void anyChangesLeaveWhatAModelSaysAndViewsWhatWasThere(long seed, int fill, long large) {
        limits.listMaxListpackSize = fill;
        limits.listPackedThreshold = large;
        SplittableRandom random = new SplittableRandom(seed);
        Deque<Taken> views = new ArrayDeque<>();
        for (int round = 0; round < CHECKS; round++) {
            List<String> model = db.open(Bytes.of("l")) == null ? new ArrayList<>() : contents(list(db));
            int changes = random.nextInt(200);
            for (int i = 0; i < changes; i++) {
                change(model, random, round % 10 < 6);
            }
            check(model);
            data.closeWindows();
            if (random.nextInt(2) == 0) {
                views.add(new Taken(data.view(), model));
            }
            if (views.size() > 3 || random.nextInt(4) == 0 && !views.isEmpty()) {
                Taken taken = random.nextBoolean() ? views.removeFirst() : views.removeLast();
                assertThat(seen(taken.view())).isEqualTo(taken.contents());
                taken.view().close();
            }
        }
        for (Taken taken : views) {
            assertThat(seen(taken.view())).isEqualTo(taken.contents());
            taken.view().close();
        }
        assertNothingLeaked();
    }

    private static List<String> seen(View view) {
        View reader = view.reader();
        Value value = reader.db(0).open(Bytes.of("l"));
        if (value == null) {
            return List.of();
        }
        assertThat(contentsByNode((ListValue) value)).isEqualTo(contents((ListValue) value));
        return contents((ListValue) value);
    }

    private void check(List<String> model) {
        if (model.isEmpty()) {
            assertThat(db.contains(Bytes.of("l"))).isFalse();
            return;
        }
        ListValue list = list(db);
        assertThat(contents(list)).isEqualTo(model);
        assertThat(contentsByNode(list)).isEqualTo(model);
        List<String> backwards = new ArrayList<>();
        for (boolean more = list.seek(model.size() - 1L); more; more = list.step(true)) {
            backwards.add(list.element().read(new Bytes()).toString());
        }
        assertThat(backwards.reversed()).isEqualTo(model);
        assertThat(list.seek(model.size())).isFalse();
        assertThat(list.payloadBytes(0)).isNotNegative();
    }

    private static String text(SplittableRandom random) {
        return switch (random.nextInt(5)) {
            case 0 -> "" + random.nextInt(10);
            case 1 -> "" + random.nextLong();
            case 2 -> "x".repeat(random.nextInt(300));
            default -> "e" + random.nextInt(20);
        };
    }

    private static void remove(ListValue list, List<String> model, String wanted, SplittableRandom random) {
        boolean fromTail = random.nextBoolean();
        int most = 1 + random.nextInt(3);
        long removed = list.remove(Bytes.of(wanted), most, fromTail);
        long expected = 0;
        while (expected < most && model.contains(wanted)) {
            model.remove(fromTail ? model.lastIndexOf(wanted) : model.indexOf(wanted));
            expected++;
        }
        assertThat(removed).isEqualTo(expected);
    }

    private void change(List<String> model, SplittableRandom random, boolean growing) {
        Value open = db.open(Bytes.of("l"));
        ListValue list = open == null ? db.createList(Bytes.of("l")) : (ListValue) open;
        String text = text(random);
        Bytes element = Bytes.of(text);
        int at = model.isEmpty() ? 0 : random.nextInt(model.size());
        int kind = model.isEmpty() ? 0 : random.nextInt(growing ? 10 : 13);
        switch (kind) {
            case 0, 1, 2 -> {
                boolean head = random.nextBoolean();
                list.expect(element.length, 1);
                list.push(element, head);
                model.add(head ? 0 : model.size(), text);
            }
            case 3 -> {
                list.append(element);
                model.add(text);
            }
            case 4, 5 -> {
                list.expect(element.length, 1);
                assertThat(list.set(random.nextBoolean() ? at : at - model.size(), element))
                        .isTrue();
                model.set(at, text);
                list.shrunk();
            }
            case 6, 7, 8 -> {
                list.expect(element.length, 1);
                boolean after = random.nextBoolean();
                String pivot = random.nextInt(10) == 0 ? "none" : model.get(at);
                int found = model.indexOf(pivot);
                assertThat(list.insert(Bytes.of(pivot), element, after)).isEqualTo(found >= 0);
                if (found >= 0) {
                    model.add(after ? found + 1 : found, text);
                }
            }
            case 9, 10 -> remove(list, model, model.get(at), random);
            default -> {
                int count = Math.min(model.size() - at, 1 + random.nextInt(1 + random.nextInt(30)));
                list.delete(at, count);
                model.subList(at, at + count).clear();
            }
        }
        if (model.isEmpty()) {
            assertThat(list.size()).isZero();
            db.delete(Bytes.of("l"), random.nextBoolean());
        } else if (kind > 8) {
            list.shrunk();
        }
        if (random.nextInt(20) == 0) {
            data.closeWindows();
        }
    }

    @Test
    void aListBecomesAQuicklistBeyondTheLimitAndAListpackAgainAtHalfOfIt() {
        limits.listMaxListpackSize = 8;
        ListValue list = db.createList(Bytes.of("l"));
        for (int i = 0; i < 8; i++) {
            list.append(Bytes.of("" + i));
        }
        assertThat(list.encoding()).isEqualTo(Encoding.LISTPACK);
        list.append(Bytes.of("8"));
        assertThat(list.encoding()).isEqualTo(Encoding.QUICKLIST);
        assertThat(list.nodes()).isEqualTo(2);
        list.delete(0, 4);
        list.shrunk();
        assertThat(list.encoding()).isEqualTo(Encoding.QUICKLIST);
        list.delete(0, 4);
        list.shrunk();
        assertThat(list.encoding()).isEqualTo(Encoding.LISTPACK);
        assertThat(contents(list)).containsExactly("8");
        assertNothingLeaked();
    }

    @Test
    void wholeListpacksAreTakenOverAsNodes() {
        Listpack pack = new Listpack();
        for (int i = 0; i < 70_000; i++) {
            pack.append(i % 100);
        }
        ListValue list = db.createList(Bytes.of("l"));
        list.appendNode(pack.array(), 0, pack.totalBytes());
        assertThat(list.nodes()).isEqualTo(1);
        assertThat(list.encoding()).isEqualTo(Encoding.QUICKLIST);
        byte[] tail = pack("tail");
        list.appendNode(tail, 0, tail.length);
        assertThat(list.size()).isEqualTo(70_001);
        list.delete(10, 69_990);
        list.append(Bytes.of("more"));
        list.built();
        assertThat(contents(list)).hasSize(12).endsWith("tail", "more");
        assertNothingLeaked();
    }

    private static byte[] pack(String text) {
        Listpack pack = new Listpack();
        pack.append(Bytes.of(text));
        return pack.toArray();
    }

    @Test
    void aCopyLivesByItself() {
        limits.listMaxListpackSize = 3;
        ListValue list = db.createList(Bytes.of("l"));
        for (int i = 0; i < 20; i++) {
            list.append(Bytes.of("e" + i));
        }
        list.copyTo(db, Bytes.of("copy"));
        list.delete(0, 19);
        assertThat(contents((ListValue) Objects.requireNonNull(db.open(Bytes.of("copy")))))
                .hasSize(20);
        db.delete(Bytes.of("l"), true);
        assertNothingLeaked();
    }
}
