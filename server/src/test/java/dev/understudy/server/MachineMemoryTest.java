// SPDX-License-Identifier: Apache-2.0
package dev.understudy.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MachineMemoryTest {
    @TempDir
    private Path root;

    private void file(String name, String text) throws IOException {
        Path path = root.resolve(name);
        Files.createDirectories(path.getParent());
        Files.writeString(path, text);
    }

    @Test
    void aMachineWithoutGroupsHasWhatItHas() throws IOException {
        assertThat(MachineMemory.limitBytes(root)).isZero();
        file("proc/meminfo", "MemTotal:       24000000 kB\nMemFree: 1 kB\n");
        assertThat(MachineMemory.limitBytes(root)).isEqualTo(24_000_000L * 1024);
    }

    @Test
    void aGroupOfTheSecondVersionHasLess() throws IOException {
        file("proc/meminfo", "MemTotal:       24000000 kB\n");
        file("proc/self/cgroup", "0::/outer/inner\n");
        file("sys/fs/cgroup/outer/inner/memory.max", "max\n");
        assertThat(MachineMemory.limitBytes(root)).isEqualTo(24_000_000L * 1024);
        file("sys/fs/cgroup/outer/memory.max", "536870912\n");
        assertThat(MachineMemory.limitBytes(root)).isEqualTo(512L << 20);
    }

    @Test
    void aGroupOfTheFirstVersionHasLess() throws IOException {
        file("proc/meminfo", "MemTotal:       24000000 kB\n");
        file("proc/self/cgroup", "5:devices:/\n4:cpu,memory:/jobs/one\n0::/\n");
        file("sys/fs/cgroup/memory/jobs/one/memory.limit_in_bytes", "9223372036854771712\n");
        file("sys/fs/cgroup/memory/memory.limit_in_bytes", "1073741824\n");
        assertThat(MachineMemory.limitBytes(root)).isEqualTo(1L << 30);
    }

    @Test
    void aContainerSeesItsGroupAsTheRoot() throws IOException {
        file("proc/meminfo", "MemTotal:       24000000 kB\n");
        file("proc/self/cgroup", "4:memory:/docker/0123456789\n");
        file("sys/fs/cgroup/memory/memory.limit_in_bytes", "268435456\n");
        assertThat(MachineMemory.limitBytes(root)).isEqualTo(256L << 20);
    }
}
