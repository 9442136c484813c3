// SPDX-License-Identifier: Apache-2.0
package dev.understudy.server.settings;

import dev.understudy.wire.Quoted;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** {@code dir}: where the files of the data are; a directory that exists. */
public final class DirectorySetting extends Setting {
    private @Nullable ConfigFiles files;
    private String path = ".";

    DirectorySetting(Declaration declaration) {
        super(declaration);
    }

    /** The path; absolute as soon as the settings were read with {@link ConfigFiles}. */
    public String value() {
        return Raw.decode(path);
    }

    /** From now on a new value is looked up by {@code newFiles}, relative to the present one. */
    void resolveBy(ConfigFiles newFiles) {
        files = newFiles;
        if (newFiles.directory(value()) instanceof ConfigFiles.Found(String absolute)) {
            path = Raw.encode(absolute);
        }
    }

    @Override
    public String text() {
        return path;
    }

    @Override
    public String defaultText() {
        return ".";
    }

    @Override
    public String range() {
        return "path of a directory";
    }

    @Override
    @Nullable
    String assign(List<String> words) {
        if (words.size() != 1) {
            return "wrong number of arguments";
        }
        String wanted = within(words.getFirst());
        if (files == null) {
            path = wanted;
            return null;
        }
        return switch (files.directory(Raw.decode(wanted))) {
            case ConfigFiles.Found(String absolute) -> {
                path = Raw.encode(absolute);
                yield null;
            }
            case ConfigFiles.Missing(String reason) -> reason;
        };
    }

    /** A path relative to the directory, as a process's working directory makes it. */
    String within(String relative) {
        return relative.startsWith("/") || path.equals(".") ? relative : path + "/" + relative;
    }

    @Override
    Runnable backup() {
        String before = path;
        return () -> path = before;
    }

    @Override
    List<Line> lines() {
        // Needed even as default: the directory that a server was started in may not be that of its next start.
        return List.of(new Line(name() + " " + Quoted.of(path), true));
    }
}
