// SPDX-License-Identifier: Apache-2.0
package dev.understudy.server.settings;

import static dev.understudy.server.settings.Setting.Property.HIDDEN;
import static dev.understudy.server.settings.Setting.Property.IMMUTABLE;
import static dev.understudy.server.settings.Setting.Property.INERT;
import static dev.understudy.server.settings.Setting.Property.SENSITIVE;
import static dev.understudy.server.settings.Setting.Property.VOLATILE;

import java.util.List;

/**
 * Directives of Redis 7.2 that have no effect here, because what they steer does not exist in a JVM or in this server. They are checked,
 * kept, shown and written as in Redis, so that its configuration files work; a value other than the default gets a warning. Those that
 * protect something or change what data mean are refused instead: who sets them relies on it.
 */
public abstract sealed class InertSettings extends Declarations permits Settings {
    // ---- cluster

    {
        group(Group.CLUSTER);
    }

    public final SwitchSetting clusterRequireFullCoverage =
            flag("cluster-require-full-coverage", true, "Refuse queries while slots are uncovered.", INERT);
    public final SwitchSetting clusterReplicaNoFailover =
            flag("cluster-replica-no-failover cluster-slave-no-failover", false, "Never promote this replica.", INERT);
    public final SwitchSetting clusterAllowReadsWhenDown =
            flag("cluster-allow-reads-when-down", false, "Serve reads while the cluster is down.", INERT);
    public final SwitchSetting clusterAllowPubsubshardWhenDown =
            flag("cluster-allow-pubsubshard-when-down", true, "Serve shard channels while it is down.", INERT);
    public final SwitchSetting clusterAllowReplicaMigration =
            flag("cluster-allow-replica-migration", true, "Let replicas move to orphaned masters.", INERT);
    public final TextSetting clusterAnnounceIp =
            text("cluster-announce-ip", "", "Address told to other nodes; empty: the own one.", INERT);
    public final TextSetting clusterConfigFile =
            text("cluster-config-file", "nodes.conf", "File of the cluster's state.", IMMUTABLE, INERT);
    public final TextSetting clusterAnnounceHostname = text(
                    "cluster-announce-hostname", "", "Host name told to other nodes.", INERT)
            .checkedBy(Checks::announcedHost);
    public final TextSetting clusterAnnounceHumanNodename = text(
                    "cluster-announce-human-nodename", "", "Name of the node for people.", INERT)
            .checkedBy(Checks::announcedNode);
    public final ChoiceSetting clusterPreferredEndpointType = choice(
            "cluster-preferred-endpoint-type",
            "ip hostname unknown-endpoint",
            "What redirections name a node by.",
            INERT);
    public final NumberSetting clusterReplicaValidityFactor = number(
            "cluster-replica-validity-factor cluster-slave-validity-factor",
            10,
            0,
            INT_MAX,
            "How old a promoted replica's data may be, in node timeouts; 0: any age.",
            INERT);
    public final NumberSetting clusterMigrationBarrier =
            number("cluster-migration-barrier", 1, 0, INT_MAX, "Replicas that a master keeps.", INERT);
    public final NumberSetting clusterPort =
            number("cluster-port", 0, 0, PORT_MAX, "Port of the cluster bus; 0: port + 10000.", IMMUTABLE, INERT);
    public final NumberSetting clusterAnnounceBusPort =
            number("cluster-announce-bus-port", 0, 0, PORT_MAX, "Bus port told to other nodes.", INERT);
    public final NumberSetting clusterAnnouncePort =
            number("cluster-announce-port", 0, 0, PORT_MAX, "Port told to other nodes.", INERT);
    public final NumberSetting clusterAnnounceTlsPort =
            number("cluster-announce-tls-port", 0, 0, PORT_MAX, "TLS port told to other nodes.", INERT);
    public final NumberSetting clusterNodeTimeout =
            number("cluster-node-timeout", 15_000, 0, LONG_MAX, "Milliseconds until a silent node is failing.", INERT);
    public final NumberSetting clusterPingInterval =
            number("cluster-ping-interval", 0, 0, LONG_MAX, "Milliseconds between pings of nodes.", HIDDEN, INERT);
    public final NumberSetting clusterLinkSendbufLimit =
            bytes("cluster-link-sendbuf-limit", 0, 0, LONG_MAX, "Bytes that may wait on a bus link; 0: any.", INERT);

    // ---- TLS

    {
        group(Group.TLS);
    }

    public final NumberSetting tlsPort = number("tls-port", 0, 0, PORT_MAX, "Port for TLS; 0: none.");
    public final NumberSetting tlsSessionCacheSize =
            number("tls-session-cache-size", 20_480, 0, INT_MAX, "Sessions that are remembered.", INERT);
    public final NumberSetting tlsSessionCacheTimeout =
            number("tls-session-cache-timeout", 300, 0, INT_MAX, "Seconds that a session is remembered.", INERT);
    public final SwitchSetting tlsCluster = flag("tls-cluster", false, "TLS on the cluster bus.");
    public final SwitchSetting tlsReplication = flag("tls-replication", false, "TLS towards the master.");
    public final ChoiceSetting tlsAuthClients =
            choice("tls-auth-clients", "no !yes optional", "Whether clients need a certificate.", INERT);
    public final SwitchSetting tlsPreferServerCiphers =
            flag("tls-prefer-server-ciphers", false, "The server's order of ciphers counts.", INERT);
    public final SwitchSetting tlsSessionCaching =
            flag("tls-session-caching", true, "Whether sessions are remembered.", INERT);
    public final TextSetting tlsCertFile = text("tls-cert-file", "", "Certificate of the server.", VOLATILE, INERT);
    public final TextSetting tlsKeyFile = text("tls-key-file", "", "Private key of the server.", VOLATILE, INERT);
    public final TextSetting tlsKeyFilePass = text("tls-key-file-pass", "", "Password of the key.", SENSITIVE, INERT);
    public final TextSetting tlsClientCertFile =
            text("tls-client-cert-file", "", "Certificate for outgoing connections.", VOLATILE, INERT);
    public final TextSetting tlsClientKeyFile =
            text("tls-client-key-file", "", "Private key for outgoing connections.", VOLATILE, INERT);
    public final TextSetting tlsClientKeyFilePass =
            text("tls-client-key-file-pass", "", "Password of that key.", SENSITIVE, INERT);
    public final TextSetting tlsDhParamsFile =
            text("tls-dh-params-file", "", "Diffie-Hellman parameters.", VOLATILE, INERT);
    public final TextSetting tlsCaCertFile = text("tls-ca-cert-file", "", "Trusted certificates.", VOLATILE, INERT);
    public final TextSetting tlsCaCertDir =
            text("tls-ca-cert-dir", "", "Directory of trusted certificates.", VOLATILE, INERT);
    public final TextSetting tlsProtocols = text("tls-protocols", "", "Versions of TLS; empty: 1.2 and 1.3.", INERT);
    public final TextSetting tlsCiphers = text("tls-ciphers", "", "Ciphers up to TLS 1.2.", INERT);
    public final TextSetting tlsCiphersuites = text("tls-ciphersuites", "", "Cipher suites of TLS 1.3.", INERT);

    {
        refuse("TLS is not supported", tlsPort, tlsCluster, tlsReplication);
    }

    // ---- memory management of the C server

    {
        group(Group.MEMORY);
    }

    public final SwitchSetting activerehashing =
            flag("activerehashing", true, "Resize dictionaries in the background too.", INERT);
    public final SwitchSetting jemallocBgThread =
            flag("jemalloc-bg-thread", true, "Background thread of the allocator.", INERT);
    public final SwitchSetting activedefrag = flag("activedefrag", false, "Defragment memory.", INERT);
    public final NumberSetting activeDefragCycleMin =
            number("active-defrag-cycle-min", 1, 1, 99, "Least effort of defragmentation, % of CPU.", INERT);
    public final NumberSetting activeDefragCycleMax =
            number("active-defrag-cycle-max", 25, 1, 99, "Most effort of defragmentation, % of CPU.", INERT);
    public final NumberSetting activeDefragThresholdLower =
            number("active-defrag-threshold-lower", 10, 0, 1000, "% of waste at which it begins.", INERT);
    public final NumberSetting activeDefragThresholdUpper =
            number("active-defrag-threshold-upper", 100, 0, 1000, "% of waste for its most effort.", INERT);
    public final NumberSetting activeDefragIgnoreBytes =
            bytes("active-defrag-ignore-bytes", 100 << 20, 1, LONG_MAX, "Waste that it tolerates.", INERT);
    public final NumberSetting activeDefragMaxScanFields =
            number("active-defrag-max-scan-fields", 1000, 1, LONG_MAX, "Elements walked at once.", INERT);

    // ---- process and operating system

    {
        group(Group.SYSTEM);
    }

    public final SwitchSetting ioThreadsDoReads =
            flag("io-threads-do-reads", false, "I/O threads read as well.", IMMUTABLE, INERT);
    public final NumberSetting ioThreads = number("io-threads", 1, 1, 128, "I/O threads.", IMMUTABLE, INERT);
    public final SwitchSetting setProcTitle =
            flag("set-proc-title", true, "Show state in the process title.", IMMUTABLE, INERT);
    public final TextSetting procTitleTemplate = text(
                    "proc-title-template", "{title} {listen-addr} {server-mode}", "Process title.", INERT)
            .checkedBy(Checks::titleTemplate);
    public final SwitchSetting syslogEnabled = flag("syslog-enabled", false, "Log to syslog.", IMMUTABLE, INERT);
    public final TextSetting syslogIdent = text("syslog-ident", "redis", "Name in syslog.", IMMUTABLE, INERT);
    public final ChoiceSetting syslogFacility = choice(
            "syslog-facility",
            "user !local0 local1 local2 local3 local4 local5 local6 local7",
            "Facility of syslog.",
            IMMUTABLE,
            INERT);
    public final SwitchSetting crashLogEnabled = flag("crash-log-enabled", true, "Write a crash report.", INERT);
    public final SwitchSetting crashMemcheckEnabled =
            flag("crash-memcheck-enabled", true, "Check memory after a crash.", INERT);
    public final SwitchSetting useExitOnPanic =
            flag("use-exit-on-panic", false, "Exit instead of abort.", HIDDEN, INERT);
    public final SwitchSetting disableThp = flag(
            "disable-thp",
            true,
            "Switch transparent huge pages off: without a fork they do no harm, and the launcher asks for them.",
            IMMUTABLE,
            INERT);
    public final TextSetting serverCpulist = text("server_cpulist", "", "CPUs of the loop.", IMMUTABLE, INERT);
    public final TextSetting bioCpulist = text("bio_cpulist", "", "CPUs of workers.", IMMUTABLE, INERT);
    public final TextSetting aofRewriteCpulist =
            text("aof_rewrite_cpulist", "", "CPUs that rewrite the append only file.", IMMUTABLE, INERT);
    public final TextSetting bgsaveCpulist = text("bgsave_cpulist", "", "CPUs that save.", IMMUTABLE, INERT);
    public final TextSetting ignoreWarnings =
            text("ignore-warnings", "", "Warnings of the start check to leave out.", INERT);
    public final TextSetting localeCollate = text("locale-collate", "", "Locale of SORT ALPHA.", INERT);
    public final NumberSetting socketMarkId =
            number("socket-mark-id", 0, 0, UINT_MAX, "Mark of listening sockets.", IMMUTABLE, INERT);
    public final ChoiceSetting oomScoreAdj =
            choice("oom-score-adj", "!no yes relative absolute", "Tell the OOM killer what to spare.", INERT);
    public final WordsSetting oomScoreAdjValues = words(
            "oom-score-adj-values",
            List.of("0", "200", "800"),
            "three numbers of -2000..2000",
            false,
            Checks::oomScores,
            "OOM scores of master, replica and saver.",
            INERT);

    {
        group(Group.TESTING);
    }

    public final NumberSetting watchdogPeriod =
            number("watchdog-period", 0, 0, INT_MAX, "Milliseconds after which a stall is logged.", HIDDEN, INERT);

    InertSettings() {}
}
