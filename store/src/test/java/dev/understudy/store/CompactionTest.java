// SPDX-License-Identifier: Apache-2.0
package dev.understudy.store;

import static org.assertj.core.api.Assertions.assertThat;

import dev.understudy.store.memory.Memory;
import dev.understudy.wire.Bytes;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class CompactionTest {
    private static final int DATABASES = 2;

    /** Changes of all types, at random; the values of {@code large} keys grow into trees and dictionaries of some hundred items. */
    private static final class Writer {
        final SplittableRandom random;
        final DataSet data;
        private long clock;

        Writer(SplittableRandom random, DataSet data) {
            this.random = random;
            this.data = data;
        }

        private Bytes word(int bytesMax) {
            return Bytes.of("w" + random.nextInt(400) + "x".repeat(random.nextInt(bytesMax)));
        }

        void step() {
            data.closeWindows();
            Db db = data.db(random.nextInt(DATABASES));
            int kind = random.nextInt(6);
            Bytes key = Bytes.of("kind" + kind + ":" + random.nextInt(8));
            if (random.nextInt(20) == 0) {
                // The smallest block there is.
                db.setString(Bytes.of("s"), Bytes.of(random.nextBoolean() ? "" : "x"), false);
            }
            if (random.nextInt(60) == 0) {
                db.delete(key, random.nextBoolean());
                return;
            }
            Value value = db.open(key);
            switch (kind) {
                case 0 -> db.setString(key, word(random.nextInt(20) == 0 ? 100_000 : 200), random.nextBoolean());
                case 1 -> hash(value == null ? db.createHash(key) : (HashValue) value);
                case 2 -> set(value == null ? db.createSet(key) : (SetValue) value);
                case 3 -> list(value == null ? db.createList(key) : (ListValue) value);
                case 4 -> sortedSet(value == null ? db.createSortedSet(key) : (SortedSetValue) value);
                default -> stream(value == null ? db.createStream(key) : (StreamValue) value);
            }
            Value now = db.open(key);
            if (now != null && now.size() == 0 && kind != 5) {
                db.delete(key, false);
            } else if (now != null && random.nextInt(10) == 0) {
                db.expire(now, random.nextBoolean() ? 1_000_000 : -1);
            }
        }

        private void hash(HashValue hash) {
            for (int i = random.nextInt(60); i >= 0; i--) {
                if (random.nextInt(3) == 0) {
                    hash.remove(word(1));
                } else {
                    hash.set(word(1), word(90));
                }
            }
        }

        private void set(SetValue set) {
            for (int i = random.nextInt(60); i >= 0; i--) {
                if (random.nextInt(3) == 0) {
                    set.remove(word(3));
                } else {
                    set.add(word(3));
                }
            }
        }

        private void list(ListValue list) {
            for (int i = random.nextInt(60); i >= 0; i--) {
                Bytes element = word(random.nextInt(10) == 0 ? 9_000 : 60);
                list.expect(element.length, 1);
                list.push(element, random.nextBoolean());
            }
            if (list.size() > 300) {
                list.delete(random.nextInt(200), random.nextInt(100));
            }
        }

        private void sortedSet(SortedSetValue set) {
            for (int i = random.nextInt(60); i >= 0; i--) {
                if (random.nextInt(3) == 0) {
                    set.remove(word(1));
                } else {
                    set.set(word(1), random.nextInt(50));
                }
            }
        }

        private void stream(StreamValue stream) {
            Bytes[] words = {Bytes.of("f"), word(300)};
            StreamGroup group = stream.group(Bytes.of("g" + random.nextInt(3)));
            if (group == null) {
                group = stream.createGroup(Bytes.of("g" + random.nextInt(3) + stream.size()), new StreamId(), 0);
            }
            Bytes name = Bytes.of("c" + random.nextInt(90));
            long consumer = group.consumer(name);
            if (consumer == StreamGroup.NOBODY) {
                consumer = group.createConsumer(name, 1, 1);
            }
            for (int i = random.nextInt(40); i >= 0; i--) {
                stream.append(new StreamId(++clock, 0), words, 0, 1);
                group.deliver(clock, 0, consumer, clock, 1);
                group.acknowledge(clock - random.nextInt(200), 0);
            }
            if (random.nextInt(10) == 0) {
                group.deleteConsumer(consumer);
            }
            stream.delete(new StreamId(clock - random.nextInt(100), 0));
            stream.trim(400, true, 1_000);
        }
    }

    private static List<Map<String, String>> contents(DataSet data) {
        data.closeWindows();
        List<Map<String, String>> contents = new ArrayList<>();
        for (int i = 0; i < DATABASES; i++) {
            contents.add(Contents.of(data.db(i)));
        }
        return contents;
    }

    private record OpenView(View view, List<Map<String, String>> then) {
        void check(long seed) {
            for (int i = 0; i < DATABASES; i++) {
                assertThat(Contents.of(view.db(i))).as("view, seed %d", seed).isEqualTo(then.get(i));
            }
        }
    }

    /** In checking mode a pass moves every block there is, and a use of the old one fails. */
    @ParameterizedTest(name = "seed {0}")
    @ValueSource(longs = {1, 2, 3, 4, 5})
    void movesEveryBlockBetweenChangesAndViewsAndChangesNothing(long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        Memory memory = Memory.checking();
        Limits limits = new Limits();
        limits.streamNodeMaxEntries = 5;
        limits.listMaxListpackSize = 10;
        DataSet data = new DataSet(memory, DATABASES, limits, random.split());
        Writer writer = new Writer(random.split(), data);
        ArrayDeque<OpenView> views = new ArrayDeque<>();
        for (int i = 0; i < 600; i++) {
            writer.step();
            switch (random.nextInt(40)) {
                case 0 -> {
                    if (views.size() < 3) {
                        List<Map<String, String>> then = contents(data);
                        views.add(new OpenView(data.view(), then));
                        assertThat(data.compaction().isRunning()).isFalse();
                    }
                }
                case 1, 2 -> {
                    if (!views.isEmpty()) {
                        OpenView oldest = views.remove();
                        oldest.check(seed);
                        oldest.view.close();
                    }
                }
                case 3 -> data.swap(0, 1);
                case 4 -> data.reap(20);
                case 5, 6 -> compact(data, random, seed);
                default -> {
                    if (data.compaction().isRunning()) {
                        data.compaction().step(random.nextInt(100));
                    }
                }
            }
        }
        views.forEach(open -> {
            open.check(seed);
            open.view.close();
        });
        assertThat(data.compaction().moved()).as("seed %d", seed).isGreaterThan(2_000);
        assertThat(data.compaction().keysMoved()).isPositive();
        data.closeWindows();
        data.db(0).clear(true);
        data.db(1).clear(false);
        while (data.reap(100)) {
            // As long as it takes.
        }
        memory.assertEmpty();
        data.close();
    }

    private static void compact(DataSet data, SplittableRandom random, long seed) {
        Compaction compaction = data.compaction();
        if (!compaction.isRunning() && (!compaction.isDue() || compaction.begin() == 0)) {
            return;
        }
        List<Map<String, String>> before = contents(data);
        if (random.nextInt(4) == 0) {
            // Memory ends in the middle: the pass is over, and nothing else has happened.
            data.memory().refuseAfter(random.nextInt(30));
            while (compaction.step(1_000)) {
                // Until then, or until the end.
            }
            data.memory().refuseAfter(-1);
        }
        for (int i = random.nextInt(20); i > 0; i--) {
            compaction.step(random.nextInt(1, 300));
        }
        assertThat(contents(data)).as("seed %d", seed).isEqualTo(before);
    }

    private enum Kind {
        STRINGS,
        SMALL_HASHES,
        EXPIRING,
        HASH,
        SET,
        LIST,
        SORTED_SET,
        STREAM,
        PENDING
    }

    /** Nine tenths of any data are deleted; the survivors lie in every chunk. */
    @ParameterizedTest
    @EnumSource(Kind.class)
    void whatIsLeftOverGoesBackToTheSystem(Kind kind) {
        Memory memory = Memory.create();
        DataSet data = new DataSet(memory, DATABASES, new Limits(), new SplittableRandom(1));
        int count = kind == Kind.SORTED_SET || kind == Kind.PENDING ? 200_000 : 60_000;
        fill(data.db(1), kind, count);
        data.closeWindows();
        assertThat(memory.usedBytes()).isGreaterThan(8 << 20);
        thinOut(data.db(1), kind, count);
        while (data.reap(1_000)) {
            // What was deleted lazily.
        }
        data.closeWindows();
        long used = memory.usedBytes();
        Map<String, String> before = Contents.of(data.db(1));
        int passes = 0;
        for (int chunks = data.compaction().begin();
                chunks > 0 && passes < 3;
                chunks = data.compaction().begin()) {
            while (data.compaction().step(1_000)) {
                // Pass by pass.
            }
            passes++;
        }
        if (data.compaction().isRunning()) {
            data.compaction().end();
        }
        assertThat(memory.usedBytes()).isEqualTo(used);
        assertThat(memory.reservedBytes()).as("used: %d", used).isLessThan(used + used / 4 + (16 << 20));
        assertThat(Contents.of(data.db(1))).isEqualTo(before);
        data.close();
    }

    private static void fill(Db db, Kind kind, int count) {
        Bytes value = Bytes.of("v".repeat(190));
        Bytes[] words = {Bytes.of("f"), value};
        StreamGroup group = null;
        for (int i = 0; i < count; i++) {
            Bytes name = Bytes.of("name:" + i);
            switch (kind) {
                case STRINGS, EXPIRING -> {
                    db.setString(name, value, false);
                    if (kind == Kind.EXPIRING) {
                        db.expire(db.open(name), 1 + i);
                    }
                }
                case SMALL_HASHES -> db.createHash(name).set(name, value);
                case HASH ->
                    ((HashValue) (i == 0 ? db.createHash(Bytes.of("k")) : db.open(Bytes.of("k")))).set(name, value);
                case SET ->
                    ((SetValue) (i == 0 ? db.createSet(Bytes.of("k")) : db.open(Bytes.of("k"))))
                            .add(Bytes.of(name + "-".repeat(170)));
                case LIST ->
                    ((ListValue) (i == 0 ? db.createList(Bytes.of("k")) : db.open(Bytes.of("k")))).append(value);
                case SORTED_SET ->
                    ((SortedSetValue) (i == 0 ? db.createSortedSet(Bytes.of("k")) : db.open(Bytes.of("k"))))
                            .set(name, i);
                case STREAM, PENDING -> {
                    StreamValue stream =
                            (StreamValue) (i == 0 ? db.createStream(Bytes.of("k")) : db.open(Bytes.of("k")));
                    if (kind == Kind.STREAM) {
                        stream.append(new StreamId(i + 1, 0), words, 0, 1);
                    } else {
                        group = group == null ? stream.createGroup(Bytes.of("g"), new StreamId(), 0) : group;
                        group.deliver(i + 1, 0, i == 0 ? group.createConsumer(name, 1, 1) : 0, 1, 1);
                    }
                }
            }
            if (group == null) {
                db.space.windows.closeAll();
            }
        }
    }

    private static void thinOut(Db db, Kind kind, int count) {
        for (int i = 0; i < count; i++) {
            if (i % 10 == 0) {
                continue;
            }
            Bytes name = Bytes.of("name:" + i);
            switch (kind) {
                case STRINGS, EXPIRING, SMALL_HASHES -> db.delete(name, true);
                case HASH -> ((HashValue) db.open(Bytes.of("k"))).remove(name);
                case SET -> ((SetValue) db.open(Bytes.of("k"))).remove(Bytes.of(name + "-".repeat(170)));
                case LIST -> {
                    // Nine of ten nodes, of forty elements or so.
                    ListValue list = (ListValue) db.open(Bytes.of("k"));
                    if (i % 10 == 1 && list.size() > count / 10 + 900) {
                        list.delete(i / 10 * 40L % (list.size() - 800), 360);
                    }
                }
                case SORTED_SET -> ((SortedSetValue) db.open(Bytes.of("k"))).remove(name);
                case STREAM -> ((StreamValue) db.open(Bytes.of("k"))).delete(new StreamId(i + 1, 0));
                case PENDING -> {
                    StreamGroup group = ((StreamValue) db.open(Bytes.of("k"))).group(Bytes.of("g"));
                    group.acknowledge(i + 1, 0);
                }
            }
        }
    }
}
