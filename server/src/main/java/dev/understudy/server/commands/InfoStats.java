// SPDX-License-Identifier: Apache-2.0
package dev.understudy.server.commands;

import dev.understudy.commands.Command;
import dev.understudy.commands.Statistics;
import dev.understudy.server.PubSub.Kind;
import dev.understudy.server.Server;
import dev.understudy.server.StallHistogram;
import dev.understudy.server.Traffic;
import java.util.TreeMap;
import java.util.function.Consumer;

/** The sections Stats, Commandstats, Errorstats and Latencystats of INFO, and our own Loop. */
final class InfoStats {
    private final Server server;

    InfoStats(Server server) {
        this.server = server;
    }

    void write(InfoText text) {
        text.section("Stats");
        traffic(text);
        keys(text);
        replies(text);
        loopFields(text);
        text.field("acl_access_denied_auth", server.traffic().authenticationFailures())
                .field("acl_access_denied_cmd", 0)
                .field("acl_access_denied_key", 0)
                .field("acl_access_denied_channel", 0);
        stalls(text);
    }

    private void traffic(InfoText text) {
        Traffic traffic = server.traffic();
        text.field("total_connections_received", traffic.connectionsReceived())
                .field("total_commands_processed", server.engine().statistics().commandsProcessed)
                .field("instantaneous_ops_per_sec", Math.round(traffic.commandsPerSecond()))
                .field("total_net_input_bytes", traffic.totalInputBytes())
                .field("total_net_output_bytes", traffic.totalOutputBytes())
                .field("total_net_repl_input_bytes", traffic.replicationInputBytes())
                .field("total_net_repl_output_bytes", traffic.replicationOutputBytes())
                .hundredths("instantaneous_input_kbps", traffic.inputKilobytesPerSecond())
                .hundredths("instantaneous_output_kbps", traffic.outputKilobytesPerSecond())
                .hundredths("instantaneous_input_repl_kbps", traffic.replicationInputKilobytesPerSecond())
                .hundredths("instantaneous_output_repl_kbps", traffic.replicationOutputKilobytesPerSecond())
                .field("rejected_connections", traffic.connectionsRejected())
                .field("sync_full", traffic.syncFull())
                .field("sync_partial_ok", traffic.syncPartialOk())
                .field("sync_partial_err", traffic.syncPartialErr());
    }

    private void keys(InfoText text) {
        Statistics statistics = server.engine().statistics();
        text.field("expired_keys", statistics.expiredKeys)
                .hundredths("expired_stale_perc", 0)
                .field("expired_time_cap_reached_count", 0)
                .field("expire_cycle_cpu_milliseconds", 0)
                .field("evicted_keys", 0)
                .field("evicted_clients", 0)
                .field("total_eviction_exceeded_time", 0)
                .field("current_eviction_exceeded_time", 0)
                .field("keyspace_hits", statistics.keyspaceHits)
                .field("keyspace_misses", statistics.keyspaceMisses)
                .field("pubsub_channels", server.pubSub().names(Kind.CHANNEL).size())
                .field("pubsub_patterns", server.pubSub().names(Kind.PATTERN).size())
                .field("pubsubshard_channels", server.pubSub().names(Kind.SHARD).size())
                .field("latest_fork_usec", 0)
                .field("total_forks", server.traffic().backgroundJobs())
                .field("migrate_cached_sockets", server.migrations().cachedLinks())
                .field(
                        "slave_expires_tracked_keys",
                        server.engine().localExpiries().size())
                .field("active_defrag_hits", server.cron().compactor().hits())
                .field("active_defrag_misses", server.cron().compactor().misses())
                .field("active_defrag_key_hits", server.cron().compactor().keyHits())
                .field("active_defrag_key_misses", server.cron().compactor().keyMisses())
                .field("total_active_defrag_time", server.cron().compactor().totalMillis())
                .field("current_active_defrag_time", server.cron().compactor().currentMillis())
                .field("tracking_total_keys", 0)
                .field("tracking_total_items", 0)
                .field("tracking_total_prefixes", 0);
    }

    private void replies(InfoText text) {
        Statistics statistics = server.engine().statistics();
        text.field("unexpected_error_replies", statistics.unexpectedErrorReplies)
                .field("internal_errors", statistics.internalErrors)
                .field("total_error_replies", statistics.errorReplies)
                .field("dump_payload_sanitizations", 0)
                .field("total_reads_processed", server.traffic().reads())
                .field("total_writes_processed", server.traffic().writes())
                .field("io_threaded_reads_processed", 0)
                .field("io_threaded_writes_processed", 0)
                .field("reply_buffer_shrinks", 0)
                .field("reply_buffer_expands", 0);
    }

    private void loopFields(InfoText text) {
        StallHistogram stalls = server.stalls();
        long[] commandMicros = {0};
        eachCommand(command -> commandMicros[0] += command.statistics.microseconds);
        text.field("eventloop_cycles", stalls.iterations())
                .field("eventloop_duration_sum", stalls.totalMicros())
                .field("eventloop_duration_cmd_sum", commandMicros[0])
                .field(
                        "instantaneous_eventloop_cycles_per_sec",
                        Math.round(server.traffic().cyclesPerSecond()))
                .field(
                        "instantaneous_eventloop_duration_usec",
                        Math.round(server.traffic().microsPerCycle()));
    }

    /** How long the loop was busy at a time: our own measure of stalls, in microseconds. */
    private void stalls(InfoText text) {
        StallHistogram stalls = server.stalls();
        text.field("loop_stalls", stalls.text())
                .field("loop_stall_p99_usec", stalls.percentileMicros(0.99))
                .field("loop_stall_p999_usec", stalls.percentileMicros(0.999))
                .field("loop_stall_max_usec", stalls.longestMicros());
    }

    /** The section Loop, which shows only when it is named. */
    void loop(InfoText text) {
        text.section("Loop");
        text.field("loop_iterations", server.stalls().iterations())
                .field("loop_busy_usec", server.stalls().totalMicros());
        stalls(text);
    }

    /** The section Debug, which shows only when it is named; the append only file has no part in the loop. */
    void debug(InfoText text) {
        text.section("Debug");
        text.field("eventloop_duration_aof_sum", 0)
                .field("eventloop_duration_cron_sum", server.stalls().cronMicros())
                .field("eventloop_duration_max", server.stalls().longestMicros())
                .field("eventloop_cmd_per_cycle_max", server.stalls().mostCommands());
    }

    void commands(InfoText text) {
        text.section("Commandstats");
        eachCommand(command -> {
            Command.Statistics counted = command.statistics;
            if (counted.calls != 0 || counted.failed != 0 || counted.rejected != 0) {
                double perCall = counted.calls == 0 ? 0 : (double) counted.microseconds / counted.calls;
                text.field(
                        "cmdstat_" + command.name(),
                        "calls=" + counted.calls + ",usec=" + counted.microseconds + ",usec_per_call="
                                + InfoText.fixed(perCall, 2) + ",rejected_calls=" + counted.rejected
                                + ",failed_calls=" + counted.failed);
            }
        });
    }

    void errors(InfoText text) {
        text.section("Errorstats");
        new TreeMap<>(server.engine().statistics().errors())
                .forEach((code, count) -> text.field("errorstat_" + safe(code), "count=" + count[0]));
    }

    /** Error codes may come from clients (DEBUG ERROR), and must not break the lines of INFO (getSafeInfoString). */
    private static String safe(String code) {
        return code.replaceAll("[#:\\s]", "_");
    }

    void latencies(InfoText text) {
        text.section("Latencystats");
        if (!server.settings().latencyTracking.on()) {
            return;
        }
        var percentiles = server.settings().latencyTrackingInfoPercentiles.words();
        eachCommand(command -> {
            var latency = command.statistics.latency;
            if (latency.count() > 0) {
                StringBuilder line = new StringBuilder();
                for (String percentile : percentiles) {
                    double micros = latency.percentileNanos(Double.parseDouble(percentile)) / 1000.0;
                    line.append(line.isEmpty() ? "p" : ",p")
                            .append(percentile)
                            .append('=')
                            .append(InfoText.fixed(micros, 3));
                }
                text.field("latency_percentiles_usec_" + command.name(), line.toString());
            }
        });
    }

    private void eachCommand(Consumer<Command> action) {
        for (Command command : server.table().all()) {
            action.accept(command);
            command.subcommands().values().forEach(action);
        }
    }
}
