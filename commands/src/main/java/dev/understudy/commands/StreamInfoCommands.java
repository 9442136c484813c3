// SPDX-License-Identifier: Apache-2.0
package dev.understudy.commands;

import dev.understudy.store.StreamGroup;
import dev.understudy.store.StreamId;
import dev.understudy.store.StreamValue;
import dev.understudy.wire.Bytes;
import dev.understudy.wire.Reply;
import java.util.List;

/** XINFO (xinfoCommand of t_stream.c). Confined to the command loop. */
final class StreamInfoCommands {
    private static final List<String> HELP = List.of(
            "CONSUMERS <key> <groupname>",
            "    Show consumers of <groupname>.",
            "GROUPS <key>",
            "    Show the stream consumer groups.",
            "STREAM <key> [FULL [COUNT <count>]",
            "    Show information about the stream.");
    private static final long FULL_COUNT = 10;

    private final StreamReplies replies;
    private final StreamId id = new StreamId();
    private final StreamId min = new StreamId();
    private final StreamId max = new StreamId().setMax();
    private final Bytes name = new Bytes();

    StreamInfoCommands(StreamReplies replies) {
        this.replies = replies;
    }

    void register(CommandTable table) {
        Command info = table.add("xinfo", call -> {
                    throw StreamReplies.subcommandSyntax(call);
                })
                .arity(-2)
                .acl("stream")
                .group("stream")
                .since("5.0.0")
                .docs("Holds the commands that tell of streams.", "Depends on the subcommand.");
        info.sub(StreamCommands.sub("xinfo|consumers", this::consumers, 4, "readonly", "RO ACCESS")
                .tip("nondeterministic_output")
                .docs("Lists the consumers of a group.", "O(N), N being the number of consumers"));
        info.sub(StreamCommands.sub("xinfo|groups", this::groups, 3, "readonly", "RO ACCESS")
                .docs("Lists the consumer groups of a stream.", "O(N), N being the number of groups"));
        info.sub(StreamCommands.sub("xinfo|stream", this::stream, -3, "readonly", "RO ACCESS")
                .docs("Tells of a stream, in full if asked for.", "O(1), O(N) in full, N being what is told"));
        info.sub(StreamCommands.sub("xinfo|help", call -> StreamReplies.help(call, HELP), 2, "loading stale", "")
                .docs("Tells of the subcommands.", "O(1)"));
    }

    private static StreamValue existing(Call call) {
        StreamValue stream = call.readStream(2);
        if (stream == null) {
            throw CommandFailure.NO_SUCH_KEY;
        }
        return stream;
    }

    private void consumers(Call call) {
        StreamGroup group = existing(call).group(call.word(3));
        if (group == null) {
            throw new CommandFailure("NOGROUP No such consumer group '"
                    + call.word(3).printed() + "' for key name '" + call.word(2).printed() + "'");
        }
        Reply reply = call.reply();
        reply.array((int) group.consumerCount());
        for (boolean more = group.firstConsumer(); more; more = group.nextConsumer()) {
            reply.map(4);
            reply.bulk("name");
            reply.bulk(group.consumerName(name));
            reply.bulk("pending");
            reply.integer(group.pendingCount(group.consumerNumber()));
            reply.bulk("idle");
            reply.integer(Math.max(0, call.nowMillis() - group.seenMillis()));
            reply.bulk("inactive");
            reply.integer(group.activeMillis() == -1 ? -1 : call.nowMillis() - group.activeMillis());
        }
    }

    private void groups(Call call) {
        StreamValue stream = existing(call);
        Reply reply = call.reply();
        reply.array((int) stream.groupCount());
        for (StreamGroup group = stream.firstGroup(); group != null; group = stream.nextGroup()) {
            reply.map(6);
            reply.bulk("name");
            reply.bulk(group.name());
            reply.bulk("consumers");
            reply.integer(group.consumerCount());
            reply.bulk("pending");
            reply.integer(group.pendingCount());
            position(reply, stream, group);
        }
    }

    /** Last delivered ID, entries read and lag: three pairs. */
    private void position(Reply reply, StreamValue stream, StreamGroup group) {
        reply.bulk("last-delivered-id");
        replies.id(reply, group.lastId(id));
        reply.bulk("entries-read");
        if (group.entriesRead() == StreamGroup.UNKNOWN) {
            reply.nil();
        } else {
            reply.integer(group.entriesRead());
        }
        reply.bulk("lag");
        long read = stream.hasTombstonesFrom(id) ? StreamGroup.UNKNOWN : group.entriesRead();
        if (read == StreamGroup.UNKNOWN) {
            read = stream.distanceFromFirstEver(id);
        }
        if (stream.entriesAdded() == 0) {
            reply.integer(0);
        } else if (read == StreamGroup.UNKNOWN) {
            reply.nil();
        } else {
            reply.integer(stream.entriesAdded() - read);
        }
    }

    private void stream(Call call) {
        StreamValue stream = existing(call);
        int options = call.count() - 3;
        if (options != 0 && options != 1 && options != 3
                || options > 0 && !call.word(3).is("full")
                || options == 3 && !call.word(4).is("count")) {
            throw StreamReplies.subcommandSyntax(call);
        }
        long count = options == 3 ? call.number(5) : FULL_COUNT;
        if (count < 0) {
            count = FULL_COUNT;
        }
        Reply reply = call.reply();
        reply.map(options == 0 ? 10 : 9);
        properties(reply, stream);
        if (options == 0) {
            reply.bulk("groups");
            reply.integer(stream.groupCount());
            reply.bulk("first-entry");
            edge(reply, stream, false);
            reply.bulk("last-entry");
            edge(reply, stream, true);
        } else {
            reply.bulk("entries");
            replies.entries(reply, stream.cursor(min, max, false), count);
            reply.bulk("groups");
            reply.array((int) stream.groupCount());
            for (StreamGroup group = stream.firstGroup(); group != null; group = stream.nextGroup()) {
                fullGroup(reply, stream, group, count);
            }
        }
    }

    /** The seven pairs that both forms of XINFO STREAM begin with. */
    private void properties(Reply reply, StreamValue stream) {
        long nodes = stream.nodeCount();
        reply.bulk("length");
        reply.integer(stream.size());
        reply.bulk("radix-tree-keys");
        reply.integer(nodes);
        // We have no radix tree; Redis's has two nodes with one key, and grows with the keys.
        reply.bulk("radix-tree-nodes");
        reply.integer(nodes == 0 ? 1 : 2 * nodes);
        reply.bulk("last-generated-id");
        replies.id(reply, stream.lastId(id));
        reply.bulk("max-deleted-entry-id");
        replies.id(reply, stream.maxDeletedId(id));
        reply.bulk("entries-added");
        reply.integer(stream.entriesAdded());
        reply.bulk("recorded-first-entry-id");
        replies.id(reply, stream.firstId(id));
    }

    private void edge(Reply reply, StreamValue stream, boolean last) {
        var cursor = stream.cursor(min, max, last);
        if (cursor.next()) {
            replies.entry(reply, cursor);
        } else {
            reply.nil();
        }
    }

    private void fullGroup(Reply reply, StreamValue stream, StreamGroup group, long count) {
        reply.map(7);
        reply.bulk("name");
        reply.bulk(group.name());
        position(reply, stream, group);
        reply.bulk("pel-count");
        reply.integer(group.pendingCount());
        reply.bulk("pending");
        int shown = shown(group.pendingCount(), count);
        reply.array(shown);
        boolean more = group.seekPending(0, 0);
        for (int left = shown; left > 0 && more; left--) {
            reply.array(4);
            replies.id(reply, group.pendingMs(), group.pendingSeq());
            reply.bulk(group.at(group.owner()).consumerName(name));
            reply.integer(group.deliveryMillis());
            reply.integer(group.deliveryCount());
            more = group.nextPending();
        }
        reply.bulk("consumers");
        reply.array((int) group.consumerCount());
        for (boolean next = group.firstConsumer(); next; next = group.nextConsumer()) {
            fullConsumer(reply, group, count);
        }
    }

    private static int shown(long there, long count) {
        return (int) (count == 0 ? there : Math.min(there, count));
    }

    private void fullConsumer(Reply reply, StreamGroup group, long count) {
        long number = group.consumerNumber();
        int shown = shown(group.pendingCount(number), count);
        reply.map(5);
        reply.bulk("name");
        reply.bulk(group.consumerName(name));
        reply.bulk("seen-time");
        reply.integer(group.seenMillis());
        reply.bulk("active-time");
        reply.integer(group.activeMillis());
        reply.bulk("pel-count");
        reply.integer(group.pendingCount(number));
        reply.bulk("pending");
        reply.array(shown);
        boolean more = group.seekPendingOf(number, 0, 0);
        for (int left = shown; left > 0 && more; left--) {
            reply.array(3);
            replies.id(reply, group.pendingMs(), group.pendingSeq());
            reply.integer(group.deliveryMillis());
            reply.integer(group.deliveryCount());
            more = group.nextPendingOf(number);
        }
    }
}
