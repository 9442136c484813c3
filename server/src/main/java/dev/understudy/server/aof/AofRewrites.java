// SPDX-License-Identifier: Apache-2.0
package dev.understudy.server.aof;

import dev.understudy.persist.SaveOptions;
import dev.understudy.persist.aof.AofManifest;
import dev.understudy.server.Server;
import dev.understudy.server.settings.Settings;
import dev.understudy.server.transport.Workers;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** When the append only file is rewritten, and how that went: one rewrite at a time, and none beside a save. Owned by the command loop. */
public final class AofRewrites {
    /** Redis tries again with each round of its cron, and says so each time. */
    private static final long RETRY_NANOS = 1_000_000_000L;

    private final Server server;
    private final AppendOnly log;
    private final AofWriter writer;
    private final AofManifestFile manifest;
    private final AofRewriteLimit limit = new AofRewriteLimit();
    private @Nullable AofRewrite running;
    private @Nullable Preparation preparing;
    private boolean scheduled;
    private boolean lastOk = true;
    private long begun;
    private long count;
    private long consecutiveFailures;
    private long lastSeconds = -1;
    /** When one that could not even begin is tried again. */
    private long retryNanos;

    /** Size after the last rewrite, from which growth is counted. */
    private long baseBytes;

    AofRewrites(Server server, AppendOnly log, AofWriter writer, AofManifestFile manifest) {
        this.server = server;
        this.log = log;
        this.writer = writer;
        this.manifest = manifest;
        this.retryNanos = server.nowNanos();
    }

    // ---- state, for INFO

    public boolean isRunning() {
        return running != null || preparing != null;
    }

    public boolean isScheduled() {
        return scheduled;
    }

    public boolean lastOk() {
        return lastOk;
    }

    /** Rewrites begun. */
    public long count() {
        return count;
    }

    public long consecutiveFailures() {
        return consecutiveFailures;
    }

    /** Duration of the last rewrite, -1 if there was none. */
    public long lastSeconds() {
        return lastSeconds;
    }

    /** Duration so far of the running one, -1 without. */
    public long currentSeconds() {
        AofRewrite job = running;
        Preparation before = preparing;
        if (job != null) {
            return secondsSince(job.beginNanos());
        }
        return before == null ? -1 : secondsSince(before.beginNanos);
    }

    private long secondsSince(long beginNanos) {
        return (server.nowNanos() - beginNanos) / 1_000_000_000L;
    }

    /** Size after the last rewrite, or of the base at the start. */
    public long baseBytes() {
        return baseBytes;
    }

    void baseBytes(long bytes) {
        baseBytes = bytes;
    }

    void resetStatistics() {
        count = 0;
    }

    /** Whether a save runs, beside which no rewrite begins. */
    boolean isSaving() {
        return server.persistence().saver().isRunning()
                || server.replication().replicas().isTransferring();
    }

    // ---- when

    /** As soon as nothing else runs. */
    void schedule() {
        scheduled = true;
    }

    void unschedule() {
        scheduled = false;
    }

    /** What BGREWRITEAOF comes to. */
    public enum Answer {
        STARTED,
        SCHEDULED,
        ALREADY_RUNNING,
        IMPOSSIBLE
    }

    /** BGREWRITEAOF; in a transaction, or beside a save, later. */
    public Answer request(boolean nested) {
        if (isRunning()) {
            return Answer.ALREADY_RUNNING;
        }
        if (isSaving() || nested) {
            scheduled = true;
            consecutiveFailures = 0;
            return Answer.SCHEDULED;
        }
        return begin() ? Answer.STARTED : Answer.IMPOSSIBLE;
    }

    void tick() {
        boolean loading =
                server.persistence().isLoading() || server.persistence().isAsyncLoading();
        if (isRunning() || isSaving() || loading || log.isDead()) {
            return;
        }
        if (server.nowNanos() - retryNanos < 0) {
            return;
        }
        boolean tried = false;
        if (scheduled && isAllowed()) {
            tried = true;
        } else if (!scheduled && hasGrown() && isAllowed()) {
            tried = true;
            server.log().notice("Starting automatic rewriting of AOF on " + growthPercent() + "% growth");
        }
        if (tried && !begin()) {
            retryNanos = server.nowNanos() + RETRY_NANOS;
        }
    }

    private boolean hasGrown() {
        Settings settings = server.settings();
        long percent = settings.autoAofRewritePercentage.value();
        return log.state() == AppendOnly.State.ON
                && percent > 0
                && log.currentBytes() > settings.autoAofRewriteMinSize.value()
                && growthPercent() >= percent;
    }

    private long growthPercent() {
        return log.currentBytes() * 100 / Math.max(1, baseBytes) - 100;
    }

    private boolean isAllowed() {
        return switch (limit.judge(consecutiveFailures, server.nowNanos())) {
            case GO -> true;
            case WAIT -> false;
            case BEGIN_TO_WAIT -> {
                server.log()
                        .warning("Background AOF rewrite has repeatedly failed and triggered the limit, will retry in "
                                + limit.minutes() + " minutes");
                yield false;
            }
        };
    }

    // ---- how

    /**
     * Begins a rewrite (rewriteAppendOnlyFileBackground): in one step of the loop the view is taken and the file changed, so that the one holds exactly what
     * happened before the other. While the AOF is on, a worker first prepares this step, for the disk is slow: the loop then only renames.
     */
    boolean begin() {
        assert !isRunning();
        if (!manifest.makeDirectory() || !log.prepare()) {
            lastOk = false;
            return false;
        }
        long syncFailures = writer.errors().syncFailures();
        boolean begun = switch (log.state()) {
            case ON -> prepareIncr(syncFailures);
            case WAIT_REWRITE -> beginFirst(syncFailures);
            case OFF -> {
                start(AofRewrite.Kind.ALONE, syncFailures);
                yield true;
            }
        };
        lastOk &= begun;
        return begun;
    }

    private SaveOptions options() {
        return server.persistence().saveOptions();
    }

    /** What is being prepared for a rewrite: the file that follows, which the prepared manifest names. */
    private static final class Preparation {
        final AofFile next;
        final String name;
        final long syncFailures;
        final long beginNanos;

        Preparation(AofFile next, String name, long syncFailures, long beginNanos) {
            this.next = next;
            this.name = name;
            this.syncFailures = syncFailures;
            this.beginNanos = beginNanos;
        }
    }

    /** Has a worker make ready all that takes the disk time (openNewIncrAofForAppend). */
    private boolean prepareIncr(long syncFailures) {
        String name;
        try {
            name = manifest.names().incr(manifest.read().lastIncrSeq() + 1);
        } catch (IOException failure) {
            server.log().warning("Error trying to read the AOF manifest: " + failure.getMessage());
            return false;
        }
        AofFile next = create(name);
        if (next == null) {
            return false;
        }
        Preparation mine = new Preparation(next, name, syncFailures, server.nowNanos());
        AofFsync.Work sync = writer.syncOfPresent();
        server.persistence()
                .<Boolean>work(
                        () -> {
                            sync.run();
                            return manifest.stage(this::withNextIncr);
                        },
                        (staged, failure) -> prepared(mine, Boolean.TRUE.equals(staged), failure));
        preparing = mine;
        scheduled = false;
        return true;
    }

    private AofManifest withNextIncr(AofManifest was) {
        return was.withNextIncr(manifest.names());
    }

    private void prepared(Preparation mine, boolean staged, @Nullable Throwable failure) {
        if (preparing != mine) {
            return; // It was given up.
        }
        preparing = null;
        if (failure instanceof Workers.Refused) {
            sayRefused(failure);
        } else if (failure != null) {
            writer.presentNotSynced(failure);
        }
        if (!staged || !log.prepare() || !writer.syncRest() || !manifest.commit(this::withNextIncr)) {
            drop(mine.next, mine.name);
            failed();
            return;
        }
        continueIn(mine.next, mine.name);
        start(AofRewrite.Kind.BESIDE_INCR, mine.syncFailures);
    }

    private void sayRefused(Throwable refused) {
        server.log().warning("Can't rewrite append only file in background: fork: " + refused.getMessage());
    }

    private boolean beginFirst(long syncFailures) {
        String name = manifest.names().temporaryIncr();
        AofFile next = create(name);
        if (next == null) {
            return false;
        }
        continueIn(next, name);
        start(AofRewrite.Kind.FIRST, syncFailures);
        return true;
    }

    private void continueIn(AofFile next, String name) {
        server.log().notice("Creating AOF incr file " + name + " on background rewrite");
        log.continueIn(next);
    }

    private @Nullable AofFile create(String name) {
        try {
            return AofFile.create(server.ports().disk(), manifest.path(name));
        } catch (IOException failure) {
            server.log().warning("Can't open the append-only file " + name + ": " + failure.getMessage());
            return null;
        }
    }

    /** Takes the view and has a worker do the rest. */
    private void start(AofRewrite.Kind kind, long syncFailures) {
        count++;
        AofRewrite job = new AofRewrite(server, manifest, kind, options(), ++begun);
        server.persistence()
                .<AofRewrite.Outcome>work(job::run, (outcome, failure) -> ended(job, outcome, failure, syncFailures));
        running = job;
        scheduled = false;
        server.traffic().backgroundJobBegun();
        server.log()
                .notice("Background append only file rewriting started by pid "
                        + server.ports().processId());
    }

    private void drop(AofFile useless, String name) {
        try {
            useless.close();
            server.ports().disk().delete(manifest.path(name));
        } catch (IOException failure) {
            server.log().warning("Cannot remove " + name + ": " + failure.getMessage());
        }
    }

    private void ended(
            AofRewrite job,
            AofRewrite.@Nullable Outcome outcome,
            @Nullable Throwable failure,
            long syncFailuresBefore) {
        job.close();
        if (failure != null && !(failure instanceof Workers.Refused)) {
            server.log().warning("Background AOF rewrite failed by a bug: " + failure);
        }
        if (running != job) {
            return; // It was given up, and all that follows from that has been done.
        }
        if (failure instanceof Workers.Refused) {
            sayRefused(failure);
        }
        running = null;
        lastSeconds = secondsSince(job.beginNanos());
        if (outcome instanceof AofRewrite.Outcome.Done(long bytes)) {
            log.rewritten(bytes, syncFailuresBefore);
            lastOk = true;
            consecutiveFailures = 0;
            server.log().notice("Background AOF rewrite finished successfully");
            server.replication().snapshotMayStart();
            return;
        }
        if (!(outcome instanceof AofRewrite.Outcome.NotCommitted)) {
            server.log().warning("Background AOF rewrite terminated with error");
        }
        failed();
    }

    private void failed() {
        lastOk = false;
        consecutiveFailures++;
        log.notRewritten();
        server.replication().snapshotMayStart();
    }

    /** The server ends, and with it what runs. */
    void giveUp() {
        if (isRunning()) {
            server.log().warning("There is a child rewriting the AOF. Killing it!");
            kill();
        }
    }

    /** Gives a running rewrite up (killAppendOnlyChild). */
    void kill() {
        if (!isRunning()) {
            return;
        }
        server.log()
                .notice("Killing running AOF rewrite child: " + server.ports().processId());
        AofRewrite job = running;
        Preparation before = preparing;
        running = null;
        preparing = null;
        if (job != null) {
            job.cancel();
        }
        if (before != null) {
            drop(before.next, before.name);
        }
    }

    /** The base of a server that starts without any file; returns its entry in the manifest. */
    AofManifest.Entry writeBaseAtStart() throws IOException {
        AofManifest.Entry base = manifest.read()
                .nextBase(manifest.names(), server.settings().aofUseRdbPreamble.on());
        AofRewrite job = new AofRewrite(server, manifest, AofRewrite.Kind.ALONE, options(), ++begun);
        try {
            job.writeAtStart(base.name());
        } finally {
            job.close();
        }
        return base;
    }
}
