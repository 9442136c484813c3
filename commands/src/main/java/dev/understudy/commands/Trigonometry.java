// SPDX-License-Identifier: Apache-2.0
package dev.understudy.commands;

/**
 * The functions of libm that distances of geo commands are computed with. Each platform's has its own last bits, and a score that a stream
 * recomputes has to have those of its master: so whoever puts a server together says which ones it uses. Radians; from any thread.
 */
public interface Trigonometry {
    /** The same results in every JVM (those of fdlibm), which differ from those of a C library in the last bit now and then. */
    Trigonometry STRICT = new Trigonometry() {
        @Override
        public double sin(double angle) {
            return StrictMath.sin(angle);
        }

        @Override
        public double cos(double angle) {
            return StrictMath.cos(angle);
        }

        @Override
        public double asin(double sine) {
            return StrictMath.asin(sine);
        }
    };

    double sin(double angle);

    double cos(double angle);

    /** An angle from -pi/2 to pi/2; NaN if {@code sine} is beyond 1. */
    double asin(double sine);
}
