// SPDX-License-Identifier: Apache-2.0
package dev.understudy.app;

import dev.understudy.persist.LoadListener;
import dev.understudy.persist.LoadOptions;
import dev.understudy.persist.LoadResult;
import dev.understudy.persist.RdbReport;
import dev.understudy.persist.RdbSource;
import dev.understudy.persist.RdbSurvey;
import dev.understudy.store.DataSet;
import dev.understudy.store.Limits;
import dev.understudy.store.memory.Memory;
import java.io.PrintWriter;
import java.util.SplittableRandom;

/** What redis-check-rdb says of a snapshot, in its words, so that what reads its output can read ours. */
final class RdbVerdict {
    private RdbVerdict() {}

    /** Surveys a snapshot, and prints the verdict. */
    static LoadResult print(
            PrintWriter out, String name, RdbSource source, LoadListener listener, RdbSurvey.Visitor visitor) {
        out.println("[offset 0] Checking RDB file " + name);
        LoadOptions options = LoadOptions.at(System.currentTimeMillis()).sanitizing(true);
        try (DataSet scratch = new DataSet(Memory.create(), 1, new Limits(), new SplittableRandom(1))) {
            LoadResult result = RdbSurvey.of(source, scratch, options, listener, visitor);
            print(out, result);
            return result;
        }
    }

    private static void print(PrintWriter out, LoadResult result) {
        switch (result) {
            case LoadResult.Loaded(RdbReport report, byte[] _) -> {
                String end = "[offset " + report.bytes() + "] ";
                if (report.checksummed()) {
                    out.println(end + "Checksum OK");
                }
                out.println(end + "\\o/ RDB looks OK! \\o/");
                out.println("[info] " + report.keys() + " keys read");
                out.println("[info] " + report.expiring() + " expires");
                out.println("[info] " + report.keysExpired() + " already expired");
            }
            case LoadResult.Corrupt(var offset, var reason, var context) -> fault(out, offset, reason, context);
            case LoadResult.ShortRead(var offset, var reason, var context) -> fault(out, offset, reason, context);
            case LoadResult.Unsupported(var offset, var reason, var context) -> fault(out, offset, reason, context);
            case LoadResult.Cancelled(long offset) -> throw new AssertionError("nobody cancels, at " + offset);
        }
    }

    private static void fault(PrintWriter out, long offset, String reason, String context) {
        out.println("--- RDB ERROR DETECTED ---");
        out.println("[offset " + offset + "] " + reason);
        if (!context.isEmpty()) {
            out.println("[additional info] Reading " + context);
        }
    }
}
