// SPDX-License-Identifier: Apache-2.0
package dev.understudy.commands;

import dev.understudy.store.StreamCursor;
import dev.understudy.store.StreamGroup;
import dev.understudy.store.StreamId;
import dev.understudy.store.StreamValue;
import dev.understudy.wire.Bytes;
import dev.understudy.wire.Reply;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** What stream commands write: IDs and entries as replies, and the operations that tell replicas of deliveries. */
final class StreamReplies implements StreamCursor.Elements {
    static final byte[] EXACTLY = ascii("=");
    private static final byte[] XCLAIM = ascii("XCLAIM");
    private static final byte[] TIME = ascii("TIME");
    private static final byte[] RETRYCOUNT = ascii("RETRYCOUNT");
    private static final byte[] FORCE = ascii("FORCE");
    private static final byte[] JUSTID = ascii("JUSTID");
    private static final byte[] LASTID = ascii("LASTID");
    private static final byte[] XGROUP = ascii("XGROUP");
    private static final byte[] SETID = ascii("SETID");
    private static final byte[] ENTRIESREAD = ascii("ENTRIESREAD");
    private static final byte[] CREATECONSUMER = ascii("CREATECONSUMER");

    private final byte[] text = new byte[StreamId.TEXT_MAX];
    private final StreamId id = new StreamId();
    private final StreamId single = new StreamId();
    private final Bytes name = new Bytes();
    /** Where the fields of the present entry go. */
    private @Nullable Reply target;

    private static byte[] ascii(String word) {
        return word.getBytes(StandardCharsets.US_ASCII);
    }

    // ---- replies

    void id(Reply reply, StreamId which) {
        reply.bulk(text, 0, which.write(text, 0));
    }

    void id(Reply reply, long ms, long seq) {
        id(reply, id.set(ms, seq));
    }

    /** The present entry of a cursor: its ID, and an array of fields and values. */
    void entry(Reply reply, StreamCursor cursor) {
        reply.array(2);
        id(reply, cursor.ms(), cursor.seq());
        reply.array(2 * cursor.fields());
        target = reply;
        cursor.visit(this);
        target = null;
    }

    @Override
    public void text(MemorySegment segment, long offset, long length) {
        Objects.requireNonNull(target).bulk(segment, offset, length);
    }

    @Override
    public void number(long value) {
        Objects.requireNonNull(target).bulkLong(value);
    }

    /** The entry with this ID; false, and nothing written, if there is none. */
    boolean entry(Reply reply, StreamValue stream, long ms, long seq) {
        single.set(ms, seq);
        StreamCursor cursor = stream.cursor(single, single, false);
        if (!cursor.next()) {
            return false;
        }
        entry(reply, cursor);
        return true;
    }

    /** An array of the entries that {@code cursor} gives, up to {@code count}, or all with 0. */
    void entries(Reply reply, StreamCursor cursor, long count) {
        long mark = reply.deferred();
        int written = 0;
        while ((count == 0 || written < count) && cursor.next()) {
            entry(reply, cursor);
            written++;
        }
        reply.finishArray(mark, written);
    }

    /** The reply of a container's HELP; {@code lines} are its subcommands'. */
    static void help(Call call, List<String> lines) {
        Reply reply = call.reply();
        reply.array(lines.size() + 3);
        reply.simple(call.word(0).toString().toUpperCase(Locale.ROOT)
                + " <subcommand> [<arg> [value] [opt] ...]. Subcommands are:");
        lines.forEach(reply::simple);
        reply.simple("HELP");
        reply.simple("    Print this help.");
    }

    /** The error of a subcommand whose words make no sense. */
    static CommandFailure subcommandSyntax(Call call) {
        String sub = call.word(1).printed();
        String quoted = sub.substring(0, Math.min(128, sub.length()));
        return CommandFailure.err("unknown subcommand or wrong number of arguments for '" + quoted + "'. Try "
                + call.word(0).toString().toUpperCase(Locale.ROOT) + " HELP.");
    }

    // ---- effects

    Effects arg(Effects effect, StreamId which) {
        return effect.arg(text, 0, which.write(text, 0));
    }

    /** States the present pending entry as it is now; the replica does the same whatever it had. */
    void claimed(Call call, Bytes key, StreamGroup group, @Nullable Bytes idWord) {
        group.at(group.owner()).consumerName(name);
        Effects effect =
                call.effect(14).arg(XCLAIM).arg(key).arg(group.name()).arg(name).arg(0);
        if (idWord == null) {
            arg(effect, id.set(group.pendingMs(), group.pendingSeq()));
        } else {
            effect.arg(idWord);
        }
        effect.arg(TIME).arg(group.deliveryMillis());
        effect.arg(RETRYCOUNT).arg(group.deliveryCount());
        effect.arg(FORCE).arg(JUSTID).arg(LASTID);
        arg(effect, group.lastId(id));
    }

    /** States how far the group has read, where no pending entry does. */
    void groupPosition(Call call, Bytes key, StreamGroup group) {
        Effects effect = call.effect(7).arg(XGROUP).arg(SETID).arg(key).arg(group.name());
        arg(effect, group.lastId(id)).arg(ENTRIESREAD).arg(group.entriesRead());
    }

    void consumerCreated(Call call, Bytes key, StreamGroup group, Bytes consumer) {
        call.effect(5)
                .arg(XGROUP)
                .arg(CREATECONSUMER)
                .arg(key)
                .arg(group.name())
                .arg(consumer);
    }

    /** Finds the consumer, or makes it with event and change; notes that it was seen. Returns its number. */
    static long seen(Call call, Bytes key, StreamGroup group, Bytes consumer) {
        long number = group.consumer(consumer);
        if (number == StreamGroup.NOBODY) {
            number = group.createConsumer(consumer, call.nowMillis(), -1);
            call.changed(1);
            call.event(key, NotifyClass.STREAM, "xgroup-createconsumer");
        } else {
            group.seen(number, call.nowMillis());
        }
        return number;
    }
}
