// SPDX-License-Identifier: Apache-2.0
package dev.understudy.commands;

import dev.understudy.store.HashValue;
import dev.understudy.store.Slice;
import dev.understudy.wire.Bytes;
import dev.understudy.wire.Numbers;
import dev.understudy.wire.Reply;
import org.jspecify.annotations.Nullable;

/**
 * The commands on hashes, as t_hash.c of Redis 7.2; those that choose or scan fields are in {@link HashCommandsWalks}.
 */
public final class HashCommands {
    private static final CommandFailure VALUE_NOT_INTEGER = CommandFailure.err("hash value is not an integer");
    private static final CommandFailure VALUE_NOT_FLOAT = CommandFailure.err("hash value is not a float");
    private static final CommandFailure OVERFLOW = CommandFailure.err("increment or decrement would overflow");
    private static final CommandFailure INCREMENT_NOT_FINITE = CommandFailure.err("value is NaN or Infinity");
    private static final CommandFailure RESULT_NOT_FINITE =
            CommandFailure.err("increment would produce NaN or Infinity");

    private HashCommands() {}

    public static void register(CommandTable table) {
        registerWrites(table);
        registerReads(table);
        HashCommandsWalks.register(table);
    }

    private static void registerWrites(CommandTable table) {
        add(table, "hset", HashCommands::hset, -4, "write denyoom fast", "RW UPDATE")
                .docs("Sets fields of a hash, which is made if missing.", "O(N), N being the number of fields given");
        add(table, "hmset", HashCommands::hset, -4, "write denyoom fast", "RW UPDATE")
                .docs("Sets fields of a hash; the old form of HSET.", "O(N), N being the number of fields given");
        add(table, "hsetnx", HashCommands::hsetnx, 4, "write denyoom fast", "RW INSERT")
                .docs("Sets a field of a hash unless it is there already.", "O(1)");
        add(table, "hincrby", HashCommands::hincrby, 4, "write denyoom fast", "RW ACCESS UPDATE")
                .docs("Adds an integer to the number in a field, 0 if missing.", "O(1)");
        add(table, "hincrbyfloat", HashCommands::hincrbyfloat, 4, "write denyoom fast", "RW ACCESS UPDATE")
                .since("2.6.0")
                .docs("Adds a floating-point number to the number in a field, 0 if missing.", "O(1)");
        add(table, "hdel", HashCommands::hdel, -3, "write fast", "RW DELETE")
                .docs(
                        "Removes fields of a hash, and the key with the last one.",
                        "O(N), N being the number of fields given");
    }

    private static void registerReads(CommandTable table) {
        add(table, "hget", HashCommands::hget, 3, "readonly fast", "RO ACCESS")
                .docs("Returns the value of a field.", "O(1)");
        add(table, "hmget", HashCommands::hmget, -3, "readonly fast", "RO ACCESS")
                .docs("Returns the values of several fields.", "O(N), N being the number of fields given");
        add(table, "hlen", HashCommands::hlen, 2, "readonly fast", "RO")
                .docs("Returns the number of fields of a hash.", "O(1)");
        add(table, "hstrlen", HashCommands::hstrlen, 3, "readonly fast", "RO")
                .since("3.2.0")
                .docs("Returns the length of a field's value in bytes.", "O(1)");
        add(table, "hexists", HashCommands::hexists, 3, "readonly fast", "RO")
                .docs("Tells whether a hash has a field.", "O(1)");
    }

    static Command add(CommandTable table, String name, Handler handler, int arity, String flags, String keySpecFlags) {
        return table.add(name, handler)
                .arity(arity)
                .flags(flags)
                .acl("hash")
                .keys(1, 1, 1, keySpecFlags)
                .since("2.0.0")
                .group("hash");
    }

    // ---- writes

    private static HashValue create(Call call) {
        HashValue hash = call.db().createHash(call.word(1));
        call.event(call.word(1), NotifyClass.NEW, "new");
        return hash;
    }

    private static void hset(Call call) {
        if (call.count() % 2 == 1) {
            throw CommandFailure.err(
                    "wrong number of arguments for '" + call.command().name() + "' command");
        }
        HashValue hash = call.writeHash(1);
        long created = (hash == null ? create(call) : hash).setAll(call.words(), 2, call.count());
        if (call.command().name().equals("hset")) {
            call.integer(created);
        } else {
            call.ok();
        }
        call.changed((call.count() - 2) / 2);
        call.touched(call.word(1), NotifyClass.HASH, "hset");
    }

    private static void hsetnx(Call call) {
        HashValue hash = call.writeHash(1);
        if (hash != null && hash.contains(call.word(2))) {
            call.integer(0);
            return;
        }
        (hash == null ? create(call) : hash).setAll(call.words(), 2, 4);
        call.integer(1);
        call.changed(1);
        call.touched(call.word(1), NotifyClass.HASH, "hset");
    }

    private static void hincrby(Call call) {
        long increment = call.number(3);
        HashValue hash = call.writeHash(1);
        Slice old = hash == null ? null : hash.get(call.word(2));
        long value = old == null ? 0 : integer(old);
        long sum = value + increment;
        if (((value ^ sum) & (increment ^ sum)) < 0) {
            throw OVERFLOW;
        }
        (hash == null ? create(call) : hash).set(call.word(2), Bytes.of(Numbers.toBytes(sum)));
        call.integer(sum);
        call.changed(1);
        call.touched(call.word(1), NotifyClass.HASH, "hincrby");
    }

    private static long integer(Slice value) {
        if (value.isLong()) {
            return value.asLong();
        }
        if (value.length() > Numbers.LONG_TEXT_MAX) {
            throw VALUE_NOT_INTEGER;
        }
        Bytes text = value.read(new Bytes());
        if (!Numbers.isLong(text)) {
            throw VALUE_NOT_INTEGER;
        }
        return Numbers.parseLong(text);
    }

    private static void hincrbyfloat(Call call) {
        LongDoubles.Extended increment = LongDoubles.parse(call.word(3));
        if (increment == null) {
            throw CommandFailure.NOT_FLOAT;
        }
        if (!increment.isFinite()) {
            throw INCREMENT_NOT_FINITE;
        }
        HashValue hash = call.writeHash(1);
        LongDoubles.Extended sum = increment;
        Slice old = hash == null ? null : hash.get(call.word(2));
        if (old != null) {
            LongDoubles.Extended value =
                    old.isLong() ? LongDoubles.of(old.asLong()) : LongDoubles.parse(old.read(new Bytes()));
            if (value == null) {
                throw VALUE_NOT_FLOAT;
            }
            sum = LongDoubles.add(value, increment);
        }
        if (!sum.isFinite()) {
            throw RESULT_NOT_FINITE;
        }
        byte[] text = LongDoubles.print(sum);
        (hash == null ? create(call) : hash).set(call.word(2), Bytes.of(text));
        call.reply().bulk(text);
        call.changed(1);
        call.touched(call.word(1), NotifyClass.HASH, "hincrbyfloat");
        // The result, not the increment: a replica of another architecture might round differently.
        call.effect(4).arg("HSET").arg(call.word(1)).arg(call.word(2)).arg(text);
    }

    private static void hdel(Call call) {
        HashValue hash = call.writeHash(1);
        if (hash == null) {
            call.integer(0);
            return;
        }
        long deleted = 0;
        boolean emptied = false;
        for (int i = 2; i < call.count() && !emptied; i++) {
            if (hash.remove(call.word(i))) {
                deleted++;
                emptied = hash.size() == 0;
            }
        }
        if (emptied) {
            call.execution().delete(call.db(), call.word(1), false);
        }
        if (deleted > 0) {
            call.changed(deleted);
            call.touched(call.word(1), NotifyClass.HASH, "hdel");
        }
        if (emptied) {
            call.event(call.word(1), NotifyClass.GENERIC, "del");
        }
        call.integer(deleted);
    }

    // ---- reads

    private static void value(Reply reply, @Nullable HashValue hash, Bytes field) {
        Slice value = hash == null ? null : hash.get(field);
        if (value == null) {
            reply.nil();
        } else {
            value.reply(reply);
        }
    }

    private static void hget(Call call) {
        value(call.reply(), call.readHash(1), call.word(2));
    }

    private static void hmget(Call call) {
        HashValue hash = call.readHash(1);
        call.reply().array(call.count() - 2);
        for (int i = 2; i < call.count(); i++) {
            value(call.reply(), hash, call.word(i));
        }
    }

    private static void hlen(Call call) {
        HashValue hash = call.readHash(1);
        call.integer(hash == null ? 0 : hash.size());
    }

    private static void hstrlen(Call call) {
        HashValue hash = call.readHash(1);
        Slice value = hash == null ? null : hash.get(call.word(2));
        call.integer(value == null ? 0 : value.length());
    }

    private static void hexists(Call call) {
        HashValue hash = call.readHash(1);
        call.integer(hash != null && hash.contains(call.word(2)) ? 1 : 0);
    }
}
