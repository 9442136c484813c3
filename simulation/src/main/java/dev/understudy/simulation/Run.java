// SPDX-License-Identifier: Apache-2.0
package dev.understudy.simulation;

import java.util.Iterator;
import java.util.List;
import java.util.Locale;

/** Runs simulations from the command line; see {@code dev/simulate}. */
public final class Run {
    private static final String USAGE = "usage: dev/simulate [--seeds N] [--first S] [--seed S] [--trace]";

    private long first = 1;
    private long seeds = 1_000;
    private boolean trace;

    private Run() {}

    /** Exit status 0 if all runs were right, 1 if one was not, 2 if the arguments are wrong. */
    public static void main(String[] arguments) {
        Run run = new Run();
        if (!run.read(arguments)) {
            System.err.println(USAGE);
            System.exit(2);
        }
        System.exit(run.all() ? 0 : 1);
    }

    private boolean read(String[] arguments) {
        Iterator<String> words = List.of(arguments).iterator();
        while (words.hasNext()) {
            String word = words.next();
            if (word.equals("--trace")) {
                trace = true;
            } else if (!words.hasNext() || !set(word, words.next())) {
                return false;
            }
        }
        return seeds > 0;
    }

    private boolean set(String option, String value) {
        long number;
        try {
            number = Long.parseLong(value);
        } catch (NumberFormatException wrong) {
            return false;
        }
        switch (option) {
            case "--seeds" -> seeds = number;
            case "--first" -> first = number;
            case "--seed" -> {
                first = number;
                seeds = 1;
            }
            default -> {
                return false;
            }
        }
        return true;
    }

    private boolean all() {
        Counters total = new Counters();
        long beginNanos = System.nanoTime();
        int failed = 0;
        for (long seed = first; seed < first + seeds; seed++) {
            try {
                Simulation.Result result = Simulation.run(seed, trace, Plant.NONE);
                total.add(result.counters());
                if (seeds == 1) {
                    System.out.printf(Locale.ROOT, "seed %d: trace %016x%n", seed, result.traceHash());
                }
            } catch (Divergence found) {
                failed++;
                System.out.println(found.getMessage());
                System.out.println();
            }
        }
        System.out.println(total.text((System.nanoTime() - beginNanos) / 1e9));
        System.out.println(failed == 0 ? "all right" : failed + " of " + seeds + " seeds failed");
        return failed == 0;
    }
}
