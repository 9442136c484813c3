// SPDX-License-Identifier: Apache-2.0
package dev.understudy.commands;

import dev.understudy.store.Limits;
import dev.understudy.store.StringValue;
import dev.understudy.store.Value;
import dev.understudy.store.ValueType;
import dev.understudy.wire.Bytes;
import dev.understudy.wire.Numbers;
import dev.understudy.wire.Reply;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The commands on strings, as t_string.c of Redis 7.2. Those that set are in {@link StringCommandsSet}, LCS is in
 * {@link LcsCommand}, bits are in
 * {@link BitCommands}.
 */
public final class StringCommands {
    private static final CommandFailure OVERFLOW = CommandFailure.err("increment or decrement would overflow");
    private static final CommandFailure DECREMENT_OVERFLOW = CommandFailure.err("decrement would overflow");
    private static final CommandFailure NOT_FINITE = CommandFailure.err("increment would produce NaN or Infinity");
    private static final CommandFailure TOO_LONG =
            CommandFailure.err("string exceeds maximum allowed size (proto-max-bulk-len)");
    private static final CommandFailure OFFSET = CommandFailure.err("offset is out of range");

    private StringCommands() {}

    public static void register(CommandTable table) {
        StringCommandsSet.register(table);
        registerReads(table);
        registerNumbers(table);
        registerRanges(table);
        LcsCommand.register(table);
    }

    static Command add(CommandTable table, String name, Handler handler, int arity, String flags, String since) {
        return table.add(name, handler)
                .arity(arity)
                .flags(flags)
                .acl("string")
                .since(since)
                .group("string");
    }

    private static void registerReads(CommandTable table) {
        add(table, "get", StringCommands::get, 2, "readonly fast", "1.0.0")
                .keys(1, 1, 1, "RO ACCESS")
                .docs("Returns the string under a key.", "O(1)");
        add(table, "mget", StringCommands::mget, -2, "readonly fast", "1.0.0")
                .keys(1, -1, 1, "RO ACCESS")
                .tip("request_policy:multi_shard")
                .docs("Returns the strings under several keys.", "O(N), N being the number of keys");
        add(table, "strlen", StringCommands::strlen, 2, "readonly fast", "2.2.0")
                .keys(1, 1, 1, "RO")
                .docs("Returns the length of a string in bytes.", "O(1)");
    }

    private static void registerNumbers(CommandTable table) {
        String flags = "write denyoom fast";
        add(table, "incr", call -> increment(call, 1), 2, flags, "1.0.0")
                .keys(1, 1, 1, "RW ACCESS UPDATE")
                .docs("Adds one to the integer under a key, 0 if missing.", "O(1)");
        add(table, "decr", call -> increment(call, -1), 2, flags, "1.0.0")
                .keys(1, 1, 1, "RW ACCESS UPDATE")
                .docs("Subtracts one from the integer under a key, 0 if missing.", "O(1)");
        add(table, "incrby", call -> increment(call, call.number(2)), 3, flags, "1.0.0")
                .keys(1, 1, 1, "RW ACCESS UPDATE")
                .docs("Adds a number to the integer under a key, 0 if missing.", "O(1)");
        add(table, "decrby", StringCommands::decrby, 3, flags, "1.0.0")
                .keys(1, 1, 1, "RW ACCESS UPDATE")
                .docs("Subtracts a number from the integer under a key, 0 if missing.", "O(1)");
        add(table, "incrbyfloat", StringCommands::incrbyfloat, 3, flags, "2.6.0")
                .keys(1, 1, 1, "RW ACCESS UPDATE")
                .docs("Adds a floating-point number to the number under a key, 0 if missing.", "O(1)");
    }

    private static void registerRanges(CommandTable table) {
        add(table, "append", StringCommands::append, 3, "write denyoom fast", "2.0.0")
                .keys(1, 1, 1, "RW INSERT")
                .docs("Appends to a string, which is made if missing.", "O(1) on average");
        add(table, "setrange", StringCommands::setrange, 4, "write denyoom", "2.2.0")
                .keys(1, 1, 1, "RW UPDATE")
                .docs("Overwrites a part of a string, which grows as needed.", "O(M), M being the length of the part");
        add(table, "getrange", StringCommands::getrange, 4, "readonly", "2.4.0")
                .keys(1, 1, 1, "RO ACCESS")
                .docs("Returns a part of a string.", "O(N), N being the length of the part");
        add(table, "substr", StringCommands::getrange, 4, "readonly", "1.0.0")
                .keys(1, 1, 1, "RO ACCESS")
                .docs("Returns a part of a string; the old name of GETRANGE.", "O(N), N being the length of the part");
    }

    // ---- what other families use too

    /**
     * Refuses a client's command that would make a string of {@code bytes} bytes, if that is too long
     * (checkStringLength).
     */
    static void checkLength(Call call, long bytes) {
        boolean obeys = call.execution().fromMaster();
        long max = obeys ? Limits.STRING_BYTES_MAX : call.data().limits().stringMaxBytes();
        if (bytes < 0 || bytes > max) {
            throw TOO_LONG;
        }
    }

    /** Makes the string of word 1, which does not exist, with {@code length} zero bytes. */
    static StringValue createZeros(Call call, long length) {
        Bytes key = call.word(1);
        StringValue string = call.db().putZeros(key, length);
        call.event(key, NotifyClass.NEW, "new");
        return string;
    }

    // ---- reads

    private static void get(Call call) {
        StringValue value = call.readString(1);
        if (value == null) {
            call.reply().nil();
        } else {
            value.reply(call.reply());
        }
    }

    private static void mget(Call call) {
        Reply reply = call.reply();
        reply.array(call.count() - 1);
        for (int i = 1; i < call.count(); i++) {
            Value value = call.read(i);
            if (value instanceof StringValue string) {
                string.reply(reply);
            } else {
                reply.nil();
            }
            call.data().closeWindows();
        }
    }

    private static void strlen(Call call) {
        StringValue value = call.readString(1);
        call.integer(value == null ? 0 : value.size());
    }

    private static void getrange(Call call) {
        long start = call.number(2);
        long end = call.number(3);
        StringValue value = call.readString(1);
        long length = value == null ? 0 : value.size();
        if (value == null || length == 0 || start < 0 && end < 0 && start > end) {
            call.reply().bulk("");
            return;
        }
        long from = Math.max(start < 0 ? length + start : start, 0);
        long to = Math.min(Math.max(end < 0 ? length + end : end, 0), length - 1);
        if (from > to) {
            call.reply().bulk("");
        } else if (value.isLong()) {
            call.reply().bulk(value.toArray(), (int) from, (int) (to - from + 1));
        } else {
            call.reply().bulk(value.segment(), value.segmentOffset() + from, to - from + 1);
        }
    }

    // ---- numbers

    private static void increment(Call call, long increment) {
        StringValue string = call.writeString(1);
        long value = string == null ? 0 : integer(string);
        long sum = value + increment;
        if (((value ^ sum) & (increment ^ sum)) < 0) {
            throw OVERFLOW;
        }
        Bytes key = call.word(1);
        if (string == null) {
            call.db().setString(key, Bytes.of(Numbers.toBytes(sum)), false);
            call.event(key, NotifyClass.NEW, "new");
        } else {
            string.set(sum);
        }
        call.changed(1);
        call.touched(key, NotifyClass.STRING, "incrby");
        call.integer(sum);
    }

    private static long integer(StringValue string) {
        if (string.isLong()) {
            return string.asLong();
        }
        Bytes text = string.size() > Numbers.LONG_TEXT_MAX ? new Bytes() : Bytes.of(string.toArray());
        if (!Numbers.isLong(text)) {
            throw CommandFailure.NOT_INTEGER;
        }
        return Numbers.parseLong(text);
    }

    private static void decrby(Call call) {
        long decrement = call.number(2);
        if (decrement == Long.MIN_VALUE) {
            throw DECREMENT_OVERFLOW;
        }
        increment(call, -decrement);
    }

    private static void incrbyfloat(Call call) {
        StringValue string = call.writeString(1);
        LongDoubles.Extended value = string == null ? LongDoubles.of(0) : real(string);
        LongDoubles.Extended increment = LongDoubles.parse(call.word(2));
        if (value == null || increment == null) {
            throw CommandFailure.NOT_FLOAT;
        }
        LongDoubles.Extended sum = LongDoubles.add(value, increment);
        if (!sum.isFinite()) {
            throw NOT_FINITE;
        }
        byte[] text = LongDoubles.print(sum);
        Bytes key = call.word(1);
        if (string == null) {
            call.db().setString(key, Bytes.of(text), false);
            call.event(key, NotifyClass.NEW, "new");
            string = (StringValue) Objects.requireNonNull(call.db().open(key));
        }
        string.setText(text);
        call.changed(1);
        call.touched(key, NotifyClass.STRING, "incrbyfloat");
        call.effect(4).arg("SET").arg(key).arg(text).arg("KEEPTTL");
        call.reply().bulk(text);
    }

    private static LongDoubles.@Nullable Extended real(StringValue string) {
        if (string.isLong()) {
            return LongDoubles.of(string.asLong());
        }
        // What is longer than LongDoubles reads is no number.
        byte[] text = new byte[(int) Math.min(string.size(), 1 << 14)];
        string.read(0, text, 0, text.length);
        return LongDoubles.parse(Bytes.of(text));
    }

    // ---- parts

    private static void append(Call call) {
        StringValue value = call.writeString(1);
        Bytes key = call.word(1);
        Bytes tail = call.word(2);
        long length;
        if (value == null) {
            call.db().setString(key, tail, false);
            call.event(key, NotifyClass.NEW, "new");
            length = tail.length;
        } else {
            length = value.size() + tail.length;
            checkLength(call, length);
            value.append(tail);
        }
        call.changed(1);
        call.touched(key, NotifyClass.STRING, "append");
        call.integer(length);
    }

    private static void setrange(Call call) {
        long offset = call.number(2);
        if (offset < 0) {
            throw OFFSET;
        }
        Bytes part = call.word(3);
        Value old = call.write(1);
        if (old != null && old.type() != ValueType.STRING) {
            throw CommandFailure.WRONG_TYPE;
        }
        long length = old == null ? 0 : old.size();
        if (part.isEmpty()) {
            call.integer(length);
            return;
        }
        long end = offset + part.length;
        checkLength(call, end);
        StringValue value = old == null ? createZeros(call, end) : (StringValue) old;
        value.resize(Math.max(length, end));
        value.write(offset, part.array, part.offset, part.length);
        call.changed(1);
        call.touched(call.word(1), NotifyClass.STRING, "setrange");
        call.integer(Math.max(length, end));
    }
}
