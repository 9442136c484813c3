// SPDX-License-Identifier: Apache-2.0
package dev.understudy.interop.fuzz;

import dev.understudy.interop.Binaries;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;

/**
 * The command: {@code dev/fuzz --seed N --commands N --server PATH [--segment N] [--findings N]}. Ends with status 1 when something differs,
 * and with 2 when an option was not reached by a run of 20,000 commands or more.
 */
@SuppressWarnings("SystemOut")
public final class FuzzMain {
    private static final long SHRINK_NANOS = 90_000_000_000L;
    private static final int SHOWN_MAX = 3;
    private static final long ALL_REACHED_BY = 20_000;

    private final long seed;
    private final long commands;
    private final long onlySegment;
    private final int findingsMax;
    private final boolean shrinks;
    private final boolean surveys;
    private final Map<String, Integer> shown = new HashMap<>();
    private int findings;

    private FuzzMain(long seed, long commands, long onlySegment, int findingsMax, boolean shrinks, boolean surveys) {
        this.surveys = surveys;
        this.seed = seed;
        this.commands = commands;
        this.onlySegment = onlySegment;
        this.findingsMax = findingsMax;
        this.shrinks = shrinks;
    }

    /** Runs as the arguments say. */
    public static void main(String[] arguments) throws Exception {
        List<String> words = List.of(arguments);
        long seed = Long.parseLong(
                option(words, "--seed", Long.toString(new SplittableRandom().nextInt(1, 1_000_000_000))));
        FuzzMain main = new FuzzMain(
                seed,
                Long.parseLong(option(words, "--commands", "20000")),
                Long.parseLong(option(words, "--segment", "-1")),
                Integer.parseInt(option(words, "--findings", "1")),
                !words.contains("--no-shrink"),
                words.contains("--survey"));
        String server = option(words, "--server", "");
        Path dir = Files.createTempDirectory("understudy-fuzz");
        int status;
        try {
            status = main.run(dir, server.isEmpty() ? Binaries.system() : Binaries.of(Path.of(server)));
        } finally {
            Servers.delete(dir);
        }
        System.exit(status);
    }

    private static String option(List<String> words, String name, String otherwise) {
        int at = words.indexOf(name);
        return at < 0 ? otherwise : words.get(at + 1);
    }

    private int run(Path dir, Binaries.Peer peer) {
        System.out.println("Fuzzing against " + peer + " with seed " + seed);
        long started = System.nanoTime();
        try (Fuzzer fuzzer = new Fuzzer(seed, dir, peer, _ -> {})) {
            if (surveys) {
                fuzzer.survey(this::told);
            }
            long first = Math.max(onlySegment, 0);
            for (long segment = first; onlySegment < 0 || segment == first; segment++) {
                Fuzzer.Failure failure = fuzzer.segment(segment);
                if (failure != null) {
                    report(fuzzer, failure);
                }
                if (findings >= findingsMax || fuzzer.reached().commands() >= commands) {
                    break;
                }
            }
            Fuzzer.Failure late = findings == 0 && onlySegment < 0 ? fuzzer.segment(Fuzzer.TOUR) : null;
            if (late != null) {
                report(fuzzer, late);
            }
            double seconds = (System.nanoTime() - started) / 1e9;
            return conclude(fuzzer, seconds);
        }
    }

    /** Of many differences of one command one is shown. */
    private void told(String difference) {
        String inner = difference.contains("ERR unknown command") ? "?" : difference.replaceFirst("^in EXEC: ", "");
        String command = inner.split("[ \n]")[0].toUpperCase(Locale.ROOT);
        if (shown.merge(command, 1, Integer::sum) <= SHOWN_MAX) {
            System.out.println(difference);
        }
    }

    private int conclude(Fuzzer fuzzer, double seconds) {
        long sent = fuzzer.reached().commands();
        System.out.println(fuzzer.reached().report());
        System.out.printf(
                "Seed %d: %d commands in %.0f s (%.0f a second), %d differences%n",
                seed, sent, seconds, sent / seconds, findings);
        Set<String> missing = fuzzer.reached().missing(fuzzer.grammar().goals());
        if (sent >= ALL_REACHED_BY && !missing.isEmpty()) {
            System.out.println("Never reached: " + missing);
            return findings > 0 ? 1 : 2;
        }
        return findings > 0 ? 1 : 0;
    }

    private void report(Fuzzer fuzzer, Fuzzer.Failure failure) {
        findings++;
        System.out.println("\nDIFFERENCE with seed " + seed + " in segment " + failure.segment() + " after "
                + failure.steps().size() + " steps (again: --seed " + seed + " --segment " + failure.segment() + ")\n"
                + failure.what());
        if (shrinks) {
            String kind = kind(failure.what());
            List<Step> least = Shrinker.shrink(
                    failure.steps(),
                    steps -> {
                        String what = fuzzer.again(steps, kind.isEmpty());
                        return what != null && kind(what).equals(kind);
                    },
                    SHRINK_NANOS);
            System.out.println("By these steps:");
            least.forEach(step -> System.out.println("  " + step.shown()));
            System.out.println("  => " + fuzzer.again(least, kind.isEmpty()));
        }
    }

    /** The command whose replies differ; empty if it is the data. */
    private static String kind(String what) {
        return what.contains("\n  ours ") && !what.contains("differ:") ? what.substring(0, what.indexOf('\n')) : "";
    }
}
