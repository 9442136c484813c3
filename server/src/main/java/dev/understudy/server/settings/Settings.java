// SPDX-License-Identifier: Apache-2.0
package dev.understudy.server.settings;

import static dev.understudy.server.settings.Setting.Property.DENY_LOADING;
import static dev.understudy.server.settings.Setting.Property.FIXED;
import static dev.understudy.server.settings.Setting.Property.GIVEN;
import static dev.understudy.server.settings.Setting.Property.HIDDEN;
import static dev.understudy.server.settings.Setting.Property.IMMUTABLE;
import static dev.understudy.server.settings.Setting.Property.INERT;
import static dev.understudy.server.settings.Setting.Property.MULTIPLE;
import static dev.understudy.server.settings.Setting.Property.PROTECTED;
import static dev.understudy.server.settings.Setting.Property.SENSITIVE;
import static dev.understudy.server.settings.Setting.Property.VOLATILE;

import dev.understudy.store.Limits;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * The settings of one server: every directive of redis.conf 7.2 and ours, a field per directive, named as the directive in camel case.
 * Defaults, ranges and old names are those of Redis 7.2. Made with all defaults; {@link SettingsReader} reads file and command line into
 * them, {@link SettingsChange} changes them while the server runs. Those without effect are in {@link InertSettings}.
 *
 * <p>Owned by the command loop, before its start by the starting thread.
 */
public final class Settings extends InertSettings {
    private final Limits limits = new Limits();

    {
        group(Group.NETWORK);
    }

    public final NumberSetting port = number("port", 6379, 0, PORT_MAX, "TCP port; 0: none.");
    public final WordsSetting bind = words(
            "bind",
            List.of("*", "-::*"),
            "up to 16 addresses",
            true,
            Checks::bindAddresses,
            "Addresses to listen on; one after a dash may be missing on this machine.");
    public final TextSetting bindSourceAddr = text("bind-source-addr", "", "Source address of connections to masters.");
    public final TextSetting unixsocket = text("unixsocket", "", "Path of a Unix socket; empty: none.", IMMUTABLE);
    public final NumberSetting unixsocketperm = number(
            NumberSetting.Notation.OCTAL,
            "unixsocketperm",
            0,
            0,
            0777,
            "Permissions of the socket; 0: default.",
            IMMUTABLE);
    public final NumberSetting tcpBacklog =
            number("tcp-backlog", 511, 0, INT_MAX, "Connections that wait to be accepted.", IMMUTABLE);
    public final NumberSetting tcpKeepalive =
            number("tcp-keepalive", 300, 0, INT_MAX, "Seconds between probes of idle connections; 0: none.");
    public final SwitchSetting protectedMode =
            flag("protected-mode", true, "Without a password only this machine may connect.");
    public final ChoiceSetting ioTransport =
            choice("io-transport", "auto epoll nio io_uring", "How sockets are served (Understudy only).", FIXED);

    {
        group(Group.GENERAL);
    }

    public final NumberSetting databases = number("databases", 16, 1, INT_MAX, "Number of databases.", IMMUTABLE);
    public final DirectorySetting dir = directory("dir", "Directory of snapshots and append only files.");
    public final SwitchSetting daemonize = flag("daemonize", false, "Run in the background.", IMMUTABLE);
    public final ChoiceSetting supervised =
            choice("supervised", "upstart systemd auto !no", "Tell a supervisor of the start.", IMMUTABLE);
    public final TextSetting pidfile = text("pidfile", "", "File with the process id; empty: none.", IMMUTABLE);
    public final TextSetting logfile = text("logfile", "", "Log file; empty: standard output.", IMMUTABLE);
    public final ChoiceSetting loglevel =
            choice("loglevel", "debug verbose !notice warning nothing", "Least level that is logged.");
    public final SwitchSetting alwaysShowLogo =
            flag("always-show-logo", false, "Log a logo even where nobody looks on.", IMMUTABLE);
    public final NumberSetting hz = number("hz", 10, 0, INT_MAX, "Background rounds per second, 1 to 500.", INERT)
            .clampedTo(1, 500);
    public final SwitchSetting dynamicHz = flag("dynamic-hz", true, "More rounds with many clients.", INERT);

    {
        group(Group.SECURITY);
    }

    public final TextSetting requirepass =
            text("requirepass", "", "Password of the default user; empty: none.", SENSITIVE);
    public final TextSetting aclfile = text("aclfile", "", "File of users; empty: none.", IMMUTABLE);
    public final ChoiceSetting aclPubsubDefault =
            choice("acl-pubsub-default", "allchannels !resetchannels", "Channels of new users.", INERT);
    public final NumberSetting acllogMaxLen = number("acllog-max-len", 128, 0, LONG_MAX, "Entries of ACL LOG.", INERT);
    public final ChoiceSetting enableProtectedConfigs =
            choice("enable-protected-configs", "no yes local", "Who may set dir and dbfilename.", IMMUTABLE);
    public final ChoiceSetting enableDebugCommand =
            choice("enable-debug-command", "no yes local", "Who may call DEBUG.", IMMUTABLE);
    public final ChoiceSetting enableModuleCommand =
            choice("enable-module-command", "no yes local", "Who may call MODULE.", IMMUTABLE);
    public final ChoiceSetting sanitizeDumpPayload =
            choice("sanitize-dump-payload", "no yes clients", "Check the inside of loaded values.");

    {
        group(Group.CLIENTS);
    }

    public final NumberSetting maxclients =
            number("maxclients", 10_000, 1, UINT_MAX, "Most connections at a time; lowered to what ulimit -n leaves.");
    public final NumberSetting timeout =
            number("timeout", 0, 0, INT_MAX, "Seconds until an idle client is closed; 0: never.");
    public final NumberSetting protoMaxBulkLen =
            bytes("proto-max-bulk-len", 512L << 20, 1 << 20, LONG_MAX, "Longest argument of a command.");
    public final NumberSetting clientQueryBufferLimit =
            bytes("client-query-buffer-limit", 1L << 30, 1 << 20, LONG_MAX, "Most bytes of a command that wait.");
    public final OutputLimitsSetting clientOutputBufferLimit =
            outputLimits("client-output-buffer-limit", "Most bytes of output that wait, by class of client.");
    public final NumberSetting trackingTableMaxKeys = number(
            "tracking-table-max-keys", 1_000_000, 0, LONG_MAX, "Keys of client side caching; 0: any number.", INERT);

    {
        group(Group.MEMORY);
    }

    public final NumberSetting maxmemory = bytes("maxmemory", 0, 0, LONG_MAX, "Most bytes of data; 0: no limit.");
    public final NumberSetting maxmemoryClients = number(
            NumberSetting.Notation.BYTES_OR_PERCENT,
            "maxmemory-clients",
            0,
            -100,
            LONG_MAX,
            "Most bytes of all clients together, or % of maxmemory; 0: no limit.",
            INERT);
    public final ChoiceSetting maxmemoryPolicy = choice(
            "maxmemory-policy",
            "volatile-lru volatile-lfu volatile-random volatile-ttl allkeys-lru allkeys-lfu allkeys-random !noeviction",
            "Which keys go when memory is full: none so far, writes are refused; OBJECT FREQ and IDLETIME follow it.");

    {
        maxmemoryPolicy.lacks("evicts no keys yet: when maxmemory is reached, writes are refused");
    }

    public final NumberSetting maxmemorySamples =
            number("maxmemory-samples", 5, 1, INT_MAX, "Keys looked at to evict one.", INERT);
    public final NumberSetting maxmemoryEvictionTenacity =
            number("maxmemory-eviction-tenacity", 10, 0, 100, "Time for eviction: 0 least, 100 any.", INERT);
    public final NumberSetting lfuLogFactor = number("lfu-log-factor", 10, 0, INT_MAX, "How slowly counters grow.");
    public final NumberSetting lfuDecayTime =
            number("lfu-decay-time", 1, 0, INT_MAX, "Minutes until a counter shrinks by one.");
    public final NumberSetting activeExpireEffort =
            number("active-expire-effort", 1, 1, 10, "Effort to find expired keys.", INERT);
    public final SwitchSetting lazyfreeLazyEviction =
            flag("lazyfree-lazy-eviction", false, "Free evicted values in the background.", INERT);
    public final SwitchSetting lazyfreeLazyExpire =
            flag("lazyfree-lazy-expire", false, "Free expired values in the background.");
    public final SwitchSetting lazyfreeLazyServerDel =
            flag("lazyfree-lazy-server-del", false, "Free overwritten values in the background.");
    public final SwitchSetting lazyfreeLazyUserDel = flag("lazyfree-lazy-user-del", false, "DEL works as UNLINK.");
    public final SwitchSetting lazyfreeLazyUserFlush =
            flag("lazyfree-lazy-user-flush", false, "FLUSHALL and FLUSHDB work as with ASYNC.");

    {
        group(Group.REPLICATION);
    }

    public final ReplicaOfSetting replicaof = replicaOf("replicaof slaveof", "The master to follow.");
    public final TextSetting masteruser = text("masteruser", "", "User at the master.", SENSITIVE);
    public final TextSetting masterauth = text("masterauth", "", "Password at the master.", SENSITIVE);
    public final SwitchSetting replicaServeStaleData =
            flag("replica-serve-stale-data slave-serve-stale-data", true, "Answer reads without the master too.");
    public final SwitchSetting replicaReadOnly =
            flag("replica-read-only slave-read-only", true, "Replicas refuse writes of clients.");
    public final SwitchSetting replicaIgnoreMaxmemory =
            flag("replica-ignore-maxmemory slave-ignore-maxmemory", true, "Replicas leave eviction to the master.");
    public final SwitchSetting replicaLazyFlush =
            flag("replica-lazy-flush slave-lazy-flush", false, "Free old data in the background before a sync.", INERT);
    public final NumberSetting replicaPriority =
            number("replica-priority slave-priority", 100, 0, INT_MAX, "Sentinel promotes the lowest first; 0: never.");
    public final SwitchSetting replicaAnnounced = flag("replica-announced", true, "Sentinel tells clients of it.");
    public final TextSetting replicaAnnounceIp =
            text("replica-announce-ip slave-announce-ip", "", "Address told to the master; empty: the real one.");
    public final NumberSetting replicaAnnouncePort = number(
            "replica-announce-port slave-announce-port", 0, 0, PORT_MAX, "Port told to the master; 0: the real one.");
    public final SwitchSetting replicaIgnoreDiskWriteErrors =
            flag("replica-ignore-disk-write-errors", false, "Apply the master's writes though saving fails.", INERT);
    public final ChoiceSetting replDisklessLoad =
            choice("repl-diskless-load", "disabled on-empty-db swapdb", "Load a sync from the socket.", DENY_LOADING);
    public final SwitchSetting replicaAcceptEmptyMaster = flag(
            "replica-accept-empty-master",
            true,
            "Drop the data for a master that comes back without any, under a new id (Understudy only).");
    public final SwitchSetting replDisklessSync =
            flag("repl-diskless-sync", true, "Sync replicas without a file on disk.");
    public final NumberSetting replDisklessSyncDelay =
            number("repl-diskless-sync-delay", 5, 0, INT_MAX, "Seconds to wait for further replicas.");
    public final NumberSetting replDisklessSyncMaxReplicas =
            number("repl-diskless-sync-max-replicas", 0, 0, INT_MAX, "As many replicas end the wait at once; 0: none.");
    public final NumberSetting replFullSyncPasses = number(
            "repl-full-sync-passes",
            4,
            1,
            64,
            "Encodings of one snapshot at a time, for replicas of different speed; 1: all at the slowest's (Understudy"
                    + " only).");
    public final SwitchSetting replDisableTcpNodelay =
            flag("repl-disable-tcp-nodelay", false, "Fewer packets to replicas, later.");
    public final NumberSetting replTimeout =
            number("repl-timeout", 60, 1, INT_MAX, "Seconds of silence that end a link.");
    public final NumberSetting replPingReplicaPeriod = number(
            "repl-ping-replica-period repl-ping-slave-period", 10, 1, INT_MAX, "Seconds between pings of replicas.");
    public final NumberSetting replBacklogSize =
            bytes("repl-backlog-size", 1 << 20, 1, LONG_MAX, "Bytes of history for partial syncs.");
    public final SwitchSetting replStreamSpill = flag(
            "repl-stream-spill",
            true,
            "While client-output-buffer-limit replica stands at its default, what slow replicas that advance have not"
                    + " got yet goes to a file in dir instead of costing them the link (Understudy only).");
    public final NumberSetting replStreamSpillMemory = bytes(
            "repl-stream-spill-memory",
            64 << 20,
            0,
            LONG_MAX / 2,
            "Bytes beyond the backlog that stay in memory for slow replicas; the rest goes to the file (Understudy"
                    + " only).");
    public final NumberSetting replStreamSpillSize = bytes(
            "repl-stream-spill-size",
            4L << 30,
            0,
            LONG_MAX,
            "Most bytes of the file; when they do not suffice, the replica furthest behind is dropped (Understudy"
                    + " only).");
    public final NumberSetting replBacklogTtl =
            number("repl-backlog-ttl", 3600, 0, LONG_MAX, "Seconds without replicas that it is kept; 0: for ever.");
    public final NumberSetting replSyncHistory = number(
            "repl-sync-history", 128, 0, 100_000, "Records of resynchronizations that are kept (Understudy only).");
    public final ChoiceSetting replRdbVersion =
            choice("repl-rdb-version", "auto 9 10 11", "RDB version sent to replicas (Understudy only).");
    public final ChoiceSetting minReplicaVersion = choice(
            "min-replica-version",
            "any 6.2 7.0",
            "Refuse replicas that show in the handshake, or by hanging up on our payload, that they are older: they fail on"
                    + " some commands of our stream and differ then (Understudy only).");
    public final NumberSetting minReplicasToWrite = number(
            "min-replicas-to-write min-slaves-to-write", 0, 0, INT_MAX, "Refuse writes with fewer replicas; 0: never.");
    public final NumberSetting minReplicasMaxLag =
            number("min-replicas-max-lag min-slaves-max-lag", 10, 0, INT_MAX, "Seconds of lag up to which one counts.");
    public final ChoiceSetting propagationErrorBehavior = choice(
            "propagation-error-behavior",
            "ignore panic panic-on-replicas",
            "What an error of a replicated command does. Given, also with its default, it takes the place of"
                    + " replica-unknown-command, and errors in an append only file do not end the start.",
            GIVEN,
            VOLATILE);
    public final ChoiceSetting replicaUnknownCommand = choice(
            "replica-unknown-command",
            "stop ignore",
            "What a replica does with a command of its master that it cannot apply: close the link, with the reason, and"
                    + " try again later; or pass it over, as Redis does, and differ from then on (Understudy only).");

    {
        group(Group.SNAPSHOTS);
    }

    public final SaveSetting save = save("save", "When to save by itself: after seconds with so many changes.");
    public final TextSetting dbfilename =
            text("dbfilename", "dump.rdb", "Name of the snapshot.", PROTECTED).checkedBy(Checks::dumpName);
    public final SwitchSetting rdbcompression = flag("rdbcompression", true, "Compress strings with LZF.");
    public final SwitchSetting rdbchecksum = flag("rdbchecksum", true, "End snapshots with a checksum.", IMMUTABLE);
    public final ChoiceSetting rdbVersion = choice(
            "rdb-version", "9 10 !11", "RDB version of our files: 9 for Redis 5 to 6.2, 10 for 7.0 (Understudy only).");
    public final SwitchSetting rdbDelSyncFiles =
            flag("rdb-del-sync-files", false, "Remove files of syncs where nothing else saves.");
    public final SwitchSetting rdbSaveIncrementalFsync =
            flag("rdb-save-incremental-fsync", true, "Force a snapshot to disk piece by piece.");
    public final SwitchSetting stopWritesOnBgsaveError =
            flag("stop-writes-on-bgsave-error", true, "Refuse writes after a failed save.");

    {
        group(Group.APPEND_ONLY_FILE);
    }

    public final SwitchSetting appendonly = flag("appendonly", false, "Log every write.", DENY_LOADING);
    public final TextSetting appendfilename = text("appendfilename", "appendonly.aof", "Base of file names.", IMMUTABLE)
            .checkedBy(Checks::appendName);
    public final TextSetting appenddirname = text(
                    "appenddirname", "appendonlydir", "Directory of its files.", IMMUTABLE)
            .checkedBy(Checks::appendDirectory);
    public final ChoiceSetting appendfsync =
            choice("appendfsync", "!everysec always no", "When writes are forced to disk.");
    public final SwitchSetting noAppendfsyncOnRewrite =
            flag("no-appendfsync-on-rewrite", false, "Force nothing to disk during saves.");
    public final NumberSetting autoAofRewritePercentage =
            number("auto-aof-rewrite-percentage", 100, 0, INT_MAX, "Growth in % that starts a rewrite; 0: none.");
    public final NumberSetting autoAofRewriteMinSize =
            bytes("auto-aof-rewrite-min-size", 64 << 20, 0, LONG_MAX, "Size below which it does not start.");
    public final SwitchSetting aofLoadTruncated = flag("aof-load-truncated", true, "Load a file whose end is missing.");
    public final SwitchSetting aofUseRdbPreamble = flag("aof-use-rdb-preamble", true, "Rewrite into a snapshot.");
    public final SwitchSetting aofTimestampEnabled = flag("aof-timestamp-enabled", false, "Write times into it.");
    public final SwitchSetting aofRewriteIncrementalFsync =
            flag("aof-rewrite-incremental-fsync", true, "Force a rewrite to disk piece by piece.");
    public final SwitchSetting aofDisableAutoGc =
            flag("aof-disable-auto-gc", false, "Keep files that are no longer needed.", HIDDEN);

    {
        group(Group.SHUTDOWN);
    }

    public final NumberSetting shutdownTimeout =
            number("shutdown-timeout", 10, 0, INT_MAX, "Seconds to wait for replicas; 0: none.");
    public final ChoiceSetting shutdownOnSigint =
            choice("shutdown-on-sigint", "default save nosave now force", "What SIGINT does.", MULTIPLE);
    public final ChoiceSetting shutdownOnSigterm =
            choice("shutdown-on-sigterm", "default save nosave now force", "What SIGTERM does.", MULTIPLE);

    {
        group(Group.SCRIPTS);
    }

    public final NumberSetting busyReplyThreshold = number(
            "busy-reply-threshold lua-time-limit",
            5000,
            0,
            LONG_MAX,
            "Milliseconds until others learn of a slow script.",
            INERT);

    {
        group(Group.MONITORING);
    }

    public final NumberSetting slowlogLogSlowerThan = number(
            "slowlog-log-slower-than", 10_000, -1, LONG_MAX, "Microseconds; -1: nothing is slow, 0: everything.");
    public final NumberSetting slowlogMaxLen = number("slowlog-max-len", 128, 0, LONG_MAX, "Entries of the slow log.");
    public final NumberSetting latencyMonitorThreshold =
            number("latency-monitor-threshold", 0, 0, LONG_MAX, "Milliseconds of a spike; 0: off.", INERT);
    public final SwitchSetting latencyTracking = flag("latency-tracking", true, "Histograms per command.");
    public final WordsSetting latencyTrackingInfoPercentiles = words(
                    "latency-tracking-info-percentiles",
                    List.of("50", "99", "99.9"),
                    "numbers of 0..100",
                    false,
                    Checks::percentiles,
                    "Percentiles shown by INFO.")
            .keptAs(Units::percentile);
    public final EventsSetting notifyKeyspaceEvents =
            events("notify-keyspace-events", "Classes of events that are published.");

    {
        group(Group.DATA);
    }

    public final NumberSetting hashMaxListpackEntries = number(
                    "hash-max-listpack-entries hash-max-ziplist-entries", 512, 0, LONG_MAX, "Fields of a compact hash.")
            .mirroredBy(value -> limits.hashMaxListpackEntries = toInt(value));
    public final NumberSetting hashMaxListpackValue = bytes(
                    "hash-max-listpack-value hash-max-ziplist-value", 64, 0, LONG_MAX, "Longest element of one.")
            .mirroredBy(value -> limits.hashMaxListpackValue = toInt(value));
    public final NumberSetting listMaxListpackSize = number(
                    "list-max-listpack-size list-max-ziplist-size",
                    -2,
                    INT_MIN,
                    INT_MAX,
                    "Elements of a list node; -1 to -5: 4 to 64 KB.")
            .mirroredBy(value -> limits.listMaxListpackSize = toInt(value));
    public final NumberSetting listCompressDepth = number(
            "list-compress-depth", 0, 0, INT_MAX, "List nodes at both ends that stay uncompressed; 0: all.", INERT);
    public final NumberSetting setMaxIntsetEntries = number(
                    "set-max-intset-entries", 512, 0, LONG_MAX, "Members of a compact set of integers.")
            .mirroredBy(value -> limits.setMaxIntsetEntries = toInt(value));
    public final NumberSetting setMaxListpackEntries = number(
                    "set-max-listpack-entries", 128, 0, LONG_MAX, "Members of a compact set.")
            .mirroredBy(value -> limits.setMaxListpackEntries = toInt(value));
    public final NumberSetting setMaxListpackValue = number(
                    "set-max-listpack-value", 64, 0, LONG_MAX, "Longest member of one.")
            .mirroredBy(value -> limits.setMaxListpackValue = toInt(value));
    public final NumberSetting zsetMaxListpackEntries = number(
                    "zset-max-listpack-entries zset-max-ziplist-entries",
                    128,
                    0,
                    LONG_MAX,
                    "Members of a compact sorted set.")
            .mirroredBy(value -> limits.sortedSetMaxListpackEntries = toInt(value));
    public final NumberSetting zsetMaxListpackValue = bytes(
                    "zset-max-listpack-value zset-max-ziplist-value", 64, 0, LONG_MAX, "Longest member of one.")
            .mirroredBy(value -> limits.sortedSetMaxListpackValue = toInt(value));
    public final NumberSetting streamNodeMaxBytes = bytes(
                    "stream-node-max-bytes", 4096, 0, LONG_MAX, "Bytes of a stream node; 0: any.")
            .mirroredBy(value -> limits.streamNodeMaxBytes = toInt(value));
    public final NumberSetting streamNodeMaxEntries = number(
                    "stream-node-max-entries", 100, 0, LONG_MAX, "Entries of a stream node; 0: any.")
            .mirroredBy(value -> limits.streamNodeMaxEntries = toInt(value));
    public final NumberSetting hllSparseMaxBytes = bytes(
                    "hll-sparse-max-bytes", 3000, 0, LONG_MAX, "Bytes of a sparse HyperLogLog.")
            .mirroredBy(value -> limits.hllSparseMaxBytes = toInt(value));

    {
        group(Group.CLUSTER);
    }

    public final SwitchSetting clusterEnabled = flag("cluster-enabled", false, "Cluster mode.", IMMUTABLE);

    {
        refuse("cluster mode is not supported", clusterEnabled);
        refuse("ACL users are not supported, but for default with the password of requirepass", aclfile);
    }

    {
        group(Group.TESTING);
    }

    public final NumberSetting keyLoadDelay =
            number("key-load-delay", 0, INT_MIN, INT_MAX, "Microseconds of delay per loaded key.", HIDDEN);
    public final NumberSetting rdbKeySaveDelay =
            number("rdb-key-save-delay", 0, INT_MIN, INT_MAX, "Microseconds of delay per saved key.", HIDDEN);
    public final NumberSetting loadingProcessEventsIntervalBytes = number(
            "loading-process-events-interval-bytes", 2 << 20, 1024, INT_MAX, "Bytes loaded between events.", HIDDEN);

    // ---- what is no directive of its own

    /** What {@code rename-command} says: the command {@code from} is called {@code to}; empty: it is removed. */
    public record Renaming(String from, String to) {}

    private final Renamings renamings = new Renamings();
    private final DefaultUser defaultUser = new DefaultUser(requirepass);
    private @Nullable String configFile;

    private static int toInt(long value) {
        return (int) Math.clamp(value, INT_MIN, INT_MAX);
    }

    /** The directive of that name or former name, in any case; null if there is none. */
    public @Nullable Setting find(String name) {
        return byName().get(name.toLowerCase(Locale.ROOT));
    }

    /** Has {@code listener} told of every change of {@code setting} while the server runs; not while settings are read at start. */
    public void onChange(Setting setting, Setting.Listener listener) {
        setting.listen(listener);
    }

    /** Up to where collections stay compact; always the same object, kept up to date. */
    public Limits limits() {
        return limits;
    }

    /** When to save by itself; empty for never. */
    public List<SavePoint> savePoints() {
        return save.points();
    }

    /** Addresses to listen on; {@code *} and {@code ::*} stand for all, a leading dash for one that may be missing. */
    public List<String> bindAddresses() {
        return bind.words();
    }

    /** The limits of a class of clients ({@link OutputLimit#NORMAL} ...). */
    public OutputLimit outputLimit(int clientClass) {
        return clientOutputBufferLimit.of(clientClass);
    }

    /** The master as configured at start; null for none. */
    public @Nullable HostPort replicaOf() {
        return replicaof.configured();
    }

    /** Commands to rename, in the order of the configuration file. */
    public List<Renaming> renamings() {
        return renamings.all();
    }

    /** Takes a {@code rename-command} line; returns what is wrong with it, or null. */
    @Nullable
    String add(Renaming renaming) {
        return renamings.add(renaming);
    }

    /** What {@code user} lines say. */
    DefaultUser defaultUser() {
        return defaultUser;
    }

    /** The absolute path of the configuration file; null when the server runs without one. */
    public @Nullable String configFile() {
        return configFile;
    }

    void configFile(String absolutePath) {
        configFile = absolutePath;
    }
}
