// SPDX-License-Identifier: Apache-2.0
package dev.understudy.server.transport;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.FileInputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

class DescriptorsTest {
    private static final String HEAD = "Limit                     Soft Limit           Hard Limit           Units     ";

    @Test
    void theSoftLimitCounts() {
        String line = "Max open files            1024                 4096                 files     ";
        assertThat(Descriptors.of(List.of(HEAD, line), 7)).isEqualTo(new Descriptors(1024, 7));
    }

    @Test
    void withoutALimitThereIsNone() {
        String line = "Max open files            unlimited            unlimited            files     ";
        assertThat(Descriptors.of(List.of(HEAD, line), 7)).isEqualTo(Descriptors.UNKNOWN);
        assertThat(Descriptors.of(List.of(HEAD), 7)).isEqualTo(Descriptors.UNKNOWN);
    }

    @Test
    @EnabledOnOs(OS.LINUX)
    void openFilesAreCounted(@TempDir Path folder) throws Exception {
        Path file = Files.createFile(folder.resolve("file"));
        long before = Descriptors.now().open();
        List<FileInputStream> open = new ArrayList<>();
        try {
            for (int i = 0; i < 50; i++) {
                open.add(new FileInputStream(file.toFile()));
            }
            // The JVM may open or close some of its own meanwhile.
            assertThat(Descriptors.now().open()).isBetween(before + 40, before + 60);
        } finally {
            for (FileInputStream each : open) {
                each.close();
            }
        }
        assertThat(Descriptors.now().limit()).isGreaterThan(before);
    }
}
