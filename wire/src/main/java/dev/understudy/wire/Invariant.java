// SPDX-License-Identifier: Apache-2.0
package dev.understudy.wire;

/**
 * Conditions that guard data. Unlike {@code assert} they are checked in production too, so they are cheap: a comparison, and no allocation while they
 * hold. No peer can break one; whoever sees {@link BrokenInvariant} sees a bug of ours. Any thread.
 */
public final class Invariant {
    private Invariant() {}

    /** @param what names both values, in the order in which they are given: {@code "bytes applied, bytes proxied"} */
    public static void equal(long first, long second, String what) {
        if (first != second) {
            throw new BrokenInvariant("broken invariant: " + what + ": " + first + ", " + second);
        }
    }

    /** A length, count or offset is not negative. */
    public static void notNegative(long value, String what) {
        if (value < 0) {
            throw new BrokenInvariant("broken invariant: " + what + ": " + value);
        }
    }

    /** {@code lower} is not beyond {@code upper}; {@code what} names both in this order. */
    public static void ordered(long lower, long upper, String what) {
        if (lower > upper) {
            throw new BrokenInvariant("broken invariant: " + what + ": " + lower + ", " + upper);
        }
    }

    public static void holds(boolean condition, String what) {
        if (!condition) {
            throw new BrokenInvariant("broken invariant: " + what);
        }
    }
}
