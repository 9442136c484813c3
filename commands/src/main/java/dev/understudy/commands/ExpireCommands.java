// SPDX-License-Identifier: Apache-2.0
package dev.understudy.commands;

import dev.understudy.store.Value;
import dev.understudy.wire.Bytes;

/** The commands on the expiry of keys, as expire.c of Redis 7.2: the EXPIRE and TTL families and PERSIST. */
final class ExpireCommands {
    private static final CommandFailure NX_AND_OTHERS =
            CommandFailure.err("NX and XX, GT or LT options at the same time are not compatible");
    private static final CommandFailure GT_AND_LT =
            CommandFailure.err("GT and LT options at the same time are not compatible");

    private ExpireCommands() {}

    static void register(CommandTable table) {
        expire(table, "expire", true, false, "1.0.0").docs("Sets the time to live of a key in seconds.", "O(1)");
        expire(table, "pexpire", false, false, "2.6.0").docs("Sets the time to live of a key in milliseconds.", "O(1)");
        expire(table, "expireat", true, true, "1.2.0").docs("Sets the second at which a key expires.", "O(1)");
        expire(table, "pexpireat", false, true, "2.6.0").docs("Sets the millisecond at which a key expires.", "O(1)");
        ttl(table, "ttl", true, false, "1.0.0").docs("Returns the time to live of a key in seconds.", "O(1)");
        ttl(table, "pttl", false, false, "2.6.0").docs("Returns the time to live of a key in milliseconds.", "O(1)");
        ttl(table, "expiretime", true, true, "7.0.0").docs("Returns the second at which a key expires.", "O(1)");
        ttl(table, "pexpiretime", false, true, "7.0.0").docs("Returns the millisecond at which a key expires.", "O(1)");
        KeyCommands.add(table, "persist", ExpireCommands::persist, 2, "write fast", "2.2.0")
                .keys(1, 1, 1, "RW UPDATE")
                .docs("Removes the expiry of a key.", "O(1)");
    }

    private static Command expire(CommandTable table, String name, boolean seconds, boolean absolute, String since) {
        return KeyCommands.add(table, name, call -> expire(call, seconds, absolute), -3, "write fast", since)
                .keys(1, 1, 1, "RW UPDATE");
    }

    private static Command ttl(CommandTable table, String name, boolean seconds, boolean absolute, String since) {
        Command command = KeyCommands.add(table, name, call -> ttl(call, seconds, absolute), 2, "readonly fast", since)
                .keys(1, 1, 1, "RO ACCESS");
        return absolute ? command : command.tip("nondeterministic_output");
    }

    /** NX, XX, GT and LT. */
    private record Options(boolean nx, boolean xx, boolean gt, boolean lt) {
        private static final Options NONE = new Options(false, false, false, false);

        static Options parse(Call call) {
            if (call.count() == 3) {
                return NONE;
            }
            boolean nx = false;
            boolean xx = false;
            boolean gt = false;
            boolean lt = false;
            for (int i = 3; i < call.count(); i++) {
                Bytes word = call.word(i);
                if (word.is("nx")) {
                    nx = true;
                } else if (word.is("xx")) {
                    xx = true;
                } else if (word.is("gt")) {
                    gt = true;
                } else if (word.is("lt")) {
                    lt = true;
                } else {
                    throw CommandFailure.err("Unsupported option " + word.printed());
                }
            }
            if (nx && (xx || gt || lt)) {
                throw NX_AND_OTHERS;
            }
            if (gt && lt) {
                throw GT_AND_LT;
            }
            return new Options(nx, xx, gt, lt);
        }

        /** Whether the expiry may become {@code next}; no expiry, -1, is later than any. */
        boolean allow(long present, long next) {
            boolean refused = nx && present >= 0
                    || xx && present < 0
                    || gt && (present < 0 || next <= present)
                    || lt && present >= 0 && next >= present;
            return !refused;
        }
    }

    private static void expire(Call call, boolean seconds, boolean absolute) {
        Options options = Options.parse(call);
        long time = call.number(2);
        if (seconds && (time > Long.MAX_VALUE / 1000 || time < Long.MIN_VALUE / 1000)) {
            throw StringCommandsSet.invalidExpiry(call);
        }
        long base = absolute ? 0 : call.nowMillis();
        long millis = seconds ? time * 1000 : time;
        if (millis > Long.MAX_VALUE - base) {
            throw StringCommandsSet.invalidExpiry(call);
        }
        long at = millis + base;
        Value value = call.write(1);
        if (value == null || !options.allow(value.expireAt(), at)) {
            call.integer(0);
            return;
        }
        Bytes key = call.word(1);
        if (at <= call.nowMillis() && !call.execution().keepsExpired()) {
            deleteExpired(call, key);
        } else {
            // A replica told of a time before the epoch keeps the key, expired, until its master deletes it.
            call.expire(value, key, Math.max(at, 0));
            call.touched(key, NotifyClass.GENERIC, "expire");
            if (seconds || !absolute) {
                propagate(call, at);
            }
        }
        call.changed(1);
        call.integer(1);
    }

    private static void deleteExpired(Call call, Bytes key) {
        boolean lazy = call.execution().lazyExpire();
        call.execution().delete(call.db(), key, lazy);
        call.effect(2).arg(lazy ? "UNLINK" : "DEL").arg(key);
        call.touched(key, NotifyClass.GENERIC, "del");
    }

    private static void propagate(Call call, long at) {
        Effects effect =
                call.effect(call.count()).arg("PEXPIREAT").arg(call.word(1)).arg(at);
        for (int i = 3; i < call.count(); i++) {
            effect.arg(call.word(i));
        }
    }

    private static void ttl(Call call, boolean seconds, boolean absolute) {
        Value value = call.peek(1);
        if (value == null) {
            call.integer(-2);
            return;
        }
        long at = value.expireAt();
        if (at < 0) {
            call.integer(-1);
            return;
        }
        long millis = absolute ? at : Math.max(at - call.nowMillis(), 0);
        // As Redis, whose sum may wrap at the end of time.
        call.integer(seconds ? Long.divideUnsigned(millis + 500, 1000) : millis);
    }

    private static void persist(Call call) {
        Value value = call.write(1);
        if (value == null || value.expireAt() < 0) {
            call.integer(0);
            return;
        }
        call.db().expire(value, -1);
        call.changed(1);
        call.touched(call.word(1), NotifyClass.GENERIC, "persist");
        call.integer(1);
    }
}
