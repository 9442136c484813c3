// SPDX-License-Identifier: Apache-2.0
package dev.understudy.persist.aof;

import dev.understudy.persist.RdbSource;
import dev.understudy.persist.SaveOptions;
import dev.understudy.wire.Bytes;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What must hold of any bytes taken for a file of commands, or for a manifest; see {@code FuzzTargets}. */
public final class AofHostile {
    private AofHostile() {}

    /** Returns whether it is a complete file. */
    public static boolean file(byte[] file) {
        Told told = new Told();
        AofOutcome outcome = AofReader.read(RdbSource.of(file), told);
        Told trickled = new Told();
        AofOutcome piecewise = AofReader.read(trickling(file), trickled);
        check(piecewise.equals(outcome), "by pieces ?, at once ?", piecewise, outcome);
        check(trickled.lines.equals(told.lines), "by pieces other commands");
        AofScan scan = AofScan.of(RdbSource.of(file));
        check(scan.outcome().equals(outcome), "scanned ?, read ?", scan.outcome(), outcome);
        AofCheck strict = AofCheck.of("file", RdbSource.of(file), 0, Long.MAX_VALUE, 1);
        check(strict.bytes() == file.length, "? bytes of ?", strict.bytes(), file.length);
        check(strict.okUpTo() >= 0 && strict.okUpTo() <= file.length, "ok up to ? of ?", strict.okUpTo(), file.length);
        // What is strictly right is right; the rest may be cut off, and then all is well for both.
        AofOutcome cut = AofReader.read(RdbSource.of(file, 0, (int) strict.okUpTo()), new Told());
        check(cut instanceof AofOutcome.Complete, "cut at ?: ?", strict.okUpTo(), cut);
        switch (outcome) {
            case AofOutcome.Complete(long bytes) -> check(bytes == file.length, "? of ?", bytes, file.length);
            case AofOutcome.Truncated(long validBytes, boolean _, boolean _, long bytes) -> {
                check(bytes == file.length, "? of ?", bytes, file.length);
                cutAt(file, validBytes, scan);
            }
            case AofOutcome.BadFormat(long offset, long validBytes, String what) -> {
                check(offset >= validBytes && offset <= file.length, "bad at ?, valid to ?", offset, validBytes);
                check(!what.isBlank(), "bad without a reason");
                cutAt(file, validBytes, scan);
            }
            case AofOutcome.Refused _, AofOutcome.Unreadable _, AofOutcome.Cancelled _ ->
                throw new AssertionError(outcome);
        }
        if (!(outcome instanceof AofOutcome.Complete)) {
            check(!(strict.end() instanceof AofCheck.Valid), "strictly valid, but ?", outcome);
            return false;
        }
        return true;
    }

    private static void cutAt(byte[] file, long validBytes, AofScan scan) {
        check(validBytes >= 0 && validBytes <= file.length, "valid to ? of ?", validBytes, file.length);
        AofScan cut = AofScan.of(RdbSource.of(file, 0, (int) validBytes));
        check(cut.outcome().equals(new AofOutcome.Complete(validBytes)), "cut at ?: ?", validBytes, cut.outcome());
        check(
                cut.unitsBehind() == scan.unitsBehind() && cut.positionEnd() == scan.positionEnd(),
                "cut at ?: ? instead of ?",
                validBytes,
                cut,
                scan);
    }

    /** Returns whether it is a manifest. */
    public static boolean manifest(byte[] text) {
        return switch (AofManifest.parse(text)) {
            case AofManifest.Valid(AofManifest manifest) -> {
                // Quoted, a name may become too long to be read again, as with Redis.
                boolean writable = new String(manifest.text(), StandardCharsets.ISO_8859_1)
                        .lines()
                        .allMatch(line -> line.length() < AofManifest.LINE_BYTES_MAX);
                if (writable && !manifest.equals(AofManifest.EMPTY)) {
                    AofManifest.Parsed again = AofManifest.parse(manifest.text());
                    check(again.equals(new AofManifest.Valid(manifest)), "? read as ?", manifest, again);
                }
                yield true;
            }
            case AofManifest.Invalid(int line, String _, String reason) -> {
                check(line >= 0 && !reason.isBlank(), "invalid at line ? without a reason", line);
                yield false;
            }
        };
    }

    /** Throws an error with the details, which stand for the question marks of the message. */
    private static void check(boolean holds, String message, Object... details) {
        if (!holds) {
            throw new AssertionError(message + ": " + Arrays.toString(details));
        }
    }

    private static RdbSource trickling(byte[] bytes) {
        RdbSource whole = RdbSource.of(bytes);
        return new RdbSource() {
            private int step = 1;

            @Override
            public int read(byte[] target, int offset, int length) throws IOException {
                step = step % 977 + 13;
                check(target.length <= 4 * 1024 * 1024 + 4L * bytes.length, "a buffer of ?", target.length);
                return whole.read(target, offset, Math.min(length, step));
            }

            @Override
            public long bytesLeft() {
                return -1;
            }
        };
    }

    private static final class Told implements AofReader.Visitor {
        private final List<String> lines = new ArrayList<>();

        @Override
        public @Nullable String command(Bytes[] words, int count) {
            int hash = 0;
            for (int i = 0; i < count; i++) {
                hash = 31 * hash + Arrays.hashCode(words[i].toArray());
            }
            lines.add(count + ":" + hash);
            return null;
        }

        @Override
        public void position(SaveOptions.Replication position, long endOffset) {
            lines.add(position + " to " + endOffset);
        }

        @Override
        public void timestamp(long seconds, long offset) {
            lines.add(seconds + " at " + offset);
        }
    }
}
