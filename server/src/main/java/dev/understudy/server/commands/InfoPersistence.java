// SPDX-License-Identifier: Apache-2.0
package dev.understudy.server.commands;

import dev.understudy.server.BackgroundSave;
import dev.understudy.server.Persistence;
import dev.understudy.server.Server;
import dev.understudy.server.aof.AofRewrites;
import dev.understudy.server.aof.AppendOnly;
import dev.understudy.store.DataSet;
import dev.understudy.store.Db;

/** The sections Persistence and Keyspace of INFO. */
final class InfoPersistence {
    private final Server server;

    InfoPersistence(Server server) {
        this.server = server;
    }

    void write(InfoText text) {
        Persistence persistence = server.persistence();
        text.section("Persistence");
        text.flag("loading", persistence.isLoading())
                .flag("async_loading", persistence.isAsyncLoading())
                .field("current_cow_peak", 0)
                .field("current_cow_size", server.engine().data().retainedBytes())
                .field("current_cow_size_age", 0);
        snapshots(text, persistence);
        log(text);
        text.field("module_fork_in_progress", 0).field("module_fork_last_cow_size", 0);
        logSizes(text);
        if (persistence.isLoading() || persistence.isAsyncLoading()) {
            loading(text, persistence);
        }
    }

    private void snapshots(InfoText text, Persistence persistence) {
        BackgroundSave saver = persistence.saver();
        long total = saver.currentKeysTotal();
        text.hundredths("current_fork_perc", total == 0 ? 0 : 100.0 * saver.currentKeys() / total)
                .field("current_save_keys_processed", saver.currentKeys())
                .field("current_save_keys_total", total)
                .field("rdb_changes_since_last_save", server.engine().statistics().dirty)
                .flag(
                        "rdb_bgsave_in_progress",
                        saver.isRunning() || server.replication().replicas().isTransferring())
                .field("rdb_last_save_time", saver.lastSaveSeconds())
                .status("rdb_last_bgsave_status", saver.lastOk())
                .field("rdb_last_bgsave_time_sec", saver.lastDurationSeconds())
                .field("rdb_current_bgsave_time_sec", saver.currentDurationSeconds())
                .field("rdb_saves", saver.saves())
                .field("rdb_last_cow_size", 0)
                .field("rdb_last_load_keys_expired", persistence.lastLoadExpired())
                .field("rdb_last_load_keys_loaded", persistence.lastLoadKeys());
    }

    private void log(InfoText text) {
        AppendOnly aof = server.appendOnly();
        AofRewrites rewrites = aof.rewrites();
        text.flag("aof_enabled", aof.state() != AppendOnly.State.OFF)
                .flag("aof_rewrite_in_progress", rewrites.isRunning())
                .flag("aof_rewrite_scheduled", rewrites.isScheduled())
                .field("aof_last_rewrite_time_sec", rewrites.lastSeconds())
                .field("aof_current_rewrite_time_sec", rewrites.currentSeconds())
                .status("aof_last_bgrewrite_status", rewrites.lastOk())
                .field("aof_rewrites", rewrites.count())
                .field("aof_rewrites_consecutive_failures", rewrites.consecutiveFailures())
                .status("aof_last_write_status", aof.lastWriteOk())
                .field("aof_last_cow_size", 0);
    }

    /** Only if the AOF is configured, even while it is off for a full sync. */
    private void logSizes(InfoText text) {
        AppendOnly aof = server.appendOnly();
        if (server.settings().appendonly.on()) {
            text.field("aof_current_size", aof.currentBytes())
                    .field("aof_base_size", aof.rewrites().baseBytes())
                    .flag("aof_pending_rewrite", aof.rewrites().isScheduled())
                    .field("aof_buffer_length", aof.bufferedBytes())
                    .field("aof_pending_bio_fsync", aof.pendingFsyncs())
                    .field("aof_delayed_fsync", aof.delayedFsyncs());
        }
    }

    private void loading(InfoText text, Persistence persistence) {
        long total = persistence.loadingTotalBytes();
        long loaded = persistence.loadedBytes();
        long start = persistence.loadingStartSeconds();
        long elapsed = server.ports().clock().wallMillis() / 1000 - start;
        long producerMemory = persistence.loadingProducerMemory();
        // What the data took in memory is a bad estimate of a payload's length, but there is no other if none was
        // announced.
        long expected = total > 0 ? total : producerMemory;
        double percent = expected > 0 ? 100.0 * loaded / expected : 0;
        long remaining = expected > 0 ? expected - loaded : 1;
        if (total <= 0) {
            percent = Math.min(percent, 99.99);
            remaining = Math.max(remaining, 1);
        }
        text.field("loading_start_time", start)
                .field("loading_total_bytes", Math.max(0, total))
                .field("loading_rdb_used_mem", producerMemory)
                .field("loading_loaded_bytes", loaded)
                .hundredths("loading_loaded_perc", percent)
                .field("loading_eta_seconds", elapsed == 0 ? 1 : elapsed * remaining / (loaded + 1));
    }

    void keyspace(InfoText text) {
        text.section("Keyspace");
        DataSet data = server.engine().data();
        for (int i = 0; i < data.databases(); i++) {
            Db db = data.db(i);
            if (db.size() > 0) {
                text.field(
                        "db" + i,
                        "keys=" + db.size() + ",expires=" + db.expires() + ",avg_ttl=" + db.averageTtlMillis());
            }
        }
    }
}
