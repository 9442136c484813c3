// SPDX-License-Identifier: Apache-2.0
package dev.understudy.commands;

import dev.understudy.store.ListValue;
import dev.understudy.store.Slice;
import dev.understudy.wire.Bytes;
import java.util.Objects;

/** LPOP, RPOP, LMPOP, LMOVE, RPOPLPUSH, LREM and LTRIM. */
final class ListCommandsRemoval {
    private static final CommandFailure NOT_POSITIVE = CommandFailure.err("value is out of range, must be positive");
    private static final CommandFailure NUMKEYS = CommandFailure.err("numkeys should be greater than 0");
    private static final CommandFailure COUNT = CommandFailure.err("count should be greater than 0");
    private static final String RETURNED = "O(N), N being the number of elements returned";

    private ListCommandsRemoval() {}

    static void register(CommandTable table) {
        ListCommands.add(table, "lpop", call -> pop(call, true), -2, "write fast")
                .keys(1, 1, 1, "RW ACCESS DELETE")
                .docs("Takes elements from the head of a list, and deletes the key with the last one.", RETURNED);
        ListCommands.add(table, "rpop", call -> pop(call, false), -2, "write fast")
                .keys(1, 1, 1, "RW ACCESS DELETE")
                .docs("Takes elements from the tail of a list, and deletes the key with the last one.", RETURNED);
        ListCommands.add(table, "lmpop", ListCommandsRemoval::lmpop, -4, "write")
                .keyNumber(1, "RW ACCESS DELETE")
                .since("7.0.0")
                .docs(
                        "Takes elements from the first of several lists that is not empty.",
                        "O(N+M), N being the number of keys and M the number of elements returned");
        ListCommands.add(table, "lmove", ListCommandsRemoval::lmove, 5, "write denyoom")
                .keys(1, 1, 1, "RW ACCESS DELETE")
                .keys(2, 2, 1, "RW INSERT")
                .since("6.2.0")
                .docs("Takes an element from one end of a list and adds it at an end of another one.", "O(1)");
        ListCommands.add(table, "rpoplpush", call -> move(call, false, true), 3, "write denyoom")
                .keys(1, 1, 1, "RW ACCESS DELETE")
                .keys(2, 2, 1, "RW INSERT")
                .since("1.2.0")
                .docs("Takes the last element of a list and adds it at the head of another one.", "O(1)");
        ListCommands.add(table, "lrem", ListCommandsRemoval::lrem, 4, "write")
                .keys(1, 1, 1, "RW DELETE")
                .docs("Removes elements by their content.", "O(N), N being the length of the list");
        ListCommands.add(table, "ltrim", ListCommandsRemoval::ltrim, 4, "write")
                .keys(1, 1, 1, "RW DELETE")
                .docs("Removes all elements outside of a range.", "O(N), N being the number of elements removed");
    }

    private static String popEvent(boolean head) {
        return head ? "lpop" : "rpop";
    }

    /** What follows the removal of {@code count} elements: the event, and the key's deletion if none is left. */
    private static void removed(Call call, Bytes key, ListValue list, long count, String event) {
        call.changed(count);
        boolean empty = list.size() == 0;
        call.touched(key, NotifyClass.LIST, event);
        if (empty) {
            call.execution().delete(call.db(), key, false);
            call.event(key, NotifyClass.GENERIC, "del");
        } else {
            list.shrunk();
        }
    }

    /** The element at an end of a list, which is never empty. */
    private static Slice end(ListValue list, boolean head) {
        return Objects.requireNonNull(list.get(head ? 0 : -1));
    }

    private static void pop(Call call, boolean head) {
        if (call.count() > 3) {
            throw CommandFailure.err(
                    "wrong number of arguments for '" + call.command().name() + "' command");
        }
        boolean counted = call.count() == 3;
        long count = counted ? call.number(2, 0, Long.MAX_VALUE, NOT_POSITIVE) : 1;
        ListValue list = call.writeList(1);
        if (list == null) {
            if (counted) {
                call.reply().nilArray();
            } else {
                call.reply().nil();
            }
            return;
        }
        if (counted && count == 0) {
            call.reply().array(0);
            return;
        }
        if (counted) {
            popRange(call, call.word(1), list, head, count);
            return;
        }
        popOne(call, call.word(1), list, head);
    }

    /** Replies with the element at an end and removes it. */
    static void popOne(Call call, Bytes key, ListValue list, boolean head) {
        end(list, head).reply(call.reply());
        list.delete(head ? 0 : list.size() - 1, 1);
        removed(call, key, list, 1, popEvent(head));
    }

    /** Replies with up to {@code count} elements of an end and removes them; returns how many. */
    private static long popRange(Call call, Bytes key, ListValue list, boolean head, long count) {
        long size = list.size();
        long popped = Math.min(count, size);
        ListCommands.replyRange(call, list, head ? 0 : size - 1, popped, !head);
        list.delete(head ? 0 : size - popped, popped);
        removed(call, key, list, popped, popEvent(head));
        return popped;
    }

    /** Whether the word is LEFT rather than RIGHT. @throws CommandFailure {@code syntax error} */
    static boolean isHead(Bytes word) {
        if (word.is("left")) {
            return true;
        }
        if (word.is("right")) {
            return false;
        }
        throw CommandFailure.SYNTAX;
    }

    /** What LMPOP and BLMPOP ask for. */
    record Pop(int firstKey, int keys, boolean head, long count) {
        /** @param numkeysAt index of the number of keys */
        static Pop parse(Call call, int numkeysAt) {
            long keys = call.number(numkeysAt, 1, Long.MAX_VALUE, NUMKEYS);
            int firstKey = numkeysAt + 1;
            if (keys >= call.count() - firstKey) {
                throw CommandFailure.SYNTAX;
            }
            int end = firstKey + (int) keys;
            boolean head = isHead(call.word(end));
            long count = -1;
            for (int i = end + 1; i < call.count(); i += 2) {
                if (count >= 0 || i + 1 == call.count() || !call.word(i).is("count")) {
                    throw CommandFailure.SYNTAX;
                }
                count = call.number(i + 1, 1, Long.MAX_VALUE, COUNT);
            }
            return new Pop(firstKey, (int) keys, head, Math.max(count, 1));
        }
    }

    private static void lmpop(Call call) {
        if (!popFirst(call, Pop.parse(call, 1))) {
            call.reply().nilArray();
        }
    }

    /** Takes elements from the first list that is there; false if none is. */
    static boolean popFirst(Call call, Pop pop) {
        for (int i = 0; i < pop.keys(); i++) {
            Bytes key = call.word(pop.firstKey() + i);
            ListValue list = call.writeList(pop.firstKey() + i);
            if (list != null) {
                call.reply().array(2);
                call.reply().bulk(key);
                long popped = popRange(call, key, list, pop.head(), pop.count());
                call.effect(3).arg(pop.head() ? "LPOP" : "RPOP").arg(key).arg(popped);
                return true;
            }
        }
        return false;
    }

    private static void lmove(Call call) {
        boolean fromHead = isHead(call.word(3));
        move(call, fromHead, isHead(call.word(4)));
    }

    private static void move(Call call, boolean fromHead, boolean toHead) {
        ListValue source = call.writeList(1);
        if (source == null) {
            call.reply().nil();
            return;
        }
        move(call, source, fromHead, toHead);
    }

    /** Moves an element from {@code source}, which word 1 names, to the list that word 2 names. */
    static void move(Call call, ListValue source, boolean fromHead, boolean toHead) {
        ListValue target = call.writeList(2);
        Bytes element = end(source, fromHead).read(new Bytes());
        source.delete(fromHead ? 0 : source.size() - 1, 1);
        if (target == null) {
            target = ListCommands.create(call, call.word(2));
        }
        target.expect(element.length, 1);
        target.push(element, toHead);
        call.touched(call.word(2), NotifyClass.LIST, ListCommands.pushEvent(toHead));
        call.reply().bulk(element);
        removed(call, call.word(1), source, 1, popEvent(fromHead));
    }

    private static void lrem(Call call) {
        long count = call.number(2);
        ListValue list = call.writeList(1);
        if (list == null) {
            call.integer(0);
            return;
        }
        long most = count == 0 || count == Long.MIN_VALUE ? Long.MAX_VALUE : Math.abs(count);
        long removed = list.remove(call.word(3), most, count < 0);
        if (removed > 0) {
            removed(call, call.word(1), list, removed, "lrem");
        }
        call.integer(removed);
    }

    private static void ltrim(Call call) {
        long start = call.number(2);
        long stop = call.number(3);
        ListValue list = call.writeList(1);
        if (list == null) {
            call.ok();
            return;
        }
        long size = list.size();
        long first = Math.max(0, start < 0 ? start + size : start);
        long last = Math.min(size - 1, stop < 0 ? stop + size : stop);
        long atHead = first;
        long atTail = size - 1 - last;
        if (first > last || first >= size) {
            atHead = size;
            atTail = 0;
        }
        list.delete(size - atTail, atTail);
        list.delete(0, atHead);
        removed(call, call.word(1), list, atHead + atTail, "ltrim");
        call.ok();
    }
}
