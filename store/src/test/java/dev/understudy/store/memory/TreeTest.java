// SPDX-License-Identifier: Apache-2.0
package dev.understudy.store.memory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The tree against a list, with views of random lifetimes over poisoned memory. */
class TreeTest {
    private record Element(long key, long weight) {}

    /** Items are blocks of a key and a weight. */
    private static final class Keys implements Tree.Order {
        private final boolean weighted;
        long probe;

        Keys(boolean weighted) {
            this.weighted = weighted;
        }

        @Override
        public int compare(Memory memory, long item) {
            return Long.compare(memory.getLong(item, 0), probe);
        }

        @Override
        public long weight(Memory memory, long item) {
            return weighted ? memory.getLong(item, 8) : 1;
        }

        @Override
        public boolean weighted() {
            return weighted;
        }
    }

    private record View(long epoch, long root, List<Element> elements) {}

    private final Memory memory = Memory.checking();
    private final Versions versions = new Versions(memory);
    private final List<Element> model = new ArrayList<>();
    private final List<View> views = new ArrayList<>();
    private Keys order = new Keys(true);
    private Tree tree = new Tree(memory, versions, order);
    private long root;
    private long rootEpoch;

    @AfterEach
    void nothingIsLeaked() {
        while (!views.isEmpty()) {
            closeView(views.removeLast());
        }
        if (root != 0) {
            bind();
            tree.destroy(true);
        }
        assertThat(memory.liveBlocks()).isZero();
        memory.close();
    }

    private void start(boolean weighted) {
        order = new Keys(weighted);
        tree = new Tree(memory, versions, order);
        root = tree.create();
        rootEpoch = versions.epoch();
    }

    private void bind() {
        tree.bind(root, rootEpoch >= versions.epoch());
    }

    private void unbind() {
        if (tree.root() != root) {
            root = tree.root();
            rootEpoch = versions.epoch();
        }
    }

    private void openView() {
        long epoch = versions.open();
        views.add(new View(epoch, root, List.copyOf(model)));
    }

    private void closeView(View view) {
        assertSame(Tree.reader(memory.reader(), order).bind(view.root, false), view.elements);
        versions.close(view.epoch);
    }

    private void assertSame(Tree actual, List<Element> expected) {
        List<Element> found = new ArrayList<>();
        for (boolean more = actual.seekFirst(); more; more = actual.next()) {
            long item = actual.item();
            found.add(new Element(memory.getLong(item, 0), order.weight(memory, item)));
        }
        assertThat(found).isEqualTo(expected);
        assertThat(actual.items()).isEqualTo(expected.size());
        assertThat(actual.weight())
                .isEqualTo(expected.stream().mapToLong(Element::weight).sum());
        TreeCheck.check(actual);
    }

    private long item(Element element) {
        long item = memory.allocate(16);
        memory.putLong(item, 0, element.key);
        memory.putLong(item, 8, element.weight);
        return item;
    }

    private int lowerBound(long key) {
        int low = 0;
        int high = model.size();
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (model.get(middle).key < key) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        return low;
    }

    static java.util.stream.LongStream seeds() {
        return java.util.stream.LongStream.range(0, 60);
    }

    private void viewsComeAndGo(SplittableRandom random) {
        if (random.nextInt(40) == 0 && views.size() < 4) {
            openView();
        }
        if (random.nextInt(60) == 0 && !views.isEmpty()) {
            closeView(views.remove(random.nextInt(views.size())));
        }
    }

    private Element random(SplittableRandom random, long key) {
        return new Element(key, order.weighted ? random.nextInt(5) : 1);
    }

    @ParameterizedTest(name = "an ordered tree is a sorted list, and views keep theirs, seed {0}")
    @MethodSource("seeds")
    void anOrderedTreeIsASortedList(long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        start(random.nextBoolean());
        int keys = 1 << random.nextInt(3, 13);
        int growth = 50;
        for (int step = 0; step < 1500; step++) {
            viewsComeAndGo(random);
            if (random.nextInt(500) == 0) {
                growth = random.nextInt(15, 85);
            }
            bind();
            if (random.nextInt(100) < growth) {
                insertOrdered(random, random.nextInt(keys));
            } else {
                changeOne(random, random.nextInt(keys));
            }
            unbind();
            if (step % 100 == 0) {
                assertSame(tree, model);
            }
        }
        bind();
        assertSame(tree, model);
    }

    private void insertOrdered(SplittableRandom random, long key) {
        order.probe = key;
        Element element = random(random, key);
        int index = lowerBound(key);
        tree.insert(item(element));
        model.add(index, element);
        assertThat(tree.index()).isEqualTo(index);
    }

    private void changeOne(SplittableRandom random, long key) {
        order.probe = key;
        int index = lowerBound(key);
        assertThat(tree.seek()).isEqualTo(index < model.size());
        assertThat(tree.index()).isEqualTo(index);
        if (index < model.size()) {
            change(random, index);
        }
    }

    /** Changes the item under the cursor, number {@code index}, and perhaps some that follow. */
    private void change(SplittableRandom random, int index) {
        Element element = random(random, model.get(index).key);
        assertThat(tree.weightBefore())
                .isEqualTo(model.subList(0, index).stream()
                        .mapToLong(Element::weight)
                        .sum());
        if (random.nextInt(3) == 0) {
            if (tree.itemOwned() && random.nextBoolean()) {
                memory.putLong(tree.item(), 8, element.weight);
                tree.replace(tree.item(), true);
            } else {
                tree.replace(item(element), true);
            }
            model.set(index, element);
            assertThat(tree.index()).isEqualTo(index);
        } else {
            int left = 1 + random.nextInt(random.nextInt(20) == 0 ? 200 : 3);
            boolean more = true;
            while (more && left-- > 0) {
                more = tree.remove(true);
                model.remove(index);
                assertThat(more).isEqualTo(index < model.size());
                assertThat(!more || memory.getLong(tree.item(), 0) == model.get(index).key)
                        .isTrue();
            }
            assertThat(tree.atEnd()).isEqualTo(!more);
        }
    }

    @ParameterizedTest(name = "a positional tree is a list, and views keep theirs, seed {0}")
    @MethodSource("seeds")
    void aPositionalTreeIsAList(long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        start(random.nextInt(4) != 0);
        int growth = 60;
        for (int step = 0; step < 1500; step++) {
            viewsComeAndGo(random);
            if (random.nextInt(400) == 0) {
                growth = random.nextInt(10, 90);
            }
            bind();
            if (random.nextInt(100) < growth || model.isEmpty()) {
                int index = somewhere(random, model.size() + 1);
                Element element = random(random, random.nextInt());
                if (index == model.size() && random.nextBoolean()) {
                    tree.appendLast(item(element));
                } else {
                    tree.insertAt(index, item(element));
                }
                model.add(index, element);
                assertThat(tree.index()).isEqualTo(index);
            } else {
                int index = somewhere(random, model.size());
                assertThat(tree.seekIndex(index)).isTrue();
                change(random, index);
            }
            assertWeightPosition(random.nextLong(-1, tree.weight() + 2));
            unbind();
            if (step % 100 == 0) {
                assertSame(tree, model);
            }
        }
    }

    @ParameterizedTest(name = "a deep tree grows and shrinks under views, seed {0}")
    @ValueSource(longs = {1, 2, 3})
    void aDeepTreeGrowsAndShrinks(long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        start(random.nextBoolean());
        for (int step = 0; step < 30_000; step++) {
            if (step % 2500 == 0) {
                openView();
            }
            if (step % 5500 == 5499) {
                closeView(views.removeFirst());
            }
            bind();
            if (step < 16_000) {
                insertOrdered(random, random.nextInt());
            } else {
                assertThat(tree.seekIndex(random.nextInt(model.size()))).isTrue();
                int index = (int) tree.index();
                tree.remove(true);
                model.remove(index);
            }
            unbind();
            if (step % 2000 == 0) {
                assertSame(tree, model);
            }
        }
        bind();
        assertSame(tree, model);
    }

    private static int somewhere(SplittableRandom random, int bound) {
        return switch (random.nextInt(3)) {
            case 0 -> 0;
            case 1 -> bound - 1;
            default -> random.nextInt(bound);
        };
    }

    private void assertWeightPosition(long position) {
        long left = position;
        int index = 0;
        while (position >= 0 && index < model.size() && left >= model.get(index).weight) {
            left -= model.get(index++).weight;
        }
        boolean exists = position >= 0 && index < model.size();
        assertThat(tree.seekWeight(position)).isEqualTo(exists);
        if (exists) {
            assertThat(tree.index()).isEqualTo(index);
            assertThat(tree.remainder()).isEqualTo(left);
            assertThat(tree.weightBefore()).isEqualTo(position - left);
        }
    }

    @Test
    void appendingAndPrependingLeaveFullNodesBehind() {
        start(false);
        bind();
        for (int i = 0; i < 20_000; i++) {
            tree.appendLast(item(new Element(i, 1)));
            tree.insertAt(0, item(new Element(-i, 1)));
        }
        root = tree.root();
        TreeCheck.check(tree);
        assertThat(memory.liveBlocks() - 40_000).isLessThan(40_000 / 62 + 40);
    }

    @Test
    void theCursorWalksBothWays() {
        start(false);
        bind();
        assertThat(tree.seekFirst()).isFalse();
        assertThat(tree.seekLast()).isFalse();
        assertThat(tree.next()).isFalse();
        assertThat(tree.previous()).isFalse();
        for (int i = 0; i < 1000; i++) {
            tree.appendLast(item(new Element(i, 1)));
        }
        root = tree.root();
        assertThat(tree.seekLast()).isTrue();
        for (int i = 999; i > 0; i--) {
            assertThat(memory.getLong(tree.item(), 0)).isEqualTo(i);
            assertThat(tree.previous()).isTrue();
        }
        assertThat(tree.previous()).isFalse();
        assertThat(tree.index()).isZero();
        assertThat(tree.seekIndex(1000)).isFalse();
        assertThat(tree.next()).isFalse();
        assertThat(tree.previous()).isTrue();
        assertThat(tree.index()).isEqualTo(999);
    }

    @Test
    void aTreeIsReleasedInStepsWhileAViewStillReadsIt() {
        start(true);
        bind();
        for (int i = 0; i < 5000; i++) {
            model.add(new Element(i, i % 7));
            tree.appendLast(item(model.getLast()));
        }
        unbind();
        openView();
        bind();
        tree.seekIndex(2500);
        tree.remove(true);
        unbind();
        bind();
        TreeDemolition demolition = tree.demolition(true);
        root = 0;
        long released = 0;
        int steps = 0;
        while (!demolition.isDone()) {
            long now = demolition.reap(100);
            assertThat(now).isBetween(1L, 100L);
            released += now;
            if (++steps == 10) {
                assertSame(Tree.reader(memory.reader(), order).bind(views.getFirst().root, false), model);
            }
        }
        assertThat(released).isGreaterThan(5000);
        assertSame(Tree.reader(memory.reader(), order).bind(views.getFirst().root, false), model);
    }

    @Test
    void aReaderChangesNothing() {
        start(true);
        Tree reader = Tree.reader(memory.reader(), order).bind(root, true);
        assertThatThrownBy(() -> reader.appendLast(1)).isInstanceOf(IllegalStateException.class);
    }
}
