// SPDX-License-Identifier: Apache-2.0
package dev.understudy.simulation;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.atomic.AtomicLong;

/** Runs simulations from the command line; see {@code dev/simulate}. */
public final class Run {
    private static final String USAGE =
            "usage: dev/simulate [--seeds N | --crash-points N] [--from S] [--jobs N] [--seed S] [--trace] [--plant"
                    + " BUG]";

    /** So often the waiting person hears something. */
    private static final int PROGRESS_SEEDS = 500;

    private long first = 1;
    private long seeds = 1_000;
    private long jobs = 1;
    private boolean trace;
    private boolean crashPoints;
    private String bug = "";
    private Plant plant = Plant.NONE;
    private CrashPlant crashPlant = CrashPlant.NONE;
    private final CrashCounters crashes = new CrashCounters();
    private int met;
    private final Counters total = new Counters();
    private int failed;
    private long right;

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
        return seeds > 0 && jobs > 0 && (bug.isEmpty() || plants());
    }

    private boolean plants() {
        crashPlant = crashPoints ? CrashPlant.named(bug) : CrashPlant.NONE;
        for (Plant known : Plant.values()) {
            plant = !crashPoints && known.name().equalsIgnoreCase(bug.replace('-', '_')) ? known : plant;
        }
        return plant != Plant.NONE || crashPlant != CrashPlant.NONE;
    }

    private boolean set(String option, String value) {
        if (option.equals("--plant")) {
            bug = value;
            return true;
        }
        long number;
        try {
            number = Long.parseLong(value);
        } catch (NumberFormatException wrong) {
            return false;
        }
        switch (option) {
            case "--seeds" -> seeds = number;
            case "--crash-points" -> {
                seeds = number;
                crashPoints = true;
            }
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
        double seconds = (System.nanoTime() - beginNanos) / 1e9;
        System.out.println(crashPoints ? crashes.text(seconds) : total.text(seconds));
        if (plant != Plant.NONE) {
            System.out.println("planted " + plant + ": found in " + failed + " runs, met and not found in " + met);
        } else if (crashPlant != CrashPlant.NONE) {
            System.out.println("planted " + crashPlant + ": found in " + failed + " runs");
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
            Runnable told = () -> {};
            String wrong = "";
            try {
                told = crashPoints ? crash(seed) : play(seed);
            } catch (Divergence found) {
                wrong = String.valueOf(found.getMessage());
            } catch (RuntimeException | Error broken) {
                StringWriter stack = new StringWriter();
                broken.printStackTrace(new PrintWriter(stack));
                wrong = "Seed " + seed + ": " + stack;
            }
            tell(told, wrong);
        }
    }

    /** Runs a seed, and gives what is to be told of it. */
    private Runnable crash(long seed) {
        CrashCounters counters = CrashRun.run(seed, trace, crashPlant);
        return () -> crashes.add(counters);
    }

    private Runnable play(long seed) {
        Simulation.Result result = Simulation.run(seed, trace, plant);
        return () -> {
            total.add(result.counters());
            met += result.planted() ? 1 : 0;
            if (seeds == 1) {
                System.out.printf(Locale.ROOT, "seed %d: trace %016x%n", seed, result.traceHash());
            }
        };
    }

    private synchronized void tell(Runnable told, String wrong) {
        if (!wrong.isEmpty()) {
            failed++;
            System.out.println(wrong);
            System.out.println();
            return;
        }
        told.run();
        if (++right % PROGRESS_SEEDS == 0) {
            System.err.println(right + " seeds right, " + failed + " wrong");
        }
    }
}
