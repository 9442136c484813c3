// SPDX-License-Identifier: Apache-2.0
package dev.understudy.server.settings;

import java.util.List;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/** A directive that is a whole number; its doc says of what. */
public final class NumberSetting extends Setting {
    /** How the number is written. */
    enum Notation {
        DECIMAL,
        /** With an optional unit: 10mb. */
        BYTES,
        /** As {@link #BYTES}, or a percentage, which is held as a negative number. */
        BYTES_OR_PERCENT,
        OCTAL
    }

    private final Notation notation;
    private final long fallback;
    private final long min;
    private final long max;
    private @Nullable LongConsumer mirror;
    private long usedMin;
    private long usedMax;
    private long value;

    NumberSetting(Declaration declaration, Notation notation, long fallback, long min, long max) {
        super(declaration);
        this.notation = notation;
        this.fallback = fallback;
        this.min = min;
        this.max = max;
        this.usedMin = min;
        this.usedMax = max;
        this.value = fallback;
    }

    /** The value, from the directive's minimum to its maximum; a percentage is negative. */
    public long value() {
        return value;
    }

    /** Has every new value, the present one included, given to {@code consumer} too. */
    NumberSetting mirroredBy(LongConsumer consumer) {
        mirror = consumer;
        consumer.accept(value);
        return this;
    }

    /** Accepts all of the range, but holds the nearest number from {@code least} to {@code most}. */
    NumberSetting clampedTo(long least, long most) {
        usedMin = least;
        usedMax = most;
        return this;
    }

    private void set(long newValue) {
        value = newValue;
        if (mirror != null) {
            mirror.accept(newValue);
        }
    }

    @Override
    public String text() {
        return format(value);
    }

    @Override
    public String defaultText() {
        return format(fallback);
    }

    private String format(long number) {
        return switch (notation) {
            case DECIMAL, BYTES -> Long.toString(number);
            case BYTES_OR_PERCENT -> number < 0 ? -number + "%" : Long.toString(number);
            case OCTAL -> Long.toOctalString(number);
        };
    }

    @Override
    public String range() {
        return switch (notation) {
            case DECIMAL -> between(min, max);
            case BYTES -> between(min, max) + " bytes";
            case BYTES_OR_PERCENT -> "0.." + -min + "%, or " + between(0, max) + " bytes";
            case OCTAL -> Long.toOctalString(min) + ".." + Long.toOctalString(max) + " octal";
        };
    }

    private static String between(long low, long high) {
        return low + (high == Long.MAX_VALUE || high == Integer.MAX_VALUE ? " or more" : ".." + high);
    }

    @Override
    @Nullable
    String assign(List<String> words) {
        String word = words.getFirst();
        if (notation == Notation.BYTES_OR_PERCENT && word.length() > 1 && word.endsWith("%")) {
            var percent = Units.integer(word.substring(0, word.length() - 1));
            if (percent.isEmpty() || percent.getAsLong() < 0) {
                return "argument must be a memory or percent value";
            }
            if (percent.getAsLong() > -min) {
                return "percentage argument must be less or equal to " + -min;
            }
            set(-percent.getAsLong());
            return null;
        }
        var number = switch (notation) {
            case DECIMAL -> Units.integer(word);
            case BYTES, BYTES_OR_PERCENT -> Units.bytes(word);
            case OCTAL -> Units.octal(word);
        };
        if (number.isEmpty()) {
            return switch (notation) {
                case DECIMAL -> "argument couldn't be parsed into an integer";
                case BYTES -> "argument must be a memory value";
                case BYTES_OR_PERCENT -> "argument must be a memory or percent value";
                case OCTAL -> "argument couldn't be parsed as an octal number";
            };
        }
        long wanted = number.getAsLong();
        if (wanted < min || wanted > max) {
            return notation == Notation.OCTAL
                    ? "argument must be between " + Long.toOctalString(min) + " and " + Long.toOctalString(max)
                            + " inclusive"
                    : "argument must be between " + min + " and " + max + " inclusive";
        }
        set(Math.clamp(wanted, usedMin, usedMax));
        return null;
    }

    @Override
    Runnable backup() {
        long before = value;
        return () -> set(before);
    }

    @Override
    List<Line> lines() {
        boolean bytes = notation == Notation.BYTES || notation == Notation.BYTES_OR_PERCENT;
        return List.of(new Line(name() + " " + (bytes && value >= 0 ? Units.bytesText(value) : text()), !isDefault()));
    }
}
