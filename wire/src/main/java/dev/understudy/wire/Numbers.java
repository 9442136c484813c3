// SPDX-License-Identifier: Apache-2.0
package dev.understudy.wire;

import java.math.BigDecimal;
import java.math.MathContext;
import java.math.RoundingMode;
import java.nio.charset.StandardCharsets;

/** Numbers as text, exactly as Redis reads and prints them (string2ll, ll2string, d2string, getLongDoubleFromObject of util.c). */
public final class Numbers {
    /** Longest text of a long: sign and 19 digits. */
    public static final int LONG_TEXT_MAX = 20;

    /** Longest text that is read as a double: MAX_LONG_DOUBLE_CHARS. */
    private static final int REAL_TEXT_MAX = 5 * 1024;

    private Numbers() {}

    /**
     * Whether the bytes are the canonical decimal text of a long (no plus, no leading zeros, no blanks, no {@code -0}), so that the value
     * printed gives the same bytes again.
     */
    public static boolean isLong(byte[] array, int offset, int length) {
        if (length == 0 || length > LONG_TEXT_MAX) {
            return false;
        }
        int i = offset;
        int end = offset + length;
        boolean negative = array[i] == '-';
        if (negative && ++i == end) {
            return false;
        }
        if (array[i] == '0') {
            return length == 1;
        }
        long value = 0;
        for (; i < end; i++) {
            int digit = array[i] - '0';
            if (digit < 0 || digit > 9 || value < (Long.MIN_VALUE + digit) / 10) {
                return false;
            }
            value = value * 10 - digit;
        }
        return negative || value != Long.MIN_VALUE;
    }

    public static boolean isLong(Bytes text) {
        return isLong(text.array, text.offset, text.length);
    }

    /** The value of bytes for which {@link #isLong} holds. */
    public static long parseLong(byte[] array, int offset, int length) {
        assert isLong(array, offset, length);
        int i = offset;
        boolean negative = array[i] == '-';
        if (negative) {
            i++;
        }
        long value = 0;
        for (int end = offset + length; i < end; i++) {
            value = value * 10 - (array[i] - '0');
        }
        return negative ? value : -value;
    }

    public static long parseLong(Bytes text) {
        return parseLong(text.array, text.offset, text.length);
    }

    /** The long that the bytes canonically are, else {@code fallback}; quick for one digit, as most lengths of the protocol are. */
    public static long parseLongOr(byte[] array, int offset, int length, long fallback) {
        if (length == 1) {
            int digit = array[offset] - '0';
            return digit >= 0 && digit <= 9 ? digit : fallback;
        }
        return length > 0 && isLong(array, offset, length) ? parseLong(array, offset, length) : fallback;
    }

    /** Length of the decimal text of {@code value}, 1 to {@value #LONG_TEXT_MAX}. */
    public static int length(long value) {
        int sign = value < 0 ? 1 : 0;
        long rest = value < 0 ? value : -value;
        int digits = 1;
        while (rest <= -10) {
            rest /= 10;
            digits++;
        }
        return sign + digits;
    }

    /** Writes the decimal text of {@code value}; returns the index behind its last digit. */
    public static int write(long value, byte[] target, int offset) {
        int end = offset + length(value);
        int i = end;
        long rest = value < 0 ? value : -value;
        do {
            target[--i] = (byte) ('0' - rest % 10);
            rest /= 10;
        } while (rest != 0);
        if (value < 0) {
            target[--i] = '-';
        }
        return end;
    }

    public static byte[] toBytes(long value) {
        byte[] text = new byte[length(value)];
        write(value, text, 0);
        return text;
    }

    /** Whether {@link #parseDouble} accepts the bytes: a whole finite or infinite number without blanks; NaN is refused. */
    public static boolean isDouble(Bytes text) {
        return !Double.isNaN(parseDouble(text));
    }

    /**
     * The double that strtod reads from all of the bytes, NaN when they are not a number, are nan, or are a number too large or too
     * small for a double (string2d).
     */
    public static double parseDouble(Bytes text) {
        if (text.length == 0 || text.length > REAL_TEXT_MAX) {
            return Double.NaN;
        }
        String s = new String(text.array, text.offset, text.length, StandardCharsets.ISO_8859_1);
        String lower = s.toLowerCase(java.util.Locale.ROOT);
        switch (lower) {
            case "inf", "+inf", "infinity", "+infinity" -> {
                return Double.POSITIVE_INFINITY;
            }
            case "-inf", "-infinity" -> {
                return Double.NEGATIVE_INFINITY;
            }
            default -> {}
        }
        for (int i = 0; i < lower.length(); i++) {
            char c = lower.charAt(i);
            boolean hex = lower.startsWith("0x") || lower.startsWith("-0x") || lower.startsWith("+0x");
            boolean allowed =
                    c >= '0' && c <= '9' || c == '.' || c == '-' || c == '+' || c == 'e' || hex && isHexPart(c);
            if (!allowed) {
                return Double.NaN;
            }
            if (hex && i == lower.length() - 1) {
                return parseHex(lower);
            }
        }
        try {
            return inRange(Double.parseDouble(lower), lower, 'e');
        } catch (NumberFormatException notANumber) {
            return Double.NaN;
        }
    }

    /** NaN in place of what strtod reports as ERANGE: an infinity, or a zero of a text that has other digits. */
    private static double inRange(double value, String text, char exponentLetter) {
        if (Double.isInfinite(value)) {
            return Double.NaN;
        }
        if (value != 0) {
            return value;
        }
        for (int i = 0; i < text.length() && text.charAt(i) != exponentLetter; i++) {
            char c = text.charAt(i);
            if (c >= '1' && c <= '9' || c >= 'a' && c <= 'f') {
                return Double.NaN;
            }
        }
        return value;
    }

    private static boolean isHexPart(char c) {
        return c >= 'a' && c <= 'f' || c == 'x' || c == 'p';
    }

    private static double parseHex(String lower) {
        try {
            return inRange(Double.parseDouble(lower.indexOf('p') < 0 ? lower + "p0" : lower), lower, 'p');
        } catch (NumberFormatException notANumber) {
            return Double.NaN;
        }
    }

    /**
     * The shortest text that reads back as {@code value}, laid out as Redis 7.2 prints scores and RESP doubles (d2string): integers up
     * to 2^62 without point or exponent, {@code inf}, {@code -inf}, {@code nan}; exponents as {@code 1e+21}. Redis's digits come from
     * Grisu2, which once in a thousand numbers prints one digit more than the shortest text has.
     */
    public static String format(double value) {
        if (Double.isNaN(value)) {
            return "nan";
        }
        if (Double.isInfinite(value)) {
            return value > 0 ? "inf" : "-inf";
        }
        if (value == 0) {
            return 1 / value < 0 ? "-0" : "0";
        }
        if (value == Math.rint(value) && Math.abs(value) <= INTEGRAL_MAX) {
            return Long.toString((long) value);
        }
        return layOut(new BigDecimal(Double.toString(value)));
    }

    /** As {@link #format}, but with exponents for round integers from 1e+8 on too: fpconv_dtoa alone, which DEBUG DIGEST hashes. */
    public static String formatWithExponents(double value) {
        boolean special = Double.isNaN(value) || Double.isInfinite(value) || value == 0;
        return special ? format(value) : layOut(new BigDecimal(Double.toString(value)));
    }

    /** Up to here double2ll prints integers in full: half of LLONG_MAX as a double. */
    private static final double INTEGRAL_MAX = 0x1p62;

    /** Lays out the digits of a number as emit_digits of fpconv_dtoa does. */
    private static String layOut(BigDecimal exact) {
        BigDecimal number = shortened(exact.stripTrailingZeros());
        String digits = number.unscaledValue().abs().toString();
        int zeros = -number.scale();
        int exponent = digits.length() + zeros - 1;
        boolean whole = zeros >= 0 && Math.abs(exponent) < digits.length() + 7;
        boolean fraction = zeros < 0 && (zeros > -7 || Math.abs(exponent) < 4);
        if (whole || fraction) {
            return number.toPlainString();
        }
        String sign = number.signum() < 0 ? "-" : "";
        String mantissa = digits.length() == 1 ? digits : digits.charAt(0) + "." + digits.substring(1);
        return sign + mantissa + "e" + (exponent < 0 ? "-" : "+") + Math.abs(exponent);
    }

    /** Double.toString prefers two digits where one would do: 4.9E-324 for 5e-324. */
    private static BigDecimal shortened(BigDecimal number) {
        if (number.precision() != 2) {
            return number;
        }
        BigDecimal shorter = number.round(new MathContext(1));
        return shorter.doubleValue() == number.doubleValue() ? shorter.stripTrailingZeros() : number;
    }

    /**
     * The text of a double as Redis prints what it holds as long double for people (ld2string, LD_STR_HUMAN: {@code %.17Lf} without
     * trailing zeros): coordinates of GEOPOS, for example.
     */
    public static String formatHuman(double value) {
        if (Double.isNaN(value) || Double.isInfinite(value)) {
            return format(value);
        }
        BigDecimal rounded = new BigDecimal(value).setScale(17, RoundingMode.HALF_EVEN);
        return rounded.signum() == 0 ? "0" : rounded.stripTrailingZeros().toPlainString();
    }

    /** The text of a double with 17 significant digits ({@code %.17g}), as RDB type 3 and old replies print it. */
    public static String format17(double value) {
        if (Double.isNaN(value) || Double.isInfinite(value) || value == 0) {
            return format(value);
        }
        BigDecimal rounded = new BigDecimal(value)
                .round(new MathContext(17, RoundingMode.HALF_EVEN))
                .stripTrailingZeros();
        int exponent = rounded.precision() - rounded.scale() - 1;
        if (exponent >= -4 && exponent < 17) {
            return rounded.toPlainString();
        }
        String digits = rounded.unscaledValue().abs().toString();
        String mantissa = digits.length() == 1 ? digits : digits.charAt(0) + "." + digits.substring(1);
        String power = (exponent < 0 ? "-" : "+") + (Math.abs(exponent) < 10 ? "0" : "") + Math.abs(exponent);
        return (rounded.signum() < 0 ? "-" : "") + mantissa + "e" + power;
    }
}
