// SPDX-License-Identifier: Apache-2.0
package dev.understudy.interop;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Real replicas before 7.0: they are known as such, what they cannot execute is counted to the command, and a setting refuses them. */
@NeedsRedis
class OlderReplicasIT {
    /** Each makes one command of the stream, on keys of its own: what one version cannot execute harms no later one. */
    private static final List<String> STREAM = List.of(
            "SET a 1",
            "SET b 1 PX 100000",
            "SET c 1 GET",
            "SET d 1 NX GET",
            "SETEX e 1000 1",
            "INCRBYFLOAT f 1.5",
            "RPUSH l1 a b c d e f",
            "RPUSH l2 x",
            "LPOP l1 2",
            "RPOP l1 2",
            "LPOP l1",
            "LMOVE l1 l2 LEFT RIGHT",
            "LMPOP 1 l1 LEFT",
            "ZADD z 1 a 2 b 3 c 4 d",
            "ZADD z GT CH 5 a",
            "ZADD z LT CH 1 a",
            "ZADD z NX 9 e",
            "ZMPOP 1 z MIN",
            "ZPOPMAX z",
            "ZRANGESTORE z2 z 0 -1",
            "ZDIFFSTORE z3 1 z",
            "ZUNIONSTORE z4 1 z",
            "GEOADD g 1 1 p",
            "GEOSEARCHSTORE g2 g FROMLONLAT 1 1 BYRADIUS 10 km",
            "COPY a a2",
            "GETDEL a2",
            "SET e 1",
            "GETEX e PX 100000",
            "EXPIRE b 1000 GT",
            "EXPIRE c 1000",
            "SADD s a b c",
            "SPOP s",
            "HSET h f 1",
            "HINCRBYFLOAT h f 1.5",
            "XADD x 1-1 f v",
            "XADD x NOMKSTREAM 2-1 f v",
            "XADD x MINID 1-1 3-1 f v",
            "XADD x MAXLEN ~ 1000 4-1 f v",
            "XTRIM x MINID 2-1",
            "XGROUP CREATE x g 0",
            "XGROUP CREATE x g3 0 ENTRIESREAD 1",
            "XGROUP CREATECONSUMER x g c",
            "XGROUP SETID x g 0 ENTRIESREAD 1",
            "XSETID x 9-1",
            "XSETID x 9-1 ENTRIESADDED 9 MAXDELETEDID 1-1",
            "SETBIT bit 7 1",
            "BITFIELD bit SET u8 0 9",
            "PFADD p a b",
            "FLUSHDB SYNC",
            "SET a 1",
            "PUBLISH ch m",
            "SPUBLISH ch m",
            "DEL a");

    /** A string and an int as 7.0 and 7.2 dump them. */
    private static final List<String> PAYLOADS = List.of("00c00a0a006e9f57450eae63bb", "00c00a0b000740ea36f3318a32");

    @TempDir
    private Path dir;

    private static Binaries.Peer peer(String name) {
        var found = Binaries.peers().stream()
                .filter(peer -> peer.name().equals(name))
                .findFirst();
        assumeTrue(found.isPresent(), "no " + name + " among -Dinterop.peers");
        return found.get();
    }

    private Path folder(String name) throws Exception {
        return Files.createDirectories(dir.resolve(name));
    }

    private static String slave(Ours master) {
        return master.info("replication").getOrDefault("slave0", "");
    }

    private static long criticals(RealServer replica) {
        return Pattern.compile("== CRITICAL ==")
                .matcher(replica.log())
                .results()
                .count();
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource({"redis-6.0, before-6.2", "redis-6.2, before-7.0", "redis-7.0, ''"})
    void whatAReplicaCannotExecuteIsCountedToTheCommand(String name, String age) throws Exception {
        try (Ours master = Ours.start("master", folder("master"));
                RealServer replica = RealServer.start(peer(name), "replica", folder("replica"))) {
            replica.call("SLAVEOF", Node.HOST, Integer.toString(master.port()));
            Waits.up(replica);
            master.call("SET", "first", "1");
            Waits.sameOffsets(master, replica);
            if (age.isEmpty()) {
                assertThat(slave(master)).doesNotContain("version=");
            } else {
                assertThat(slave(master)).contains(",version=" + age + ",");
                assertThat(master.log()).contains("is older than 7.0 (" + age + ")");
                assertThat(master.info("syncs").get("sync0")).contains(",version=" + age + ",");
            }
            var wrong = new TreeSet<String>();
            for (String line : STREAM) {
                step(master, replica, age, wrong, line, line.split(" "));
            }
            for (String payload : PAYLOADS) {
                byte[][] words = {
                    bytes("RESTORE"),
                    bytes("r" + payload.charAt(7)),
                    bytes("0"),
                    HexFormat.of().parseHex(payload)
                };
                long before = criticals(replica);
                long counted = counted(master);
                try (Session session = master.open()) {
                    session.call(words);
                }
                compare(master, replica, age, wrong, "RESTORE " + payload, before, counted);
            }
            if (name.equals("redis-6.0")) {
                wrong.removeAll(silentErrors(replica));
            }
            assertThat(wrong).isEmpty();
        }
    }

    /** A 6.0 does not log a syntax error in its master's stream; a client gets it. */
    private static List<String> silentErrors(RealServer replica) {
        Map<String, String> streamed = Map.of(
                "SET b 1 PX 100000", "SET b 1 PXAT 4102444800000",
                "SETEX e 1000 1", "SET e 1 PXAT 4102444800000",
                "XTRIM x MINID 2-1", "XTRIM x MINID 2-1",
                "FLUSHDB SYNC", "FLUSHDB SYNC");
        replica.promote();
        for (String command : streamed.values()) {
            assertThatThrownBy(() -> replica.call(command.split(" "))).hasMessageContaining("ERR syntax error");
        }
        return streamed.keySet().stream()
                .map(line -> line + ": failed 0, counted 1")
                .toList();
    }

    private static void step(
            Ours master, RealServer replica, String age, Set<String> wrong, String line, String... words) {
        long before = criticals(replica);
        long counted = counted(master);
        master.call(words);
        compare(master, replica, age, wrong, line, before, counted);
    }

    private static void compare(
            Ours master, RealServer replica, String age, Set<String> wrong, String what, long before, long counted) {
        Waits.sameOffsets(master, replica);
        long failed = criticals(replica) - before;
        long told = counted(master) - counted;
        boolean unnamed = age.isEmpty() && what.endsWith("8a32");
        if (failed != told && !unnamed) {
            wrong.add(what + ": failed " + failed + ", counted " + told);
        }
    }

    private static long counted(Ours master) {
        var matcher = Pattern.compile("unsupported_commands=(\\d+)").matcher(slave(master));
        return matcher.find() ? Long.parseLong(matcher.group(1)) : 0;
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.ISO_8859_1);
    }

    @ParameterizedTest(name = "{0} with {1}: {2}")
    @CsvSource({
        "redis-6.0, 6.2, refused",
        "redis-6.0, 7.0, refused",
        "redis-6.2, 6.2, taken",
        "redis-6.2, 7.0, refused",
        "redis-7.0, 7.0, taken"
    })
    void aSettingRefusesThemWithAnErrorThatTheyLog(String name, String least, String outcome) throws Exception {
        try (Ours master = Ours.start("master", folder("master"), "--min-replica-version", least);
                RealServer replica = RealServer.start(peer(name), "replica", folder("replica"))) {
            master.call("SET", "a", "1");
            replica.call("SLAVEOF", Node.HOST, Integer.toString(master.port()));
            if (outcome.equals("taken")) {
                Waits.up(replica);
                assertThat(master.log()).doesNotContain("is refused by min-replica-version");
                return;
            }
            Waits.until(
                    "it is refused, and logs it",
                    () -> replica.log().contains("This master refuses replicas before " + least),
                    master,
                    replica);
            assertThat(master.log()).contains("is refused by min-replica-version " + least);
            assertThat(master.info("replication")).containsEntry("connected_slaves", "0");
        }
    }
}
