// SPDX-License-Identifier: Apache-2.0
package dev.understudy.server.aof;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.understudy.persist.aof.AofManifest;
import dev.understudy.server.FileDisk;
import dev.understudy.server.SilentLog;
import dev.understudy.server.settings.Settings;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(30)
class AofManifestFileTest {
    private static final String NAME = "appendonlydir/appendonly.aof.manifest";

    @TempDir
    Path folder;

    private AofManifestFile manifest;

    @BeforeEach
    void open() {
        manifest = new AofManifestFile(new FileDisk(folder), new SilentLog(), new Settings());
        assertThat(manifest.makeDirectory()).isTrue();
    }

    /** What DEBUG LOADAOF reads must not be replaced under its hands by a rewrite that ends meanwhile. */
    @Test
    void aChangeWaitsWhileTheFilesAreHeld() throws Exception {
        CompletableFuture<Boolean> changed = new CompletableFuture<>();
        Thread rewrite = new Thread(
                () -> changed.complete(manifest.update(was -> was.withNextIncr(manifest.names()))), "rewrite");
        String seen = manifest.hold(() -> {
            rewrite.start();
            while (rewrite.getState() != Thread.State.WAITING && rewrite.isAlive()) {
                Thread.onSpinWait();
            }
            return rewrite.getState() + " " + Files.exists(folder.resolve(NAME));
        });
        assertThat(seen).isEqualTo("WAITING false");
        assertThat(changed.get()).isTrue();
        assertThat(folder.resolve(NAME)).hasContent("file appendonly.aof.1.incr.aof seq 1 type i");
    }

    @Test
    void aFileTooLongForAManifestIsNotRead() throws Exception {
        try (RandomAccessFile file = new RandomAccessFile(folder.resolve(NAME).toFile(), "rw")) {
            file.setLength(3L << 30);
        }
        assertThatThrownBy(manifest::read).isInstanceOf(IOException.class).hasMessageContaining("longer than");
        assertThat(manifest.update(was -> AofManifest.EMPTY)).isFalse();
        assertThat(Files.size(folder.resolve(NAME))).isEqualTo(3L << 30);
    }
}
