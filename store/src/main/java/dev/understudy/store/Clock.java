// SPDX-License-Identifier: Apache-2.0
package dev.understudy.store;

/** Where time comes from: the machine's clock in a server, a virtual one in simulations. */
public interface Clock {
    /** Milliseconds since the epoch, for expiry; may jump. */
    long wallMillis();

    /** Nanoseconds of a clock that never goes back, for durations and timeouts. */
    long nanos();
}
