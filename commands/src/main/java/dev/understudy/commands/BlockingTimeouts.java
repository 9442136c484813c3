// SPDX-License-Identifier: Apache-2.0
package dev.understudy.commands;

import java.math.BigInteger;

/** The time-outs of blocking commands (getTimeoutFromObjectOrReply of Redis): milliseconds from now, 0 for ever. */
final class BlockingTimeouts {
    private static final CommandFailure NOT_FLOAT = CommandFailure.err("timeout is not a float or out of range");
    private static final CommandFailure NOT_INTEGER = CommandFailure.err("timeout is not an integer or out of range");
    private static final CommandFailure NEGATIVE = CommandFailure.err("timeout is negative");
    private static final CommandFailure TOO_LARGE = CommandFailure.err("timeout is out of range");
    private static final BigInteger MILLIS_PER_SECOND = BigInteger.valueOf(1000);
    private static final BigInteger MILLIS_MAX = BigInteger.valueOf(Long.MAX_VALUE);

    private BlockingTimeouts() {}

    /** Word {@code index} is a number of seconds with a fraction, rounded up to milliseconds. */
    static long seconds(Call call, int index) {
        LongDoubles.Extended seconds = LongDoubles.parse(call.word(index));
        if (seconds == null) {
            throw NOT_FLOAT;
        }
        if (seconds.mantissa().signum() < 0) {
            // Less than a millisecond below zero is rounded up to none at all.
            if (seconds.isFinite() && ceilingMillis(seconds).signum() == 0) {
                return 0;
            }
            throw NEGATIVE;
        }
        if (!seconds.isFinite()) {
            throw TOO_LARGE;
        }
        BigInteger millis = ceilingMillis(seconds);
        if (millis.compareTo(MILLIS_MAX) > 0) {
            throw TOO_LARGE;
        }
        return checked(call, millis.longValueExact());
    }

    private static BigInteger ceilingMillis(LongDoubles.Extended seconds) {
        BigInteger scaled = seconds.mantissa().multiply(MILLIS_PER_SECOND);
        if (seconds.exponent() >= 0) {
            return scaled.shiftLeft(seconds.exponent());
        }
        // A shift to the right rounds down, so the negated value is shifted.
        return scaled.negate().shiftRight(-seconds.exponent()).negate();
    }

    /** Word {@code index} is a whole number of milliseconds. */
    static long millis(Call call, int index) {
        return checked(call, call.number(index, NOT_INTEGER));
    }

    private static long checked(Call call, long millis) {
        if (millis < 0) {
            throw NEGATIVE;
        }
        if (millis > Long.MAX_VALUE - call.nowMillis()) {
            throw TOO_LARGE;
        }
        return millis;
    }
}
