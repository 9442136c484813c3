// SPDX-License-Identifier: Apache-2.0
package dev.understudy.commands;

import dev.understudy.store.StringValue;
import dev.understudy.wire.Bytes;
import dev.understudy.wire.Numbers;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** BITFIELD and BITFIELD_RO: integers of any width at any bit of a string. */
final class BitFieldCommands {
    private static final CommandFailure BAD_TYPE = CommandFailure.err(
            "Invalid bitfield type. Use something like i16 u8. Note that u64 is not supported but i64 is.");
    private static final CommandFailure BAD_OVERFLOW = CommandFailure.err("Invalid OVERFLOW type specified");
    private static final CommandFailure ONLY_GET = CommandFailure.err("BITFIELD_RO only supports the GET subcommand");

    private BitFieldCommands() {}

    static void register(CommandTable table) {
        BitCommands.add(table, "bitfield", call -> bitfield(call, false), -2, "write denyoom", "3.2.0")
                .keys(1, 1, 1, "RW UPDATE ACCESS VARIABLE_FLAGS")
                .docs("Reads, sets and increments integers of given widths in a string.", "O(1) for each operation");
        BitCommands.add(table, "bitfield_ro", call -> bitfield(call, true), -2, "readonly fast", "6.0.0")
                .keys(1, 1, 1, "RO ACCESS")
                .docs("Reads integers of given widths in a string.", "O(1) for each operation");
    }

    private enum Kind {
        GET,
        SET,
        INCRBY
    }

    private enum Overflow {
        WRAP,
        SAT,
        FAIL
    }

    /** An integer type: 1 to 64 bits signed, 1 to 63 bits unsigned. */
    private record Type(boolean signed, int bits) {
        static Type parse(Bytes word) {
            boolean named = word.length > 1 && (word.at(0) == 'i' || word.at(0) == 'u');
            Bytes number = named ? new Bytes(word.array, word.offset + 1, word.length - 1) : new Bytes();
            if (!Numbers.isLong(number)) {
                throw BAD_TYPE;
            }
            boolean signed = word.at(0) == 'i';
            long bits = Numbers.parseLong(number);
            if (bits < 1 || bits > (signed ? 64 : 63)) {
                throw BAD_TYPE;
            }
            return new Type(signed, (int) bits);
        }

        long max() {
            return signed ? Long.MAX_VALUE >>> 64 - bits : -1L >>> 64 - bits;
        }

        long min() {
            return signed ? -max() - 1 : 0;
        }

        /** The number that the lowest bits of {@code value} are in this type. */
        long wrap(long value) {
            int rest = 64 - bits;
            return signed ? value << rest >> rest : value << rest >>> rest;
        }
    }

    private record Operation(Kind kind, Type type, long offset, long operand, Overflow overflow) {}

    /** What an operation stores and answers; {@code failed} when OVERFLOW FAIL forbids it. */
    private record Outcome(long stored, long answer, boolean failed) {}

    private static void bitfield(Call call, boolean onlyReads) {
        List<Operation> operations = parse(call);
        long lastBit = -1;
        for (Operation operation : operations) {
            if (operation.kind != Kind.GET) {
                lastBit = Math.max(lastBit, operation.offset + operation.type.bits - 1);
            }
        }
        if (lastBit < 0) {
            StringValue value = call.readString(1);
            call.reply().array(operations.size());
            for (Operation operation : operations) {
                call.integer(get(value, operation.type, operation.offset));
            }
            return;
        }
        if (onlyReads) {
            throw ONLY_GET;
        }
        boolean[] grown = {false};
        StringValue value = BitCommands.room(call, lastBit, grown);
        call.reply().array(operations.size());
        long changes = 0;
        for (Operation operation : operations) {
            changes += apply(call, value, operation, grown[0]);
        }
        if (changes > 0) {
            call.changed(changes);
            call.touched(call.word(1), NotifyClass.STRING, "setbit");
        } else if (grown[0]) {
            // All of it has failed, and the string is longer nevertheless: Redis does not tell its replicas, and they
            // differ from then on.
            call.force();
        }
    }

    private static List<Operation> parse(Call call) {
        List<Operation> operations = new ArrayList<>();
        Overflow overflow = Overflow.WRAP;
        int i = 2;
        while (i < call.count()) {
            int more = call.count() - i - 1;
            Kind kind = kind(call.word(i), more);
            if (kind == null) {
                if (!call.word(i).is("overflow") || more < 1) {
                    throw CommandFailure.SYNTAX;
                }
                overflow = overflow(call.word(i + 1));
                i += 2;
                continue;
            }
            Type type = Type.parse(call.word(i + 1));
            long offset = BitCommands.offset(call, call.word(i + 2), type.bits);
            long operand = kind == Kind.GET ? 0 : call.number(i + 3);
            operations.add(new Operation(kind, type, offset, operand, overflow));
            i += kind == Kind.GET ? 3 : 4;
        }
        return operations;
    }

    private static @Nullable Kind kind(Bytes word, int more) {
        if (word.is("get") && more >= 2) {
            return Kind.GET;
        } else if (word.is("set") && more >= 3) {
            return Kind.SET;
        }
        return word.is("incrby") && more >= 3 ? Kind.INCRBY : null;
    }

    private static Overflow overflow(Bytes word) {
        for (Overflow overflow : Overflow.values()) {
            if (word.is(overflow.name())) {
                return overflow;
            }
        }
        throw BAD_OVERFLOW;
    }

    /** Executes one operation and answers it; returns 1 if it changed anything. */
    private static int apply(Call call, StringValue value, Operation operation, boolean grown) {
        long old = get(value, operation.type, operation.offset);
        if (operation.kind == Kind.GET) {
            call.integer(old);
            return 0;
        }
        Outcome outcome = outcome(operation, old);
        if (outcome.failed) {
            call.reply().nil();
            return 0;
        }
        call.integer(outcome.answer);
        set(value, operation.type, operation.offset, outcome.stored);
        return grown || old != outcome.stored ? 1 : 0;
    }

    private static Outcome outcome(Operation operation, long old) {
        Type type = operation.type;
        boolean adds = operation.kind == Kind.INCRBY;
        long value = adds ? old + operation.operand : operation.operand;
        int overflow = adds ? sumOverflow(type, old, operation.operand) : valueOverflow(type, value);
        if (overflow == 0) {
            return new Outcome(value, adds ? value : old, false);
        }
        long stored = switch (operation.overflow) {
            case WRAP -> type.wrap(value);
            case SAT -> overflow > 0 ? type.max() : type.min();
            case FAIL -> 0;
        };
        return new Outcome(stored, adds ? stored : old, operation.overflow == Overflow.FAIL);
    }

    /**
     * 1 if a value that SET gives is too large, -1 if too small, 0 if it fits; to unsigned types negative numbers are
     * large.
     */
    private static int valueOverflow(Type type, long value) {
        if (type.signed) {
            // What is further below than a long tells counts as above (maxincr of checkSignedBitfieldOverflow).
            boolean wraps = type.bits < 64 && type.max() - value < 0;
            return value > type.max() || wraps ? 1 : value < type.min() ? -1 : 0;
        }
        return Long.compareUnsigned(value, type.max()) > 0 ? 1 : 0;
    }

    /** As {@link #valueOverflow}, for a sum with a number of the type. */
    private static int sumOverflow(Type type, long old, long increment) {
        long sum = old + increment;
        if (((old ^ sum) & (increment ^ sum)) < 0) {
            return increment > 0 ? 1 : -1;
        }
        return sum > type.max() ? 1 : sum < type.min() ? -1 : 0;
    }

    private static long get(@Nullable StringValue value, Type type, long offset) {
        long length = value == null ? 0 : value.size();
        long bits = 0;
        int left = type.bits;
        long at = offset;
        while (left > 0) {
            int octet = value != null && at >>> 3 < length ? value.at(at >>> 3) & 0xFF : 0;
            int first = (int) (at & 7);
            int taken = Math.min(8 - first, left);
            bits = bits << taken | octet >>> 8 - first - taken & (1 << taken) - 1;
            left -= taken;
            at += taken;
        }
        return type.wrap(bits);
    }

    private static void set(StringValue value, Type type, long offset, long number) {
        int left = type.bits;
        long at = offset;
        while (left > 0) {
            int first = (int) (at & 7);
            int taken = Math.min(8 - first, left);
            int shift = 8 - first - taken;
            int mask = (1 << taken) - 1;
            int bits = (int) (number >>> left - taken) & mask;
            int octet = value.at(at >>> 3);
            value.writeByte(at >>> 3, (byte) (octet & ~(mask << shift) | bits << shift));
            left -= taken;
            at += taken;
        }
    }
}
