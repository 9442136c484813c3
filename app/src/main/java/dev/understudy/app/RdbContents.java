// SPDX-License-Identifier: Apache-2.0
package dev.understudy.app;

import dev.understudy.persist.RdbSurvey;
import dev.understudy.store.ValueType;
import dev.understudy.wire.Bytes;
import dev.understudy.wire.Quoted;
import java.io.PrintWriter;
import java.time.Instant;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** What a snapshot holds, summed up while it is read, as tables for people. */
final class RdbContents implements RdbSurvey.Visitor {
    private static final int BIGGEST = 10;
    private static final int KEY_SHOWN_MAX = 48;
    private static final int AUX_SHOWN_MAX = 80;
    private static final DateTimeFormatter TIME = DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm:ss", Locale.ROOT);

    /** A row of the table of types. */
    private record Place(long database, ValueType type) {}

    private static final class Sum {
        private long keys;
        private long expiring;
        private long elements;
        private long fileBytes;
        private long memoryBytes;
        private final Map<String, Long> forms = new TreeMap<>();
    }

    private record Big(
            long database, String key, ValueType type, String form, long elements, long fileBytes, long memoryBytes) {}

    private final Map<Place, Sum> sums =
            new TreeMap<>(Comparator.comparingLong(Place::database).thenComparing(Place::type));
    private final PriorityQueue<Big> biggest = new PriorityQueue<>(Comparator.comparingLong(Big::memoryBytes));
    private final List<String> fields = new ArrayList<>();
    private final List<String> libraries = new ArrayList<>();
    private long firstExpiry = Long.MAX_VALUE;
    private long lastExpiry = -1;

    @Override
    public void aux(Bytes name, Bytes value) {
        fields.add(shortened(name.toArray(), AUX_SHOWN_MAX) + " " + shortened(value.toArray(), AUX_SHOWN_MAX));
    }

    @Override
    public void function(@Nullable String name, Bytes source) {
        libraries.add((name == null ? "(without a name)" : name) + ", " + number(source.length) + " bytes");
    }

    @Override
    public void key(RdbSurvey.Found found) {
        Sum sum = sums.computeIfAbsent(new Place(found.database(), found.type()), _ -> new Sum());
        sum.keys++;
        sum.elements += found.elements();
        sum.fileBytes += found.fileBytes();
        sum.memoryBytes += found.memoryBytes();
        sum.forms.merge(found.form(), 1L, Long::sum);
        if (found.expireAtMillis() >= 0) {
            sum.expiring++;
            firstExpiry = Math.min(firstExpiry, found.expireAtMillis());
            lastExpiry = Math.max(lastExpiry, found.expireAtMillis());
        }
        if (biggest.size() == BIGGEST && biggest.element().memoryBytes() >= found.memoryBytes()) {
            return;
        }
        if (biggest.size() == BIGGEST) {
            biggest.remove();
        }
        biggest.add(new Big(
                found.database(),
                shortened(found.key().toArray(), KEY_SHOWN_MAX),
                found.type(),
                found.form(),
                found.elements(),
                found.fileBytes(),
                found.memoryBytes()));
    }

    void print(PrintWriter out) {
        section(out, "auxiliary fields", fields);
        section(out, "function libraries", libraries);
        if (sums.isEmpty()) {
            return;
        }
        out.println("  keys by database and type");
        row(out, "db", "type", "keys", "expiring", "elements", "bytes", "memory", "stored as");
        sums.forEach((place, sum) -> row(
                out,
                Long.toString(place.database()),
                place.type().word(),
                number(sum.keys),
                number(sum.expiring),
                number(sum.elements),
                number(sum.fileBytes),
                number(sum.memoryBytes),
                forms(sum)));
        if (lastExpiry >= 0) {
            out.println("  expiry         from " + time(firstExpiry) + " to " + time(lastExpiry));
        }
        out.println("  biggest keys");
        row(out, "db", "type", "", "", "elements", "bytes", "memory", "key");
        List<Big> order = new ArrayList<>(biggest);
        order.sort(Comparator.comparingLong(Big::memoryBytes).reversed());
        for (Big big : order) {
            row(
                    out,
                    Long.toString(big.database()),
                    big.type().word(),
                    "",
                    "",
                    number(big.elements()),
                    number(big.fileBytes()),
                    number(big.memoryBytes()),
                    big.key());
        }
    }

    private static void section(PrintWriter out, String title, List<String> lines) {
        if (!lines.isEmpty()) {
            out.println("  " + title);
            lines.forEach(line -> out.println("    " + line));
        }
    }

    private static String forms(Sum sum) {
        StringBuilder text = new StringBuilder();
        sum.forms.forEach((form, count) ->
                text.append(text.isEmpty() ? "" : ", ").append(form).append(' ').append(number(count)));
        return text.toString();
    }

    private static void row(PrintWriter out, String... cells) {
        out.println(String.format(Locale.ROOT, "    %3s %-7s %11s %11s %13s %15s %15s  %s", (Object[]) cells)
                .stripTrailing());
    }

    private static String shortened(byte[] bytes, int most) {
        String quoted = Quoted.of(bytes);
        String text = quoted.substring(1, quoted.length() - 1);
        return text.length() <= most ? text : text.substring(0, most) + "...";
    }

    static String time(long millis) {
        return TIME.format(Instant.ofEpochMilli(millis).atZone(ZoneId.systemDefault()));
    }

    static String number(long value) {
        return String.format(Locale.ROOT, "%,d", value);
    }
}
