// SPDX-License-Identifier: Apache-2.0
package dev.understudy.commands;

import dev.understudy.commands.StreamArguments.Form;
import dev.understudy.store.StreamGroup;
import dev.understudy.store.StreamId;
import dev.understudy.store.StreamValue;
import dev.understudy.wire.Bytes;
import dev.understudy.wire.Invariant;
import dev.understudy.wire.Reply;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** XCLAIM and XAUTOCLAIM (t_stream.c). Scratch space is reused; confined to the command loop. */
final class StreamClaimCommands {
    private static final CommandFailure INVALID_MIN_IDLE =
            CommandFailure.err("Invalid min-idle-time argument for XCLAIM");
    private static final CommandFailure INVALID_AUTO_MIN_IDLE =
            CommandFailure.err("Invalid min-idle-time argument for XAUTOCLAIM");
    private static final CommandFailure INVALID_IDLE = CommandFailure.err("Invalid IDLE option argument for XCLAIM");
    private static final CommandFailure INVALID_TIME = CommandFailure.err("Invalid TIME option argument for XCLAIM");
    private static final CommandFailure INVALID_RETRYCOUNT =
            CommandFailure.err("Invalid RETRYCOUNT option argument for XCLAIM");
    private static final CommandFailure INVALID_COUNT = CommandFailure.err("COUNT must be > 0");

    private static final long AUTO_COUNT = 100;
    private static final long AUTO_COUNT_MAX = Long.MAX_VALUE / 16;
    /** How many pending entries XAUTOCLAIM looks at for each that it may claim. */
    private static final long ATTEMPTS = 10;
    /** Longer lists of IDs are not kept for the next command. */
    private static final int KEPT_MAX = 4096;

    private final StreamArguments arguments;
    private final StreamReplies replies;
    private final StreamId id = new StreamId();
    private final StreamId lastId = new StreamId();
    private final StreamId known = new StreamId();

    // Options of the present XCLAIM.
    private long deliveryMillis;
    private long retryCount;
    private boolean force;
    private boolean justId;

    /** IDs that an XAUTOCLAIM has claimed and found deleted: two numbers each. */
    private long[] claimed = new long[256];

    private int claimedCount;
    private long[] deleted = new long[16];
    private int deletedCount;

    StreamClaimCommands(StreamArguments arguments, StreamReplies replies) {
        this.arguments = arguments;
        this.replies = replies;
    }

    void register(CommandTable table) {
        StreamCommands.row(table, "xclaim", this::claim, -6, "write fast", "RW UPDATE")
                .tip("nondeterministic_output")
                .docs("Gives pending entries to another consumer.", "O(log N) for each entry, N of them pending");
        StreamCommands.row(table, "xautoclaim", this::autoClaim, -6, "write fast", "RW DELETE")
                .since("6.2.0")
                .tip("nondeterministic_output")
                .docs("Gives entries that have been pending for long to a consumer.", "O(1) with a small COUNT");
    }

    // ---- XCLAIM

    private void claim(Call call) {
        StreamValue stream = StreamGroupCommands.stream(call);
        StreamGroup group = StreamGroupCommands.group(call, stream);
        long minIdle = Math.max(0, call.number(4, INVALID_MIN_IDLE));
        int end = 5;
        while (end < call.count() && arguments.parse(call.word(end), id, 0, false) == Form.WHOLE) {
            end++;
        }
        parseOptions(call, end);
        Bytes key = call.word(1);
        boolean moved = lastId.compare(group.lastId(known)) > 0;
        if (moved) {
            group.setLastId(lastId);
        }
        long consumer = StreamReplies.seen(call, key, group, call.word(3));
        call.silent();
        Reply reply = call.reply();
        long mark = reply.deferred();
        int written = 0;
        long changesBefore = call.changes();
        for (int i = 5; i < end; i++) {
            arguments.strict(call.word(i), id);
            if (!stream.contains(id)) {
                dropDeleted(call, group, call.word(i));
            } else if (claimOne(call, group, consumer, minIdle)) {
                reply(reply, stream, id.ms, id.seq);
                replies.claimed(call, key, group, call.word(i));
                written++;
            }
        }
        if (moved && call.changes() == changesBefore) {
            replies.groupPosition(call, key, group);
            call.changed(1);
        }
        reply.finishArray(mark, written);
    }

    private void parseOptions(Call call, int from) {
        long now = call.nowMillis();
        deliveryMillis = -1;
        retryCount = -1;
        force = false;
        justId = false;
        lastId.set(0, 0);
        for (int i = from; i < call.count(); i++) {
            Bytes option = call.word(i);
            boolean more = i + 1 < call.count();
            if (option.is("force")) {
                force = true;
            } else if (option.is("justid")) {
                justId = true;
            } else if (more && option.is("idle")) {
                deliveryMillis = now - call.number(++i, INVALID_IDLE);
            } else if (more && option.is("time")) {
                deliveryMillis = call.number(++i, INVALID_TIME);
            } else if (more && option.is("retrycount")) {
                retryCount = call.number(++i, INVALID_RETRYCOUNT);
            } else if (more && option.is("lastid")) {
                arguments.strict(call.word(++i), lastId);
            } else {
                throw CommandFailure.err("Unrecognized XCLAIM option '" + option.printed() + "'");
            }
        }
        // A time that cannot be is not worth an error: clients reckon with clocks of their own.
        if (deliveryMillis < 0 || deliveryMillis > now) {
            deliveryMillis = now;
        }
    }

    /** {@link #id} is no longer in the stream: takes it out of the pending entries, and says so to replicas. */
    private void dropDeleted(Call call, StreamGroup group, @Nullable Bytes idWord) {
        if (group.findPending(id.ms, id.seq)) {
            replies.claimed(call, call.word(1), group, idWord);
            group.acknowledge(id.ms, id.seq);
            call.changed(1);
        }
    }

    /**
     * Makes {@link #id} the consumer's if it is pending for long enough, or by force; the pending entry is the present
     * one then.
     */
    private boolean claimOne(Call call, StreamGroup group, long consumer, long minIdle) {
        boolean pending = group.findPending(id.ms, id.seq);
        if (!pending && !force) {
            return false;
        }
        if (pending && minIdle > 0 && call.nowMillis() - group.deliveryMillis() < minIdle) {
            return false;
        }
        long count = pending ? group.deliveryCount() : 1;
        if (retryCount >= 0) {
            count = retryCount;
        } else if (!justId) {
            count++;
        }
        deliver(call, group, consumer, deliveryMillis, count);
        return true;
    }

    private void deliver(Call call, StreamGroup group, long consumer, long millis, long count) {
        group.deliver(id.ms, id.seq, consumer, millis, count);
        group.active(consumer, call.nowMillis());
        boolean there = group.findPending(id.ms, id.seq);
        Invariant.holds(there, "a claimed entry is pending");
        call.changed(1);
    }

    private void reply(Reply reply, StreamValue stream, long ms, long seq) {
        if (justId) {
            replies.id(reply, ms, seq);
        } else {
            boolean there = replies.entry(reply, stream, ms, seq);
            Invariant.holds(there, "a claimed entry is pending");
        }
    }

    // ---- XAUTOCLAIM

    private void autoClaim(Call call) {
        long minIdle = Math.max(0, call.number(4, INVALID_AUTO_MIN_IDLE));
        arguments.start(call.word(5), id);
        long count = AUTO_COUNT;
        justId = false;
        for (int i = 6; i < call.count(); i++) {
            if (call.word(i).is("count") && i + 1 < call.count()) {
                count = call.number(++i, 1, AUTO_COUNT_MAX, INVALID_COUNT);
            } else if (call.word(i).is("justid")) {
                justId = true;
            } else {
                throw CommandFailure.SYNTAX;
            }
        }
        StreamValue stream = StreamGroupCommands.stream(call);
        StreamGroup group = StreamGroupCommands.group(call, stream);
        long consumer = StreamReplies.seen(call, call.word(1), group, call.word(3));
        call.silent();
        boolean more = sweep(call, stream, group, consumer, minIdle, count);
        Reply reply = call.reply();
        reply.array(3);
        if (more) {
            replies.id(reply, group.pendingMs(), group.pendingSeq());
        } else {
            replies.id(reply, 0, 0);
        }
        reply.array(claimedCount);
        for (int i = 0; i < 2 * claimedCount; i += 2) {
            reply(reply, stream, claimed[i], claimed[i + 1]);
        }
        reply.array(deletedCount);
        for (int i = 0; i < 2 * deletedCount; i += 2) {
            replies.id(reply, deleted[i], deleted[i + 1]);
        }
        claimed = trimmed(claimed);
        deleted = trimmed(deleted);
    }

    /**
     * Claims pending entries from {@link #id} on, and drops those whose entry was deleted, up to {@code count} in all.
     *
     * @return whether there are more; the next one is the present pending entry then
     */
    private boolean sweep(Call call, StreamValue stream, StreamGroup group, long consumer, long minIdle, long count) {
        claimedCount = 0;
        deletedCount = 0;
        boolean more = group.seekPending(id.ms, id.seq);
        for (long left = count * ATTEMPTS; more && left > 0 && claimedCount + deletedCount < count; left--) {
            id.set(group.pendingMs(), group.pendingSeq());
            if (!stream.contains(id)) {
                dropDeleted(call, group, null);
                deleted = with(deleted, deletedCount++);
            } else if (minIdle == 0 || call.nowMillis() - group.deliveryMillis() >= minIdle) {
                deliver(call, group, consumer, call.nowMillis(), group.deliveryCount() + (justId ? 0 : 1));
                replies.claimed(call, call.word(1), group, null);
                claimed = with(claimed, claimedCount++);
            }
            known.set(id);
            more = known.increment() && group.seekPending(known.ms, known.seq);
        }
        return more;
    }

    private long[] with(long[] list, int index) {
        long[] room = list.length < 2 * index + 2 ? Arrays.copyOf(list, list.length * 2) : list;
        room[2 * index] = id.ms;
        room[2 * index + 1] = id.seq;
        return room;
    }

    private static long[] trimmed(long[] list) {
        return list.length > KEPT_MAX ? new long[256] : list;
    }
}
