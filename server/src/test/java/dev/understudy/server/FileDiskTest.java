// SPDX-License-Identifier: Apache-2.0
package dev.understudy.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.understudy.persist.Disk;
import dev.understudy.persist.Disk.Mode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.SplittableRandom;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FileDiskTest {
    @TempDir
    Path folder;

    private FileDisk disk;

    @BeforeEach
    void open() {
        disk = new FileDisk(folder);
    }

    private void write(String name, Mode mode, String text) throws IOException {
        try (Disk.File file = disk.open(name, mode)) {
            byte[] bytes = text.getBytes(StandardCharsets.US_ASCII);
            file.write(bytes, 0, bytes.length);
        }
    }

    @Test
    void eachModeDoesWhatItSays() throws Exception {
        write("a", Mode.CREATE, "one");
        write("a", Mode.APPEND, " two");
        assertThat(folder.resolve("a")).hasContent("one two");
        write("a", Mode.UPDATE, "ONE");
        assertThat(folder.resolve("a")).hasContent("ONE two");
        write("a", Mode.REPLACE, "3");
        assertThat(folder.resolve("a")).hasContent("3");
        assertThat(disk.length("a")).isEqualTo(1);
        try (Disk.File file = disk.open("a", Mode.APPEND)) {
            file.write(new byte[] {'4'}, 0, 1);
            assertThat(file.position()).isEqualTo(2);
            file.truncate(1);
            assertThat(file.length()).isEqualTo(1);
            file.sync(false);
            file.sync(true);
        }
    }

    @Test
    void failuresSpeakAsTheSystemDoes() throws Exception {
        write("a", Mode.CREATE, "x");
        assertThatThrownBy(() -> disk.open("b", Mode.READ))
                .isInstanceOf(IOException.class)
                .hasMessage("No such file or directory");
        assertThatThrownBy(() -> disk.open("b", Mode.UPDATE)).hasMessage("No such file or directory");
        assertThatThrownBy(() -> disk.open("a", Mode.CREATE)).hasMessage("File exists");
        assertThatThrownBy(() -> disk.open("a/b", Mode.READ)).hasMessage("Not a directory");
        assertThatThrownBy(() -> disk.open("", Mode.APPEND)).hasMessage("Is a directory");
        assertThatThrownBy(() -> disk.length("b")).hasMessage("No such file or directory");
        assertThatThrownBy(() -> disk.rename("b", "c")).hasMessage("No such file or directory");
        assertThatThrownBy(() -> disk.makeDirectory("a")).hasMessage("File exists");
        assertThatThrownBy(() -> disk.list("b")).hasMessage("No such file or directory");
    }

    @Test
    void filesAreRenamedDeletedAndListed() throws Exception {
        write("b", Mode.CREATE, "b");
        write("a", Mode.CREATE, "a");
        disk.makeDirectory("more");
        disk.makeDirectory("more");
        write("more/c", Mode.CREATE, "c");
        assertThat(disk.list("")).containsExactly("a", "b");
        assertThat(disk.list("more")).containsExactly("c");
        disk.rename("a", "b");
        disk.syncDirectory("");
        disk.syncDirectory("more");
        assertThat(disk.exists("a")).isFalse();
        assertThat(folder.resolve("b")).hasContent("a");
        assertThat(disk.delete("b")).isTrue();
        assertThat(disk.delete("b")).isFalse();
    }

    @Test
    void theDirectoryMayChangeWhileAFileIsOpen() throws Exception {
        Path other = Files.createDirectory(folder.resolve("other"));
        try (Disk.File file = disk.open("a", Mode.REPLACE)) {
            disk.directory(other);
            file.write(new byte[] {'x'}, 0, 1);
        }
        write("b", Mode.CREATE, "y");
        assertThat(folder.resolve("a")).hasContent("x");
        assertThat(other.resolve("b")).hasContent("y");
        assertThat(disk.exists("a")).isFalse();
    }

    @Test
    void longTransfersArriveWhole() throws Exception {
        byte[] bytes = new byte[3_000_001];
        new SplittableRandom(1).nextBytes(bytes);
        try (Disk.File file = disk.open("a", Mode.REPLACE)) {
            file.write(bytes, 1, bytes.length - 1);
        }
        byte[] read = new byte[bytes.length];
        try (Disk.File file = disk.open("a", Mode.READ)) {
            int length = 1;
            while (length < read.length) {
                int count = file.read(read, length, read.length - length);
                assertThat(count).isPositive();
                length += count;
            }
            assertThat(file.read(read, 0, 1)).isEqualTo(-1);
            file.position(5);
            assertThat(file.read(read, 6, 10)).isEqualTo(10);
        }
        assertThat(Arrays.equals(bytes, 1, bytes.length, read, 1, read.length)).isTrue();
    }
}
