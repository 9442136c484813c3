// SPDX-License-Identifier: Apache-2.0
package dev.understudy.persist;

import java.io.Closeable;
import java.io.IOException;
import java.util.List;

/**
 * The port to files, all below one working directory: over file channels in a server, in memory and with faults in
 * simulations. Names are relative, parts separated by {@code /}. Any thread, but one file belongs to one thread at a
 * time, but for {@link File#sync}. Every failure of the medium is an {@link IOException} whose message suits a log line.
 */
public interface Disk {
    /** What a file is opened for. */
    enum Mode {
        /** Reading only; the file must exist. */
        READ,
        /** Reading and writing; the file must exist, its contents stay, the position is 0. */
        UPDATE,
        /** Writing at the end; made if it does not exist. */
        APPEND,
        /** Writing to a new file; fails if it exists. */
        CREATE,
        /** Writing from the beginning; what was there goes. */
        REPLACE
    }

    /** @throws IOException if there is no such file (READ, UPDATE), if there is one (CREATE), or if the medium fails */
    File open(String name, Mode mode) throws IOException;

    boolean exists(String name) throws IOException;

    /** Bytes of the file. */
    long length(String name) throws IOException;

    /** Puts {@code from} in the place of {@code to} in one step; durable only after {@link #syncDirectory}. */
    void rename(String from, String to) throws IOException;

    /** Returns whether the file was there. */
    boolean delete(String name) throws IOException;

    /** Makes a directory unless it is there. */
    void makeDirectory(String name) throws IOException;

    /** Names (without directory) of the files in a directory, {@code ""} being the working directory; sorted. */
    List<String> list(String directory) throws IOException;

    /**
     * The same files below the present working directory, which a later change of that does not move: for work that goes on meanwhile.
     */
    default Disk pinned() {
        return this;
    }

    /** Makes what was created, renamed and deleted in the directory durable. */
    void syncDirectory(String directory) throws IOException;

    /** An open file. */
    interface File extends Closeable {
        /** Reads at the position and moves it on: 1 to {@code length} bytes, -1 at the end. */
        int read(byte[] target, int offset, int length) throws IOException;

        /** Writes all bytes at the position (APPEND: at the end). */
        void write(byte[] source, int offset, int length) throws IOException;

        long position() throws IOException;

        void position(long position) throws IOException;

        long length() throws IOException;

        /** Cuts the file to {@code length} bytes. */
        void truncate(long length) throws IOException;

        /**
         * Makes the contents durable, and with {@code metadata} the file's attributes too (fsync, else fdatasync). May be called by another
         * thread than the one that writes: what had been written when the call began is durable after it.
         */
        void sync(boolean metadata) throws IOException;
    }
}
