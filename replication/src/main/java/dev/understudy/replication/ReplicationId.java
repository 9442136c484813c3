// SPDX-License-Identifier: Apache-2.0
package dev.understudy.replication;

import java.util.HexFormat;
import java.util.Locale;
import java.util.Optional;

/**
 * The name of one history of changes: 40 hex digits, kept in lower case.
 *
 * <p>Redis compares ids without regard to case (strcasecmp in masterTryPartialResynchronization), and so does {@link #equals}: digits are
 * made lower case when the id is made.
 */
public record ReplicationId(String text) {
    /** Number of characters of every id. */
    public static final int LENGTH = 40;

    /** No history: 40 zeros. Stands for "there is no previous id" and is never asked for. */
    public static final ReplicationId NONE = new ReplicationId("0".repeat(LENGTH));

    public ReplicationId {
        if (!isHex(text)) {
            throw new IllegalArgumentException("not a replication id: " + text);
        }
        text = text.toLowerCase(Locale.ROOT);
    }

    /** The id that {@code text} spells, or nothing if that is not 40 hex digits: peers send what they like. */
    public static Optional<ReplicationId> parse(String text) {
        return isHex(text) ? Optional.of(new ReplicationId(text)) : Optional.empty();
    }

    /** The id made of 20 random bytes of the caller. */
    public static ReplicationId of(byte[] random) {
        if (random.length != LENGTH / 2) {
            throw new IllegalArgumentException("20 bytes make an id, not " + random.length);
        }
        return new ReplicationId(HexFormat.of().formatHex(random));
    }

    /** Whether a peer that sent {@code other} means this id. */
    public boolean matches(String other) {
        return text.equalsIgnoreCase(other);
    }

    public boolean isNone() {
        return equals(NONE);
    }

    private static boolean isHex(String text) {
        if (text.length() != LENGTH) {
            return false;
        }
        for (int i = 0; i < LENGTH; i++) {
            if (!HexFormat.isHexDigit(text.charAt(i))) {
                return false;
            }
        }
        return true;
    }

    @Override
    public String toString() {
        return text;
    }
}
