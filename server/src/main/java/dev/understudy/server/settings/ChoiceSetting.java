// SPDX-License-Identifier: Apache-2.0
package dev.understudy.server.settings;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * A directive that is one of some words, or, with {@link Setting.Property#MULTIPLE}, several of them; then the first of them stands for
 * none of the others.
 */
public final class ChoiceSetting extends Setting {
    private final List<String> words;
    private final String fallback;
    private String value;
    private boolean assigned;

    /** @param choice the words separated by blanks; the default is the first one, or the one after {@code !} */
    ChoiceSetting(Declaration declaration, String choice) {
        super(declaration);
        List<String> all = new ArrayList<>();
        String chosen = "";
        for (String word : choice.split(" ")) {
            boolean marked = word.startsWith("!");
            all.add(marked ? word.substring(1) : word);
            if (marked) {
                chosen = word.substring(1);
            }
        }
        this.words = List.copyOf(all);
        this.fallback = chosen.isEmpty() ? words.getFirst() : chosen;
        this.value = fallback;
    }

    /** The word in lower case; several are separated by blanks. */
    public String value() {
        return value;
    }

    public boolean is(String word) {
        return value.equals(word);
    }

    /** Whether {@code word} is among several. */
    public boolean has(String word) {
        return List.of(value.split(" ")).contains(word);
    }

    /** Whether the value was given by file, command line or CONFIG SET, rather than being the default. */
    public boolean isGiven() {
        return assigned;
    }

    @Override
    List<Line> lines() {
        return is(Property.GIVEN) && assigned ? List.of(new Line(name() + " " + text(), true)) : super.lines();
    }

    @Override
    public String text() {
        return value;
    }

    @Override
    public String defaultText() {
        return fallback;
    }

    @Override
    public String range() {
        return String.join(", ", words);
    }

    @Override
    @Nullable
    String assign(List<String> given) {
        List<String> chosen = new ArrayList<>();
        for (String word : given) {
            String lower = word.toLowerCase(Locale.ROOT);
            if (!words.contains(lower)) {
                chosen.clear();
                break;
            }
            chosen.add(lower);
        }
        if (chosen.isEmpty() || !is(Property.MULTIPLE) && chosen.size() > 1) {
            return "argument(s) must be one of the following: " + range();
        }
        if (is(Property.MULTIPLE)) {
            if (chosen.contains("save") && chosen.contains("nosave")) {
                return "shutdown options SAVE and NOSAVE can't be used simultaneously";
            }
            List<String> inOrder = new ArrayList<>(words);
            inOrder.retainAll(chosen);
            if (inOrder.size() > 1) {
                inOrder.remove(words.getFirst());
            }
            value = String.join(" ", inOrder);
        } else {
            value = chosen.getFirst();
        }
        assigned = true;
        return null;
    }

    @Override
    Runnable backup() {
        String before = value;
        boolean assignedBefore = assigned;
        return () -> {
            value = before;
            assigned = assignedBefore;
        };
    }
}
