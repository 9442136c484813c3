// SPDX-License-Identifier: Apache-2.0
package dev.understudy.store;

import static org.assertj.core.api.Assertions.assertThat;

import dev.understudy.store.memory.Dict;
import dev.understudy.store.memory.Memory;
import dev.understudy.wire.Bytes;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class SetValueTest {
    private final Memory memory = Memory.checking();
    private final Limits limits = new Limits();
    private final DataSet data = new DataSet(memory, 2, limits, new SplittableRandom(1));
    private final Db db = data.db(0);

    private static SetValue set(Db db, String key) {
        return (SetValue) Objects.requireNonNull(db.open(Bytes.of(key)));
    }

    private SetValue created(String key, String... members) {
        SetValue set = db.createSet(Bytes.of(key));
        set.begin(Bytes.of(members[0]), members.length);
        for (String member : members) {
            set.add(Bytes.of(member));
        }
        return set;
    }

    private static Set<String> contents(SetValue set) {
        Set<String> contents = new HashSet<>();
        assertThat(set.forEach(member -> contents.add(member.toString()))).isTrue();
        assertThat(set.size()).isEqualTo(contents.size());
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
    void theFirstMembersChooseTheForm() {
        assertThat(created("a", "1", "2").encoding()).isEqualTo(Encoding.INTSET);
        assertThat(created("b", "1", "x").encoding()).isEqualTo(Encoding.LISTPACK);
        assertThat(created("c", "x", "1").encoding()).isEqualTo(Encoding.LISTPACK);
        assertThat(created("d", "y".repeat(64)).encoding()).isEqualTo(Encoding.LISTPACK);
        assertThat(created("e", "y".repeat(65)).encoding()).isEqualTo(Encoding.HASHTABLE);
        String[] numbers = new String[513];
        for (int i = 0; i < numbers.length; i++) {
            numbers[i] = "7";
        }
        assertThat(created("f", numbers).encoding()).isEqualTo(Encoding.HASHTABLE);
        numbers[0] = "x";
        assertThat(created("g", numbers).encoding()).isEqualTo(Encoding.HASHTABLE);
        assertNothingLeaked();
    }

    @ParameterizedTest(name = "{0} integers and then {1}: {2}")
    @CsvSource({
        "512, , INTSET",
        "513, , HASHTABLE",
        "127, x, LISTPACK",
        "128, x, HASHTABLE",
        "127, 0123456789012345678901234567890123456789012345678901234567890123x, HASHTABLE"
    })
    void anIntsetGrowsIntoAListpackOrAHashtable(int integers, String last, Encoding expected) {
        SetValue set = db.createSet(Bytes.of("s"));
        Set<String> model = new HashSet<>();
        for (int i = 0; i < integers; i++) {
            String member = "" + (i * 1000003L - 5);
            assertThat(set.add(Bytes.of(member))).isTrue();
            assertThat(set.add(Bytes.of(member))).isFalse();
            model.add(member);
        }
        if (last != null) {
            assertThat(set.add(Bytes.of(last))).isTrue();
            model.add(last);
        }
        assertThat(set.encoding()).isEqualTo(expected);
        assertThat(contents(set)).isEqualTo(model);
        for (String member : List.copyOf(model)) {
            assertThat(set.contains(Bytes.of(member))).isTrue();
            assertThat(set.remove(Bytes.of(member))).isTrue();
            assertThat(set.remove(Bytes.of(member))).isFalse();
        }
        assertThat(set.size()).isZero();
        assertThat(set.encoding()).isEqualTo(expected);
        assertNothingLeaked();
    }

    @Test
    void integersComeInAscendingOrder() {
        SetValue set = created("s", "5", "-3", "70000", "0");
        List<String> members = new ArrayList<>();
        set.forEach(member -> members.add(member.toString()));
        assertThat(members).containsExactly("-3", "0", "5", "70000");
        assertThat(set.contains(Bytes.of("05"))).isFalse();
        assertThat(set.remove(Bytes.of("x"))).isFalse();
        assertNothingLeaked();
    }

    @Test
    void aSetOfIntegersBecomesAnIntsetOnDemand() {
        limits.setMaxIntsetEntries = 3;
        SetValue packed = db.createSet(Bytes.of("packed"));
        packed.beginListpack();
        packed.add(Bytes.of("3"));
        packed.add(Bytes.of("-1"));
        packed.toIntset();
        assertThat(packed.encoding()).isEqualTo(Encoding.INTSET);
        assertThat(contents(packed)).isEqualTo(Set.of("3", "-1"));
        SetValue table = created("table", "1", "2", "3", "4");
        assertThat(table.encoding()).isEqualTo(Encoding.LISTPACK);
        table.expect(1000);
        assertThat(table.encoding()).isEqualTo(Encoding.HASHTABLE);
        table.toIntset();
        assertThat(table.encoding()).isEqualTo(Encoding.HASHTABLE);
        table.remove(Bytes.of("2"));
        table.toIntset();
        assertThat(table.encoding()).isEqualTo(Encoding.INTSET);
        assertThat(contents(table)).isEqualTo(Set.of("1", "3", "4"));
        assertNothingLeaked();
    }

    @ParameterizedTest(name = "pops of {1} of {0} members in form {2} leave {3}")
    @CsvSource({
        "100, 30, INTSET, INTSET",
        "100, 99, INTSET, INTSET",
        "100, 60, LISTPACK, LISTPACK",
        "100, 99, LISTPACK, LISTPACK",
        "1000, 300, HASHTABLE, HASHTABLE",
        "1000, 833, HASHTABLE, HASHTABLE",
        "1000, 872, HASHTABLE, LISTPACK",
        "1000, 871, HASHTABLE, HASHTABLE",
        "1000, 999, HASHTABLE, LISTPACK"
    })
    void popsTakeDistinctMembers(int size, int count, Encoding before, Encoding after) {
        String prefix = before == Encoding.INTSET ? "" : "m";
        SetValue set = db.createSet(Bytes.of("s"));
        Set<String> model = new HashSet<>();
        for (int i = 0; i < size; i++) {
            set.add(Bytes.of(prefix + i));
            model.add(prefix + i);
        }
        assertThat(set.encoding()).isEqualTo(before);
        View view = data.view();
        Set<String> popped = new HashSet<>();
        set.pop(
                count,
                data.random(),
                member -> popped.add(member.read(new Bytes()).toString()));
        assertThat(popped).hasSize(count);
        assertThat(set.encoding()).isEqualTo(after);
        Set<String> rest = contents(set);
        assertThat(rest).hasSize(size - count).doesNotContainAnyElementsOf(popped);
        assertThat(contents(set(view.db(0), "s"))).isEqualTo(model);
        set.add(Bytes.of("more"));
        view.close();
        rest.addAll(popped);
        assertThat(rest).isEqualTo(model);
        assertThat(contents(set)).hasSize(size - count + 1).contains("more");
        assertNothingLeaked();
    }

    private record Seen(View view, Map<String, Set<String>> model) {
        void compare() {
            Set<String> keys = new HashSet<>();
            view.db(0).forEach((value, key) -> {
                keys.add(key.toString());
                assertThat(contents((SetValue) value)).isEqualTo(model.get(key.toString()));
                return true;
            });
            assertThat(keys).isEqualTo(model.keySet());
            view.closeWindows();
            view.close();
        }
    }

    private static Map<String, Set<String>> copy(Map<String, Set<String>> model) {
        Map<String, Set<String>> copy = new HashMap<>();
        model.forEach((key, members) -> copy.put(key, new HashSet<>(members)));
        return copy;
    }

    @ParameterizedTest(name = "behaves as a map of sets, also in views: seed {0}")
    @ValueSource(longs = {1, 2, 3, 4, 5, 6})
    void behavesAsAMapOfSets(long seed) {
        limits.setMaxIntsetEntries = 20;
        limits.setMaxListpackEntries = 10;
        limits.setMaxListpackValue = 12;
        Dict.seed(seed);
        SplittableRandom random = new SplittableRandom(seed);
        Map<String, Set<String>> model = new HashMap<>();
        Deque<Seen> views = new ArrayDeque<>();
        for (int step = 0; step < 6000; step++) {
            String key = "key" + random.nextInt(4);
            String to = "key" + random.nextInt(4);
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
                case 3 -> copyOrMove(model, key, to, random.nextBoolean());
                case 4 -> pop(model, key, random);
                case 5 -> data.reap(random.nextInt(10));
                default -> change(model, key, random);
            }
        }
        model.forEach((key, members) -> assertThat(contents(set(db, key))).isEqualTo(members));
        views.forEach(Seen::compare);
        assertNothingLeaked();
    }

    private void copyOrMove(Map<String, Set<String>> model, String key, String to, boolean move) {
        if (!model.containsKey(key) || model.containsKey(to)) {
            return;
        }
        Encoding encoding = set(db, key).encoding();
        if (move) {
            db.move(set(db, key), db, Bytes.of(to));
            model.put(to, model.remove(key));
        } else {
            set(db, key).copyTo(db, Bytes.of(to));
            model.put(to, new HashSet<>(model.get(key)));
        }
        assertThat(set(db, to).encoding()).isEqualTo(encoding);
    }

    private void pop(Map<String, Set<String>> model, String key, SplittableRandom random) {
        Set<String> members = model.get(key);
        if (members == null) {
            return;
        }
        int count = random.nextInt(members.size());
        set(db, key).pop(count, random, member -> {
            assertThat(members.remove(member.read(new Bytes()).toString())).isTrue();
            return true;
        });
        assertThat(contents(set(db, key))).isEqualTo(members);
    }

    private void change(Map<String, Set<String>> model, String key, SplittableRandom random) {
        Set<String> members = model.computeIfAbsent(key, k -> new HashSet<>());
        SetValue set = members.isEmpty() ? db.createSet(Bytes.of(key)) : set(db, key);
        int range = 4 << random.nextInt(7);
        String member = switch (random.nextInt(60)) {
            case 0 -> "m" + random.nextInt(range);
            case 1 -> "x".repeat(random.nextInt(20));
            case 2 -> "" + random.nextLong();
            default -> "" + random.nextInt(range);
        };
        if (members.isEmpty() || random.nextInt(5) < 3) {
            assertThat(set.add(Bytes.of(member))).isEqualTo(members.add(member));
            return;
        }
        assertThat(set.contains(Bytes.of(member))).isEqualTo(members.contains(member));
        assertThat(set.remove(Bytes.of(member))).isEqualTo(members.remove(member));
        if (members.isEmpty()) {
            db.delete(Bytes.of(key), false);
            model.remove(key);
        } else {
            assertThat(members).contains(set.random(random).read(new Bytes()).toString());
        }
    }
}
