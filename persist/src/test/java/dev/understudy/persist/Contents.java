// SPDX-License-Identifier: Apache-2.0
package dev.understudy.persist;

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
import dev.understudy.store.View;
import dev.understudy.wire.Bytes;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Data sets as text that can be compared: "db/key" to type, elements and expiry, whatever the encodings. */
final class Contents {
    private final boolean streamDetails;
    private final Map<String, String> texts = new TreeMap<>();

    private Contents(boolean streamDetails) {
        this.streamDetails = streamDetails;
    }

    static Map<String, String> of(View view) {
        return of(view, true);
    }

    /** @param streamDetails whether what RDB version 9 does not hold of streams is included */
    static Map<String, String> of(View view, boolean streamDetails) {
        Contents contents = new Contents(streamDetails);
        for (int i = 0; i < view.databases(); i++) {
            Db db = view.db(i);
            db.forEach((value, key) -> {
                contents.add(db.index() + "/" + text(key.toArray()), value);
                return true;
            });
        }
        view.functions().forEach((name, source) -> contents.texts.put("function/" + name, text(source)));
        return contents.texts;
    }

    static String text(byte[] bytes) {
        return new String(bytes, StandardCharsets.ISO_8859_1);
    }

    private void add(String key, Value value) {
        String expiry = value.expireAt() < 0 ? "" : " until " + value.expireAt();
        texts.put(key, value.type().word() + " " + describe(value) + expiry);
    }

    private String describe(Value value) {
        return switch (value) {
            case StringValue string -> text(string.toArray());
            case HashValue hash -> {
                Map<String, String> fields = new TreeMap<>();
                hash.forEach((field, text) -> {
                    fields.put(text(field.toArray()), text(text.toArray()));
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
            case ListValue list -> DataSets.elements(list).toString();
            case SortedSetValue set -> DataSets.scores(set).toString();
            case StreamValue stream -> stream(stream);
            default -> throw new AssertionError(value.type());
        };
    }

    private String stream(StreamValue stream) {
        StreamId id = new StreamId();
        StringBuilder text = new StringBuilder();
        text.append(stream.size()).append(" last ").append(stream.lastId(id));
        text.append(" first ").append(stream.firstId(id));
        if (streamDetails) {
            text.append(" deleted ").append(stream.maxDeletedId(id));
            text.append(" added ").append(stream.entriesAdded());
        }
        StreamCursor cursor = stream.cursor(new StreamId(), new StreamId().setMax(), false);
        while (cursor.next()) {
            text.append("; ").append(id.set(cursor.ms(), cursor.seq()));
            for (String word : DataSets.words(cursor)) {
                text.append(' ').append(word);
            }
        }
        for (StreamGroup group = stream.firstGroup(); group != null; group = stream.nextGroup()) {
            group(group, text);
        }
        return text.toString();
    }

    private void group(StreamGroup group, StringBuilder text) {
        StreamId id = new StreamId();
        text.append("; group ").append(group.name()).append(' ').append(group.lastId(id));
        if (streamDetails) {
            text.append(" read ").append(group.entriesRead());
        }
        for (boolean more = group.firstConsumer(); more; more = group.nextConsumer()) {
            text.append(" consumer ")
                    .append(group.consumerName(new Bytes()))
                    .append(" seen ")
                    .append(group.seenMillis());
            if (streamDetails) {
                text.append(" active ").append(group.activeMillis());
            }
        }
        for (boolean more = group.seekPending(0, 0); more; more = group.nextPending()) {
            text.append(" pending ").append(id.set(group.pendingMs(), group.pendingSeq()));
            text.append(" at ").append(group.deliveryMillis()).append(" x ").append(group.deliveryCount());
            long owner = group.owner();
            text.append(" of ").append(group.at(owner).consumerName(new Bytes()));
        }
    }
}
