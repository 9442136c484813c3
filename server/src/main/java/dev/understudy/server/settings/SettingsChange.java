// SPDX-License-Identifier: Apache-2.0
package dev.understudy.server.settings;

import dev.understudy.server.settings.Setting.Property;
import dev.understudy.wire.Bytes;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Changes settings of a running server, all of them or none: every value is checked and set, then the listeners of those that changed are
 * told; the first refusal brings everything back. Confined to the command loop.
 */
public final class SettingsChange {
    private static final String LOADING = "LOADING Redis is loading the dataset in memory";

    private final Settings settings;
    private final Consumer<String> warnings;

    /** @param warnings gets lines for the log */
    public SettingsChange(Settings settings, Consumer<String> warnings) {
        this.settings = settings;
        this.warnings = warnings;
    }

    /**
     * One directive to set.
     *
     * @param name raw, in any case
     */
    public record Pair(String name, byte[] value) {}

    /**
     * Sets all pairs, or none.
     *
     * @param loading whether a data set is being loaded
     * @param protectedAllowed whether the caller may set what {@code enable-protected-configs} protects
     * @return the error reply, with its code, as CONFIG SET gives it; or null
     */
    public @Nullable String apply(List<Pair> pairs, boolean loading, boolean protectedAllowed) {
        Map<Setting, String> values = new LinkedHashMap<>();
        for (Pair pair : pairs) {
            Setting setting = settings.find(pair.name());
            if (setting == null) {
                return "ERR Unknown option or number of arguments for CONFIG SET - '" + Bytes.printed(pair.name())
                        + "'";
            }
            if (setting.is(Property.IMMUTABLE)) {
                return failed(pair.name(), "can't set immutable config");
            }
            if (setting.is(Property.FIXED) && !setting.text().equals(Raw.of(pair.value()))) {
                return failed(pair.name(), "can't be changed while the server runs");
            }
            if (setting.is(Property.PROTECTED) && !protectedAllowed) {
                return failed(pair.name(), "can't set protected config");
            }
            if (loading && setting.is(Property.DENY_LOADING)) {
                return LOADING;
            }
            if (values.putIfAbsent(setting, Raw.of(pair.value())) != null) {
                return failed(pair.name(), "duplicate parameter");
            }
        }
        return assignAll(values);
    }

    private static String failed(String name, String error) {
        return "ERR CONFIG SET failed (possibly related to argument '" + name + "') - " + error;
    }

    private @Nullable String assignAll(Map<Setting, String> values) {
        List<Runnable> backups = new ArrayList<>();
        Map<Setting.Listener, Setting> toTell = new LinkedHashMap<>();
        for (var entry : values.entrySet()) {
            Setting setting = entry.getKey();
            String before = setting.text();
            backups.add(setting.backup());
            String error = setting.accept(
                    setting.is(Property.MULTIPLE) ? Words.ofValue(entry.getValue()) : List.of(entry.getValue()));
            if (error != null) {
                backups.forEach(Runnable::run);
                return failed(setting.name(), error);
            }
            if (setting.is(Property.VOLATILE) || !setting.text().equals(before)) {
                for (Setting.Listener listener : setting.listeners()) {
                    toTell.putIfAbsent(listener, setting);
                }
            }
        }
        String refused = tell(toTell, backups);
        if (refused == null) {
            values.keySet().stream()
                    .map(Setting::warning)
                    .filter(Objects::nonNull)
                    .forEach(warnings);
        }
        return refused;
    }

    private @Nullable String tell(Map<Setting.Listener, Setting> toTell, List<Runnable> backups) {
        List<Setting.Listener> told = new ArrayList<>();
        for (var entry : toTell.entrySet()) {
            told.add(entry.getKey());
            String error = entry.getKey().changed();
            if (error != null) {
                String name = entry.getValue().name();
                warnings.accept("Failed applying new configuration. Possibly related to new " + name
                        + " setting. Restoring previous settings.");
                backups.forEach(Runnable::run);
                for (Setting.Listener listener : told) {
                    String again = listener.changed();
                    if (again != null) {
                        warnings.accept("Failed applying restored failed CONFIG SET command: " + again);
                    }
                }
                return failed(name, error);
            }
        }
        return null;
    }
}
