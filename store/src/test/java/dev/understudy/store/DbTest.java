// SPDX-License-Identifier: Apache-2.0
package dev.understudy.store;

import static org.assertj.core.api.Assertions.assertThat;

import dev.understudy.store.memory.Dict;
import dev.understudy.store.memory.Memory;
import dev.understudy.wire.Bytes;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Databases, expiry and views against maps on the heap. */
class DbTest {
    private static final int DATABASES = 3;

    /** What a key holds: a text, or the fields of a hash. */
    private record Expected(String text, Map<String, String> fields, long expireAt) {
        Expected expiringAt(long millis) {
            return new Expected(text, fields, millis);
        }

        Expected copy() {
            return fields == null ? this : new Expected(null, new HashMap<>(fields), expireAt);
        }
    }

    private record OpenView(View view, List<Map<String, Expected>> then) {}

    /** One run: the data set and its model. */
    private static final class Run {
        final Memory memory = Memory.checking();
        final SplittableRandom random;
        final DataSet data;
        final List<Map<String, Expected>> model = new ArrayList<>();
        final List<OpenView> views = new ArrayList<>();
        final int keys;

        Run(long seed) {
            Dict.seed(seed);
            random = new SplittableRandom(seed);
            Limits limits = new Limits();
            limits.hashMaxListpackEntries = 8;
            data = new DataSet(memory, DATABASES, limits, random.split());
            for (int i = 0; i < DATABASES; i++) {
                model.add(new TreeMap<>());
            }
            keys = 5 + random.nextInt(300);
        }

        Db db(int index) {
            return data.db(index);
        }

        String randomKey() {
            return "key:" + random.nextInt(keys);
        }

        String randomText() {
            return switch (random.nextInt(5)) {
                case 0 -> Long.toString(random.nextInt(100_000));
                case 1 -> "";
                case 2 -> "x".repeat(random.nextInt(40));
                case 3 -> "y".repeat(random.nextInt(400));
                default -> "z".repeat(random.nextInt(8000));
            };
        }

        void step() {
            data.closeWindows();
            int index = random.nextInt(DATABASES);
            Map<String, Expected> map = model.get(index);
            String key = randomKey();
            switch (random.nextInt(40)) {
                case 0, 1, 2, 3, 4, 5, 6 -> set(index, key);
                case 7, 8, 9, 10, 11, 12, 13 -> hset(index, key);
                case 14, 15, 16 -> delete(index, key);
                case 17, 18, 19, 20 -> expire(index, key);
                case 21, 22, 23 -> append(index, key);
                case 24, 25, 26 -> move(index, key);
                case 27, 28 -> copy(index, key);
                case 29 -> scan(index);
                case 30 -> randomKeys(index);
                case 31 -> openView();
                case 32 -> closeView();
                case 33 -> data.reap(random.nextInt(20));
                case 34 -> swap();
                case 35 -> {
                    if (random.nextInt(10) == 0) {
                        db(index).clear(random.nextBoolean());
                        map.clear();
                    }
                }
                default -> read(index, key);
            }
            assertThat(db(index).size()).isEqualTo(model.get(index).size());
        }

        void set(int index, String key) {
            String text = randomText();
            boolean keep = random.nextBoolean();
            Expected old = model.get(index).get(key);
            db(index).setString(Bytes.of(key), Bytes.of(text), keep);
            long expireAt = keep && old != null ? old.expireAt : -1;
            model.get(index).put(key, new Expected(text, null, expireAt));
        }

        void hset(int index, String key) {
            Expected old = model.get(index).get(key);
            if (old != null && old.fields == null) {
                return;
            }
            Value value = db(index).open(Bytes.of(key));
            HashValue hash = value == null ? db(index).createHash(Bytes.of(key)) : (HashValue) value;
            Expected next = old == null ? new Expected(null, new HashMap<>(), -1) : old;
            for (int i = random.nextInt(12); i >= 0; i--) {
                String field = "f" + random.nextInt(30);
                String text = randomText();
                hash.set(Bytes.of(field), Bytes.of(text));
                next.fields.put(field, text);
            }
            model.get(index).put(key, next);
        }

        void delete(int index, String key) {
            boolean deleted = db(index).delete(Bytes.of(key), random.nextBoolean());
            assertThat(deleted).isEqualTo(model.get(index).remove(key) != null);
        }

        void expire(int index, String key) {
            Value value = db(index).open(Bytes.of(key));
            if (value == null) {
                return;
            }
            long at = random.nextInt(3) == 0 ? -1 : random.nextInt(1_000_000);
            db(index).expire(value, at);
            model.get(index).compute(key, (_, old) -> old.expiringAt(at));
            check(value, model.get(index).get(key));
        }

        void append(int index, String key) {
            Expected old = model.get(index).get(key);
            if (old == null || old.fields != null) {
                return;
            }
            StringValue value = (StringValue) db(index).open(Bytes.of(key));
            byte[] tail = "tail".repeat(random.nextInt(20)).getBytes(StandardCharsets.ISO_8859_1);
            long length = value.size();
            value.resize(length + tail.length);
            value.write(length, tail, 0, tail.length);
            String text = old.text + new String(tail, StandardCharsets.ISO_8859_1);
            model.get(index).put(key, new Expected(text, null, old.expireAt));
        }

        void move(int index, String key) {
            int target = random.nextInt(DATABASES);
            String name = randomKey();
            Value value = db(index).open(Bytes.of(key));
            if (value == null || db(target).contains(Bytes.of(name))) {
                return;
            }
            db(index).move(value, db(target), Bytes.of(name));
            model.get(target).put(name, model.get(index).remove(key));
            check(db(target).open(Bytes.of(name)), model.get(target).get(name));
        }

        void copy(int index, String key) {
            int target = random.nextInt(DATABASES);
            String name = randomKey();
            Value value = db(index).open(Bytes.of(key));
            if (value == null || db(target).contains(Bytes.of(name))) {
                return;
            }
            Expected copy = model.get(index).get(key).copy().expiringAt(-1);
            Encoding encoding = value.encoding();
            value.copyTo(db(target), Bytes.of(name));
            model.get(target).put(name, copy);
            Value copied = db(target).open(Bytes.of(name));
            check(copied, copy);
            assertThat(copied.encoding()).isEqualTo(encoding);
        }

        void scan(int index) {
            Set<String> seen = new HashSet<>();
            long cursor = 0;
            do {
                cursor = db(index).scan(cursor, (_, key) -> seen.add(key.toString()));
            } while (cursor != 0);
            assertThat(seen).isEqualTo(model.get(index).keySet());
            seen.clear();
            do {
                cursor = db(index).scanExpiring(cursor, (value, key) -> {
                    assertThat(value.expireAt()).isNotNegative();
                    return seen.add(key.toString());
                });
            } while (cursor != 0);
            Set<String> expiring = new HashSet<>();
            model.get(index).forEach((key, expected) -> {
                if (expected.expireAt >= 0) {
                    expiring.add(key);
                }
            });
            assertThat(seen).isEqualTo(expiring);
            assertThat(db(index).expires()).isEqualTo(expiring.size());
        }

        void randomKeys(int index) {
            byte[] key = db(index).randomKey(random);
            assertThat(key == null).isEqualTo(model.get(index).isEmpty());
            if (key != null) {
                assertThat(model.get(index)).containsKey(new String(key, StandardCharsets.UTF_8));
            }
        }

        void swap() {
            int first = random.nextInt(DATABASES);
            int second = random.nextInt(DATABASES);
            data.swap(first, second);
            Map<String, Expected> map = model.get(first);
            model.set(first, model.get(second));
            model.set(second, map);
            assertThat(db(first).index()).isEqualTo(first);
            assertThat(db(second).index()).isEqualTo(second);
        }

        void read(int index, String key) {
            Value value = db(index).open(Bytes.of(key));
            Expected expected = model.get(index).get(key);
            assertThat(value == null).isEqualTo(expected == null);
            if (value != null) {
                check(value, expected);
                db(index).access(value);
            }
        }

        void openView() {
            if (views.size() == 4) {
                return;
            }
            List<Map<String, Expected>> then = new ArrayList<>();
            for (Map<String, Expected> map : model) {
                Map<String, Expected> copy = new HashMap<>();
                map.forEach((key, expected) -> copy.put(key, expected.copy()));
                then.add(copy);
            }
            views.add(new OpenView(data.view(), then));
        }

        void closeView() {
            if (!views.isEmpty()) {
                OpenView open = views.remove(random.nextInt(views.size()));
                check(open);
                open.view.close();
            }
        }

        void check(OpenView open) {
            View view = random.nextBoolean() ? open.view : open.view.reader();
            for (int i = 0; i < DATABASES; i++) {
                Map<String, Expected> then = open.then.get(i);
                Set<String> seen = new HashSet<>();
                view.db(i).forEach((value, key) -> {
                    check(value, then.get(key.toString()));
                    return seen.add(key.toString());
                });
                assertThat(seen).isEqualTo(then.keySet());
                assertThat(view.db(i).size()).isEqualTo(then.size());
                assertThat(view.db(i).expires())
                        .isEqualTo(then.values().stream()
                                .filter(e -> e.expireAt >= 0)
                                .count());
                for (int n = 0; n < 5; n++) {
                    String key = randomKey();
                    Value value = view.db(i).open(Bytes.of(key));
                    assertThat(value == null).isEqualTo(!then.containsKey(key));
                    if (value != null) {
                        check(value, then.get(key));
                    }
                    view.closeWindows();
                }
            }
        }

        static void check(Value value, Expected expected) {
            assertThat(value.expireAt()).isEqualTo(expected.expireAt);
            if (expected.fields == null) {
                byte[] text = ((StringValue) value).toArray();
                assertThat(new String(text, StandardCharsets.ISO_8859_1)).isEqualTo(expected.text);
                assertThat(value.size()).isEqualTo(text.length);
                return;
            }
            HashValue hash = (HashValue) value;
            assertThat(hash.size()).isEqualTo(expected.fields.size());
            expected.fields.forEach((field, text) -> {
                Slice slice = hash.get(Bytes.of(field));
                String found = slice.isLong()
                        ? Long.toString(slice.asLong())
                        : slice.read(new Bytes()).toString();
                assertThat(found).isEqualTo(text);
            });
        }

        void finish() {
            for (int i = 0; i < DATABASES; i++) {
                scan(i);
            }
            while (!views.isEmpty()) {
                closeView();
            }
            data.closeWindows();
            for (int i = 0; i < DATABASES; i++) {
                db(i).clear(random.nextBoolean());
            }
            while (data.reap(100)) {
                // As long as it takes.
            }
            memory.assertEmpty();
            data.close();
        }
    }

    @ParameterizedTest(name = "databases and views agree with the model, seed {0}")
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12})
    void databasesAndViewsAgreeWithTheModel(long seed) {
        Run run = new Run(seed);
        for (int i = 0; i < 6000; i++) {
            run.step();
        }
        run.finish();
    }

    @Test
    void appendingInStepsCostsLinearTime() {
        try (DataSet data = new DataSet(Memory.checking(), 1, new Limits(), new SplittableRandom(1))) {
            Bytes key = Bytes.of("k");
            data.db(0).setString(key, Bytes.of("start"), false);
            StringValue value = (StringValue) data.db(0).open(key);
            int moves = 0;
            for (int i = 0; i < 20_000; i++) {
                long block = value.entry;
                value.resize(value.size() + 1);
                moves += value.entry == block ? 0 : 1;
            }
            assertThat(moves).isLessThan(30);
        }
    }

    @Test
    void aDataSetClosedWithAnOpenViewKeepsItsMemoryUntilTheViewIsClosed() {
        DataSet data = new DataSet(Memory.checking(), 1, new Limits(), new SplittableRandom(1));
        data.db(0).setString(Bytes.of("k"), Bytes.of("value"), false);
        View view = data.view();
        data.close();
        assertThat(((StringValue) view.db(0).open(Bytes.of("k"))).toArray())
                .isEqualTo("value".getBytes(StandardCharsets.UTF_8));
        view.close();
    }
}
