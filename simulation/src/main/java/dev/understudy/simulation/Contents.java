// SPDX-License-Identifier: Apache-2.0
package dev.understudy.simulation;

import dev.understudy.store.DataSet;
import dev.understudy.store.Db;
import dev.understudy.store.HashValue;
import dev.understudy.store.ListValue;
import dev.understudy.store.SetValue;
import dev.understudy.store.SortedSetValue;
import dev.understudy.store.StreamCursor;
import dev.understudy.store.StreamGroup;
import dev.understudy.store.StreamId;
import dev.understudy.store.StreamValue;
import dev.understudy.store.StringValue;
import dev.understudy.store.Value;
import dev.understudy.wire.Bytes;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** A data set as text that can be compared: "db/key" to type, elements and expiry, whatever the encodings. */
final class Contents {
    private static final int SHOWN_DIFFERENCES_MAX = 8;
    private static final int SHOWN_CHARACTERS_MAX = 160;

    private final Map<String, String> texts = new TreeMap<>();
    private final boolean deliveryTimes;

    private Contents(boolean deliveryTimes) {
        this.deliveryTimes = deliveryTimes;
    }

    /**
     * Reads through the owner's own windows, so on the thread of its loop, between commands.
     *
     * @param deliveryTimes whether times of delivery are included: XCLAIM of Redis moves those of the future to the replica's present
     */
    static Contents of(DataSet data, boolean deliveryTimes) {
        Contents contents = new Contents(deliveryTimes);
        for (int i = 0; i < data.databases(); i++) {
            Db db = data.db(i);
            db.forEach((value, key) -> {
                contents.add(db.index() + "/" + text(key.toArray()), value);
                return true;
            });
        }
        data.closeWindows();
        return contents;
    }

    int size() {
        return texts.size();
    }

    boolean contains(String key) {
        return texts.containsKey(key);
    }

    /** Each key, as "db/key", with its type, expiry and value. */
    Map<String, String> texts() {
        return java.util.Collections.unmodifiableMap(texts);
    }

    /** The same for the same contents. */
    long digest() {
        return texts.hashCode();
    }

    /** Where two differ, in words; empty if they do not. */
    String difference(Contents other) {
        return difference(other.texts);
    }

    /** As {@link #difference(Contents)}. */
    String difference(Map<String, String> other) {
        if (texts.equals(other)) {
            return "";
        }
        StringBuilder out = new StringBuilder();
        Map<String, String> all = new TreeMap<>(texts);
        all.putAll(other);
        int shown = 0;
        for (String key : all.keySet()) {
            String mine = String.valueOf(texts.get(key));
            String theirs = String.valueOf(other.get(key));
            if (!mine.equals(theirs) && shown++ < SHOWN_DIFFERENCES_MAX) {
                out.append("\n  ").append(key).append(":\n    ").append(shortened(mine, theirs));
                out.append("\n    ").append(shortened(theirs, mine));
            }
        }
        return out.append("\n  keys: ")
                .append(texts.size())
                .append(" and ")
                .append(other.size())
                .toString();
    }

    /** The part around the first difference. */
    private static String shortened(String text, String other) {
        int at = 0;
        while (at < Math.min(text.length(), other.length()) && text.charAt(at) == other.charAt(at)) {
            at++;
        }
        int from = Math.max(0, at - SHOWN_CHARACTERS_MAX / 2);
        String part = text.substring(from, Math.min(text.length(), from + SHOWN_CHARACTERS_MAX));
        return (from > 0 ? "[" + from + "]..." : "") + part.replaceAll("[^ -~]", ".");
    }

    private static String text(byte[] bytes) {
        return new String(bytes, StandardCharsets.ISO_8859_1);
    }

    private void add(String key, Value value) {
        String expiry = value.expireAt() < 0 ? "" : " until " + value.expireAt();
        texts.put(key, value.type().word() + expiry + " " + describe(value));
    }

    private String describe(Value value) {
        return switch (value) {
            case StringValue string -> text(string.toArray());
            case HashValue hash -> {
                Map<String, String> fields = new TreeMap<>();
                hash.forEach((field, content) -> {
                    fields.put(text(field.toArray()), text(content.toArray()));
                    return true;
                });
                yield fields.toString();
            }
            case SetValue set -> {
                List<String> members = new ArrayList<>();
                set.forEach(member -> members.add(text(member.toArray())));
                members.sort(null);
                yield members.toString();
            }
            case ListValue list -> {
                List<String> elements = new ArrayList<>();
                list.forEach(element -> elements.add(text(element.toArray())));
                yield elements.toString();
            }
            case SortedSetValue set -> {
                Map<String, Double> scores = new TreeMap<>();
                set.forEach((member, score) -> {
                    scores.put(text(member.toArray()), score);
                    return true;
                });
                yield scores.toString();
            }
            case StreamValue stream -> stream(stream);
            default -> throw new IllegalStateException("a value of type " + value.type());
        };
    }

    private String stream(StreamValue stream) {
        StreamId id = new StreamId();
        StringBuilder out = new StringBuilder();
        out.append(stream.size()).append(" last ").append(stream.lastId(id));
        out.append(" first ").append(stream.firstId(id));
        out.append(" deleted ").append(stream.maxDeletedId(id));
        out.append(" added ").append(stream.entriesAdded());
        StreamCursor cursor = stream.cursor(new StreamId(), new StreamId().setMax(), false);
        while (cursor.next()) {
            out.append("; ").append(id.set(cursor.ms(), cursor.seq()));
            words(cursor, out);
        }
        for (StreamGroup group = stream.firstGroup(); group != null; group = stream.nextGroup()) {
            group(group, out);
        }
        return out.toString();
    }

    private static void words(StreamCursor cursor, StringBuilder out) {
        cursor.visit(new StreamCursor.Elements() {
            @Override
            public void text(MemorySegment segment, long offset, long length) {
                byte[] bytes = segment.asSlice(offset, length).toArray(ValueLayout.JAVA_BYTE);
                out.append(' ').append(Contents.text(bytes));
            }

            @Override
            public void number(long value) {
                out.append(' ').append(value);
            }
        });
    }

    /**
     * Without what Redis does not replicate: when consumers were seen, consumers that have nothing pending (XREADGROUP makes them and, with
     * nothing to deliver, propagates nothing), how many entries a group has read.
     */
    private void group(StreamGroup group, StringBuilder out) {
        StreamId id = new StreamId();
        out.append("; group ").append(group.name()).append(' ').append(group.lastId(id));
        for (boolean more = group.seekPending(0, 0); more; more = group.nextPending()) {
            out.append(" pending ").append(id.set(group.pendingMs(), group.pendingSeq()));
            out.append(deliveryTimes ? " at " + group.deliveryMillis() : "")
                    .append(" x ")
                    .append(group.deliveryCount());
            out.append(" of ").append(group.at(group.owner()).consumerName(new Bytes()));
        }
    }
}
