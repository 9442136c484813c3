// SPDX-License-Identifier: Apache-2.0
package dev.understudy.commands;

/**
 * What a search covers: a circle, or a box along meridians and parallels, and which cells of the map have to be looked through for it.
 *
 * @param sphere measures distances
 * @param width whole width of a box, radius of a circle, in units
 * @param height whole height of a box, radius of a circle, in units
 * @param unitMeters meters per unit
 */
record GeoCommandsShape(
        GeoSphere sphere,
        double longitude,
        double latitude,
        boolean circle,
        double width,
        double height,
        double unitMeters) {
    /** Half of the Mercator projection's width in meters. */
    private static final double MERCATOR_MAX_METERS = 20037726.37;

    /** Cells of {@code 2 * steps} bits: the one in the middle, then its neighbours; -1 where nothing is to be found. */
    record Cells(int steps, long[] bits) {
        static final long NONE = -1;
    }

    /** East and north of the neighbours in the order in which they are looked through. */
    private static final int[][] NEIGHBOURS = {
        {0, 0}, {0, 1}, {0, -1}, {1, 0}, {-1, 0}, {1, 1}, {-1, 1}, {1, -1}, {-1, -1}
    };

    /** Meters from the centre to the position, or NaN if it lies outside of the shape. */
    double distance(double x, double y) {
        if (circle) {
            double distance = sphere.distance(longitude, latitude, x, y);
            return distance > width * unitMeters ? Double.NaN : distance;
        }
        boolean outside = GeoSphere.distance(y, latitude) > height * unitMeters / 2
                || sphere.distance(x, y, longitude, y) > width * unitMeters / 2;
        return outside ? Double.NaN : sphere.distance(longitude, latitude, x, y);
    }

    /** A bounding box in degrees. */
    private record Bounds(double west, double south, double east, double north) {}

    private Bounds bounds() {
        double halfHeight = unitMeters * (circle ? height : height / 2);
        double halfWidth = unitMeters * (circle ? width : width / 2);
        double up = GeoSphere.arcDegrees(halfHeight);
        // Parallels are shortest on the side of the pole.
        double widest = latitude < 0 ? latitude - up : latitude + up;
        double aside = sphere.arcDegrees(halfWidth, widest);
        return new Bounds(longitude - aside, latitude - up, longitude + aside, latitude + up);
    }

    /** How many halvings give cells about as large as the shape. */
    private int steps(double radiusMeters) {
        if (radiusMeters == 0) {
            return GeoCommandsHash.STEPS;
        }
        int steps = 1;
        for (double range = radiusMeters; range < MERCATOR_MAX_METERS; range *= 2) {
            steps++;
        }
        steps -= 2;
        double distanceToEquator = Math.abs(latitude);
        if (distanceToEquator > 66) {
            steps--;
        }
        if (distanceToEquator > 80) {
            steps--;
        }
        return Math.clamp(steps, 1, GeoCommandsHash.STEPS);
    }

    /** The cells that cover the shape; geohashCalculateAreasByShapeWGS84. */
    Cells cells() {
        Bounds bounds = bounds();
        double radius = circle ? width : Math.sqrt(width / 2 * (width / 2) + height / 2 * (height / 2));
        int steps = steps(radius * unitMeters);
        long[] bits = around(steps);
        boolean tooSmall = GeoCommandsHash.north(bits[1], steps) < bounds.north
                || GeoCommandsHash.south(bits[2], steps) > bounds.south
                || GeoCommandsHash.east(bits[3], steps) < bounds.east
                || GeoCommandsHash.west(bits[4], steps) > bounds.west;
        if (steps > 1 && tooSmall) {
            steps--;
            bits = around(steps);
        }
        if (steps >= 2) {
            exclude(bits, steps, bounds);
        }
        return new Cells(steps, bits);
    }

    private long[] around(int steps) {
        long[] bits = new long[NEIGHBOURS.length];
        long centre = GeoCommandsHash.encode(longitude, latitude, steps);
        for (int i = 0; i < bits.length; i++) {
            bits[i] = GeoCommandsHash.neighbour(centre, steps, NEIGHBOURS[i][0], NEIGHBOURS[i][1]);
        }
        return bits;
    }

    /** Takes out the neighbours on sides where the middle cell reaches beyond the shape. */
    private static void exclude(long[] bits, int steps, Bounds bounds) {
        long centre = bits[0];
        boolean south = GeoCommandsHash.south(centre, steps) < bounds.south;
        boolean north = GeoCommandsHash.north(centre, steps) > bounds.north;
        boolean west = GeoCommandsHash.west(centre, steps) < bounds.west;
        boolean east = GeoCommandsHash.east(centre, steps) > bounds.east;
        for (int i = 1; i < bits.length; i++) {
            int[] side = NEIGHBOURS[i];
            if (south && side[1] < 0 || north && side[1] > 0 || west && side[0] < 0 || east && side[0] > 0) {
                bits[i] = Cells.NONE;
            }
        }
    }
}
