// SPDX-License-Identifier: Apache-2.0
package dev.understudy.server;

import dev.understudy.persist.Disk;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/**
 * Files of the machine, through file channels, below a working directory that may change while files are open. A JVM has no working
 * directory of its own to change, so this one stands for it. Failures bear the words of strerror(3) as their message. From any thread.
 */
public final class FileDisk implements Disk {
    /** Whether a directory can be opened and forced to disk: not on Windows. */
    static final boolean DIRECTORIES_OPEN =
            Path.of("/").getFileSystem().getSeparator().equals("/");

    private volatile Path directory;

    /** Files below {@code directory}, absolute or relative to where the process was started. */
    public FileDisk(Path directory) {
        this.directory = directory.toAbsolutePath().normalize();
    }

    /** The working directory, absolute. */
    public Path directory() {
        return directory;
    }

    /** Works below another directory from now on; open files stay open. */
    public void directory(Path newDirectory) {
        directory = newDirectory.toAbsolutePath().normalize();
    }

    @Override
    public Disk pinned() {
        return new FileDisk(directory);
    }

    private Path path(String name) {
        return name.isEmpty() ? directory : directory.resolve(name);
    }

    private static Set<? extends OpenOption> options(Mode mode) {
        return switch (mode) {
            case READ -> Set.of(StandardOpenOption.READ);
            case UPDATE -> Set.of(StandardOpenOption.READ, StandardOpenOption.WRITE);
            case APPEND -> Set.of(StandardOpenOption.WRITE, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
            case CREATE -> Set.of(StandardOpenOption.WRITE, StandardOpenOption.CREATE_NEW);
            case REPLACE ->
                Set.of(StandardOpenOption.WRITE, StandardOpenOption.CREATE, StandardOpenOption.TRUNCATE_EXISTING);
        };
    }

    @Override
    public File open(String name, Mode mode) throws IOException {
        try {
            return new ChannelFile(FileChannel.open(path(name), options(mode)));
        } catch (IOException failure) {
            throw FileErrors.plain(failure);
        }
    }

    @Override
    public boolean exists(String name) throws IOException {
        try {
            Files.readAttributes(path(name), BasicFileAttributes.class);
            return true;
        } catch (NoSuchFileException absent) {
            return false;
        } catch (IOException failure) {
            throw FileErrors.plain(failure);
        }
    }

    @Override
    public long length(String name) throws IOException {
        try {
            return Files.size(path(name));
        } catch (IOException failure) {
            throw FileErrors.plain(failure);
        }
    }

    @Override
    public void rename(String from, String to) throws IOException {
        try {
            Files.move(path(from), path(to), StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException failure) {
            throw FileErrors.plain(failure);
        }
    }

    @Override
    public boolean delete(String name) throws IOException {
        try {
            return Files.deleteIfExists(path(name));
        } catch (IOException failure) {
            throw FileErrors.plain(failure);
        }
    }

    @Override
    public void makeDirectory(String name) throws IOException {
        Path path = path(name);
        try {
            Files.createDirectory(path);
        } catch (FileAlreadyExistsException there) {
            if (!Files.isDirectory(path)) {
                throw FileErrors.plain(there);
            }
        } catch (IOException failure) {
            throw FileErrors.plain(failure);
        }
    }

    @Override
    public List<String> list(String name) throws IOException {
        try (Stream<Path> entries = Files.list(path(name))) {
            return entries.filter(Files::isRegularFile)
                    .map(entry -> entry.getFileName().toString())
                    .sorted()
                    .toList();
        } catch (IOException failure) {
            throw FileErrors.plain(failure);
        }
    }

    @Override
    public void syncDirectory(String name) throws IOException {
        if (!DIRECTORIES_OPEN) {
            return; // Windows: a directory cannot be opened, and its entries are durable with the file.
        }
        try (FileChannel channel = FileChannel.open(path(name), StandardOpenOption.READ)) {
            channel.force(true);
        } catch (IOException failure) {
            throw FileErrors.plain(failure);
        }
    }

    /** An open file. */
    private static final class ChannelFile implements File {
        /** The JDK keeps a native buffer as large as the largest transfer for each thread that ever did one. */
        private static final int TRANSFER_BYTES_MAX = 256 * 1024;

        private final FileChannel channel;

        ChannelFile(FileChannel channel) {
            this.channel = channel;
        }

        @Override
        public int read(byte[] target, int offset, int length) throws IOException {
            assert length > 0;
            try {
                return channel.read(ByteBuffer.wrap(target, offset, Math.min(length, TRANSFER_BYTES_MAX)));
            } catch (IOException failure) {
                throw FileErrors.plain(failure);
            }
        }

        @Override
        public void write(byte[] source, int offset, int length) throws IOException {
            ByteBuffer buffer = ByteBuffer.wrap(source, offset, length);
            int end = offset + length;
            try {
                while (buffer.position() < end) {
                    buffer.limit(Math.min(end, buffer.position() + TRANSFER_BYTES_MAX));
                    channel.write(buffer);
                }
            } catch (IOException failure) {
                throw FileErrors.plain(failure);
            }
        }

        @Override
        public long position() throws IOException {
            try {
                return channel.position();
            } catch (IOException failure) {
                throw FileErrors.plain(failure);
            }
        }

        @Override
        public void position(long position) throws IOException {
            try {
                channel.position(position);
            } catch (IOException failure) {
                throw FileErrors.plain(failure);
            }
        }

        @Override
        public long length() throws IOException {
            try {
                return channel.size();
            } catch (IOException failure) {
                throw FileErrors.plain(failure);
            }
        }

        @Override
        public void truncate(long length) throws IOException {
            try {
                channel.truncate(length);
            } catch (IOException failure) {
                throw FileErrors.plain(failure);
            }
        }

        @Override
        public void sync(boolean metadata) throws IOException {
            try {
                channel.force(metadata);
            } catch (IOException failure) {
                throw FileErrors.plain(failure);
            }
        }

        @Override
        public void close() throws IOException {
            try {
                channel.close();
            } catch (IOException failure) {
                throw FileErrors.plain(failure);
            }
        }
    }
}
