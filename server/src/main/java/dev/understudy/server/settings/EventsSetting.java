// SPDX-License-Identifier: Apache-2.0
package dev.understudy.server.settings;

import dev.understudy.wire.Quoted;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** {@code notify-keyspace-events}: one letter per class of events, {@code A} for most of them. */
public final class EventsSetting extends ListSetting {
    /** Letters in the order in which CONFIG GET shows them. */
    private static final String CLASSES = "g$lshzxetd";

    private static final String OTHERS = "KEmn";

    private String letters = "";
    /** By letter; asked for at each event. */
    private boolean[] chosen = new boolean[128];

    EventsSetting(Declaration declaration) {
        super(declaration);
    }

    /** Whether events of this class are published: {@code g}, {@code $}, {@code l}, ... {@code K} (keyspace), {@code E} (keyevent). */
    public boolean has(char letter) {
        return chosen[letter];
    }

    /** The classes, {@code A} spelled out. */
    public String letters() {
        return letters;
    }

    @Override
    public String text() {
        StringBuilder text = new StringBuilder();
        boolean all = CLASSES.chars().allMatch(letter -> has((char) letter));
        if (all) {
            text.append('A');
        }
        for (char letter : (all ? OTHERS : CLASSES + OTHERS).toCharArray()) {
            if (has(letter)) {
                text.append(letter);
            }
        }
        return text.toString();
    }

    @Override
    public String defaultText() {
        return "";
    }

    @Override
    public String range() {
        return "letters of Ag$lshzxeKEtmdn";
    }

    @Override
    @Nullable
    String assign(List<String> words) {
        if (words.size() != 1) {
            return "wrong number of arguments";
        }
        String wanted = words.getFirst().replace("A", CLASSES);
        if (!wanted.chars().allMatch(letter -> (CLASSES + OTHERS).indexOf(letter) >= 0)) {
            return "Invalid event class character. Use 'Ag$lshzxeKEtmdn'.";
        }
        letters(wanted);
        return null;
    }

    private void letters(String wanted) {
        letters = wanted;
        chosen = new boolean[128];
        wanted.chars().forEach(letter -> chosen[letter] = true);
    }

    @Override
    Runnable backup() {
        String before = letters;
        return () -> letters(before);
    }

    @Override
    List<Line> lines() {
        return List.of(new Line(name() + " " + Quoted.of(text()), !isDefault()));
    }
}
