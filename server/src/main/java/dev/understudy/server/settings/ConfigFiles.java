// SPDX-License-Identifier: Apache-2.0
package dev.understudy.server.settings;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** What reading and rewriting of the configuration needs of the machine. Paths are relative to where the process was started. */
public interface ConfigFiles {
    /** The content of a file, or why there is none. */
    sealed interface Content {}

    record Read(byte[] bytes) implements Content {}

    /**
     * @param reason as the operating system words it, such as {@code No such file or directory}
     * @param missing whether it is that there is no such file
     */
    record Unreadable(String reason, boolean missing) implements Content {}

    /** A directory, or why it is none. */
    sealed interface Directory {}

    record Found(String absolutePath) implements Directory {}

    /** @param reason as the operating system words it, such as {@code No such file or directory} */
    record Missing(String reason) implements Directory {}

    Content read(String path);

    /** The standard input to its end. */
    Content readStandardInput();

    /** The paths that a pattern of {@code glob(3)} stands for, sorted; empty if none. */
    List<String> matching(String pattern);

    Directory directory(String path);

    /** {@code path} made absolute, without looking whether it exists. */
    String absolute(String path);

    /**
     * Replaces a file at once: written beside it, forced to disk, renamed over it.
     *
     * @return why that was impossible, and the old file is as it was; or null
     */
    @Nullable
    String replace(String path, byte[] content);
}
