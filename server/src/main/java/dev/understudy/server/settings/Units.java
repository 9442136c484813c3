// SPDX-License-Identifier: Apache-2.0
package dev.understudy.server.settings;

import dev.understudy.wire.Bytes;
import dev.understudy.wire.Numbers;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.Locale;
import java.util.OptionalLong;
import java.util.regex.Pattern;

/** Numbers as directives write them. */
final class Units {
    /** As many digits always fit into a long. */
    private static final int DIGITS_MAX = 18;

    private static final Pattern OCTAL = Pattern.compile("-?[0-7]{1,20}");

    private Units() {}

    /** A decimal integer without anything around it. */
    static OptionalLong integer(String word) {
        Bytes bytes = Raw.bytes(word);
        return Numbers.isLong(bytes) ? OptionalLong.of(Numbers.parseLong(bytes)) : OptionalLong.empty();
    }

    /** Digits 0 to 7, as permissions of files are written. */
    static OptionalLong octal(String word) {
        if (!OCTAL.matcher(word).matches()) {
            return OptionalLong.empty();
        }
        return OptionalLong.of(Long.parseLong(word, 8));
    }

    /** Bytes with an optional unit in any case: k is 1000 and kb is 1024, m and mb, g and gb likewise. */
    static OptionalLong bytes(String word) {
        int digits = 0;
        while (digits < word.length() && word.charAt(digits) >= '0' && word.charAt(digits) <= '9') {
            digits++;
        }
        long unit = switch (word.substring(digits).toLowerCase(Locale.ROOT)) {
            case "", "b" -> 1;
            case "k" -> 1_000;
            case "kb" -> 1 << 10;
            case "m" -> 1_000_000;
            case "mb" -> 1 << 20;
            case "g" -> 1_000_000_000;
            case "gb" -> 1 << 30;
            default -> 0;
        };
        if (unit == 0 || digits > DIGITS_MAX) {
            return OptionalLong.empty();
        }
        // No digits are zero, as strtoull() has it.
        long number = digits == 0 ? 0 : Long.parseLong(word.substring(0, digits));
        return number > Long.MAX_VALUE / unit ? OptionalLong.empty() : OptionalLong.of(number * unit);
    }

    /** A percentile with at most six decimals, none of them a zero at the end. */
    static String percentile(String word) {
        double value = Numbers.parseDouble(Raw.bytes(word));
        return BigDecimal.valueOf(value)
                .setScale(6, RoundingMode.HALF_EVEN)
                .stripTrailingZeros()
                .toPlainString();
    }

    /** The shortest way to write a number of bytes, with a unit where it is a multiple of one. */
    static String bytesText(long bytes) {
        if (bytes != 0 && bytes % (1 << 30) == 0) {
            return (bytes >> 30) + "gb";
        }
        if (bytes != 0 && bytes % (1 << 20) == 0) {
            return (bytes >> 20) + "mb";
        }
        if (bytes != 0 && bytes % (1 << 10) == 0) {
            return (bytes >> 10) + "kb";
        }
        return Long.toString(bytes);
    }
}
