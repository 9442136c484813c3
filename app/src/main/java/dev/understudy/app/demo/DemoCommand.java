// SPDX-License-Identifier: Apache-2.0
package dev.understudy.app.demo;

import dev.understudy.app.Signals;
import dev.understudy.app.Terminal;
import dev.understudy.app.Version;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code demo}: replication at work in a terminal. */
@Command(
        name = "demo",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        versionProvider = Version.class,
        description = {
            "Starts a master, a replica of it, and a replica of that replica, on free ports of this machine and with their files"
                    + " in a temporary folder; writes values of all types to the master; cuts the last link now and then, so"
                    + " that a partial resynchronization is to be seen.",
            "In the end all three are compared by DEBUG DIGEST. Exit status: 0 if they are equal at equal offsets, else 1."
        })
public final class DemoCommand implements Callable<Integer> {
    private static final int RATE_MIN = 50;

    @Option(names = "--seconds", paramLabel = "N", description = "End after so many seconds (default: at Ctrl-C).")
    private int seconds;

    @Option(
            names = "--cut-every",
            paramLabel = "N",
            description = "Seconds between two cuts of the last link, 0 for none (default: ${DEFAULT-VALUE}).")
    private int cutSeconds = 10;

    @Option(
            names = "--rate",
            paramLabel = "N",
            description = "Writes per second, 50 and up (default: ${DEFAULT-VALUE}).")
    private int rate = 5_000;

    @Option(names = "--plain", description = "Lines instead of a screen, also on a terminal.")
    private boolean plain;

    @Spec
    private CommandSpec command = CommandSpec.create();

    @Override
    public Integer call() {
        if (seconds < 0 || cutSeconds < 0 || rate < RATE_MIN) {
            throw new ParameterException(
                    command.commandLine(), "--seconds and --cut-every must be 0 or more, --rate at least " + RATE_MIN);
        }
        PrintWriter out = command.commandLine().getOut();
        CountDownLatch end = new CountDownLatch(1);
        Runnable stop = () -> {
            if (end.getCount() == 0) {
                Runtime.getRuntime().halt(1); // Asked twice.
            }
            end.countDown();
        };
        Signals.handle("INT", stop);
        Signals.handle("TERM", stop);
        Play.Script script = new Play.Script(seconds, cutSeconds, rate, System.nanoTime());
        Play.Verdict verdict;
        try (TemporaryFolder folder = TemporaryFolder.create("understudy-demo-");
                Screen screen = Screen.on(out, !plain && Terminal.isStandardOutput())) {
            verdict = new Play(script, screen, end).run(folder.path());
        } catch (IOException failure) {
            command.commandLine().getErr().println("demo: " + failure.getMessage());
            return 1;
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            return 1;
        }
        print(out, verdict);
        return verdict.equal() ? 0 : 1;
    }

    private static void print(PrintWriter out, Play.Verdict verdict) {
        out.println();
        for (int i = 0; i < verdict.names().size(); i++) {
            out.println(String.format(
                    Locale.ROOT,
                    "%-8s offset %,d  digest %s",
                    verdict.names().get(i),
                    verdict.offsets().get(i),
                    verdict.digests().get(i)));
        }
        out.println(
                verdict.equal()
                        ? "All three hold the same data at the same offset; " + verdict.partialSyncs()
                                + " partial resynchronizations of the last replica."
                        : "The servers DIFFER.");
        out.flush();
    }
}
