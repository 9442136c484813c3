// SPDX-License-Identifier: Apache-2.0
package dev.understudy.commands;

/**
 * Positions on Earth as numbers that are near each other when the positions are: longitude and latitude, each halved again and again, give the odd and
 * even bits. With 26 steps that is an integer of 52 bits, which a score holds exactly. The same numbers as Redis's. Stateless.
 *
 * <p>Degrees; longitudes from -180 to 180, latitudes within the range of the Mercator projection.
 */
final class GeoCommandsHash {
    static final double LONGITUDE_MAX = 180;
    static final double LATITUDE_MAX = 85.05112878;
    /** Halvings of each axis in a score. */
    static final int STEPS = 26;

    private static final String ALPHABET = "0123456789bcdefghjkmnpqrstuvwxyz";
    /** Characters of a text hash; the last one is always 0, as the 52 bits fill ten. */
    private static final int TEXT_LENGTH = 11;

    private static final int BITS_PER_CHARACTER = 5;

    /** The latitudes that the standard for text hashes begins with. */
    private static final double STANDARD_LATITUDE_MAX = 90;

    private GeoCommandsHash() {}

    static boolean isValid(double longitude, double latitude) {
        return Math.abs(longitude) <= LONGITUDE_MAX && Math.abs(latitude) <= LATITUDE_MAX;
    }

    /** Puts the low 32 bits of {@code even} and {@code odd} in turn, {@code even} in bit 0. */
    private static long interleave(long even, long odd) {
        return spread(even) | spread(odd) << 1;
    }

    private static long spread(long bits) {
        return Long.expand(bits & 0xFFFF_FFFFL, 0x5555_5555_5555_5555L);
    }

    private static long gather(long bits) {
        return Long.compress(bits, 0x5555_5555_5555_5555L);
    }

    /** The cell of {@code 2 * steps} bits that a valid position lies in. */
    static long encode(double longitude, double latitude, int steps) {
        return encode(longitude, latitude, LATITUDE_MAX, steps);
    }

    private static long encode(double longitude, double latitude, double latitudeMax, int steps) {
        double north = (latitude + latitudeMax) / (2 * latitudeMax);
        double east = (longitude + LONGITUDE_MAX) / (2 * LONGITUDE_MAX);
        double cells = 1L << steps;
        return interleave((long) (north * cells), (long) (east * cells));
    }

    /** West or south edge of a cell, or the opposite one if {@code next} is 1. */
    private static double edge(long cell, int next, int steps, double max) {
        return -max + (cell + next) * 1.0 / (1L << steps) * (max + max);
    }

    static double west(long bits, int steps) {
        return edge(gather(bits >>> 1), 0, steps, LONGITUDE_MAX);
    }

    static double east(long bits, int steps) {
        return edge(gather(bits >>> 1), 1, steps, LONGITUDE_MAX);
    }

    static double south(long bits, int steps) {
        return edge(gather(bits), 0, steps, LATITUDE_MAX);
    }

    static double north(long bits, int steps) {
        return edge(gather(bits), 1, steps, LATITUDE_MAX);
    }

    /** The longitude in the middle of a score's cell. */
    static double longitude(double score) {
        long bits = (long) score;
        double middle = (west(bits, STEPS) + east(bits, STEPS)) / 2;
        return Math.clamp(middle, -LONGITUDE_MAX, LONGITUDE_MAX);
    }

    /** The latitude in the middle of a score's cell. */
    static double latitude(double score) {
        long bits = (long) score;
        double middle = (south(bits, STEPS) + north(bits, STEPS)) / 2;
        return Math.clamp(middle, -LATITUDE_MAX, LATITUDE_MAX);
    }

    /** The neighbouring cell so many cells to the east and north (-1, 0 or 1), going round at the edges. */
    static long neighbour(long bits, int steps, int east, int north) {
        long mask = (1L << steps) - 1;
        long y = gather(bits);
        long x = gather(bits >>> 1);
        // What is not moved stays as it is: the cell of the easternmost longitude has a bit more than the others.
        return interleave(north == 0 ? y : y + north & mask, east == 0 ? x : x + east & mask);
    }

    /** The standard text of a score's position, as geohash.org has it. */
    static String text(double score) {
        long bits = encode(longitude(score), latitude(score), STANDARD_LATITUDE_MAX, STEPS);
        StringBuilder text = new StringBuilder(TEXT_LENGTH);
        for (int i = 1; i < TEXT_LENGTH; i++) {
            text.append(ALPHABET.charAt((int) (bits >>> 2 * STEPS - i * BITS_PER_CHARACTER) & 0x1F));
        }
        return text.append('0').toString();
    }
}
