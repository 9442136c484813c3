// SPDX-License-Identifier: Apache-2.0
package dev.understudy.commands;

import org.jspecify.annotations.Nullable;

/** What the gates ask the server about its state; all answers are immediate. Implemented by the server, on the command loop. */
public interface Conditions {
    /** Whether clients have to authenticate before anything else. */
    boolean needsPassword();

    /** Whether this server replicates from a master. */
    boolean isReplica();

    boolean replicaIsReadOnly();

    /** A replica whose link is down and that may not serve stale data. */
    boolean refusesStaleData();

    /** Loading, so that the data set cannot be served. */
    boolean isLoading();

    /** Loading a new data set beside the old one, which is served. */
    boolean isAsyncLoading();

    /** The MISCONF error while persistence fails, null while all is well. */
    @Nullable
    String diskError();

    /** Bytes of heap that a command may take for a moment beside its request and its reply. */
    default long workBytesLeft() {
        return Long.MAX_VALUE;
    }

    /** Whether used memory is over maxmemory and nothing could be evicted. */
    boolean outOfMemory();

    /** Whether min-replicas-to-write is not met. */
    boolean lacksGoodReplicas();

    /** Whether keys may not be deleted for having expired because clients are paused. */
    boolean expiryIsPaused();

    /** {@code yes}, {@code no} or {@code local} of enable-debug-command, judged for this session. */
    boolean allowsProtected(Command command, Session session);

    boolean lazyExpire();

    boolean lazyServerDel();

    boolean lazyUserDel();

    boolean lazyUserFlush();

    /** DEBUG SET-SKIP-CHECKSUM-VALIDATION: whether RESTORE takes payloads with a wrong checksum. */
    default boolean skipsChecksums() {
        return false;
    }

    /**
     * sanitize-dump-payload: whether payloads of this session's RESTORE that repeat an element in a compact value are refused. Their
     * structure is checked in any case.
     */
    default boolean sanitizesPayloads(Session session) {
        return false;
    }

    /** Whether maxmemory-policy is one of the LFU ones. */
    default boolean tracksFrequency() {
        return false;
    }

    /** lfu-log-factor. */
    default int frequencyLogFactor() {
        return 10;
    }

    /** lfu-decay-time. */
    default int frequencyDecayMinutes() {
        return 1;
    }
}
