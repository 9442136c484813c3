// SPDX-License-Identifier: Apache-2.0
package dev.understudy.interop;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Real masters send what a Redis 7.2 does not know: the link ends before it, by name, with the data intact, and goes on when that is wanted. */
@NeedsRedis
class UnknownCommandIT {
    @TempDir
    private Path dir;

    /** What to send, and how: the last command is the one that we do not know. */
    record Case(Binaries.Peer peer, List<String> commands) {
        @Override
        public String toString() {
            return peer + ": " + commands.getLast();
        }
    }

    private static final Map<String, List<String>> LATER = Map.of(
            "redis-8.0",
            List.of("HSET h f v|HPEXPIRE h 1000000 FIELDS 1 f", "HSETEX h EX 1000 FIELDS 1 f v"),
            "redis-8.6",
            List.of(
                    "HSET h f v|HPEXPIRE h 1000000 FIELDS 1 f",
                    "HSETEX h EX 1000 FIELDS 1 f v",
                    "MSETEX 2 a 1 b 2 EX 1000",
                    "SET s 1|SET s 2 IFEQ 1",
                    "XADD x 1-1 f v|XDELEX x IDS 1 1-1",
                    "XADD x 1-1 f v|XADD x IDMP p i * f v"),
            "valkey-8.1",
            List.of("SET s 1|SET s 2 IFEQ 1"),
            "valkey-9.1",
            List.of(
                    "HSET h f v|HPEXPIRE h 1000000 FIELDS 1 f",
                    "HSETEX h EX 1000 FIELDS 1 f v",
                    "MSETEX 2 a 1 b 2 EX 1000",
                    "SET s 1|SET s 2 IFEQ 1"));

    static Stream<Case> cases() {
        List<Case> cases = new ArrayList<>();
        for (Binaries.Peer peer : Stream.concat(Stream.of(Binaries.system()), Binaries.peers().stream())
                .toList()) {
            for (String commands : LATER.getOrDefault(peer.name(), List.of())) {
                cases.add(new Case(peer, List.of(commands.split("\\|"))));
            }
            if (peer.name().matches("redi[a-z]+(-7.*)?")) {
                cases.add(new Case(peer, List.of("DEBUG REPLICATE LATERCMD key value")));
                cases.add(new Case(peer, List.of("RPUSH s 3 1 2", "SORT s STORE a")));
            }
        }
        return cases.stream();
    }

    private Path folder(String name) throws Exception {
        return Files.createDirectories(dir.resolve(name));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("cases")
    void theLinkEndsBeforeItByNameAndTheDataStay(Case wanted) throws Exception {
        try (RealServer master =
                        RealServer.start(wanted.peer(), "master", folder("master"), "--enable-debug-command", "yes");
                Ours replica = Ours.start("replica", folder("replica"))) {
            String command = wanted.commands().getLast().split(" ")[0].toLowerCase(Locale.ROOT);
            assumeFalse(command.equals("sort") && knows(replica, command), "SORT has been built");
            master.call("SET", "before", "1");
            replica.replicaOf(master.port());
            Waits.up(replica);
            List<String> known = wanted.commands().subList(0, wanted.commands().size() - 1);
            known.forEach(earlier -> master.call(earlier.split(" ")));
            master.call("SET", "kept", "1");
            Waits.sameOffsets(master, replica);
            String digest = digest(replica);
            master.call(wanted.commands().getLast().split(" "));
            master.call("SET", "after", "1");
            Waits.until("the link is down by name", () -> reason(replica).equals("unknown-command"), master, replica);
            Waits.until(
                    "it is tried again, with the same outcome",
                    () -> failures(replica) >= 2 && reason(replica).equals("unknown-command"),
                    master,
                    replica);
            assertThat(digest(replica)).as(replica.log()).isEqualTo(digest);
            assertThat(master.fullSyncs()).isEqualTo(1);
            assertThat(replica.log()).contains("Stopped following the master (unknown-command): the command ");
            assertThat(replica.info("syncs").get("sync0")).contains(",mode=stream,", ",reason=unknown-command,");
            replica.call("CONFIG", "SET", "replica-unknown-command", "ignore");
            Waits.until("what follows", () -> replica.call("GET", "after") != null, master, replica);
            Waits.sameOffsets(master, replica);
            assertThat(master.fullSyncs()).isEqualTo(1);
            assertThat(replica.log().toLowerCase(Locale.ROOT))
                    .contains("== critical ==")
                    .contains(command.equals("debug") ? "latercmd" : command);
        }
    }

    private static boolean knows(Node node, String command) {
        return ((List<?>) node.call("COMMAND", "INFO", command)).getFirst() != null;
    }

    private static String digest(Node node) {
        try (Session session = node.open()) {
            List<String> all = new ArrayList<>();
            for (String key : List.of("before", "kept", "after", "h", "s", "x", "a", "b")) {
                byte[] payload = (byte[]) session.call("DUMP", key);
                all.add(payload == null ? "-" : new String(payload, ISO_8859_1));
            }
            return String.join("|", all);
        }
    }

    private static String reason(Node replica) {
        return replica.info("replication").getOrDefault("master_link_down_reason", "");
    }

    private static long failures(Node replica) {
        return Long.parseLong(replica.info("replication").getOrDefault("master_link_failures", "0"));
    }
}
