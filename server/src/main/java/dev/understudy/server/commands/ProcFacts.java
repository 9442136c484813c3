// SPDX-License-Identifier: Apache-2.0
package dev.understudy.server.commands;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;

/**
 * The facts as Linux's /proc tells them, a few microseconds each; elsewhere what the JDK knows. Nothing is read before INFO asks: the
 * management beans would take longer to start than the server.
 */
final class ProcFacts implements HostFacts {
    private static final double TICKS_PER_SECOND = 100;
    private static final double NANOS_PER_SECOND = 1e9;
    /** Index of utime in /proc/PID/stat, counted from the word behind the parenthesis that ends the name. */
    private static final int USER_TICKS_WORD = 11;

    private final long pageBytes = 4096;
    private long totalMemoryBytes = -1;

    @Override
    public long residentBytes() {
        String[] words = read("/proc/self/statm").split(" ");
        return words.length < 2 ? 0 : Long.parseLong(words[1]) * pageBytes;
    }

    @Override
    public long totalMemoryBytes() {
        if (totalMemoryBytes < 0) {
            totalMemoryBytes = 0;
            for (String line : read("/proc/meminfo").split("\n")) {
                if (line.startsWith("MemTotal:")) {
                    totalMemoryBytes = Long.parseLong(line.replaceAll("[^0-9]", "")) * 1024;
                }
            }
        }
        return totalMemoryBytes;
    }

    @Override
    public CpuSeconds process() {
        CpuSeconds known = ticks(read("/proc/self/stat"));
        if (!known.equals(CpuSeconds.NONE)) {
            return known;
        }
        Duration all = ProcessHandle.current().info().totalCpuDuration().orElse(Duration.ZERO);
        return new CpuSeconds(0, all.toNanos() / NANOS_PER_SECOND);
    }

    @Override
    public CpuSeconds thread() {
        return ticks(read("/proc/thread-self/stat"));
    }

    private static CpuSeconds ticks(String stat) {
        String[] words = stat.substring(stat.lastIndexOf(')') + 1).strip().split(" ");
        if (words.length <= USER_TICKS_WORD + 1) {
            return CpuSeconds.NONE;
        }
        return new CpuSeconds(
                Long.parseLong(words[USER_TICKS_WORD + 1]) / TICKS_PER_SECOND,
                Long.parseLong(words[USER_TICKS_WORD]) / TICKS_PER_SECOND);
    }

    @Override
    public String system() {
        String machine = System.getProperty("os.arch", "");
        return System.getProperty("os.name", "") + " " + System.getProperty("os.version", "") + " "
                + (machine.equals("amd64") ? "x86_64" : machine);
    }

    @Override
    public String executable() {
        return ProcessHandle.current().info().command().orElse("");
    }

    /** The file's text, empty where there is none: other systems have no /proc. */
    private static String read(String file) {
        try {
            return Files.readString(Path.of(file), StandardCharsets.ISO_8859_1);
        } catch (IOException absent) {
            return "";
        }
    }
}
