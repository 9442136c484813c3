// SPDX-License-Identifier: Apache-2.0
package dev.understudy.interop;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.SplittableRandom;

/**
 * Runs a server (its own process, started as users start it) under mixed load with a data set that grows, shrinks and changes the size of its
 * values, an append only file and a replica that comes anew each round, and fails when its memory leaves the bounds or a phase ends it:
 *
 * <pre>
 * RSS              &lt;= 1.5 x the highest used_memory of the last minute + 150 MB
 * old generation   &lt;= 96 MB at any sample
 * longest stall    told; fails above --stall-max-millis
 * </pre>
 *
 * The minute is what giving memory back may take after a deletion, so that after it RSS is also within twice what is left + 150 MB. {@code dev/soak}
 * starts it.
 */
public final class Soak {
    private static final long MB = 1L << 20;
    private static final long SAMPLE_MILLIS = 2_000;
    private static final long OLD_GENERATION_BYTES_MAX = 96 * MB;

    private final Settings settings;
    private final SoakServer server;
    private final SoakBounds bounds;
    private final long startNanos = System.nanoTime();
    private long longestStallMicros;
    private long oldGenerationMax;

    /**
     * What the command line says.
     *
     * @param program the launcher
     * @param dataMegabytes how large the data set grows
     * @param cgroupMegabytes the memory of a control group in which the server runs; 0: none
     */
    record Settings(
            Path program,
            int minutes,
            long seed,
            int dataMegabytes,
            int cgroupMegabytes,
            long stallMaxMillis,
            int clients) {
        static Settings of(List<String> arguments) {
            Settings settings =
                    new Settings(Path.of("understudy"), 5, System.nanoTime() % 1_000_000, 250, 0, 10_000, 4);
            for (int i = 0; i + 1 < arguments.size(); i += 2) {
                settings = settings.with(arguments.get(i), arguments.get(i + 1));
            }
            if (arguments.size() % 2 != 0) {
                throw new IllegalArgumentException("no value for " + arguments.getLast());
            }
            return settings;
        }

        private Settings with(String option, String value) {
            return switch (option) {
                case "--program" ->
                    new Settings(
                            Path.of(value), minutes, seed, dataMegabytes, cgroupMegabytes, stallMaxMillis, clients);
                case "--minutes" ->
                    new Settings(program, number(value), seed, dataMegabytes, cgroupMegabytes, stallMaxMillis, clients);
                case "--seed" ->
                    new Settings(
                            program, minutes, number(value), dataMegabytes, cgroupMegabytes, stallMaxMillis, clients);
                case "--data-mb" ->
                    new Settings(program, minutes, seed, number(value), cgroupMegabytes, stallMaxMillis, clients);
                case "--cgroup-mb" ->
                    new Settings(program, minutes, seed, dataMegabytes, number(value), stallMaxMillis, clients);
                case "--stall-max-millis" ->
                    new Settings(program, minutes, seed, dataMegabytes, cgroupMegabytes, number(value), clients);
                case "--clients" ->
                    new Settings(program, minutes, seed, dataMegabytes, cgroupMegabytes, stallMaxMillis, number(value));
                default -> throw new IllegalArgumentException("unknown option " + option);
            };
        }

        private static int number(String text) {
            return Integer.parseInt(text);
        }
    }

    private Soak(Settings settings, SoakServer server) {
        this.settings = settings;
        this.server = server;
        this.bounds = new SoakBounds();
    }

    /** Exit status 1 if a bound was broken, with the sample that broke it as the last line. */
    public static void main(String[] arguments) throws IOException {
        Settings settings = Settings.of(List.of(arguments));
        System.out.println(settings);
        Path folder = Files.createTempDirectory("soak");
        List<String> broken;
        try (SoakServer server = SoakServer.start(settings, folder)) {
            broken = new Soak(settings, server).run();
        }
        broken.forEach(System.out::println);
        System.exit(broken.isEmpty() ? 0 : 1);
    }

    private List<String> run() {
        List<String> broken = new ArrayList<>();
        SplittableRandom random = new SplittableRandom(settings.seed);
        try (SoakLoad load = new SoakLoad(server, settings.clients, random.split())) {
            for (int round = 0; !isOver() && broken.isEmpty(); round++) {
                try (Child _ = server.replica(round)) {
                    for (SoakLoad.Phase phase : SoakLoad.Phase.values()) {
                        load.begin(phase, settings.dataMegabytes * MB);
                        long begun = System.nanoTime();
                        while (!load.isEnough(System.nanoTime() - begun) && !isOver() && broken.isEmpty()) {
                            sleep();
                            sample(round, phase, load, broken);
                        }
                    }
                }
            }
        }
        System.out.printf(
                Locale.ROOT,
                "longest stall of the loop: %.1f ms; most in the old generation: %d MB; highest RSS over bound: %.2f%n",
                longestStallMicros / 1000.0,
                oldGenerationMax / MB,
                bounds.worst());
        return broken;
    }

    private boolean isOver() {
        return System.nanoTime() - startNanos > settings.minutes * 60_000_000_000L;
    }

    private static void sleep() {
        try {
            Thread.sleep(SAMPLE_MILLIS);
        } catch (InterruptedException ended) {
            throw new IllegalStateException(ended);
        }
    }

    private void sample(int round, SoakLoad.Phase phase, SoakLoad load, List<String> broken) {
        if (!server.isAlive() || load.failure() != null) {
            broken.add("the server has ended, or does not answer: " + load.failure() + "\n" + server.log());
            return;
        }
        long rss = server.residentBytes();
        long used = server.number("memory", "used_memory");
        long old = server.oldGenerationBytes();
        long stall = server.number("debug", "eventloop_duration_max");
        long seconds = (System.nanoTime() - startNanos) / 1_000_000_000L;
        long bound = bounds.rssMax(seconds, used);
        bounds.note(rss, bound);
        longestStallMicros = Math.max(longestStallMicros, stall);
        oldGenerationMax = Math.max(oldGenerationMax, old);
        String line = String.format(
                Locale.ROOT,
                "%5d s round %d %-9s rss %4d of %4d MB, used %4d, allocator %4d, old %3d MB, stall %7.1f ms, %d commands",
                seconds,
                round,
                phase,
                rss / MB,
                bound / MB,
                used / MB,
                server.number("memory", "allocator_active") / MB,
                old / MB,
                stall / 1000.0,
                load.commands());
        System.out.println(line);
        if (rss > bound) {
            broken.add("RSS above its bound: " + line);
        }
        if (old > OLD_GENERATION_BYTES_MAX) {
            broken.add("old generation above its bound: " + line);
        }
        if (stall > settings.stallMaxMillis * 1000) {
            broken.add("a stall above its bound: " + line);
        }
    }

    static byte[] bytes(String text) {
        return text.getBytes(ISO_8859_1);
    }
}
