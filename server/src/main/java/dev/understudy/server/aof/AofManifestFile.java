// SPDX-License-Identifier: Apache-2.0
package dev.understudy.server.aof;

import dev.understudy.persist.Disk;
import dev.understudy.persist.aof.AofManifest;
import dev.understudy.persist.aof.AofNames;
import dev.understudy.server.ServerLog;
import dev.understudy.server.settings.Settings;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * The manifest on disk, and what it says. It changes from one whole state to the next: a temporary file is written and forced to disk, then the directory,
 * so that all files that it names are there for sure, then it takes the manifest's place (writeAofManifestFile). Any thread; changes
 * wait for each other.
 *
 * <p>When the directory cannot be forced to disk after the rename, nobody knows which of the two manifests a power failure would leave: the new one counts,
 * but {@link #isDurable} is false, no file of either may be deleted, and {@link #makeDurable} has to be tried until it works.
 */
final class AofManifestFile {
    private final Disk disk;
    private final ServerLog log;
    private final AofNames names;
    private final String directory;
    private volatile boolean keepsHistory;
    private final ReentrantLock lock = new ReentrantLock();
    private volatile @Nullable AofManifest current;
    private volatile boolean durable = true;
    /** What the temporary file says, and what it follows; null if there is none to be used. */
    private @Nullable AofManifest staged;

    private @Nullable AofManifest stagedAfter;
    /** Whether the directory itself is durable. */
    private boolean inPlace;

    AofManifestFile(Disk disk, ServerLog log, Settings settings) {
        this.disk = disk;
        this.log = log;
        this.names = new AofNames(settings.appendfilename.value());
        this.directory = settings.appenddirname.value();
        this.keepsHistory = settings.aofDisableAutoGc.on();
    }

    AofNames names() {
        return names;
    }

    String directory() {
        return directory;
    }

    /** A file of the directory as the disk calls it. */
    String path(String name) {
        return directory() + "/" + name;
    }

    /** Begins with what was read at the start: the process before may have ended between its rename and what makes it durable. */
    void begin(AofManifest manifest) {
        current = manifest;
        durable = manifest.isEmpty();
    }

    /** aof-disable-auto-gc. On the loop. */
    void keepsHistory(boolean on) {
        keepsHistory = on;
    }

    /** What the manifest says, null before it was read. */
    @Nullable
    AofManifest known() {
        return current;
    }

    /**
     * What the manifest says; read from disk if that has not been done yet.
     *
     * @throws IOException if there is something else than a manifest, or the medium fails
     */
    AofManifest read() throws IOException {
        lock.lock();
        try {
            AofManifest manifest = current;
            if (manifest == null) {
                manifest = fromDisk();
                current = manifest;
            }
            return manifest;
        } finally {
            lock.unlock();
        }
    }

    /** Does something during which the files that the manifest names stay: a rewrite that is ready waits until it is over. */
    <T extends @Nullable Object> T hold(Supplier<T> action) {
        lock.lock();
        try {
            return action.get();
        } finally {
            lock.unlock();
        }
    }

    /** Reads what is on disk anew: the sequence numbers of files that it does not know of are free again. */
    void reread() {
        lock.lock();
        try {
            current = fromDisk();
        } catch (IOException failure) {
            log.warning("Error trying to read the AOF manifest: " + failure.getMessage());
        } finally {
            lock.unlock();
        }
    }

    private AofManifest fromDisk() throws IOException {
        String name = path(names().manifest());
        if (!disk.exists(directory()) || !disk.exists(name)) {
            return AofManifest.EMPTY;
        }
        return switch (AofManifest.read(disk, name)) {
            case AofManifest.Valid(AofManifest manifest) -> manifest;
            case AofManifest.Invalid(int line, String _, String reason) ->
                throw new IOException(reason + " (line " + line + ")");
        };
    }

    /** Makes the directory unless it is there; returns false when that is impossible, and says so in the log. */
    boolean makeDirectory() {
        try {
            disk.makeDirectory(directory());
            if (!inPlace) {
                // Even if it was there: whoever made it may have been killed before this.
                disk.syncDirectory("");
                inPlace = true;
            }
            return true;
        } catch (IOException failure) {
            log.warning("Can't open or create append-only dir " + directory() + ": " + failure.getMessage());
            return false;
        }
    }

    /**
     * Goes from what the manifest says to what {@code step} makes of it. Returns false if that is impossible; then the old one is still there, and
     * the log says why.
     */
    boolean update(UnaryOperator<AofManifest> step) {
        lock.lock();
        try {
            AofManifest next = step.apply(read());
            staged = null;
            if (!write(next) || !rename()) {
                return false;
            }
            current = next;
            durable = syncDirectory();
            return true;
        } catch (IOException failure) {
            log.warning("Error trying to read the AOF manifest: " + failure.getMessage());
            return false;
        } finally {
            lock.unlock();
        }
    }

    /**
     * Prepares an {@link #update} up to its last step, so that {@link #commit} need not wait for the disk. Returns false if that is impossible;
     * the log says why.
     */
    boolean stage(UnaryOperator<AofManifest> step) {
        lock.lock();
        try {
            AofManifest now = read();
            AofManifest next = step.apply(now);
            staged = null;
            if (!write(next)) {
                return false;
            }
            staged = next;
            stagedAfter = now;
            return true;
        } catch (IOException failure) {
            log.warning("Error trying to read the AOF manifest: " + failure.getMessage());
            return false;
        } finally {
            lock.unlock();
        }
    }

    /**
     * Does what {@link #stage} has prepared, or all of it if another change came between. The manifest is in place then, but perhaps not
     * durable before {@link #makeDurable}. Returns false if that is impossible, as {@link #update}.
     */
    boolean commit(UnaryOperator<AofManifest> step) {
        lock.lock();
        try {
            AofManifest next = staged;
            if (next == null || !Objects.equals(stagedAfter, current)) {
                return update(step);
            }
            staged = null;
            if (!rename()) {
                return false;
            }
            current = next;
            durable = false;
            return true;
        } finally {
            lock.unlock();
        }
    }

    /** Writes the temporary file, and makes it and all that it names durable. */
    private boolean write(AofManifest next) {
        String temporary = names().temporaryManifest();
        byte[] text = next.text();
        try (Disk.File file = disk.open(path(temporary), Disk.Mode.REPLACE)) {
            file.write(text, 0, text.length);
            file.sync(true);
        } catch (IOException failure) {
            log.warning(
                    "Error trying to write the temporary AOF manifest file " + temporary + ": " + failure.getMessage());
            return false;
        }
        return syncDirectory();
    }

    private boolean rename() {
        String name = names().manifest();
        String temporary = names().temporaryManifest();
        try {
            disk.rename(path(temporary), path(name));
            return true;
        } catch (IOException failure) {
            log.warning("Error trying to rename the temporary AOF manifest file " + temporary + " into " + name + ": "
                    + failure.getMessage());
            return false;
        }
    }

    /** The server has ended: what was staged will not be committed. */
    void removeTemporary() {
        try {
            if (disk.exists(directory())) {
                disk.delete(path(names().temporaryManifest()));
            }
        } catch (IOException failure) {
            log.warning("Cannot remove " + names().temporaryManifest() + ": " + failure.getMessage());
        }
    }

    private boolean syncDirectory() {
        try {
            disk.syncDirectory(directory());
            return true;
        } catch (IOException failure) {
            log.warning("Fail to fsync AOF directory " + directory() + ": " + failure.getMessage());
            return false;
        }
    }

    /** Whether the manifest is what a power failure would leave. */
    boolean isDurable() {
        return durable;
    }

    /** Makes good what an {@link #update} could not do: without it, what is written to new files is not durable either. */
    void makeDurable() throws IOException {
        if (!durable) {
            lock.lock();
            try {
                disk.syncDirectory(directory());
                durable = true;
            } finally {
                lock.unlock();
            }
        }
    }

    /** {@link #makeDurable}, which is tried again with the next fsync of the file if it fails now; the log says so. */
    void tryToMakeDurable() {
        try {
            makeDurable();
        } catch (IOException failure) {
            log.warning("Fail to fsync AOF directory " + directory() + ": " + failure.getMessage());
        }
    }

    /**
     * Deletes what is superseded (aofDelHistoryFiles), as far as that is possible; the rest stays in the manifest for the next time. Never
     * while the manifest is not durable, for the old one names these files.
     */
    void deleteHistory() {
        AofManifest manifest = current;
        if (manifest == null || manifest.history().isEmpty() || !durable || keepsHistory) {
            return;
        }
        List<AofManifest.Entry> deleted = new ArrayList<>();
        for (AofManifest.Entry entry : manifest.history()) {
            log.notice("Removing the history file " + entry.name() + " in the background");
            try {
                disk.delete(path(entry.name()));
                deleted.add(entry);
            } catch (IOException failure) {
                log.warning("Cannot remove " + entry.name() + ": " + failure.getMessage());
            }
        }
        if (!deleted.isEmpty()) {
            update(now -> now.withoutHistory(deleted));
        }
    }
}
