// SPDX-License-Identifier: Apache-2.0
package dev.understudy.server.settings;

import dev.understudy.wire.Bytes;
import dev.understudy.wire.Glob;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Files in memory; the working directory is {@code /conf}. */
final class FakeFiles implements ConfigFiles {
    private final TreeMap<String, String> texts = new TreeMap<>();
    private final Map<String, String> refusals = new HashMap<>();
    private final Set<String> directories;
    private String standardInput = "";

    FakeFiles(String... directories) {
        this.directories = Set.of(directories);
    }

    FakeFiles with(String path, String text) {
        texts.put(path, text);
        return this;
    }

    FakeFiles withStandardInput(String text) {
        standardInput = text;
        return this;
    }

    /** Reading and replacing this file fails for {@code reason}. */
    FakeFiles refusing(String path, String reason) {
        refusals.put(path, reason);
        return this;
    }

    String text(String path) {
        return texts.get(path);
    }

    @Override
    public Content read(String path) {
        String absolute = absolute(path);
        if (refusals.containsKey(absolute)) {
            return new Unreadable(refusals.get(absolute), false);
        }
        String text = texts.get(absolute);
        return text == null
                ? new Unreadable("No such file or directory", true)
                : new Read(text.getBytes(StandardCharsets.UTF_8));
    }

    @Override
    public Content readStandardInput() {
        return new Read(standardInput.getBytes(StandardCharsets.UTF_8));
    }

    @Override
    public List<String> matching(String pattern) {
        Bytes glob = Bytes.of(absolute(pattern));
        return texts.keySet().stream()
                .filter(path -> Glob.matches(glob, Bytes.of(path)))
                .toList();
    }

    @Override
    public Directory directory(String path) {
        String absolute = path.equals(".") ? "/conf" : absolute(path);
        return absolute.equals("/conf") || directories.contains(absolute)
                ? new Found(absolute)
                : new Missing("No such file or directory");
    }

    @Override
    public String absolute(String path) {
        return path.startsWith("/") ? path : "/conf/" + path;
    }

    @Override
    public @Nullable String replace(String path, byte[] content) {
        if (refusals.containsKey(path)) {
            return refusals.get(path);
        }
        texts.put(path, new String(content, StandardCharsets.UTF_8));
        return null;
    }
}
