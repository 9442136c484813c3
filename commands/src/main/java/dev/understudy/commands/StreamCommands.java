// SPDX-License-Identifier: Apache-2.0
package dev.understudy.commands;

import dev.understudy.commands.StreamArguments.Form;
import dev.understudy.store.StreamId;
import dev.understudy.store.StreamValue;
import dev.understudy.wire.Bytes;
import dev.understudy.wire.Invariant;

/**
 * XADD, XLEN, XRANGE, XREVRANGE, XDEL, XTRIM, XSETID as of Redis 7.2; {@link #register} enters the whole family. One
 * instance per table,
 * with scratch space, confined to the command loop.
 */
public final class StreamCommands {
    private static final CommandFailure ZERO_ID =
            CommandFailure.err("The ID specified in XADD must be greater than 0-0");
    private static final CommandFailure EXHAUSTED =
            CommandFailure.err("The stream has exhausted the last possible ID, unable to add more items");
    private static final CommandFailure NOT_GREATER =
            CommandFailure.err("The ID specified in XADD is equal or smaller than the target stream top item");
    private static final CommandFailure TOO_LARGE = CommandFailure.err("Elements are too large to be stored");
    private static final CommandFailure NEGATIVE_ADDED = CommandFailure.err("entries_added must be positive");
    private static final CommandFailure BELOW_GIVEN_DELETED =
            CommandFailure.err("The ID specified in XSETID is smaller than the provided max_deleted_entry_id");
    private static final CommandFailure BELOW_DELETED =
            CommandFailure.err("The ID specified in XSETID is smaller than current max_deleted_entry_id");
    private static final CommandFailure BELOW_TOP =
            CommandFailure.err("The ID specified in XSETID is smaller than the target stream top item");
    private static final CommandFailure BELOW_LENGTH =
            CommandFailure.err("The entries_added specified in XSETID is smaller than the target stream length");

    /** Most bytes of fields and values that an entry may have. */
    private static final long ENTRY_BYTES_MAX = 1L << 30;

    private final StreamArguments arguments = new StreamArguments();
    private final StreamReplies replies = new StreamReplies();
    private final StreamTrimming trimming = new StreamTrimming(arguments);
    private final StreamId id = new StreamId();
    private final StreamId start = new StreamId();
    private final StreamId end = new StreamId();

    private StreamCommands() {}

    /** Adds the stream commands to the table. */
    public static void register(CommandTable table) {
        StreamCommands commands = new StreamCommands();
        commands.registerEntries(table);
        new StreamReadCommands(commands.arguments, commands.replies).register(table);
        new StreamGroupCommands(commands.arguments, commands.replies).register(table);
        new StreamClaimCommands(commands.arguments, commands.replies).register(table);
        new StreamInfoCommands(commands.replies).register(table);
    }

    /** A row of the group, with its key as word 1 unless {@code keyFlags} is empty. */
    static Command row(CommandTable table, String name, Handler handler, int arity, String flags, String keyFlags) {
        return describe(table.add(name, handler), arity, flags, 1, keyFlags);
    }

    /** A subcommand, with its key as word 2 unless {@code keyFlags} is empty. */
    static Command sub(String name, Handler handler, int arity, String flags, String keyFlags) {
        return describe(new Command(name, handler), arity, flags, 2, keyFlags);
    }

    private static Command describe(Command command, int arity, String flags, int key, String keyFlags) {
        command.arity(arity).flags(flags).acl("stream").group("stream").since("5.0.0");
        return keyFlags.isEmpty() ? command : command.keys(key, key, 1, keyFlags);
    }

    private void registerEntries(CommandTable table) {
        row(table, "xadd", this::add, -5, "write denyoom fast", "RW UPDATE")
                .tip("nondeterministic_output")
                .docs(
                        "Adds an entry to a stream, which it makes if there is none.",
                        "O(1), O(N) for N trimmed entries");
        row(table, "xlen", this::length, 2, "readonly fast", "RO").docs("Counts the entries of a stream.", "O(1)");
        row(table, "xrange", call -> range(call, false), -4, "readonly", "RO ACCESS")
                .docs("Gives the entries between two IDs.", "O(N), N being the number of entries given");
        row(table, "xrevrange", call -> range(call, true), -4, "readonly", "RO ACCESS")
                .docs(
                        "Gives the entries between two IDs, the last one first.",
                        "O(N), N being the number of entries given");
        row(table, "xdel", this::delete, -3, "write fast", "RW DELETE")
                .docs("Deletes entries by ID.", "O(1) for each entry");
        row(table, "xtrim", this::trim, -4, "write", "RW DELETE")
                .tip("nondeterministic_output")
                .docs("Removes the oldest entries of a stream.", "O(N), N being the number of removed entries");
        row(table, "xsetid", this::setId, -3, "write denyoom fast", "RW UPDATE")
                .docs("Sets a stream's last ID and counters; for replication.", "O(1)");
    }

    // ---- XADD

    private void add(Call call) {
        int idAt = trimming.parse(call, true);
        Form form = Form.INVALID;
        boolean automatic = idAt < call.count() && call.word(idAt).is("*");
        if (!automatic && idAt < call.count()) {
            form = arguments.parse(call.word(idAt), id, 0, true);
            if (form == Form.INVALID) {
                throw StreamArguments.INVALID_ID;
            }
        }
        trimming.settle(call, true);
        int words = call.count() - idAt - 1;
        if (words < 2 || words % 2 == 1) {
            throw CommandFailure.err("wrong number of arguments for 'xadd' command");
        }
        if (form == Form.WHOLE && id.isZero()) {
            throw ZERO_ID;
        }
        StreamValue stream = call.writeStream(1);
        if (stream == null && trimming.noMakeStream) {
            call.reply().nil();
            return;
        }
        chooseId(call, stream == null ? start.set(0, 0) : stream.lastId(start), automatic, form);
        checkSize(call, idAt + 1);
        if (stream == null) {
            stream = create(call, 1);
        }
        boolean appended = stream.append(id, call.words(), idAt + 1, words / 2);
        Invariant.holds(appended, "an entry with a checked ID is appended");
        replies.id(call.reply(), id);
        call.changed(1);
        call.touched(call.word(1), NotifyClass.STREAM, "xadd");
        if (trimming.trim(stream) > 0) {
            call.event(call.word(1), NotifyClass.STREAM, "xtrim");
        }
        if (trimming.isApproximate() || form != Form.WHOLE) {
            trimming.effect(call, stream, form == Form.WHOLE ? 0 : idAt, id, replies);
        }
    }

    /** Completes {@link #id} from the clock and the last ID, behind which it has to be. */
    private void chooseId(Call call, StreamId last, boolean automatic, Form form) {
        if (last.isMax()) {
            throw EXHAUSTED;
        }
        if (automatic && Long.compareUnsigned(call.nowMillis(), last.ms) > 0) {
            id.set(call.nowMillis(), 0);
        } else if (automatic) {
            id.set(last);
            id.increment();
        } else if (form == Form.AUTOMATIC && id.ms == last.ms) {
            id.seq = last.seq + 1;
            if (id.seq == 0) {
                throw NOT_GREATER;
            }
        }
        if (id.compare(last) <= 0) {
            throw NOT_GREATER;
        }
    }

    private static void checkSize(Call call, int from) {
        long bytes = 0;
        for (int i = from; i < call.count(); i++) {
            bytes += call.word(i).length;
        }
        if (bytes > ENTRY_BYTES_MAX) {
            throw TOO_LARGE;
        }
    }

    /** Makes an empty stream under word {@code index}. */
    static StreamValue create(Call call, int index) {
        StreamValue stream = call.db().createStream(call.word(index));
        call.event(call.word(index), NotifyClass.NEW, "new");
        return stream;
    }

    // ---- the others

    private void length(Call call) {
        StreamValue stream = call.readStream(1);
        call.integer(stream == null ? 0 : stream.size());
    }

    private void range(Call call, boolean reverse) {
        arguments.start(call.word(reverse ? 3 : 2), start);
        arguments.end(call.word(reverse ? 2 : 3), end);
        long count = -1;
        for (int i = 4; i < call.count(); i += 2) {
            if (!call.word(i).is("count") || i + 1 == call.count()) {
                throw CommandFailure.SYNTAX;
            }
            count = Math.max(0, call.number(i + 1));
        }
        StreamValue stream = call.readStream(1);
        if (stream == null) {
            call.reply().array(0);
        } else if (count == 0) {
            call.reply().nilArray();
        } else {
            replies.entries(call.reply(), stream.cursor(start, end, reverse), Math.max(0, count));
        }
    }

    private void delete(Call call) {
        StreamValue stream = call.writeStream(1);
        if (stream == null) {
            call.integer(0);
            return;
        }
        for (int i = 2; i < call.count(); i++) {
            arguments.strict(call.word(i), id);
        }
        long deleted = 0;
        for (int i = 2; i < call.count(); i++) {
            arguments.strict(call.word(i), id);
            if (stream.delete(id)) {
                deleted++;
            }
        }
        if (deleted > 0) {
            call.changed(deleted);
            call.touched(call.word(1), NotifyClass.STREAM, "xdel");
        }
        call.integer(deleted);
    }

    private void trim(Call call) {
        trimming.parse(call, false);
        trimming.settle(call, false);
        StreamValue stream = call.writeStream(1);
        long removed = stream == null ? 0 : trimming.trim(stream);
        if (stream != null && removed > 0) {
            call.changed(removed);
            call.touched(call.word(1), NotifyClass.STREAM, "xtrim");
            if (trimming.isApproximate()) {
                trimming.effect(call, stream, 0, id, replies);
            }
        }
        call.integer(removed);
    }

    private void setId(Call call) {
        arguments.strict(call.word(2), id);
        long added = -1;
        start.set(0, 0);
        for (int i = 3; i < call.count(); i += 2) {
            Bytes option = call.word(i);
            boolean more = i + 1 < call.count();
            if (more && option.is("entriesadded")) {
                added = call.number(i + 1);
                if (added < 0) {
                    throw NEGATIVE_ADDED;
                }
            } else if (more && option.is("maxdeletedid")) {
                arguments.strict(call.word(i + 1), start);
                if (id.compare(start) < 0) {
                    throw BELOW_GIVEN_DELETED;
                }
            } else {
                throw CommandFailure.SYNTAX;
            }
        }
        StreamValue stream = call.writeStream(1);
        if (stream == null) {
            throw CommandFailure.NO_SUCH_KEY;
        }
        if (id.compare(stream.maxDeletedId(end)) < 0) {
            throw BELOW_DELETED;
        }
        if (stream.edge(false, false, end) && id.compare(end) < 0) {
            throw BELOW_TOP;
        }
        if (added != -1 && stream.size() > added) {
            throw BELOW_LENGTH;
        }
        stream.setLastId(id);
        if (added != -1) {
            stream.setEntriesAdded(added);
        }
        if (!start.isZero()) {
            stream.setMaxDeletedId(start);
        }
        call.ok();
        call.changed(1);
        call.event(call.word(1), NotifyClass.STREAM, "xsetid");
    }
}
