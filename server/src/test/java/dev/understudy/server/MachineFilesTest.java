// SPDX-License-Identifier: Apache-2.0
package dev.understudy.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.understudy.server.settings.ConfigFiles;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MachineFilesTest {
    private final MachineFiles files = new MachineFiles();

    @TempDir
    Path folder;

    @Test
    void patternsFindFilesInOrder() throws Exception {
        Files.createDirectories(folder.resolve("conf.d/more"));
        for (String name :
                new String[] {"conf.d/b.conf", "conf.d/a.conf", "conf.d/.c.conf", "conf.d/more/d.conf", "x{1}.y"}) {
            Files.createFile(folder.resolve(name));
        }
        assertThat(files.matching(folder + "/conf.d/*.conf"))
                .containsExactly(folder + "/conf.d/a.conf", folder + "/conf.d/b.conf");
        assertThat(files.matching(folder + "/c*/m*/?.conf")).containsExactly(folder + "/conf.d/more/d.conf");
        assertThat(files.matching(folder + "/conf.d/[^a].conf")).containsExactly(folder + "/conf.d/b.conf");
        assertThat(files.matching(folder + "/x{1}.*")).containsExactly(folder + "/x{1}.y");
        assertThat(files.matching(folder + "/nothing/*")).isEmpty();
    }

    @Test
    void aFileIsReplacedAtOnceAndKeepsItsPermissions() throws Exception {
        Path file = Files.writeString(folder.resolve("redis.conf"), "old");
        var permissions = java.nio.file.attribute.PosixFilePermissions.fromString("rw-------");
        Files.setPosixFilePermissions(file, permissions);
        Path link = Files.createSymbolicLink(folder.resolve("link"), file);
        assertThat(files.replace(link.toString(), "new".getBytes(StandardCharsets.US_ASCII)))
                .isNull();
        assertThat(file).hasContent("new");
        assertThat(Files.getPosixFilePermissions(file)).isEqualTo(permissions);
        assertThat(Files.isSymbolicLink(link)).isTrue();
        try (var left = Files.list(folder)) {
            assertThat(left).hasSize(2);
        }
        assertThat(files.replace(folder + "/no/redis.conf", new byte[0])).isEqualTo("No such file or directory");
    }

    @Test
    void readingSaysWhatTheSystemSays() throws Exception {
        Path file = Files.writeString(folder.resolve("a"), "text");
        assertThat(files.read(file.toString())).isInstanceOf(ConfigFiles.Read.class);
        assertThat(files.read(folder + "/b")).isEqualTo(new ConfigFiles.Unreadable("No such file or directory", true));
        assertThat(files.read(folder.toString())).isEqualTo(new ConfigFiles.Unreadable("Is a directory", false));
        assertThat(files.directory(file.toString())).isEqualTo(new ConfigFiles.Missing("Not a directory"));
        assertThat(files.directory(folder + "/b")).isEqualTo(new ConfigFiles.Missing("No such file or directory"));
        assertThat(files.directory(folder + "/x/..")).isEqualTo(new ConfigFiles.Found(folder.toString()));
    }
}
