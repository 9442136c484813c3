// SPDX-License-Identifier: Apache-2.0
package dev.understudy.server;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/** How much memory this process may use, as Linux tells: the machine's, or less if a control group of it (version 1 or 2) has less. */
public final class MachineMemory {
    private MachineMemory() {}

    /**
     * Bytes, 0 if unknown.
     *
     * @param root the root of the file system, another one than {@code /} in tests
     */
    public static long limitBytes(Path root) {
        long limit = machineBytes(root);
        for (String line : read(root.resolve("proc/self/cgroup")).split("\n")) {
            String[] parts = line.split(":", 3);
            if (parts.length < 3) {
                continue;
            }
            if (parts[1].isEmpty()) {
                limit = least(limit, groupBytes(root.resolve("sys/fs/cgroup"), parts[2], "memory.max"));
            } else if ((',' + parts[1] + ',').contains(",memory,")) {
                limit = least(
                        limit, groupBytes(root.resolve("sys/fs/cgroup/memory"), parts[2], "memory.limit_in_bytes"));
            }
        }
        return limit;
    }

    private static long machineBytes(Path root) {
        for (String line : read(root.resolve("proc/meminfo")).split("\n")) {
            if (line.startsWith("MemTotal:")) {
                return number(line.replaceAll("[^0-9]", "")) * 1024;
            }
        }
        return 0;
    }

    /** The least limit of a group and of those that it lies in; within a container the group's own path may not be seen. */
    private static long groupBytes(Path mount, String group, String file) {
        long limit = 0;
        Path path = Path.of(group).normalize();
        for (Path at = path; at != null; at = at.getParent()) {
            limit = least(
                    limit,
                    number(read(mount.resolve(at.toString().substring(1)).resolve(file))
                            .strip()));
        }
        return limit;
    }

    /** The smaller of two, of which 0 means none. */
    private static long least(long a, long b) {
        return a == 0 ? b : b == 0 ? a : Math.min(a, b);
    }

    /** 0 for what is no number, such as {@code max}, or too large for one. */
    private static long number(String text) {
        try {
            return text.isEmpty() ? 0 : Long.parseLong(text);
        } catch (NumberFormatException none) {
            return 0;
        }
    }

    /** The file's text, empty where there is none: other systems have none of these. */
    private static String read(Path file) {
        try {
            return Files.readString(file, StandardCharsets.ISO_8859_1);
        } catch (IOException absent) {
            return "";
        }
    }
}
