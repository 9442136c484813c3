// SPDX-License-Identifier: Apache-2.0
package dev.understudy.commands;

/**
 * Distances on Earth, taken for a sphere, step by step as geohash_helper.c of Redis 7.2 computes them: with the same functions the results
 * are equal to the last bit. Degrees and meters. From any thread.
 */
record GeoSphere(Trigonometry functions) {
    private static final double EARTH_RADIUS_METERS = 6372797.560856;
    private static final double RADIANS_PER_DEGREE = Math.PI / 180.0;

    private static double radians(double degrees) {
        return degrees * RADIANS_PER_DEGREE;
    }

    private static double degrees(double radians) {
        return radians / RADIANS_PER_DEGREE;
    }

    /** Degrees of an arc of this length on a great circle. */
    static double arcDegrees(double meters) {
        return degrees(meters / EARTH_RADIUS_METERS);
    }

    /** Degrees of longitude of an arc of this length at a latitude. */
    double arcDegrees(double meters, double latitude) {
        return degrees(meters / EARTH_RADIUS_METERS / functions.cos(radians(latitude)));
    }

    /** Meters between two latitudes on one meridian. */
    static double distance(double latitude1, double latitude2) {
        return EARTH_RADIUS_METERS * Math.abs(radians(latitude2) - radians(latitude1));
    }

    /** Meters between two positions on a great circle (haversine formula). */
    double distance(double longitude1, double latitude1, double longitude2, double latitude2) {
        double v = functions.sin((radians(longitude2) - radians(longitude1)) / 2);
        if (v == 0) {
            return distance(latitude1, latitude2);
        }
        double from = radians(latitude1);
        double to = radians(latitude2);
        double u = functions.sin((to - from) / 2);
        double a = u * u + functions.cos(from) * functions.cos(to) * v * v;
        return 2.0 * EARTH_RADIUS_METERS * functions.asin(Math.sqrt(a));
    }
}
