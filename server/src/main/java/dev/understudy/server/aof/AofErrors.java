// SPDX-License-Identifier: Apache-2.0
package dev.understudy.server.aof;

import dev.understudy.server.Server;
import org.jspecify.annotations.Nullable;

/**
 * Whether the last write and the last fsync of the append only file worked, and what is to be said and done if not. Owned by the command
 * loop.
 */
final class AofErrors {
    /** Lines about failing writes are this far apart. */
    private static final long LOG_NANOS = 30_000_000_000L;

    private final Server server;
    private boolean writeOk = true;
    private boolean syncOk = true;
    private String text = "";
    private boolean told;
    private long toldNanos;
    /** Failures of fsync; while some are not {@link #forgiven}, what they were to make durable may be lost for good. */
    private long syncFailures;

    private long forgiven;
    private boolean rewriteWanted;

    AofErrors(Server server) {
        this.server = server;
    }

    /** Why writes of clients are refused, in the system's words; null while all is well. */
    @Nullable
    String text() {
        return writeOk && syncOk ? null : text;
    }

    boolean isSyncOk() {
        return syncOk;
    }

    boolean isWriteOk() {
        return writeOk;
    }

    // ---- writes

    void writeSucceeded() {
        if (!writeOk) {
            server.log().notice("AOF write error looks solved, Redis can write again.");
            writeOk = true;
        }
    }

    /** Part of {@code expected} bytes, or nothing, got into the file. */
    void writeFailed(AofFile.Failure failure, int expected) {
        writeOk = false;
        text = failure.error();
        long now = server.nowNanos();
        if (told && now - toldNanos <= LOG_NANOS) {
            return;
        }
        told = true;
        toldNanos = now;
        if (failure.written() == 0) {
            server.log().warning("Error writing to the AOF file: " + failure.reason());
            return;
        }
        server.log()
                .warning("Short write while writing to the AOF file: (nwritten=" + failure.written() + ", expected="
                        + expected + ")");
        if (failure.stuck() != null) {
            server.log()
                    .warning("Could not remove short write from the append-only file.  Redis may refuse to load the AOF"
                            + " the next time it starts.  ftruncate: " + failure.stuck());
        }
    }

    // ---- fsyncs

    void syncSucceeded() {
        syncOk = true;
        rewriteWanted |= syncFailures > forgiven;
    }

    void syncFailed(Throwable failure) {
        syncFailures++;
        text = String.valueOf(failure.getMessage());
        if (syncOk) {
            server.log().warning("Fail to fsync the AOF file: " + text);
        }
        syncOk = false;
    }

    long syncFailures() {
        return syncFailures;
    }

    /** Whether what a successful fsync is about is durable for sure: no earlier one failed. */
    boolean isTrusted() {
        return syncFailures == forgiven;
    }

    /**
     * Whether the files should be made anew: an fsync failed and a later one worked. The system may have thrown away what the first was to
     * write, so that the later one proves nothing; Redis believes it. Asking clears it.
     */
    boolean takeRewriteWanted() {
        boolean wanted = rewriteWanted;
        rewriteWanted = false;
        return wanted;
    }

    /** All that the first {@code failures} failed fsyncs were about is in files that were made since. Returns whether that is news. */
    boolean forgive(long failures) {
        boolean news = failures > forgiven;
        forgiven = Math.max(forgiven, failures);
        if (isTrusted()) {
            rewriteWanted = false;
        }
        return news;
    }

    /** The AOF is turned on: earlier errors do not count (startAppendOnly). */
    void ignore() {
        if (!syncOk) {
            server.log().warning("AOF reopen, just ignore the AOF fsync error in bio job");
            syncOk = true;
        }
        if (!writeOk) {
            server.log().warning("AOF reopen, just ignore the last error.");
            writeOk = true;
        }
        forgive(syncFailures);
    }
}
