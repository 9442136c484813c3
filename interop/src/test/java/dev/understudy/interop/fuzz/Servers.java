// SPDX-License-Identifier: Apache-2.0
package dev.understudy.interop.fuzz;

import dev.understudy.interop.Binaries;
import dev.understudy.interop.Compare;
import dev.understudy.interop.Node;
import dev.understudy.interop.Ours;
import dev.understudy.interop.RealServer;
import dev.understudy.interop.Waits;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * What is compared: our master with an append only file, a replica of ours and a real one that follow it, a real master that gets the same
 * commands, and a replica of ours that follows that one.
 */
final class Servers implements AutoCloseable {
    /** Small thresholds, so that small data have every encoding; the limit of strings, so that claims of its size are cheap. */
    private static final List<String> OPTIONS = List.of(
            "--proto-max-bulk-len",
            "1mb",
            "--hash-max-listpack-entries",
            "8",
            "--set-max-intset-entries",
            "8",
            "--zset-max-listpack-entries",
            "8",
            "--list-max-listpack-size",
            "8",
            "--stream-node-max-entries",
            "8",
            "--enable-debug-command",
            "yes",
            "--latency-tracking",
            "no");

    private static final int DATABASES = 16;

    private final Path dir;
    private final Ours ours;
    private final RealServer real;
    private final List<AutoCloseable> all = new ArrayList<>();
    private final Ours replica;
    private final RealServer realReplica;
    private final Ours replicaOfReal;
    private long sentinel;
    private int restarts;

    /** @param prepared told of our master before anything is sent */
    Servers(Path dir, Binaries.Peer peer, Consumer<Ours> prepared) {
        this.dir = dir;
        ours = start("ours", "--appendonly", "yes", "--appendfsync", "no");
        prepared.accept(ours);
        real = startReal(peer, "real", "--appendonly", "yes", "--appendfsync", "no");
        replica = start("replica");
        realReplica = startReal(peer, "real-replica");
        replicaOfReal = start("replica-of-real");
        for (Node node : List.of(ours, real, replica, realReplica, replicaOfReal)) {
            try (Link link = new Link(node.port())) {
                // Redis 7.0 does not know it, and is asked at run time for that reason.
                link.call("CONFIG", "SET", "set-max-listpack-entries", "8");
            }
        }
        replica.replicaOf(ours.port());
        realReplica.replicaOf(ours.port());
        replicaOfReal.replicaOf(real.port());
    }

    private Ours start(String name, String... more) {
        Ours node = Ours.start(name, folder(name), options(more));
        all.add(node);
        return node;
    }

    private RealServer startReal(Binaries.Peer peer, String name, String... more) {
        RealServer node = RealServer.start(peer, name, folder(name), options(more));
        all.add(node);
        return node;
    }

    private static String[] options(String... more) {
        return Stream.concat(OPTIONS.stream(), Arrays.stream(more)).toArray(String[]::new);
    }

    private Path folder(String name) {
        try {
            return Files.createDirectories(dir.resolve(name));
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }

    Ours ours() {
        return ours;
    }

    RealServer real() {
        return real;
    }

    /** What is wrong with our server beside its replies, null if nothing is. */
    @Nullable
    String faults() {
        for (Ours node : List.of(ours, replica, replicaOfReal)) {
            String log = node.log();
            int at = Stream.of("Bug", "Fault, nothing was changed", "Fatal fault")
                    .mapToInt(log::indexOf)
                    .filter(index -> index >= 0)
                    .min()
                    .orElse(-1);
            if (at >= 0) {
                return node + " logged: " + log.substring(at, Math.min(log.length(), at + 3_000));
            }
        }
        return null;
    }

    /** Demands that all hold what they should. @throws AssertionError if not */
    void check(Peer peer) {
        sentinel++;
        // In database 0 of each: a write that has to arrive everywhere.
        ours.call("SET", "sentinel", Long.toString(sentinel));
        real.call("SET", "sentinel", Long.toString(sentinel));
        for (var node : List.of(replica, realReplica, replicaOfReal)) {
            Waits.until(
                    "the sentinel reaches " + node.name(),
                    () -> Arrays.equals((byte[]) node.call("GET", "sentinel"), Words.bytes(Long.toString(sentinel))),
                    ours,
                    node);
        }
        compareWithReal(peer);
        Compare.equalButForReads(ours, replica);
        Compare.equalButForReads(ours, realReplica);
        Compare.equalButForReads(real, replicaOfReal);
        restart("aof", "appendonlydir", "yes");
        ours.call("SAVE");
        restart("rdb", "dump.rdb", "no");
        if (sentinel % 5 == 0) {
            ours.call("BGREWRITEAOF");
        }
    }

    /** Our data and the real master's: digests of all keys but those with times or rounding of the server's own. */
    private void compareWithReal(Peer peer) {
        try (Link one = new Link(ours.port());
                Link other = new Link(real.port())) {
            for (int database = 0; database < DATABASES; database++) {
                one.call("SELECT", Integer.toString(database));
                other.call("SELECT", Integer.toString(database));
                TreeSet<String> keys = new TreeSet<>();
                for (Link link : List.of(one, other)) {
                    link.call("KEYS", "*").parts().forEach(key -> keys.add(key.string()));
                }
                keys.removeIf(key -> key.matches("[ad][0-2]"));
                for (String key : keys) {
                    compareKey(one, other, key, peer);
                }
            }
        }
    }

    private static void compareKey(Link one, Link other, String key, Peer peer) {
        List<String[]> reads = List.of(
                new String[] {"TYPE", key},
                peer.hasSameDigests() ? new String[] {"DEBUG", "DIGEST-VALUE", key} : new String[] {"EXISTS", key},
                peer.hasSameDigests() ? new String[] {"OBJECT", "ENCODING", key} : new String[] {"EXISTS", key});
        for (String[] read : reads) {
            Reply ours = one.call(read);
            Reply real = other.call(read);
            if (!ours.same(real) && !(read[0].equals("DEBUG") && differByDigits(one, other, key, peer))) {
                throw new AssertionError("our master and the real one differ: " + String.join(" ", read) + "\n  ours "
                        + ours.shown() + " of " + content(one, key) + "\n  real " + real.shown() + " of "
                        + content(other, key));
            }
        }
    }

    /** Whether what digests tell apart are digits of the same scores. */
    private static boolean differByDigits(Link one, Link other, String key, Peer peer) {
        String ours = content(one, key);
        String real = content(other, key);
        return !ours.equals(real) && peer.sameButForDigits(ours, real);
    }

    private static String content(Link link, String key) {
        String[] read = switch (link.call("TYPE", key).string()) {
            case "string" -> new String[] {"GET", key};
            case "list" -> new String[] {"LRANGE", key, "0", "-1"};
            case "set" -> new String[] {"SMEMBERS", key};
            case "hash" -> new String[] {"HGETALL", key};
            case "zset" -> new String[] {"ZRANGE", key, "0", "-1", "WITHSCORES"};
            default -> new String[] {"XINFO", "STREAM", key, "FULL", "COUNT", "0"};
        };
        return link.call(read).shown();
    }

    /** Starts another server on a copy of a file of ours, and compares. */
    private void restart(String name, String file, String appendOnly) {
        Path folder = folder(name + restarts++);
        copy(ours.dir().resolve(file), folder.resolve(file));
        try (Ours restarted = Ours.start(name, folder, options("--appendonly", appendOnly))) {
            if (appendOnly.equals("yes")) {
                Compare.equalButForReads(ours, restarted);
            } else {
                Compare.equal(ours, restarted);
            }
        } finally {
            delete(folder);
        }
    }

    private static void copy(Path from, Path to) {
        try (Stream<Path> files = Files.walk(from)) {
            for (Path file : files.toList()) {
                Files.copy(file, to.resolve(from.relativize(file).toString()));
            }
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }

    static void delete(Path folder) {
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(file);
            }
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }

    @Override
    public void close() {
        for (AutoCloseable each : all.reversed()) {
            try {
                each.close();
            } catch (Exception failure) {
                throw new IllegalStateException("cannot end " + each, failure);
            }
        }
    }
}
