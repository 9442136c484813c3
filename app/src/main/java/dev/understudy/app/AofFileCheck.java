// SPDX-License-Identifier: Apache-2.0
package dev.understudy.app;

import dev.understudy.persist.Disk;
import dev.understudy.persist.LoadListener;
import dev.understudy.persist.LoadResult;
import dev.understudy.persist.RdbReport;
import dev.understudy.persist.RdbSource;
import dev.understudy.persist.SaveOptions;
import dev.understudy.persist.aof.AofCheck;
import dev.understudy.server.FileErrors;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;

/**
 * Checks the files of an AOF one by one, tells what it finds in the words of redis-check-aof, and cuts where it may
 * (checkSingleAof).
 */
final class AofFileCheck {
    private static final byte[] RDB = "REDIS".getBytes(StandardCharsets.US_ASCII);
    /** Shortest file that is taken for a snapshot: its signature and version. */
    private static final int RDB_BYTES_MIN = 8;

    private final Disk disk;
    private final PrintWriter out;
    private final boolean fix;
    private final long untilSeconds;
    private long lines = 1;

    /** @param untilSeconds {@link Long#MAX_VALUE} if nothing is to be cut at a timestamp */
    AofFileCheck(Disk disk, PrintWriter out, boolean fix, long untilSeconds) {
        this.disk = disk;
        this.out = out;
        this.fix = fix;
        this.untilSeconds = untilSeconds;
    }

    /** Whether a file begins as a snapshot does. */
    boolean isRdb(String path) throws IOException {
        try (Disk.File file = disk.open(path, Disk.Mode.READ)) {
            if (file.length() < RDB_BYTES_MIN) {
                return false;
            }
            byte[] some = new byte[1];
            for (byte expected : RDB) {
                if (file.read(some, 0, 1) != 1 || some[0] != expected) {
                    return false;
                }
            }
            return true;
        }
    }

    /**
     * Checks one file.
     *
     * @param name in most texts
     * @param kind AOF, BASE AOF or INCR AOF
     * @param preamble whether a snapshot stands at its beginning
     * @param last whether it is the last file, which alone may be cut
     * @return whether it is sound, or has been made so
     */
    boolean check(String name, String path, String kind, boolean preamble, boolean last) {
        boolean writes = fix || untilSeconds != Long.MAX_VALUE;
        try (Disk.File file = disk.open(path, writes ? Disk.Mode.UPDATE : Disk.Mode.READ)) {
            if (file.length() == 0) {
                out.println(kind + " " + name + " is empty");
                return true;
            }
            if (preamble && !preamble(path, file)) {
                return false;
            }
            AofCheck check = AofCheck.of(path, RdbSource.of(file), file.position(), untilSeconds, lines);
            lines = check.lines();
            return judge(check, name, path, kind, last, file);
        } catch (IOException failure) {
            out.println("Cannot open file " + path + ": " + FileErrors.text(failure) + ", aborting...");
            return false;
        }
    }

    private boolean judge(AofCheck check, String name, String path, String kind, boolean last, Disk.File file) {
        switch (check.end()) {
            case AofCheck.Unreadable(String reason) -> {
                out.println("Failed to read from AOF " + name + ": " + reason + ", aborting...");
                return false;
            }
            case AofCheck.BadTimestamp() -> {
                out.println("Invalid timestamp annotation");
                return false;
            }
            case AofCheck.Later(long offset) -> {
                return cutAtTimestamp(offset, name, path, last, file);
            }
            case AofCheck.Foreign() -> out.println("AOF " + name + " format error");
            case AofCheck.Defect(var what) -> {
                if (what != null) {
                    out.println(what);
                }
            }
            case AofCheck.Valid() -> {}
        }
        long behind = check.bytes() - check.okUpTo();
        if (behind == 0 && untilSeconds != Long.MAX_VALUE) {
            out.println("Truncate nothing in AOF " + name + " to timestamp " + untilSeconds);
        } else {
            out.println("AOF analyzed: filename=" + name + ", size=" + check.bytes() + ", ok_up_to=" + check.okUpTo()
                    + ", ok_up_to_line=" + check.lines() + ", diff=" + behind);
        }
        if (behind > 0 && !fixed(check, name, last, file)) {
            return false;
        }
        out.println(behind > 0 ? "Successfully truncated AOF " + name : kind + " " + name + " is valid");
        position(check, name);
        return true;
    }

    private boolean cutAtTimestamp(long offset, String name, String path, boolean last, Disk.File file) {
        if (offset == 0) {
            out.println("AOF " + path + " has nothing before timestamp " + untilSeconds + ", aborting...");
            return false;
        }
        if (!last) {
            out.println("Failed to truncate AOF " + path + " to timestamp " + untilSeconds + " to offset " + offset
                    + " because it is not the last file.");
            out.println(
                    "If you insist, please delete all files after this file according to the manifest file and delete"
                            + " the corresponding records in manifest file manually. Then re-run redis-check-aof.");
            return false;
        }
        if (!cut(file, offset)) {
            out.println("Failed to truncate AOF " + path + " to timestamp " + untilSeconds);
            return false;
        }
        out.println("Successfully truncated AOF " + name + " to timestamp " + untilSeconds);
        return true;
    }

    private boolean fixed(AofCheck check, String name, boolean last, Disk.File file) {
        if (!fix) {
            out.println("AOF " + name + " is not valid. Use the --fix option to try fixing it.");
            return false;
        }
        if (!last) {
            out.println("Failed to truncate AOF " + name + " because it is not the last file");
            return false;
        }
        out.println("This will shrink the AOF " + name + " from " + check.bytes() + " bytes, with "
                + (check.bytes() - check.okUpTo()) + " bytes, to " + check.okUpTo() + " bytes");
        out.print("Continue? [y/N]: ");
        out.flush();
        if (!confirmed()) {
            out.println("Aborting...");
            return false;
        }
        if (!cut(file, check.okUpTo())) {
            out.println("Failed to truncate AOF " + name);
            return false;
        }
        return true;
    }

    private static boolean confirmed() {
        try {
            int answer = System.in.read();
            return answer == 'y' || answer == 'Y';
        } catch (IOException noAnswer) {
            return false;
        }
    }

    private static boolean cut(Disk.File file, long length) {
        try {
            file.truncate(length);
            file.sync(true);
            return true;
        } catch (IOException failure) {
            return false;
        }
    }

    /** What redis-check-aof does not know: where in the replication history the file ends. */
    private void position(AofCheck check, String name) {
        SaveOptions.Replication position = check.position();
        if (position != null) {
            long behind = check.unitsBehind();
            out.println("AOF " + name + " tells replication position " + position.id() + ":" + position.offset()
                    + ", database " + position.streamDb()
                    + (behind == 0 ? "" : ", and " + behind + " commands behind it"));
        }
    }

    /** Checks the snapshot at the beginning, and goes behind it. */
    private boolean preamble(String path, Disk.File file) throws IOException {
        LoadResult result = RdbVerdict.print(out, path, RdbSource.of(file), LoadListener.SILENT, _ -> {});
        if (result instanceof LoadResult.Loaded(RdbReport report, byte[] _)) {
            file.position(report.bytes());
            out.println("RDB preamble is OK, proceeding with AOF tail...");
            return true;
        }
        out.println("RDB preamble of AOF file is not sane, aborting.");
        return false;
    }
}
