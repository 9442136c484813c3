// SPDX-License-Identifier: Apache-2.0
package dev.understudy.commands;

import dev.understudy.commands.Command.KeySpec;
import dev.understudy.store.StreamCursor;
import dev.understudy.store.StreamGroup;
import dev.understudy.store.StreamId;
import dev.understudy.store.StreamValue;
import dev.understudy.store.ValueType;
import dev.understudy.wire.Bytes;
import dev.understudy.wire.Invariant;
import dev.understudy.wire.Reply;
import java.util.Arrays;
import java.util.Locale;
import java.util.Objects;

/**
 * XREAD and XREADGROUP (xreadCommand and streamReplyWithRange of t_stream.c). Scratch space is reused; confined to the command loop.
 */
final class StreamReadCommands {
    private static final CommandFailure NO_GROUP_OPTION =
            CommandFailure.err("The GROUP option is only supported by XREADGROUP. You called XREAD instead.");
    private static final CommandFailure NO_NOACK_OPTION =
            CommandFailure.err("The NOACK option is only supported by XREADGROUP. You called XREAD instead.");
    private static final CommandFailure MISSING_GROUP = CommandFailure.err("Missing GROUP option for XREADGROUP");
    private static final CommandFailure DOLLAR_IN_GROUP = CommandFailure.err(
            "The $ ID is meaningless in the context of XREADGROUP: you want to read the history of this consumer by"
                    + " specifying a proper ID, or use the > ID to get new messages. The $ ID would just return an empty"
                    + " result set.");
    private static final CommandFailure NEW_WITHOUT_GROUP = CommandFailure.err(
            "The > ID can be specified only when calling XREADGROUP using the GROUP <group> <consumer> option.");
    /** Value of {@link #timeoutMillis} without BLOCK. */
    private static final long DOES_NOT_BLOCK = -1;

    private final StreamArguments arguments;
    private final StreamReplies replies;
    private final StreamId id = new StreamId();
    private final StreamId from = new StreamId();
    private final StreamId to = new StreamId().setMax();
    /** The IDs of the command: two numbers for each stream. */
    private long[] ids = new long[16];

    // Options of the present command.
    private long count;
    private boolean noAck;
    /** BLOCK: 0 for ever. */
    private long timeoutMillis;
    /** Index of the group's name, 0 for XREAD; the consumer's name follows. */
    private int groupAt;
    /** Index of the first key, and the number of keys. */
    private int keysAt;

    private int streams;

    StreamReadCommands(StreamArguments arguments, StreamReplies replies) {
        this.arguments = arguments;
        this.replies = replies;
    }

    void register(CommandTable table) {
        StreamCommands.row(table, "xread", call -> read(call, false), -4, "readonly blocking movablekeys", "")
                .keySpec(new KeySpec(1, "STREAMS", KeySpec.Kind.RANGE, -1, 1, 2, "RO ACCESS", false))
                .docs(
                        "Gives entries behind given IDs from several streams.",
                        "O(N), N being the number of entries given");
        StreamCommands.row(table, "xreadgroup", call -> read(call, true), -7, "write blocking movablekeys", "")
                .keySpec(new KeySpec(4, "STREAMS", KeySpec.Kind.RANGE, -1, 1, 2, "RO ACCESS", false))
                .docs(
                        "Gives a group's consumer new entries, or those it has not acknowledged.",
                        "O(N) for each stream, N being the number of entries given");
    }

    private void read(Call call, boolean grouped) {
        parse(call, grouped);
        if (keysAt == 0) {
            throw CommandFailure.SYNTAX;
        }
        if (grouped && groupAt == 0) {
            throw MISSING_GROUP;
        }
        if (ids.length < 2 * streams) {
            ids = new long[2 * streams];
        }
        for (int i = 0; i < streams; i++) {
            resolve(call, i, grouped);
        }
        // What XREADGROUP changes is stated entry by entry.
        call.silent();
        Reply reply = call.reply();
        long mark = 0;
        int served = 0;
        for (int i = 0; i < streams; i++) {
            StreamValue stream = call.readStream(keysAt + i);
            if (stream == null || !(grouped ? prepareGroup(call, stream, i) : prepare(stream, i))) {
                continue;
            }
            if (served++ == 0) {
                mark = reply.deferred();
            }
            if (!reply.resp3()) {
                reply.array(2);
            }
            reply.bulk(call.word(keysAt + i));
            serve(call, stream, i);
        }
        if (served == 0) {
            if (timeoutMillis == DOES_NOT_BLOCK || !block(call, grouped)) {
                reply.nilArray();
            }
        } else if (reply.resp3()) {
            reply.finishMap(mark, served);
        } else {
            reply.finishArray(mark, served);
        }
        if (ids.length > 1024) {
            ids = Arrays.copyOf(ids, 16);
        }
    }

    /** Waits for one of the streams to grow; {@code $} is what their last ID is now. */
    private boolean block(Call call, boolean grouped) {
        Bytes[] words = call.copyWords();
        for (int i = 0; i < streams; i++) {
            int at = keysAt + streams + i;
            if (words[at].is("$")) {
                words[at] = Bytes.of(id.set(ids[2 * i], ids[2 * i + 1]).toString());
            }
        }
        return call.block(new Blocking(ValueType.STREAM, words, keysAt, streams, timeoutMillis, grouped));
    }

    private void parse(Call call, boolean grouped) {
        count = 0;
        noAck = false;
        timeoutMillis = DOES_NOT_BLOCK;
        groupAt = 0;
        keysAt = 0;
        streams = 0;
        for (int i = 1; i < call.count() && keysAt == 0; i++) {
            Bytes word = call.word(i);
            int more = call.count() - i - 1;
            if (more > 0 && word.is("block")) {
                timeoutMillis = BlockingTimeouts.millis(call, ++i);
            } else if (more > 0 && word.is("count")) {
                count = Math.max(0, call.number(++i));
            } else if (more > 0 && word.is("streams")) {
                if (more % 2 != 0) {
                    throw unbalanced(call, grouped);
                }
                keysAt = i + 1;
                streams = more / 2;
            } else if (more >= 2 && word.is("group")) {
                if (!grouped) {
                    throw NO_GROUP_OPTION;
                }
                groupAt = i + 1;
                i += 2;
            } else if (word.is("noack")) {
                if (!grouped) {
                    throw NO_NOACK_OPTION;
                }
                noAck = true;
            } else {
                throw CommandFailure.SYNTAX;
            }
        }
    }

    private static CommandFailure unbalanced(Call call, boolean grouped) {
        return CommandFailure.err("Unbalanced '" + call.command().name().toLowerCase(Locale.ROOT)
                + "' list of streams: for each stream key an ID or '" + (grouped ? '>' : '$') + "' must be specified.");
    }

    /** Finds out behind which ID to read stream number {@code i}: the largest one stands for {@code >}. */
    private void resolve(Call call, int i, boolean grouped) {
        Bytes key = call.word(keysAt + i);
        Bytes word = call.word(keysAt + streams + i);
        StreamValue stream = call.readStream(keysAt + i);
        if (grouped && (stream == null || stream.group(call.word(groupAt)) == null)) {
            throw new CommandFailure("NOGROUP No such key '" + key.printed() + "' or consumer group '"
                    + call.word(groupAt).printed() + "' in XREADGROUP with GROUP option");
        }
        if (word.is("$")) {
            if (grouped) {
                throw DOLLAR_IN_GROUP;
            }
            id.set(0, 0);
            if (stream != null) {
                stream.lastId(id);
            }
        } else if (word.is(">")) {
            if (!grouped) {
                throw NEW_WITHOUT_GROUP;
            }
            id.setMax();
        } else {
            arguments.strict(word, id);
        }
        ids[2 * i] = id.ms;
        ids[2 * i + 1] = id.seq;
    }

    /** Whether there is something for XREAD behind the stream's ID. */
    private boolean prepare(StreamValue stream, int i) {
        from.set(ids[2 * i], ids[2 * i + 1]);
        return stream.edge(false, false, id) && id.compare(from) > 0;
    }

    /** Makes the consumer, notes that it was seen, and tells whether there is something for it. */
    private boolean prepareGroup(Call call, StreamValue stream, int i) {
        Bytes key = call.word(keysAt + i);
        StreamGroup group = group(call, stream);
        from.set(ids[2 * i], ids[2 * i + 1]);
        boolean serves = !from.isMax() || stream.edge(false, false, id) && id.compare(group.lastId(from)) > 0;
        boolean known = group.consumer(call.word(groupAt + 1)) != StreamGroup.NOBODY;
        StreamReplies.seen(call, key, group, call.word(groupAt + 1));
        if (!known && noAck) {
            replies.consumerCreated(call, key, group, call.word(groupAt + 1));
        }
        return serves;
    }

    private StreamGroup group(Call call, StreamValue stream) {
        return Objects.requireNonNull(stream.group(call.word(groupAt)), "looked up before");
    }

    private void serve(Call call, StreamValue stream, int i) {
        boolean history = ids[2 * i] != -1 || ids[2 * i + 1] != -1;
        // From {@link #from}, which is not the largest ID here, or has nothing behind it.
        from.increment();
        if (groupAt == 0) {
            replies.entries(call.reply(), stream.cursor(from, to, false), count);
            return;
        }
        StreamGroup group = group(call, stream);
        long consumer = group.consumer(call.word(groupAt + 1));
        if (history) {
            deliverAgain(call, stream, group, consumer);
        } else {
            deliver(call, stream, group, consumer, call.word(keysAt + i));
        }
        call.changed(1);
    }

    /**
     * The consumer's own pending entries from {@link #from} on, each counted as delivered once more; replicas do not
     * learn of that.
     */
    private void deliverAgain(Call call, StreamValue stream, StreamGroup group, long consumer) {
        Reply reply = call.reply();
        long mark = reply.deferred();
        int written = 0;
        boolean more = group.seekPendingOf(consumer, from.ms, from.seq);
        while (more && (count == 0 || written < count)) {
            from.set(group.pendingMs(), group.pendingSeq());
            long deliveries = group.deliveryCount();
            if (replies.entry(reply, stream, from.ms, from.seq)) {
                group.deliver(from.ms, from.seq, consumer, call.nowMillis(), deliveries + 1);
            } else {
                reply.array(2);
                replies.id(reply, from);
                reply.nilArray();
            }
            written++;
            more = from.increment() && group.seekPendingOf(consumer, from.ms, from.seq);
        }
        reply.finishArray(mark, written);
    }

    private void deliver(Call call, StreamValue stream, StreamGroup group, long consumer, Bytes key) {
        Reply reply = call.reply();
        long mark = reply.deferred();
        int written = 0;
        boolean moved = false;
        StreamCursor cursor = stream.cursor(from, to, false);
        while ((count == 0 || written < count) && cursor.next()) {
            id.set(cursor.ms(), cursor.seq());
            moved |= advance(stream, group);
            replies.entry(reply, cursor);
            if (!noAck) {
                group.deliver(id.ms, id.seq, consumer, call.nowMillis(), 1);
                group.active(consumer, call.nowMillis());
                boolean pending = group.findPending(id.ms, id.seq);
                Invariant.holds(pending, "an entry read again is pending");
                replies.claimed(call, key, group, null);
            }
            written++;
        }
        if (noAck && moved) {
            replies.groupPosition(call, key, group);
        }
        reply.finishArray(mark, written);
    }

    /** Moves the group to {@link #id} if that is ahead, with the count of entries read as far as it can be told. */
    private boolean advance(StreamValue stream, StreamGroup group) {
        if (id.compare(group.lastId(from)) <= 0) {
            return false;
        }
        long read = group.entriesRead();
        if (read != StreamGroup.UNKNOWN && !stream.hasTombstonesFrom(id)) {
            group.setEntriesRead(read + 1);
        } else if (stream.entriesAdded() != 0) {
            group.setEntriesRead(stream.distanceFromFirstEver(id));
        }
        group.setLastId(id);
        return true;
    }
}
