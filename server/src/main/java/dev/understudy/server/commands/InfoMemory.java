// SPDX-License-Identifier: Apache-2.0
package dev.understudy.server.commands;

import dev.understudy.replication.StreamLog;
import dev.understudy.server.MemoryPlan;
import dev.understudy.server.Server;
import dev.understudy.store.DataSet;
import dev.understudy.store.memory.Memory;
import dev.understudy.wire.MemoryBudget;
import dev.understudy.wire.MemoryBudget.Share;
import java.util.Locale;

/**
 * The section Memory of INFO. What Redis says of its allocator is said here of the slabs that hold the data: allocated are the blocks, active
 * the chunks that hold any, resident those and the chunks made in advance. The heap of the JVM stands in the resident size only.
 */
final class InfoMemory {
    private final Server server;
    private final HostFacts host;

    InfoMemory(Server server, HostFacts host) {
        this.server = server;
        this.host = host;
    }

    void write(InfoText text) {
        long used = server.usedMemory();
        long data = server.engine().data().memory().usedBytes();
        long resident = host.residentBytes();
        long peak = Math.max(server.peakMemory(), used);
        text.section("Memory");
        text.bytes("used_memory", used)
                .bytes("used_memory_rss", resident)
                .bytes("used_memory_peak", peak)
                .percent("used_memory_peak_perc", ratio(used, peak) * 100)
                .field("used_memory_overhead", used - data)
                .field("used_memory_startup", 0)
                .field("used_memory_dataset", data)
                .percent("used_memory_dataset_perc", ratio(data, used) * 100);
        Memory memory = server.engine().data().memory();
        long reserved = memory.reservedBytes();
        long withSpares = reserved + memory.spareBytes();
        text.field("allocator_allocated", data)
                .field("allocator_active", reserved)
                .field("allocator_resident", withSpares)
                .bytes("total_system_memory", host.totalMemoryBytes());
        scripts(text);
        text.bytes("maxmemory", server.settings().maxmemory.value())
                .field("maxmemory_policy", server.settings().maxmemoryPolicy.value())
                .hundredths("allocator_frag_ratio", ratio(reserved, data))
                .field("allocator_frag_bytes", Math.max(0, reserved - data))
                .hundredths("allocator_rss_ratio", ratio(withSpares, reserved))
                .field("allocator_rss_bytes", withSpares - reserved)
                .hundredths("rss_overhead_ratio", ratio(resident, withSpares))
                .field("rss_overhead_bytes", resident - withSpares)
                .hundredths("mem_fragmentation_ratio", ratio(resident, used))
                .field("mem_fragmentation_bytes", resident - used);
        buffers(text);
    }

    /** There are neither scripts nor functions that run here. */
    private void scripts(InfoText text) {
        DataSet data = server.engine().data();
        text.bytes("used_memory_lua", 0)
                .field("used_memory_vm_eval", 0)
                .field("used_memory_scripts_eval", 0)
                .field("number_of_cached_scripts", 0)
                .field("number_of_functions", 0)
                .field("number_of_libraries", data.functions().all().size())
                .field("used_memory_vm_functions", 0)
                .bytes("used_memory_vm_total", 0)
                .field("used_memory_functions", 0)
                .bytes("used_memory_scripts", 0);
    }

    private void buffers(InfoText text) {
        StreamLog log = server.replication().log();
        long stream = log.memoryBytes();
        boolean overflows = !server.replication().replicas().sessions().isEmpty() && stream > log.backlogBytesMax();
        long normal = server.clients().memoryBytes();
        text.field("mem_not_counted_for_evict", server.memoryNotCounted())
                .field("mem_replication_backlog", overflows ? log.backlogBytesMax() : stream)
                .field("mem_total_replication_buffers", stream)
                .field("repl_stream_spilled_bytes", log.spilledBytes())
                .field("mem_clients_slaves", overflows ? stream - log.backlogBytesMax() : 0)
                .field("mem_clients_normal", normal)
                .field("mem_cluster_links", 0)
                .field("mem_aof_buffer", server.appendOnly().bufferMemory())
                .field("mem_allocator", "understudy-slabs")
                .field("active_defrag_running", server.cron().compactor().runningShare())
                .field("lazyfree_pending_objects", server.engine().data().reaping())
                .field("lazyfreed_objects", 0);
        plan(text);
    }

    /** Our own: what the pools may come to, against what there is, and how much of its share of the heap each has used. */
    private void plan(InfoText text) {
        MemoryPlan plan = server.memory();
        MemoryPlan.Sum sum = plan.sum();
        text.field("memory_plan_sum", sum.bytes())
                .field("memory_plan_limit", sum.limit())
                .field("memory_plan_data", sum.data())
                .field("memory_plan_heap", sum.heap())
                .field("memory_plan_output", sum.output())
                .field("memory_plan_stream", sum.stream());
        MemoryBudget budget = plan.budget();
        for (Share share : Share.values()) {
            text.field(
                    "memory_budget_" + share.name().toLowerCase(Locale.ROOT),
                    "used=" + budget.used(share) + ",max=" + budget.max(share) + ",peak=" + budget.peak(share)
                            + ",refused=" + budget.refusals(share));
        }
        text.field("memory_budget_output", "used=" + plan.outputBytes() + ",max=" + plan.outputBytesMax())
                .field("clients_closed_for_output_memory", plan.closedForOutput())
                .field("clients_closed_for_request_memory", plan.closedForRequests())
                .field("connections_refused_for_memory", plan.refusedConnections())
                .field("commands_refused_for_memory", plan.refusedCommands());
    }

    private static double ratio(long part, long whole) {
        return whole <= 0 ? 0 : (double) part / whole;
    }
}
