// SPDX-License-Identifier: Apache-2.0
package dev.understudy.interop;

import static dev.understudy.interop.Session.bytes;
import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** MIGRATE between ours and real servers: every key of every type goes over, and only there. */
@NeedsRedis
class MigrateIT {
    /** Peers that take payloads of version 11 and send none later than 12. */
    private static final Pattern BOTH_WAYS = Pattern.compile("redict-.*|redis-8\\.0|valkey-8\\..*");

    private static final int KEYS_AT_ONCE = 200;

    @TempDir
    private Path dir;

    private Path folder(String name) throws Exception {
        return Files.createDirectories(dir.resolve(name));
    }

    static List<Binaries.Peer> bothWays() {
        return Binaries.peers().stream()
                .filter(peer -> BOTH_WAYS.matcher(peer.name()).matches())
                .toList();
    }

    @Test
    void keysOfARedisComeToUs() throws Exception {
        try (RealServer real = RealServer.start("real", folder("real"));
                RealServer copy = RealServer.start("copy", folder("copy"));
                Ours ours = Ours.start("ours", folder("ours"))) {
            Filler.fill(real, Filler.Size.SMALL, 120);
            copyWithoutExpiries(real, copy);
            migrate(real, ours);
            assertThat(Compare.equal(copy, ours)).isGreaterThan(10_000);
        }
    }

    @ParameterizedTest(allowZeroInvocations = true)
    @MethodSource("bothWays")
    void keysGoToAPeerAndComeBack(Binaries.Peer peer) throws Exception {
        try (Ours ours = Ours.start("ours", folder("ours"));
                Ours copy = Ours.start("copy", folder("copy"));
                RealServer real = RealServer.start(peer, "real", folder("real"))) {
            Filler.fill(ours, Filler.Size.SMALL, 121);
            copyWithoutExpiries(ours, copy);
            migrate(ours, real);
            assertThat(Compare.equal(copy, real)).isGreaterThan(10_000);
            migrate(real, ours);
            assertThat(Compare.equal(copy, ours)).isGreaterThan(10_000);
        }
    }

    /** MIGRATE sends what is left of a key's life, so that it grows by the time of the journey. */
    private static void copyWithoutExpiries(Node from, Node to) {
        try (Session session = from.open()) {
            for (int database = 0; database < Keys.DATABASES; database++) {
                session.select(database);
                Keys.pipeline(session, Keys.scan(session), key -> List.of("PERSIST", key));
            }
        }
        to.replicaOf(from.port());
        Waits.up(to);
        Waits.sameOffsets(from, to);
        to.promote();
    }

    private static void migrate(Node from, Node to) {
        try (Session session = from.open()) {
            for (int database = 0; database < Keys.DATABASES; database++) {
                session.select(database);
                List<String> keys = List.copyOf(Keys.scan(session));
                for (int first = 0; first < keys.size(); first += KEYS_AT_ONCE) {
                    List<byte[]> words = new ArrayList<>();
                    for (String word : List.of("MIGRATE", Node.HOST, Integer.toString(to.port()), "", "" + database)) {
                        words.add(bytes(word));
                    }
                    for (String word : List.of("60000", "KEYS")) {
                        words.add(bytes(word));
                    }
                    keys.subList(first, Math.min(keys.size(), first + KEYS_AT_ONCE))
                            .forEach(key -> words.add(bytes(key)));
                    session.send(words.toArray(byte[][]::new));
                }
                assertThat(session.replies())
                        .allSatisfy(reply -> assertThat(new String((byte[]) reply, ISO_8859_1))
                                .isIn("OK", "NOKEY"));
                assertThat(session.number(bytes("DBSIZE"))).isZero();
            }
        }
    }
}
