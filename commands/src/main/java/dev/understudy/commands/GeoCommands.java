// SPDX-License-Identifier: Apache-2.0
package dev.understudy.commands;

import dev.understudy.commands.Command.KeySpec;
import dev.understudy.store.SortedSetValue;
import dev.understudy.wire.Bytes;
import java.math.BigDecimal;
import java.math.RoundingMode;

/**
 * The commands on positions, which are sorted sets with the positions' numbers ({@link GeoCommandsHash}) as scores, as geo.c of Redis 7.2; searches
 * are in {@link GeoCommandsSearch}.
 */
public final class GeoCommands {
    private static final CommandFailure UNIT =
            CommandFailure.err("unsupported unit provided. please use M, KM, FT, MI");
    private static final String SEARCH =
            "O(N+M*log(M)), N being the number of members in the cells around the shape and M that inside of it";
    /** Decimals of distances in replies. */
    private static final double DISTANCE_SCALE = 10_000;

    private GeoCommands() {}

    /** @param functions what distances are computed with: those of the server whose stream is to be recomputed */
    public static void register(CommandTable table, Trigonometry functions) {
        GeoSphere sphere = new GeoSphere(functions);
        add(table, "geoadd", GeoCommands::geoadd, -5, "write denyoom", "RW UPDATE")
                .docs("Adds members with their positions.", "O(log(N)) for each member");
        add(table, "geodist", call -> geodist(call, sphere), -4, "readonly", "RO ACCESS")
                .docs("Returns the distance between two members.", "O(1)");
        add(table, "geohash", GeoCommands::geohash, -2, "readonly", "RO ACCESS")
                .docs("Returns the positions of members as geohash texts.", "O(1) for each member");
        add(table, "geopos", GeoCommands::geopos, -2, "readonly", "RO ACCESS")
                .docs("Returns longitude and latitude of members.", "O(1) for each member");
        registerSearches(table, sphere);
    }

    private static void registerSearches(CommandTable table, GeoSphere sphere) {
        add(
                        table,
                        "geosearch",
                        new GeoCommandsSearch(GeoCommandsSearch.Form.SEARCH, sphere),
                        -7,
                        "readonly",
                        "RO ACCESS")
                .since("6.2.0")
                .docs("Finds the members inside of a circle or box.", SEARCH);
        add(
                        table,
                        "geosearchstore",
                        new GeoCommandsSearch(GeoCommandsSearch.Form.SEARCH_STORE, sphere),
                        -8,
                        "write denyoom",
                        "OW UPDATE")
                .keys(2, 2, 1, "RO ACCESS")
                .since("6.2.0")
                .docs("Stores the members inside of a circle or box.", SEARCH);
        storing(
                        add(
                                table,
                                "georadius",
                                new GeoCommandsSearch(GeoCommandsSearch.Form.RADIUS, sphere),
                                -6,
                                "write denyoom movablekeys",
                                "RO ACCESS"),
                        6)
                .docs("Finds or stores the members inside of a circle around a position.", SEARCH);
        add(
                        table,
                        "georadius_ro",
                        new GeoCommandsSearch(GeoCommandsSearch.Form.RADIUS_RO, sphere),
                        -6,
                        "readonly",
                        "RO ACCESS")
                .since("3.2.10")
                .docs("Finds the members inside of a circle around a position.", SEARCH);
        storing(
                        add(
                                table,
                                "georadiusbymember",
                                new GeoCommandsSearch(GeoCommandsSearch.Form.RADIUS_BY_MEMBER, sphere),
                                -5,
                                "write denyoom movablekeys",
                                "RO ACCESS"),
                        5)
                .docs("Finds or stores the members inside of a circle around a member.", SEARCH);
        add(
                        table,
                        "georadiusbymember_ro",
                        new GeoCommandsSearch(GeoCommandsSearch.Form.RADIUS_BY_MEMBER_RO, sphere),
                        -5,
                        "readonly",
                        "RO ACCESS")
                .since("3.2.10")
                .docs("Finds the members inside of a circle around a member.", SEARCH);
    }

    private static Command add(
            CommandTable table, String name, Handler handler, int arity, String flags, String keyFlags) {
        return table.add(name, handler)
                .arity(arity)
                .flags(flags)
                .acl("geo")
                .since("3.2.0")
                .group("geo")
                .keys(1, 1, 1, keyFlags);
    }

    private static Command storing(Command command, int startFrom) {
        return command.keySpec(new KeySpec(startFrom, "STORE", KeySpec.Kind.RANGE, 0, 1, 0, "OW UPDATE", false))
                .keySpec(new KeySpec(startFrom, "STOREDIST", KeySpec.Kind.RANGE, 0, 1, 0, "OW UPDATE", false));
    }

    // ---- words and replies that the searches use too

    /** Meters of the unit in word {@code index}. */
    static double unit(Call call, int index) {
        Bytes word = call.word(index);
        if (word.is("m")) {
            return 1;
        }
        if (word.is("km")) {
            return 1000;
        }
        if (word.is("ft")) {
            return 0.3048;
        }
        if (word.is("mi")) {
            return 1609.34;
        }
        throw UNIT;
    }

    /** Refuses positions that are not on the map. */
    static void checkPosition(double longitude, double latitude) {
        if (!GeoCommandsHash.isValid(longitude, latitude)) {
            throw CommandFailure.err("invalid longitude,latitude pair " + decimal(longitude) + "," + decimal(latitude));
        }
    }

    /** As {@code %f} prints it. */
    private static String decimal(double value) {
        if (Double.isInfinite(value)) {
            return value > 0 ? "inf" : "-inf";
        }
        String text = new BigDecimal(Math.abs(value))
                .setScale(6, RoundingMode.HALF_EVEN)
                .toPlainString();
        return Double.doubleToRawLongBits(value) < 0 ? "-" + text : text;
    }

    /** Writes a distance with four decimals. */
    static void replyDistance(Call call, double distance) {
        long scaled = (long) Math.rint(distance * DISTANCE_SCALE);
        long whole = scaled / (long) DISTANCE_SCALE;
        String decimals = Long.toString(scaled % (long) DISTANCE_SCALE + (long) DISTANCE_SCALE);
        call.reply().bulk(whole + "." + decimals.substring(1));
    }

    static void replyPosition(Call call, double score) {
        call.reply().array(2);
        call.reply().human(GeoCommandsHash.longitude(score));
        call.reply().human(GeoCommandsHash.latitude(score));
    }

    // ---- the commands

    private static void geoadd(Call call) {
        SortedSetCommands.AddOptions options = new SortedSetCommands.AddOptions();
        int first = 2;
        while (first < call.count() && option(options, call.word(first))) {
            first++;
        }
        int words = call.count() - first;
        if (words % 3 != 0 || options.nx && options.xx) {
            throw CommandFailure.SYNTAX;
        }
        double[] scores = new double[words / 3];
        for (int i = 0; i < scores.length; i++) {
            double longitude = call.real(first + 3 * i);
            double latitude = call.real(first + 3 * i + 1);
            checkPosition(longitude, latitude);
            scores[i] = GeoCommandsHash.encode(longitude, latitude, GeoCommandsHash.STEPS);
        }
        if (scores.length == 0) {
            throw CommandFailure.SYNTAX;
        }
        SortedSetCommands.add(call, options, scores, first + 2, 3);
        if (call.changes() == 0) {
            return;
        }
        Effects effect = call.effect(first + 2 * scores.length).arg("ZADD");
        for (int i = 1; i < first; i++) {
            effect.arg(call.word(i));
        }
        for (int i = 0; i < scores.length; i++) {
            effect.arg((long) scores[i]).arg(call.word(first + 3 * i + 2));
        }
    }

    private static boolean option(SortedSetCommands.AddOptions options, Bytes word) {
        if (word.is("nx")) {
            options.nx = true;
        } else if (word.is("xx")) {
            options.xx = true;
        } else if (word.is("ch")) {
            options.ch = true;
        } else {
            return false;
        }
        return true;
    }

    private static void geodist(Call call, GeoSphere sphere) {
        if (call.count() > 5) {
            throw CommandFailure.SYNTAX;
        }
        double unit = call.count() == 5 ? unit(call, 4) : 1;
        SortedSetValue set = call.readSortedSet(1);
        double from = set == null ? Double.NaN : set.score(call.word(2));
        double to = set == null ? Double.NaN : set.score(call.word(3));
        if (Double.isNaN(from) || Double.isNaN(to)) {
            call.reply().nil();
            return;
        }
        double meters = sphere.distance(
                GeoCommandsHash.longitude(from),
                GeoCommandsHash.latitude(from),
                GeoCommandsHash.longitude(to),
                GeoCommandsHash.latitude(to));
        replyDistance(call, meters / unit);
    }

    private static void geohash(Call call) {
        SortedSetValue set = call.readSortedSet(1);
        call.reply().array(call.count() - 2);
        for (int i = 2; i < call.count(); i++) {
            double score = set == null ? Double.NaN : set.score(call.word(i));
            if (Double.isNaN(score)) {
                call.reply().nil();
            } else {
                call.reply().bulk(GeoCommandsHash.text(score));
            }
        }
    }

    private static void geopos(Call call) {
        SortedSetValue set = call.readSortedSet(1);
        call.reply().array(call.count() - 2);
        for (int i = 2; i < call.count(); i++) {
            double score = set == null ? Double.NaN : set.score(call.word(i));
            if (Double.isNaN(score)) {
                call.reply().nilArray();
            } else {
                replyPosition(call, score);
            }
        }
    }
}
