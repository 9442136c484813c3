// SPDX-License-Identifier: Apache-2.0
package dev.understudy.commands;

import dev.understudy.wire.Bytes;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * The arithmetic of INCRBYFLOAT and HINCRBYFLOAT: the x87 long double with its 64-bit mantissa, read as strtold reads
 * it, rounded half to even, and printed as {@code %.17Lf} without trailing zeros, so that results are those of Redis on
 * x86-64 to the last digit.
 */
public final class LongDoubles {
    /** Longest text that Redis reads as a number, its MAX_LONG_DOUBLE_CHARS less the end byte. */
    private static final int TEXT_MAX = 5 * 1024 - 1;

    private static final int MANTISSA_BITS = 64;
    /** Exponents of the lowest mantissa bit: of the smallest (denormal) numbers, and of the largest. */
    private static final int EXPONENT_MIN = -16445;

    private static final int EXPONENT_MAX = 16384 - MANTISSA_BITS;
    /** Decimal exponents beyond this overflow or underflow, whatever the digits. */
    private static final int DECIMAL_EXPONENT_MAX = 20_000;

    private static final int DECIMALS = 17;
    private static final BigInteger TEN = BigInteger.TEN;
    private static final BigInteger SCALE = TEN.pow(DECIMALS);

    private LongDoubles() {}

    /**
     * A long double: {@code mantissa * 2^exponent}, or an infinity (with a sign as it was read), or a NaN, which are
     * otherwise not told apart because nobody wants either.
     *
     * @param mantissa with its sign, of at most 64 bits
     */
    public record Extended(BigInteger mantissa, int exponent, boolean isFinite) {
        private static final Extended INFINITE = new Extended(BigInteger.ONE, 0, false);
        private static final Extended MINUS_INFINITE = new Extended(BigInteger.ONE.negate(), 0, false);
        private static final Extended ZERO = new Extended(BigInteger.ZERO, 0, true);
    }

    public static Extended of(long value) {
        return new Extended(BigInteger.valueOf(value), 0, true);
    }

    /**
     * The number that is the whole of the text: decimal or hexadecimal, or an infinity; null if it is none, is NaN,
     * overflows, or underflows to zero (string2ld).
     */
    public static @Nullable Extended parse(Bytes text) {
        if (text.length == 0 || text.length > TEXT_MAX) {
            return null;
        }
        String s = new String(text.array, text.offset, text.length, StandardCharsets.ISO_8859_1);
        boolean negative = s.charAt(0) == '-';
        String rest = (negative || s.charAt(0) == '+' ? s.substring(1) : s).toLowerCase(Locale.ROOT);
        if (rest.equals("inf") || rest.equals("infinity")) {
            return negative ? Extended.MINUS_INFINITE : Extended.INFINITE;
        }
        return rest.startsWith("0x")
                ? parseDigits(rest.substring(2), negative, 16, 'p')
                : parseDigits(rest, negative, 10, 'e');
    }

    private static @Nullable Extended parseDigits(String s, boolean negative, int radix, char exponentMark) {
        int mark = s.indexOf(exponentMark);
        String digits = mark < 0 ? s : s.substring(0, mark);
        int point = digits.indexOf('.');
        String significant = point < 0 ? digits : digits.substring(0, point) + digits.substring(point + 1);
        if (significant.isEmpty() || !isDigits(significant, radix)) {
            return null;
        }
        long exponent = 0;
        if (mark >= 0) {
            String power = s.substring(mark + 1);
            String unsigned = power.startsWith("-") || power.startsWith("+") ? power.substring(1) : power;
            if (unsigned.isEmpty() || !isDigits(unsigned, 10)) {
                return null;
            }
            exponent = clamped(unsigned) * (power.startsWith("-") ? -1 : 1);
        }
        int fraction = point < 0 ? 0 : digits.length() - point - 1;
        BigInteger integer = new BigInteger(significant, radix);
        if (integer.signum() == 0) {
            return Extended.ZERO;
        }
        BigInteger signed = negative ? integer.negate() : integer;
        Extended number =
                radix == 10 ? scaleTen(signed, exponent - fraction) : scaleTwo(signed, exponent - 4L * fraction);
        return number.isFinite && number.mantissa.signum() != 0 ? number : null;
    }

    private static boolean isDigits(String s, int radix) {
        for (int i = 0; i < s.length(); i++) {
            char c = s.charAt(i);
            boolean digit = c >= '0' && c <= '9' || radix == 16 && c >= 'a' && c <= 'f';
            if (!digit) {
                return false;
            }
        }
        return true;
    }

    /** The value of decimal digits, or a number that is large enough to overflow whatever stands before it. */
    private static long clamped(String digits) {
        int from = 0;
        while (from < digits.length() && digits.charAt(from) == '0') {
            from++;
        }
        int length = digits.length() - from;
        return length == 0 ? 0 : length > 9 ? 1_000_000_000L : Long.parseLong(digits.substring(from));
    }

    /** {@code value * 2^exponent}, value not 0. */
    private static Extended scaleTwo(BigInteger value, long exponent) {
        if (Math.abs(exponent) > 4L * DECIMAL_EXPONENT_MAX) {
            return exponent > 0 ? Extended.INFINITE : Extended.ZERO;
        }
        return round(value, (int) exponent, false);
    }

    /** {@code value * 10^exponent}, value not 0. */
    private static Extended scaleTen(BigInteger value, long exponent) {
        if (exponent > DECIMAL_EXPONENT_MAX) {
            return Extended.INFINITE;
        }
        if (exponent < -DECIMAL_EXPONENT_MAX) {
            return Extended.ZERO;
        }
        if (exponent >= 0) {
            return round(value.multiply(TEN.pow((int) exponent)), 0, false);
        }
        BigInteger divisor = TEN.pow((int) -exponent);
        // Enough quotient bits to round from; whether anything remains decides ties.
        int shift = Math.max(0, MANTISSA_BITS + 2 + divisor.bitLength() - value.bitLength());
        BigInteger[] quotient = value.abs().shiftLeft(shift).divideAndRemainder(divisor);
        BigInteger signed = value.signum() < 0 ? quotient[0].negate() : quotient[0];
        return round(signed, -shift, quotient[1].signum() != 0);
    }

    /**
     * {@code (value + something less than 1, if sticky) * 2^exponent} rounded to 64 bits, or to fewer where numbers
     * become denormal.
     */
    private static Extended round(BigInteger value, int exponent, boolean sticky) {
        BigInteger magnitude = value.abs();
        int dropped = Math.max(magnitude.bitLength() - MANTISSA_BITS, EXPONENT_MIN - exponent);
        BigInteger mantissa = dropped > 0 ? roundedShift(magnitude, dropped, sticky) : magnitude;
        int newExponent = dropped > 0 ? exponent + dropped : exponent;
        if (mantissa.signum() == 0) {
            return Extended.ZERO;
        }
        if (newExponent + mantissa.bitLength() > EXPONENT_MAX + MANTISSA_BITS) {
            return Extended.INFINITE;
        }
        return new Extended(value.signum() < 0 ? mantissa.negate() : mantissa, newExponent, true);
    }

    /** {@code magnitude / 2^bits} rounded half to even; {@code sticky} as in {@link #round}. */
    private static BigInteger roundedShift(BigInteger magnitude, int bits, boolean sticky) {
        BigInteger down = magnitude.shiftRight(bits);
        if (!magnitude.testBit(bits - 1)) {
            return down;
        }
        boolean above = sticky || magnitude.getLowestSetBit() < bits - 1;
        return above || down.testBit(0) ? down.add(BigInteger.ONE) : down;
    }

    /** The sum as the processor rounds it; not finite if it overflows or an operand is not. */
    public static Extended add(Extended a, Extended b) {
        if (!a.isFinite || !b.isFinite) {
            return Extended.INFINITE;
        }
        if (a.mantissa.signum() == 0) {
            return b;
        }
        if (b.mantissa.signum() == 0) {
            return a;
        }
        int exponent = Math.min(a.exponent, b.exponent);
        BigInteger sum = a.mantissa.shiftLeft(a.exponent - exponent).add(b.mantissa.shiftLeft(b.exponent - exponent));
        return sum.signum() == 0 ? Extended.ZERO : round(sum, exponent, false);
    }

    /**
     * The text of a finite number: up to 17 decimals, no trailing zeros, no exponent, no {@code -0} (ld2string,
     * LD_STR_HUMAN).
     */
    public static byte[] print(Extended number) {
        assert number.isFinite;
        BigInteger magnitude = number.mantissa.abs();
        String text;
        if (number.exponent >= 0) {
            text = magnitude.shiftLeft(number.exponent).toString();
        } else {
            BigInteger scaled = roundedShift(magnitude.multiply(SCALE), -number.exponent, false);
            BigInteger[] parts = scaled.divideAndRemainder(SCALE);
            text = parts[0] + decimals(parts[1]);
        }
        boolean minus = number.mantissa.signum() < 0 && !text.equals("0");
        return (minus ? "-" + text : text).getBytes(StandardCharsets.US_ASCII);
    }

    /** Point and decimals of a number of 10^-17ths, empty for 0. */
    private static String decimals(BigInteger fraction) {
        if (fraction.signum() == 0) {
            return "";
        }
        String digits = fraction.toString();
        int end = digits.length();
        while (digits.charAt(end - 1) == '0') {
            end--;
        }
        return "." + "0".repeat(DECIMALS - digits.length()) + digits.substring(0, end);
    }
}
