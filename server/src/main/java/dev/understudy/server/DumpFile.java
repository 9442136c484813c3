// SPDX-License-Identifier: Apache-2.0
package dev.understudy.server;

import dev.understudy.persist.Disk;
import dev.understudy.persist.RdbWriter;
import dev.understudy.persist.SaveListener;
import dev.understudy.persist.SaveOptions;
import dev.understudy.persist.SaveResult;
import dev.understudy.store.View;
import java.io.IOException;
import java.util.concurrent.locks.ReentrantLock;

/**
 * One saving of a dump: to a temporary file, which is made durable and only then takes the place of the old dump (rdbSave). Name and directory are those
 * of the moment when it began, whatever CONFIG SET does meanwhile. Any thread writes; any thread may cancel.
 */
final class DumpFile {
    private static final long SYNC_STEP_BYTES = 4L << 20;

    private final Disk disk;
    private final String directory;
    private final String temporary;
    private final String name;
    private final boolean syncsInSteps;
    /** Held while the dump takes its place and while it is cancelled, after which it may not do so. */
    private final ReentrantLock replacing = new ReentrantLock();

    private volatile boolean cancelled;
    private long unsyncedBytes;

    DumpFile(Server server, String temporary) {
        this.disk = server.ports().disk().pinned();
        this.directory = server.settings().dir.value();
        this.temporary = temporary;
        this.name = server.settings().dbfilename.value();
        this.syncsInSteps = server.settings().rdbSaveIncrementalFsync.on();
    }

    boolean isCancelled() {
        return cancelled;
    }

    /** The dump does not take the place of the old one any more, unless it has done so already. */
    void cancel() {
        replacing.lock();
        try {
            cancelled = true;
        } finally {
            replacing.unlock();
        }
    }

    /** Writes the dump; the temporary file stays if that fails. The message of the failure is the log line that Redis writes. */
    void write(View view, SaveOptions options, SaveListener listener) throws IOException {
        try (Disk.File file = open()) {
            SaveResult result = RdbWriter.save(
                    view, (array, offset, length) -> append(file, array, offset, length), options, listener);
            switch (result) {
                case SaveResult.Saved _ -> sync(file);
                case SaveResult.Failed(IOException cause) -> throw notWritten("rdbSaveRio", cause);
                case SaveResult.Cancelled _ -> throw new IOException("Saving was cancelled");
            }
        }
        replace();
        try {
            disk.syncDirectory("");
        } catch (IOException failure) {
            throw told("Failed to fsync directory while saving DB: ", failure);
        }
    }

    private Disk.File open() throws IOException {
        try {
            disk.delete(temporary);
            return disk.open(temporary, Disk.Mode.CREATE);
        } catch (IOException failure) {
            throw told(
                    "Failed opening the temp RDB file " + temporary + " (in server root dir " + directory
                            + ") for saving: ",
                    failure);
        }
    }

    private void append(Disk.File file, byte[] array, int offset, int length) throws IOException {
        file.write(array, offset, length);
        unsyncedBytes += length;
        if (syncsInSteps && unsyncedBytes >= SYNC_STEP_BYTES) {
            file.sync(false);
            unsyncedBytes = 0;
        }
    }

    private static void sync(Disk.File file) throws IOException {
        try {
            file.sync(true);
        } catch (IOException failure) {
            throw notWritten("fsync", failure);
        }
    }

    private void replace() throws IOException {
        replacing.lock();
        try {
            if (cancelled) {
                throw new IOException("Saving was cancelled");
            }
            disk.rename(temporary, name);
        } catch (IOException failure) {
            throw cancelled
                    ? failure
                    : told(
                            "Error moving temp DB file " + temporary + " on the final destination " + name
                                    + " (in server root dir " + directory + "): ",
                            failure);
        } finally {
            replacing.unlock();
        }
    }

    private static IOException notWritten(String step, IOException cause) {
        return told("Write error while saving DB to the disk(" + step + "): ", cause);
    }

    private static IOException told(String what, IOException cause) {
        return new IOException(what + cause.getMessage(), cause);
    }

    /** Opens what has become the dump, to be read. A later save may replace it meanwhile, and this one stays readable. */
    Disk.File read() throws IOException {
        return disk.open(name, Disk.Mode.READ);
    }

    /** Bytes of the dump. */
    long length() throws IOException {
        return disk.length(name);
    }

    String name() {
        return name;
    }

    /** Removes the temporary file if it is still there. */
    void removeTemporary(ServerLog log) {
        try {
            disk.delete(temporary);
        } catch (IOException failure) {
            log.warning("Cannot remove " + temporary + ": " + failure.getMessage());
        }
    }
}
