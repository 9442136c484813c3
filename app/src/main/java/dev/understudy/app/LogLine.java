// SPDX-License-Identifier: Apache-2.0
package dev.understudy.app;

import ch.qos.logback.classic.Level;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZonedDateTime;
import org.jspecify.annotations.Nullable;

/** Redis's form of a log line: {@code pid:role dd Mon yyyy HH:MM:SS.mmm level message} (serverLogRaw). */
final class LogLine {
    private static final String[] MONTHS = {
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"
    };

    private final String defaultOwner;
    private final ZoneId zone;

    LogLine(long pid, ZoneId zone) {
        defaultOwner = pid + ":M";
        this.zone = zone;
    }

    /** {@code owner} is {@code pid:role}, null for lines that are no server's; {@code level} one of logback's integers. */
    String format(@Nullable String owner, long wallMillis, int level, String message) {
        ZonedDateTime time = Instant.ofEpochMilli(wallMillis).atZone(zone);
        StringBuilder text = new StringBuilder(48 + message.length());
        text.append(owner == null ? defaultOwner : owner).append(' ');
        number(text, time.getDayOfMonth(), 2)
                .append(' ')
                .append(MONTHS[time.getMonthValue() - 1])
                .append(' ');
        number(text, time.getYear(), 4).append(' ');
        number(text, time.getHour(), 2).append(':');
        number(text, time.getMinute(), 2).append(':');
        number(text, time.getSecond(), 2).append('.');
        number(text, time.getNano() / 1_000_000, 3).append(' ');
        return text.append(mark(level)).append(' ').append(message).append('\n').toString();
    }

    private static StringBuilder number(StringBuilder text, int value, int digits) {
        String decimal = Integer.toString(value);
        for (int i = decimal.length(); i < digits; i++) {
            text.append('0');
        }
        return text.append(decimal);
    }

    private static char mark(int level) {
        return switch (level) {
            case Level.TRACE_INT -> '.';
            case Level.DEBUG_INT -> '-';
            case Level.INFO_INT -> '*';
            default -> '#';
        };
    }
}
