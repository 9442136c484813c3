// SPDX-License-Identifier: Apache-2.0
package dev.understudy.server.aof;

import dev.understudy.persist.Disk;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * The incremental file that is being written, and how long it is. What a failed write left behind is cut off again, so that the file ends with a
 * whole command (flushAppendOnlyFile). Writing belongs to the command loop; {@link #sync} may run beside it on a worker.
 */
final class AofFile {
    /**
     * A write that failed.
     *
     * @param reason in the system's words
     * @param written bytes that got into the file all the same, 0 if nothing did
     * @param stuck why they could not be cut off again, so that they count as written; null if they were
     */
    record Failure(String reason, long written, @Nullable String stuck) {
        /** In Redis a write that got somewhere fails for want of room, whatever the system said. */
        String error() {
            return written > 0 ? "No space left on device" : reason;
        }
    }

    private final Disk.File file;
    private long size;
    /** Whether it is unknown what stands behind {@link #size}. */
    private boolean dirtyEnd;

    private AofFile(Disk.File file, long size) {
        this.file = file;
        this.size = size;
    }

    /** A new file of that name. What was there goes: emptied only, it could be back after a power failure, with the name that we give it. */
    static AofFile create(Disk disk, String name) throws IOException {
        disk.delete(name);
        return new AofFile(disk.open(name, Disk.Mode.CREATE), 0);
    }

    /** Goes on with a file, or makes it. */
    static AofFile append(Disk disk, String name) throws IOException {
        Disk.File file = disk.open(name, Disk.Mode.APPEND);
        return new AofFile(file, file.length());
    }

    /** Bytes of the file that count. */
    long size() {
        return size;
    }

    /** Appends all bytes, or says what happened instead. */
    @Nullable
    Failure write(byte[] source, int offset, int count) {
        try {
            if (dirtyEnd) {
                cut();
            }
            file.write(source, offset, count);
            size += count;
            return null;
        } catch (IOException failure) {
            return failed(String.valueOf(failure.getMessage()), count);
        }
    }

    private Failure failed(String reason, int count) {
        dirtyEnd = true;
        long written;
        try {
            written = file.length() - size;
        } catch (IOException _) {
            // The next write begins with cutting.
            return new Failure(reason, 0, null);
        }
        if (written <= 0) {
            dirtyEnd = written < 0;
            return new Failure(reason, 0, null);
        }
        try {
            cut();
            return new Failure(reason, written, null);
        } catch (IOException stuck) {
            written = Math.min(written, count);
            size += written;
            dirtyEnd = false;
            return new Failure(reason, written, String.valueOf(stuck.getMessage()));
        }
    }

    private void cut() throws IOException {
        file.truncate(size);
        file.position(size);
        dirtyEnd = false;
    }

    /** Makes what was written durable. Any thread. */
    void sync() throws IOException {
        file.sync(false);
    }

    void close() throws IOException {
        file.close();
    }
}
