// SPDX-License-Identifier: Apache-2.0
package dev.understudy.commands;

import dev.understudy.store.Limits;
import dev.understudy.store.StringValue;
import dev.understudy.store.Value;
import dev.understudy.wire.Bytes;
import dev.understudy.wire.Numbers;
import java.util.Arrays;
import java.util.Objects;

/**
 * The commands on strings as rows of bits, bit 0 being the highest of byte 0, as bitops.c of Redis 7.2; BITFIELD is in
 * {@link BitFieldCommands}.
 */
public final class BitCommands {
    private static final CommandFailure BAD_OFFSET = CommandFailure.err("bit offset is not an integer or out of range");
    private static final CommandFailure BAD_BIT = CommandFailure.err("bit is not an integer or out of range");
    private static final CommandFailure BAD_BIT_ARGUMENT = CommandFailure.err("The bit argument must be 1 or 0.");
    private static final CommandFailure NOT_OF_ONE =
            CommandFailure.err("BITOP NOT must be called with a single source key.");

    /** BITOP works on so many bytes at a time. */
    private static final int PART_BYTES = 64 * 1024;

    private BitCommands() {}

    public static void register(CommandTable table) {
        add(table, "setbit", BitCommands::setbit, 4, "write denyoom", "2.2.0")
                .keys(1, 1, 1, "RW ACCESS UPDATE")
                .docs("Sets a bit and returns the old one.", "O(1)");
        add(table, "getbit", BitCommands::getbit, 3, "readonly fast", "2.2.0")
                .keys(1, 1, 1, "RO ACCESS")
                .docs("Returns a bit.", "O(1)");
        add(table, "bitcount", BitCommands::bitcount, -2, "readonly", "2.6.0")
                .keys(1, 1, 1, "RO ACCESS")
                .docs("Counts the bits that are set.", "O(N), N being the length of the string");
        add(table, "bitpos", BitCommands::bitpos, -3, "readonly", "2.8.7")
                .keys(1, 1, 1, "RO ACCESS")
                .docs("Finds the first bit of a value.", "O(N), N being the length of the string");
        add(table, "bitop", BitCommands::bitop, -4, "write denyoom", "2.6.0")
                .keys(2, 2, 1, "OW UPDATE")
                .keys(3, -1, 1, "RO ACCESS")
                .docs("Combines strings bit by bit into a key.", "O(N), N being the length of the longest string");
        BitFieldCommands.register(table);
    }

    static Command add(CommandTable table, String name, Handler handler, int arity, String flags, String since) {
        return table.add(name, handler)
                .arity(arity)
                .flags(flags)
                .acl("bitmap")
                .since(since)
                .group("bitmap");
    }

    /**
     * The bit offset in a word, {@code #n} meaning {@code n * width} if {@code width} is not 0. @throws CommandFailure
     * if it is none, or beyond the
     * longest string
     */
    static long offset(Call call, Bytes word, int width) {
        boolean scaled = width > 0 && word.length > 0 && word.at(0) == '#';
        Bytes number = scaled ? new Bytes(word.array, word.offset + 1, word.length - 1) : word;
        if (!Numbers.isLong(number)) {
            throw BAD_OFFSET;
        }
        long offset = Numbers.parseLong(number);
        if (scaled) {
            // Redis multiplies with wrap-around; what overflows is out of range in any case but such.
            offset *= width;
        }
        long bytesMax = call.execution().fromMaster()
                ? Limits.STRING_BYTES_MAX
                : call.data().limits().stringMaxBytes();
        if (offset < 0 || offset >>> 3 >= bytesMax) {
            throw BAD_OFFSET;
        }
        return offset;
    }

    /**
     * Word 1 opened for writing with room for bit {@code bit}; {@code grown[0]} tells whether it was made or became
     * longer.
     */
    static StringValue room(Call call, long bit, boolean[] grown) {
        StringValue value = call.writeString(1);
        long length = (bit >>> 3) + 1;
        if (value == null) {
            grown[0] = true;
            return StringCommands.createZeros(call, length);
        }
        grown[0] = length > value.size();
        value.resize(Math.max(length, value.size()));
        return value;
    }

    // ---- single bits

    private static void setbit(Call call) {
        long offset = offset(call, call.word(2), 0);
        long on = call.number(3, 0, 1, BAD_BIT);
        StringValue value = call.writeString(1);
        long index = offset >>> 3;
        boolean grows = value == null || index >= value.size();
        if (value == null) {
            value = StringCommands.createZeros(call, index + 1);
        } else {
            value.resize(Math.max(index + 1, value.size()));
        }
        int shift = 7 - (int) (offset & 7);
        byte old = value.at(index);
        int bit = old >> shift & 1;
        if (grows || bit != on) {
            value.writeByte(index, (byte) (old & ~(1 << shift) | (int) on << shift));
            call.changed(1);
            call.touched(call.word(1), NotifyClass.STRING, "setbit");
        }
        call.integer(bit);
    }

    private static void getbit(Call call) {
        long offset = offset(call, call.word(2), 0);
        StringValue value = call.readString(1);
        long index = offset >>> 3;
        boolean there = value != null && index < value.size();
        call.integer(value != null && there ? value.at(index) >> 7 - (int) (offset & 7) & 1 : 0);
    }

    // ---- ranges

    /** Whether words from {@code index} on name bits (BIT) rather than bytes. */
    private static boolean countsBits(Call call, int index) {
        if (call.count() <= index || call.word(index).is("byte")) {
            return false;
        }
        if (call.word(index).is("bit")) {
            return true;
        }
        throw CommandFailure.SYNTAX;
    }

    /** A begin or an end from the back, if negative, cut to 0. */
    private static long fromBack(long index, long length) {
        return Math.max(index < 0 ? length + index : index, 0);
    }

    private static void bitcount(Call call) {
        if (call.count() == 3 || call.count() > 5) {
            if (call.readString(1) == null) {
                call.integer(0);
                return;
            }
            throw CommandFailure.SYNTAX;
        }
        StringValue value = call.readString(1);
        if (value == null) {
            call.integer(0);
            return;
        }
        long bits = value.size() << 3;
        if (call.count() == 2) {
            call.integer(Bits.count(value, 0, bits));
            return;
        }
        long start = call.number(2);
        long end = call.number(3);
        if (start < 0 && end < 0 && start > end) {
            call.integer(0);
            return;
        }
        boolean isBit = countsBits(call, 4);
        long length = isBit ? bits : value.size();
        long first = fromBack(start, length);
        long last = Math.min(fromBack(end, length), length - 1);
        int unit = isBit ? 0 : 3;
        call.integer(first > last ? 0 : Bits.count(value, first << unit, last + 1 << unit));
    }

    private static void bitpos(Call call) {
        long bit = call.number(2);
        if (bit != 0 && bit != 1) {
            throw BAD_BIT_ARGUMENT;
        }
        StringValue value = call.readString(1);
        if (value == null) {
            call.integer(bit == 1 ? -1 : 0);
            return;
        }
        if (call.count() > 6) {
            throw CommandFailure.SYNTAX;
        }
        long start = call.count() > 3 ? call.number(3) : 0;
        boolean isBit = countsBits(call, 5);
        boolean endGiven = call.count() > 4;
        long length = isBit ? value.size() << 3 : value.size();
        long end = endGiven ? call.number(4) : length - 1;
        long first = fromBack(start, length);
        long last = Math.min(fromBack(end, length), length - 1);
        if (first > last) {
            call.integer(-1);
            return;
        }
        int unit = isBit ? 0 : 3;
        long limit = last + 1 << unit;
        long found = Bits.find(value, first << unit, limit, bit == 1);
        // Without an end the string counts as followed by clear bits.
        call.integer(found >= 0 ? found : bit == 0 && !endGiven ? limit : -1);
    }

    // ---- BITOP

    private static void bitop(Call call) {
        Bits.Operation operation = Bits.Operation.of(call.word(1));
        if (operation == null) {
            throw CommandFailure.SYNTAX;
        }
        if (operation == Bits.Operation.NOT && call.count() != 4) {
            throw NOT_OF_ONE;
        }
        // Lengths as this client sees them: on a replica an expired string has none.
        int[] lengths = new int[call.count() - 3];
        int length = 0;
        for (int i = 0; i < lengths.length; i++) {
            StringValue source = call.readString(i + 3);
            lengths[i] = source == null ? 0 : (int) source.size();
            length = Math.max(length, lengths[i]);
            call.data().closeWindows();
        }
        Bytes target = call.word(2);
        if (length > 0) {
            combine(call, operation, lengths, length);
            call.changed(1);
            call.touched(target, NotifyClass.STRING, "set");
        } else if (call.execution().delete(call.db(), target, call.execution().lazyServerDel())) {
            call.changed(1);
            call.touched(target, NotifyClass.GENERIC, "del");
        }
        call.integer(length);
    }

    /**
     * Writes the result into the target part by part, so that neither it nor a source is ever copied as a whole. The target may be a source too:
     * each part of it is read before it is written.
     */
    private static void combine(Call call, Bits.Operation operation, int[] lengths, int length) {
        Bytes target = call.word(2);
        Value old = call.write(2);
        if (old instanceof StringValue string) {
            call.db().expire(string, -1);
            string.resize(Math.max(length, string.size()));
        } else {
            call.db().putZeros(target, length);
            if (old == null) {
                call.event(target, NotifyClass.NEW, "new");
            }
        }
        byte[] part = new byte[Math.min(length, PART_BYTES)];
        byte[] other = new byte[lengths.length == 1 ? 0 : part.length];
        for (int at = 0; at < length; at += part.length) {
            int count = Math.min(part.length, length - at);
            Arrays.fill(part, read(call, 3, lengths[0] - at, at, part, count), count, (byte) 0);
            for (int i = 1; i < lengths.length; i++) {
                operation.combine(part, other, read(call, i + 3, lengths[i] - at, at, other, count), count);
            }
            operation.finish(part, count);
            text(call, target).write(at, part, 0, count);
        }
        text(call, target).resize(length);
    }

    /** Reads up to {@code count} bytes from {@code at} on of the source in word {@code index}, which has {@code left} more; returns how many. */
    private static int read(Call call, int index, int left, int at, byte[] target, int count) {
        int there = Math.clamp(left, 0, count);
        if (there > 0) {
            text(call, call.word(index)).read(at, target, 0, there);
        }
        return there;
    }

    /** A string that is known to be there. */
    private static StringValue text(Call call, Bytes key) {
        call.data().closeWindows();
        return (StringValue) Objects.requireNonNull(call.db().open(key));
    }
}
