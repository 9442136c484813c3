// SPDX-License-Identifier: Apache-2.0
package dev.understudy.replication;

import dev.understudy.replication.Peer.Capabilities;
import dev.understudy.replication.Peer.Filter;
import dev.understudy.wire.Bytes;
import dev.understudy.wire.Numbers;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * The REPLCONF command as a function (replconfCommand of Redis): pairs are taken from left to right, earlier ones stay in force when a
 * later one is refused, and there is one reply for all.
 */
public final class Replconf {
    /** Longest address that may be announced; NET_HOST_STR_LEN less the final zero. */
    static final int ADDRESS_BYTES_MAX = 255;

    /** A version longer than this is not one. */
    static final int VERSION_BYTES_MAX = 64;

    /** What to answer. */
    public sealed interface Answer {
        record Ok() implements Answer {}

        /** Nothing at all: ACK is not answered, whoever sends it. */
        record Silence() implements Answer {}

        /** An error reply, without the minus. */
        record Refused(String error) implements Answer {}

        /**
         * A replica's report; not answered. Counts for replica links only.
         *
         * @param fsyncedOffset what its AOF holds, -1 if it did not say
         */
        record Acked(long offset, long fsyncedOffset) implements Answer {}

        /** Our master wants an ACK now; not answered. */
        record AckRequested() implements Answer {}
    }

    /** The peer as known afterwards, and the answer. */
    public record Outcome(Peer peer, Answer answer) {}

    private Replconf() {}

    /** Takes the command of {@code count} words, the name included. */
    public static Outcome take(Peer before, Bytes[] words, int count) {
        if (count % 2 == 0) {
            return refuse(before, SyncError.SYNTAX);
        }
        Peer peer = before;
        for (int i = 1; i < count; i += 2) {
            Bytes option = words[i];
            if (option.is("ack")) {
                return new Outcome(peer, acknowledgement(words, i, count));
            }
            if (option.is("getack")) {
                return new Outcome(peer, new Answer.AckRequested());
            }
            Outcome outcome = pair(peer, option, words[i + 1]);
            peer = outcome.peer();
            if (outcome.answer() instanceof Answer.Refused) {
                return outcome;
            }
        }
        return new Outcome(peer, new Answer.Ok());
    }

    private static Outcome pair(Peer peer, Bytes option, Bytes value) {
        return switch (option.toString().toLowerCase(Locale.ROOT)) {
            case "listening-port" ->
                Numbers.isLong(value)
                        ? accept(peer.withPort(Numbers.parseLong(value)))
                        : refuse(peer, SyncError.NOT_INTEGER);
            case "ip-address" ->
                value.length <= ADDRESS_BYTES_MAX
                        ? accept(peer.withAddress(value.toString()))
                        : refuse(peer, SyncError.addressTooLong(value.length));
            case "capa" -> accept(peer.with(capability(peer.capabilities(), value)));
            case "rdb-only" -> snapshotOnly(peer, value);
            case "rdb-filter-only" -> filter(peer, value);
            case "version" ->
                value.length <= VERSION_BYTES_MAX
                        ? accept(peer.withVersion(value.toString()))
                        : refuse(peer, SyncError.SYNTAX);
            default -> refuse(peer, SyncError.optionUnknown(option.printed()));
        };
    }

    private static Outcome accept(Peer peer) {
        return new Outcome(peer, new Answer.Ok());
    }

    private static Outcome refuse(Peer peer, String error) {
        return new Outcome(peer, new Answer.Refused(error));
    }

    private static Answer acknowledgement(Bytes[] words, int at, int count) {
        if (!Numbers.isLong(words[at + 1])) {
            return new Answer.Silence();
        }
        long fsynced = -1;
        if (at + 3 < count && words[at + 2].is("fack")) {
            if (!Numbers.isLong(words[at + 3])) {
                return new Answer.Silence();
            }
            fsynced = Numbers.parseLong(words[at + 3]);
        }
        return new Answer.Acked(Numbers.parseLong(words[at + 1]), fsynced);
    }

    /** Capabilities that we do not know are those of a later version, and ignored. */
    private static Capabilities capability(Capabilities known, Bytes value) {
        return new Capabilities(known.eof() || value.is("eof"), known.psync2() || value.is("psync2"));
    }

    private static Outcome snapshotOnly(Peer peer, Bytes value) {
        if (!Numbers.isLong(value)) {
            return refuse(peer, SyncError.NOT_INTEGER);
        }
        long number = Numbers.parseLong(value);
        return number == 0 || number == 1
                ? accept(peer.withSnapshotOnly(number == 1))
                : refuse(peer, SyncError.SNAPSHOT_ONLY_RANGE);
    }

    /** What is listed is included, all else is left out; functions are all that can be listed. */
    private static Outcome filter(Peer peer, Bytes value) {
        Optional<List<String>> listed = split(value.toString());
        if (listed.isEmpty()) {
            return refuse(peer, SyncError.FILTER_MISSING);
        }
        Peer filtered = peer.with(new Filter(true, true));
        for (String name : listed.get()) {
            if (!name.equalsIgnoreCase("functions")) {
                return refuse(filtered, SyncError.filterUnsupported(name));
            }
            filtered = filtered.with(new Filter(true, false));
        }
        return accept(filtered);
    }

    /** Words between blanks, each perhaps in quotes; nothing if a quote is not closed or has something glued to it. */
    private static Optional<List<String>> split(String text) {
        var words = new ArrayList<String>();
        int i = 0;
        while (i < text.length()) {
            char c = text.charAt(i);
            if (Character.isWhitespace(c)) {
                i++;
            } else if (c == '"' || c == '\'') {
                int close = text.indexOf(c, i + 1);
                boolean glued =
                        close >= 0 && close + 1 < text.length() && !Character.isWhitespace(text.charAt(close + 1));
                if (close < 0 || glued) {
                    return Optional.empty();
                }
                words.add(text.substring(i + 1, close));
                i = close + 1;
            } else {
                int end = i;
                while (end < text.length() && !Character.isWhitespace(text.charAt(end))) {
                    end++;
                }
                words.add(text.substring(i, end));
                i = end;
            }
        }
        return Optional.of(words);
    }
}
