// SPDX-License-Identifier: Apache-2.0
package dev.understudy.simulation;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The writes that a server has executed, in their order: first those whose reply has come, then those on their way, of which the server may have
 * executed some. Finds which of them a data set has. A crash ends a timeline where the data end, and the writes behind it never were;
 * an older file may still tell of them.
 */
final class Timeline {
    private static final int PAST_MAX = 8;

    private List<WriteUnit> units = new ArrayList<>();
    /** The data after all of them. */
    private NaiveData last = new NaiveData();

    private int acknowledged;
    private final List<List<WriteUnit>> past = new ArrayList<>();

    /** Writes whose reply has come. */
    int acknowledged() {
        return acknowledged;
    }

    /** All writes, with those under way. */
    int size() {
        return units.size();
    }

    /** Whether no write is under way. */
    boolean isSettled() {
        return acknowledged == units.size();
    }

    void sent(WriteUnit unit) {
        units.add(unit);
        unit.apply(last);
    }

    /** The reply to the first write under way has come; {@code executed}: it is no refusal. */
    void answered(WriteUnit unit, boolean executed) {
        if (units.get(acknowledged).number() != unit.number()) {
            throw new Divergence("the reply to " + unit + " comes before that to " + units.get(acknowledged));
        }
        if (executed) {
            acknowledged++;
        } else {
            units.remove(acknowledged);
            last = prefix(units.size());
        }
    }

    /** The data after all writes; not to be changed. */
    NaiveData expected() {
        return last;
    }

    /**
     * Writes that a data set has.
     *
     * @param count how many of the first ones, those under way that it has included
     * @param skipped how many of those under way it has not, though it has later ones: they were refused
     * @param line null if they are of the present timeline
     */
    record Found(int count, int skipped, @Nullable List<WriteUnit> line) {}

    /**
     * Finds the longest prefix that makes the very data; {@code refusals}: the first writes under way may have been refused.
     *
     * @return null if there is none
     */
    @Nullable
    Found find(Map<String, String> data, boolean refusals) {
        Found found = find(data, units, 0);
        for (int skipped = 1; found == null && refusals && skipped <= units.size() - acknowledged; skipped++) {
            found = find(data, units, skipped);
        }
        return found;
    }

    /** As {@link #find}, in timelines that have ended. */
    @Nullable
    Found findInThePast(Map<String, String> data) {
        for (List<WriteUnit> line : past.reversed()) {
            Found found = find(data, line, 0);
            if (found != null) {
                return new Found(found.count(), 0, line);
            }
        }
        return null;
    }

    private @Nullable Found find(Map<String, String> data, List<WriteUnit> line, int skipped) {
        long digest = NaiveData.digest(data);
        NaiveData naive = new NaiveData();
        Found found = null;
        for (int count = 0; count <= line.size(); count++) {
            if (naive.digest() == digest && naive.texts().equals(data)) {
                found = new Found(count, skipped, null);
            }
            boolean refused = count >= acknowledged && count < acknowledged + skipped;
            if (count < line.size() && !refused) {
                line.get(count).apply(naive);
            }
        }
        return found;
    }

    /** The server has begun anew with the writes found, and with nothing else. */
    void cut(Found found) {
        if (found.count() < units.size() || found.line() != null) {
            past.add(new ArrayList<>(units));
            if (past.size() > PAST_MAX) {
                past.removeFirst();
            }
        }
        List<WriteUnit> line = found.line();
        List<WriteUnit> kept = new ArrayList<>((line == null ? units : line).subList(0, found.count()));
        if (line == null) {
            kept.subList(Math.min(kept.size(), acknowledged), Math.min(kept.size(), acknowledged + found.skipped()))
                    .clear();
        }
        units = kept;
        acknowledged = kept.size();
        last = prefix(acknowledged);
    }

    /** The first {@code count} writes as data. */
    NaiveData prefix(int count) {
        NaiveData data = new NaiveData();
        units.subList(0, count).forEach(unit -> unit.apply(data));
        return data;
    }

    /** The writes from one to another, for messages. */
    String show(int from, int to) {
        StringBuilder out = new StringBuilder();
        for (int i = Math.max(0, from); i < Math.min(units.size(), to); i++) {
            out.append("\n  ")
                    .append(i + 1)
                    .append(i < acknowledged ? ". " : "? ")
                    .append(units.get(i));
        }
        return out.toString();
    }
}
