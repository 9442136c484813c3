// SPDX-License-Identifier: Apache-2.0
package dev.understudy.server.aof;

import dev.understudy.persist.Disk;
import dev.understudy.persist.aof.AofManifest;
import dev.understudy.server.Delays;
import dev.understudy.server.Server;
import dev.understudy.server.settings.Settings;
import java.io.IOException;
import java.util.List;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Writes buffered bytes to the present file and forces it to disk as {@code appendfsync} says (flushAppendOnlyFile): with {@code always} both before any
 * reply, with {@code everysec} the latter on a worker at most once a second, with {@code no} never. Owned by the command loop.
 */
final class AofWriter {
    /** More than this is not kept until the end of the iteration. */
    private static final int WRITTEN_AT_ONCE_BYTES = 1 << 20;
    /** So much waits for a slow fsync to end; Redis knows only the limit of time. */
    private static final int POSTPONED_BYTES_MAX = 16 << 20;
    /** So much waits for a disk that takes nothing, and not more: then the file is given up. */
    private static final int PENDING_BYTES_MAX = 64 << 20;

    private static final long SECOND_NANOS = 1_000_000_000L;
    private static final long POSTPONED_NANOS_MAX = 2 * SECOND_NANOS;

    private final Server server;
    private final Settings settings;
    private final AofManifestFile manifest;
    private final AofFsync fsync;
    private final AofErrors errors;
    /** Whether a save or a rewrite runs, which no-appendfsync-on-rewrite spares. */
    private final BooleanSupplier busyDisk;

    private final AofBuffer buffer = new AofBuffer();
    private @Nullable AofFile file;
    /** Size of {@link #file} that has been, or is being, forced to disk. */
    private long syncedSize;

    private long lastSyncNanos;
    private boolean postponed;
    private long postponedSinceNanos;
    private long delayedFsyncs;
    private boolean overflowed;
    private boolean dead;
    /** Counts the histories of {@link #syncedOffset}: what an old file's fsync says is not about the new ones. */
    private long generation;

    private long syncedOffset;
    private long flushSleepMicros;

    AofWriter(Server server, AofManifestFile manifest, BooleanSupplier busyDisk) {
        this.server = server;
        this.settings = server.settings();
        this.manifest = manifest;
        this.busyDisk = busyDisk;
        this.fsync = new AofFsync(server);
        this.errors = new AofErrors(server);
        this.lastSyncNanos = server.nowNanos();
    }

    private boolean isAlways() {
        return settings.appendfsync.value().equals("always");
    }

    private boolean isEverySecond() {
        return settings.appendfsync.value().equals("everysec");
    }

    // ---- state

    AofErrors errors() {
        return errors;
    }

    boolean isOpen() {
        return file != null;
    }

    /** Bytes of the present file, 0 without. */
    long size() {
        AofFile open = file;
        return open == null ? 0 : open.size();
    }

    /** aof_buffer_length. */
    int waitingBytes() {
        return buffer.length();
    }

    int bufferCapacity() {
        return buffer.capacity();
    }

    int pendingSyncs() {
        return fsync.pending();
    }

    long delayedFsyncs() {
        return delayedFsyncs;
    }

    void resetStatistics() {
        delayedFsyncs = 0;
    }

    /** Whether the server has to end, because it could not keep the promise of {@code always}: nothing may be replied any more. */
    boolean isDead() {
        return dead;
    }

    /** Whether more had to wait than may: bytes have been dropped, and the file ends before them for ever. */
    boolean isOverflowed() {
        return overflowed;
    }

    /** The stream up to here is in the file and on disk. */
    long syncedOffset() {
        return syncedOffset;
    }

    /** Begins to count anew, from {@code offset} on: fsyncs under way do not count any more. */
    void restartOffset(long offset) {
        generation++;
        syncedOffset = offset;
    }

    /** DEBUG AOF-FLUSH-SLEEP: how long each write waits before. */
    void flushSleep(long micros) {
        flushSleepMicros = micros;
    }

    // ---- files

    /** Writes to another file from now on; the one before is forced to disk and closed in the background. */
    void open(AofFile next) {
        AofFile old = file;
        file = next;
        syncedSize = next.size();
        postponed = false;
        if (old != null) {
            close(old);
            lastSyncNanos = server.nowNanos();
        }
    }

    boolean isSynced() {
        return file == null || syncedSize == size();
    }

    /** Ten times a second: work that found no worker, memory that nothing needs. */
    void tick() {
        fsync.next();
        buffer.tick();
    }

    /** What the file holds may not be durable; nor may these other ones be, which were there before us. */
    void syncSoon(List<AofManifest.Entry> others) {
        syncedSize = -1;
        for (AofManifest.Entry entry : others) {
            String name = manifest.path(entry.name());
            fsync.finish(
                    () -> {
                        try (Disk.File other = server.ports().disk().open(name, Disk.Mode.UPDATE)) {
                            other.sync(true);
                        }
                    },
                    failure -> {
                        if (failure != null) {
                            errors.syncFailed(failure);
                        }
                    });
        }
    }

    /** Forces to disk what the present file holds when it is called; on a worker. */
    AofFsync.Work syncOfPresent() {
        AofFile open = file;
        return open == null ? () -> {} : open::sync;
    }

    /** Forces to disk the little that was written since {@link #syncOfPresent}, so that another file may follow. Returns whether that worked. */
    boolean syncRest() {
        AofFile open = file;
        if (open == null) {
            return false;
        }
        try {
            open.sync();
            return true;
        } catch (IOException failure) {
            presentNotSynced(failure);
            return false;
        }
    }

    /** The present file could not be forced to disk. */
    void presentNotSynced(Throwable failure) {
        if (isAlways()) {
            die("Can't persist AOF for fsync error when the AOF fsync policy is 'always': " + failure.getMessage()
                    + ". Exiting...");
            return;
        }
        errors.syncFailed(failure);
        syncedSize = -1;
    }

    /** Stops writing; the file is forced to disk and closed in the background. What is still in the buffer is dropped. */
    void close() {
        AofFile old = file;
        file = null;
        if (old != null) {
            close(old);
        }
        forget();
    }

    private void close(AofFile old) {
        long offset = server.replication().log().end();
        long mine = generation;
        fsync.finish(
                () -> {
                    try (Closing _ = old::close) {
                        manifest.makeDurable();
                        old.sync();
                    }
                },
                failure -> synced(old, mine, offset, failure));
    }

    /** A file that is closed at the end of a block. */
    private interface Closing extends AutoCloseable {
        @Override
        void close() throws IOException;
    }

    /**
     * Stops writing to a file that nobody needs. Its name goes at once, since the next file may have the same; what it took of the disk is
     * given back in the background, when it is closed (bg_unlink).
     */
    void discard(String name) {
        AofFile old = file;
        file = null;
        try {
            server.ports().disk().delete(name);
        } catch (IOException failure) {
            server.log().warning("Cannot remove " + name + ": " + failure.getMessage());
        }
        if (old != null) {
            fsync.finish(old::close, failure -> {
                if (failure != null) {
                    server.log().warning("Cannot close " + name + ": " + failure.getMessage());
                }
            });
        }
        forget();
    }

    private void forget() {
        buffer.clear();
        overflowed = false;
        postponed = false;
    }

    /** The AOF is turned on: earlier errors do not count (startAppendOnly). */
    void reopen() {
        lastSyncNanos = server.nowNanos();
        errors.ignore();
    }

    // ---- writing

    /** Takes bytes of the file; more than fits in an iteration is written at once. */
    void append(byte[] source, int offset, int count) {
        AofFile open = file;
        if (open == null || overflowed || dead) {
            return;
        }
        if (buffer.length() + (long) count > WRITTEN_AT_ONCE_BYTES && errors.isWriteOk() && !mayPostpone(count)) {
            if (!buffer.isEmpty()) {
                write(open);
            }
            if (buffer.isEmpty() && count >= WRITTEN_AT_ONCE_BYTES && !dead) {
                int written = writeThrough(open, source, offset, count);
                buffer.append(source, offset + written, count - written);
                return;
            }
        }
        if (!errors.isWriteOk() && buffer.length() + (long) count > PENDING_BYTES_MAX) {
            overflowed = true;
            buffer.clear();
            return;
        }
        buffer.append(source, offset, count);
    }

    private boolean mayPostpone(int more) {
        return isEverySecond() && fsync.isSyncing() && buffer.length() + (long) more <= POSTPONED_BYTES_MAX;
    }

    /** Writes what waits, and forces it to disk if that is due; {@code force}: though an fsync is under way. */
    void flush(boolean force) {
        fsync.next();
        AofFile open = file;
        if (open == null || dead) {
            return;
        }
        if (!errors.isSyncOk() && isSecondOver() && !fsync.isSyncing()) {
            // Redis waits for the next one that is due, which may never be, since clients may not write.
            lastSyncNanos = server.nowNanos();
            syncInBackground(open);
        }
        if (buffer.isEmpty()) {
            boolean idle = !fsync.isSyncing() && isSecondOver();
            if (syncedSize != open.size() && (isAlways() || isEverySecond() && idle)) {
                sync(open);
            }
            return;
        }
        if (!force && isEverySecond() && fsync.isSyncing() && postpones()) {
            return;
        }
        if (write(open)) {
            sync(open);
        }
    }

    /** An fsync that runs would hold up the write: it waits up to two seconds for its end. */
    private boolean postpones() {
        long now = server.nowNanos();
        if (!postponed) {
            postponed = true;
            postponedSinceNanos = now;
        }
        if (now - postponedSinceNanos < POSTPONED_NANOS_MAX && buffer.length() <= POSTPONED_BYTES_MAX) {
            return true;
        }
        delayedFsyncs++;
        server.log()
                .notice("Asynchronous AOF fsync is taking too long (disk is busy?). Writing the AOF buffer without"
                        + " waiting for fsync to complete, this may slow down Redis.");
        return false;
    }

    /** Writes the buffer; returns whether all of it is in the file. */
    private boolean write(AofFile open) {
        Delays.perKey(() -> flushSleepMicros, server.ports().blockingWorkers(), () -> false);
        AofFile.Failure failure = open.write(buffer.array(), 0, buffer.length());
        postponed = false;
        if (failure != null) {
            failed(failure, buffer.length());
            if (failure.stuck() != null) {
                buffer.drop((int) failure.written());
            }
            return false;
        }
        buffer.clear();
        errors.writeSucceeded();
        return true;
    }

    /** Writes bytes that would only make the buffer large; returns how many of them are in the file. */
    private int writeThrough(AofFile open, byte[] source, int offset, int count) {
        AofFile.Failure failure = open.write(source, offset, count);
        if (failure == null) {
            return count;
        }
        failed(failure, count);
        return failure.stuck() == null ? 0 : (int) failure.written();
    }

    /** The files are whole again, whatever an earlier one lacked. */
    void restored() {
        if (buffer.isEmpty()) {
            errors.writeSucceeded();
        }
    }

    private void failed(AofFile.Failure failure, int expected) {
        errors.writeFailed(failure, expected);
        if (isAlways()) {
            die("Can't recover from AOF write error when the AOF fsync policy is 'always'. Exiting...");
        }
    }

    /** The promise of {@code always} is broken: the server ends before anybody is told of what could not be kept. */
    private void die(String line) {
        server.log().warning(line);
        dead = true;
        server.shutdown().die();
    }

    // ---- forcing to disk

    private boolean isSecondOver() {
        return server.nowNanos() - lastSyncNanos >= SECOND_NANOS;
    }

    private void sync(AofFile open) {
        if (settings.noAppendfsyncOnRewrite.on() && busyDisk.getAsBoolean()) {
            return;
        }
        if (isAlways()) {
            syncNow(open);
        } else if (isEverySecond() && isSecondOver()) {
            if (!fsync.isSyncing()) {
                syncInBackground(open);
            }
            lastSyncNanos = server.nowNanos();
        }
    }

    private void syncNow(AofFile open) {
        try {
            manifest.makeDurable();
            open.sync();
        } catch (IOException failure) {
            presentNotSynced(failure);
            return;
        }
        syncedSize = open.size();
        lastSyncNanos = server.nowNanos();
        reached(generation, server.replication().log().end());
    }

    private void syncInBackground(AofFile open) {
        long offset = server.replication().log().end();
        long mine = generation;
        syncedSize = open.size();
        fsync.sync(
                () -> {
                    manifest.makeDurable();
                    open.sync();
                },
                failure -> synced(open, mine, offset, failure));
    }

    private void synced(AofFile which, long mine, long offset, @Nullable Throwable failure) {
        if (failure == null) {
            errors.syncSucceeded();
            reached(mine, offset);
            return;
        }
        errors.syncFailed(failure);
        if (which == file) {
            syncedSize = -1;
        }
    }

    private void reached(long mine, long offset) {
        if (mine == generation && errors.isTrusted()) {
            syncedOffset = Math.max(syncedOffset, offset);
        }
    }

    /** All that the first {@code failures} failed fsyncs were about is in files that were made since. */
    void forgive(long failures) {
        if (errors.forgive(failures)) {
            syncedSize = -1;
        }
    }

    /** Leaves the file, when loop and workers have ended. */
    void end() {
        fsync.finish();
        AofFile open = file;
        if (open == null) {
            return;
        }
        file = null;
        if (!buffer.isEmpty() && !server.faults().isEnded()) {
            server.log().warning(buffer.length() + " bytes of the AOF could not be written, and are lost");
        }
        try {
            open.close();
        } catch (IOException failure) {
            server.log().warning("Cannot close the AOF file: " + failure.getMessage());
        }
    }

    /** Writes and forces to disk all there is, on the loop. */
    void finish() {
        flush(true);
        AofFile open = file;
        if (open == null || dead) {
            return;
        }
        try {
            manifest.makeDurable();
            open.sync();
            syncedSize = open.size();
        } catch (IOException failure) {
            server.log().warning("Fail to fsync the AOF file: " + failure.getMessage() + ".");
        }
    }
}
