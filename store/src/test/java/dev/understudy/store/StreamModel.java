// SPDX-License-Identifier: Apache-2.0
package dev.understudy.store;

import dev.understudy.wire.Bytes;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** A naive stream, and the text in which it and a real one are compared. */
final class StreamModel {
    record Id(long ms, long seq) implements Comparable<Id> {
        @Override
        public int compareTo(Id other) {
            return StreamId.compare(ms, seq, other.ms, other.seq);
        }

        @Override
        public String toString() {
            return Long.toUnsignedString(ms) + "-" + Long.toUnsignedString(seq);
        }

        StreamId toStreamId() {
            return new StreamId(ms, seq);
        }
    }

    static final class Pending {
        String owner;
        long time;
        long count;

        Pending(String owner, long time, long count) {
            this.owner = owner;
            this.time = time;
            this.count = count;
        }
    }

    static final class Group {
        Id last = new Id(0, 0);
        long read = -1;
        final TreeMap<String, long[]> consumers = new TreeMap<>();
        final TreeMap<Id, Pending> pending = new TreeMap<>();
    }

    static final Id ZERO = new Id(0, 0);

    final TreeMap<Id, List<String>> entries = new TreeMap<>();
    final TreeMap<String, Group> groups = new TreeMap<>();
    Id last = ZERO;
    Id maxDeleted = ZERO;
    long added;

    String text() {
        StringBuilder text = new StringBuilder();
        Id first = entries.isEmpty() ? ZERO : entries.firstKey();
        text.append(
                entries.size() + " last " + last + " first " + first + " deleted " + maxDeleted + " added " + added);
        for (Map.Entry<Id, List<String>> entry : entries.entrySet()) {
            text.append("\n" + entry.getKey() + " " + entry.getValue());
        }
        groups.forEach((name, group) -> {
            text.append("\ngroup " + name + " last " + group.last + " read " + group.read);
            group.pending.forEach((id, pending) -> text.append(
                    "\n " + id + " of " + pending.owner + " at " + pending.time + " times " + pending.count));
            group.consumers.forEach((consumer, times) -> {
                List<Id> own = new ArrayList<>();
                group.pending.forEach((id, pending) -> {
                    if (pending.owner.equals(consumer)) {
                        own.add(id);
                    }
                });
                text.append("\n consumer " + consumer + " " + times[0] + " " + times[1] + " has " + own.size() + own);
            });
        });
        return text.toString();
    }

    static String text(@Nullable StreamValue stream) {
        if (stream == null) {
            return "none";
        }
        StringBuilder text = new StringBuilder();
        StreamId id = new StreamId();
        text.append(stream.size() + " last " + stream.lastId(id));
        text.append(" first " + stream.firstId(id));
        text.append(" deleted " + stream.maxDeletedId(id) + " added " + stream.entriesAdded());
        StreamCursor cursor = stream.cursor(new StreamId(), new StreamId().setMax(), false);
        while (cursor.next()) {
            text.append("\n" + id.set(cursor.ms(), cursor.seq()) + " " + elements(cursor));
        }
        for (StreamGroup group = stream.firstGroup(); group != null; group = stream.nextGroup()) {
            text.append("\ngroup " + group.name() + " last " + group.lastId(id) + " read " + group.entriesRead());
            Bytes name = new Bytes();
            for (boolean more = group.seekPending(0, 0); more; more = group.nextPending()) {
                text.append("\n " + id.set(group.pendingMs(), group.pendingSeq()) + " of "
                        + group.at(group.owner()).consumerName(name) + " at " + group.deliveryMillis() + " times "
                        + group.deliveryCount());
            }
            for (boolean more = group.firstConsumer(); more; more = group.nextConsumer()) {
                long number = group.consumerNumber();
                List<String> own = new ArrayList<>();
                for (boolean left = group.seekPendingOf(number, 0, 0); left; left = group.nextPendingOf(number)) {
                    own.add(id.set(group.pendingMs(), group.pendingSeq()).toString());
                }
                text.append("\n consumer " + group.consumerName(name) + " " + group.seenMillis() + " "
                        + group.activeMillis() + " has " + group.pendingCount(number) + own);
            }
        }
        return text.toString();
    }

    static List<String> elements(StreamCursor cursor) {
        List<String> elements = new ArrayList<>();
        cursor.visit(new StreamCursor.Elements() {
            @Override
            public void text(MemorySegment segment, long offset, long length) {
                byte[] bytes = new byte[(int) length];
                MemorySegment.copy(segment, ValueLayout.JAVA_BYTE, offset, bytes, 0, bytes.length);
                elements.add(Bytes.of(bytes).toString());
            }

            @Override
            public void number(long value) {
                elements.add(Long.toString(value));
            }
        });
        return elements;
    }
}
