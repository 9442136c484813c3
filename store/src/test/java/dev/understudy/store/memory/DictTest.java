// SPDX-License-Identifier: Apache-2.0
package dev.understudy.store.memory;

import static org.assertj.core.api.Assertions.assertThat;

import dev.understudy.wire.Bytes;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class DictTest {
    static LongStream seeds() {
        return LongStream.range(0, 60);
    }

    @ParameterizedTest(name = "seed {0}")
    @MethodSource("seeds")
    void agreesWithAMapWhileViewsKeepTheirVersion(long seed) throws InterruptedException {
        new Model(seed, 1500, 400).run();
    }

    @ParameterizedTest(name = "seed {0}")
    @ValueSource(longs = {1, 2})
    void agreesWithAMapThroughGrowthToUpperDirectoriesAndBack(long seed) throws InterruptedException {
        new Model(seed, 60_000, 60_000).run();
    }

    /** A keyspace of one dictionary beside a HashMap, with the holder's side of the views' protocol. */
    private static final class Model {
        private final SplittableRandom random;
        private final int steps;
        private final int keys;
        private final Memory memory;
        private final Versions versions;
        private final Dict dict;
        private final Map<String, Integer> expected = new HashMap<>();
        private final List<View> views = new ArrayList<>();
        private long root;
        private long rootEpoch;

        private record View(long root, long epoch, Map<String, Integer> expected, Memory reader) {}

        Model(long seed, int steps, int keys) {
            Dict.seed(seed);
            random = new SplittableRandom(seed);
            this.steps = steps;
            this.keys = keys;
            memory = keys > 10_000 ? Memory.create() : Memory.checking();
            versions = new Versions(memory);
            dict = new Dict(memory, versions);
            root = dict.create();
        }

        void run() throws InterruptedException {
            for (int phase = 0; phase < 3; phase++) {
                int insertPercent = phase == 0 ? 80 : phase == 1 ? 50 : 12;
                for (int step = 0; step < steps; step++) {
                    change(insertPercent);
                    if (random.nextInt(steps / 30) == 0) {
                        openOrClose();
                    }
                }
                verify(dict.bind(root, false), memory, expected);
            }
            for (String key : List.copyOf(expected.keySet())) {
                remove(key);
            }
            verify(dict.bind(root, false), memory, Map.of());
            while (!views.isEmpty()) {
                closeView();
            }
            assertThat(versions.retainedBytes()).isZero();
            assertThat(memory.liveBlocks()).as("blocks of an empty dictionary").isEqualTo(2);
            bind().destroy(true);
            memory.assertEmpty();
            memory.close();
        }

        private Dict bind() {
            return dict.bind(root, rootEpoch >= versions.epoch());
        }

        private void unbind() {
            if (dict.root() != root) {
                root = dict.root();
                rootEpoch = versions.epoch();
            }
        }

        private void change(int insertPercent) {
            String key = "k" + random.nextInt(keys);
            if (random.nextInt(100) >= insertPercent) {
                remove(key);
                return;
            }
            int value = random.nextInt();
            Bytes bytes = Bytes.of(key);
            long hash = Dict.hash(bytes);
            bind();
            long item = dict.find(bytes, hash);
            assertThat(item != 0).isEqualTo(expected.containsKey(key));
            if (item == 0) {
                dict.insert(item(memory, key, value), hash);
            } else if (dict.itemOwned() || random.nextBoolean() && dict.touch()) {
                memory.putInt(item, 4, value);
            } else {
                dict.replace(item, item(memory, key, value), hash, true);
            }
            unbind();
            expected.put(key, value);
        }

        private void remove(String key) {
            Bytes bytes = Bytes.of(key);
            long hash = Dict.hash(bytes);
            long item = bind().find(bytes, hash);
            assertThat(item != 0).isEqualTo(expected.remove(key) != null);
            if (item != 0) {
                assertThat(dict.remove(item, hash, true)).isTrue();
                unbind();
            }
        }

        private void openOrClose() throws InterruptedException {
            if (views.size() < 3 && random.nextBoolean()) {
                views.add(new View(root, versions.open(), new HashMap<>(expected), memory.reader()));
            } else if (!views.isEmpty()) {
                closeView();
            }
        }

        private void closeView() throws InterruptedException {
            View view = views.remove(random.nextInt(views.size()));
            List<Throwable> failures = new ArrayList<>();
            Thread thread = new Thread(
                    () -> verify(Dict.reader(view.reader()).bind(view.root(), false), view.reader(), view.expected()));
            thread.setUncaughtExceptionHandler((_, failure) -> failures.add(failure));
            thread.start();
            thread.join();
            assertThat(failures).isEmpty();
            if (random.nextBoolean()) {
                versions.close(view.epoch());
            } else {
                versions.retire(view.epoch());
                while (versions.reclaim(100)) {
                    assertThat(versions.retainedBytes()).isPositive();
                }
            }
            if (views.isEmpty()) {
                assertThat(versions.retainedBytes()).isZero();
            }
        }
    }

    private static long item(Memory memory, String key, int value) {
        byte[] bytes = key.getBytes(StandardCharsets.UTF_8);
        long item = memory.allocate(Dict.itemBytes(false, bytes.length));
        memory.putInt(item, 0, bytes.length);
        memory.putInt(item, 4, value);
        memory.write(item, 8, bytes, 0, bytes.length);
        return item;
    }

    private static String key(Memory memory, long item) {
        byte[] bytes = new byte[Dict.keyLength(memory, item)];
        memory.read(item, Dict.keyOffset(memory, item), bytes, 0, bytes.length);
        return new String(bytes, StandardCharsets.UTF_8);
    }

    private static void verify(Dict dict, Memory memory, Map<String, Integer> expected) {
        Map<String, Integer> actual = new HashMap<>();
        boolean eachOnce = dict.forEach((item, _) -> actual.put(key(memory, item), memory.getInt(item, 4)) == null);
        assertThat(eachOnce).isTrue();
        assertThat(actual.equals(expected)).isTrue();
        assertThat(dict.size()).isEqualTo(expected.size());
        for (String key : expected.keySet()) {
            Bytes bytes = Bytes.of(key);
            if (dict.find(bytes, Dict.hash(bytes)) == 0) {
                throw new AssertionError("not found: " + key);
            }
        }
        assertThat(dict.find(Bytes.of("absent"), Dict.hash(Bytes.of("absent")))).isZero();
    }

    @ParameterizedTest(name = "seed {0}")
    @MethodSource("seeds")
    void scanVisitsAllThatIsThereFromBeginningToEnd(long seed) {
        Dict.seed(seed);
        SplittableRandom random = new SplittableRandom(seed);
        try (Memory memory = Memory.checking()) {
            Dict dict = new Dict(memory, new Versions(memory));
            dict.bind(dict.create(), true);
            Set<String> lasting = new HashSet<>();
            int count = 1 + random.nextInt(1000);
            for (int i = 0; i < count; i++) {
                lasting.add("lasting" + i);
                insert(dict, memory, "lasting" + i);
            }
            int fleeting = 0;
            int oldest = 0;
            boolean growing = random.nextBoolean();
            Set<String> seen = new HashSet<>();
            long cursor = 0;
            do {
                cursor = dict.scan(cursor, (item, owned) -> {
                    seen.add(key(memory, item));
                    return owned;
                });
                assertThat(cursor).isBetween(0L, (1L << 48) - 1);
                for (int change = 0; change < 100; change++) {
                    if (growing && fleeting < 20_000) {
                        insert(dict, memory, "fleeting" + fleeting++);
                    } else if (oldest < fleeting) {
                        remove(dict, "fleeting" + oldest++);
                    }
                }
                growing ^= random.nextInt(10) == 0;
            } while (cursor != 0);
            assertThat(seen.containsAll(lasting)).isTrue();
            dict.destroy(true);
            memory.assertEmpty();
        }
    }

    @Test
    void anyNumberIsAValidCursor() {
        try (Memory memory = Memory.checking()) {
            Dict dict = filled(memory, 1000);
            SplittableRandom random = new SplittableRandom(3);
            for (int i = 0; i < 1000; i++) {
                long next = dict.scan(random.nextLong(), (_, _) -> true);
                assertThat(next).isBetween(0L, (1L << 48) - 1);
            }
        }
    }

    @ParameterizedTest(name = "{0} items")
    @ValueSource(ints = {1, 5, 100, 1500})
    void randomChoosesNearlyUniformly(int count) {
        try (Memory memory = Memory.create()) {
            Dict dict = filled(memory, count);
            Map<Long, Integer> hits = new HashMap<>();
            SplittableRandom random = new SplittableRandom(count);
            int perItem = 200;
            for (int i = 0; i < count * perItem; i++) {
                hits.merge(dict.random(random), 1, Integer::sum);
            }
            assertThat(hits).hasSize(count);
            // The spread of 200 tries is 14: four times this, and some percent for segments denser than others.
            assertThat(hits.values()).allSatisfy(hit -> assertThat(hit).isBetween(perItem * 6 / 10, perItem * 15 / 10));
        }
    }

    @Test
    void randomOfAnEmptyDictionaryIsNothing() {
        try (Memory memory = Memory.checking()) {
            assertThat(filled(memory, 0).random(new SplittableRandom(1))).isZero();
        }
    }

    @Test
    void aReaperFreesADictionaryInSteps() {
        try (Memory memory = Memory.checking()) {
            Reaper reaper = new Reaper();
            reaper.add(filled(memory, 5000).victim(null));
            reaper.add(filled(memory, 0).victim(null));
            assertThat(reaper.pending()).isEqualTo(2);
            int steps = 0;
            while (!reaper.isIdle()) {
                long before = memory.liveBlocks();
                reaper.reap(100);
                assertThat(before - memory.liveBlocks()).isBetween(1L, 105L);
                steps++;
            }
            assertThat(steps).isBetween(49, 60);
            memory.assertEmpty();
        }
    }

    @Test
    void aSharedDictionaryThatIsReapedStaysForItsView() {
        try (Memory memory = Memory.checking()) {
            Versions versions = new Versions(memory);
            Dict dict = new Dict(memory, versions);
            dict.bind(dict.create(), true);
            for (int i = 0; i < 2000; i++) {
                insert(dict, memory, "key" + i);
            }
            long root = dict.root();
            long view = versions.open();
            dict.bind(root, false).destroy(true);
            Memory reader = memory.reader();
            Dict past = Dict.reader(reader).bind(root, false);
            assertThat(past.forEach((item, owned) -> !owned && key(reader, item).startsWith("key")))
                    .isTrue();
            versions.close(view);
            memory.assertEmpty();
        }
    }

    @Test
    void hashesOfNativeAndArrayBytesAgreeAndScatterInAllBits() {
        try (Memory memory = Memory.checking()) {
            SplittableRandom random = new SplittableRandom(5);
            int[] flips = new int[64];
            int tries = 0;
            for (int length = 1; length < 100; length++) {
                for (int round = 0; round < 40; round++, tries++) {
                    byte[] key = new byte[length];
                    random.nextBytes(key);
                    long block = memory.allocate(length + 3);
                    memory.write(block, 3, key, 0, length);
                    long hash = Dict.hash(Bytes.of(key));
                    assertThat(KeyHash.of(memory, block, 3, length)).isEqualTo(hash);
                    memory.free(block);
                    key[random.nextInt(length)] ^= (byte) (1 << random.nextInt(8));
                    long difference = hash ^ Dict.hash(Bytes.of(key));
                    for (int bit = 0; bit < 64; bit++) {
                        flips[bit] += (int) (difference >>> bit) & 1;
                    }
                }
            }
            for (int flip : flips) {
                assertThat(flip / (double) tries).isBetween(0.45, 0.55);
            }
        }
    }

    @Test
    void aHashThatDoesNotScatterMakesLongSegmentsNotLargeDirectories() {
        try (Memory memory = Memory.create()) {
            Dict dict = new Dict(memory, new Versions(memory));
            dict.bind(dict.create(), true);
            // The dictionary does not compare keys: many items of one key are the worst of hashes.
            long hash = Dict.hash(Bytes.of("key"));
            List<Long> items = new ArrayList<>();
            for (int i = 0; i < 3000; i++) {
                items.add(item(memory, "key", i));
                dict.insert(items.get(i), hash);
            }
            assertThat(memory.usedBytes()).isLessThan(3000 * (16 + 40));
            for (int i = 0; i < 3000; i++) {
                assertThat(dict.remove(items.get(i), hash, true)).isTrue();
            }
            assertThat(dict.size()).isZero();
            dict.destroy(true);
            memory.assertEmpty();
        }
    }

    @Test
    void theDictionaryCostsLessThanFifteenBytesPerKey() {
        try (Memory memory = Memory.create()) {
            int count = 200_000;
            filled(memory, count);
            double perKey = memory.usedBytes() / (double) count - 24;
            assertThat(perKey).isBetween(9.0, 15.0);
        }
    }

    private static Dict filled(Memory memory, int count) {
        Dict dict = new Dict(memory, new Versions(memory));
        dict.bind(dict.create(), true);
        for (int i = 0; i < count; i++) {
            insert(dict, memory, "k" + (100_000_000 + i));
        }
        return dict;
    }

    private static void insert(Dict dict, Memory memory, String key) {
        dict.insert(item(memory, key, 0), Dict.hash(Bytes.of(key)));
    }

    private static void remove(Dict dict, String key) {
        Bytes bytes = Bytes.of(key);
        long hash = Dict.hash(bytes);
        assertThat(dict.remove(dict.find(bytes, hash), hash, true)).isTrue();
    }
}
