// SPDX-License-Identifier: Apache-2.0
package dev.understudy.server.settings;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** {@code save}: pairs of seconds and changes. Lines of the configuration file add up, CONFIG SET replaces. */
public final class SaveSetting extends ListSetting {
    private static final List<SavePoint> FALLBACK =
            List.of(new SavePoint(3600, 1), new SavePoint(300, 100), new SavePoint(60, 10_000));

    private List<SavePoint> points = FALLBACK;
    private boolean adding;
    private boolean added;

    SaveSetting(Declaration declaration) {
        super(declaration);
    }

    /** When to save by itself; empty for never. */
    public List<SavePoint> points() {
        return points;
    }

    /** Whether further assignments add to what the ones before gave: while a configuration file is read. */
    void adding(boolean value) {
        adding = value;
        added = false;
    }

    @Override
    public String text() {
        return text(points);
    }

    @Override
    public String defaultText() {
        return text(FALLBACK);
    }

    private static String text(List<SavePoint> points) {
        return points.stream()
                .map(point -> point.seconds() + " " + point.changes())
                .collect(Collectors.joining(" "));
    }

    @Override
    public String range() {
        return "pairs of seconds and changes, or \"\" for never";
    }

    @Override
    @Nullable
    String assign(List<String> words) {
        boolean none = words.size() == 1 && words.getFirst().isEmpty();
        List<SavePoint> given = new ArrayList<>();
        if (!none) {
            if (words.size() % 2 != 0) {
                return "Invalid save parameters";
            }
            for (int i = 0; i < words.size(); i += 2) {
                var seconds = Units.integer(words.get(i));
                var changes = Units.integer(words.get(i + 1));
                if (seconds.orElse(0) < 1 || changes.orElse(-1) < 0 || changes.getAsLong() > Integer.MAX_VALUE) {
                    return "Invalid save parameters";
                }
                given.add(new SavePoint(seconds.getAsLong(), (int) changes.getAsLong()));
            }
        }
        if (adding && added && !none) {
            given.addAll(0, points);
        }
        added = true;
        points = List.copyOf(given);
        return null;
    }

    @Override
    Runnable backup() {
        List<SavePoint> before = points;
        return () -> points = before;
    }

    @Override
    List<Line> lines() {
        return points.isEmpty()
                ? List.of(new Line("save \"\"", true))
                : points.stream()
                        .map(point -> new Line("save " + point.seconds() + " " + point.changes(), true))
                        .toList();
    }
}
