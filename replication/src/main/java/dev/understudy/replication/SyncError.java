// SPDX-License-Identifier: Apache-2.0
package dev.understudy.replication;

/** Error replies of replication, without the leading minus, word for word as Redis 7.2 sends them. */
public final class SyncError {
    public static final String SYNTAX = "ERR syntax error";
    public static final String NOT_INTEGER = "ERR value is not an integer or out of range";
    public static final String CLUSTER = "ERR REPLICAOF not allowed in cluster mode.";
    public static final String FAILING_OVER = "ERR REPLICAOF not allowed while failing over.";
    public static final String CALLER_IS_REPLICA = "ERR Command is not valid when client is a replica.";
    public static final String MASTER_PORT = "ERR Invalid master port";
    public static final String FAILOVER_TO_MASTER = "ERR PSYNC FAILOVER can't be sent to a master.";
    public static final String FAILOVER_ID = "ERR PSYNC FAILOVER replid must match my replid.";
    public static final String FAILOVER_CLUSTER =
            "ERR FAILOVER not allowed in cluster mode. Use CLUSTER FAILOVER command instead.";
    public static final String FAILOVER_NONE = "ERR No failover in progress.";
    public static final String FAILOVER_TIMEOUT = "ERR FAILOVER timeout must be greater than 0";
    public static final String FAILOVER_RUNNING = "ERR FAILOVER already in progress.";
    public static final String FAILOVER_ON_REPLICA = "ERR FAILOVER is not valid when server is a replica.";
    public static final String FAILOVER_WITHOUT_REPLICAS = "ERR FAILOVER requires connected replicas.";
    public static final String FAILOVER_FORCE =
            "ERR FAILOVER with force option requires both a timeout and target HOST and IP.";
    public static final String FAILOVER_TARGET_UNKNOWN = "ERR FAILOVER target HOST and PORT is not a replica.";
    public static final String FAILOVER_TARGET_OFFLINE = "ERR FAILOVER target replica is not online.";
    public static final String SYNC_WHILE_FAILING_OVER = "NOMASTERLINK Can't SYNC while failing over";
    public static final String SYNC_WITHOUT_MASTER = "NOMASTERLINK Can't SYNC while not connected with my master";
    public static final String PENDING_OUTPUT = "ERR SYNC and PSYNC are invalid with pending output";
    public static final String FILTER_NEEDS_EOF = "ERR Filtered replica requires EOF capability";
    public static final String SNAPSHOT_FAILED = "ERR BGSAVE failed, replication can't continue";
    public static final String SNAPSHOT_ONLY_RANGE = "ERR value is out of range, value must between 0 and 1";
    public static final String FILTER_MISSING = "ERR Missing rdb-filter-only values";
    public static final String KEYSPACE = "ERR Replica can't interact with the keyspace";
    public static final String UNBLOCKED =
            "UNBLOCKED force unblock from blocking operation, instance state changed (master -> replica?)";

    private SyncError() {}

    /** Ours; the replica logs it. */
    public static String replicaTooOld(Age age, Dialect.Version least) {
        return "ERR This master refuses replicas before " + least + " (min-replica-version), and yours is one: "
                + age.reason();
    }

    static String addressTooLong(int bytes) {
        return "ERR REPLCONF ip-address provided by replica instance is too long: " + bytes + " bytes";
    }

    static String filterUnsupported(String filter) {
        return "ERR Unsupported rdb-filter-only option: " + filter;
    }

    static String optionUnknown(String option) {
        return "ERR Unrecognized REPLCONF option: " + option;
    }
}
