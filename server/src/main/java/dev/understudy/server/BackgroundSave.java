// SPDX-License-Identifier: Apache-2.0
package dev.understudy.server;

import dev.understudy.persist.SaveListener;
import dev.understudy.persist.SaveOptions;
import dev.understudy.store.View;
import java.io.IOException;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Saves the data set to the dump file: to a temporary file first, which replaces the old dump only when it is complete and durable. SAVE
 * does so on the loop, BGSAVE from a view on a worker. Owned by the command loop.
 */
public final class BackgroundSave {
    private static final long RETRY_NANOS = 5_000_000_000L;
    /** A save's file: of SAVE ({@code temp-PID.rdb}), of BGSAVE ({@code temp-PID-NUMBER.rdb}), of a sync ({@code temp-SECONDS.PID.rdb}). */
    private static final Pattern TEMPORARY =
            Pattern.compile("temp-(?:\\d+\\.|rewriteaof-bg-)?(\\d+)(-\\d+)?\\.(?:rdb|aof)");

    private final Server server;
    /** Dumps being written. */
    private final Set<DumpFile> files = ConcurrentHashMap.newKeySet();

    private @Nullable Job job;
    private boolean scheduled;
    private boolean lastOk = true;
    private long lastSaveSeconds;
    private long lastTryNanos;
    private long lastDurationSeconds = -1;
    private long saves;
    /** Of the files of background saves, so that one that is given up does not write into that of the next. */
    private long fileNumber;

    private boolean lastForReplication;

    BackgroundSave(Server server) {
        this.server = server;
        this.lastSaveSeconds = server.ports().clock().wallMillis() / 1000;
    }

    /** A save that runs. */
    private static final class Job {
        final View view;
        final DumpFile file;
        final long dirtyBefore;
        final long beginNanos;
        final long keysTotal;
        final Consumer<@Nullable DumpFile> done;
        volatile long keys;

        Job(View view, DumpFile file, long dirtyBefore, long beginNanos, Consumer<@Nullable DumpFile> done) {
            this.view = view;
            this.file = file;
            this.dirtyBefore = dirtyBefore;
            this.beginNanos = beginNanos;
            this.keysTotal = view.size();
            this.done = done;
        }
    }

    // ---- state for INFO

    public boolean isRunning() {
        return job != null;
    }

    public boolean lastOk() {
        return lastOk;
    }

    /** Unix time of the last good save. */
    public long lastSaveSeconds() {
        return lastSaveSeconds;
    }

    /** Duration of the last background save, -1 if there was none. */
    public long lastDurationSeconds() {
        return lastDurationSeconds;
    }

    /** Duration so far of the running one, -1 without. */
    public long currentDurationSeconds() {
        Job running = job;
        return running == null ? -1 : (server.nowNanos() - running.beginNanos) / 1_000_000_000L;
    }

    public long currentKeys() {
        Job running = job;
        return running == null ? 0 : running.keys;
    }

    public long currentKeysTotal() {
        Job running = job;
        return running == null ? 0 : running.keysTotal;
    }

    /** SAVE and BGSAVE since the start or CONFIG RESETSTAT. */
    public long saves() {
        return saves;
    }

    /** CONFIG RESETSTAT. */
    public void resetStatistics() {
        saves = 0;
    }

    // ---- saving

    /** SAVE, which counts as such; see {@link #saveNow}. */
    public boolean saveOnDemand() {
        saves++;
        return saveNow();
    }

    /** Saves on the loop; returns whether it worked. The temporary file is called as that of Redis, for one save at a time can be of this kind. */
    public boolean saveNow() {
        View view = server.engine().data().view();
        DumpFile file = new DumpFile(server, "temp-" + server.ports().processId() + ".rdb");
        SaveListener delaying = (_, _) -> {
            Delays.perKey(
                    server.settings().rdbKeySaveDelay::value, server.ports().blockingWorkers(), () -> false);
            return true;
        };
        files.add(file);
        try {
            file.write(view.reader(), server.persistence().saveOptions(), delaying);
            saved(server.engine().statistics().dirty);
            server.log().notice("DB saved on disk");
            lastOk = true;
            return true;
        } catch (IOException failure) {
            server.log().warning(String.valueOf(failure.getMessage()));
            file.removeTemporary(server.log());
            return false;
        } finally {
            files.remove(file);
            view.close();
        }
    }

    /** BGSAVE of this moment. */
    public void start() {
        start(server.persistence().saveOptions(), false, _ -> {});
    }

    /**
     * As {@link #start()}. The view, and the position told in {@code options}, are those of this moment.
     *
     * @param done told on the loop of the dump that was made, null if that did not work
     */
    void start(SaveOptions options, boolean forReplication, Consumer<@Nullable DumpFile> done) {
        assert job == null;
        DumpFile file = new DumpFile(server, "temp-" + server.ports().processId() + "-" + ++fileNumber + ".rdb");
        View view = server.engine().data().view();
        Job started = new Job(view, file, server.engine().statistics().dirty, server.nowNanos(), done);
        job = started;
        files.add(file);
        saves++;
        scheduled = false;
        lastTryNanos = server.nowNanos();
        server.traffic().backgroundJobBegun();
        lastForReplication = forReplication;
        server.log().notice("Background saving started by pid " + server.ports().processId());
        SaveListener listener = listener(started);
        server.persistence()
                .work(
                        () -> {
                            file.write(view.reader(), options, listener);
                            return true;
                        },
                        (_, failure) -> ended(started, failure));
    }

    private SaveListener listener(Job running) {
        // As for a child process, which does not hear of later settings.
        long keySaveDelay = server.settings().rdbKeySaveDelay.value();
        return (keys, _) -> {
            running.keys = keys;
            Delays.perKey(() -> keySaveDelay, server.ports().blockingWorkers(), running.file::isCancelled);
            return !running.file.isCancelled();
        };
    }

    private void ended(Job ended, @Nullable Throwable failure) {
        ended.view.close();
        files.remove(ended.file);
        job = null;
        lastDurationSeconds = (server.nowNanos() - ended.beginNanos) / 1_000_000_000L;
        // It may have been given up when its dump was in place already: by now that may be another one.
        boolean ok = failure == null && !ended.file.isCancelled();
        if (ok) {
            server.log().notice("DB saved on disk");
            server.log().notice("Background saving terminated with success");
            saved(ended.dirtyBefore);
            lastOk = true;
        } else if (failure == null || ended.file.isCancelled()) {
            server.log().warning("Background saving terminated by signal 10");
            ended.file.removeTemporary(server.log());
        } else {
            lastOk = false;
            server.log().warning(String.valueOf(failure.getMessage()));
            ended.file.removeTemporary(server.log());
            server.log().warning("Background saving error");
        }
        ended.done.accept(ok ? ended.file : null);
        server.replication().replicas().jobEnded();
    }

    private void saved(long dirtyThen) {
        server.engine().statistics().dirty -= dirtyThen;
        lastSaveSeconds = server.ports().clock().wallMillis() / 1000;
    }

    /** For an end of the process that does not wait for a save: leaves no half of one behind. Any thread. */
    public void removeTemporaries() {
        files.forEach(file -> file.removeTemporary(server.log()));
    }

    /**
     * At the start: what saves of ours have left behind that ended with their process. Files of processes that live are left alone, and so are those
     * whose names Redis uses too, unless they bear the very process id that is ours now.
     */
    void removeLeftovers() {
        try {
            for (String name : server.ports().disk().list("")) {
                Matcher matcher = TEMPORARY.matcher(name);
                if (matcher.matches() && isLeftOver(matcher.group(1), matcher.group(2) != null)) {
                    server.ports().disk().delete(name);
                    server.log().notice("Removed " + name + ", left by a save that was never completed");
                }
            }
        } catch (IOException failure) {
            server.log().warning("Cannot remove what earlier saves have left: " + failure.getMessage());
        }
    }

    private boolean isLeftOver(String processId, boolean surelyOurs) {
        try {
            long pid = Long.parseLong(processId);
            return pid == server.ports().processId()
                    || surelyOurs
                            && server.ports().blockingWorkers()
                            && ProcessHandle.of(pid).isEmpty();
        } catch (NumberFormatException tooLong) {
            return false;
        }
    }

    /**
     * Gives up a running save, which does not replace the dump any more; {@code forLoad}: because a payload of our master is about to replace the
     * data.
     */
    void cancel(boolean forLoad) {
        Job running = job;
        if (running == null || running.file.isCancelled()) {
            return;
        }
        if (forLoad) {
            server.replication()
                    .say(dev.understudy.replication.Messages.pendingSaveKilled(
                            server.ports().processId()));
        }
        running.file.cancel();
    }

    /** BGSAVE SCHEDULE: as soon as nothing else runs. */
    public void schedule() {
        scheduled = true;
    }

    void tick() {
        if (job != null
                || server.replication().replicas().isTransferring()
                || server.appendOnly().rewrites().isRunning()
                || server.persistence().isLoading()) {
            return;
        }
        if (scheduled && mayTry() || isDue()) {
            start();
        }
    }

    /** After a failure not at once again. */
    private boolean mayTry() {
        return lastOk || server.nowNanos() - lastTryNanos > RETRY_NANOS;
    }

    private boolean isDue() {
        long dirty = server.engine().statistics().dirty;
        long sinceSave = server.ports().clock().wallMillis() / 1000 - lastSaveSeconds;
        for (var point : server.settings().savePoints()) {
            if (dirty >= point.changes() && sinceSave > point.seconds() && mayTry()) {
                server.log().notice(point.changes() + " changes in " + point.seconds() + " seconds. Saving...");
                return true;
            }
        }
        return false;
    }

    /** Whether the last background save was made for replicas. */
    boolean lastWasForReplication() {
        return lastForReplication;
    }

    /** Whether there is a dump that was made for replicas and that nobody has asked about yet. */
    boolean takeReplicationDump() {
        boolean there = lastForReplication && job == null;
        lastForReplication &= !there;
        return there;
    }
}
