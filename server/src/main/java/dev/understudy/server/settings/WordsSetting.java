// SPDX-License-Identifier: Apache-2.0
package dev.understudy.server.settings;

import java.util.List;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** A directive of any number of words that are checked together: addresses, percentiles. */
public final class WordsSetting extends ListSetting {
    private final List<String> fallback;
    private final String range;
    private final boolean leftOutWhenDefault;
    private final Function<List<String>, @Nullable String> check;
    private @Nullable UnaryOperator<String> form;
    private List<String> words;

    /**
     * @param leftOutWhenDefault whether CONFIG REWRITE removes the lines of a directive that has its default
     * @param check the error text for words, or null
     */
    WordsSetting(
            Declaration declaration,
            List<String> fallback,
            String range,
            boolean leftOutWhenDefault,
            Function<List<String>, @Nullable String> check) {
        super(declaration);
        this.fallback = fallback;
        this.range = range;
        this.leftOutWhenDefault = leftOutWhenDefault;
        this.check = check;
        this.words = fallback;
    }

    /** Has every word kept as {@code newForm} writes it. */
    WordsSetting keptAs(UnaryOperator<String> newForm) {
        form = newForm;
        return this;
    }

    /** The words; maybe none. */
    public List<String> words() {
        return words;
    }

    @Override
    public String text() {
        return String.join(" ", words);
    }

    @Override
    public String defaultText() {
        return String.join(" ", fallback);
    }

    @Override
    public String range() {
        return range;
    }

    @Override
    @Nullable
    String assign(List<String> given) {
        List<String> wanted = given.size() == 1 && given.getFirst().isEmpty() ? List.of() : List.copyOf(given);
        String error = check.apply(wanted);
        if (error == null) {
            words = form == null ? wanted : wanted.stream().map(form).toList();
        }
        return error;
    }

    @Override
    Runnable backup() {
        List<String> before = words;
        return () -> words = before;
    }

    @Override
    List<Line> lines() {
        if (leftOutWhenDefault && isDefault()) {
            return List.of();
        }
        return List.of(new Line(name() + " " + (words.isEmpty() ? "\"\"" : text()), !isDefault()));
    }
}
