// SPDX-License-Identifier: Apache-2.0
package dev.understudy.simulation;

/** A bug put into the replication stream on its way, once, to see whether the simulation finds it. */
enum Plant {
    NONE,
    /** One byte of a value is another one. */
    FLIP,
    /** One byte is missing. */
    SKIP,
    /** Some bytes come twice. */
    REPEAT
}
