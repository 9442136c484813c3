// SPDX-License-Identifier: Apache-2.0
package dev.understudy.server;

import dev.understudy.persist.Disk;
import dev.understudy.persist.RdbWriter;
import dev.understudy.persist.SaveListener;
import dev.understudy.persist.SaveOptions;
import dev.understudy.persist.SaveResult;
import dev.understudy.store.View;
import java.io.IOException;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Saves the data set to the dump file: to a temporary file first, which replaces the old dump only when it is complete and durable. SAVE
 * does so on the loop, BGSAVE from a view on a worker. Owned by the command loop.
 */
public final class BackgroundSave {
    private static final long RETRY_NANOS = 5_000_000_000L;
    private static final long SYNC_STEP_BYTES = 4L << 20;

    private final Server server;
    /** Held while a dump takes its place, and while a save is cancelled, which may not do so afterwards. */
    private final ReentrantLock replacing = new ReentrantLock();
    /** Files being written. */
    private final Set<String> temporaries = ConcurrentHashMap.newKeySet();

    private @Nullable Job job;
    private boolean scheduled;
    private boolean lastOk = true;
    private long lastSaveSeconds;
    private long lastTryNanos;
    private long lastDurationSeconds = -1;
    private long saves;
    private boolean lastForReplication;

    BackgroundSave(Server server) {
        this.server = server;
        this.lastSaveSeconds = server.ports().clock().wallMillis() / 1000;
    }

    /** A save that runs. */
    private static final class Job {
        final View view;
        final long dirtyBefore;
        final long beginNanos;
        final long keysTotal;
        final Consumer<Boolean> done;
        volatile boolean cancelled;
        volatile long keys;

        Job(View view, long dirtyBefore, long beginNanos, Consumer<Boolean> done) {
            this.view = view;
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

    public long saves() {
        return saves;
    }

    // ---- saving

    /** SAVE: on the loop; returns whether it worked. The temporary file is called as that of Redis, for one save at a time can be of this kind. */
    public boolean saveNow() {
        View view = server.engine().data().view();
        SaveOptions options = server.persistence().saveOptions(SaveOptions.VERSION_MAX);
        String temporary = "temp-" + server.ports().processId() + ".rdb";
        SaveListener delaying = (_, _) -> {
            Delays.perKey(
                    server.settings().rdbKeySaveDelay::value, server.ports().blockingWorkers(), () -> false);
            return true;
        };
        try {
            write(view.reader(), options, temporary, delaying, () -> false);
            saved(server.engine().statistics().dirty);
            server.log().notice("DB saved on disk");
            lastOk = true;
            return true;
        } catch (IOException failure) {
            failed(temporary, failure);
            return false;
        } finally {
            view.close();
        }
    }

    private String temporaryName() {
        return "temp-" + server.ports().processId() + "-" + ++saves + ".rdb";
    }

    /**
     * BGSAVE. The view, and the position told in {@code options}, are those of this moment.
     *
     * @param done told on the loop whether it worked
     */
    public void start(SaveOptions options, boolean forReplication, Consumer<Boolean> done) {
        assert job == null;
        Job started =
                new Job(server.engine().data().view(), server.engine().statistics().dirty, server.nowNanos(), done);
        job = started;
        scheduled = false;
        lastTryNanos = server.nowNanos();
        lastForReplication = forReplication;
        server.log().notice("Background saving started by pid " + server.ports().processId());
        String temporary = temporaryName();
        boolean accepted = server.persistence()
                .work(
                        () -> {
                            write(
                                    started.view.reader(),
                                    options,
                                    temporary,
                                    listener(started),
                                    () -> started.cancelled);
                            return true;
                        },
                        (_, failure) -> ended(started, temporary, failure));
        if (!accepted) {
            ended(started, temporary, new IOException("no worker is free"));
        }
    }

    private SaveListener listener(Job running) {
        return (keys, _) -> {
            running.keys = keys;
            Delays.perKey(
                    server.settings().rdbKeySaveDelay::value,
                    server.ports().blockingWorkers(),
                    () -> running.cancelled);
            return !running.cancelled;
        };
    }

    /** Writes the dump through a temporary file; any thread. */
    private void write(
            View view, SaveOptions options, String temporary, SaveListener listener, BooleanSupplier cancelled)
            throws IOException {
        Disk disk = server.ports().disk();
        temporaries.add(temporary);
        disk.delete(temporary);
        try (Disk.File file = disk.open(temporary, Disk.Mode.CREATE)) {
            long[] unsynced = {0};
            boolean incremental = server.settings().rdbSaveIncrementalFsync.on();
            SaveResult result = RdbWriter.save(
                    view,
                    (array, offset, length) -> {
                        file.write(array, offset, length);
                        unsynced[0] += length;
                        if (incremental && unsynced[0] >= SYNC_STEP_BYTES) {
                            file.sync(false);
                            unsynced[0] = 0;
                        }
                    },
                    options,
                    listener);
            switch (result) {
                case SaveResult.Saved _ -> file.sync(true);
                case SaveResult.Failed(IOException cause) -> throw cause;
                case SaveResult.Cancelled _ -> throw new IOException("cancelled");
            }
        }
        replaceDump(temporary, cancelled);
        disk.syncDirectory("");
    }

    private void replaceDump(String temporary, BooleanSupplier cancelled) throws IOException {
        replacing.lock();
        try {
            if (cancelled.getAsBoolean()) {
                throw new IOException("cancelled");
            }
            server.ports().disk().rename(temporary, server.settings().dbfilename.value());
            temporaries.remove(temporary);
        } finally {
            replacing.unlock();
        }
    }

    private void ended(Job ended, String temporary, @Nullable Throwable failure) {
        ended.view.close();
        job = null;
        lastDurationSeconds = (server.nowNanos() - ended.beginNanos) / 1_000_000_000L;
        // It may have been given up when its dump was in place already: by now that may be another one.
        boolean ok = failure == null && !ended.cancelled;
        if (ok) {
            server.log().notice("DB saved on disk");
            server.log().notice("Background saving terminated with success");
            saved(ended.dirtyBefore);
            lastOk = true;
        } else if (failure == null || ended.cancelled) {
            server.log().warning("Background saving terminated by signal 10");
            remove(temporary);
        } else {
            lastOk = false;
            failed(temporary, failure);
            server.log().warning("Background saving error");
        }
        ended.done.accept(ok);
        server.replication().replicas().jobEnded();
    }

    private void saved(long dirtyThen) {
        server.engine().statistics().dirty -= dirtyThen;
        lastSaveSeconds = server.ports().clock().wallMillis() / 1000;
    }

    private void failed(String temporary, Throwable failure) {
        server.log().warning("Error saving DB on disk: " + failure.getMessage());
        remove(temporary);
    }

    /** For an end of the process that does not wait for a save: leaves no half of one behind. Any thread. */
    public void removeTemporaries() {
        temporaries.forEach(this::remove);
    }

    private void remove(String temporary) {
        temporaries.remove(temporary);
        try {
            server.ports().disk().delete(temporary);
        } catch (IOException failure) {
            server.log().warning("Cannot remove " + temporary + ": " + failure.getMessage());
        }
    }

    /**
     * Gives up a running save, which does not replace the dump any more; {@code forLoad}: because a payload of our master is about to replace the
     * data.
     */
    void cancel(boolean forLoad) {
        Job running = job;
        if (running == null || running.cancelled) {
            return;
        }
        if (forLoad) {
            server.replication()
                    .say(dev.understudy.replication.Messages.pendingSaveKilled(
                            server.ports().processId()));
        }
        replacing.lock();
        try {
            running.cancelled = true;
        } finally {
            replacing.unlock();
        }
    }

    /** BGSAVE SCHEDULE: as soon as nothing else runs. */
    public void schedule() {
        scheduled = true;
    }

    void tick() {
        if (job != null
                || server.replication().replicas().isTransferring()
                || server.persistence().isLoading()) {
            return;
        }
        if (scheduled || isDue()) {
            start(server.persistence().saveOptions(SaveOptions.VERSION_MAX), false, _ -> {});
        }
    }

    private boolean isDue() {
        long dirty = server.engine().statistics().dirty;
        long sinceSave = server.ports().clock().wallMillis() / 1000 - lastSaveSeconds;
        boolean mayTry = lastOk || server.nowNanos() - lastTryNanos > RETRY_NANOS;
        for (var point : server.settings().savePoints()) {
            if (dirty >= point.changes() && sinceSave > point.seconds() && mayTry) {
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
