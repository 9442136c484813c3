// SPDX-License-Identifier: Apache-2.0
package dev.understudy.interop;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * The programs of real servers. Those of the system come from PATH; more are taken from a directory given by {@code -Dinterop.peers=DIR},
 * laid out as {@code DIR/NAME/bin/redis-server}, where forks have names of their own ({@code valkey-server}).
 */
public final class Binaries {
    /** A set of programs of one make and version. */
    public record Peer(String name, Path folder, String prefix) {
        Path program(String suffix) {
            return folder.resolve(prefix + "-" + suffix);
        }

        @Override
        public String toString() {
            return name;
        }
    }

    private static final List<String> PREFIXES = List.of("redis", "redict", "valkey");

    private Binaries() {}

    /** The system's own redis-server, if it and its tools are installed. */
    static Optional<Peer> installed() {
        for (String folder : System.getenv().getOrDefault("PATH", "").split(":")) {
            Path path = Path.of(folder);
            if (Stream.of("redis-server", "redis-cli", "redis-benchmark", "redis-check-rdb")
                    .allMatch(name -> Files.isExecutable(path.resolve(name)))) {
                return Optional.of(new Peer("redis", path, "redis"));
            }
        }
        return Optional.empty();
    }

    /** The one that {@code server} is the redis-server of. */
    public static Peer of(Path server) {
        Path bin = server.toAbsolutePath().getParent();
        String file = server.getFileName().toString();
        return new Peer(bin.getParent().getFileName().toString(), bin, file.substring(0, file.lastIndexOf('-')));
    }

    public static Peer system() {
        return installed().orElseThrow(() -> new AssertionError("no redis-server with its tools in PATH"));
    }

    /** The peers of {@code -Dinterop.peers}, by name; none without it. */
    static List<Peer> peers() {
        String folder = System.getProperty("interop.peers", "");
        if (folder.isEmpty()) {
            return List.of();
        }
        List<Peer> peers = new ArrayList<>();
        try (Stream<Path> names = Files.list(Path.of(folder))) {
            for (Path home : names.sorted().toList()) {
                Path bin = home.resolve("bin");
                PREFIXES.stream()
                        .filter(prefix -> Files.isExecutable(bin.resolve(prefix + "-server")))
                        .findFirst()
                        .ifPresent(
                                prefix -> peers.add(new Peer(home.getFileName().toString(), bin, prefix)));
            }
        } catch (IOException failure) {
            throw new UncheckedIOException("cannot list the peers", failure);
        }
        return peers;
    }
}
