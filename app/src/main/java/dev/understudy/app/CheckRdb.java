// SPDX-License-Identifier: Apache-2.0
package dev.understudy.app;

import dev.understudy.persist.Disk;
import dev.understudy.persist.LoadListener;
import dev.understudy.persist.LoadResult;
import dev.understudy.persist.LogLevel;
import dev.understudy.persist.RdbReport;
import dev.understudy.persist.RdbSource;
import dev.understudy.server.FileDisk;
import dev.understudy.server.FileErrors;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code check-rdb FILE}: reads a whole snapshot without loading it and says what it is. */
@Command(
        name = "check-rdb",
        mixinStandardHelpOptions = true,
        versionProvider = Version.class,
        description = {
            "Reads a snapshot of Redis, Valkey or Understudy to its end, checks its values and checksum, and says what"
                    + " it holds: keys by database and type, the biggest ones, expiries, functions, fields. Nothing is"
                    + " changed; memory is bounded by the largest value.",
            "Exit status: 0 if the file is sound, else 1."
        })
public final class CheckRdb implements Callable<Integer> {
    /** The end of the year 9999. */
    private static final long LAST_SECOND = 253_402_300_799L;

    @Parameters(paramLabel = "FILE", description = "The snapshot, such as dump.rdb.")
    private String name = "";

    @Spec
    private CommandSpec command = CommandSpec.create();

    @Override
    public Integer call() {
        PrintWriter out = command.commandLine().getOut();
        PrintWriter err = command.commandLine().getErr();
        try (Disk.File file = new FileDisk(Path.of("")).open(name, Disk.Mode.READ)) {
            RdbContents contents = new RdbContents();
            LoadResult result = RdbVerdict.print(out, name, RdbSource.of(file), new Defects(err), contents);
            out.println();
            int status = report(out, err, result, file.length());
            contents.print(out);
            out.flush();
            return status;
        } catch (IOException failure) {
            err.println(name + ": " + FileErrors.text(failure));
            return 1;
        }
    }

    private int report(PrintWriter out, PrintWriter err, LoadResult result, long length) {
        return switch (result) {
            case LoadResult.Loaded(RdbReport report, byte[] unread) -> {
                report(out, report, length - report.bytes());
                assert unread.length <= length;
                yield 0;
            }
            case LoadResult.Corrupt(var offset, var reason, var context) ->
                fail(out, err, "corrupt", offset, reason, context);
            case LoadResult.ShortRead(var offset, var reason, var context) ->
                fail(out, err, "cut short", offset, reason, context);
            case LoadResult.Unsupported(var offset, var reason, var context) ->
                fail(out, err, "not supported", offset, reason, context);
            case LoadResult.Cancelled(long offset) -> throw new AssertionError("nobody cancels, at " + offset);
        };
    }

    private int fail(PrintWriter out, PrintWriter err, String kind, long offset, String reason, String context) {
        String where = context.isEmpty() ? "" : " (" + context + ")";
        err.println(name + ": " + kind + " at byte " + offset + ": " + reason + where);
        out.println(name + ": not sound; before byte " + offset + " it holds");
        return 1;
    }

    private void report(PrintWriter out, RdbReport report, long behind) {
        out.println(name + ": sound");
        line(
                out,
                "format",
                "RDB version " + report.version() + (report.aofBase() ? ", base of an append only file" : ""));
        line(
                out,
                "bytes",
                RdbContents.number(report.bytes())
                        + (behind > 0 ? ", and " + RdbContents.number(behind) + " behind the end" : ""));
        line(out, "checksum", report.checksummed() ? "verified" : "none");
        String producer = report.producer();
        String created = report.createdAtSeconds() < 0
                ? ""
                : " at " + RdbContents.time(1000 * Math.min(report.createdAtSeconds(), LAST_SECOND));
        line(out, "written", "by " + (producer == null ? "an unknown server" : producer) + created);
        if (report.usedMemoryBytes() >= 0) {
            line(out, "memory", RdbContents.number(report.usedMemoryBytes()) + " bytes used by that server");
        }
        line(out, "keys", RdbContents.number(report.keys()));
        line(
                out,
                "expires",
                RdbContents.number(report.expiring()) + ", of which expired "
                        + RdbContents.number(report.keysExpired()));
        line(out, "functions", RdbContents.number(report.functions()));
        if (report.emptyKeysSkipped() > 0) {
            line(
                    out,
                    "empty",
                    RdbContents.number(report.emptyKeysSkipped()) + " keys without elements, which loading leaves out");
        }
        if (report.hasReplicationPosition()) {
            line(
                    out,
                    "replication",
                    report.replicationId() + ":" + report.replicationOffset() + ", database "
                            + report.replicationStreamDb());
        }
    }

    private static void line(PrintWriter out, String title, String text) {
        out.println(String.format(Locale.ROOT, "  %-12s %s", title, text));
    }

    /** Warnings of the reader, on the standard error; what is said of auxiliary fields stands in the report. */
    private static final class Defects implements LoadListener {
        private final PrintWriter err;

        Defects(PrintWriter err) {
            this.err = err;
        }

        @Override
        public void log(LogLevel level, String line) {
            if (level == LogLevel.WARNING) {
                err.println(line);
            }
        }
    }
}
