// SPDX-License-Identifier: Apache-2.0
package dev.understudy.app;

import dev.understudy.persist.Disk;
import dev.understudy.persist.LoadListener;
import dev.understudy.persist.LoadOptions;
import dev.understudy.persist.LoadResult;
import dev.understudy.persist.LogLevel;
import dev.understudy.persist.RdbReport;
import dev.understudy.persist.RdbSource;
import dev.understudy.persist.RdbVerifier;
import dev.understudy.server.FileDisk;
import dev.understudy.server.FileErrors;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.Instant;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
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
            "Reads a snapshot of Redis, Valkey or Understudy to its end, checks its structure and checksum, and says what it"
                    + " holds. Nothing is loaded or changed; memory is bounded by the largest string.",
            "Exit status: 0 if the file is sound, else 1."
        })
public final class CheckRdb implements Callable<Integer> {
    private static final DateTimeFormatter TIME = DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm:ss", Locale.ROOT);

    @Parameters(paramLabel = "FILE", description = "The snapshot, such as dump.rdb.")
    private String name = "";

    @Spec
    private CommandSpec command = CommandSpec.create();

    @Override
    public Integer call() {
        PrintWriter out = command.commandLine().getOut();
        PrintWriter err = command.commandLine().getErr();
        Path file = Path.of(name).toAbsolutePath();
        FileDisk disk = new FileDisk(file.getParent() == null ? file : file.getParent());
        String fileName = String.valueOf(file.getFileName());
        LoadOptions options = LoadOptions.at(System.currentTimeMillis());
        try (Disk.File opened = disk.open(fileName, Disk.Mode.READ)) {
            long length = opened.length();
            return switch (RdbVerifier.verify(RdbSource.of(opened), Integer.MAX_VALUE, options, new Defects(err))) {
                case LoadResult.Loaded(RdbReport report, byte[] unread) -> {
                    report(out, report, length - report.bytes());
                    assert unread.length <= length;
                    yield 0;
                }
                case LoadResult.Corrupt(var offset, var reason, var context) ->
                    fail(err, "corrupt", offset, reason, context);
                case LoadResult.ShortRead(var offset, var reason, var context) ->
                    fail(err, "cut short", offset, reason, context);
                case LoadResult.Unsupported(var offset, var reason, var context) ->
                    fail(err, "not supported", offset, reason, context);
                case LoadResult.Cancelled(long offset) -> throw new AssertionError("nobody cancels, at " + offset);
            };
        } catch (IOException failure) {
            err.println(name + ": " + FileErrors.text(failure));
            return 1;
        }
    }

    private int fail(PrintWriter err, String kind, long offset, String reason, String context) {
        String where = context.isEmpty() ? "" : " (" + context + ")";
        err.println(name + ": " + kind + " at byte " + offset + ": " + reason + where);
        return 1;
    }

    private void report(PrintWriter out, RdbReport report, long behind) {
        out.println(name + ": sound");
        line(
                out,
                "format",
                "RDB version " + report.version() + (report.aofBase() ? ", base of an append only file" : ""));
        line(out, "bytes", number(report.bytes()) + (behind > 0 ? ", and " + number(behind) + " behind the end" : ""));
        line(out, "checksum", report.checksummed() ? "verified" : "none");
        String producer = report.producer();
        String created = report.createdAtSeconds() < 0
                ? ""
                : " at "
                        + TIME.format(
                                Instant.ofEpochSecond(report.createdAtSeconds()).atZone(ZoneId.systemDefault()));
        line(out, "written", "by " + (producer == null ? "an unknown server" : producer) + created);
        if (report.usedMemoryBytes() >= 0) {
            line(out, "memory", number(report.usedMemoryBytes()) + " bytes used by that server");
        }
        line(out, "keys", number(report.keys()));
        line(out, "expires", number(report.expiring()) + ", of which expired " + number(report.keysExpired()));
        line(out, "functions", number(report.functions()));
        if (report.emptyKeysSkipped() > 0) {
            line(out, "empty", number(report.emptyKeysSkipped()) + " keys without elements, which loading leaves out");
        }
        if (report.hasReplicationPosition()) {
            line(
                    out,
                    "replication",
                    report.replicationId() + ":" + report.replicationOffset() + ", database "
                            + report.replicationStreamDb());
        }
    }

    private static String number(long value) {
        return String.format(Locale.ROOT, "%,d", value);
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
