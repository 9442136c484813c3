// SPDX-License-Identifier: Apache-2.0
package dev.understudy.interop;

import static org.assertj.core.api.Assertions.assertThat;

import dev.understudy.server.MachineFiles;
import dev.understudy.server.settings.Settings;
import dev.understudy.server.settings.SettingsReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Configuration files of a real server, as its CONFIG REWRITE leaves them, start ours. */
@NeedsRedis
class ConfigFileIT {
    @TempDir
    private Path dir;

    /** Sentinel has every server that it watches rewrite its file: a real one then has a {@code user} line. */
    @ParameterizedTest
    @ValueSource(strings = {"", "foobared", "s3c\u00ffr \"et\\", "#1b58ee"})
    void whatARealServerHasWrittenIsRead(String password) throws Exception {
        List<Binaries.Peer> writers = new ArrayList<>(List.of(Binaries.system()));
        Binaries.peers().stream()
                .filter(peer -> peer.name().startsWith("redict"))
                .forEach(writers::add);
        for (Binaries.Peer writer : writers) {
            check(writer, Files.createDirectories(dir.resolve(writer.name())), password);
        }
    }

    private static void check(Binaries.Peer writer, Path parent, String password) throws IOException {
        try (Member real = Member.start("real", parent, Optional.of(writer));
                Session session = real.open()) {
            session.call("CONFIG", "SET", "requirepass", password);
            if (!password.isEmpty()) {
                session.call("AUTH", password);
            }
            session.call("CONFIG", "SET", "maxmemory", "100mb");
            session.call("CONFIG", "REWRITE");
        }
        Path file = parent.resolve("real").resolve("node.conf");
        String written = Files.readString(file, StandardCharsets.ISO_8859_1);
        assertThat(written).contains("\nuser default on ").contains("\nmaxmemory 100mb\n");
        Settings settings = load(file);
        assertThat(new String(settings.requirepass.bytes(), StandardCharsets.ISO_8859_1))
                .isEqualTo(password);
        assertThat(settings.maxmemory.value()).isEqualTo(100L << 20);
    }

    private static Settings load(Path file) {
        return switch (new SettingsReader(new MachineFiles()).read(List.of(file.toString()))) {
            case SettingsReader.Loaded(Settings settings, List<String> warnings) -> {
                assertThat(warnings).isEmpty();
                yield settings;
            }
            case SettingsReader.Refused(List<String> lines) -> throw new AssertionError(String.join("\n", lines));
        };
    }
}
