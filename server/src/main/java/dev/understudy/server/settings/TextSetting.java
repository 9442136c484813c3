// SPDX-License-Identifier: Apache-2.0
package dev.understudy.server.settings;

import dev.understudy.wire.Quoted;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** A directive that is any text; empty where nothing is set. */
public final class TextSetting extends Setting {
    private final String fallback;
    private @Nullable Function<String, @Nullable String> check;
    private String raw;
    private String value;

    TextSetting(Declaration declaration, String fallback) {
        super(declaration);
        this.fallback = fallback;
        this.raw = fallback;
        this.value = fallback;
    }

    /** Has new values checked by {@code check}, which returns the error text or null. */
    TextSetting checkedBy(Function<String, @Nullable String> newCheck) {
        check = newCheck;
        return this;
    }

    /** The text, bytes that are not UTF-8 replaced: {@link #bytes} for what may be binary. */
    public String value() {
        return value;
    }

    /** The bytes as they were given; the array is the caller's. */
    public byte[] bytes() {
        return Raw.array(raw);
    }

    @Override
    public String text() {
        return raw;
    }

    @Override
    public String defaultText() {
        return fallback;
    }

    @Override
    public String range() {
        return "text";
    }

    private void set(String newRaw) {
        raw = newRaw;
        value = Raw.decode(newRaw);
    }

    @Override
    @Nullable
    String assign(List<String> words) {
        String error = check == null ? null : check.apply(words.getFirst());
        if (error == null) {
            set(words.getFirst());
        }
        return error;
    }

    @Override
    Runnable backup() {
        String before = raw;
        return () -> set(before);
    }

    @Override
    List<Line> lines() {
        return raw.isEmpty() && fallback.isEmpty()
                ? List.of()
                : List.of(new Line(name() + " " + Quoted.of(raw), !isDefault()));
    }
}
