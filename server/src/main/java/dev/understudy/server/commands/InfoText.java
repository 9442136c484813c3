// SPDX-License-Identifier: Apache-2.0
package dev.understudy.server.commands;

import java.util.Locale;

/** The text of INFO as it grows: headlines and {@code name:value} lines, each ended by CR LF. */
final class InfoText {
    private final StringBuilder text = new StringBuilder(8 * 1024);

    /** Begins a section, after a blank line unless it is the first. */
    void section(String title) {
        if (!text.isEmpty()) {
            text.append("\r\n");
        }
        text.append("# ").append(title).append("\r\n");
    }

    InfoText field(String name, String value) {
        text.append(name).append(':').append(value).append("\r\n");
        return this;
    }

    InfoText field(String name, long value) {
        text.append(name).append(':').append(value).append("\r\n");
        return this;
    }

    /** 1 or 0. */
    InfoText flag(String name, boolean value) {
        return field(name, value ? 1 : 0);
    }

    /** {@code ok} or {@code err}. */
    InfoText status(String name, boolean ok) {
        return field(name, ok ? "ok" : "err");
    }

    /** With two decimals. */
    InfoText hundredths(String name, double value) {
        return field(name, fixed(value, 2));
    }

    /** Seconds with microseconds. */
    InfoText seconds(String name, double value) {
        return field(name, fixed(value, 6));
    }

    InfoText percent(String name, double value) {
        return field(name, fixed(value, 2) + "%");
    }

    /** The bytes, and under {@code name_human} the same for people (bytesToHuman). */
    InfoText bytes(String name, long bytes) {
        field(name, bytes);
        return field(name + "_human", human(bytes));
    }

    static String fixed(double value, int decimals) {
        return String.format(Locale.ROOT, "%." + decimals + "f", value);
    }

    /** {@code 900B}, {@code 1.02M}: binary units, two decimals. */
    static String human(long bytes) {
        if (bytes < 1024) {
            return bytes + "B";
        }
        String units = "KMGTP";
        double value = bytes;
        int unit = -1;
        while (value >= 1024 && unit < units.length() - 1) {
            value /= 1024;
            unit++;
        }
        return fixed(value, 2) + units.charAt(unit);
    }

    @Override
    public String toString() {
        return text.toString();
    }
}
