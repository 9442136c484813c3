// SPDX-License-Identifier: Apache-2.0
package dev.understudy.commands;

import dev.understudy.store.Db;
import dev.understudy.store.Value;
import dev.understudy.wire.Bytes;
import java.util.Objects;

/**
 * The commands on single keys of any type, as db.c of Redis 7.2: DEL, UNLINK, EXISTS, TOUCH, TYPE, RENAME, RENAMENX,
 * MOVE, COPY. With them are
 * registered those of {@link ExpireCommands}, {@link ScanCommands}, {@link DumpCommands} and {@link ObjectCommands}.
 */
public final class KeyCommands {
    private static final CommandFailure SAME_OBJECT = CommandFailure.err("source and destination objects are the same");

    private KeyCommands() {}

    public static void register(CommandTable table) {
        registerDeletes(table);
        registerMoves(table);
        ExpireCommands.register(table);
        ScanCommands.register(table);
        DumpCommands.register(table);
        ObjectCommands.register(table);
    }

    static Command add(CommandTable table, String name, Handler handler, int arity, String flags, String since) {
        return table.add(name, handler)
                .arity(arity)
                .flags(flags)
                .acl("keyspace")
                .since(since)
                .group("generic");
    }

    private static void registerDeletes(CommandTable table) {
        add(table, "del", call -> delete(call, call.execution().lazyUserDel()), -2, "write", "1.0.0")
                .keys(1, -1, 1, "RM DELETE")
                .tip("request_policy:multi_shard")
                .tip("response_policy:agg_sum")
                .docs("Deletes keys.", "O(N), N being the number of keys and of their elements");
        add(table, "unlink", call -> delete(call, true), -2, "write fast", "4.0.0")
                .keys(1, -1, 1, "RM DELETE")
                .tip("request_policy:multi_shard")
                .tip("response_policy:agg_sum")
                .docs("Deletes keys and frees large values later.", "O(1) for each key");
        add(table, "exists", KeyCommands::exists, -2, "readonly fast", "1.0.0")
                .keys(1, -1, 1, "RO")
                .tip("request_policy:multi_shard")
                .tip("response_policy:agg_sum")
                .docs("Counts those of the keys that exist.", "O(N), N being the number of keys");
        add(table, "touch", KeyCommands::touch, -2, "readonly fast", "3.2.1")
                .keys(1, -1, 1, "RO")
                .tip("request_policy:multi_shard")
                .tip("response_policy:agg_sum")
                .docs("Counts those of the keys that exist, as used now.", "O(N), N being the number of keys");
        add(table, "type", KeyCommands::type, 2, "readonly fast", "1.0.0")
                .keys(1, 1, 1, "RO")
                .docs("Returns the type of the value under a key.", "O(1)");
    }

    private static void registerMoves(CommandTable table) {
        add(table, "rename", call -> rename(call, false), 3, "write", "1.0.0")
                .keys(1, 1, 1, "RW ACCESS DELETE")
                .keys(2, 2, 1, "OW UPDATE")
                .docs("Gives a key another name, in the place of what has that name.", "O(1)");
        add(table, "renamenx", call -> rename(call, true), 3, "write fast", "1.0.0")
                .keys(1, 1, 1, "RW ACCESS DELETE")
                .keys(2, 2, 1, "OW INSERT")
                .docs("Gives a key another name that is free.", "O(1)");
        add(table, "move", KeyCommands::move, 3, "write fast", "1.0.0")
                .keys(1, 1, 1, "RW ACCESS UPDATE")
                .docs("Moves a key to another database.", "O(1)");
        add(table, "copy", KeyCommands::copy, -3, "write denyoom", "6.2.0")
                .keys(1, 1, 1, "RO ACCESS")
                .keys(2, 2, 1, "OW UPDATE")
                .docs("Copies a value to another key.", "O(N), N being the number of its elements");
    }

    /** Word {@code index} as the number of a database. @throws CommandFailure as selectDb's callers */
    static int database(Call call, int index) {
        long number = call.number(index);
        if (number != (int) number) {
            throw CommandFailure.err(
                    "value is out of range, value must between " + Integer.MIN_VALUE + " and " + Integer.MAX_VALUE);
        }
        if (number < 0 || number >= call.data().databases()) {
            throw DatabaseCommands.OUT_OF_RANGE;
        }
        return (int) number;
    }

    // ---- DEL, UNLINK, EXISTS, TOUCH, TYPE

    private static void delete(Call call, boolean lazy) {
        long deleted = 0;
        for (int i = 1; i < call.count(); i++) {
            Bytes key = call.word(i);
            if (call.write(i) != null && call.execution().delete(call.db(), key, lazy)) {
                call.touched(key, NotifyClass.GENERIC, "del");
                deleted++;
            }
            // A command of many keys would otherwise leave as many windows open.
            call.data().closeWindows();
        }
        call.changed(deleted);
        call.integer(deleted);
    }

    private static void exists(Call call) {
        long count = 0;
        for (int i = 1; i < call.count(); i++) {
            count += call.peek(i) == null ? 0 : 1;
            call.data().closeWindows();
        }
        call.integer(count);
    }

    private static void touch(Call call) {
        long count = 0;
        for (int i = 1; i < call.count(); i++) {
            count += call.read(i) == null ? 0 : 1;
            call.data().closeWindows();
        }
        call.integer(count);
    }

    private static void type(Call call) {
        Value value = call.peek(1);
        call.reply().simple(value == null ? "none" : value.type().word());
    }

    // ---- RENAME, MOVE, COPY

    private static void rename(Call call, boolean onlyIfFree) {
        Bytes from = call.word(1);
        Bytes to = call.word(2);
        Value value = call.write(1);
        if (value == null) {
            throw CommandFailure.NO_SUCH_KEY;
        }
        boolean same = from.equals(to);
        boolean taken = same || call.write(2) != null;
        if (same || taken && onlyIfFree) {
            replyRenamed(call, onlyIfFree, false);
            return;
        }
        if (taken) {
            call.execution().delete(call.db(), to, call.execution().lazyServerDel());
        }
        moveValue(call, value, call.db(), to);
        call.event(to, NotifyClass.NEW, "new");
        call.execution().touched(call.db(), from);
        call.execution().touched(call.db(), to);
        call.event(from, NotifyClass.GENERIC, "rename_from");
        call.event(to, NotifyClass.GENERIC, "rename_to");
        call.changed(1);
        replyRenamed(call, onlyIfFree, true);
    }

    private static void moveValue(Call call, Value value, Db target, Bytes key) {
        boolean expires = value.expireAt() >= 0;
        call.db().move(value, target, key);
        if (expires) {
            call.execution().expiring(target, key);
        }
    }

    private static void replyRenamed(Call call, boolean counts, boolean renamed) {
        if (counts) {
            call.integer(renamed ? 1 : 0);
        } else {
            call.ok();
        }
    }

    private static void move(Call call) {
        Db target = call.data().db(database(call, 2));
        if (target == call.db()) {
            throw SAME_OBJECT;
        }
        Execution execution = call.execution();
        Bytes key = call.word(1);
        Value value = call.write(1);
        if (value == null || execution.openForWrite(target, key) != null) {
            call.integer(0);
            return;
        }
        moveValue(call, value, target, key);
        execution.notify(NotifyClass.NEW, "new", target, key);
        execution.touched(call.db(), key);
        execution.touched(target, key);
        execution.notify(NotifyClass.GENERIC, "move_from", call.db(), key);
        execution.notify(NotifyClass.GENERIC, "move_to", target, key);
        call.changed(1);
        call.integer(1);
    }

    private static void copy(Call call) {
        boolean replace = false;
        Db target = call.db();
        for (int i = 3; i < call.count(); i++) {
            if (call.word(i).is("replace")) {
                replace = true;
            } else if (call.word(i).is("db") && i + 1 < call.count()) {
                target = call.data().db(database(call, ++i));
            } else {
                throw CommandFailure.SYNTAX;
            }
        }
        Bytes key = call.word(2);
        if (target == call.db() && call.word(1).equals(key)) {
            throw SAME_OBJECT;
        }
        Execution execution = call.execution();
        Value value = call.read(1);
        boolean taken = value != null && execution.openForWrite(target, key) != null;
        if (value == null || taken && !replace) {
            call.integer(0);
            return;
        }
        if (taken) {
            execution.delete(target, key, execution.lazyServerDel());
        }
        long expireAt = value.expireAt();
        value.copyTo(target, key);
        execution.notify(NotifyClass.NEW, "new", target, key);
        if (expireAt >= 0) {
            target.expire(Objects.requireNonNull(target.open(key)), expireAt);
            execution.expiring(target, key);
        }
        execution.touched(target, key);
        execution.notify(NotifyClass.GENERIC, "copy_to", target, key);
        call.changed(1);
        call.integer(1);
    }
}
