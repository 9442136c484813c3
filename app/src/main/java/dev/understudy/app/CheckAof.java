// SPDX-License-Identifier: Apache-2.0
package dev.understudy.app;

import dev.understudy.persist.Disk;
import dev.understudy.persist.aof.AofManifest;
import dev.understudy.persist.aof.AofManifest.Entry;
import dev.understudy.server.FileDisk;
import dev.understudy.server.FileErrors;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code check-aof [--fix | --truncate-to-timestamp T] FILE}: what redis-check-aof of Redis 7.2 does, in its words. */
@Command(
        name = "check-aof",
        mixinStandardHelpOptions = true,
        versionProvider = Version.class,
        exitCodeOnInvalidInput = 1,
        exitCodeOnExecutionException = 1,
        description = {
            "Reads an append only file of Redis, Valkey or Understudy to its end and says whether it is sound: all"
                    + " files of a manifest, or a single one, with or without a snapshot at its beginning. Memory is"
                    + " bounded by the largest value of the snapshot.",
            "Exit status: 0 if it is sound or has been made so, else 1."
        })
public final class CheckAof implements Callable<Integer> {
    /** What may be done about it. */
    private static final class Repair {
        @Option(
                names = "--fix",
                description = "Cut the last file behind its last whole command or transaction, after a question.")
        private boolean fix;

        @Option(
                names = "--truncate-to-timestamp",
                paramLabel = "SECONDS",
                description = {
                    "Cut the last file where it tells a later second (of the Unix epoch); files written with"
                            + " aof-timestamp-enabled do."
                })
        private @Nullable Long until;
    }

    @ArgGroup
    private Repair repair = new Repair();

    @Parameters(paramLabel = "FILE", description = "A manifest (appendonly.aof.manifest), or one append only file.")
    private String name = "";

    @Spec
    private CommandSpec command = CommandSpec.create();

    @Override
    public Integer call() {
        PrintWriter out = command.commandLine().getOut();
        int status = check(out) ? 0 : 1;
        out.flush();
        return status;
    }

    private boolean check(PrintWriter out) {
        Disk disk = new FileDisk(Path.of(""));
        AofFileCheck files =
                new AofFileCheck(disk, out, repair.fix, repair.until == null ? Long.MAX_VALUE : repair.until);
        try {
            if (isManifest(disk)) {
                return checkParts(disk, files, out);
            }
            boolean preamble = files.isRdb(name);
            out.println("Start checking Old-Style AOF");
            return files.check(name, name, "AOF", preamble, true);
        } catch (IOException failure) {
            out.println("Cannot open file " + name + ": " + FileErrors.text(failure));
            return false;
        }
    }

    /** Whether the first line that is no comment says of a file (fileIsManifest). */
    private boolean isManifest(Disk disk) throws IOException {
        try (Disk.File file = disk.open(name, Disk.Mode.READ)) {
            byte[] bytes = new byte[64 * 1024];
            boolean lineBegins = true;
            boolean comment = false;
            StringBuilder word = new StringBuilder();
            for (int count = file.read(bytes, 0, bytes.length); count > 0; count = file.read(bytes, 0, bytes.length)) {
                for (int i = 0; i < count; i++) {
                    comment = lineBegins ? bytes[i] == '#' : comment;
                    lineBegins = bytes[i] == '\n';
                    if (!comment) {
                        word.append((char) bytes[i]);
                        if (word.length() == 4 || lineBegins) {
                            return word.toString().equals("file");
                        }
                    }
                }
            }
            return false;
        }
    }

    private boolean checkParts(Disk disk, AofFileCheck files, PrintWriter out) throws IOException {
        out.println("Start checking Multi Part AOF");
        return switch (AofManifest.read(disk, name)) {
            case AofManifest.Invalid(int line, String text, String reason) -> {
                out.println("*** FATAL AOF MANIFEST FILE ERROR ***");
                if (line > 0) {
                    out.println("Reading the manifest file, at line " + line);
                    out.println(">>> '" + text + "'");
                }
                out.println(reason);
                yield false;
            }
            case AofManifest.Valid(AofManifest manifest) -> {
                boolean sound = checkParts(manifest, files, out);
                if (sound) {
                    out.println("All AOF files and manifest are valid");
                }
                yield sound;
            }
        };
    }

    private boolean checkParts(AofManifest manifest, AofFileCheck files, PrintWriter out) {
        Entry base = manifest.base();
        List<Entry> incrs = manifest.incrs();
        if (base != null) {
            String path = path(base);
            boolean preamble;
            try {
                preamble = files.isRdb(path);
            } catch (IOException failure) {
                out.println("Cannot open file " + path + ": " + FileErrors.text(failure));
                return false;
            }
            out.println("Start to check BASE AOF (" + (preamble ? "RDB" : "RESP") + " format).");
            if (!files.check(base.name(), path, "BASE AOF", preamble, incrs.isEmpty())) {
                return false;
            }
        }
        if (!incrs.isEmpty()) {
            out.println("Start to check INCR files.");
        }
        for (Entry incr : incrs) {
            if (!files.check(incr.name(), path(incr), "INCR AOF", false, incr.equals(incrs.getLast()))) {
                return false;
            }
        }
        return true;
    }

    private String path(Entry entry) {
        int slash = name.lastIndexOf('/');
        return (slash < 0 ? "." : name.substring(0, slash)) + "/" + entry.name();
    }
}
