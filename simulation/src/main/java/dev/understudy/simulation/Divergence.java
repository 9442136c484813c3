// SPDX-License-Identifier: Apache-2.0
package dev.understudy.simulation;

/** What must not be: an invariant does not hold. Ends the run. */
final class Divergence extends RuntimeException {
    private static final long serialVersionUID = 1;

    Divergence(String message) {
        super(message);
    }
}
