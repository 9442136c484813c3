// SPDX-License-Identifier: Apache-2.0
package dev.understudy.server;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.ClosedChannelException;
import java.nio.file.AccessDeniedException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.FileSystemLoopException;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;

/** What went wrong with a file in the words of strerror(3), in which Redis's messages end, whatever Java calls it. */
public final class FileErrors {
    private FileErrors() {}

    /** One line without the file's name. */
    public static String text(IOException failure) {
        return switch (failure) {
            case NoSuchFileException _ -> "No such file or directory";
            case AccessDeniedException _ -> "Permission denied";
            case FileAlreadyExistsException _ -> "File exists";
            case DirectoryNotEmptyException _ -> "Directory not empty";
            case NotDirectoryException _ -> "Not a directory";
            case FileSystemLoopException _ -> "Too many levels of symbolic links";
            case FileSystemException other when other.getReason() != null -> other.getReason();
            case FileNotFoundException other -> inBrackets(other);
            case ClosedByInterruptException _ -> "Interrupted system call";
            case ClosedChannelException _ -> "Bad file descriptor";
            default -> failure.getMessage() == null ? failure.getClass().getSimpleName() : failure.getMessage();
        };
    }

    /** The stream classes put it as {@code path (reason)}. */
    private static String inBrackets(FileNotFoundException failure) {
        String message = String.valueOf(failure.getMessage());
        int open = message.lastIndexOf('(');
        return open >= 0 && message.endsWith(")")
                ? message.substring(open + 1, message.length() - 1)
                : "No such file or directory";
    }

    /** The same failure with {@link #text} as its message. */
    static IOException plain(IOException failure) {
        return new IOException(text(failure), failure);
    }
}
