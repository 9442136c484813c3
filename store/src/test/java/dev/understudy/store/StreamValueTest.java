// SPDX-License-Identifier: Apache-2.0
package dev.understudy.store;

import static org.assertj.core.api.Assertions.assertThat;

import dev.understudy.store.StreamModel.Group;
import dev.understudy.store.StreamModel.Pending;
import dev.understudy.store.memory.Memory;
import dev.understudy.wire.Bytes;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class StreamValueTest {
    private static final Bytes KEY = Bytes.of("stream");

    private final Memory memory = Memory.checking();
    private final Limits limits = new Limits();
    private final DataSet data = new DataSet(memory, 1, limits, new SplittableRandom(1));
    private final Db db = data.db(0);

    private static Bytes[] words(String... texts) {
        Bytes[] words = new Bytes[texts.length];
        for (int i = 0; i < texts.length; i++) {
            words[i] = Bytes.of(texts[i]);
        }
        return words;
    }

    private StreamValue stream() {
        return (StreamValue) Objects.requireNonNull(db.open(KEY));
    }

    private static List<byte[]> nodes(StreamValue stream) {
        List<byte[]> nodes = new ArrayList<>();
        for (boolean more = stream.firstNode(); more; more = stream.nextNode()) {
            byte[] bytes = new byte[stream.nodeBytes()];
            stream.readNode(bytes, 0);
            assertThat(StreamFormat.validate(bytes, 0, bytes.length, true)).isNull();
            nodes.add(bytes);
        }
        return nodes;
    }

    @Test
    void aNodeHasRedisBytes() {
        StreamValue stream = db.createStream(KEY);
        stream.append(new StreamId(1, 1), words("f", "v", "n", "12"), 0, 2);
        stream.append(new StreamId(2, 0), words("f", "w", "n", "300"), 0, 2);
        stream.append(new StreamId(2, 5), words("g", "x"), 0, 1);
        stream.delete(new StreamId(2, 0));
        String hex = HexFormat.of().formatHex(nodes(stream).getFirst());
        assertThat(hex)
                .isEqualTo("41000000" + "1900" + "0201" + "0101" + "0201" + "816602" + "816e02" + "0001"
                        + "0201" + "0001" + "0001" + "817602" + "0c01" + "0501"
                        + "0301" + "0101" + "dfff02" + "817702" + "c12c02" + "0501"
                        + "0001" + "0101" + "0401" + "0101" + "816702" + "817802" + "0601" + "ff");
    }

    @Test
    void brokenNodesAreFoundAtEveryByteAndNeverThrow() {
        StreamValue stream = db.createStream(KEY);
        stream.append(new StreamId(1, 1), words("f", "v", "n", "12"), 0, 2);
        stream.append(new StreamId(2, 5), words("g", "x"), 0, 1);
        byte[] good = nodes(stream).getFirst();
        int refused = 0;
        for (int i = 0; i < good.length; i++) {
            for (int value = 0; value < 256; value++) {
                byte[] bad = good.clone();
                bad[i] = (byte) value;
                if (StreamFormat.validate(bad, 0, bad.length, true) != null) {
                    refused++;
                }
            }
            assertThat(StreamFormat.validate(good, 0, i, true)).isNotNull();
        }
        assertThat(refused).isGreaterThan(good.length * 128);
        assertThat(StreamFormat.validate(new byte[] {7, 0, 0, 0, 0, 0, -1}, 0, 7, false))
                .isNotNull();
    }

    /** Redis may have been asked to RESTORE anything: what passes the check is worked with like any other stream. */
    @ParameterizedTest(name = "seed {0}")
    @ValueSource(longs = {1, 2, 3})
    void mangledNodesThatPassTheCheckDoNoHarm(long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        StreamValue model = db.createStream(Bytes.of("model"));
        for (int i = 1; i <= 6; i++) {
            model.append(new StreamId(i, i), words("f", "v" + i, i == 3 ? "m" : "n", "12"), 0, 2);
        }
        byte[] good = nodes(model).getFirst();
        int accepted = 0;
        for (int round = 0; round < 1000; round++) {
            byte[] bad = good.clone();
            bad[6 + random.nextInt(bad.length - 6)] = (byte) random.nextInt(random.nextBoolean() ? 256 : 8);
            if (StreamFormat.validate(bad, 0, bad.length, true) == null) {
                accepted++;
                data.closeWindows();
                work(bad, random);
            }
        }
        assertThat(accepted).isPositive();
        db.clear(false);
        memory.assertEmpty();
    }

    private void work(byte[] node, SplittableRandom random) {
        StreamValue stream = db.createStream(KEY);
        stream.loadNode(new StreamId(1, 1), node, 0, node.length);
        stream.load(6, new StreamId(100, 0), null, new StreamId(), 6);
        stream.delete(new StreamId(random.nextInt(7), random.nextInt(7)));
        stream.append(new StreamId(200, 0), words("f", "v", "n", "1"), 0, 2);
        if (random.nextBoolean()) {
            stream.trim(random.nextInt(6), random.nextBoolean(), 0);
        } else {
            stream.trim(new StreamId(random.nextInt(7), 0), random.nextBoolean(), 0);
        }
        assertThat(StreamModel.text(stream)).isNotEmpty();
        for (boolean more = stream.firstNode(); more; more = stream.nextNode()) {
            byte[] bytes = new byte[stream.nodeBytes()];
            stream.readNode(bytes, 0);
            assertThat(StreamFormat.validate(bytes, 0, bytes.length, true)).isNull();
        }
        db.delete(KEY, false);
    }

    @Test
    void idsCountBeyondTheirHalves() {
        StreamId id = new StreamId(7, -1);
        assertThat(id.increment()).isTrue();
        assertThat(id.toString()).isEqualTo("8-0");
        assertThat(id.decrement()).isTrue();
        assertThat(id.toString()).isEqualTo("7-18446744073709551615");
        assertThat(new StreamId().decrement()).isFalse();
        assertThat(new StreamId().setMax().increment()).isFalse();
        byte[] text = new byte[StreamId.TEXT_MAX];
        int end = new StreamId(-1, Long.MIN_VALUE).write(text, 0);
        assertThat(new Bytes(text, 0, end).toString()).isEqualTo("18446744073709551615-9223372036854775808");
    }

    @Test
    void approximateTrimmingTakesWholeNodesAndKeepsItsLimit() {
        limits.streamNodeMaxEntries = 10;
        StreamValue stream = db.createStream(KEY);
        for (int i = 1; i <= 95; i++) {
            stream.append(new StreamId(i, 0), words("f", "v"), 0, 1);
        }
        assertThat(stream.trim(42, true, 0)).isEqualTo(50);
        assertThat(stream.firstId(new StreamId()).toString()).isEqualTo("51-0");
        assertThat(stream.trim(0, true, 25)).isEqualTo(20);
        assertThat(stream.trim(new StreamId(75, 0), true, 0)).isZero();
        assertThat(stream.trim(new StreamId(75, 0), false, 0)).isEqualTo(4);
        assertThat(stream.trim(new StreamId(81, 0), true, 0)).isEqualTo(6);
        assertThat(stream.trim(3, false, 0)).isEqualTo(12);
        assertThat(stream.size()).isEqualTo(3);
        assertThat(stream.trim(0, true, 0)).isEqualTo(3);
        assertThat(stream.firstId(new StreamId()).isZero()).isTrue();
        assertThat(stream.nodeCount()).isZero();
    }

    @Test
    void distancesAreKnownWhereNothingWasDeletedAhead() {
        StreamValue stream = db.createStream(KEY);
        assertThat(stream.distanceFromFirstEver(new StreamId(5, 0))).isZero();
        for (int i = 1; i <= 5; i++) {
            stream.append(new StreamId(i, 0), words("f", "v"), 0, 1);
        }
        assertThat(stream.distanceFromFirstEver(new StreamId(0, 1))).isZero();
        assertThat(stream.distanceFromFirstEver(new StreamId(1, 0))).isEqualTo(1);
        assertThat(stream.distanceFromFirstEver(new StreamId(3, 0))).isEqualTo(StreamGroup.UNKNOWN);
        assertThat(stream.distanceFromFirstEver(new StreamId(5, 0))).isEqualTo(5);
        assertThat(stream.distanceFromFirstEver(new StreamId(6, 0))).isEqualTo(StreamGroup.UNKNOWN);
        stream.delete(new StreamId(3, 0));
        assertThat(stream.hasTombstonesFrom(new StreamId(3, 0))).isTrue();
        assertThat(stream.hasTombstonesFrom(new StreamId(3, 1))).isFalse();
        assertThat(stream.distanceFromFirstEver(new StreamId(1, 0))).isEqualTo(StreamGroup.UNKNOWN);
        stream.trim(0, false, 0);
        assertThat(stream.distanceFromFirstEver(new StreamId(2, 0))).isEqualTo(5);
    }

    /**
     * Everything random: entries, groups, views, copies, reloads; the real stream and its views always read as the
     * model does.
     */
    @ParameterizedTest(name = "seed {0}")
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12})
    void behavesAsTheModelUnderViews(long seed) {
        Story story = new Story(new SplittableRandom(seed));
        for (int step = 0; step < 1500; step++) {
            story.step();
        }
        story.end();
        memory.assertEmpty();
    }

    private record Seen(View view, String text) {}

    private final class Story {
        private final SplittableRandom random;
        private StreamModel model = new StreamModel();
        private final List<Seen> views = new ArrayList<>();

        Story(SplittableRandom random) {
            this.random = random;
            limits.streamNodeMaxEntries = random.nextInt(1, 200);
            limits.streamNodeMaxBytes = random.nextBoolean() ? 4096 : random.nextInt(60, 700);
            db.createStream(KEY);
        }

        void step() {
            data.closeWindows();
            int dice = random.nextInt(100);
            if (dice < 35) {
                append();
            } else if (dice < 45) {
                delete();
            } else if (dice < 49) {
                trim();
            } else if (dice < 92) {
                group();
            } else if (dice < 96) {
                views();
            } else if (dice < 99) {
                copyAndReload();
            } else if (random.nextInt(10) == 0) {
                db.delete(KEY, random.nextBoolean());
                db.createStream(KEY);
                model = new StreamModel();
            }
            if (random.nextInt(10) == 0) {
                assertThat(StreamModel.text(stream())).isEqualTo(model.text());
                nodes(stream());
            }
        }

        void end() {
            assertThat(StreamModel.text(stream())).isEqualTo(model.text());
            while (!views.isEmpty()) {
                closeView();
            }
            assertThat(stream().payloadBytes(0)).isPositive();
            db.clear(random.nextBoolean());
            while (data.reap(3)) {
                assertThat(db.size()).isZero();
            }
            data.closeWindows();
        }

        private void append() {
            StreamModel.Id id = random.nextBoolean()
                    ? new StreamModel.Id(model.last.ms() + random.nextInt(1, 300), random.nextInt(3))
                    : new StreamModel.Id(model.last.ms(), model.last.seq() + random.nextInt(1, 5));
            int fields = random.nextInt(5) == 0 ? random.nextInt(1, 5) : 2;
            String[] texts = new String[2 * fields];
            for (int i = 0; i < texts.length; i++) {
                texts[i] = i % 2 == 0 && random.nextInt(8) != 0
                        ? "field" + i
                        : random.nextBoolean() ? Integer.toString(random.nextInt()) : "x".repeat(random.nextInt(90));
            }
            stream().append(id.toStreamId(), words(texts), 0, fields);
            model.entries.put(id, List.of(texts));
            model.last = id;
            model.added++;
        }

        private StreamModel.Id someId() {
            StreamModel.Id[] ids = model.entries.keySet().toArray(new StreamModel.Id[0]);
            return ids.length == 0 || random.nextInt(10) == 0
                    ? new StreamModel.Id(random.nextInt(2000), 0)
                    : ids[random.nextInt(ids.length)];
        }

        private void delete() {
            StreamModel.Id id = someId();
            boolean there = model.entries.remove(id) != null;
            if (there && id.compareTo(model.maxDeleted) > 0) {
                model.maxDeleted = id;
            }
            assertThat(stream().delete(id.toStreamId())).isEqualTo(there);
        }

        private void trim() {
            StreamModel.Id id = someId();
            int keep = random.nextInt(model.entries.size() + 2);
            long removed = switch (random.nextInt(4)) {
                case 0 -> stream().trim(keep, false, 0);
                case 1 -> stream().trim(keep, true, random.nextInt(50));
                case 2 -> stream().trim(id.toStreamId(), true, 0);
                default -> {
                    long count = stream().trim(id.toStreamId(), false, 0);
                    assertThat(count).isEqualTo(model.entries.headMap(id).size());
                    yield count;
                }
            };
            for (long i = 0; i < removed; i++) {
                model.entries.pollFirstEntry();
            }
            assertThat(stream().size()).isEqualTo(model.entries.size());
        }

        private void group() {
            String name = "group" + random.nextInt(3);
            Group known = model.groups.get(name);
            StreamGroup group = stream().group(Bytes.of(name));
            assertThat(group == null).isEqualTo(known == null);
            if (known == null || group == null) {
                known = new Group();
                known.last = someId();
                known.read = random.nextInt(100);
                model.groups.put(name, known);
                stream().createGroup(Bytes.of(name), known.last.toStreamId(), known.read);
                return;
            }
            int dice = random.nextInt(20);
            if (dice == 0 && random.nextInt(5) == 0) {
                model.groups.remove(name);
                assertThat(stream().destroyGroup(Bytes.of(name))).isTrue();
            } else if (dice < 3) {
                known.last = someId();
                known.read++;
                group.setLastId(known.last.toStreamId());
                group.setEntriesRead(known.read);
            } else {
                consumer(known, group, "consumer" + random.nextInt(4), dice);
            }
        }

        private void consumer(Group known, StreamGroup group, String name, int dice) {
            long number = group.consumer(Bytes.of(name));
            assertThat(number != StreamGroup.NOBODY).isEqualTo(known.consumers.containsKey(name));
            if (number == StreamGroup.NOBODY) {
                known.consumers.put(name, new long[] {dice, -1});
                group.createConsumer(Bytes.of(name), dice, -1);
            } else if (dice == 3 && random.nextInt(4) == 0) {
                int before = known.pending.size();
                known.pending.values().removeIf(pending -> pending.owner.equals(name));
                known.consumers.remove(name);
                assertThat(group.deleteConsumer(number)).isEqualTo(before - known.pending.size());
            } else if (dice < 6) {
                long[] times = Objects.requireNonNull(known.consumers.get(name));
                times[0] = random.nextInt(1000);
                times[1] = random.nextInt(1000);
                group.seen(number, times[0]);
                group.active(number, times[1]);
            } else if (dice < 15) {
                StreamModel.Id id = someId();
                known.pending.put(id, new Pending(name, dice, dice + 1));
                group.deliver(id.ms(), id.seq(), number, dice, dice + 1);
            } else {
                StreamModel.Id id = known.pending.isEmpty() || dice == 15 ? someId() : known.pending.firstKey();
                boolean there = known.pending.remove(id) != null;
                assertThat(group.acknowledge(id.ms(), id.seq())).isEqualTo(there);
            }
        }

        private void views() {
            if (views.size() < 3 && random.nextBoolean()) {
                views.add(new Seen(data.view(), model.text()));
            } else if (!views.isEmpty()) {
                closeView();
            }
        }

        private void closeView() {
            Seen seen = views.remove(random.nextInt(views.size()));
            assertThat(StreamModel.text((StreamValue) seen.view().db(0).open(KEY)))
                    .isEqualTo(seen.text());
            seen.view().close();
        }

        private void copyAndReload() {
            Bytes other = Bytes.of("other");
            if (random.nextBoolean()) {
                stream().copyTo(db, other);
            } else {
                reload(db.createStream(other));
            }
            StreamValue copy = (StreamValue) Objects.requireNonNull(db.open(other));
            assertThat(StreamModel.text(copy)).isEqualTo(model.text());
            assertThat(nodes(copy)).usingRecursiveComparison().isEqualTo(nodes(stream()));
            db.delete(other, random.nextBoolean());
            while (random.nextBoolean() && data.reap(1)) {
                assertThat(db.contains(other)).isFalse();
            }
        }

        /** As a loader of RDB does it. */
        private void reload(StreamValue target) {
            StreamValue source = stream();
            StreamId id = new StreamId();
            for (boolean more = source.firstNode(); more; more = source.nextNode()) {
                byte[] bytes = new byte[source.nodeBytes()];
                source.readNode(bytes, 0);
                assertThat(target.loadNode(source.nodeId(id), bytes, 0, bytes.length))
                        .isTrue();
                assertThat(target.loadNode(id, bytes, 0, bytes.length)).isFalse();
            }
            StreamId first = random.nextBoolean() ? null : source.firstId(new StreamId());
            target.load(
                    source.size(),
                    source.lastId(id),
                    first,
                    source.maxDeletedId(new StreamId()),
                    source.entriesAdded());
            for (StreamGroup group = source.firstGroup(); group != null; group = source.nextGroup()) {
                StreamGroup loaded = target.createGroup(group.name(), group.lastId(id), group.entriesRead());
                for (boolean more = group.seekPending(0, 0); more; more = group.nextPending()) {
                    long time = group.deliveryMillis();
                    assertThat(loaded.loadPending(group.pendingMs(), group.pendingSeq(), time, group.deliveryCount()))
                            .isTrue();
                    assertThat(loaded.loadPending(group.pendingMs(), group.pendingSeq(), 0, 0))
                            .isFalse();
                }
                assertThat(loaded.allAssigned()).isEqualTo(group.pendingCount() == 0);
                loadConsumers(group, loaded);
                assertThat(loaded.allAssigned()).isTrue();
            }
        }

        private void loadConsumers(StreamGroup group, StreamGroup loaded) {
            Bytes name = new Bytes();
            for (boolean more = group.firstConsumer(); more; more = group.nextConsumer()) {
                long from = group.consumerNumber();
                long to = loaded.createConsumer(group.consumerName(name), group.seenMillis(), group.activeMillis());
                for (boolean left = group.seekPendingOf(from, 0, 0); left; left = group.nextPendingOf(from)) {
                    assertThat(loaded.assignPending(group.pendingMs(), group.pendingSeq(), to))
                            .isTrue();
                    assertThat(loaded.assignPending(group.pendingMs(), group.pendingSeq(), to))
                            .isFalse();
                }
            }
        }
    }
}
