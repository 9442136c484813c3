// SPDX-License-Identifier: Apache-2.0
package dev.understudy.persist;

import dev.understudy.wire.Bytes;

/** What a file says about a key apart from its value; one instance serves all keys of a file. */
final class KeyRecord {
    final Bytes key = new Bytes();
    /** RDB type of the value. */
    int type;
    /** Milliseconds since the epoch, {@link #NEVER} without expiry. */
    long expireAt;
    /** Seconds, -1 if not told. */
    long idleSeconds;
    /** 0 to 255, -1 if not told. */
    int frequency;

    /** Not -1, which a file may give as a moment of expiry in the past. */
    static final long NEVER = Long.MIN_VALUE;

    boolean expires() {
        return expireAt != NEVER;
    }

    /** Forgets what holds for one key only. */
    void reset() {
        expireAt = NEVER;
        idleSeconds = -1;
        frequency = -1;
    }
}
