// SPDX-License-Identifier: Apache-2.0
package dev.understudy.commands;

import dev.understudy.store.SortedSetValue;
import dev.understudy.wire.Bytes;
import dev.understudy.wire.Numbers;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;

/** GEOSEARCH, GEOSEARCHSTORE and the GEORADIUS commands. Stateless but for the form; one instance per command. */
record GeoCommandsSearch(Form form, GeoSphere sphere) implements Handler {
    /** Members per ZADD of what is propagated. */
    private static final int BATCH = 1024;

    private static final CommandFailure COUNT = CommandFailure.err("COUNT must be > 0");
    private static final CommandFailure ANY = CommandFailure.err("the ANY argument requires COUNT argument");
    private static final CommandFailure NO_MEMBER = CommandFailure.err("could not decode requested zset member");
    private static final CommandFailure RADIUS = CommandFailure.err("need numeric radius");
    private static final CommandFailure NEGATIVE_RADIUS = CommandFailure.err("radius cannot be negative");
    private static final CommandFailure WIDTH = CommandFailure.err("need numeric width");
    private static final CommandFailure HEIGHT = CommandFailure.err("need numeric height");
    private static final CommandFailure NEGATIVE_SIDE = CommandFailure.err("height or width cannot be negative");

    enum Form {
        SEARCH,
        SEARCH_STORE,
        RADIUS,
        RADIUS_RO,
        RADIUS_BY_MEMBER,
        RADIUS_BY_MEMBER_RO;

        boolean isSearch() {
            return this == SEARCH || this == SEARCH_STORE;
        }

        boolean mayStore() {
            return this == RADIUS || this == RADIUS_BY_MEMBER;
        }
    }

    /** A member found: its distance is in meters. */
    private record Found(byte[] member, double score, double distance) {}

    /** What a call asks for. */
    private static final class Query {
        private boolean withDistance;
        private boolean withHash;
        private boolean withPosition;
        private boolean any;
        private boolean fromMember;
        private boolean fromPosition;
        private boolean byRadius;
        private boolean byBox;
        private boolean storesDistance;
        private @Nullable Bytes target;
        /** Sorting by distance: 1 ascending, -1 descending, 0 none. */
        private int direction;
        /** Most members, 0 for all. */
        private long count;

        private double longitude;
        private double latitude;
        private double width;
        private double height;
        private double unit = 1;

        void position(double newLongitude, double newLatitude) {
            longitude = newLongitude;
            latitude = newLatitude;
        }

        GeoCommandsShape shape(GeoSphere sphere) {
            return new GeoCommandsShape(sphere, longitude, latitude, !byBox, width, height, unit);
        }

        int parts() {
            return 1 + (withDistance ? 1 : 0) + (withHash ? 1 : 0) + (withPosition ? 1 : 0);
        }
    }

    @Override
    public void run(Call call) {
        SortedSetValue set = call.readSortedSet(form == Form.SEARCH_STORE ? 2 : 1);
        Query query = new Query();
        int at = switch (form) {
            case SEARCH -> 2;
            case SEARCH_STORE -> {
                query.target = call.word(1);
                yield 3;
            }
            case RADIUS, RADIUS_RO -> {
                position(call, query, 2);
                radius(call, query, 4);
                yield 6;
            }
            case RADIUS_BY_MEMBER, RADIUS_BY_MEMBER_RO -> {
                if (set != null) {
                    member(call, query, 2, set);
                    radius(call, query, 3);
                }
                yield 5;
            }
        };
        while (at < call.count()) {
            at = option(call, query, at, set);
        }
        check(call, query);
        List<Found> found = set == null ? List.of() : search(set, query);
        if (query.target == null) {
            reply(call, query, found);
        } else {
            store(call, query, query.target, found);
        }
    }

    // ---- options

    private static void position(Call call, Query query, int at) {
        double longitude = call.real(at);
        double latitude = call.real(at + 1);
        GeoCommands.checkPosition(longitude, latitude);
        query.position(longitude, latitude);
    }

    private static void member(Call call, Query query, int at, SortedSetValue set) {
        double score = set.score(call.word(at));
        if (Double.isNaN(score)) {
            throw NO_MEMBER;
        }
        query.position(GeoCommandsHash.longitude(score), GeoCommandsHash.latitude(score));
    }

    private static double real(Call call, int at, CommandFailure failure) {
        double value = Numbers.parseDouble(call.word(at));
        if (Double.isNaN(value)) {
            throw failure;
        }
        return value;
    }

    private static void radius(Call call, Query query, int at) {
        double radius = real(call, at, RADIUS);
        if (radius < 0) {
            throw NEGATIVE_RADIUS;
        }
        query.width = radius;
        query.height = radius;
        query.unit = GeoCommands.unit(call, at + 1);
    }

    private static void box(Call call, Query query, int at) {
        query.width = real(call, at, WIDTH);
        query.height = real(call, at + 1, HEIGHT);
        if (query.width < 0 || query.height < 0) {
            throw NEGATIVE_SIDE;
        }
        query.unit = GeoCommands.unit(call, at + 2);
    }

    /** Takes the option at word {@code at}; returns the index of the word behind it. */
    private int option(Call call, Query query, int at, @Nullable SortedSetValue set) {
        Bytes word = call.word(at);
        if (flag(query, word)) {
            return at + 1;
        }
        int left = call.count() - at - 1;
        if (left >= 1 && word.is("count")) {
            query.count = call.number(at + 1);
            if (query.count <= 0) {
                throw COUNT;
            }
            return at + 2;
        }
        if (form == Form.SEARCH_STORE && word.is("storedist")) {
            query.storesDistance = true;
            return at + 1;
        }
        if (form.mayStore() && left >= 1 && (word.is("store") || word.is("storedist"))) {
            query.target = call.word(at + 1);
            query.storesDistance = word.is("storedist");
            return at + 2;
        }
        if (form.isSearch()) {
            return searchOption(call, query, at, set);
        }
        throw CommandFailure.SYNTAX;
    }

    private static boolean flag(Query query, Bytes word) {
        if (word.is("withdist")) {
            query.withDistance = true;
        } else if (word.is("withhash")) {
            query.withHash = true;
        } else if (word.is("withcoord")) {
            query.withPosition = true;
        } else if (word.is("any")) {
            query.any = true;
        } else if (word.is("asc")) {
            query.direction = 1;
        } else if (word.is("desc")) {
            query.direction = -1;
        } else {
            return false;
        }
        return true;
    }

    private static int searchOption(Call call, Query query, int at, @Nullable SortedSetValue set) {
        Bytes word = call.word(at);
        int left = call.count() - at - 1;
        if (left >= 1 && !query.fromPosition && word.is("frommember")) {
            if (set != null) {
                member(call, query, at + 1, set);
            }
            query.fromMember = true;
            return at + 2;
        }
        if (left >= 2 && !query.fromMember && word.is("fromlonlat")) {
            position(call, query, at + 1);
            query.fromPosition = true;
            return at + 3;
        }
        if (left >= 2 && !query.byBox && word.is("byradius")) {
            radius(call, query, at + 1);
            query.byRadius = true;
            return at + 3;
        }
        if (left >= 3 && !query.byRadius && word.is("bybox")) {
            box(call, query, at + 1);
            query.byBox = true;
            return at + 4;
        }
        throw CommandFailure.SYNTAX;
    }

    private void check(Call call, Query query) {
        if (query.target != null && query.parts() > 1) {
            throw CommandFailure.err((form == Form.SEARCH_STORE ? "GEOSEARCHSTORE" : "STORE option in GEORADIUS")
                    + " is not compatible with WITHDIST, WITHHASH and WITHCOORD options");
        }
        if (form.isSearch() && !query.fromMember && !query.fromPosition) {
            throw CommandFailure.err("exactly one of FROMMEMBER or FROMLONLAT can be specified for "
                    + call.word(0).printed());
        }
        if (form.isSearch() && !query.byRadius && !query.byBox) {
            throw CommandFailure.err("exactly one of BYRADIUS and BYBOX can be specified for "
                    + call.word(0).printed());
        }
        if (query.any && query.count == 0) {
            throw ANY;
        }
    }

    // ---- searching

    private List<Found> search(SortedSetValue set, Query query) {
        GeoCommandsShape shape = query.shape(sphere);
        GeoCommandsShape.Cells cells = shape.cells();
        List<Found> found = new ArrayList<>();
        long enough = query.any ? query.count : Long.MAX_VALUE;
        long last = GeoCommandsShape.Cells.NONE;
        for (int i = 0; i < cells.bits().length && found.size() < enough; i++) {
            long cell = cells.bits()[i];
            // Around a very large shape neighbours are one and the same.
            if (cell == GeoCommandsShape.Cells.NONE || cell == last) {
                continue;
            }
            searchCell(set, shape, cell, cells.steps(), enough, found);
            last = i == 0 ? last : cell;
        }
        int direction = query.direction != 0 || query.count == 0 || query.any ? query.direction : 1;
        if (direction != 0) {
            Comparator<Found> byDistance = Comparator.comparingDouble(Found::distance);
            found.sort(direction > 0 ? byDistance : byDistance.reversed());
        }
        boolean limited = query.count > 0 && query.count < found.size();
        return limited ? found.subList(0, (int) query.count) : found;
    }

    private static void searchCell(
            SortedSetValue set, GeoCommandsShape shape, long cell, int steps, long enough, List<Found> found) {
        int shift = 2 * (GeoCommandsHash.STEPS - steps);
        long first = set.countBelow((double) (cell << shift), false);
        long end = set.countBelow((double) (cell + 1 << shift), false);
        set.forEachInRange(first, end - first, false, (member, score) -> {
            double distance = shape.distance(GeoCommandsHash.longitude(score), GeoCommandsHash.latitude(score));
            if (!Double.isNaN(distance)) {
                found.add(new Found(member.toArray(), score, distance));
            }
            return found.size() < enough;
        });
    }

    // ---- results

    private static void reply(Call call, Query query, List<Found> found) {
        call.reply().array(found.size());
        for (Found each : found) {
            if (query.parts() > 1) {
                call.reply().array(query.parts());
            }
            call.reply().bulk(each.member());
            if (query.withDistance) {
                GeoCommands.replyDistance(call, each.distance() / query.unit);
            }
            if (query.withHash) {
                call.integer((long) each.score());
            }
            if (query.withPosition) {
                GeoCommands.replyPosition(call, each.score());
            }
        }
    }

    private void store(Call call, Query query, Bytes target, List<Found> found) {
        ToDoubleFunction<Found> score = query.storesDistance ? each -> each.distance() / query.unit : Found::score;
        SortedSetValue result = SortedSetResults.make(call);
        result.expect(found.size());
        for (Found each : found) {
            result.set(Bytes.of(each.member()), score.applyAsDouble(each));
        }
        SortedSetResults.store(
                call, target, result, form.isSearch() ? "geosearchstore" : "georadiusstore", found.size());
        if (call.changes() > 0) {
            propagate(call, target, found, score);
        }
    }

    /**
     * States what was stored. Redis propagates the command as it came, and so trusts that the replica's libm has the same last bits and its sort takes
     * the same of several equally far members; a replica from any version on any machine executes this exactly.
     */
    private static void propagate(Call call, Bytes target, List<Found> found, ToDoubleFunction<Found> score) {
        call.effect(2).arg(call.execution().lazyServerDel() ? "UNLINK" : "DEL").arg(target);
        for (int first = 0; first < found.size(); first += BATCH) {
            List<Found> some = found.subList(first, Math.min(first + BATCH, found.size()));
            Effects effect = call.effect(2 + 2 * some.size()).arg("ZADD").arg(target);
            for (Found each : some) {
                effect.arg(Numbers.format(score.applyAsDouble(each))).arg(each.member());
            }
        }
    }
}
