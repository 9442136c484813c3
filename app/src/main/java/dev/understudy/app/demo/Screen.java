// SPDX-License-Identifier: Apache-2.0
package dev.understudy.app.demo;

import java.io.PrintWriter;
import java.util.List;
import java.util.Locale;

/** Where the scenes are shown. Confined to one thread. */
interface Screen extends AutoCloseable {
    /** Nanoseconds between two scenes. */
    long periodNanos();

    void show(Scene scene, List<String> events);

    /** Leaves the terminal as it was. */
    @Override
    void close();

    /** A screen for people if {@code terminal}, else lines for files and pipes. */
    static Screen on(PrintWriter out, boolean terminal) {
        return terminal ? new Ansi(out) : new Lines(out);
    }

    /** A table that is drawn again in the same place. */
    final class Ansi implements Screen {
        private static final String CLEAR = "\033[2J";
        private static final String HOME = "\033[H";
        private static final String REST_OF_LINE = "\033[K";
        private static final String REST_OF_SCREEN = "\033[J";
        private static final String BOLD = "\033[1m";
        private static final String DIM = "\033[2m";
        private static final String GREEN = "\033[32m";
        private static final String RED = "\033[31m";
        private static final String PLAIN = "\033[0m";
        private static final String HIDE_CURSOR = "\033[?25l";
        private static final String SHOW_CURSOR = "\033[?25h";
        private static final int COLUMNS = 100;

        private final PrintWriter out;

        Ansi(PrintWriter out) {
            this.out = out;
            out.print(HIDE_CURSOR + CLEAR);
        }

        @Override
        public long periodNanos() {
            return 500_000_000L;
        }

        @Override
        public void show(Scene scene, List<String> events) {
            StringBuilder text = new StringBuilder(4096).append(HOME);
            line(text, BOLD + "Understudy" + PLAIN + "  a master, its replica, and the replica's replica; Ctrl-C ends");
            line(text, "");
            line(
                    text,
                    String.format(
                            Locale.ROOT,
                            "%.0f s, %,d writes, %,d per second, %d cuts of the last link",
                            scene.seconds(),
                            scene.written(),
                            scene.writesPerSecond(),
                            scene.cuts()));
            line(text, scene.error() == null ? "" : RED + "The load: " + scene.error() + PLAIN);
            line(
                    text,
                    BOLD
                            + String.format(
                                    Locale.ROOT,
                                    "%-9s %5s  %-7s %-5s %15s %10s %6s %8s %8s %5s %8s",
                                    "server",
                                    "port",
                                    "role",
                                    "link",
                                    "offset",
                                    "lag bytes",
                                    "lag s",
                                    "ops/s",
                                    "keys",
                                    "full",
                                    "partial")
                            + PLAIN);
            for (Scene.Row row : scene.rows()) {
                line(text, row(row));
            }
            line(text, "");
            line(text, DIM + "full, partial: synchronizations that this server has granted to its replica" + PLAIN);
            line(text, "");
            for (String event : events) {
                line(text, event.length() > COLUMNS ? event.substring(0, COLUMNS) : event);
            }
            out.print(text.append(REST_OF_SCREEN));
            out.flush();
        }

        private static String row(Scene.Row row) {
            Status status = row.status();
            String link = String.format(Locale.ROOT, "%-5s", status.link().isEmpty() ? "-" : status.link());
            String role = status.role().equals("slave") ? "replica" : "master";
            return String.format(Locale.ROOT, "%-9s %5d  %-7s ", row.name(), row.port(), role)
                    + (status.link().isEmpty() ? link : (status.isLinkUp() ? GREEN : RED) + link + PLAIN)
                    + String.format(
                            Locale.ROOT,
                            " %,15d %,10d %6s %,8d %,8d %5d %8d",
                            status.offset(),
                            row.lagBytes(),
                            row.lagSeconds() < 0 ? "-" : Long.toString(row.lagSeconds()),
                            status.ops(),
                            status.keys(),
                            status.fullSyncs(),
                            status.partialSyncs());
        }

        private static void line(StringBuilder text, String line) {
            text.append(line).append(REST_OF_LINE).append("\r\n");
        }

        @Override
        public void close() {
            out.print(SHOW_CURSOR);
            out.flush();
        }
    }

    /** A line per second. */
    final class Lines implements Screen {
        private final PrintWriter out;

        Lines(PrintWriter out) {
            this.out = out;
        }

        @Override
        public long periodNanos() {
            return 1_000_000_000L;
        }

        @Override
        public void show(Scene scene, List<String> events) {
            StringBuilder text = new StringBuilder(256);
            text.append(String.format(
                    Locale.ROOT,
                    "%.0fs writes=%d rate=%d cuts=%d",
                    scene.seconds(),
                    scene.written(),
                    scene.writesPerSecond(),
                    scene.cuts()));
            for (Scene.Row row : scene.rows()) {
                Status status = row.status();
                text.append(" | ").append(row.name()).append(" offset=").append(status.offset());
                if (!status.link().isEmpty()) {
                    text.append(" link=").append(status.link());
                    text.append(" lag=").append(row.lagBytes()).append('b');
                }
                text.append(" keys=").append(status.keys());
                text.append(" full=").append(status.fullSyncs());
                text.append(" partial=").append(status.partialSyncs());
            }
            if (scene.error() != null) {
                text.append(" | load: ").append(scene.error());
            }
            out.println(text);
            out.flush();
        }

        @Override
        public void close() {
            out.flush();
        }
    }
}
