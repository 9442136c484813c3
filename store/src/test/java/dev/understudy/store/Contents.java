// SPDX-License-Identifier: Apache-2.0
package dev.understudy.store;

import dev.understudy.wire.Bytes;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;

/** All that a database holds, as text to compare: every way into a value is walked. */
final class Contents {
    private Contents() {}

    static Map<String, String> of(Db db) {
        Map<String, String> contents = new TreeMap<>();
        db.forEach((value, key) -> {
            contents.put(
                    key.toString(), value.type() + " " + value.encoding() + " " + value.expireAt() + " " + text(value));
            return true;
        });
        return contents;
    }

    private static String text(Value value) {
        return switch (value) {
            case StringValue string -> Arrays.hashCode(string.toArray()) + " of " + string.size();
            case HashValue hash -> {
                var fields = new TreeMap<String, String>();
                hash.forEach((field, text) -> fields.put(field.toString(), text.toString()) == null);
                fields.forEach((field, text) -> {
                    if (!hash.get(Bytes.of(field)).read(new Bytes()).toString().equals(text)) {
                        throw new AssertionError(field);
                    }
                });
                yield fields.toString();
            }
            case SetValue set -> {
                var members = new TreeSet<String>();
                set.forEach(member -> members.add(member.toString()));
                members.forEach(member -> {
                    if (!set.contains(Bytes.of(member))) {
                        throw new AssertionError(member);
                    }
                });
                yield members.toString();
            }
            case ListValue list -> {
                var elements = new StringBuilder();
                list.forEach(element -> !elements.append(element).append(',').isEmpty());
                yield elements.toString();
            }
            case SortedSetValue set -> sortedSet(set);
            case StreamValue stream -> stream(stream);
            default -> throw new AssertionError(value);
        };
    }

    private static String sortedSet(SortedSetValue set) {
        var members = new TreeMap<String, Double>();
        var inOrder = new StringBuilder();
        set.forEach((member, score) -> {
            members.put(member.toString(), score);
            return !inOrder.append(member).append('=').append(score).append(',').isEmpty();
        });
        long rank = 0;
        for (String each :
                inOrder.isEmpty() ? new String[0] : inOrder.toString().split(",")) {
            String member = each.substring(0, each.indexOf('='));
            if (set.score(Bytes.of(member)) != members.get(member) || set.rank(Bytes.of(member)) != rank++) {
                throw new AssertionError(member);
            }
        }
        return inOrder.toString();
    }

    private static String stream(StreamValue stream) {
        var text = new StringBuilder();
        text.append(stream.size())
                .append(' ')
                .append(stream.lastId(new StreamId()))
                .append(' ');
        for (boolean more = stream.firstNode(); more; more = stream.nextNode()) {
            byte[] node = new byte[stream.nodeBytes()];
            stream.readNode(node, 0);
            text.append(HexFormat.of().formatHex(node)).append(' ');
        }
        for (StreamGroup group = stream.firstGroup(); group != null; group = stream.nextGroup()) {
            text.append(group.name())
                    .append(' ')
                    .append(group.lastId(new StreamId()))
                    .append(": ");
            for (boolean more = group.seekPending(0, 0); more; more = group.nextPending()) {
                text.append(group.pendingMs()).append('@').append(group.owner()).append(' ');
            }
            Bytes name = new Bytes();
            for (boolean more = group.firstConsumer(); more; more = group.nextConsumer()) {
                long number = group.consumerNumber();
                text.append(group.consumerName(name)).append('#').append(number).append(' ');
                if (group.consumer(name) != number) {
                    throw new AssertionError(name);
                }
                for (boolean left = group.seekPendingOf(number, 0, 0); left; left = group.nextPendingOf(number)) {
                    text.append(group.pendingMs())
                            .append('*')
                            .append(group.deliveryCount())
                            .append(' ');
                }
            }
        }
        return text.toString();
    }
}
