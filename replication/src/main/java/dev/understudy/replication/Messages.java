// SPDX-License-Identifier: Apache-2.0
package dev.understudy.replication;

/**
 * Log lines of replication, word for word as Redis 7.2 writes them: tools and its test suite grep for them. First those of the link to our
 * master and of role changes, then those of the links to our replicas. The errors are in {@link SyncError}.
 */
public final class Messages {
    private Messages() {}

    public static final LogLine SYNC_STARTED = LogLine.notice("MASTER <-> REPLICA sync started");

    public static final LogLine CONNECT_FIRED = LogLine.notice("Non blocking connect for SYNC fired the event.");

    public static final LogLine PING_ANSWERED = LogLine.notice("Master replied to PING, replication can continue...");

    public static final LogLine PARTIAL_IMPOSSIBLE =
            LogLine.notice("Partial resynchronization not possible (no cached master)");

    public static final LogLine PSYNC_UNANSWERED = LogLine.warning("Master did not reply to PSYNC, will try later");

    public static final LogLine HANDSHAKE_UNANSWERED =
            LogLine.warning("Master did not respond to command during SYNC handshake");

    public static final LogLine FULL_RESYNC_MALFORMED =
            LogLine.warning("Master replied with wrong +FULLRESYNC syntax.");

    public static final LogLine PARTIAL_GRANTED = LogLine.notice("Successful partial resynchronization with master.");

    public static final LogLine PARTIAL_ACCEPTED =
            LogLine.notice("MASTER <-> REPLICA sync: Master accepted a Partial Resynchronization.");

    public static final LogLine RETRYING_WITH_SYNC = LogLine.notice("Retrying with SYNC...");

    public static final LogLine LOAD_FROM_DISK_FAILED =
            LogLine.warning("Failed trying to load the MASTER synchronization DB from disk, check server logs.");

    public static final LogLine LOAD_FROM_SOCKET_FAILED =
            LogLine.warning("Failed trying to load the MASTER synchronization DB from socket, check server logs.");

    public static final LogLine MARK_BROKEN = LogLine.warning("Replication stream EOF marker is broken");

    public static final LogLine FLUSHING_OLD_DATA = LogLine.notice("MASTER <-> REPLICA sync: Flushing old data");

    public static final LogLine LOADING = LogLine.notice("MASTER <-> REPLICA sync: Loading DB in memory");

    public static final LogLine SWAPPING = LogLine.notice("MASTER <-> REPLICA sync: Swapping active DB with loaded DB");

    public static final LogLine DISCARDING_OLD =
            LogLine.notice("MASTER <-> REPLICA sync: Discarding old DB in background");

    public static final LogLine DISCARDING_TEMPORARY =
            LogLine.notice("MASTER <-> REPLICA sync: Discarding temporary DB in background");

    public static final LogLine FINISHED = LogLine.notice("MASTER <-> REPLICA sync: Finished with success");

    public static final LogLine AOF_RETRY = LogLine.warning(
            "Failed enabling the AOF after successful master synchronization! Trying it again in one " + "second.");

    public static final LogLine AOF_FATAL =
            LogLine.warning("FATAL: this replica instance finished the synchronization with its master, but the AOF "
                    + "can't be turned on. Exiting now.");

    public static final LogLine DUMP_OF_MASTER_REMOVED =
            LogLine.notice("Removing the RDB file obtained from the master. This replica has persistence disabled");

    public static final LogLine DUMP_FOR_REPLICAS_REMOVED =
            LogLine.notice("Removing the RDB file used to feed replicas in a persistence-less instance");

    public static final LogLine CONNECT_TIMEOUT = LogLine.warning("Timeout connecting to the MASTER...");

    public static final LogLine BULK_TIMEOUT =
            LogLine.warning("Timeout receiving bulk data from MASTER... If the problem persists try to set the "
                    + "'repl-timeout' parameter in redis.conf to a larger value.");

    public static final LogLine MASTER_TIMEOUT = LogLine.warning("MASTER timeout: no data nor PING received...");

    public static final LogLine MASTER_LOST = LogLine.notice("Connection with master lost.");

    public static final LogLine MASTER_CACHED = LogLine.notice("Caching the disconnected master state.");

    public static final LogLine CACHED_MASTER_DISCARDED = LogLine.notice("Discarding previously cached master state.");

    public static final LogLine CACHED_MASTER_SYNTHESISED =
            LogLine.notice("Before turning into a replica, using my own master parameters to synthesize a cached "
                    + "master: I may be able to synchronize with the new master with just a partial transfer.");

    public static final LogLine INLINE_FROM_MASTER =
            LogLine.warning("WARNING: Receiving inline protocol from master, master stream corruption? Closing the "
                    + "master connection and discarding the cached master.");

    public static final LogLine ALREADY_CONNECTED =
            LogLine.notice("REPLICAOF would result into synchronization with the master we are already connected with. "
                    + "No operation performed.");

    public static LogLine connectingToMaster(String host, int port) {
        return LogLine.notice("Connecting to MASTER " + host + ":" + port);
    }

    public static LogLine unableToConnect(String error) {
        return LogLine.warning("Unable to connect to MASTER: " + error);
    }

    public static LogLine socketError(String error) {
        return LogLine.warning("Error condition on socket for SYNC: " + error);
    }

    public static LogLine pingRefused(String line) {
        return LogLine.warning("Error reply to PING from master: '" + line + "'");
    }

    public static LogLine handshakeWriteFailed(String error) {
        return LogLine.warning("Sending command to master in replication handshake: -Writing to master: " + error);
    }

    public static LogLine authRefused(String line) {
        return LogLine.warning("Unable to AUTH to MASTER: " + line);
    }

    public static LogLine replconfNotUnderstood(String option, String line) {
        return LogLine.notice("(Non critical) Master does not understand REPLCONF " + option + ": " + line);
    }

    public static LogLine partialTried(Position cached) {
        return LogLine.notice(
                "Trying a partial resynchronization (request " + cached.id() + ":" + cached.next() + ").");
    }

    public static LogLine psyncNotSent(String error) {
        return LogLine.warning("Unable to send PSYNC to master: -Writing to master: " + error);
    }

    public static LogLine readFailed(String error) {
        return LogLine.warning("Failed to read response from the server: " + error);
    }

    public static LogLine fullResync(Position base) {
        return LogLine.notice("Full resync from master: " + base.id() + ":" + base.offset());
    }

    public static LogLine masterIdChanged(ReplicationId id) {
        return LogLine.notice("Master replication ID changed to " + id);
    }

    public static LogLine masterUnable(String line) {
        return LogLine.notice("Master is currently unable to PSYNC but should be in the future: " + line);
    }

    public static LogLine psyncUnsupported(String line) {
        return LogLine.notice("Master does not support PSYNC or is in error state (reply: " + line + ")");
    }

    public static LogLine psyncUnexpected(String line) {
        return LogLine.warning("Unexpected reply to PSYNC from master: " + line);
    }

    public static LogLine syncNotSent(String error) {
        return LogLine.warning("I/O error writing to MASTER: " + error);
    }

    public static LogLine transferFileFailed(String error) {
        return LogLine.warning("Opening the temp file needed for MASTER <-> REPLICA synchronization: " + error);
    }

    public static LogLine masterAborted(String rest) {
        return LogLine.warning("MASTER aborted replication with an error: " + rest);
    }

    public static LogLine badProtocol(String line) {
        return LogLine.warning("Bad protocol from MASTER, the first byte is not '$' (we received '" + line
                + "'), are you sure the host and port are right?");
    }

    public static LogLine bulkCountFailed(String error) {
        return LogLine.warning("I/O error reading bulk count from MASTER: " + error);
    }

    public static LogLine receivingMarked(Destination to) {
        return LogLine.notice("MASTER <-> REPLICA sync: receiving streamed RDB from master with EOF " + to.words());
    }

    public static LogLine receivingLength(long bytes, Destination to) {
        return LogLine.notice("MASTER <-> REPLICA sync: receiving " + bytes + " bytes from master " + to.words());
    }

    public static LogLine transferLost(String error) {
        return LogLine.warning("I/O error trying to sync with MASTER: " + error);
    }

    public static LogLine dumpWriteFailed(String error) {
        return LogLine.warning("Write error or short write writing to the DB dump file needed for MASTER <-> REPLICA "
                + "synchronization: " + error);
    }

    public static LogLine dumpTruncateFailed(String error) {
        return LogLine.warning("Error truncating the RDB file received from the master for SYNC: " + error);
    }

    public static LogLine dumpSyncFailed(String error) {
        return LogLine.warning(
                "Failed trying to sync the temp DB to disk in MASTER <-> REPLICA synchronization: " + error);
    }

    public static LogLine dumpRenameFailed(String file, String error) {
        return LogLine.warning("Failed trying to rename the temp DB into " + file
                + " in MASTER <-> REPLICA synchronization: " + error);
    }

    public static LogLine directorySyncFailed(String file, String error) {
        return LogLine.warning(
                "Failed trying to sync DB directory " + file + " in MASTER <-> REPLICA synchronization: " + error);
    }

    public static LogLine pendingSaveKilled(long pid) {
        return LogLine.notice(
                "Replica is about to load the RDB file received from the master, but there is a pending RDB "
                        + "child running. Killing process " + pid + " and removing its temp file to avoid any race");
    }

    public static LogLine reconnecting(String host, int port) {
        return LogLine.notice("Reconnecting to MASTER " + host + ":" + port);
    }

    public static LogLine reconnectingAfterFailure(String host, int port) {
        return LogLine.notice("Reconnecting to MASTER " + host + ":" + port + " after failure");
    }

    public static LogLine errorToMaster(String error, String command) {
        return LogLine.warning("== CRITICAL == This replica is sending an error to its master: '" + error
                + "' after processing the command '" + command + "'");
    }

    public static LogLine latestBacklog(String dump) {
        return LogLine.notice("Latest backlog is: '" + dump + "'");
    }

    public static LogLine masterModeEnabled(String client) {
        return LogLine.notice("MASTER MODE enabled (user request from '" + client + "')");
    }

    public static LogLine replicaOfEnabled(String host, int port, String client) {
        return LogLine.notice("REPLICAOF " + host + ":" + port + " enabled (user request from '" + client + "')");
    }

    public static LogLine idShifted(History now) {
        return LogLine.notice("Setting secondary replication ID to " + now.previousId() + ", valid up to offset: "
                + now.previousIdValidTo() + ". New replication ID is " + now.id());
    }

    public static LogLine failoverRequested(FailoverState.Target target) {
        return LogLine.notice("FAILOVER requested to " + target + ".");
    }

    public static LogLine failoverSynced(FailoverState.Target target) {
        return LogLine.notice("Failover target " + target + " is synced, failing over.");
    }

    public static LogLine failoverForced(FailoverState.Target target) {
        return LogLine.notice("FAILOVER to " + target + " time out exceeded, failing over.");
    }

    public static LogLine failoverAborted(FailoverState.Target target, String why) {
        return LogLine.notice("FAILOVER to " + target + " aborted: " + why);
    }

    public static LogLine failoverReceived(String id) {
        return LogLine.notice("Failover request received for replid " + id + ".");
    }

    public static LogLine failoverEnabled(String client) {
        return LogLine.notice("MASTER MODE enabled (failover request from '" + client + "')");
    }

    /** Ours: why a full sync has to be tried again, and when that will be. */
    public static LogLine nextFullSync(String why, int failures, long seconds) {
        String when = seconds == 0 ? "at once" : "in " + seconds + (seconds == 1 ? " second" : " seconds");
        String often = failures == 1 ? "" : " " + failures + " times in a row";
        return LogLine.warning("Full resync from master failed" + often + ": " + why + ". Next attempt " + when + ".");
    }

    /** Ours: why the link was closed though the master is there, and when it is dialled again. */
    public static LogLine streamStopped(Setbacks setbacks, long seconds) {
        int count = setbacks.count();
        return LogLine.warning("Stopped following the master ("
                + setbacks.kind().word()
                + (count == 1 ? "" : ", " + count + " times in a row") + "): " + setbacks.why() + ". Next attempt "
                + (seconds == 0
                        ? "at once."
                        : "in " + seconds + (seconds == 1 ? " second" : " seconds")
                                + ", or when REPLICAOF or replica-unknown-command is set."));
    }

    /** Ours: a replica that will not understand all of our stream. */
    public static LogLine olderReplica(String name, Age age) {
        return LogLine.warning(
                "Replica " + name + " is older than 7.0 (" + age.word() + "): " + age.reason()
                        + ". It fails on what is newer in our stream, and its data differ then. min-replica-version refuses such.");
    }

    /** Ours: a command that a replica cannot execute. */
    public static LogLine unsupportedCommand(String name, Age age, Dialect.Need need, long commands) {
        return LogLine.warning(
                "Replica " + name + " (" + age.word() + ") cannot execute '" + need.text() + "', which needs "
                        + need.version() + ": its data differ from ours. Such commands so far: " + commands);
    }

    /** Ours: a replica that is too old for min-replica-version. */
    public static LogLine replicaTooOld(String name, Age age, Dialect.Version least) {
        return LogLine.warning("Replica " + name + " is refused by min-replica-version " + least + ": " + age.reason());
    }

    /** Ours: the master has lost what this replica still has. */
    public static LogLine emptyMaster(ReplicationId id, long keys, boolean accepted) {
        return LogLine.warning("The master comes without any key under the unknown replication ID " + id
                + ", while this replica holds " + keys + (keys == 1 ? " key. " : " keys. ")
                + (accepted
                        ? "They are dropped, as replica-accept-empty-master is yes."
                        : "They are kept and the sync is refused, as replica-accept-empty-master is no."));
    }

    // --- the links to our replicas and their snapshots
    // -----------------------------------------------------------------

    public static final LogLine WAITING_FOR_SNAPSHOT = LogLine.notice("Waiting for end of BGSAVE for SYNC");

    public static final LogLine CANNOT_ATTACH =
            LogLine.notice("Can't attach the replica to the current BGSAVE. Waiting for next BGSAVE for SYNC");

    public static final LogLine SNAPSHOT_TO_SOCKETS =
            LogLine.notice("Current BGSAVE has socket target. Waiting for next BGSAVE for SYNC");

    public static final LogLine DISKLESS_DELAYED = LogLine.notice("Delay next BGSAVE for diskless SYNC");

    public static final LogLine OTHER_JOB_ACTIVE =
            LogLine.notice("No BGSAVE in progress, but another BG operation is active. BGSAVE for replication delayed");

    public static final LogLine SAVE_INFO_MISSING = LogLine.warning(
            "BGSAVE for replication: replication information not available, can't generate the RDB file "
                    + "right now. Try later.");

    public static final LogLine SNAPSHOT_FAILED_TO_START = LogLine.warning("BGSAVE for replication failed");

    public static final LogLine SNAPSHOT_FAILED = LogLine.warning("SYNC failed. BGSAVE child returned an error");

    public static final LogLine LAST_REPLICA_DROPPED =
            LogLine.warning("Diskless rdb transfer, last replica dropped, killing fork child.");

    /** Ours: Redis lets it wait for the end of the transfer. */
    public static LogLine joinsTransfer(String name) {
        return LogLine.notice(
                "Replica " + name + " joins the current BGSAVE with socket target, from its beginning on");
    }

    /** Ours: Redis slows all replicas down to the slowest. */
    public static LogLine readsApart(String name, long bytes) {
        return LogLine.notice(
                "Replica " + name + " is slower than others of the same BGSAVE with socket target: from byte " + bytes
                        + " on it is served at its own pace");
    }

    /** Ours. */
    public static LogLine encodingDiffers(String name, long bytes) {
        return LogLine.warning("Replica " + name + " has received " + bytes
                + " bytes of a snapshot that came out differently when it was encoded again. Dropping the link, so"
                + " that it asks anew");
    }

    public static LogLine asksForSync(String name) {
        return LogLine.notice("Replica " + name + " asks for synchronization");
    }

    public static LogLine asksWrongOffset(String name) {
        return LogLine.warning("Replica " + name + " asks for synchronization but with a wrong offset");
    }

    public static LogLine idMismatch(SyncVerdict.Refusal.IdMismatch why) {
        return LogLine.notice("Partial resynchronization not accepted: Replication ID mismatch (Replica asked for '"
                + why.asked() + "', my replication IDs are '" + why.id() + "' and '" + why.previousId() + "')");
    }

    public static LogLine beyondPrevious(SyncVerdict.Refusal.BeyondPrevious why) {
        return LogLine.notice("Partial resynchronization not accepted: Requested offset for second ID was "
                + why.asked() + ", but I can reply up to " + why.validTo());
    }

    public static LogLine fullRequested(String name) {
        return LogLine.notice("Full resync requested by replica " + name);
    }

    public static LogLine lackOfBacklog(String name, long asked) {
        return LogLine.notice("Unable to partial resync with replica " + name
                + " for lack of backlog (Replica request was: " + asked + ").");
    }

    public static LogLine askedAhead(String name) {
        return LogLine.warning("Warning: replica " + name
                + " tried to PSYNC with an offset that is greater than the master replication offset.");
    }

    public static LogLine partialSent(String name, long bytes, long from) {
        return LogLine.notice("Partial resynchronization request from " + name + " accepted. Sending " + bytes
                + " bytes of backlog starting from offset " + from + ".");
    }

    public static LogLine backlogCreated(History now) {
        return LogLine.notice("Replication backlog created, my new replication IDs are '" + now.id() + "' and '"
                + now.previousId() + "'");
    }

    public static LogLine backlogFreed(long ttlSeconds) {
        return LogLine.notice("Replication backlog freed after " + ttlSeconds + " seconds without connected replicas.");
    }

    public static LogLine snapshotStarting(boolean toSockets) {
        return LogLine.notice("Starting BGSAVE for SYNC with target: " + (toSockets ? "replicas sockets" : "disk"));
    }

    public static LogLine dumpNotOpened(String error) {
        return LogLine.warning("SYNC failed. Can't open/stat DB after BGSAVE: " + error);
    }

    public static LogLine preambleWriteFailed(String error) {
        return LogLine.warning("Write error sending RDB preamble to replica: " + error);
    }

    public static LogLine diskWriteFailed(String error) {
        return LogLine.warning("Write error sending DB to replica: " + error);
    }

    public static LogLine diskReadFailed(String error) {
        return LogLine.warning("Read error sending DB to replica: " + error);
    }

    public static LogLine socketWriteFailed(String error) {
        return LogLine.warning("Diskless rdb transfer, write error sending DB to replica: " + error);
    }

    public static LogLine pipeReadFailed(String error) {
        return LogLine.warning("Diskless rdb transfer, read error sending DB to replicas: " + error);
    }

    public static LogLine pipeDone(int replicas) {
        return LogLine.notice("Diskless rdb transfer, done reading from pipe, " + replicas + " replicas still up.");
    }

    public static LogLine streamedWaitingForAck(String name) {
        return LogLine.notice("Streamed RDB transfer with replica " + name
                + " succeeded (socket). Waiting for REPLCONF ACK from replica to enable streaming");
    }

    public static LogLine synchronised(String name) {
        return LogLine.notice("Synchronization with replica " + name + " succeeded");
    }

    public static LogLine snapshotOnlyDone(String name) {
        return LogLine.notice("RDB transfer completed, rdb only replica (" + name + ") should be disconnected asap");
    }

    public static LogLine replicaLost(String name) {
        return LogLine.notice("Connection with replica " + name + " lost.");
    }

    public static LogLine streamTimeout(String name) {
        return LogLine.warning("Disconnecting timedout replica (streaming sync): " + name);
    }

    public static LogLine transferTimeout(String name) {
        return LogLine.warning("Disconnecting timedout replica (full sync): " + name);
    }

    public static LogLine replicaGotReply(String command, String client) {
        return LogLine.warning("Replica generated a reply to command '" + command + "', disconnecting it: " + client);
    }

    public static LogLine outputLimitAsync(String client) {
        return LogLine.warning(
                "Client " + client + " scheduled to be closed ASAP for overcoming of output buffer limits.");
    }

    public static LogLine outputLimit(String client) {
        return LogLine.warning("Client " + client + " closed for overcoming of output buffer limits.");
    }

    /** Why a replica was dropped by its output limit; {@code reason} names the setting to change. */
    public static LogLine streamLimitReached(String name, long bytes, String reason) {
        return LogLine.warning("Replica " + name + " is dropped because " + bytes
                + " bytes of the replication stream are kept for it, and " + reason + ".");
    }

    public static LogLine spillFailed(String file, String reason) {
        return LogLine.warning("Cannot write " + file + ", to which the stream for slow replicas spills: " + reason
                + ". It stays in memory, and client-output-buffer-limit replica applies.");
    }

    public static LogLine spillUnreadable(String name, String reason) {
        return LogLine.warning(
                "Replica " + name + " is dropped because the stream kept for it in a file cannot be read: " + reason);
    }
}
