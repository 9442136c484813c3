// SPDX-License-Identifier: Apache-2.0
package dev.understudy.commands;

import dev.understudy.store.StringValue;
import dev.understudy.store.Value;
import dev.understudy.store.ValueType;
import dev.understudy.wire.Bytes;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** SET and what is like it: SETNX, SETEX, PSETEX, GETSET, GETDEL, GETEX, MSET, MSETNX. */
final class StringCommandsSet {
    private StringCommandsSet() {}

    static void register(CommandTable table) {
        registerSets(table);
        registerGets(table);
        StringCommands.add(table, "mset", StringCommandsSet::mset, -3, "write denyoom", "1.0.1")
                .keys(1, -1, 2, "OW UPDATE")
                .tip("request_policy:multi_shard")
                .tip("response_policy:all_succeeded")
                .docs("Sets several keys at once.", "O(N), N being the number of keys");
        StringCommands.add(table, "msetnx", StringCommandsSet::msetnx, -3, "write denyoom", "1.0.1")
                .keys(1, -1, 2, "OW INSERT")
                .docs("Sets several keys if none of them exists.", "O(N), N being the number of keys");
    }

    private static void registerSets(CommandTable table) {
        StringCommands.add(table, "set", StringCommandsSet::set, -3, "write denyoom", "1.0.0")
                .keys(1, 1, 1, "RW ACCESS UPDATE VARIABLE_FLAGS")
                .docs("Sets a key to a string, whatever it held.", "O(1)");
        StringCommands.add(table, "setnx", StringCommandsSet::setnx, 3, "write denyoom fast", "1.0.0")
                .keys(1, 1, 1, "OW INSERT")
                .docs("Sets a key to a string unless it exists.", "O(1)");
        StringCommands.add(table, "setex", call -> setex(call, true), 4, "write denyoom", "2.0.0")
                .keys(1, 1, 1, "OW UPDATE")
                .docs("Sets a key to a string with a time to live in seconds.", "O(1)");
        StringCommands.add(table, "psetex", call -> setex(call, false), 4, "write denyoom", "2.6.0")
                .keys(1, 1, 1, "OW UPDATE")
                .docs("Sets a key to a string with a time to live in milliseconds.", "O(1)");
    }

    private static void registerGets(CommandTable table) {
        StringCommands.add(table, "getset", StringCommandsSet::getset, 3, "write denyoom fast", "1.0.0")
                .keys(1, 1, 1, "RW ACCESS UPDATE")
                .docs("Sets a key to a string and returns the old one.", "O(1)");
        StringCommands.add(table, "getdel", StringCommandsSet::getdel, 2, "write fast", "6.2.0")
                .keys(1, 1, 1, "RW ACCESS DELETE")
                .docs("Returns a string and deletes its key.", "O(1)");
        StringCommands.add(table, "getex", StringCommandsSet::getex, -2, "write fast", "6.2.0")
                .keys(1, 1, 1, "RW ACCESS UPDATE")
                .docs("Returns a string and changes its expiry.", "O(1)");
    }

    // ---- options

    private enum Unit {
        EX,
        PX,
        EXAT,
        PXAT
    }

    /** The options of SET and GETEX; {@code expiry} is the index of the word with the time. */
    private record Options(
            boolean nx,
            boolean xx,
            boolean get,
            boolean keepTtl,
            boolean persist,
            @Nullable Unit unit,
            int expiry) {
        /** Reads the options from word {@code first} on; the grammar is SET's or GETEX's. */
        static Options parse(Call call, int first, boolean isSet) {
            boolean nx = false;
            boolean xx = false;
            boolean get = false;
            boolean keepTtl = false;
            boolean persist = false;
            Unit unit = null;
            int expiry = 0;
            for (int i = first; i < call.count(); i++) {
                Bytes word = call.word(i);
                Unit named = i + 1 < call.count() ? unit(word) : null;
                if (isSet && word.is("nx") && !xx) {
                    nx = true;
                } else if (isSet && word.is("xx") && !nx) {
                    xx = true;
                } else if (isSet && word.is("get")) {
                    get = true;
                } else if (isSet && word.is("keepttl") && unit == null) {
                    keepTtl = true;
                } else if (!isSet && word.is("persist") && unit == null) {
                    persist = true;
                } else if (named != null && !keepTtl && !persist && (unit == null || unit == named)) {
                    unit = named;
                    expiry = ++i;
                } else {
                    throw CommandFailure.SYNTAX;
                }
            }
            return new Options(nx, xx, get, keepTtl, persist, unit, expiry);
        }

        private static @Nullable Unit unit(Bytes word) {
            if (word.is("ex")) {
                return Unit.EX;
            } else if (word.is("px")) {
                return Unit.PX;
            } else if (word.is("exat")) {
                return Unit.EXAT;
            }
            return word.is("pxat") ? Unit.PXAT : null;
        }

        boolean isAbsolute() {
            return unit == Unit.EXAT || unit == Unit.PXAT;
        }
    }

    /**
     * The moment that word {@code index} means, in ms since the epoch. @throws CommandFailure if it is not after 0 or
     * overflows
     */
    private static long expireAt(Call call, int index, Unit unit) {
        long time = call.number(index);
        boolean seconds = unit == Unit.EX || unit == Unit.EXAT;
        boolean relative = unit == Unit.EX || unit == Unit.PX;
        if (time <= 0 || seconds && time > Long.MAX_VALUE / 1000) {
            throw invalidExpiry(call);
        }
        long millis = (seconds ? time * 1000 : time) + (relative ? call.nowMillis() : 0);
        if (millis <= 0) {
            throw invalidExpiry(call);
        }
        return millis;
    }

    static CommandFailure invalidExpiry(Call call) {
        return CommandFailure.err("invalid expire time in '" + call.command().name() + "' command");
    }

    // ---- SET

    /** Stores a string under the key of word {@code key}, which {@code old} is if it is there, and tells of it. */
    private static void store(Call call, @Nullable Value old, int key, int value, boolean keepExpiry) {
        Bytes name = call.word(key);
        if (old == null) {
            call.db().setString(name, call.word(value), false);
            call.event(name, NotifyClass.NEW, "new");
        } else {
            call.db().setString(old, call.word(value), keepExpiry);
        }
        call.changed(1);
        call.touched(name, NotifyClass.STRING, "set");
    }

    private static void storeExpiring(Call call, @Nullable Value old, int value, long expireAt) {
        Bytes key = call.word(1);
        store(call, old, 1, value, true);
        call.expire(Objects.requireNonNull(call.db().open(key)), key, expireAt);
        call.event(key, NotifyClass.GENERIC, "expire");
    }

    private static void propagateExpiring(Call call, int value, long expireAt) {
        call.effect(5)
                .arg("SET")
                .arg(call.word(1))
                .arg(call.word(value))
                .arg("PXAT")
                .arg(expireAt);
    }

    private static void set(Call call) {
        if (call.count() == 3) {
            store(call, call.write(1), 1, 2, false);
            call.ok();
            return;
        }
        Options options = Options.parse(call, 3, true);
        Unit unit = options.unit();
        long expireAt = unit == null ? -1 : expireAt(call, options.expiry(), unit);
        Value old = options.get() ? call.read(1) : call.write(1);
        if (options.get() && old != null && old.type() != ValueType.STRING) {
            throw CommandFailure.WRONG_TYPE;
        }
        boolean refused = options.nx() && old != null || options.xx() && old == null;
        if (options.get() || refused) {
            replyOld(call, options.get() ? old : null);
        }
        if (refused) {
            return;
        }
        if (unit == null) {
            store(call, old, 1, 2, options.keepTtl());
        } else {
            storeExpiring(call, old, 2, expireAt);
        }
        if (unit != null && unit != Unit.PXAT) {
            propagateExpiring(call, 2, expireAt);
        } else if (unit == null && options.get()) {
            propagateWithoutGet(call);
        }
        if (!options.get()) {
            call.ok();
        }
    }

    private static void replyOld(Call call, @Nullable Value old) {
        if (old == null) {
            call.reply().nil();
        } else {
            ((StringValue) old).reply(call.reply());
        }
    }

    private static void propagateWithoutGet(Call call) {
        int gets = 0;
        for (int i = 3; i < call.count(); i++) {
            gets += call.word(i).is("get") ? 1 : 0;
        }
        Effects effect = call.effect(call.count() - gets);
        for (int i = 0; i < call.count(); i++) {
            if (i < 3 || !call.word(i).is("get")) {
                effect.arg(call.word(i));
            }
        }
    }

    private static void setnx(Call call) {
        if (call.write(1) != null) {
            call.integer(0);
            return;
        }
        store(call, null, 1, 2, false);
        call.integer(1);
    }

    private static void setex(Call call, boolean seconds) {
        long expireAt = expireAt(call, 2, seconds ? Unit.EX : Unit.PX);
        storeExpiring(call, call.write(1), 3, expireAt);
        propagateExpiring(call, 3, expireAt);
        call.ok();
    }

    // ---- GETSET, GETDEL, GETEX

    private static void getset(Call call) {
        StringValue old = call.readString(1);
        replyOld(call, old);
        store(call, old, 1, 2, false);
        call.effect(3).arg("SET").arg(call.word(1)).arg(call.word(2));
    }

    private static void getdel(Call call) {
        StringValue old = call.readString(1);
        replyOld(call, old);
        if (old == null) {
            return;
        }
        Bytes key = call.word(1);
        call.execution().delete(call.db(), key, false);
        call.changed(1);
        call.touched(key, NotifyClass.GENERIC, "del");
        call.effect(2).arg("DEL").arg(key);
    }

    private static void getex(Call call) {
        Options options = Options.parse(call, 2, false);
        StringValue value = call.readString(1);
        if (value == null) {
            call.reply().nil();
            return;
        }
        Unit unit = options.unit();
        long expireAt = unit == null ? -1 : expireAt(call, options.expiry(), unit);
        value.reply(call.reply());
        Bytes key = call.word(1);
        if (options.isAbsolute()
                && expireAt <= call.nowMillis()
                && !call.execution().keepsExpired()) {
            boolean lazy = call.execution().lazyExpire();
            call.execution().delete(call.db(), key, lazy);
            call.changed(1);
            call.touched(key, NotifyClass.GENERIC, "del");
            call.effect(2).arg(lazy ? "UNLINK" : "DEL").arg(key);
        } else if (unit != null) {
            call.expire(value, key, expireAt);
            call.changed(1);
            call.touched(key, NotifyClass.GENERIC, "expire");
            call.effect(3).arg("PEXPIREAT").arg(key).arg(expireAt);
        } else if (options.persist() && value.expireAt() >= 0) {
            call.db().expire(value, -1);
            call.changed(1);
            call.touched(key, NotifyClass.GENERIC, "persist");
            call.effect(2).arg("PERSIST").arg(key);
        }
    }

    // ---- MSET

    private static void checkPairs(Call call) {
        if (call.count() % 2 == 0) {
            throw CommandFailure.err(
                    "wrong number of arguments for '" + call.command().name() + "' command");
        }
    }

    private static void mset(Call call) {
        checkPairs(call);
        storeAll(call);
        call.ok();
    }

    private static void storeAll(Call call) {
        for (int i = 1; i < call.count(); i += 2) {
            store(call, call.write(i), i, i + 1, false);
            // A command of many keys would otherwise leave as many windows open.
            call.data().closeWindows();
        }
    }

    private static void msetnx(Call call) {
        checkPairs(call);
        for (int i = 1; i < call.count(); i += 2) {
            if (call.write(i) != null) {
                call.integer(0);
                return;
            }
        }
        storeAll(call);
        call.integer(1);
    }
}
