// SPDX-License-Identifier: Apache-2.0
package dev.understudy.server;

import dev.understudy.server.settings.ConfigFiles;
import java.io.FileDescriptor;
import java.io.FileInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.FileChannel;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.PathMatcher;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** The configuration files of the machine. Used at start and by the command loop. */
public final class MachineFiles implements ConfigFiles {
    private static final Set<PosixFilePermission> REWRITTEN = PosixFilePermissions.fromString("rw-r--r--");
    private static final String NO_SUCH_FILE = "No such file or directory";

    private byte @Nullable [] standardInput;

    @Override
    public Content read(String path) {
        try {
            return new Read(Files.readAllBytes(Path.of(path)));
        } catch (NoSuchFileException _) {
            return new Unreadable(NO_SUCH_FILE, true);
        } catch (IOException failure) {
            return new Unreadable(FileErrors.text(failure), false);
        } catch (InvalidPathException _) {
            return new Unreadable(NO_SUCH_FILE, true);
        }
    }

    @Override
    public Content readStandardInput() {
        // Not System.in, which an embedder may have replaced by something that never ends.
        try (InputStream in = new FileInputStream(FileDescriptor.in)) {
            byte[] bytes = in.readAllBytes();
            standardInput = bytes;
            return new Read(bytes);
        } catch (IOException failure) {
            return new Unreadable(FileErrors.text(failure), false);
        }
    }

    /** What {@link #readStandardInput} has read, null if it was not asked: it can be read only once. */
    public byte @Nullable [] standardInput() {
        return standardInput;
    }

    @Override
    public List<String> matching(String pattern) {
        List<String> found = new ArrayList<>();
        try {
            boolean absolute = pattern.startsWith("/");
            String[] parts = (absolute ? pattern.substring(1) : pattern).split("/");
            match(Path.of(absolute ? "/" : ""), parts, 0, found);
        } catch (InvalidPathException _) {
            return List.of();
        }
        found.sort(null);
        return found;
    }

    /** Adds what is below {@code folder} and matches the parts from {@code index} on. */
    private static void match(Path folder, String[] parts, int index, List<String> found) {
        if (index == parts.length) {
            found.add(folder.toString());
            return;
        }
        String part = parts[index];
        if (part.chars().noneMatch(c -> c == '*' || c == '?' || c == '[')) {
            Path next = folder.resolve(part);
            if (Files.exists(next)) {
                match(next, parts, index + 1, found);
            }
            return;
        }
        // glob(3) knows no braces, and no match for a leading dot by a wildcard.
        PathMatcher matcher = FileSystems.getDefault()
                .getPathMatcher("glob:" + part.replace("{", "\\{").replace("[^", "[!"));
        try (Stream<Path> entries = Files.list(folder)) {
            for (Path entry : entries.toList()) {
                Path name = entry.getFileName();
                if (matcher.matches(name)
                        && (part.startsWith(".") || !name.toString().startsWith("."))) {
                    match(folder.resolve(name), parts, index + 1, found);
                }
            }
        } catch (IOException unreadable) {
            // As glob(3) does without GLOB_ERR: what cannot be listed has no matches.
            return;
        }
    }

    @Override
    public Directory directory(String path) {
        try {
            Path directory = Path.of(path).toAbsolutePath().normalize();
            if (!Files.exists(directory)) {
                return new Missing(NO_SUCH_FILE);
            }
            if (!Files.isDirectory(directory)) {
                return new Missing("Not a directory");
            }
            return Files.isExecutable(directory) ? new Found(directory.toString()) : new Missing("Permission denied");
        } catch (InvalidPathException _) {
            return new Missing(NO_SUCH_FILE);
        }
    }

    @Override
    public String absolute(String path) {
        return Path.of(path).toAbsolutePath().normalize().toString();
    }

    @Override
    public @Nullable String replace(String path, byte[] content) {
        Path target = Path.of(path).toAbsolutePath();
        Path beside = null;
        try {
            // A link to the file stays a link.
            Path file = Files.exists(target) ? target.toRealPath() : target;
            Path folder = file.getParent();
            if (folder == null) {
                return "Is a directory";
            }
            beside = Files.createTempFile(folder, file.getFileName() + ".", ".tmp");
            Files.write(beside, content);
            if (Files.getFileStore(beside).supportsFileAttributeView("posix")) {
                Files.setPosixFilePermissions(
                        beside, Files.exists(file) ? Files.getPosixFilePermissions(file) : REWRITTEN);
            }
            force(beside, StandardOpenOption.WRITE);
            Files.move(beside, file, StandardCopyOption.ATOMIC_MOVE);
            if (FileDisk.DIRECTORIES_OPEN) {
                force(folder, StandardOpenOption.READ);
            }
            return null;
        } catch (IOException failure) {
            discard(beside);
            return FileErrors.text(failure);
        }
    }

    private static void force(Path file, StandardOpenOption mode) throws IOException {
        try (FileChannel channel = FileChannel.open(file, mode)) {
            channel.force(true);
        }
    }

    private static void discard(@Nullable Path file) {
        if (file == null) {
            return;
        }
        try {
            Files.deleteIfExists(file);
        } catch (IOException stays) {
            file.toFile().deleteOnExit();
        }
    }
}
