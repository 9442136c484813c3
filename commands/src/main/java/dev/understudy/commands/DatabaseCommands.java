// SPDX-License-Identifier: Apache-2.0
package dev.understudy.commands;

import dev.understudy.wire.Numbers;

/** The commands on whole databases: SELECT, DBSIZE, FLUSHDB, FLUSHALL, SWAPDB. */
public final class DatabaseCommands {
    static final CommandFailure OUT_OF_RANGE = CommandFailure.err("DB index is out of range");

    private DatabaseCommands() {}

    public static void register(CommandTable table) {
        table.add("select", DatabaseCommands::select)
                .arity(2)
                .flags("loading stale fast")
                .acl("connection")
                .since("1.0.0")
                .group("connection")
                .docs("Chooses the database that the client's commands work on.", "O(1)");
        add(table, "dbsize", call -> call.integer(call.db().size()), 1, "readonly fast", "1.0.0")
                .tip("request_policy:all_shards")
                .tip("response_policy:agg_sum")
                .docs("Returns the number of keys in the selected database.", "O(1)");
        add(table, "flushdb", DatabaseCommands::flushdb, -1, "write", "1.0.0")
                .acl("dangerous")
                .tip("request_policy:all_shards")
                .tip("response_policy:all_succeeded")
                .docs("Deletes all keys of the selected database.", "O(N), N being the number of its keys");
        add(table, "flushall", DatabaseCommands::flushall, -1, "write", "1.0.0")
                .acl("dangerous")
                .tip("request_policy:all_shards")
                .tip("response_policy:all_succeeded")
                .docs("Deletes all keys of all databases.", "O(N), N being the number of keys");
        add(table, "swapdb", DatabaseCommands::swapdb, 3, "write fast", "4.0.0")
                .acl("dangerous")
                .docs("Exchanges two databases.", "O(N), N being the number of watching or blocking clients");
    }

    private static Command add(
            CommandTable table, String name, Handler handler, int arity, String flags, String since) {
        return table.add(name, handler)
                .arity(arity)
                .flags(flags)
                .acl("keyspace")
                .since(since)
                .group("server");
    }

    private static void select(Call call) {
        call.session().select(KeyCommands.database(call, 1));
        call.ok();
    }

    /** Whether a flush is lazy, as its one word says, or the configuration. */
    private static boolean isLazy(Call call) {
        if (call.count() == 1) {
            return call.execution().lazyUserFlush();
        }
        if (call.count() == 2 && call.word(1).is("sync")) {
            return false;
        }
        if (call.count() == 2 && call.word(1).is("async")) {
            return true;
        }
        throw CommandFailure.SYNTAX;
    }

    private static void flushdb(Call call) {
        boolean lazy = isLazy(call);
        call.changed(call.db().size());
        call.execution().flush(call.db(), lazy);
        // Replicas may have keys that we do not have.
        call.force();
        call.ok();
    }

    private static void flushall(Call call) {
        // Counts its changes itself: the save of the empty data set that it may bring forgets them.
        call.execution().flushAll(isLazy(call));
        call.force();
        call.ok();
    }

    private static void swapdb(Call call) {
        int first = swapped(call, 1, "invalid first DB index");
        int second = swapped(call, 2, "invalid second DB index");
        int databases = call.data().databases();
        if (first < 0 || first >= databases || second < 0 || second >= databases) {
            throw OUT_OF_RANGE;
        }
        call.execution().swap(first, second);
        call.changed(1);
        call.ok();
    }

    private static int swapped(Call call, int index, String error) {
        boolean number = Numbers.isLong(call.word(index));
        if (!number || call.number(index) != (int) call.number(index)) {
            throw CommandFailure.err(error);
        }
        return (int) call.number(index);
    }
}
