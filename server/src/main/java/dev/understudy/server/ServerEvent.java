// SPDX-License-Identifier: Apache-2.0
package dev.understudy.server;

/**
 * What a server tells those who embed it, at the points where Redis tells its modules. All are immutable, and true at the moment they are
 * told.
 */
public sealed interface ServerEvent {
    /** REPLICAOF NO ONE, or a failover: the server is a master now. */
    record BecameMaster() implements ServerEvent {}

    /** REPLICAOF: the server follows this master now, or another one than before. Not told for a master that was configured. */
    record BecameReplica(String host, int port) implements ServerEvent {}

    /** The stream of our master flows. */
    record MasterLinkUp(String host, int port) implements ServerEvent {}

    /** The stream of our master has ended, for whatever reason. */
    record MasterLinkDown(String host, int port) implements ServerEvent {}

    /**
     * A replica has the data and gets the stream from now on.
     *
     * @param address that it announced, else the real one
     * @param port that it says it listens on, 0 if it said nothing
     */
    record ReplicaOnline(String address, long port) implements ServerEvent {}

    /** A replica that was online is gone. */
    record ReplicaOffline(String address, long port) implements ServerEvent {}

    /** What is being loaded. */
    enum LoadSource {
        /** Our own dump, at the start. */
        DUMP,
        /** Our own append only file, at the start or by DEBUG LOADAOF. */
        APPEND_ONLY,
        /** The payload of our master. */
        REPLICATION
    }

    /**
     * Loading has begun; from a master that streams its payload before all of it is there.
     *
     * @param totalBytes of what is loaded, 0 if that is not known
     */
    record LoadingStarted(LoadSource source, long totalBytes) implements ServerEvent {}

    /** Loading has ended; {@code ok}: all was loaded. */
    record LoadingEnded(LoadSource source, boolean ok) implements ServerEvent {}

    /** A payload of our master is going to be loaded beside the old data (repl-diskless-load swapdb). */
    record AsyncLoadStarted() implements ServerEvent {}

    /** The data loaded aside have taken the place of the old ones, or ({@code completed} false) were dropped. */
    record AsyncLoadEnded(boolean completed) implements ServerEvent {}

    /** What a supervisor shows as the state of the server, in Redis's words. */
    record StatusChanged(String text) implements ServerEvent {}

    /** A fault has ended the server at once, for this reason: the instance serves nobody any more and is closed. The last event. */
    record Failed(String reason) implements ServerEvent {}

    /** The server has been told to end, and may still wait for replicas or save. It may fail to do so, and live on. */
    record Stopping() implements ServerEvent {}
}
