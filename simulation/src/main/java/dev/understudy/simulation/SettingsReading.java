// SPDX-License-Identifier: Apache-2.0
package dev.understudy.simulation;

import dev.understudy.server.settings.ConfigFiles;
import dev.understudy.server.settings.Settings;
import dev.understudy.server.settings.SettingsReader;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Makes settings of options as on the command line; there are no configuration files here. */
final class SettingsReading implements ConfigFiles {
    private static final String MISSING = "No such file or directory";

    static final ConfigFiles NO_FILES = new SettingsReading();

    private SettingsReading() {}

    /** @param options {@code --name value ...} */
    static Settings read(List<String> options) {
        return switch (new SettingsReader(NO_FILES).read(options)) {
            case SettingsReader.Loaded(Settings settings, var _) -> settings;
            case SettingsReader.Refused(List<String> lines) -> throw new IllegalStateException(String.join(" ", lines));
        };
    }

    @Override
    public Content read(String path) {
        return new Unreadable(MISSING, true);
    }

    @Override
    public Content readStandardInput() {
        return new Unreadable(MISSING, true);
    }

    @Override
    public List<String> matching(String pattern) {
        return List.of();
    }

    @Override
    public Directory directory(String path) {
        return new Found("/simulated");
    }

    @Override
    public String absolute(String path) {
        return path;
    }

    @Override
    public @Nullable String replace(String path, byte[] content) {
        return MISSING;
    }
}
