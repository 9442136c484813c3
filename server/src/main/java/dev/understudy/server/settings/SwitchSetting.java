// SPDX-License-Identifier: Apache-2.0
package dev.understudy.server.settings;

import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** A directive that is {@code yes} or {@code no}. */
public final class SwitchSetting extends Setting {
    private final boolean fallback;
    private boolean on;

    SwitchSetting(Declaration declaration, boolean fallback) {
        super(declaration);
        this.fallback = fallback;
        this.on = fallback;
    }

    /** Whether it is on. */
    public boolean on() {
        return on;
    }

    @Override
    public String text() {
        return word(on);
    }

    @Override
    public String defaultText() {
        return word(fallback);
    }

    @Override
    public String range() {
        return "yes, no";
    }

    private static String word(boolean value) {
        return value ? "yes" : "no";
    }

    @Override
    @Nullable
    String assign(List<String> words) {
        switch (words.getFirst().toLowerCase(Locale.ROOT)) {
            case "yes" -> on = true;
            case "no" -> on = false;
            default -> {
                return "argument must be 'yes' or 'no'";
            }
        }
        return null;
    }

    @Override
    Runnable backup() {
        boolean before = on;
        return () -> on = before;
    }
}
