// SPDX-License-Identifier: Apache-2.0
package dev.understudy.server.transport;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * The descriptors of files and sockets of this process.
 *
 * @param limit how many it may have ({@code ulimit -n}; the JVM raises its own soft limit to the hard one)
 * @param open how many it has, those of the JVM itself included
 */
public record Descriptors(long limit, long open) {
    /** Where the system does not tell: as if there were no limit. */
    public static final Descriptors UNKNOWN = new Descriptors(Long.MAX_VALUE, 0);

    private static final Pattern LIMIT = Pattern.compile("Max open files +(\\S+) .*");

    /** Those of now, as {@code /proc} has them. */
    static Descriptors now() {
        try {
            return of(Files.readAllLines(Path.of("/proc/self/limits")), count(Path.of("/proc/self/fd")));
        } catch (IOException notLinux) {
            return UNKNOWN;
        }
    }

    static Descriptors of(List<String> limits, long open) {
        for (String line : limits) {
            Matcher matcher = LIMIT.matcher(line);
            if (matcher.matches()) {
                String soft = matcher.group(1);
                return soft.equals("unlimited") ? UNKNOWN : new Descriptors(Long.parseLong(soft), open);
            }
        }
        return UNKNOWN;
    }

    private static long count(Path folder) throws IOException {
        try (Stream<Path> entries = Files.list(folder)) {
            // One of them is the folder's.
            return entries.count() - 1;
        }
    }
}
