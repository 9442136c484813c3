// SPDX-License-Identifier: Apache-2.0
package dev.understudy.commands;

/** MULTI, EXEC, DISCARD, WATCH, UNWATCH. */
public final class TransactionCommands {
    private TransactionCommands() {}

    public static void register(CommandTable table) {
        table.add("multi", TransactionCommands::multi)
                .arity(1)
                .flags("noscript loading stale fast allow_busy")
                .acl("transaction")
                .since("1.2.0")
                .group("transactions")
                .docs("Begins a transaction: what follows is queued until EXEC.", "O(1)");
        table.add("exec", call -> engine(call).exec(call))
                .arity(1)
                .flags("noscript loading stale skip_slowlog")
                .acl("transaction")
                .since("1.2.0")
                .group("transactions")
                .docs("Executes the commands queued since MULTI.", "Depends on the queued commands");
        table.add("discard", TransactionCommands::discard)
                .arity(1)
                .flags("noscript loading stale fast allow_busy")
                .acl("transaction")
                .since("2.0.0")
                .group("transactions")
                .docs("Drops the commands queued since MULTI.", "O(N) with N the number of queued commands");
        table.add("watch", TransactionCommands::watch)
                .arity(-2)
                .flags("noscript loading stale fast allow_busy")
                .acl("transaction")
                .keys(1, -1, 1, "RO")
                .since("2.2.0")
                .group("transactions")
                .docs("Makes the next EXEC do nothing if one of the keys is changed before it.", "O(1) for every key");
        table.add("unwatch", TransactionCommands::unwatch)
                .arity(1)
                .flags("noscript loading stale fast allow_busy")
                .acl("transaction")
                .since("2.2.0")
                .group("transactions")
                .docs("Forgets the watched keys.", "O(1)");
    }

    private static Engine engine(Call call) {
        return (Engine) call.execution();
    }

    private static void multi(Call call) {
        if (call.session().transaction() != null) {
            throw CommandFailure.err("MULTI calls can not be nested");
        }
        call.session().transaction(new Session.Transaction());
        call.ok();
    }

    private static void discard(Call call) {
        if (call.session().transaction() == null) {
            throw CommandFailure.err("DISCARD without MULTI");
        }
        engine(call).discard(call.session());
        call.ok();
    }

    private static void watch(Call call) {
        if (call.session().transaction() != null) {
            throw CommandFailure.err("WATCH inside MULTI is not allowed");
        }
        for (int i = 1; i < call.count() && !call.session().watchBroken(); i++) {
            engine(call).watch(call.session(), call.word(i));
        }
        call.ok();
    }

    private static void unwatch(Call call) {
        engine(call).unwatchAll(call.session());
        call.ok();
    }
}
