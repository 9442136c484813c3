// SPDX-License-Identifier: Apache-2.0
package dev.understudy.server.settings;

import dev.understudy.server.settings.Setting.Property;
import java.util.ArrayList;
import java.util.List;

/** The page of the documentation about settings, from their declarations. */
public final class SettingsPage {
    private SettingsPage() {}

    /** The page {@code docs/settings.md}. */
    public static String text() {
        StringBuilder text = new StringBuilder("""
            # Settings

            Made from the declarations in the code. Names, older names, defaults and ranges are those of Redis 7.2;
            directives that only Understudy has say so. A directive is set in the configuration file, on the command
            line (`--port 7777`) or with `CONFIG SET`, unless it is marked *at start*. Numbers of bytes take units: `1k`
            is 1000 bytes, `1kb` is 1024; `m`, `mb`, `g` and `gb` likewise.

            Further marks: *protected*: `CONFIG SET` needs `enable-protected-configs`; *hidden*: not shown by
            `CONFIG GET *`; *not while loading*: refused while a data set is loaded; *no effect*: accepted and kept so
            that configuration files of Redis work, with a warning in the log unless it is the default; *only the
            default*: anything else is refused at the start and by `CONFIG SET`, since what it asks for is not built and
            whoever asks relies on it ([operations.md](operations.md) has the texts).
            """);
        Settings settings = new Settings();
        for (Group group : Group.values()) {
            text.append("\n## ").append(group.title()).append("\n\n");
            text.append("| Directive | Default | Values | Meaning |\n|---|---|---|---|\n");
            for (Setting setting : of(settings, group)) {
                text.append("| `").append(setting.name()).append('`');
                if (setting.alias() != null) {
                    text.append(" (`").append(setting.alias()).append("`)");
                }
                String fallback = setting.defaultText();
                text.append(" | ").append(fallback.isEmpty() ? "" : "`" + fallback + "`");
                text.append(" | ").append(setting.range().replace("|", "\\|"));
                text.append(" | ").append(setting.doc());
                text.append(marks(setting)).append(" |\n");
            }
        }
        return text.toString();
    }

    private static String marks(Setting setting) {
        List<String> marks = new ArrayList<>();
        if (setting.is(Property.IMMUTABLE) || setting.is(Property.FIXED)) {
            marks.add("at start");
        }
        if (setting.is(Property.PROTECTED)) {
            marks.add("protected");
        }
        if (setting.is(Property.HIDDEN)) {
            marks.add("hidden");
        }
        if (setting.is(Property.DENY_LOADING)) {
            marks.add("not while loading");
        }
        if (setting.is(Property.INERT)) {
            marks.add("no effect");
        }
        if (setting.isRefused()) {
            marks.add("only the default");
        }
        return marks.isEmpty() ? "" : " *" + String.join(", ", marks) + "*";
    }

    private static List<Setting> of(Settings settings, Group group) {
        return settings.all().stream()
                .filter(setting -> setting.group() == group)
                .toList();
    }
}
