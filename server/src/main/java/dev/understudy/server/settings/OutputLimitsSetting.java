// SPDX-License-Identifier: Apache-2.0
package dev.understudy.server.settings;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** {@code client-output-buffer-limit}: groups of class, hard limit, soft limit, seconds; classes that are not named keep theirs. */
public final class OutputLimitsSetting extends ListSetting {
    private static final List<String> CLASSES = List.of("normal", "slave", "pubsub");
    private static final List<OutputLimit> FALLBACK = List.of(
            new OutputLimit(0, 0, 0),
            new OutputLimit(256L << 20, 64L << 20, 60),
            new OutputLimit(32L << 20, 8L << 20, 60));

    private List<OutputLimit> limits = FALLBACK;

    OutputLimitsSetting(Declaration declaration) {
        super(declaration);
    }

    /** @param clientClass {@link OutputLimit#NORMAL} ... */
    public OutputLimit of(int clientClass) {
        return limits.get(clientClass);
    }

    @Override
    public String text() {
        return text(limits);
    }

    @Override
    public String defaultText() {
        return text(FALLBACK);
    }

    private static String text(List<OutputLimit> limits) {
        List<String> words = new ArrayList<>();
        for (int i = 0; i < limits.size(); i++) {
            OutputLimit limit = limits.get(i);
            words.add(CLASSES.get(i) + " " + limit.hardBytes() + " " + limit.softBytes() + " " + limit.softSeconds());
        }
        return String.join(" ", words);
    }

    @Override
    public String range() {
        return "groups of: normal, replica or pubsub; hard limit; soft limit; seconds";
    }

    @Override
    @Nullable
    String assign(List<String> words) {
        if (words.size() % 4 != 0) {
            return "Wrong number of arguments in buffer limit configuration.";
        }
        List<OutputLimit> wanted = new ArrayList<>(limits);
        for (int i = 0; i < words.size(); i += 4) {
            String word = words.get(i).toLowerCase(Locale.ROOT);
            int index = CLASSES.indexOf(word.equals("replica") ? "slave" : word);
            if (index < 0) {
                return "Invalid client class specified in buffer limit configuration.";
            }
            var hard = Units.bytes(words.get(i + 1));
            var soft = Units.bytes(words.get(i + 2));
            var seconds = Units.integer(words.get(i + 3));
            if (hard.isEmpty() || soft.isEmpty() || seconds.orElse(-1) < 0) {
                return "Error in hard, soft or soft_seconds setting in buffer limit configuration.";
            }
            wanted.set(index, new OutputLimit(hard.getAsLong(), soft.getAsLong(), seconds.getAsLong()));
        }
        limits = List.copyOf(wanted);
        return null;
    }

    @Override
    Runnable backup() {
        List<OutputLimit> before = limits;
        return () -> limits = before;
    }

    @Override
    List<Line> lines() {
        List<Line> lines = new ArrayList<>();
        for (int i = 0; i < limits.size(); i++) {
            OutputLimit limit = limits.get(i);
            String text = name() + " " + (i == OutputLimit.REPLICA ? "replica" : CLASSES.get(i)) + " "
                    + Units.bytesText(limit.hardBytes()) + " " + Units.bytesText(limit.softBytes()) + " "
                    + limit.softSeconds();
            lines.add(new Line(text, !limit.equals(FALLBACK.get(i))));
        }
        // So that a line of a class that differs from the default is not reused for one that does not.
        lines.sort(Comparator.comparing(line -> !line.needed()));
        return lines;
    }
}
