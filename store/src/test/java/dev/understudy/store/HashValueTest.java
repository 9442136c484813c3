// SPDX-License-Identifier: Apache-2.0
package dev.understudy.store;

import static org.assertj.core.api.Assertions.assertThat;

import dev.understudy.store.memory.Dict;
import dev.understudy.store.memory.Memory;
import dev.understudy.wire.Bytes;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class HashValueTest {
    private final Memory memory = Memory.checking();
    private final Limits limits = new Limits();
    private final DataSet data = new DataSet(memory, 2, limits, new SplittableRandom(1));
    private final Db db = data.db(0);

    private static HashValue hash(Db db, String key) {
        return (HashValue) Objects.requireNonNull(db.open(Bytes.of(key)));
    }

    private static Map<String, String> contents(HashValue hash) {
        Map<String, String> contents = new HashMap<>();
        assertThat(hash.forEach((field, value) -> contents.put(field.toString(), value.toString()) == null))
                .isTrue();
        assertThat(hash.size()).isEqualTo(contents.size());
        return contents;
    }

    private void assertNothingLeaked() {
        data.closeWindows();
        for (int i = 0; i < data.databases(); i++) {
            data.db(i).clear(false);
        }
        while (data.reap(1000)) {
            data.closeWindows();
        }
        memory.assertEmpty();
        data.close();
    }

    @Test
    void aFieldTooManyMakesAHashtable() {
        limits.hashMaxListpackEntries = 3;
        HashValue hash = db.createHash(Bytes.of("h"));
        for (int i = 0; i < 3; i++) {
            assertThat(hash.set(Bytes.of("f" + i), Bytes.of("" + i))).isTrue();
        }
        assertThat(hash.encoding()).isEqualTo(Encoding.LISTPACK);
        assertThat(hash.set(Bytes.of("f1"), Bytes.of("one"))).isFalse();
        assertThat(hash.encoding()).isEqualTo(Encoding.LISTPACK);
        assertThat(hash.set(Bytes.of("f3"), Bytes.of("3"))).isTrue();
        assertThat(hash.encoding()).isEqualTo(Encoding.HASHTABLE);
        hash.remove(Bytes.of("f0"));
        assertThat(hash.encoding()).isEqualTo(Encoding.HASHTABLE);
        assertThat(contents(hash)).isEqualTo(Map.of("f1", "one", "f2", "2", "f3", "3"));
        assertNothingLeaked();
    }

    @Test
    void aFieldOrValueTooLongMakesAHashtable() {
        for (int longer = 0; longer < 2; longer++) {
            String field = "f".repeat(64 + longer);
            String value = "v".repeat(65 - longer);
            HashValue hash = db.createHash(Bytes.of("h" + longer));
            hash.set(Bytes.of("short"), Bytes.of("12"));
            assertThat(hash.encoding()).isEqualTo(Encoding.LISTPACK);
            assertThat(hash.set(Bytes.of(field), Bytes.of(value))).isTrue();
            assertThat(hash.encoding()).isEqualTo(Encoding.HASHTABLE);
            assertThat(contents(hash)).isEqualTo(Map.of("short", "12", field, value));
        }
        assertNothingLeaked();
    }

    @Test
    void settingManyConvertsByTheirNumberEvenIfTheyAreTheSame() {
        limits.hashMaxListpackEntries = 2;
        HashValue hash = db.createHash(Bytes.of("h"));
        Bytes[] words = new Bytes[7];
        for (int i = 0; i < words.length; i++) {
            words[i] = Bytes.of("same");
        }
        assertThat(hash.setAll(words, 1, 5)).isEqualTo(1);
        assertThat(hash.encoding()).isEqualTo(Encoding.LISTPACK);
        assertThat(hash.setAll(words, 1, 7)).isZero();
        assertThat(hash.encoding()).isEqualTo(Encoding.HASHTABLE);
        assertThat(contents(hash)).isEqualTo(Map.of("same", "same"));
        assertNothingLeaked();
    }

    @Test
    void randomFieldsAreAboutEvenlyChosen() {
        limits.hashMaxListpackEntries = 100;
        for (int size : new int[] {10, 1000}) {
            HashValue hash = db.createHash(Bytes.of("h" + size));
            for (int i = 0; i < size; i++) {
                hash.set(Bytes.of("" + i), Bytes.of("" + -i));
            }
            int[] hits = new int[size];
            SplittableRandom random = new SplittableRandom(3);
            for (int i = 0; i < size * 100; i++) {
                hash.random(random);
                Bytes field = hash.field().read(new Bytes());
                int number = Integer.parseInt(field.toString());
                assertThat(hash.value().read(new Bytes()).toString()).isEqualTo("" + -number);
                hits[number]++;
            }
            for (int hit : hits) {
                assertThat(hit).isBetween(30, 200);
            }
        }
        assertNothingLeaked();
    }

    private record Seen(View view, Map<String, Map<String, String>> model) {
        void compare() {
            Set<String> keys = new HashSet<>();
            view.db(0).forEach((value, key) -> {
                keys.add(key.toString());
                assertThat(contents((HashValue) value)).isEqualTo(model.get(key.toString()));
                return true;
            });
            assertThat(keys).isEqualTo(model.keySet());
            view.closeWindows();
            view.close();
        }
    }

    private static Map<String, Map<String, String>> copy(Map<String, Map<String, String>> model) {
        Map<String, Map<String, String>> copy = new HashMap<>();
        model.forEach((key, fields) -> copy.put(key, new HashMap<>(fields)));
        return copy;
    }

    @ParameterizedTest(name = "behaves as a map of maps, also in views: seed {0}")
    @ValueSource(longs = {1, 2, 3, 4, 5, 6})
    void behavesAsAMapOfMaps(long seed) {
        limits.hashMaxListpackEntries = 12;
        limits.hashMaxListpackValue = 24;
        Dict.seed(seed);
        SplittableRandom random = new SplittableRandom(seed);
        Map<String, Map<String, String>> model = new HashMap<>();
        Deque<Seen> views = new ArrayDeque<>();
        for (int step = 0; step < 6000; step++) {
            String key = "key" + random.nextInt(4);
            if (step % 16 == 0) {
                data.closeWindows();
            }
            switch (random.nextInt(40)) {
                case 0 -> {
                    if (views.size() < 3) {
                        views.add(new Seen(data.view(), copy(model)));
                    }
                }
                case 1 -> {
                    if (!views.isEmpty()) {
                        (random.nextBoolean() ? views.removeFirst() : views.removeLast()).compare();
                    }
                }
                case 2 ->
                    assertThat(db.delete(Bytes.of(key), random.nextBoolean())).isEqualTo(model.remove(key) != null);
                case 3 -> copyKey(model, key, "key" + random.nextInt(4));
                case 4 -> moveKey(model, key, "key" + random.nextInt(4));
                case 5 -> {
                    if (model.containsKey(key)) {
                        db.expire(hash(db, key), random.nextInt(-1, 3));
                    }
                }
                case 6 -> data.reap(random.nextInt(10));
                default -> change(model, key, random);
            }
            if (model.containsKey(key)) {
                assertThat(hash(db, key).size()).isEqualTo(model.get(key).size());
            }
        }
        model.forEach((key, fields) -> assertThat(contents(hash(db, key))).isEqualTo(fields));
        views.forEach(Seen::compare);
        assertNothingLeaked();
    }

    private void copyKey(Map<String, Map<String, String>> model, String key, String to) {
        if (model.containsKey(key) && !model.containsKey(to)) {
            hash(db, key).copyTo(db, Bytes.of(to));
            model.put(to, new HashMap<>(model.get(key)));
            assertThat(hash(db, to).encoding()).isEqualTo(hash(db, key).encoding());
        }
    }

    private void moveKey(Map<String, Map<String, String>> model, String key, String to) {
        if (model.containsKey(key) && !model.containsKey(to)) {
            db.move(hash(db, key), db, Bytes.of(to));
            model.put(to, model.remove(key));
        }
    }

    private void change(Map<String, Map<String, String>> model, String key, SplittableRandom random) {
        Map<String, String> fields = model.computeIfAbsent(key, k -> new HashMap<>());
        HashValue hash = fields.isEmpty() ? db.createHash(Bytes.of(key)) : hash(db, key);
        int range = 4 << random.nextInt(6);
        String field = "" + random.nextInt(range);
        if (fields.isEmpty() || random.nextInt(5) < 3) {
            String value = switch (random.nextInt(12)) {
                case 0 -> "x".repeat(random.nextInt(100));
                case 1 -> "";
                case 2, 3, 4 -> "" + random.nextLong();
                default -> "v" + random.nextInt(1000);
            };
            assertThat(hash.set(Bytes.of(field), Bytes.of(value))).isEqualTo(fields.put(field, value) == null);
            return;
        }
        Slice found = hash.get(Bytes.of(field));
        assertThat(found == null ? null : found.read(new Bytes()).toString()).isEqualTo(fields.get(field));
        assertThat(hash.remove(Bytes.of(field))).isEqualTo(fields.remove(field) != null);
        if (fields.isEmpty()) {
            db.delete(Bytes.of(key), false);
            model.remove(key);
        }
    }

    @ParameterizedTest(name = "a scan meets what is there all the time: seed {0}")
    @ValueSource(longs = {1, 2, 3})
    void aScanMeetsWhatIsThereAllTheTime(long seed) {
        Dict.seed(seed);
        SplittableRandom random = new SplittableRandom(seed);
        HashValue hash = db.createHash(Bytes.of("h"));
        Set<String> lasting = new HashSet<>();
        for (int i = 0; i < 1000; i++) {
            lasting.add("lasting" + i);
            hash.set(Bytes.of("lasting" + i), Bytes.of("v"));
        }
        Set<String> met = new HashSet<>();
        long cursor = 0;
        do {
            cursor = hash.scan(cursor, (field, value) -> {
                met.add(field.read(new Bytes()).toString());
                return true;
            });
            for (int i = 0; i < 50; i++) {
                Bytes other = Bytes.of("other" + random.nextInt(2000));
                if (random.nextBoolean()) {
                    hash.set(other, other);
                } else {
                    hash.remove(other);
                }
            }
        } while (cursor != 0);
        assertThat(met).containsAll(lasting);
        assertNothingLeaked();
    }
}
