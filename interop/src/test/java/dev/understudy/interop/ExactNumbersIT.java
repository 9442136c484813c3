// SPDX-License-Identifier: Apache-2.0
package dev.understudy.interop;

import static org.assertj.core.api.Assertions.assertThat;

import dev.understudy.commands.Trigonometry;
import dev.understudy.server.Instance;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Commands that compute with fractions: Redis propagates them as they came, so a replica has to come to the same last bit. Against the installed
 * redis-server, or those of {@code -Dinterop.peers} whose names match {@code -Dexact.peers}; {@code -Dexact.cases} numbers each.
 */
@NeedsRedis
class ExactNumbersIT {
    private static final int CASES = Integer.getInteger("exact.cases", 20_000);
    private static final long SEED = Long.getLong("exact.seed", 1);
    private static final int POINTS = 500;
    private static final int BATCH = 500;
    private static final String[] UNITS = {"m", "km", "ft", "mi"};
    private static final String[] AGGREGATES = {"SUM", "MIN", "MAX"};

    @TempDir
    private Path dir;

    static Stream<Binaries.Peer> peers() {
        String names = System.getProperty("exact.peers", "");
        return names.isEmpty()
                ? Stream.of(Binaries.system())
                : Binaries.peers().stream().filter(peer -> peer.name().matches(names));
    }

    private Path folder(String name) throws Exception {
        return Files.createDirectories(dir.resolve(name));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("peers")
    void distancesThatOurReplicaRecomputesAreThoseOfItsMaster(Binaries.Peer peer) throws Exception {
        assertThat(differentScores(peer, UnaryOperator.identity()))
                .as("seed %d", SEED)
                .isEmpty();
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("peers")
    void withoutNativeAccessTheyDifferInTheLastBits(Binaries.Peer peer) throws Exception {
        assertThat(differentScores(peer, options -> options.trigonometry(Trigonometry.STRICT)))
                .as("seed %d", SEED)
                .isNotEmpty()
                .allSatisfy(different -> assertThat(different.relative()).isLessThan(1e-8));
    }

    /** What real servers store, and what our replica makes of the same stream. */
    private List<Different> differentScores(Binaries.Peer peer, UnaryOperator<Instance.Options> embedding)
            throws Exception {
        try (RealServer master = RealServer.start(peer, "master", folder("master"));
                Ours replica = Ours.start("replica", folder("replica"), embedding)) {
            replica.replicaOf(master.port());
            Waits.up(replica);
            SplittableRandom random = new SplittableRandom(SEED);
            List<String[]> searches = new ArrayList<>();
            for (int i = 0; i < CASES / POINTS; i++) {
                searches.add(search(random, i));
            }
            try (Session session = master.open()) {
                points(random, session);
                searches.forEach(session::send);
                assertThat(session.replies())
                        .as("seed %d", SEED)
                        .allSatisfy(reply -> assertThat(reply).isInstanceOf(Long.class));
            }
            Waits.sameOffsets(master, replica);
            return differentScores(master, replica, searches);
        }
    }

    /** A member whose scores are not equal. */
    private record Different(String search, String member, double score, double other) {
        double relative() {
            return Math.abs(score - other) / score;
        }
    }

    private static void points(SplittableRandom random, Session session) {
        List<String> words = new ArrayList<>(List.of("GEOADD", "points"));
        for (int i = 0; i < POINTS; i++) {
            boolean near = i % 5 == 0;
            words.add(Double.toString(near ? random.nextDouble(12, 13) : random.nextDouble(-180, 180)));
            words.add(Double.toString(near ? random.nextDouble(40, 41) : random.nextDouble(-85, 85)));
            words.add("p" + i);
        }
        session.call(words.toArray(String[]::new));
    }

    /** A search that finds most of the points, and stores their distances. */
    private static String[] search(SplittableRandom random, int number) {
        List<String> words = new ArrayList<>(List.of("GEOSEARCHSTORE", "found:" + number, "points"));
        if (random.nextBoolean()) {
            words.addAll(List.of("FROMMEMBER", "p" + random.nextInt(POINTS)));
        } else {
            double longitude = random.nextDouble(-180, 180);
            words.addAll(List.of("FROMLONLAT", Double.toString(longitude), "" + random.nextDouble(-85, 85)));
        }
        String unit = UNITS[random.nextInt(UNITS.length)];
        words.addAll(
                random.nextInt(4) > 0
                        ? List.of("BYRADIUS", "99999999", unit)
                        : List.of("BYBOX", "99999999", "99999999", unit));
        words.add("STOREDIST");
        return words.toArray(String[]::new);
    }

    private static List<Different> differentScores(Node one, Node other, List<String[]> searches) {
        List<Different> differences = new ArrayList<>();
        long scores = 0;
        try (Session session = one.open();
                Session otherSession = other.open()) {
            for (int i = 0; i < searches.size(); i++) {
                Map<String, Double> found = scores(session, "found:" + i);
                Map<String, Double> otherFound = scores(otherSession, "found:" + i);
                String search = "seed " + SEED + ": " + String.join(" ", searches.get(i));
                assertThat(otherFound.keySet()).as(search).isEqualTo(found.keySet());
                scores += found.size();
                found.forEach((member, score) -> {
                    double otherScore = otherFound.get(member);
                    if (score != otherScore) {
                        differences.add(new Different(search, member, score, otherScore));
                    }
                });
            }
        }
        assertThat(scores).as("distances that were compared").isGreaterThan(CASES / 2);
        report(scores + " distances, " + differences.size() + " different");
        return differences;
    }

    private static Map<String, Double> scores(Session session, String key) {
        Map<String, Double> scores = new HashMap<>();
        List<?> reply = (List<?>) session.call("ZRANGE", key, "0", "-1", "WITHSCORES");
        for (int i = 0; i < reply.size(); i += 2) {
            scores.put(text(reply.get(i)), Double.parseDouble(text(reply.get(i + 1))));
        }
        return scores;
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("peers")
    void sumsAndProductsAreThoseOfRedis(Binaries.Peer peer) throws Exception {
        try (RealServer real = RealServer.start(peer, "real", folder("real"));
                Ours ours = Ours.start("ours", folder("ours"));
                Session realSession = real.open();
                Session ourSession = ours.open()) {
            SplittableRandom random = new SplittableRandom(SEED);
            List<String[]> sent = new ArrayList<>();
            long compared = 0;
            long printed = 0;
            for (int i = 0; i < CASES; i++) {
                String[] words = calculation(random);
                sent.add(words);
                realSession.send(words);
                ourSession.send(words);
                if (sent.size() >= BATCH || i == CASES - 1) {
                    printed += equalReplies(sent, realSession.replies(), ourSession.replies());
                    compared += sent.size();
                    sent.clear();
                }
            }
            report(compared + " calculations, no difference; " + printed + " scores printed with other digits");
        }
    }

    /**
     * Fails unless the replies are equal. Scores have to be the same numbers: of several shortest texts of one number, and now and then a text
     * that is not the shortest, the printer of Redis 7.2 (Grisu2) takes another than ours; gives the number of such.
     */
    private static long equalReplies(List<String[]> sent, List<Object> replies, List<Object> ourReplies) {
        long printed = 0;
        for (int i = 0; i < sent.size(); i++) {
            String shown = shown(replies.get(i));
            String ourShown = shown(ourReplies.get(i));
            boolean score = sent.get(i)[0].startsWith("Z") && !ourShown.equals(shown);
            if (score) {
                printed++;
                shown = numbers(shown);
                ourShown = numbers(ourShown);
            }
            assertThat(ourShown)
                    .as("seed %d: %s", SEED, String.join(" ", sent.get(i)))
                    .isEqualTo(shown);
        }
        return printed;
    }

    /** The words of a reply, those that are numbers as Java prints them. */
    private static String numbers(String reply) {
        StringBuilder text = new StringBuilder();
        for (String word : reply.split("[\\[, \\]]+")) {
            boolean number = word.matches("-?[0-9.]+(e[-+]?[0-9]+)?");
            text.append(number ? Double.toString(Double.parseDouble(word)) : word)
                    .append(' ');
        }
        return text.toString();
    }

    private static String[] calculation(SplittableRandom random) {
        String key = Integer.toString(random.nextInt(8));
        String member = "m" + random.nextInt(6);
        return switch (random.nextInt(10)) {
            case 0, 1 -> new String[] {"ZINCRBY", "z" + key, number(random), member};
            case 2 -> new String[] {"ZADD", "z" + key, "INCR", number(random), member};
            case 3 -> new String[] {"ZADD", "z" + key, number(random), member};
            case 4 -> new String[] {"INCRBYFLOAT", "s" + key, number(random)};
            case 5 -> new String[] {"HINCRBYFLOAT", "h" + key, member, number(random)};
            case 6 -> new String[] {"DEL", "s" + key, "h" + random.nextInt(8), "z" + random.nextInt(8)};
            case 7 -> combination(random, "STORE");
            default -> combination(random, "");
        };
    }

    private static String[] combination(SplittableRandom random, String store) {
        List<String> words = new ArrayList<>();
        words.add((random.nextBoolean() ? "ZUNION" : "ZINTER") + store);
        if (!store.isEmpty()) {
            words.add("z" + random.nextInt(8));
        }
        int keys = 1 + random.nextInt(3);
        words.add(Integer.toString(keys));
        for (int i = 0; i < keys; i++) {
            words.add("z" + random.nextInt(8));
        }
        if (random.nextInt(4) > 0) {
            words.add("WEIGHTS");
            for (int i = 0; i < keys; i++) {
                words.add(number(random));
            }
        }
        if (random.nextBoolean()) {
            words.addAll(List.of("AGGREGATE", AGGREGATES[random.nextInt(AGGREGATES.length)]));
        }
        if (store.isEmpty()) {
            words.add("WITHSCORES");
        }
        return words.toArray(String[]::new);
    }

    /** Numbers of all kinds, written in all ways that clients write them. */
    private static String number(SplittableRandom random) {
        return switch (random.nextInt(14)) {
            case 0 -> Long.toString(random.nextLong(-1_000, 1_000));
            case 1 -> Long.toString(random.nextLong());
            case 2 ->
                Double.toString(Double.longBitsToDouble(random.nextLong())).replace("NaN", "1");
            case 3 -> Float.toString(random.nextFloat());
            case 4 -> "0." + random.nextLong(1, 1_000_000_000);
            case 5 -> random.nextInt(100) + "." + random.nextInt(100);
            case 6 -> random.nextInt(-9, 10) + "e" + random.nextInt(-330, 310);
            case 7 -> random.nextLong() + "." + Math.abs(random.nextLong() >>> 1);
            case 8 -> random.nextInt(20) == 0 ? random.nextBoolean() ? "inf" : "-inf" : "3.0e3";
            case 9 -> random.nextBoolean() ? "-0" : "0.1";
            case 10 -> "0x" + Integer.toHexString(random.nextInt(1 << 20)) + (random.nextBoolean() ? "" : "p-3");
            default -> Double.toString(random.nextDouble(-1_000, 1_000));
        };
    }

    private static String shown(Object reply) {
        return switch (reply) {
            case null -> "(nil)";
            case byte[] bytes -> new String(bytes, StandardCharsets.ISO_8859_1);
            case List<?> list ->
                list.stream().map(ExactNumbersIT::shown).toList().toString();
            case Exception error -> "(error) " + error.getMessage();
            default -> reply.toString();
        };
    }

    private static String text(Object reply) {
        return new String((byte[]) reply, StandardCharsets.ISO_8859_1);
    }

    @SuppressWarnings("SystemOut")
    private static void report(String line) {
        System.out.println("Exact numbers, seed " + SEED + ": " + line);
    }
}
