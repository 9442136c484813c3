// SPDX-License-Identifier: Apache-2.0
package dev.understudy.commands;

import dev.understudy.store.StreamGroup;
import dev.understudy.store.StreamId;
import dev.understudy.store.StreamValue;
import dev.understudy.wire.Bytes;
import dev.understudy.wire.Reply;
import java.util.List;

/**
 * XGROUP with its subcommands, XACK and XPENDING (t_stream.c). Scratch space is reused; confined to the command loop.
 */
final class StreamGroupCommands {
    private static final CommandFailure NEGATIVE_READ =
            CommandFailure.err("value for ENTRIESREAD must be positive or -1");
    private static final CommandFailure NO_KEY = CommandFailure.err(
            "The XGROUP subcommand requires the key to exist. Note that for CREATE you may want to use the MKSTREAM"
                    + " option to create an empty stream automatically.");
    private static final CommandFailure BUSY = new CommandFailure("BUSYGROUP Consumer Group name already exists");

    private static final List<String> HELP = List.of(
            "CREATE <key> <groupname> <id|$> [option]",
            "    Create a new consumer group. Options are:",
            "    * MKSTREAM",
            "      Create the empty stream if it does not exist.",
            "    * ENTRIESREAD entries_read",
            "      Set the group's entries_read counter (internal use).",
            "CREATECONSUMER <key> <groupname> <consumer>",
            "    Create a new consumer in the specified group.",
            "DELCONSUMER <key> <groupname> <consumer>",
            "    Remove the specified consumer.",
            "DESTROY <key> <groupname>",
            "    Remove the specified group.",
            "SETID <key> <groupname> <id|$> [ENTRIESREAD entries_read]",
            "    Set the current group ID and entries_read counter.");

    private final StreamArguments arguments;
    private final StreamReplies replies;
    private final StreamId id = new StreamId();
    private final StreamId start = new StreamId();
    private final StreamId end = new StreamId();
    private final Bytes name = new Bytes();
    private boolean makeStream;
    private long entriesRead;

    StreamGroupCommands(StreamArguments arguments, StreamReplies replies) {
        this.arguments = arguments;
        this.replies = replies;
    }

    void register(CommandTable table) {
        StreamCommands.row(table, "xack", this::acknowledge, -4, "write fast", "RW UPDATE")
                .docs("Acknowledges pending entries of a group.", "O(log N) for each entry, N of them pending");
        StreamCommands.row(table, "xpending", this::pending, -3, "readonly", "RO ACCESS")
                .tip("nondeterministic_output")
                .docs("Tells of the pending entries of a group.", "O(N), N being the number of entries looked at");
        Command group = table.add("xgroup", call -> {
                    throw StreamReplies.subcommandSyntax(call);
                })
                .arity(-2)
                .acl("stream")
                .group("stream")
                .since("5.0.0")
                .docs("Holds the commands that manage consumer groups.", "Depends on the subcommand.");
        group.sub(StreamCommands.sub("xgroup|create", this::create, -5, "write denyoom", "RW INSERT")
                .docs("Makes a consumer group.", "O(1)"));
        group.sub(StreamCommands.sub("xgroup|setid", this::setId, -5, "write", "RW UPDATE")
                .docs("Sets the last delivered ID of a group.", "O(1)"));
        group.sub(StreamCommands.sub("xgroup|destroy", this::destroy, 4, "write", "RW DELETE")
                .docs("Removes a consumer group.", "O(N), N being the number of its pending entries"));
        group.sub(StreamCommands.sub("xgroup|createconsumer", this::createConsumer, 5, "write denyoom", "RW INSERT")
                .since("6.2.0")
                .docs("Makes a consumer in a group.", "O(1)"));
        group.sub(StreamCommands.sub("xgroup|delconsumer", this::deleteConsumer, 5, "write", "RW DELETE")
                .docs("Removes a consumer from a group.", "O(N), N being the number of its pending entries"));
        group.sub(StreamCommands.sub("xgroup|help", call -> StreamReplies.help(call, HELP), 2, "loading stale", "")
                .docs("Tells of the subcommands.", "O(1)"));
    }

    // ---- XGROUP

    private void parseOptions(Call call, boolean creating) {
        makeStream = false;
        entriesRead = StreamGroup.UNKNOWN;
        int i = 5;
        while (i < call.count()) {
            if (creating && call.word(i).is("mkstream")) {
                makeStream = true;
                i++;
            } else if (call.word(i).is("entriesread") && i + 1 < call.count()) {
                entriesRead = call.number(i + 1);
                if (entriesRead < 0 && entriesRead != StreamGroup.UNKNOWN) {
                    throw NEGATIVE_READ;
                }
                i += 2;
            } else {
                throw StreamReplies.subcommandSyntax(call);
            }
        }
    }

    private static StreamValue existing(Call call) {
        StreamValue stream = call.writeStream(2);
        if (stream == null) {
            throw NO_KEY;
        }
        return stream;
    }

    private static StreamGroup existingGroup(Call call, StreamValue stream) {
        StreamGroup group = stream.group(call.word(3));
        if (group == null) {
            throw new CommandFailure("NOGROUP No such consumer group '"
                    + call.word(3).printed() + "' for key name '" + call.word(2).printed() + "'");
        }
        return group;
    }

    private void create(Call call) {
        parseOptions(call, true);
        StreamValue stream = makeStream ? call.writeStream(2) : existing(call);
        if (call.count() > 8) {
            throw StreamReplies.subcommandSyntax(call);
        }
        if (!call.word(4).is("$")) {
            arguments.strict(call.word(4), id);
        } else if (stream == null) {
            id.set(0, 0);
        } else {
            stream.lastId(id);
        }
        if (stream != null && stream.group(call.word(3)) != null) {
            throw BUSY;
        }
        if (stream == null) {
            StreamCommands.create(call, 2).createGroup(call.word(3), id, entriesRead);
            call.touched(call.word(2), NotifyClass.STREAM, "xgroup-create");
        } else {
            stream.createGroup(call.word(3), id, entriesRead);
            call.event(call.word(2), NotifyClass.STREAM, "xgroup-create");
        }
        call.ok();
        call.changed(1);
    }

    private void setId(Call call) {
        parseOptions(call, false);
        StreamValue stream = existing(call);
        StreamGroup group = existingGroup(call, stream);
        if (call.count() != 5 && call.count() != 7) {
            throw StreamReplies.subcommandSyntax(call);
        }
        if (call.word(4).is("$")) {
            stream.lastId(id);
        } else {
            arguments.any(call.word(4), id, 0);
        }
        group.setLastId(id);
        group.setEntriesRead(entriesRead);
        call.ok();
        call.changed(1);
        call.event(call.word(2), NotifyClass.STREAM, "xgroup-setid");
    }

    private void destroy(Call call) {
        boolean destroyed = existing(call).destroyGroup(call.word(3));
        if (destroyed) {
            call.changed(1);
            call.event(call.word(2), NotifyClass.STREAM, "xgroup-destroy");
            // Who waits for the group in XREADGROUP is told that it is gone.
            call.signal(call.word(2));
        }
        call.integer(destroyed ? 1 : 0);
    }

    private void createConsumer(Call call) {
        StreamGroup group = existingGroup(call, existing(call));
        boolean isNew = group.consumer(call.word(4)) == StreamGroup.NOBODY;
        if (isNew) {
            group.createConsumer(call.word(4), call.nowMillis(), -1);
            call.changed(1);
            call.event(call.word(2), NotifyClass.STREAM, "xgroup-createconsumer");
        }
        call.integer(isNew ? 1 : 0);
    }

    private void deleteConsumer(Call call) {
        StreamGroup group = existingGroup(call, existing(call));
        long number = group.consumer(call.word(4));
        long pending = 0;
        if (number != StreamGroup.NOBODY) {
            pending = group.deleteConsumer(number);
            call.changed(1);
            call.event(call.word(2), NotifyClass.STREAM, "xgroup-delconsumer");
        }
        call.integer(pending);
    }

    // ---- XACK

    private void acknowledge(Call call) {
        StreamValue stream = call.readStream(1);
        StreamGroup group = stream == null ? null : stream.group(call.word(2));
        if (group == null) {
            call.integer(0);
            return;
        }
        for (int i = 3; i < call.count(); i++) {
            arguments.strict(call.word(i), id);
        }
        long acknowledged = 0;
        for (int i = 3; i < call.count(); i++) {
            arguments.strict(call.word(i), id);
            if (group.acknowledge(id.ms, id.seq)) {
                acknowledged++;
            }
        }
        call.changed(acknowledged);
        call.integer(acknowledged);
    }

    // ---- XPENDING

    /** The stream that word 1 names. @throws CommandFailure {@code NOGROUP} */
    static StreamValue stream(Call call) {
        StreamValue stream = call.readStream(1);
        if (stream == null) {
            throw noGroup(call);
        }
        return stream;
    }

    /** The group of the stream that word 2 names. @throws CommandFailure {@code NOGROUP} */
    static StreamGroup group(Call call, StreamValue stream) {
        StreamGroup group = stream.group(call.word(2));
        if (group == null) {
            throw noGroup(call);
        }
        return group;
    }

    private static CommandFailure noGroup(Call call) {
        return new CommandFailure("NOGROUP No such key '" + call.word(1).printed() + "' or consumer group '"
                + call.word(2).printed() + "'");
    }

    private void pending(Call call) {
        if (call.count() == 3) {
            summary(call.reply(), group(call, stream(call)));
            return;
        }
        if (call.count() < 6 || call.count() > 9) {
            throw CommandFailure.SYNTAX;
        }
        int at = 3;
        long idleMillis = 0;
        if (call.word(3).is("idle")) {
            idleMillis = call.number(4);
            if (call.count() < 8) {
                throw CommandFailure.SYNTAX;
            }
            at = 5;
        }
        long count = call.number(at + 2);
        arguments.start(call.word(at), start);
        arguments.end(call.word(at + 1), end);
        StreamGroup group = group(call, stream(call));
        long owner = StreamGroup.NOBODY;
        if (at + 3 < call.count()) {
            owner = group.consumer(call.word(at + 3));
            if (owner == StreamGroup.NOBODY) {
                call.reply().array(0);
                return;
            }
        }
        list(call, group, owner, idleMillis, count);
    }

    private void summary(Reply reply, StreamGroup group) {
        reply.array(4);
        reply.integer(group.pendingCount());
        if (!group.seekPending(0, 0)) {
            reply.nil();
            reply.nil();
            reply.nilArray();
            return;
        }
        replies.id(reply, group.pendingMs(), group.pendingSeq());
        group.lastPending();
        replies.id(reply, group.pendingMs(), group.pendingSeq());
        long mark = reply.deferred();
        int consumers = 0;
        for (boolean more = group.firstConsumer(); more; more = group.nextConsumer()) {
            long pending = group.pendingCount(group.consumerNumber());
            if (pending > 0) {
                reply.array(2);
                reply.bulk(group.consumerName(name));
                reply.bulkLong(pending);
                consumers++;
            }
        }
        reply.finishArray(mark, consumers);
    }

    /** The pending entries from {@link #start} to {@link #end} of one consumer or of all, in detail. */
    private void list(Call call, StreamGroup group, long owner, long idleMillis, long count) {
        Reply reply = call.reply();
        boolean all = owner == StreamGroup.NOBODY;
        long mark = reply.deferred();
        int written = 0;
        boolean more = all ? group.seekPending(start.ms, start.seq) : group.seekPendingOf(owner, start.ms, start.seq);
        while (more && written < count && end.compare(id.set(group.pendingMs(), group.pendingSeq())) >= 0) {
            long elapsed = call.nowMillis() - group.deliveryMillis();
            if (idleMillis == 0 || elapsed >= idleMillis) {
                reply.array(4);
                replies.id(reply, id);
                reply.bulk(group.at(group.owner()).consumerName(name));
                reply.integer(Math.max(0, elapsed));
                reply.integer(group.deliveryCount());
                written++;
            }
            more = all ? group.nextPending() : group.nextPendingOf(owner);
        }
        reply.finishArray(mark, written);
    }
}
