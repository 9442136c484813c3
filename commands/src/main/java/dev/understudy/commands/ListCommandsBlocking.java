// SPDX-License-Identifier: Apache-2.0
package dev.understudy.commands;

import dev.understudy.commands.ListCommandsRemoval.Pop;
import dev.understudy.store.ListValue;
import dev.understudy.store.ValueType;
import dev.understudy.wire.Bytes;

/**
 * BLPOP, BRPOP, BLMPOP, BLMOVE and BRPOPLPUSH (t_list.c). They act as their counterparts without the B, which is how they are propagated, and
 * wait where those find no list.
 */
final class ListCommandsBlocking {
    private static final String FOR_EACH_KEY = "O(N), N being the number of keys";

    private ListCommandsBlocking() {}

    static void register(CommandTable table) {
        ListCommands.add(table, "blpop", call -> pop(call, true), -3, "write blocking")
                .keys(1, -2, 1, "RW ACCESS DELETE")
                .since("2.0.0")
                .docs("Takes the first element of the first list that is there, or waits for one.", FOR_EACH_KEY);
        ListCommands.add(table, "brpop", call -> pop(call, false), -3, "write blocking")
                .keys(1, -2, 1, "RW ACCESS DELETE")
                .since("2.0.0")
                .docs("Takes the last element of the first list that is there, or waits for one.", FOR_EACH_KEY);
        ListCommands.add(table, "blmpop", ListCommandsBlocking::blmpop, -5, "write blocking")
                .keyNumber(2, "RW ACCESS DELETE")
                .since("7.0.0")
                .docs(
                        "Takes elements from the first list that is there, or waits for one.",
                        "O(N+M), N being the number of keys and M the number of elements returned");
        ListCommands.add(table, "blmove", ListCommandsBlocking::blmove, 6, "write denyoom blocking")
                .keys(1, 1, 1, "RW ACCESS DELETE")
                .keys(2, 2, 1, "RW INSERT")
                .since("6.2.0")
                .docs("Moves an element from a list to another one, or waits for one to move.", "O(1)");
        ListCommands.add(table, "brpoplpush", ListCommandsBlocking::brpoplpush, 4, "write denyoom blocking")
                .keys(1, 1, 1, "RW ACCESS DELETE")
                .keys(2, 2, 1, "RW INSERT")
                .since("2.2.0")
                .docs("Moves the last element of a list to the head of another one, or waits for one.", "O(1)");
    }

    private static void pop(Call call, boolean head) {
        int end = call.count() - 1;
        long timeoutMillis = BlockingTimeouts.seconds(call, end);
        for (int i = 1; i < end; i++) {
            ListValue list = call.writeList(i);
            if (list != null) {
                Bytes key = call.word(i);
                call.reply().array(2);
                call.reply().bulk(key);
                ListCommandsRemoval.popOne(call, key, list, head);
                call.effect(2).arg(head ? "LPOP" : "RPOP").arg(key);
                return;
            }
        }
        block(call, 1, end - 1, timeoutMillis);
    }

    /** Waits for a list under one of the keys; where that is not allowed the time is over at once. */
    private static void block(Call call, int firstKey, int keys, long timeoutMillis) {
        if (!call.block(new Blocking(ValueType.LIST, call.copyWords(), firstKey, keys, timeoutMillis, false))) {
            call.reply().nilArray();
        }
    }

    private static void blmpop(Call call) {
        Pop pop = Pop.parse(call, 2);
        long timeoutMillis = BlockingTimeouts.seconds(call, 1);
        if (!ListCommandsRemoval.popFirst(call, pop)) {
            block(call, pop.firstKey(), pop.keys(), timeoutMillis);
        }
    }

    private static void blmove(Call call) {
        boolean fromHead = ListCommandsRemoval.isHead(call.word(3));
        boolean toHead = ListCommandsRemoval.isHead(call.word(4));
        long timeoutMillis = BlockingTimeouts.seconds(call, 5);
        if (move(call, fromHead, toHead, timeoutMillis)) {
            Effects effects = call.effect(5).arg("LMOVE");
            for (int i = 1; i <= 4; i++) {
                effects.arg(call.word(i));
            }
        }
    }

    private static void brpoplpush(Call call) {
        if (move(call, false, true, BlockingTimeouts.seconds(call, 3))) {
            call.effect(3).arg("RPOPLPUSH").arg(call.word(1)).arg(call.word(2));
        }
    }

    private static boolean move(Call call, boolean fromHead, boolean toHead, long timeoutMillis) {
        ListValue source = call.writeList(1);
        if (source != null) {
            ListCommandsRemoval.move(call, source, fromHead, toHead);
            return true;
        }
        if (!call.block(new Blocking(ValueType.LIST, call.copyWords(), 1, 1, timeoutMillis, false))) {
            call.reply().nil();
        }
        return false;
    }
}
