// SPDX-License-Identifier: Apache-2.0
package dev.understudy.commands;

import dev.understudy.store.ListValue;
import dev.understudy.wire.Bytes;

/** The commands on lists, as t_list.c of Redis 7.2: pushing and reading; taking out is in {@link ListCommandsRemoval}. */
public final class ListCommands {
    private static final String PER_ELEMENT = "O(N), N being the number of elements given";
    private static final CommandFailure RANK_ZERO = CommandFailure.err("RANK can't be zero: use 1 to start from "
            + "the first match, 2 from the second ... or use negative to start from the end of the list");
    private static final CommandFailure COUNT_NEGATIVE = CommandFailure.err("COUNT can't be negative");
    private static final CommandFailure MAXLEN_NEGATIVE = CommandFailure.err("MAXLEN can't be negative");
    private static final CommandFailure RANK_RANGE = CommandFailure.err(
            "value is out of range, value must between " + -Long.MAX_VALUE + " and " + Long.MAX_VALUE);

    private ListCommands() {}

    public static void register(CommandTable table) {
        add(table, "lpush", call -> push(call, true, false), -3, "write denyoom fast")
                .keys(1, 1, 1, "RW INSERT")
                .docs("Adds elements at the head of a list, which is made if missing.", PER_ELEMENT);
        add(table, "rpush", call -> push(call, false, false), -3, "write denyoom fast")
                .keys(1, 1, 1, "RW INSERT")
                .docs("Adds elements at the tail of a list, which is made if missing.", PER_ELEMENT);
        add(table, "lpushx", call -> push(call, true, true), -3, "write denyoom fast")
                .keys(1, 1, 1, "RW INSERT")
                .since("2.2.0")
                .docs("Adds elements at the head of a list that exists.", PER_ELEMENT);
        add(table, "rpushx", call -> push(call, false, true), -3, "write denyoom fast")
                .keys(1, 1, 1, "RW INSERT")
                .since("2.2.0")
                .docs("Adds elements at the tail of a list that exists.", PER_ELEMENT);
        add(table, "linsert", ListCommands::linsert, 5, "write denyoom")
                .keys(1, 1, 1, "RW INSERT")
                .since("2.2.0")
                .docs(
                        "Inserts an element next to another one.",
                        "O(N), N being the number of elements before that one");
        add(table, "lset", ListCommands::lset, 4, "write denyoom")
                .keys(1, 1, 1, "RW UPDATE")
                .docs("Replaces the element at an index.", "O(log(N)), N being the length of the list");
        registerReading(table);
        ListCommandsRemoval.register(table);
        ListCommandsBlocking.register(table);
    }

    private static void registerReading(CommandTable table) {
        add(table, "llen", ListCommands::llen, 2, "readonly fast")
                .keys(1, 1, 1, "RO")
                .docs("Returns the length of a list.", "O(1)");
        add(table, "lindex", ListCommands::lindex, 3, "readonly")
                .keys(1, 1, 1, "RO ACCESS")
                .docs("Returns the element at an index.", "O(log(N)), N being the length of the list");
        add(table, "lrange", ListCommands::lrange, 4, "readonly")
                .keys(1, 1, 1, "RO ACCESS")
                .docs(
                        "Returns a range of elements.",
                        "O(log(N)+M), N being the length of the list and M that of the range");
        add(table, "lpos", ListCommands::lpos, -3, "readonly")
                .keys(1, 1, 1, "RO ACCESS")
                .since("6.0.6")
                .docs("Finds elements by their content.", "O(N), N being the number of elements looked at");
    }

    static Command add(CommandTable table, String name, Handler handler, int arity, String flags) {
        return table.add(name, handler)
                .arity(arity)
                .flags(flags)
                .acl("list")
                .since("1.0.0")
                .group("list");
    }

    /** Makes the list, with its event. */
    static ListValue create(Call call, Bytes key) {
        ListValue list = call.db().createList(key);
        call.event(key, NotifyClass.NEW, "new");
        return list;
    }

    static String pushEvent(boolean head) {
        return head ? "lpush" : "rpush";
    }

    private static void push(Call call, boolean head, boolean onlyExisting) {
        ListValue list = call.writeList(1);
        if (list == null) {
            if (onlyExisting) {
                call.integer(0);
                return;
            }
            list = create(call, call.word(1));
        }
        int end = call.count();
        long bytes = 0;
        for (int i = 2; i < end; i++) {
            bytes += call.word(i).length;
        }
        list.expect(bytes, end - 2L);
        for (int i = 2; i < end; i++) {
            list.push(call.word(i), head);
        }
        call.changed(end - 2L);
        call.integer(list.size());
        call.touched(call.word(1), NotifyClass.LIST, pushEvent(head));
    }

    private static void linsert(Call call) {
        boolean after = call.word(2).is("after");
        if (!after && !call.word(2).is("before")) {
            throw CommandFailure.SYNTAX;
        }
        ListValue list = call.writeList(1);
        if (list == null) {
            call.integer(0);
            return;
        }
        Bytes element = call.word(4);
        list.expect(element.length, 1);
        if (!list.insert(call.word(3), element, after)) {
            call.integer(-1);
            return;
        }
        call.changed(1);
        call.touched(call.word(1), NotifyClass.LIST, "linsert");
        call.integer(list.size());
    }

    private static void lset(Call call) {
        ListValue list = call.writeList(1);
        if (list == null) {
            throw CommandFailure.NO_SUCH_KEY;
        }
        long index = call.number(2);
        Bytes element = call.word(3);
        list.expect(element.length, 1);
        // Redis cuts the index to 32 bits (listTypeReplaceAtIndex), and a replica must reach what its master did.
        long cut = index << 32 >> 32;
        if (!list.set(cut, element)) {
            throw CommandFailure.INDEX_OUT_OF_RANGE;
        }
        call.changed(1);
        call.touched(call.word(1), NotifyClass.LIST, "lset");
        list.shrunk();
        call.ok();
    }

    private static void llen(Call call) {
        ListValue list = call.readList(1);
        call.integer(list == null ? 0 : list.size());
    }

    private static void lindex(Call call) {
        ListValue list = call.readList(1);
        if (list == null) {
            call.reply().nil();
            return;
        }
        var element = list.get(call.number(2));
        if (element == null) {
            call.reply().nil();
        } else {
            element.reply(call.reply());
        }
    }

    private static void lrange(Call call) {
        long start = call.number(2);
        long stop = call.number(3);
        ListValue list = call.readList(1);
        if (list == null) {
            call.reply().array(0);
            return;
        }
        long size = list.size();
        long first = Math.max(0, start < 0 ? start + size : start);
        long last = Math.min(size - 1, stop < 0 ? stop + size : stop);
        if (first > last || first >= size) {
            call.reply().array(0);
        } else {
            replyRange(call, list, first, last - first + 1, false);
        }
    }

    /** Replies with {@code count} elements, one at least, from number {@code first} on; towards the head if {@code backwards}. */
    static void replyRange(Call call, ListValue list, long first, long count, boolean backwards) {
        call.reply().array(Math.toIntExact(count));
        boolean more = list.seek(first);
        for (long left = count; left > 0; left--) {
            assert more : "a range beyond the end";
            list.element().reply(call.reply());
            more = left > 1 && list.step(backwards);
        }
    }

    private static void lpos(Call call) {
        long rank = 1;
        long count = -1;
        long maxLength = 0;
        for (int i = 3; i < call.count(); i += 2) {
            Bytes option = call.word(i);
            boolean more = i + 1 < call.count();
            if (more && option.is("rank")) {
                rank = call.number(i + 1);
                if (rank == Long.MIN_VALUE) {
                    throw RANK_RANGE;
                }
                if (rank == 0) {
                    throw RANK_ZERO;
                }
            } else if (more && option.is("count")) {
                count = call.number(i + 1, COUNT_NEGATIVE);
                if (count < 0) {
                    throw COUNT_NEGATIVE;
                }
            } else if (more && option.is("maxlen")) {
                maxLength = call.number(i + 1, MAXLEN_NEGATIVE);
                if (maxLength < 0) {
                    throw MAXLEN_NEGATIVE;
                }
            } else {
                throw CommandFailure.SYNTAX;
            }
        }
        ListValue list = call.readList(1);
        if (list != null) {
            find(call, list, rank, count, maxLength);
        } else if (count >= 0) {
            call.reply().array(0);
        } else {
            call.reply().nil();
        }
    }

    /**
     * Replies with the indexes of elements equal to word 2.
     *
     * @param rank how many matches in, negative from the tail on
     * @param count most indexes, 0 for all, -1 for one that is no array
     * @param maxLength most elements to look at, 0 for all
     */
    private static void find(Call call, ListValue list, long rank, long count, long maxLength) {
        boolean backwards = rank < 0;
        long size = list.size();
        long skipped = Math.abs(rank) - 1;
        long limit = maxLength == 0 ? size : Math.min(size, maxLength);
        long mark = count >= 0 ? call.reply().deferred() : 0;
        int found = 0;
        boolean more = list.seek(backwards ? size - 1 : 0);
        for (long looked = 0; more && looked < limit; looked++) {
            if (list.elementIs(call.word(2)) && skipped-- <= 0) {
                call.integer(backwards ? size - 1 - looked : looked);
                found++;
                if (count < 0) {
                    return;
                }
                if (found == count) {
                    break;
                }
            }
            more = list.step(backwards);
        }
        if (count < 0) {
            call.reply().nil();
        } else {
            call.reply().finishArray(mark, found);
        }
    }
}
