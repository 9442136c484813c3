// SPDX-License-Identifier: Apache-2.0
package dev.understudy.persist;

import org.jspecify.annotations.Nullable;

/**
 * What a whole RDB file said and held.
 *
 * @param version of the header
 * @param bytes of the file, magic to checksum
 * @param checksummed whether it bore a checksum that was verified
 * @param producer text of redis-ver or valkey-ver, null if absent
 * @param createdAtSeconds ctime, seconds since the epoch, -1 if absent
 * @param usedMemoryBytes used-mem, -1 if absent
 * @param replicationId repl-id (40 characters), null if absent
 * @param replicationOffset repl-offset, -1 if absent
 * @param replicationStreamDb repl-stream-db, -1 if absent
 * @param aofBase whether it is the base file of an AOF (aof-base), or its preamble (aof-preamble)
 * @param keys keys loaded (verified: met), {@code expiring} of them with an expiry
 * @param keysExpired keys left out because they had expired (verified: that had expired at the given time, which are
 *     among {@code keys})
 * @param emptyKeysSkipped keys left out because their collection had no elements
 * @param keysDropped keys of modules left out at the caller's wish
 * @param functions libraries
 */
public record RdbReport(
        int version,
        long bytes,
        boolean checksummed,
        @Nullable String producer,
        long createdAtSeconds,
        long usedMemoryBytes,
        @Nullable String replicationId,
        long replicationOffset,
        int replicationStreamDb,
        boolean aofBase,
        long keys,
        long expiring,
        long keysExpired,
        long emptyKeysSkipped,
        long keysDropped,
        int functions) {
    /**
     * Whether id, offset and stream database are there, so that a partial resynchronization can be tried (rdbSaveInfo).
     */
    public boolean hasReplicationPosition() {
        return replicationId != null && replicationOffset != -1 && replicationStreamDb != -1;
    }
}
