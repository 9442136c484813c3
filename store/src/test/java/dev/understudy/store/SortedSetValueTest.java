// SPDX-License-Identifier: Apache-2.0
package dev.understudy.store;

import static org.assertj.core.api.Assertions.assertThat;

import dev.understudy.store.memory.Dict;
import dev.understudy.store.memory.Memory;
import dev.understudy.wire.Bytes;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class SortedSetValueTest {
    private static final Bytes KEY = Bytes.of("z");
    private static final int ROUNDS = 40;

    private final Memory memory = Memory.checking();
    private final Limits limits = new Limits();
    private final DataSet data = new DataSet(memory, 1, limits, new SplittableRandom(1));
    private final Db db = data.db(0);

    private record Scored(String member, double score) {}

    private record Taken(View view, List<Scored> contents) {}

    /** A naive sorted set: all members in order. */
    private static final class Model {
        private final TreeSet<Scored> ordered =
                new TreeSet<>(Comparator.comparingDouble(Scored::score).thenComparing(Scored::member));

        @Nullable
        Scored find(String member) {
            return ordered.stream()
                    .filter(scored -> scored.member().equals(member))
                    .findFirst()
                    .orElse(null);
        }

        boolean set(String member, double score) {
            Scored old = find(member);
            if (old != null) {
                ordered.remove(old);
            }
            ordered.add(new Scored(member, score));
            return old == null;
        }

        List<Scored> list() {
            return new ArrayList<>(ordered);
        }
    }

    private static SortedSetValue set(Db db) {
        return (SortedSetValue) Objects.requireNonNull(db.open(KEY));
    }

    private static List<Scored> contents(SortedSetValue set) {
        List<Scored> contents = new ArrayList<>();
        assertThat(set.forEach((member, score) -> contents.add(new Scored(member.toString(), score))))
                .isTrue();
        List<Scored> descending = new ArrayList<>();
        set.forEachDescending((member, score) -> descending.add(new Scored(member.toString(), score)));
        assertThat(descending.reversed()).isEqualTo(contents);
        assertThat(set.size()).isEqualTo(contents.size());
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

    @ParameterizedTest(name = "seed {0}, at most {1} members compact, {2} different members")
    @CsvSource({"1, 128, 100", "2, 0, 300", "3, 10, 40", "4, 0, 2000", "5, 5, 5", "6, 30, 600"})
    void anyChangesLeaveWhatAModelSaysAndViewsWhatWasThere(long seed, int compact, int members) {
        limits.sortedSetMaxListpackEntries = compact;
        Dict.seed(seed);
        SplittableRandom random = new SplittableRandom(seed);
        Model model = new Model();
        Deque<Taken> views = new ArrayDeque<>();
        for (int round = 0; round < ROUNDS; round++) {
            for (int i = random.nextInt(200); i > 0; i--) {
                change(model, random, members, round % 10 < 7);
            }
            check(model, random);
            data.closeWindows();
            if (random.nextInt(2) == 0) {
                views.add(new Taken(data.view(), model.list()));
            }
            if (views.size() > 3) {
                close(random.nextBoolean() ? views.removeFirst() : views.removeLast());
            }
        }
        views.forEach(SortedSetValueTest::close);
        assertNothingLeaked();
    }

    private static void close(Taken taken) {
        Value value = taken.view().reader().db(0).open(KEY);
        List<Scored> seen = value == null ? List.of() : contents((SortedSetValue) value);
        assertThat(seen).isEqualTo(taken.contents());
        taken.view().close();
    }

    private static double score(SplittableRandom random) {
        return switch (random.nextInt(6)) {
            case 0 -> random.nextInt(10);
            case 1 -> random.nextDouble();
            case 2 -> random.nextBoolean() ? Double.POSITIVE_INFINITY : Double.NEGATIVE_INFINITY;
            case 3 -> random.nextInt(-100, 100) / 4.0;
            case 4 -> random.nextLong();
            default -> random.nextInt(-3, 3) * 1e300;
        };
    }

    private void change(Model model, SplittableRandom random, int members, boolean growing) {
        Value open = db.open(KEY);
        SortedSetValue set = open == null ? db.createSortedSet(KEY) : (SortedSetValue) open;
        int number = random.nextInt(members);
        String member = number % 3 == 0 ? "" + number : "m" + "y".repeat(number % 7) + number;
        int kind = model.ordered.isEmpty() ? 0 : random.nextInt(growing ? 8 : 14);
        if (kind < 6) {
            double score = score(random);
            assertThat(set.set(Bytes.of(member), score)).isEqualTo(model.set(member, score));
        } else if (kind < 13) {
            Scored old = model.find(member);
            assertThat(set.remove(Bytes.of(member))).isEqualTo(old != null);
            if (old != null) {
                model.ordered.remove(old);
            }
        } else {
            int first = random.nextInt(model.ordered.size());
            int count = Math.min(model.ordered.size() - first, 1 + random.nextInt(40));
            set.removeRange(first, count);
            model.list().subList(first, first + count).forEach(model.ordered::remove);
        }
        if (model.ordered.isEmpty()) {
            assertThat(set.size()).isZero();
            db.delete(KEY, random.nextBoolean());
        }
    }

    private void check(Model model, SplittableRandom random) {
        List<Scored> all = model.list();
        if (all.isEmpty()) {
            assertThat(db.contains(KEY)).isFalse();
            return;
        }
        SortedSetValue set = set(db);
        assertThat(contents(set)).isEqualTo(all);
        for (int i = 0; i < 20; i++) {
            int rank = random.nextInt(all.size());
            Scored scored = all.get(rank);
            Bytes member = Bytes.of(scored.member());
            assertThat(set.score(member)).isEqualTo(scored.score());
            assertThat(set.rank(member)).isEqualTo(rank);
            assertThat(set.score()).isEqualTo(scored.score());
            double bound = random.nextBoolean() ? scored.score() : score(random);
            assertThat(set.countBelow(bound, false))
                    .isEqualTo(all.stream().filter(each -> each.score() < bound).count());
            assertThat(set.countBelow(bound, true))
                    .isEqualTo(
                            all.stream().filter(each -> each.score() <= bound).count());
        }
        assertThat(set.score(Bytes.of("none"))).isNaN();
        assertThat(set.rank(Bytes.of("none"))).isEqualTo(-1);
        Set<String> scanned = new HashSet<>();
        long cursor = 0;
        do {
            cursor = set.scan(
                    cursor,
                    (member, score) -> scanned.add(member.read(new Bytes()).toString()));
        } while (cursor != 0);
        assertThat(scanned).hasSize(all.size());
        set.random(random);
        assertThat(all).contains(new Scored(set.member().read(new Bytes()).toString(), set.score()));
    }

    @Test
    void membersOfOneScoreAreInTheOrderOfTheirBytes() {
        for (int compact : new int[] {128, 0}) {
            limits.sortedSetMaxListpackEntries = compact;
            SortedSetValue set = db.createSortedSet(KEY);
            for (String member : List.of("b", "", "aa", "c", "a", "é")) {
                set.set(Bytes.of(member), 1);
            }
            assertThat(contents(set)).extracting(Scored::member).containsExactly("", "a", "aa", "b", "c", "é");
            assertThat(set.countBelowMember(Bytes.of("aa"), false)).isEqualTo(2);
            assertThat(set.countBelowMember(Bytes.of("aa"), true)).isEqualTo(3);
            assertThat(set.countBelowMember(Bytes.of("zz"), true)).isEqualTo(5);
            db.delete(KEY, false);
        }
        assertNothingLeaked();
    }

    @Test
    void aMemberTooLongOrTooManyMakeASkiplistWhichStaysOne() {
        limits.sortedSetMaxListpackEntries = 3;
        SortedSetValue set = db.createSortedSet(KEY);
        for (int i = 0; i < 3; i++) {
            set.set(Bytes.of("m" + i), i + 0.5);
        }
        set.set(Bytes.of("m1"), 7);
        assertThat(set.encoding()).isEqualTo(Encoding.LISTPACK);
        set.set(Bytes.of("m3"), 3);
        assertThat(set.encoding()).isEqualTo(Encoding.SKIPLIST);
        set.remove(Bytes.of("m0"));
        assertThat(set.encoding()).isEqualTo(Encoding.SKIPLIST);
        assertThat(contents(set)).containsExactly(new Scored("m2", 2.5), new Scored("m3", 3), new Scored("m1", 7));
        set.copyTo(db, Bytes.of("copy"));
        set.built();
        assertThat(set.encoding()).isEqualTo(Encoding.LISTPACK);
        set.set(Bytes.of("x".repeat(65)), 1);
        assertThat(set.encoding()).isEqualTo(Encoding.SKIPLIST);
        assertThat(contents((SortedSetValue) Objects.requireNonNull(db.open(Bytes.of("copy")))))
                .hasSize(3);
        assertNothingLeaked();
    }
}
