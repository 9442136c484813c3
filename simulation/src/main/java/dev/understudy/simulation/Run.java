// SPDX-License-Identifier: Apache-2.0
package dev.understudy.simulation;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/** Runs simulations from the command line; see {@code dev/simulate}. */
public final class Run {
    private static final String USAGE =
            "usage: dev/simulate [--seeds N] [--from S] [--jobs N] [--seed S] [--trace] [--plant BUG]";

    /** So often the waiting person hears something. */
    private static final int PROGRESS_SEEDS = 500;

    private long first = 1;
    private long seeds = 1_000;
    private long jobs = 1;
    private boolean trace;
    private Plant plant = Plant.NONE;
    private int met;
    private final Counters total = new Counters();
    private int failed;

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
        return seeds > 0 && jobs > 0;
    }

    private boolean set(String option, String value) {
        if (option.equals("--plant")) {
            for (Plant known : Plant.values()) {
                plant = known.name().equalsIgnoreCase(value.replace('-', '_')) ? known : plant;
            }
            return plant != Plant.NONE;
        }
        long number;
        try {
            number = Long.parseLong(value);
        } catch (NumberFormatException wrong) {
            return false;
        }
        switch (option) {
            case "--seeds" -> seeds = number;
            case "--from", "--first" -> first = number;
            case "--jobs" -> jobs = number;
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
        long beginNanos = System.nanoTime();
        AtomicLong next = new AtomicLong(first);
        List<Thread> threads = new ArrayList<>();
        for (long i = 0; i < jobs; i++) {
            threads.add(Thread.ofPlatform().start(() -> work(next)));
        }
        for (Thread thread : threads) {
            join(thread);
        }
        System.out.println(total.text((System.nanoTime() - beginNanos) / 1e9));
        if (plant != Plant.NONE) {
            System.out.println("planted " + plant + ": found in " + failed + " runs, met and not found in " + met);
        }
        System.out.println(failed == 0 ? "all right" : failed + " of " + seeds + " seeds failed");
        return failed == 0;
    }

    private static void join(Thread thread) {
        try {
            thread.join();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Runs share nothing, so each thread takes the next seed when it has finished one. */
    private void work(AtomicLong next) {
        for (long seed = next.getAndIncrement(); seed < first + seeds; seed = next.getAndIncrement()) {
            Simulation.Result result = null;
            String wrong = "";
            try {
                result = Simulation.run(seed, trace, plant);
            } catch (Divergence found) {
                wrong = String.valueOf(found.getMessage());
            } catch (RuntimeException | AssertionError broken) {
                StringWriter stack = new StringWriter();
                broken.printStackTrace(new PrintWriter(stack));
                wrong = "Seed " + seed + ": " + stack;
            }
            tell(seed, result, wrong);
        }
    }

    private synchronized void tell(long seed, Simulation.@Nullable Result result, String wrong) {
        if (result == null) {
            failed++;
            System.out.println(wrong);
            System.out.println();
            return;
        }
        total.add(result.counters());
        if (total.seeds % PROGRESS_SEEDS == 0) {
            System.err.println(total.seeds + " seeds right, " + failed + " wrong");
        }
        met += result.planted() ? 1 : 0;
        if (seeds == 1) {
            System.out.printf(Locale.ROOT, "seed %d: trace %016x%n", seed, result.traceHash());
        }
    }
}
