// SPDX-License-Identifier: Apache-2.0
package dev.understudy.commands;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What a real server (7.2) answers. */
final class GeoCommandsTest {
    private final CommandHarness redis =
            new CommandHarness(table -> GeoCommands.register(table, Trigonometry.STRICT), SortedSetCommands::register);

    @AfterEach
    void close() {
        redis.close();
    }

    @ParameterizedTest(name = "{0}: {1}")
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "zscore g Palermo | \"3479099956230698\"",
                "geodist g Palermo Catania | \"166274.1516\"",
                "geodist g Palermo Catania mi | \"103.3182\"",
                "geodist g Palermo n | (nil)",
                "geodist g Palermo Catania yd | (error) ERR unsupported unit provided. please use M, KM, FT, MI",
                "geohash g Palermo Catania n | [\"sqc8b49rny0\" \"sqdtr74hyu0\" (nil)]",
                "geopos g Palermo n | [[\"13.36138933897018433\" \"38.11555639549629859\"] (nil)]",
                "georadius g 15 37 200 km asc withdist | [[\"Catania\" \"56.4413\"] [\"Palermo\" \"190.4424\"]]",
                "georadius g 15 37 100 km withhash | [[\"Catania\" (integer) 3479447370796909]]",
                "georadiusbymember g Palermo 200 km desc count 1 | [\"Catania\"]",
                "georadiusbymember g n 200 km | (error) ERR could not decode requested zset member",
                "geosearch g fromlonlat 15 37 bybox 400 400 km asc | [\"Catania\" \"Palermo\"]",
                "geosearch g frommember Palermo byradius 10 km | [\"Palermo\"]",
                "geosearch g byradius 10 km asc desc | (error) ERR exactly one of FROMMEMBER or FROMLONLAT can be specified for geosearch",
                "geosearch g fromlonlat 15 37 byradius 400 km any | (error) ERR the ANY argument requires COUNT argument",
                "geosearch g fromlonlat 15 37 byradius 400 km count 0 | (error) ERR COUNT must be > 0",
                "geosearchstore n g fromlonlat 15 37 byradius 100 km | (integer) 1",
                "geoadd g 200 10 x | (error) ERR invalid longitude,latitude pair 200.000000,10.000000",
                "geoadd g nx 13 38 Palermo 1 1 new | (integer) 1",
            })
    void repliesAreThoseOfRedis(String command, String reply) {
        assertThat(redis.run("geoadd g 13.361389 38.115556 Palermo 15.087269 37.502669 Catania"))
                .isEqualTo("(integer) 2");
        assertThat(redis.effects()).containsExactly("ZADD g 3479099956230698 Palermo 3479447370796909 Catania");
        assertThat(redis.run(command)).isEqualTo(reply);
    }

    @Test
    void storingIsOneChangePerMemberWithItsEvent() {
        redis.run("geoadd g 13.361389 38.115556 Palermo 15.087269 37.502669 Catania");
        redis.events();
        assertThat(redis.run("georadius g 15 37 200 km storedist n")).isEqualTo("(integer) 2");
        assertThat(redis.events()).containsExactly("n new n", "z georadiusstore n");
        assertThat(redis.run("zrange n 0 -1 withscores")).startsWith("[\"Catania\" \"56.44125");
        assertThat(redis.run("georadius none 15 37 200 km store n")).isEqualTo("(integer) 0");
        assertThat(redis.events()).containsExactly("g del n");
    }

    @Test
    void whatIsStoredIsPropagatedAsTheOutcome() {
        redis.run("geoadd g 13.361389 38.115556 Palermo 15.087269 37.502669 Catania");
        redis.effects();
        redis.run("geosearchstore n g fromlonlat 15 37 byradius 200 km count 1 storedist");
        String score = redis.run("zscore n Catania").replace("\"", "");
        assertThat(redis.effects()).containsExactly("MULTI", "DEL n", "ZADD n " + score + " Catania", "EXEC");
        redis.run("georadius g 15 37 200 km store n");
        assertThat(redis.effects())
                .containsExactly("MULTI", "DEL n", "ZADD n 3479099956230698 Palermo 3479447370796909 Catania", "EXEC");
        redis.run("geosearchstore n g fromlonlat 0 0 byradius 1 km");
        assertThat(redis.effects()).containsExactly("DEL n");
        redis.run("geosearchstore n g fromlonlat 0 0 byradius 1 km");
        assertThat(redis.effects()).isEmpty();
    }

    @ParameterizedTest(name = "seed {0}")
    @ValueSource(longs = {1, 2, 3})
    void aSearchFindsWhatAWalkOverAllMembersFinds(long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        double[] longitudes = new double[400];
        double[] latitudes = new double[400];
        for (int i = 0; i < longitudes.length; i++) {
            longitudes[i] = random.nextDouble(-180, 180);
            latitudes[i] = random.nextDouble(-70, 70);
            redis.run("geoadd g " + longitudes[i] + " " + latitudes[i] + " p" + i);
        }
        for (int search = 0; search < 50; search++) {
            double longitude = random.nextDouble(-120, 120);
            double latitude = random.nextDouble(-60, 60);
            double meters = random.nextInt(10_000, 2_000_000);
            List<String> expected = new ArrayList<>();
            for (int i = 0; i < longitudes.length; i++) {
                if (new GeoSphere(Trigonometry.STRICT).distance(longitude, latitude, longitudes[i], latitudes[i])
                        <= meters) {
                    expected.add("\"p" + i + "\"");
                }
            }
            String found =
                    redis.run("geosearch g fromlonlat " + longitude + " " + latitude + " byradius " + meters + " m");
            List<String> members = found.equals("[]")
                    ? List.of()
                    : List.of(found.substring(1, found.length() - 1).split(" "));
            assertThat(members).containsExactlyInAnyOrderElementsOf(expected);
        }
    }
}
