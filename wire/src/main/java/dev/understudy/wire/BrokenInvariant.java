// SPDX-License-Identifier: Apache-2.0
package dev.understudy.wire;

/** A condition that guards data does not hold: a bug of ours, after which nothing may be trusted. It ends the server. */
public final class BrokenInvariant extends AssertionError {
    private static final long serialVersionUID = 1L;

    BrokenInvariant(String text) {
        super(text);
    }
}
