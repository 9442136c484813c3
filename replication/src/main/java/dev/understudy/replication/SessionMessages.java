// SPDX-License-Identifier: Apache-2.0
package dev.understudy.replication;

/**
 * Log lines of the links to our replicas and of their snapshots, word for word as Redis 7.2 writes them. The lines of the link to our
 * master are in {@link LinkMessages}.
 */
public final class SessionMessages {
    private SessionMessages() {}

    public static final LogLine WAITING_FOR_SNAPSHOT = LogLine.notice("Waiting for end of BGSAVE for SYNC");

    public static final LogLine CANNOT_ATTACH =
            LogLine.notice("Can't attach the replica to the current BGSAVE. Waiting for next BGSAVE for SYNC");

    public static final LogLine SNAPSHOT_TO_SOCKETS =
            LogLine.notice("Current BGSAVE has socket target. Waiting for next BGSAVE for SYNC");

    public static final LogLine DISKLESS_DELAYED = LogLine.notice("Delay next BGSAVE for diskless SYNC");

    public static final LogLine OTHER_JOB_ACTIVE =
            LogLine.notice("No BGSAVE in progress, but another BG operation is active. BGSAVE for replication delayed");

    public static final LogLine SAVE_INFO_MISSING =
            LogLine.warning("BGSAVE for replication: replication information not available, can't generate the RDB file "
                    + "right now. Try later.");

    public static final LogLine SNAPSHOT_FAILED_TO_START = LogLine.warning("BGSAVE for replication failed");

    public static final LogLine SNAPSHOT_FAILED = LogLine.warning("SYNC failed. BGSAVE child returned an error");

    public static final LogLine LAST_REPLICA_DROPPED =
            LogLine.warning("Diskless rdb transfer, last replica dropped, killing fork child.");

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
        return LogLine.notice("Partial resynchronization not accepted: Requested offset for second ID was " + why.asked()
                + ", but I can reply up to " + why.validTo());
    }

    public static LogLine fullRequested(String name) {
        return LogLine.notice("Full resync requested by replica " + name);
    }

    public static LogLine lackOfBacklog(String name, long asked) {
        return LogLine.notice("Unable to partial resync with replica " + name + " for lack of backlog (Replica request was: "
                + asked + ").");
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
        return LogLine.warning("Client " + client + " scheduled to be closed ASAP for overcoming of output buffer limits.");
    }

    public static LogLine outputLimit(String client) {
        return LogLine.warning("Client " + client + " closed for overcoming of output buffer limits.");
    }
}
