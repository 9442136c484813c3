// SPDX-License-Identifier: Apache-2.0
package dev.understudy.server.commands;

import dev.understudy.server.Server;

/** The sections Server, Clients, CPU and Cluster of INFO. */
final class InfoServer {
    private static final long SECONDS_PER_DAY = 86_400;
    private static final String UNDERSTUDY_VERSION = version();

    private final Server server;
    private final HostFacts host;

    InfoServer(Server server, HostFacts host) {
        this.server = server;
        this.host = host;
    }

    private static String version() {
        String packaged = InfoServer.class.getPackage().getImplementationVersion();
        return packaged == null ? "development" : packaged;
    }

    void server(InfoText text) {
        var settings = server.settings();
        long wallMillis = server.ports().clock().wallMillis();
        long hz = settings.hz.value();
        String configFile = settings.configFile();
        text.section("Server");
        text.field("redis_version", Server.REDIS_VERSION)
                .field("redis_git_sha1", "00000000")
                .field("redis_git_dirty", 0)
                .field("redis_build_id", "0")
                .field("redis_mode", "standalone")
                .field("os", host.system())
                .field("arch_bits", 64)
                .field("monotonic_clock", "JVM nanoTime")
                .field("multiplexing_api", server.ports().transport().name())
                .field("atomicvar_api", "java-varhandle")
                .field("gcc_version", "0.0.0")
                .field("process_id", server.ports().processId())
                .field("process_supervised", "no")
                .field("run_id", server.runId())
                .field("tcp_port", server.front().port())
                .field("server_time_usec", wallMillis * 1000)
                .field("uptime_in_seconds", server.uptimeSeconds())
                .field("uptime_in_days", server.uptimeSeconds() / SECONDS_PER_DAY)
                .field("hz", hz)
                .field("configured_hz", hz)
                .field("lru_clock", wallMillis / 1000 & 0xFF_FFFF)
                .field("executable", host.executable())
                .field("config_file", configFile == null ? "" : configFile)
                .field("io_threads_active", 0);
        if (server.shutdown().isWaiting()) {
            text.field("shutdown_in_milliseconds", server.shutdown().remainingMillis());
        }
        if (server.front().port() != 0) {
            int i = 0;
            String binds = "";
            for (String address : settings.bindAddresses()) {
                binds += ",bind=" + (address.startsWith("-") ? address.substring(1) : address);
                i++;
            }
            assert i > 0 : "listening on no address";
            text.field(
                    "listener0", "name=tcp" + binds + ",port=" + server.front().port());
        }
        text.field("understudy_version", UNDERSTUDY_VERSION);
    }

    void clients(InfoText text) {
        text.section("Clients");
        text.field("connected_clients", server.clients().connected())
                .field("cluster_connections", 0)
                .field("maxclients", server.settings().maxclients.value())
                .field("client_recent_max_input_buffer", server.clients().peakInput())
                .field("client_recent_max_output_buffer", server.clients().peakOutput())
                .field("blocked_clients", server.clients().blocked())
                .field("tracking_clients", 0)
                .field("pubsub_clients", server.pubSub().clients())
                .field("clients_in_timeout_table", 0)
                .field("total_blocking_keys", server.blocked().keys())
                .field("total_blocking_keys_on_nokey", server.blocked().keysWatchedForDeletion());
    }

    void cpu(InfoText text) {
        HostFacts.CpuSeconds process = host.process();
        HostFacts.CpuSeconds loop = host.thread();
        text.section("CPU");
        text.seconds("used_cpu_sys", process.system())
                .seconds("used_cpu_user", process.user())
                .seconds("used_cpu_sys_children", 0)
                .seconds("used_cpu_user_children", 0)
                .seconds("used_cpu_sys_main_thread", loop.system())
                .seconds("used_cpu_user_main_thread", loop.user());
    }

    void cluster(InfoText text) {
        text.section("Cluster");
        text.flag("cluster_enabled", false);
    }
}
