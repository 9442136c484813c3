// SPDX-License-Identifier: Apache-2.0
package dev.understudy.persist;

import dev.understudy.store.DataSet;
import dev.understudy.store.Db;
import dev.understudy.store.HashValue;
import dev.understudy.store.Limits;
import dev.understudy.store.ListValue;
import dev.understudy.store.SetValue;
import dev.understudy.store.SortedSetValue;
import dev.understudy.store.StreamCursor;
import dev.understudy.store.StreamGroup;
import dev.understudy.store.StreamId;
import dev.understudy.store.StreamValue;
import dev.understudy.store.Value;
import dev.understudy.store.View;
import dev.understudy.store.memory.Memory;
import dev.understudy.wire.Bytes;
import java.io.ByteArrayOutputStream;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;

/** Makes data sets, at random and from files, and files of them. */
final class DataSets {
    static final long NOW_MILLIS = 1_800_000_000_000L;
    static final SaveOptions SAVE = SaveOptions.of("7.2.6", NOW_MILLIS / 1000, 123_456_789);

    private DataSets() {}

    static DataSet empty() {
        return new DataSet(Memory.checking(), 16, new Limits(), new SplittableRandom(1));
    }

    static byte[] save(DataSet data, SaveOptions options) {
        View view = data.view();
        try {
            ByteArrayOutputStream bytes = new ByteArrayOutputStream();
            SaveResult result = RdbWriter.save(view, bytes::write, options, SaveListener.SILENT);
            if (!(result instanceof SaveResult.Saved saved) || saved.bytes() != bytes.size()) {
                throw new AssertionError(result);
            }
            return bytes.toByteArray();
        } finally {
            view.close();
        }
    }

    static Map<String, String> contents(DataSet data, boolean streamDetails) {
        View view = data.view();
        try {
            return Contents.of(view, streamDetails);
        } finally {
            view.close();
        }
    }

    static List<String> elements(ListValue list) {
        List<String> elements = new ArrayList<>();
        list.forEach(element -> elements.add(Contents.text(element.toArray())));
        return elements;
    }

    static Map<String, Double> scores(SortedSetValue set) {
        Map<String, Double> scores = new TreeMap<>();
        set.forEach((member, score) -> {
            scores.put(Contents.text(member.toArray()), score);
            return true;
        });
        return scores;
    }

    static List<String> words(StreamCursor cursor) {
        List<String> words = new ArrayList<>();
        cursor.visit(new StreamCursor.Elements() {
            @Override
            public void text(MemorySegment segment, long offset, long length) {
                words.add(Contents.text(segment.asSlice(offset, length).toArray(ValueLayout.JAVA_BYTE)));
            }

            @Override
            public void number(long value) {
                words.add(Long.toString(value));
            }
        });
        return words;
    }

    // ---- random data

    static DataSet random(SplittableRandom random) {
        DataSet data = empty();
        for (int i = random.nextInt(120); i >= 0; i--) {
            Db db = data.db(random.nextInt(4) == 0 ? random.nextInt(16) : 0);
            Bytes key = Bytes.of(random.nextInt(5) == 0 ? "" + random.nextInt(100_000) : "key:" + i + text(random));
            if (!db.contains(key)) {
                value(random, db, key);
                if (random.nextInt(3) == 0) {
                    Value value = db.open(key);
                    assert value != null;
                    db.expire(value, NOW_MILLIS + random.nextInt(-1_000_000, 1_000_000));
                }
            }
            data.closeWindows();
        }
        for (int i = random.nextInt(3); i > 0; i--) {
            data.functions()
                    .put(
                            "lib" + i,
                            ("#!lua name=lib" + i + "\nreturn 1").getBytes(java.nio.charset.StandardCharsets.UTF_8));
        }
        return data;
    }

    private static void value(SplittableRandom random, Db db, Bytes key) {
        int size = random.nextInt(3) == 0 ? 1 + random.nextInt(700) : 1 + random.nextInt(12);
        switch (random.nextInt(6)) {
            case 0 -> db.setString(key, Bytes.of(text(random)), false);
            case 1 -> {
                HashValue hash = db.createHash(key);
                for (int i = 0; i < size; i++) {
                    hash.set(Bytes.of("f" + i), Bytes.of(text(random)));
                }
            }
            case 2 -> {
                SetValue set = db.createSet(key);
                boolean numbers = random.nextBoolean();
                for (int i = 0; i < size; i++) {
                    set.add(Bytes.of(numbers ? "" + random.nextLong() / (1L << random.nextInt(60)) : i + text(random)));
                }
            }
            case 3 -> {
                ListValue list = db.createList(key);
                for (int i = 0; i < size; i++) {
                    list.append(Bytes.of(text(random)));
                }
            }
            case 4 -> {
                SortedSetValue set = db.createSortedSet(key);
                double[] scores = {
                    0, 1.5, -3, Double.POSITIVE_INFINITY, 1e300, 0.1, random.nextDouble(), random.nextInt()
                };
                for (int i = 0; i < size; i++) {
                    set.set(Bytes.of(i + text(random)), scores[random.nextInt(scores.length)]);
                }
            }
            default -> stream(random, db.createStream(key), size);
        }
    }

    private static void stream(SplittableRandom random, StreamValue stream, int size) {
        List<StreamId> ids = new ArrayList<>();
        long ms = random.nextInt(1000);
        for (int i = 0; i < size; i++) {
            ms += random.nextInt(3);
            StreamId id = new StreamId(ms, i + 1);
            Bytes[] words = {Bytes.of("f"), Bytes.of(text(random)), Bytes.of("g" + random.nextInt(3)), Bytes.of("v")};
            stream.append(id, words, 0, 1 + random.nextInt(2));
            ids.add(id);
        }
        for (int i = random.nextInt(3) == 0 ? random.nextInt(size + 1) : 0; i > 0; i--) {
            stream.delete(ids.get(random.nextInt(ids.size())));
        }
        for (int g = random.nextInt(3); g > 0; g--) {
            StreamId last = ids.get(random.nextInt(ids.size()));
            StreamGroup group = stream.createGroup(Bytes.of("group" + g), last, random.nextInt(-1, 5));
            for (int c = random.nextInt(3); c > 0; c--) {
                long number =
                        group.createConsumer(Bytes.of("c" + c), NOW_MILLIS + c, random.nextBoolean() ? -1 : NOW_MILLIS);
                for (int p = random.nextInt(5); p > 0; p--) {
                    StreamId id = ids.get(random.nextInt(ids.size()));
                    group.deliver(id.ms, id.seq, number, NOW_MILLIS - p, p);
                }
            }
        }
    }

    /** Numbers, short and long texts, bytes of all kinds, texts that compress. */
    static String text(SplittableRandom random) {
        return switch (random.nextInt(7)) {
            case 0 -> Long.toString(random.nextLong() >> random.nextInt(64));
            case 1 -> "";
            case 2 -> "0" + random.nextInt(100);
            case 3 -> "abc".repeat(random.nextInt(60));
            case 4 -> "x".repeat(random.nextInt(12)) + random.nextInt();
            case 5 -> random.nextInt(20) == 0 ? "long text ".repeat(random.nextInt(2000)) : "v" + random.nextInt(1000);
            default -> {
                StringBuilder bytes = new StringBuilder();
                for (int i = random.nextInt(40); i > 0; i--) {
                    bytes.append((char) random.nextInt(256));
                }
                yield bytes.toString();
            }
        };
    }
}
